"""The rest of a ticket's life: locked, judged, moved, recorded."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max, Min

from smartqueue.journal.actions import record
from smartqueue.journal.models import Entry
from smartqueue.journal.states import Actor, AuditKind
from smartqueue.kernel.refusing import refusing
from smartqueue.queueing.errors import (
    AgentBusy,
    AgentOffline,
    DeferralsUsedUp,
    IllegalMove,
    NobodyBehind,
    NothingToUndo,
    NotYourTicket,
    QueueClosed,
    SameQueue,
    TicketNotFound,
    TooSoon,
)
from smartqueue.queueing.models import Agent, Queue, Ticket, snapshot
from smartqueue.queueing.queries import queue_or_refuse
from smartqueue.queueing.states import FIRST_LANE, LIVE, WITH_AGENT, Place, QueueStatus, TicketState
from smartqueue.sites.queries import is_open

W, C, S, P = TicketState.WAITING, TicketState.CALLED, TicketState.SERVING, TicketState.PAUSED

UNDO_WITHIN = timedelta(seconds=10)
UNDOABLE = frozenset(
    f"ticket.{fact}"
    for fact in (
        "called", "recalled", "service_started", "paused", "resumed", "closed", "no_show", "put_back", "transferred",
        "cancelled",
    )
)  # fmt: skip


def recall_ticket(*, ticket_id: UUID, agent_id: UUID | None, actor: Actor, at: datetime) -> None:
    """Call the same person once more; counted, and not sooner than the queue's least gap.

    Raises:
        TooSoon, IllegalMove, NotYourTicket, TicketNotFound.
    """
    with _locked(ticket_id, agent_id, C) as ticket:
        queue = Queue.objects.get(id=ticket.queue_id)
        assert ticket.last_call_at is not None
        gap = timedelta(seconds=queue.recall_gap_s) - (at - ticket.last_call_at)
        if gap > timedelta():
            raise TooSoon(retry_after_s=int(gap.total_seconds()) + 1, ticket_id=ticket_id)
        _move(
            ticket, "recalled", actor, at, kind=AuditKind.CALL,
            recalls=ticket.recalls + 1, last_call_at=max(at, ticket.last_call_at),
        )  # fmt: skip


def start_service(*, ticket_id: UUID, agent_id: UUID | None, actor: Actor, at: datetime) -> None:
    """The person has arrived at the counter: walking ends, service begins."""
    with _locked(ticket_id, agent_id, C) as ticket:
        _move(ticket, "service_started", actor, at, status=S, started_at=_not_before(ticket, at))


def pause_ticket(*, ticket_id: UUID, agent_id: UUID | None, reason: str, actor: Actor, at: datetime) -> None:
    """Park the visit: the person fills in a form, the agent is free."""
    with _locked(ticket_id, agent_id, C, S) as ticket:
        _move(ticket, "paused", actor, at, status=P, paused_at=at, reason=reason)


def resume_ticket(*, ticket_id: UUID, agent: Agent, actor: Actor, at: datetime) -> None:
    """Go on with a parked visit, at the counter of whoever resumes it.

    Raises:
        AgentBusy: that agent has another ticket in hand.
        AgentOffline: that agent sits at no counter.
    """
    if agent.counter_id is None:
        raise AgentOffline
    with _locked(ticket_id, None, P) as ticket:
        assert ticket.paused_at is not None
        agent = _seated(agent.id)
        served_before = ticket.started_at is not None
        away_s = max(0, int((at - ticket.paused_at).total_seconds())) if served_before else 0
        _move(
            ticket, "resumed", actor, at, status=S, agent_id=agent.id, counter_id=agent.counter_id,
            paused_at=None,
            paused_s=ticket.paused_s + away_s, started_at=ticket.started_at or _not_before(ticket, at),
        )  # fmt: skip


def mark_no_show(*, ticket_id: UUID, agent_id: UUID | None, actor: Actor, at: datetime) -> None:
    """Nobody came. Not sooner than the queue's grace after the last call.

    Raises:
        TooSoon, IllegalMove, NotYourTicket, TicketNotFound.
    """
    with _locked(ticket_id, agent_id, C) as ticket:
        queue = Queue.objects.get(id=ticket.queue_id)
        assert ticket.last_call_at is not None
        left = timedelta(seconds=queue.no_show_grace_s) - (at - ticket.last_call_at)
        if left > timedelta():
            raise TooSoon(retry_after_s=int(left.total_seconds()) + 1, ticket_id=ticket_id)
        _move(ticket, "no_show", actor, at, status=TicketState.NO_SHOW, ended_at=_not_before(ticket, at))


def put_back(*, ticket_id: UUID, agent_id: UUID | None, place: Place, actor: Actor, at: datetime) -> None:
    """Back into the line: first, last, or where the arrival time puts it."""
    with _locked(ticket_id, agent_id, C, TicketState.NO_SHOW, P) as ticket:
        lane, line_at = _place_in_line(ticket, place, at)
        _move(ticket, "put_back", actor, at, data={"place": place}, lane=lane, line_at=line_at, **_WAITING_AGAIN)


def defer_ticket(*, ticket_id: UUID, people: int, actor: Actor, at: datetime) -> None:
    """Let up to `people` of those behind pass; within the own priority, and as often as the queue allows.

    Raises:
        DeferralsUsedUp, NobodyBehind, IllegalMove, TicketNotFound.
    """
    with _locked(ticket_id, None, W) as ticket:
        queue = Queue.objects.get(id=ticket.queue_id)
        if ticket.deferrals >= queue.max_deferrals:
            raise DeferralsUsedUp(ticket_id=ticket_id)
        behind = (
            Ticket.objects.filter(queue_id=ticket.queue_id, status=W, lane=ticket.lane, line_at__gte=ticket.line_at)
            .exclude(id=ticket.id)
            .exclude(line_at=ticket.line_at, id__lt=ticket.id)
            .order_by("line_at", "id")
            .values_list("line_at", flat=True)[:people]
        )
        passed = list(behind)
        if not passed:
            raise NobodyBehind(ticket_id=ticket_id)
        _move(
            ticket, "deferred", actor, at, data={"people": len(passed)},
            line_at=passed[-1] + timedelta(microseconds=1), deferrals=ticket.deferrals + 1,
        )  # fmt: skip


def transfer_ticket(
    *, ticket_id: UUID, agent_id: UUID | None, to_queue_id: UUID, reason: str, actor: Actor, at: datetime
) -> None:
    """Send the person to another queue of the tenant; number and arrival time stay.

    Raises:
        QueueNotFound, QueueClosed, SameQueue, IllegalMove, NotYourTicket, TicketNotFound.
    """
    with _locked(ticket_id, agent_id, *LIVE) as ticket:
        target = queue_or_refuse(to_queue_id)
        if target.id == ticket.queue_id:
            raise SameQueue(ticket_id=ticket_id)
        open_now = target.is_active and target.status == QueueStatus.OPEN
        if not (open_now and is_open(site_id=target.site_id, service_id=target.service_id, at=at)):
            raise QueueClosed(ticket_id=ticket_id)
        _move(
            ticket, "transferred", actor, at, kind=AuditKind.TRANSFER,
            data={"from_queue_id": str(ticket.queue_id), "to_queue_id": str(target.id), "reason": reason},
            queue_id=target.id, service_id=target.service_id, lane=ticket.priority, line_at=ticket.created_at,
            **(_WAITING_AGAIN | {"reason": reason}),
        )  # fmt: skip


def cancel_ticket(*, ticket_id: UUID, agent_id: UUID | None, reason: str, actor: Actor, at: datetime) -> None:
    """The person leaves, or staff takes the ticket out."""
    with _locked(ticket_id, agent_id, W, C, P) as ticket:
        _move(
            ticket, "cancelled", actor, at, status=TicketState.CANCELLED, reason=reason,
            ended_at=_not_before(ticket, at),
        )  # fmt: skip


def undo(*, ticket_id: UUID, actor: Actor, at: datetime) -> None:
    """Take back the actor's last action, if it was on this ticket and at most ten seconds ago: exactly as it was.

    Raises:
        NothingToUndo: too late, someone else's, or not the last thing that the actor did.
        AgentBusy: the agent it would come back to holds another ticket by now.
        AgentOffline: that agent has left the counter.
    """
    with _locked(ticket_id, None, *TicketState) as ticket:
        last = Entry.objects.filter(object_id=ticket_id, version=ticket.version).first()
        if last is None or last.fact not in UNDOABLE or last.actor_id is None or last.actor_id != actor.user_id:
            raise NothingToUndo(ticket_id=ticket_id)
        done_since = Entry.objects.filter(
            tenant_id=ticket.tenant_id, id__gt=last.id, actor_id=actor.user_id, version__isnull=False
        )
        if at - last.at > UNDO_WITHIN or done_since.exists():
            raise NothingToUndo(ticket_id=ticket_id)
        before: dict[str, Any] = last.before or {}
        columns = {field.attname: field for field in Ticket._meta.concrete_fields}
        values = {name: columns[name].to_python(value) for name, value in before.items()}
        holder = values.get("agent_id", ticket.agent_id)
        if holder is not None and values.get("status") in WITH_AGENT:
            _seated(holder)
        _move(ticket, "reopened", actor, at, data={"undone": last.fact}, **values)


def expire_leftovers(*, tenant_id: UUID, at: datetime) -> int:
    """End the tickets that a closed site has left over. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT queueing_expire(%s, %s)", [tenant_id, at])
        return int(cursor.fetchone()[0])


_WAITING_AGAIN: dict[str, Any] = {
    "status": W, "agent_id": None, "counter_id": None, "called_at": None, "last_call_at": None, "started_at": None,
    "paused_at": None, "ended_at": None, "paused_s": 0, "recalls": 0, "call_reason": None,
}  # fmt: skip


@contextmanager
def _locked(ticket_id: UUID, agent_id: UUID | None, *states: TicketState) -> Iterator[Ticket]:
    """The ticket, locked for this transaction, in one of these states, in this agent's hands (None: anybody's)."""
    with refusing(one_ticket_per_agent=AgentBusy), transaction.atomic():
        ticket = Ticket.objects.select_for_update().filter(id=ticket_id).first()
        if ticket is None:
            raise TicketNotFound
        if ticket.status not in states:
            raise IllegalMove(ticket_id=ticket_id)
        if agent_id is not None and ticket.agent_id not in (None, agent_id):
            raise NotYourTicket
        yield ticket


def _seated(agent_id: UUID) -> Agent:
    """The agent, who cannot leave the counter before this transaction ends."""
    agent = Agent.objects.select_for_update(no_key=True).filter(id=agent_id).first()
    if agent is None or agent.counter_id is None:
        raise AgentOffline
    return agent


def _move(
    ticket: Ticket,
    happened: str,
    actor: Actor,
    at: datetime,
    *,
    kind: AuditKind = AuditKind.STATUS_CHANGE,
    data: dict[str, Any] | None = None,
    **values: Any,
) -> None:
    """Save the changed columns as the ticket's next version, with its fact."""
    before = snapshot(ticket, *values)
    for name, value in values.items():
        setattr(ticket, name, value)
    ticket.version += 1
    ticket.save(update_fields=[*values, "version"])
    facts = {"number": ticket.number, "queue_id": str(ticket.queue_id)}
    if ticket.agent_id:
        facts |= {"agent_id": str(ticket.agent_id), "counter_id": str(ticket.counter_id)}
    record(
        f"ticket.{happened}",
        kind=kind,
        tenant_id=ticket.tenant_id,
        object_type="ticket",
        object_id=ticket.id,
        version=ticket.version,
        queue_id=ticket.queue_id,
        actor=actor,
        at=at,
        data=facts | (data or {}),
        before=before,
        after=snapshot(ticket, *values),
    )


def _place_in_line(ticket: Ticket, place: Place, at: datetime) -> tuple[int, datetime]:
    """Lane and time at which a ticket that comes back stands."""
    if place == Place.ARRIVAL:
        return ticket.priority, ticket.created_at
    line = Ticket.objects.filter(queue_id=ticket.queue_id, status=W)
    if place == Place.LAST:
        latest = line.exclude(lane=FIRST_LANE).aggregate(at=Max("line_at"))["at"]
        return ticket.priority, max(at, latest + timedelta(microseconds=1)) if latest else at
    first = line.filter(lane=FIRST_LANE).aggregate(at=Min("line_at"))["at"]
    return FIRST_LANE, (first or at) - timedelta(microseconds=1)


def _not_before(ticket: Ticket, at: datetime) -> datetime:
    """Clocks of two processes differ by a little; a ticket's times stay in order."""
    return max(at, ticket.created_at)
