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
    AgentNotFound,
    AgentOffline,
    ColleagueAway,
    DeferralsUsedUp,
    IllegalMove,
    KeptForAnother,
    NobodyBehind,
    NothingToUndo,
    NotYourTicket,
    QueueClosed,
    SameAgent,
    SameQueue,
    TicketNotFound,
    TooSoon,
)
from smartqueue.queueing.models import Agent, Queue, Ticket, snapshot
from smartqueue.queueing.queries import queue_or_refuse
from smartqueue.queueing.states import FIRST_LANE, LIVE, WITH_AGENT, Place, QueueStatus, TicketState
from smartqueue.sites.queries import is_open

W, C, S, P = TicketState.WAITING, TicketState.CALLED, TicketState.SERVING, TicketState.PAUSED

CHECKED_IN = "ticket.checked_in"
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
        KeptForAnother: it was handed over to somebody else.
    """
    with _agents_locked(agent.id) as locked:
        if agent.id not in locked or locked[agent.id].counter_id is None:
            raise AgentOffline
        _resume(ticket_id, locked[agent.id], actor, at)


def _resume(ticket_id: UUID, agent: Agent, actor: Actor, at: datetime) -> None:
    with _locked(ticket_id, None, P) as ticket:
        assert ticket.paused_at is not None
        if ticket.for_agent_id not in (None, agent.id):
            raise KeptForAnother
        served_before = ticket.started_at is not None
        away_s = max(0, int((at - ticket.paused_at).total_seconds())) if served_before else 0
        _move(
            ticket, "resumed", actor, at, status=S, agent_id=agent.id, counter_id=agent.counter_id,
            paused_at=None, for_agent_id=None,
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


def check_in_ticket(*, ticket_id: UUID, actor: Actor, at: datetime) -> None:
    """The ticket's owner is at the site. Said again it changes nothing: the first instant stays.

    Raises:
        IllegalMove: the person is being served, or the visit is over.
        TicketNotFound.
    """
    with _locked(ticket_id, None, W, C, P) as ticket:
        if ticket.here_at is None:
            _move(ticket, "checked_in", actor, at, here_at=_not_before(ticket, at))


def transfer_ticket(
    *, ticket_id: UUID, agent_id: UUID | None, to_queue_id: UUID, reason: str, actor: Actor, at: datetime
) -> None:
    """Send the person to another queue of the tenant; number and arrival time stay. At another site nobody is yet.

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
        elsewhere = {} if target.site_id == ticket.queue.site_id else {"here_at": None}
        _move(
            ticket, "transferred", actor, at, kind=AuditKind.TRANSFER,
            data={"from_queue_id": str(ticket.queue_id), "to_queue_id": str(target.id), "reason": reason},
            queue_id=target.id, service_id=target.service_id, lane=ticket.priority, line_at=ticket.created_at,
            **(_WAITING_AGAIN | elsewhere | {"reason": reason}),
        )  # fmt: skip


def hand_over_ticket(
    *, ticket_id: UUID, agent_id: UUID | None, to_agent_id: UUID, reason: str, actor: Actor, at: datetime
) -> None:
    """Park the visit for a colleague at a counter of the same site: nobody else can go on with it.

    Args:
        agent_id: who gives it, the one who has it or for whom it was kept; None for someone who may move anybody's.

    Raises:
        AgentNotFound: there is no such colleague.
        ColleagueAway: the colleague serves no more, or sits at no counter of this site.
        SameAgent: the colleague has it already.
        IllegalMove, NotYourTicket, TicketNotFound.
    """
    with _agents_locked(to_agent_id) as locked, _locked(ticket_id, agent_id, *WITH_AGENT, P) as ticket:
        if to_agent_id not in locked:
            raise AgentNotFound
        giver_id = agent_id or (ticket.agent_id if ticket.status != P else None)
        if to_agent_id in (giver_id, ticket.for_agent_id):
            raise SameAgent(ticket_id=ticket_id)
        if not _serves_at_site_of(ticket, locked[to_agent_id]):
            raise ColleagueAway(ticket_id=ticket_id)
        _move(
            ticket, "transferred", actor, at, kind=AuditKind.TRANSFER,
            data={"to_agent_id": str(to_agent_id), "reason": reason},
            status=P, for_agent_id=to_agent_id, reason=reason, paused_at=ticket.paused_at or at,
        )  # fmt: skip


def release_ticket(*, ticket_id: UUID, agent_id: UUID | None, actor: Actor, at: datetime) -> None:
    """The giver takes it back, or the addressee gives it up: it stays parked, and any agent may go on with it.

    Raises:
        IllegalMove: it is kept for nobody.
        NotYourTicket, TicketNotFound.
    """
    with _locked(ticket_id, agent_id, P) as ticket:
        if ticket.for_agent_id is None:
            raise IllegalMove(ticket_id=ticket_id)
        _release(ticket, actor, at)


def release_kept_for(agent_id: UUID, *, actor: Actor, at: datetime) -> None:
    """The same for all that is kept for an agent who leaves; in a transaction that has locked the agent."""
    for ticket in Ticket.objects.select_for_update().filter(for_agent_id=agent_id).order_by("id"):
        _release(ticket, actor, at)


def cancel_ticket(*, ticket_id: UUID, agent_id: UUID | None, reason: str, actor: Actor, at: datetime) -> None:
    """The person leaves, or staff takes the ticket out."""
    with _locked(ticket_id, agent_id, W, C, P) as ticket:
        _move(
            ticket, "cancelled", actor, at, status=TicketState.CANCELLED, reason=reason,
            for_agent_id=None, ended_at=_not_before(ticket, at),
        )  # fmt: skip


def undo(*, ticket_id: UUID, actor: Actor, at: datetime) -> None:
    """Take back the actor's last action, if it was on this ticket and at most ten seconds ago: exactly as it was.

    That its owner has come to the site meanwhile is true all the same, and stays.

    Raises:
        NothingToUndo: too late, someone else's, or not the last thing that the actor did.
        AgentBusy: the agent it would come back to holds another ticket by now.
        AgentOffline: that agent, or the one for whom it was kept, has left the counter.
    """
    seen = Ticket.objects.filter(id=ticket_id).first()
    if seen is None:
        raise TicketNotFound
    life = Entry.objects.filter(object_id=ticket_id, version__lte=seen.version).exclude(fact=CHECKED_IN)
    last = life.order_by("-version").first()
    values = _values_before(last)
    needed = [values.get("for_agent_id")]
    if values.get("status") in WITH_AGENT:
        needed.append(values.get("agent_id", seen.agent_id))
    with _agents_locked(*needed) as locked, _locked(ticket_id, None, *TicketState) as ticket:
        if last is None or ticket.version != seen.version or not _may_undo(ticket, last, actor, at):
            raise NothingToUndo(ticket_id=ticket_id)
        if any(agent.counter_id is None for agent in locked.values()):
            raise AgentOffline
        _move(ticket, "reopened", actor, at, data={"undone": last.fact}, **values)


def _values_before(entry: Entry | None) -> dict[str, Any]:
    """The ticket's columns as the entry found them."""
    before: dict[str, Any] = (entry and entry.before) or {}
    columns = {field.attname: field for field in Ticket._meta.concrete_fields}
    return {name: columns[name].to_python(value) for name, value in before.items()}


def _may_undo(ticket: Ticket, last: Entry, actor: Actor, at: datetime) -> bool:
    if last.fact not in UNDOABLE or last.actor_id is None or last.actor_id != actor.user_id:
        return False
    done_since = Entry.objects.filter(
        tenant_id=ticket.tenant_id, id__gt=last.id, actor_id=actor.user_id, version__isnull=False
    )
    return at - last.at <= UNDO_WITHIN and not done_since.exists()


def expire_leftovers(*, tenant_id: UUID, at: datetime) -> int:
    """End the tickets that a closed site has left over. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT queueing_expire(%s, %s)", [tenant_id, at])
        return int(cursor.fetchone()[0])


_WAITING_AGAIN: dict[str, Any] = {
    "status": W, "agent_id": None, "counter_id": None, "called_at": None, "last_call_at": None, "started_at": None,
    "paused_at": None, "for_agent_id": None, "ended_at": None, "paused_s": 0, "recalls": 0, "call_reason": None,
}  # fmt: skip


@contextmanager
def _locked(ticket_id: UUID, agent_id: UUID | None, *states: TicketState) -> Iterator[Ticket]:
    """The ticket, locked for this transaction, in one of these states, this agent's or kept for him (None: anybody's).

    Whoever needs agents too locks them before (`_agents_locked`), as call-next does: the other order could deadlock.
    """
    with refusing(one_ticket_per_agent=AgentBusy), transaction.atomic():
        ticket = Ticket.objects.select_for_update().filter(id=ticket_id).first()
        if ticket is None:
            raise TicketNotFound
        if ticket.status not in states:
            raise IllegalMove(ticket_id=ticket_id)
        if agent_id is not None and ticket.agent_id not in (None, agent_id) and ticket.for_agent_id != agent_id:
            raise NotYourTicket
        yield ticket


@contextmanager
def _agents_locked(*agent_ids: UUID | None) -> Iterator[dict[UUID, Agent]]:
    """Those of these agents who exist; none of them takes or leaves a seat before this transaction ends."""
    with transaction.atomic():
        agents = Agent.objects.select_for_update(no_key=True).filter(id__in=[one for one in agent_ids if one])
        yield {agent.id: agent for agent in agents.order_by("id")} if any(agent_ids) else {}


def _serves_at_site_of(ticket: Ticket, agent: Agent) -> bool:
    site_id = agent.counter and agent.counter.site_id
    return agent.is_active and site_id == ticket.queue.site_id


def _release(ticket: Ticket, actor: Actor, at: datetime) -> None:
    _move(
        ticket, "transferred", actor, at, kind=AuditKind.TRANSFER, data={"to_agent_id": None}, for_agent_id=None
    )  # fmt: skip


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
