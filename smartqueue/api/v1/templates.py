"""`notification-templates/`: a tenant's wording. Sending comes with its own issue."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from smartqueue.api.v1.ground import Ground, Row
from smartqueue.api.v1.ground_filters import TemplateFilters
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
