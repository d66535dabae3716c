"""Tickets over HTTP: take, look up, and move along."""

from abc import abstractmethod
from typing import Any, ClassVar
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from smartqueue.api.v1.base import GroundData, Id, Strict, TenantView
from smartqueue.api.v1.ground import Text, Whole
from smartqueue.api.v1.ground_filters import DayFilter, text
from smartqueue.customers.actions import customer_by_phone
from smartqueue.customers.states import Language
from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import Invalid, RuleBroken
from smartqueue.kernel.refusing import refusing
from smartqueue.queueing import errors
from smartqueue.queueing.actions import hot, tickets
from smartqueue.queueing.queries import (
    agent_at_counter,
    agent_or_refuse,
    all_tickets,
    me_or_refuse,
    search_tickets,
    show_ticket,
    show_tickets,
)
from smartqueue.queueing.states import Channel, EtaQuality, Outcome, Place, Priority, TicketState
from smartqueue.tenants.scope import in_tenant
from smartqueue.tenants.states import Scope


class NamedShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()


class CallReasonShape(serializers.Serializer[Any]):
    """Why this ticket came next."""

    rule = serializers.ChoiceField(
        choices=["fifo", "priority", "sla", "mixed", "urgent_first", "put_back_first", "chosen"]
    )
    priority = serializers.IntegerField()
    waited_s = serializers.IntegerField()
    reason = serializers.CharField(required=False)


class TicketShape(serializers.Serializer[Any]):
    """A ticket and its place in the line at this instant. Times are ISO 8601 with offset."""

    id = serializers.UUIDField()
    number = serializers.CharField()
    token = serializers.CharField(help_text="Opens the public page of this ticket; its owner's key.")
    queue = NamedShape()
    service = NamedShape()
    site = NamedShape()
    status = serializers.ChoiceField(choices=TicketState.choices)
    channel = serializers.ChoiceField(choices=Channel.choices)
    priority = serializers.ChoiceField(choices=Priority.choices)
    language = serializers.CharField()
    position = serializers.IntegerField(allow_null=True, help_text="1 is next; null when not waiting.")
    people_ahead = serializers.IntegerField(allow_null=True)
    eta_seconds = serializers.IntegerField(
        allow_null=True, help_text="Until the call; in half of all cases not longer. Null while no counter is open."
    )
    eta_low_seconds = serializers.IntegerField(allow_null=True, help_text="Where the range begins that people see.")
    eta_high_seconds = serializers.IntegerField(allow_null=True, help_text="In nine cases of ten not longer.")
    eta_quality = serializers.ChoiceField(choices=EtaQuality.choices)
    customer = NamedShape(allow_null=True)
    agent = NamedShape(allow_null=True)
    counter = NamedShape(allow_null=True)
    for_agent = NamedShape(allow_null=True, help_text="For whom a paused ticket is kept; null: for anybody.")
    is_here = serializers.BooleanField(help_text="Whether its owner is known to be at the site.")
    created_at = serializers.DateTimeField()
    called_at = serializers.DateTimeField(allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True)
    paused_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    recalls = serializers.IntegerField()
    deferrals = serializers.IntegerField()
    outcome = serializers.CharField()
    reason = serializers.CharField()
    call_reason = CallReasonShape(allow_null=True)
    version = serializers.IntegerField()


FIELDS = tuple(TicketShape().fields)


def ticket_json(view: Any) -> dict[str, Any]:
    """The shape above, straight from the view: orjson writes dataclasses, ids and times by itself."""
    return {name: getattr(view, name) for name in FIELDS}


class TakeTicket(Strict):
    queue_id = Id()
    channel = serializers.ChoiceField(choices=Channel.choices)
    priority = serializers.ChoiceField(choices=Priority.choices, default=Priority.NORMAL)
    service_id = Id(required=False)
    customer_id = Id(required=False)
    phone = Text(required=False, max_length=30)
    language = serializers.ChoiceField(choices=Language.choices, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "phone" in attrs and "customer_id" in attrs:
            raise serializers.ValidationError({"phone": _("Give the phone or the customer, not both.")})
        return attrs


class NoSuchService(Invalid):
    """The composite foreign key says so, whether the id never was or is another tenant's."""

    def __init__(self) -> None:
        super().__init__(service_id={"code": "does_not_exist", "message": _("There is no such row.")})


class NoSuchCustomer(Invalid):
    def __init__(self) -> None:
        super().__init__(customer_id={"code": "does_not_exist", "message": _("There is no such row.")})


def issue(**wanted: Any) -> UUID:
    with refusing(
        queueing_ticket_service_id_same_tenant=NoSuchService, queueing_ticket_customer_id_same_tenant=NoSuchCustomer
    ):
        return hot.issue_ticket(**wanted)


class TicketFilter(django_filters.FilterSet):
    queue = django_filters.UUIDFilter("queue_id")
    site = django_filters.UUIDFilter("queue__site_id")
    service = django_filters.UUIDFilter("service_id")
    agent = django_filters.UUIDFilter("agent_id")
    customer = django_filters.UUIDFilter("customer_id")
    status = django_filters.MultipleChoiceFilter(choices=TicketState.choices)
    channel = django_filters.ChoiceFilter(choices=Channel.choices)
    priority = django_filters.TypedChoiceFilter(choices=Priority.choices, coerce=int)
    day = DayFilter()
    number = text(12, lookup_expr="iexact")
    search = text(100, 2, "Number, or the customer's name or phone: a typo is forgiven.", method="by_search")

    def by_search(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return search_tickets(queryset, value)


class TicketsView(GroundData):
    """Take a ticket, find tickets."""

    scopes: ClassVar[dict[str, Scope]] = {"GET": Scope.READ_TICKET, "POST": Scope.WRITE_TICKET}
    http_method_names = ["get", "post", "head"]
    serializer_class = TicketShape
    filterset_class = TicketFilter
    ordering_fields = ("created_at",)
    one_statement = True

    def get_queryset(self) -> QuerySet[Any]:
        return all_tickets()

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        self.refuse_unknown_parameters(request)
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        ids = [row.id for row in page or ()]
        views = show_tickets(tenant_id=self.caller.tenant_id, ids=ids, at=now())
        return self.get_paginated_response([ticket_json(view) for view in views])

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.show(self.kwargs["id"])

    @extend_schema(request=TakeTicket, responses={201: TicketShape})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        wanted = TakeTicket.accept(request.data)
        common: dict[str, Any] = {"tenant_id": self.caller.tenant_id, "actor": self.caller.actor, "at": now()}
        if phone := wanted.pop("phone", None):
            with in_tenant(self.caller.tenant_id):  # one transaction: no ticket, no new customer
                wanted["customer_id"] = customer_by_phone(phone=phone, **common).id
                ticket_id = issue(**wanted, **common)
        else:
            ticket_id = issue(**wanted, **common)
        return self.show(ticket_id, status=201)

    def show(self, ticket_id: UUID, status: int = 200) -> Response:
        view = show_ticket(tenant_id=self.caller.tenant_id, ticket_id=ticket_id, at=now())
        if view is None:
            raise errors.TicketNotFound
        return Response(ticket_json(view), status=status)


class Nothing(Strict):
    """No members."""


class CallForm(Strict):
    reason = Text(max_length=200, default="", allow_blank=True)
    agent_id = Id(required=False, help_text="On whose behalf; needs manage:ticket.")


class ReasonForm(Strict):
    reason = Text(max_length=200, default="", allow_blank=True)


class CloseForm(ReasonForm):
    outcome = serializers.ChoiceField(choices=Outcome.choices, default=Outcome.SERVED)


class TransferForm(Strict):
    """Exactly one target. A queue: the ticket waits there. An agent, or whoever sits at the counter: it is paused and
    kept for that agent."""

    TARGETS = ("queue_id", "agent_id", "counter_id")

    queue_id = Id(required=False)
    agent_id = Id(required=False)
    counter_id = Id(required=False)
    reason = Text(max_length=200)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if sum(target in attrs for target in self.TARGETS) != 1:
            raise serializers.ValidationError({"queue_id": _("Give one of queue, agent and counter.")})
        return attrs


class PutBackForm(Strict):
    place = serializers.ChoiceField(choices=[(place.value, place.value) for place in Place], default=Place.ARRIVAL)


class DeferForm(Strict):
    people = Whole(min_value=1, max_value=50, default=1)


class TicketMove(TenantView):
    """One move of one ticket; answers the ticket as it is afterwards. A 409 shows the ticket as it is now."""

    scopes: ClassVar[dict[str, Scope]] = {"POST": Scope.WRITE_TICKET}
    http_method_names = ["post"]
    form: ClassVar[type[Strict]] = Nothing

    def post(self, request: Request, slug: str, id: UUID) -> Response:
        self.move(id, self.form.accept(request.data))
        return self.show(id)

    @abstractmethod
    def move(self, ticket_id: UUID, wanted: dict[str, Any]) -> None:
        """Call the action with what the form accepted."""

    def show(self, ticket_id: UUID) -> Response:
        view = show_ticket(tenant_id=self.caller.tenant_id, ticket_id=ticket_id, at=now())
        if view is None:
            raise errors.TicketNotFound
        return Response(ticket_json(view))

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, RuleBroken) and exc.status == 409 and not self.one_statement:
            exc.facts.setdefault("ticket_id", self.kwargs["id"])  # also where only PostgreSQL has refused
        if isinstance(exc, RuleBroken) and "ticket_id" in exc.facts:
            view = show_ticket(tenant_id=self.caller.tenant_id, ticket_id=exc.facts.pop("ticket_id"), at=now())
            exc.facts["ticket"] = view and ticket_json(view)
        return super().handle_exception(exc)

    @property
    def may_act_for_others(self) -> bool:
        return Scope.MANAGE_TICKET in self.caller.scopes

    def common(self, ticket_id: UUID) -> dict[str, Any]:
        """Who moves which ticket when; `agent_id` None: this role may move anybody's."""
        agent_id = None
        if not self.may_act_for_others:
            agent_id = me_or_refuse(self.caller.user_id).id
        return {"ticket_id": ticket_id, "agent_id": agent_id, "actor": self.caller.actor, "at": now()}


class Call(TicketMove):
    form = CallForm
    one_statement = True

    def move(self, ticket_id: UUID, wanted: dict[str, Any]) -> None:
        agent_id = wanted.get("agent_id")
        hot.call_ticket(
            tenant_id=self.caller.tenant_id,
            ticket_id=ticket_id,
            agent_id=agent_id,
            user_id=None if agent_id and self.may_act_for_others else self.caller.user_id,
            reason=wanted["reason"],
            actor=self.caller.actor,
            at=now(),
        )


class Close(TicketMove):
    form = CloseForm
    one_statement = True

    def move(self, ticket_id: UUID, wanted: dict[str, Any]) -> None:
        hot.close_ticket(
            tenant_id=self.caller.tenant_id,
            ticket_id=ticket_id,
            user_id=None if self.may_act_for_others else self.caller.user_id,
            actor=self.caller.actor,
            at=now(),
            **wanted,
        )


class Recall(TicketMove):
    def move(self, ticket_id: UUID, wanted: dict[str, Any]) -> None:
        tickets.recall_ticket(**self.common(ticket_id))


class StartService(TicketMove):
    def move(self, ticket_id: UUID, wanted: dict[str, Any]) -> None:
        tickets.start_service(**self.common(ticket_id))


class Pause(TicketMove):
    form = ReasonForm

    def move(self, ticket_id: UUID, wanted: dict[str, Any]) -> None:
        tickets.pause_ticket(**self.common(ticket_id), **wanted)


class ResumeForm(Strict):
    agent_id = Id(required=False, help_text="At whose counter; needs manage:ticket.")


class Resume(TicketMove):
    form = ResumeForm

    def move(self, ticket_id: UUID, wanted: dict[str, Any]) -> None:
        if "agent_id" in wanted and self.may_act_for_others:
            agent = agent_or_refuse(wanted["agent_id"])
        else:
            agent = me_or_refuse(self.caller.user_id)
        tickets.resume_ticket(ticket_id=ticket_id, agent=agent, actor=self.caller.actor, at=now())


class MarkNoShow(TicketMove):
    def move(self, ticket_id: UUID, wanted: dict[str, Any]) -> None:
        tickets.mark_no_show(**self.common(ticket_id))


class PutBack(TicketMove):
    form = PutBackForm

    def move(self, ticket_id: UUID, wanted: dict[str, Any]) -> None:
        tickets.put_back(**self.common(ticket_id), place=Place(wanted["place"]))


class Defer(TicketMove):
    form = DeferForm

    def move(self, ticket_id: UUID, wanted: dict[str, Any]) -> None:
        tickets.defer_ticket(ticket_id=ticket_id, **wanted, actor=self.caller.actor, at=now())


class CheckIn(TicketMove):
    """Its owner is at the site. Said again it changes nothing."""

    def move(self, ticket_id: UUID, wanted: dict[str, Any]) -> None:
        tickets.check_in_ticket(ticket_id=ticket_id, actor=self.caller.actor, at=now())


class Transfer(TicketMove):
    form = TransferForm

    def move(self, ticket_id: UUID, wanted: dict[str, Any]) -> None:
        common = self.common(ticket_id) | {"reason": wanted["reason"]}
        if "queue_id" in wanted:
            tickets.transfer_ticket(**common, to_queue_id=wanted["queue_id"])
            return
        to_agent_id = wanted["agent_id"] if "agent_id" in wanted else agent_at_counter(wanted["counter_id"]).id
        tickets.hand_over_ticket(**common, to_agent_id=to_agent_id)


class Release(TicketMove):
    """A paused ticket that is kept for an agent: from now on for anybody."""

    def move(self, ticket_id: UUID, wanted: dict[str, Any]) -> None:
        tickets.release_ticket(**self.common(ticket_id))


class Cancel(TicketMove):
    form = ReasonForm

    def move(self, ticket_id: UUID, wanted: dict[str, Any]) -> None:
        tickets.cancel_ticket(**self.common(ticket_id), **wanted)


class Undo(TicketMove):
    def move(self, ticket_id: UUID, wanted: dict[str, Any]) -> None:
        tickets.undo(ticket_id=ticket_id, actor=self.caller.actor, at=now())


MOVES: dict[str, type[TicketMove]] = {
    "call": Call,
    "recall": Recall,
    "start-service": StartService,
    "close": Close,
    "transfer": Transfer,
    "release": Release,
    "pause": Pause,
    "resume": Resume,
    "mark-no-show": MarkNoShow,
    "put-back": PutBack,
    "defer": Defer,
    "check-in": CheckIn,
    "cancel": Cancel,
    "undo": Undo,
}

for _name, _move in MOVES.items():
    extend_schema_view(
        post=extend_schema(
            operation_id=f"tickets_{_name.replace('-', '_')}", request=_move.form, responses={200: TicketShape}
        )
    )(_move)
