"""One ticket for its owner: the token in the address is the key, and it opens nothing else."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from smartqueue.api.v1.base import Caller, TenantView
from smartqueue.api.v1.tickets import DeferForm, NamedShape, Nothing
from smartqueue.journal.states import Actor, ActorKind
from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import RuleBroken
from smartqueue.queueing.actions import tickets
from smartqueue.queueing.errors import TicketNotFound
from smartqueue.queueing.queries import show_ticket, tenant_of_token, ticket_id_of_token
from smartqueue.queueing.queries.overtaken import Overtaking, overtaken
from smartqueue.queueing.states import EtaQuality, TicketState
from smartqueue.tenants.scope import set_scope


class OvertakenShape(serializers.Serializer[Any]):
    """Who came later and has been called before."""

    people = serializers.IntegerField()
    rule = serializers.ChoiceField(
        choices=[str(rule) for rule in Overtaking], help_text="By which rule most of them were called."
    )
    sentence = serializers.CharField(help_text="Why, in the reader's language.")


class PlainTicketShape(serializers.Serializer[Any]):
    """A ticket without anybody's name and without staff notes."""

    number = serializers.CharField()
    queue = NamedShape()
    service = NamedShape()
    site = NamedShape()
    status = serializers.ChoiceField(choices=TicketState.choices)
    position = serializers.IntegerField(allow_null=True)
    people_ahead = serializers.IntegerField(allow_null=True)
    eta_seconds = serializers.IntegerField(
        allow_null=True, help_text="Until the call; in half of all cases not longer. Null while no counter is open."
    )
    eta_low_seconds = serializers.IntegerField(allow_null=True, help_text="Where the range begins.")
    eta_high_seconds = serializers.IntegerField(allow_null=True, help_text="In nine cases of ten not longer.")
    eta_quality = serializers.ChoiceField(choices=EtaQuality.choices)
    counter = NamedShape(allow_null=True)
    is_here = serializers.BooleanField(help_text="Whether you are known to be at the site.")
    created_at = serializers.DateTimeField()
    called_at = serializers.DateTimeField(allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    deferrals = serializers.IntegerField()
    version = serializers.IntegerField()


class PublicTicketShape(PlainTicketShape):
    """What the owner of a ticket sees."""

    overtaken = OvertakenShape(allow_null=True, help_text="Null when nobody who came later has been called before.")


FIELDS = tuple(PlainTicketShape().fields)


class PublicTicket(TenantView):
    authentication_classes: list[Any] = []
    permission_classes: ClassVar[list[type[BasePermission]]] = []  # type: ignore[misc]
    http_method_names = ["get", "head"]

    def perform_authentication(self, request: Request) -> None:
        tenant_id = tenant_of_token(self.kwargs["token"])
        if tenant_id is None:
            raise TicketNotFound
        set_scope(str(tenant_id))
        ticket_id = ticket_id_of_token(self.kwargs["token"])
        if ticket_id is None:
            raise TicketNotFound
        self.ticket_id = ticket_id
        line = f"{request.method} {request.path}"  # the token is the owner's key: not for the journal
        self.caller = Caller(
            user_id=ticket_id,
            tenant_id=tenant_id,
            role=None,
            scopes=frozenset(),
            actor=Actor.at_the_door(request.META, line.replace(self.kwargs["token"], "…"), kind=ActorKind.CUSTOMER),
        )

    @extend_schema(operation_id="public_ticket", responses={200: PublicTicketShape})
    def get(self, request: Request, token: str) -> Response:
        return self.show()

    def show(self) -> Response:
        return Response(self.seen(), headers={"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})

    def seen(self) -> dict[str, Any]:
        view = show_ticket(tenant_id=self.caller.tenant_id, ticket_id=self.ticket_id, at=now())
        if view is None:
            raise TicketNotFound
        why = overtaken(self.ticket_id) if view.status == TicketState.WAITING else None
        told = why and {"people": why.people, "rule": why.rule, "sentence": why.sentence}
        return {name: getattr(view, name) for name in FIELDS} | {"overtaken": told}

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, RuleBroken) and exc.facts.pop("ticket_id", None):  # as its owner may see it
            exc.facts["ticket"] = self.seen()
        return super().handle_exception(exc)


class PublicCancel(PublicTicket):
    http_method_names = ["post"]

    @extend_schema(operation_id="public_ticket_cancel", request=Nothing, responses={200: PublicTicketShape})
    def post(self, request: Request, token: str) -> Response:
        Nothing.accept(request.data)
        tickets.cancel_ticket(ticket_id=self.ticket_id, agent_id=None, reason="", actor=self.caller.actor, at=now())
        return self.show()


class PublicDefer(PublicCancel):
    @extend_schema(operation_id="public_ticket_defer", request=DeferForm, responses={200: PublicTicketShape})
    def post(self, request: Request, token: str) -> Response:
        wanted = DeferForm.accept(request.data)
        tickets.defer_ticket(ticket_id=self.ticket_id, **wanted, actor=self.caller.actor, at=now())
        return self.show()


class PublicCheckIn(PublicCancel):
    """ "I am here." Said again it changes nothing."""

    @extend_schema(operation_id="public_ticket_check_in", request=Nothing, responses={200: PublicTicketShape})
    def post(self, request: Request, token: str) -> Response:
        Nothing.accept(request.data)
        tickets.check_in_ticket(ticket_id=self.ticket_id, actor=self.caller.actor, at=now())
        return self.show()
