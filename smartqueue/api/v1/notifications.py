# mypy: disallow-subclassing-any=False
# django-filter ships no types.
"""`notifications/`: what was told to whom, by which channel, and what became of it; telling one person, or a line."""

from typing import Any, ClassVar
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.urls import path
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from smartqueue.api.v1.base import GroundData, Id, Strict, TenantView
from smartqueue.api.v1.feedback import NumberedShape
from smartqueue.api.v1.ground import Flag, LocalTime, Text, Whole
from smartqueue.api.v1.ground_filters import InstantFilter, text
from smartqueue.customers.states import Language
from smartqueue.kernel.clock import now
from smartqueue.notifications.actions.outgoing import LONGEST_NEWS, announce_news, tell_one
from smartqueue.notifications.actions.rules import MOST_XOF, NEAR, save_rules
from smartqueue.notifications.errors import NobodyToTell
from smartqueue.notifications.queries.listed import masked_address, messages_with_tickets
from smartqueue.notifications.queries.rules import rules_of
from smartqueue.notifications.states import CHANNELS, MessageKind, NotificationState
from smartqueue.tenants.states import Scope

SENDING: dict[str, Scope] = dict.fromkeys(("GET", "POST"), Scope.SEND_NOTIFICATION)
SAID_BY_HAND = [(one.value, one.label) for one in (MessageKind.QUEUE_NEWS, MessageKind.URGENT)]


class StepShape(serializers.Serializer[Any]):
    """One step of a message's way."""

    at = serializers.DateTimeField()
    status = serializers.CharField(help_text="`sent`, `delivered`, `failed`, `retry`.")
    provider = serializers.CharField(required=False)
    outcome = serializers.CharField(required=False)
    why_not = serializers.CharField(required=False)
    said = serializers.CharField(required=False, help_text="The provider's own words.")


class NotificationShape(serializers.Serializer[Any]):
    """One message by one channel. Words and addresses are erased after a week; that it was sent stays."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    channel = serializers.ChoiceField(choices=CHANNELS)
    language = serializers.ChoiceField(choices=Language.choices)
    status = serializers.ChoiceField(choices=NotificationState.choices)
    why_not = serializers.CharField(help_text="Why it failed; else empty.")
    is_simulated = serializers.BooleanField(help_text="Kept to be read here, and sent to nobody.")
    ticket = NumberedShape(allow_null=True)
    customer_id = serializers.UUIDField(allow_null=True)
    to = serializers.SerializerMethodField(help_text="Masked.")
    subject = serializers.CharField()
    body = serializers.CharField()
    provider = serializers.CharField()
    parts = serializers.IntegerField(help_text="SMS that are paid; 1 elsewhere.")
    cost_xof = serializers.IntegerField()
    tries = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(help_text="Not sent before.")
    expires_at = serializers.DateTimeField(help_text="Not sent from then on.")
    sent_at = serializers.DateTimeField(allow_null=True, help_text="Handed over to the provider.")
    delivered_at = serializers.DateTimeField(allow_null=True)

    def get_to(self, row: Any) -> str:
        return masked_address(row)


class NotificationDetail(NotificationShape):
    provider_id = serializers.CharField(help_text="Its name at the provider.")
    history = StepShape(many=True)


class NotificationFilter(django_filters.FilterSet):
    kind = text(40)
    channel = django_filters.ChoiceFilter(choices=CHANNELS)
    status = django_filters.ChoiceFilter(choices=NotificationState.choices)
    ticket = django_filters.UUIDFilter("ticket_id")


# `from` is a word of Python's, so it cannot be an attribute.
NotificationFilter.base_filters |= {
    "from": InstantFilter(field_name="created_at", lookup_expr="gte"),
    "to": InstantFilter(field_name="created_at", lookup_expr="lt"),
}


class TellForm(Strict):
    ticket_id = Id()
    kind = serializers.ChoiceField(choices=SAID_BY_HAND)
    text = Text(max_length=LONGEST_NEWS, help_text="One line; it stands in the wording of its kind.")


@extend_schema_view(
    retrieve=extend_schema(responses={200: NotificationDetail}),
    create=extend_schema(request=TellForm, responses={201: NotificationDetail}),
)
class NotificationsView(GroundData):
    """Newest first. POST tells the owner of one ticket something, by the channel that works."""

    scopes: ClassVar[dict[str, Scope]] = SENDING
    http_method_names = ["get", "post", "head"]
    serializer_class = NotificationShape
    filterset_class = NotificationFilter

    def get_queryset(self) -> QuerySet[Any]:
        return messages_with_tickets()

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        return NotificationDetail if self.action == "retrieve" else NotificationShape

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        wanted = TellForm.accept(request.data)
        row = tell_one(
            tenant_id=self.caller.tenant_id, ticket_id=wanted["ticket_id"], news=wanted["text"],
            is_urgent=wanted["kind"] == MessageKind.URGENT, actor=self.caller.actor, at=now(),
        )  # fmt: skip
        if row is None:
            raise NobodyToTell
        return Response(NotificationDetail(row).data, status=201)


class AnnounceForm(Strict):
    text = Text(max_length=LONGEST_NEWS, help_text="One line; it stands in the wording of queue news.")
    is_urgent = Flag(default=False)


class AnnouncedShape(serializers.Serializer[Any]):
    told = serializers.IntegerField(help_text="People of this line who are told.")


class Announce(TenantView):
    """Tell everybody in this line."""

    scopes: ClassVar[dict[str, Scope]] = SENDING
    http_method_names = ["post"]

    @extend_schema(operation_id="queues_announce", request=AnnounceForm, responses={200: AnnouncedShape})
    def post(self, request: Request, slug: str, id: UUID) -> Response:
        wanted = AnnounceForm.accept(request.data)
        told = announce_news(
            tenant_id=self.caller.tenant_id, queue_id=id, news=wanted["text"], is_urgent=wanted["is_urgent"],
            actor=self.caller.actor, at=now(),
        )  # fmt: skip
        return Response({"told": told})


class RulesShape(Strict):
    """How a tenant sends. Quiet hours are the tenant's own time; equal ones mean none."""

    quiet_from = LocalTime(required=False)
    quiet_to = LocalTime(required=False)
    kinds_off = serializers.ListField(
        child=serializers.ChoiceField(choices=MessageKind.choices), max_length=len(MessageKind), required=False,
        help_text="Messages that are not sent.",
    )  # fmt: skip
    fold_accents = Flag(required=False, help_text="Plain letters in SMS, where others would make it twice as dear.")
    near_at = Whole(min_value=NEAR[0], max_value=NEAR[-1], required=False, help_text="People ahead.")
    budget_xof = Whole(min_value=0, max_value=MOST_XOF, allow_null=True, required=False)
    cap_xof = Whole(min_value=0, max_value=MOST_XOF, required=False, help_text="Never more in a month.")
    countries = serializers.ListField(
        child=Text(max_length=4), max_length=50, required=False, help_text="Calling codes; none: 221."
    )


class Rules(TenantView):
    """One set of rules for each tenant; PATCH changes what it names."""

    scopes: ClassVar[dict[str, Scope]] = dict.fromkeys(("GET", "PATCH"), Scope.MANAGE_SETTINGS)
    http_method_names = ["get", "patch", "head"]

    @extend_schema(operation_id="notification_rules_retrieve", responses={200: RulesShape})
    def get(self, request: Request, slug: str) -> Response:
        return Response(RulesShape(rules_of(self.caller.tenant_id)).data)

    @extend_schema(operation_id="notification_rules_update", request=RulesShape, responses={200: RulesShape})
    def patch(self, request: Request, slug: str) -> Response:
        wanted = RulesShape.accept(request.data)
        row = save_rules(tenant_id=self.caller.tenant_id, values=wanted, actor=self.caller.actor, at=now())
        return Response(RulesShape(row).data)


urlpatterns = [
    path("notifications/", NotificationsView.as_view({"get": "list", "post": "create"}), name="notification-list"),
    path("notifications/<uuid:id>/", NotificationsView.as_view({"get": "retrieve"}), name="notification-detail"),
    path("notification-rules/", Rules.as_view(), name="notification-rules"),
    path("queues/<uuid:id>/announce/", Announce.as_view(), name="queue-announce"),
]
