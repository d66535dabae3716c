"""`notification-templates/`: a tenant's wording. Sending comes with its own issue."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from smartqueue.api.v1.ground import Ground, Row
from smartqueue.api.v1.ground_filters import TemplateFilters
from smartqueue.kernel.clock import now
from smartqueue.notifications.actions.wordings import add_wording, change_wording
from smartqueue.notifications.models import MessageTemplate
from smartqueue.tenants.states import Scope


class TemplateSerializer(Row):
    """One wording of one message, per channel and language."""

    class Meta:
        model = MessageTemplate
        fields = ("id", "kind", "channel", "language", "subject", "body")

    def validate_subject(self, subject: str) -> str:
        if not subject.isprintable():  # a line break would begin another e-mail header
            raise serializers.ValidationError(_("One line of printable characters."), code="invalid")
        return subject


@extend_schema(tags=["notification-templates"])
class TemplateView(Ground):
    model = MessageTemplate
    serializer_class = TemplateSerializer
    scopes = {
        "GET": Scope.SEND_NOTIFICATION,
        "POST": Scope.MANAGE_SETTINGS,
        "PATCH": Scope.MANAGE_SETTINGS,
        "DELETE": Scope.MANAGE_SETTINGS,
    }
    filterset_class = TemplateFilters
    ordering_fields = ("kind",)
    ordering = ("kind", "id")

    def add(self, values: dict[str, Any]) -> MessageTemplate:
        return add_wording(tenant_id=self.caller.tenant_id, values=values, actor=self.caller.actor, at=now())

    def change(self, row: MessageTemplate, values: dict[str, Any]) -> MessageTemplate:
        return change_wording(wording=row, values=values, actor=self.caller.actor, at=now())
