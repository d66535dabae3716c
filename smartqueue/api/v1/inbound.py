"""`inbound/{key}/`: another system takes tickets, cancels them and says who has arrived, by signed messages (Standard
Webhooks 1.0.0)."""

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from smartqueue.api.v1.base import Caller, Id, Strict, TenantView
from smartqueue.api.v1.ground import Text
from smartqueue.api.v1.public import PlainTicketShape
from smartqueue.api.v1.schema import problems
from smartqueue.customers.states import Language
from smartqueue.journal.states import Actor, ActorKind
from smartqueue.kernel.clock import now
from smartqueue.queueing.errors import TicketNotFound
from smartqueue.queueing.queries import show_ticket
from smartqueue.tenants.scope import set_scope
from smartqueue.webhooks.actions.inbound import Heard, obey, recognise
from smartqueue.webhooks.errors import BadSignature
from smartqueue.webhooks.queries import tenant_of_source
from smartqueue.webhooks.states import LONGEST_REF, RIGHT_OF


class IssueValues(Strict):
    """A ticket in this queue. With an `external_ref` it is taken once, whatever the message's id."""

    queue_id = Id()
    service_id = Id(required=False)
    phone = Text(max_length=30, required=False)
    language = serializers.ChoiceField(choices=Language.choices, required=False)
    external_ref = Text(max_length=LONGEST_REF, required=False)


class OwnTicketValues(Strict):
    """One of the two names the ticket: one that this source has taken."""

    ticket_id = Id(required=False)
    external_ref = Text(max_length=LONGEST_REF, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("ticket_id" in attrs) == ("external_ref" in attrs):
            raise serializers.ValidationError({"ticket_id": _("Give the ticket or the reference, one of the two.")})
        return attrs


class CancelValues(OwnTicketValues):
    reason = Text(max_length=200, allow_blank=True, required=False)


VALUES: dict[str, type[Strict]] = {
    "ticket.issue": IssueValues, "ticket.cancel": CancelValues, "ticket.check_in": OwnTicketValues,
}  # fmt: skip


class MessageForm(Strict):
    """`data`: for `ticket.issue` `queue_id`, and where known `service_id`, `phone`, `language`, `external_ref`; for
    `ticket.cancel` `ticket_id` or `external_ref`, and `reason`; for `ticket.check_in` `ticket_id` or `external_ref`."""

    type = serializers.ChoiceField(choices=sorted(RIGHT_OF))
    timestamp = Text(max_length=40, required=False)
    data = serializers.DictField()  # type: ignore[assignment]  # the specification calls it so


class InboundTicketShape(PlainTicketShape):
    id = serializers.UUIDField()
    token = serializers.CharField(help_text="Opens the public page of this ticket; its owner's key.")


FIELDS = tuple(InboundTicketShape().fields)
SIGNED = [
    OpenApiParameter("webhook-id", str, OpenApiParameter.HEADER, description="The same when it is sent again."),
    OpenApiParameter("webhook-timestamp", str, OpenApiParameter.HEADER, description="Unix seconds, within 5 minutes."),
    OpenApiParameter("webhook-signature", str, OpenApiParameter.HEADER, description="`v1,` and base64."),
]


class Inbound(TenantView):
    """The key in the address says which source; the signature, that it is the one. What comes twice happens once."""

    authentication_classes: list[Any] = []
    permission_classes: ClassVar[list[type[BasePermission]]] = []  # type: ignore[misc]
    http_method_names = ["post"]
    heard: Heard

    def perform_authentication(self, request: Request) -> None:
        at = now()
        tenant_id = tenant_of_source(self.kwargs["key"])
        if tenant_id is None:
            raise BadSignature
        set_scope(str(tenant_id))
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.heard = recognise(key=self.kwargs["key"], headers=headers, body=request._request.body, at=at)
        source = self.heard.source
        line = f"{request.method} {request.path}".replace(source.key, "…")
        actor = Actor.at_the_door(request.META, line, kind=ActorKind.SYSTEM, label=source.name)
        self.caller = Caller(source.id, tenant_id, role=None, scopes=frozenset(), actor=actor)

    @extend_schema(
        operation_id="inbound_message", parameters=SIGNED, request=MessageForm,
        responses={200: InboundTicketShape, **problems(401, 403, 409)},
    )  # fmt: skip
    def post(self, request: Request, key: str) -> Response:
        message = MessageForm.accept(request.data)
        values = VALUES[message["type"]].accept(message["data"])
        at = now()
        ticket_id = obey(heard=self.heard, kind=message["type"], values=values, actor=self.caller.actor, at=at)
        view = show_ticket(tenant_id=self.caller.tenant_id, ticket_id=ticket_id, at=at)
        if view is None:
            raise TicketNotFound
        return Response({name: getattr(view, name) for name in FIELDS}, headers={"Cache-Control": "no-store"})
