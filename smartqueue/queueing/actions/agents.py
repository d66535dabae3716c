"""Agents: who serves, where, from which queues."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from smartqueue.accounts.models import User
from smartqueue.journal import actions as journal
from smartqueue.journal.actions import record
from smartqueue.journal.states import Actor, AuditKind
from smartqueue.kernel.refusing import refusing
from smartqueue.queueing.actions.tickets import release_kept_for
from smartqueue.queueing.errors import (
    AgentBusy,
    AgentNotFound,
    AgentOffline,
    AlreadyAgent,
    CounterNotFound,
    CounterTaken,
    QueueNotFound,
)
from smartqueue.queueing.models import Agent, AgentSession, Eligibility, Queue, Ticket
from smartqueue.queueing.states import WITH_AGENT, AgentStatus
from smartqueue.sites.models import Counter
from smartqueue.tenants.models import Membership
from smartqueue.tenants.states import Role


def hire_agent(
    *, tenant_id: UUID, user: User, name: str, queue_ids: Sequence[UUID], actor: Actor, at: datetime
) -> Agent:
    """Make a person an agent of the tenant; whoever is no member yet becomes one, with the agent's role.

    Raises:
        AlreadyAgent, QueueNotFound.
    """
    with refusing(agent_once=AlreadyAgent), transaction.atomic():
        join_tenant(tenant_id=tenant_id, user=user, role=Role.AGENT, actor=actor, at=at)
        agent = journal.add(Agent(tenant_id=tenant_id, user=user, name=name, status_since=at), actor=actor, at=at)
        set_eligible_queues(agent_id=agent.id, queue_ids=queue_ids, actor=actor, at=at)
    return agent


def join_tenant(*, tenant_id: UUID, user: User, role: Role, actor: Actor, at: datetime) -> Membership:
    """Make a person a member; one who is a member already keeps the role he has."""
    with transaction.atomic():
        membership, is_new = Membership.objects.get_or_create(tenant_id=tenant_id, user=user, defaults={"role": role})
        if is_new:
            _record_role(membership, None, role, actor, at)
    return membership


def change_role(*, membership: Membership, role: Role, actor: Actor, at: datetime) -> None:
    """Give a member another role; it holds from the next request on."""
    with transaction.atomic():
        before = membership.role
        membership.role = role
        membership.save(update_fields=["role"])
        _record_role(membership, before, role, actor, at)


def set_eligible_queues(
    *, agent_id: UUID, queue_ids: Sequence[UUID], actor: Actor, at: datetime, weights: Mapping[UUID, int] | None = None
) -> None:
    """Say from which queues the agent calls: these and no others.

    Args:
        weights: queue → 1 to 10, how strongly a call that names no queue prefers it; None, or a queue that is not named
            here, leaves the weight as it is, 1 for a new one.

    Raises:
        AgentNotFound, QueueNotFound.
    """
    with transaction.atomic():
        agent = _locked(agent_id)
        wanted = set(queue_ids)
        if Queue.objects.filter(id__in=wanted).count() != len(wanted):
            raise QueueNotFound
        served = dict(Eligibility.objects.filter(agent=agent).values_list("queue_id", "weight"))
        had = set(served)
        Eligibility.objects.filter(agent=agent, queue_id__in=had - wanted).delete()
        Eligibility.objects.bulk_create(
            Eligibility(tenant_id=agent.tenant_id, agent=agent, queue_id=queue_id) for queue_id in sorted(wanted - had)
        )
        weighed = {queue_id: (weights or {}).get(queue_id, served.get(queue_id, 1)) for queue_id in wanted}
        heavier = {queue_id for queue_id in wanted if weighed[queue_id] != served.get(queue_id, 1)}
        for queue_id in sorted(heavier):
            Eligibility.objects.filter(agent=agent, queue_id=queue_id).update(weight=weighed[queue_id])
        if wanted != had or heavier:
            record(
                "agent.queues_changed",
                kind=AuditKind.PERMISSION_CHANGE,
                tenant_id=agent.tenant_id,
                object_type="agent",
                object_id=agent.id,
                actor=actor,
                at=at,
                before={"queue_ids": sorted(map(str, had))} | _weights(served, heavier),
                after={"queue_ids": sorted(map(str, wanted))} | _weights(weighed, heavier),
            )


def _weights(weights: Mapping[UUID, int], changed: set[UUID]) -> dict[str, Any]:
    shown = {str(queue_id): weights.get(queue_id, 1) for queue_id in sorted(changed)}
    return {"weights": shown} if shown else {}


def set_agent_active(*, agent_id: UUID, is_active: bool, actor: Actor, at: datetime) -> Agent:
    """Let somebody serve again, or not any more: then the seat is free, and what was kept there anybody's.

    Raises:
        AgentNotFound: there is none in scope.
        AgentBusy: there is a customer at the counter.
    """
    with transaction.atomic():
        agent = _locked(agent_id)
        if not is_active:
            _refuse_if_busy(agent)
            if agent.status != AgentStatus.OFFLINE:
                agent = set_agent_status(agent_id=agent_id, status=AgentStatus.OFFLINE, reason="", actor=actor, at=at)
        return journal.change(agent, {"is_active": is_active}, actor=actor, at=at)


def sign_in_at_counter(*, agent_id: UUID, counter_id: UUID, actor: Actor, at: datetime) -> Agent:
    """The agent sits down at a counter and is available. What is kept for him stays behind when he changes the site.

    Raises:
        CounterNotFound: there is no such counter.
        CounterTaken: another agent sits there.
        AgentBusy: with a customer at the counter one does not move.
    """
    with refusing(one_agent_per_counter=CounterTaken), transaction.atomic():
        agent = _locked(agent_id)
        if agent.counter_id == counter_id:
            return _set_status(agent, AgentStatus.AVAILABLE, "", actor, at)
        _refuse_if_busy(agent)
        counter = Counter.objects.filter(id=counter_id).first()
        if counter is None:
            raise CounterNotFound
        if agent.counter is not None and agent.counter.site_id != counter.site_id:
            release_kept_for(agent_id, actor=actor, at=at)
        _close_session(agent, at)
        agent.counter = counter
        agent.save(update_fields=["counter"])
        AgentSession.objects.create(tenant_id=agent.tenant_id, agent=agent, counter_id=counter_id, opened_at=at)
        return _set_status(agent, AgentStatus.AVAILABLE, "", actor, at)


def set_agent_status(*, agent_id: UUID, status: AgentStatus, reason: str, actor: Actor, at: datetime) -> Agent:
    """Available, busy, on a break, or gone home. Going home leaves the counter, and what was kept there to anybody.

    Raises:
        AgentOffline: available needs a counter; sign in at one first.
        AgentBusy: gone home with a customer at the counter.
    """
    with transaction.atomic():
        agent = _locked(agent_id)
        if status == AgentStatus.OFFLINE:
            _refuse_if_busy(agent)
            release_kept_for(agent_id, actor=actor, at=at)
            _close_session(agent, at)
            agent.status, agent.counter = status, None
            agent.save(update_fields=["status", "counter"])
        elif agent.counter_id is None:
            raise AgentOffline
        return _set_status(agent, status, reason, actor, at)


def _set_status(agent: Agent, status: AgentStatus, reason: str, actor: Actor, at: datetime) -> Agent:
    before = {"status": agent.status, "status_reason": agent.status_reason}
    agent.status, agent.status_reason, agent.status_since = status, reason, at
    agent.save(update_fields=["status", "status_reason", "status_since"])
    record(
        "agent.status_updated",
        kind=AuditKind.STATUS_CHANGE,
        tenant_id=agent.tenant_id,
        object_type="agent",
        object_id=agent.id,
        actor=actor,
        at=at,
        data={"status": status, "counter_id": str(agent.counter_id) if agent.counter_id else None},
        before=before,
        after={"status": status, "status_reason": reason},
    )
    return agent


def _close_session(agent: Agent, at: datetime) -> None:
    AgentSession.objects.filter(agent=agent, closed_at=None).update(closed_at=at)


def _refuse_if_busy(agent: Agent) -> None:
    held = Ticket.objects.filter(agent=agent, status__in=WITH_AGENT).values_list("id", flat=True).first()
    if held is not None:
        raise AgentBusy(ticket_id=held)


def _locked(agent_id: UUID) -> Agent:
    agent = Agent.objects.select_for_update().filter(id=agent_id).first()
    if agent is None:
        raise AgentNotFound
    return agent


def _record_role(membership: Membership, before: str | None, after: str, actor: Actor, at: datetime) -> None:
    record(
        "member.role_changed",
        kind=AuditKind.PERMISSION_CHANGE,
        tenant_id=membership.tenant_id,
        object_type="membership",
        object_id=membership.id,
        actor=actor,
        at=at,
        before={"role": before},
        after={"role": after},
    )
