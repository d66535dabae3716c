"""Agents over HTTP: who they are, where they sit, and the call."""

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from smartqueue.accounts.actions import invite_person
from smartqueue.api.v1.base import GroundData, Id, Strict, TenantView
from smartqueue.api.v1.ground import Email, Flag, Text
from smartqueue.api.v1.ground_filters import FlagFilter
from smartqueue.api.v1.schema import problems
from smartqueue.api.v1.tickets import NamedShape, TicketMove, TicketShape
from smartqueue.kernel.clock import now
from smartqueue.queueing import errors
from smartqueue.queueing.actions import agents, hot
from smartqueue.queueing.queries import (
    all_agents,
    eligible_agent_ids,
    eligible_queue_ids,
    me_or_refuse,
    tickets_in_hand,
)
from smartqueue.queueing.states import AgentStatus
from smartqueue.sites.models import Counter
from smartqueue.tenants.states import Scope

if TYPE_CHECKING:
    from smartqueue.queueing.models import Agent


class AgentShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    email = serializers.EmailField()
    status = serializers.ChoiceField(choices=AgentStatus.choices, help_text="`busy` while a ticket is in hand.")
    status_reason = serializers.CharField()
    status_since = serializers.DateTimeField(allow_null=True)
    counter = NamedShape(allow_null=True)
    queue_ids = serializers.ListField(child=serializers.UUIDField())
    ticket_id = serializers.UUIDField(allow_null=True, help_text="The ticket in hand.")
    is_active = serializers.BooleanField()


def agents_json(rows: "list[Agent]") -> list[dict[str, Any]]:
    ids = [row.id for row in rows]
    queues, in_hand = eligible_queue_ids(ids), tickets_in_hand(ids)
    return [
        {
            "id": row.id,
            "name": row.name,
            "email": row.user.email,
            "status": AgentStatus.BUSY if row.id in in_hand else row.status,
            "status_reason": row.status_reason,
            "status_since": row.status_since,
            "counter": row.counter and {"id": row.counter.id, "name": row.counter.name},
            "queue_ids": queues[row.id],
            "ticket_id": in_hand.get(row.id),
            "is_active": row.is_active,
        }
        for row in rows
    ]


class HireForm(Strict):
    """The person gets an e-mail to choose a password; someone who already has one keeps it."""

    email = Email(max_length=254)
    name = Text(max_length=120)
    queue_ids = serializers.ListField(child=Id(), max_length=200, default=list)


class AgentChange(Strict):
    name = Text(max_length=120, required=False)
    is_active = Flag(required=False)
    queue_ids = serializers.ListField(child=Id(), max_length=200, required=False)


class AgentFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(choices=AgentStatus.choices)
    site = django_filters.UUIDFilter("counter__site_id")
    queue = django_filters.UUIDFilter(method="of_queue")
    is_active = FlagFilter()

    def of_queue(self, queryset: QuerySet[Any], name: str, value: UUID) -> QuerySet[Any]:
        return queryset.filter(id__in=eligible_agent_ids(value))


class AgentsView(GroundData):
    scopes: ClassVar[dict[str, Scope]] = {
        "GET": Scope.READ_AGENT,
        "POST": Scope.MANAGE_AGENT,
        "PATCH": Scope.MANAGE_AGENT,
    }
    http_method_names = ["get", "post", "patch", "head"]
    serializer_class = AgentShape
    filterset_class = AgentFilter
    ordering_fields = ("name", "created_at")

    def get_queryset(self) -> QuerySet[Any]:
        return all_agents()

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        self.refuse_unknown_parameters(request)
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(agents_json(list(page or ())))

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(agents_json([self.get_object()])[0])

    @extend_schema(request=HireForm, responses={201: AgentShape, **problems(429)})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        wanted, instant = HireForm.accept(request.data), now()
        user = invite_person(email=wanted["email"], full_name=wanted["name"], at=instant)
        agent = agents.hire_agent(
            tenant_id=self.caller.tenant_id,
            user=user,
            name=wanted["name"],
            queue_ids=wanted["queue_ids"],
            actor=self.caller.actor,
            at=instant,
        )
        return Response(agents_json([agent])[0], status=201)

    @extend_schema(request=AgentChange, responses={200: AgentShape})
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        agent, wanted = self.get_object(), AgentChange.accept(request.data)
        queue_ids = wanted.pop("queue_ids", None)
        if queue_ids is not None:
            agents.set_eligible_queues(agent_id=agent.id, queue_ids=queue_ids, actor=self.caller.actor, at=now())
        is_active = wanted.pop("is_active", agent.is_active)
        if is_active != agent.is_active:
            agents.set_agent_active(agent_id=agent.id, is_active=is_active, actor=self.caller.actor, at=now())
            agent = self.get_object()
        self.change(agent, wanted)
        return Response(agents_json([agent])[0])


class AgentDoing(TenantView):
    """What an agent does: `agents/me/…`, or `agents/{id}/…` by someone with manage:agent."""

    scopes: ClassVar[dict[str, Scope]] = {"POST": Scope.WRITE_TICKET}
    http_method_names = ["post"]
    operation_name: ClassVar[str]
    form: ClassVar[type[Strict]]

    def post(self, request: Request, slug: str, id: UUID | None = None) -> Response:
        return self.do(id, self.form.accept(request.data))

    def do(self, agent_id: UUID | None, wanted: dict[str, Any]) -> Response:
        me = agent_id is None or Scope.MANAGE_AGENT not in self.caller.scopes
        mine = me_or_refuse(self.caller.user_id).id if me else agent_id
        if agent_id is not None and mine != agent_id:
            raise errors.NotYourCounter
        assert mine is not None
        agent = self.act(mine, wanted)
        return Response(agents_json([all_agents().get(id=agent.id)])[0])

    @abstractmethod
    def act(self, agent_id: UUID, wanted: dict[str, Any]) -> "Agent":
        """Call the action with what the form accepted."""


class SignInForm(Strict):
    counter_id = serializers.PrimaryKeyRelatedField(queryset=Counter.objects.filter(is_active=True), pk_field=Id())


class SignIn(AgentDoing):
    """Sit down at a counter and be available."""

    form = SignInForm
    operation_name = "agents_sign_in"

    def act(self, agent_id: UUID, wanted: dict[str, Any]) -> "Agent":
        return agents.sign_in_at_counter(
            agent_id=agent_id, counter_id=wanted["counter_id"].id, actor=self.caller.actor, at=now()
        )


class StatusForm(Strict):
    status = serializers.ChoiceField(choices=AgentStatus.choices)
    reason = Text(max_length=120, default="", allow_blank=True)


class SetStatus(AgentDoing):
    """Available, busy, paused, or offline, which leaves the counter."""

    form = StatusForm
    operation_name = "agents_set_status"

    def act(self, agent_id: UUID, wanted: dict[str, Any]) -> "Agent":
        return agents.set_agent_status(
            agent_id=agent_id,
            status=AgentStatus(wanted["status"]),
            reason=wanted["reason"],
            actor=self.caller.actor,
            at=now(),
        )


class CallNextForm(Strict):
    queue_id = Id(required=False, help_text="Absent: from all queues that the agent serves.")


class CallNext(TicketMove):
    """Call the next person to the agent's counter; 204 when nobody waits."""

    form = CallNextForm
    operation_name = "agents_call_next"
    one_statement = True

    def post(self, request: Request, slug: str, id: UUID | None = None) -> Response:
        wanted = CallNextForm.accept(request.data)
        for_others = id is not None and self.may_act_for_others
        ticket_id = hot.call_next_ticket(
            tenant_id=self.caller.tenant_id,
            agent_id=id,
            user_id=None if for_others else self.caller.user_id,
            queue_id=wanted.get("queue_id"),
            actor=self.caller.actor,
            at=now(),
        )
        return Response(status=204) if ticket_id is None else self.show(ticket_id)

    def move(self, ticket_id: UUID, wanted: dict[str, Any]) -> None:
        """Not used: the line says which ticket moves."""


DOINGS: dict[str, type[TenantView]] = {"sign-in": SignIn, "set-status": SetStatus, "call-next": CallNext}

for _view in DOINGS.values():
    extend_schema_view(
        post=extend_schema(
            request=_view.form,  # type: ignore[attr-defined]
            responses={200: TicketShape, 204: None} if _view is CallNext else {200: AgentShape},
        )
    )(_view)
