"""The audit trail over HTTP: who did what to what, from where, before and after."""

from typing import Any, ClassVar

import django_filters
from django import forms
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from smartqueue.api.v1.base import GroundData
from smartqueue.api.v1.ground_filters import text
from smartqueue.journal.models import Entry
from smartqueue.journal.queries import entries
from smartqueue.journal.states import AuditKind
from smartqueue.tenants.states import Scope


class EntryShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    kind = serializers.ChoiceField(choices=AuditKind.choices)
    fact = serializers.CharField()
    object_type = serializers.CharField()
    object_id = serializers.UUIDField(allow_null=True)
    version = serializers.IntegerField(allow_null=True)
    actor_kind = serializers.CharField()
    actor_id = serializers.UUIDField(allow_null=True)
    actor_label = serializers.CharField()
    ip = serializers.CharField(allow_null=True)
    user_agent = serializers.CharField()
    endpoint = serializers.CharField()
    data: Any = serializers.JSONField()
    before = serializers.JSONField(help_text="What changed, as it was; null where nothing was.")
    after = serializers.JSONField(help_text="What changed, as it is; null where nothing is.")


@extend_schema_field({"type": "string", "maxLength": 45, "description": "An IPv4 or IPv6 address."})
class AddressFilter(django_filters.Filter):
    field_class = forms.GenericIPAddressField


class EntryFilter(django_filters.FilterSet):
    kind = django_filters.MultipleChoiceFilter(choices=AuditKind.choices)
    fact = text(40)
    object_type = text(40)
    object = django_filters.UUIDFilter("object_id")
    actor = django_filters.UUIDFilter("actor_id")
    ip = AddressFilter()


class AuditLog(GroundData):
    """Newest first. Only administrators read it; nobody changes it."""

    scopes: ClassVar[dict[str, Scope]] = {"GET": Scope.MANAGE_SETTINGS}
    http_method_names = ["get", "head"]
    lookup_value_converter = "int"
    serializer_class = EntryShape
    filterset_class = EntryFilter

    def get_queryset(self) -> QuerySet[Any]:
        if getattr(self, "swagger_fake_view", False):  # drf-spectacular draws the API without a caller
            return Entry.objects.none()
        return entries(self.caller.tenant_id)
