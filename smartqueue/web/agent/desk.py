"""What one agent sees at one instant, from a handful of reads, in the words of the page."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import merge
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from smartqueue.customers.states import Language, masked_phone
from smartqueue.queueing.queries import console
from smartqueue.queueing.queries.board import Board, board
from smartqueue.queueing.states import AgentStatus, Priority, TicketState
from smartqueue.web.shared.words import event_of, priority_word

if TYPE_CHECKING:
    from smartqueue.queueing.models import Agent, Queue, Ticket

MOST_ROWS = 200
SOON = 0.8
"""The share of the wait target from which a wait is shown as about to be late."""


class Wait(NamedTuple):
    """How long against how long; `level` is `ok`, `warn` or `late`."""

    minutes: int
    target_min: int
    level: str

    @classmethod
    def of(cls, waited: timedelta, target_s: int) -> "Wait":
        waited_s = max(0.0, waited.total_seconds())
        level = "late" if waited_s > target_s else "warn" if waited_s >= SOON * target_s else "ok"
        return cls(int(waited_s // 60), max(1, target_s // 60), level)


@dataclass(frozen=True, slots=True)
class Row:
    """One who waits. `first`: nobody of the same queue is before; `priority` is a word or ''."""

    id: str
    number: str
    service: str
    priority: str
    language: str
    since: str
    wait: Wait
    first: bool


class Elsewhere(NamedTuple):
    """What a colleague has in hand."""

    number: str
    counter: str
    name: str
    serving: bool


class Joining(NamedTuple):
    """The range for whoever comes now, seconds; of several queues the longest, with the queue's name."""

    queue: str
    low_s: int
    high_s: int


@dataclass(frozen=True, slots=True)
class Hand:
    """The ticket at the counter. Instants: `recall_from`, `absent_from` is when that may be done."""

    ticket: "Ticket"
    wait: Wait
    priority: str
    language: str
    timer_since: datetime
    recall_from: datetime
    absent_from: datetime
    customer: str
    phone: str
    events: list[dict[str, Any]]

    @property
    def is_called(self) -> bool:
        return self.ticket.status == TicketState.CALLED


@dataclass(frozen=True, slots=True)
class Parked:
    """A parked ticket. `for_me`: kept for whoever looks; `may_release`: who looks may open it to everybody."""

    ticket: "Ticket"
    minutes: int
    for_me: bool
    may_release: bool

    @classmethod
    def of(cls, ticket: "Ticket", desk: "Desk", *, manages: bool) -> "Parked":
        minutes = int((desk.at - (ticket.paused_at or desk.at)).total_seconds() // 60)
        mine = desk.agent.id in (ticket.agent_id, ticket.for_agent_id)
        kept = ticket.for_agent_id is not None
        return cls(ticket, minutes, ticket.for_agent_id == desk.agent.id, kept and (mine or manages))

    @property
    def kept_for(self) -> str:
        """The colleague who alone goes on with it; '' when whoever looks may."""
        return "" if self.for_me or self.ticket.for_agent is None else self.ticket.for_agent.name


@dataclass(slots=True)
class Desk:
    """Everything on the page. `queues` are the agent's own, `here` those of the site, `targets` where a ticket
    may be sent; `arrived` are ids of rows whose people are at the site."""

    agent: "Agent"
    at: datetime
    queues: "list[Queue]" = field(default_factory=list)
    targets: "list[Queue]" = field(default_factory=list)
    here: "list[Queue]" = field(default_factory=list)
    hand: Hand | None = None
    rows: list[Row] = field(default_factory=list)
    arrived: set[str] = field(default_factory=set)
    total: int = 0
    joining: Joining | None = None
    parked: list[Parked] = field(default_factory=list)
    others: list[Elsewhere] = field(default_factory=list)
    colleagues: "list[Agent]" = field(default_factory=list)
    counters: "list[Any]" = field(default_factory=list)
    sought: str = ""
    found: "list[Ticket]" = field(default_factory=list)

    @property
    def is_seated(self) -> bool:
        return self.agent.counter_id is not None

    @property
    def on_break(self) -> bool:
        return self.agent.status == AgentStatus.PAUSED

    @property
    def holding(self) -> str:
        """What a form says it believes to be at the counter: a repeated press is told apart by it."""
        return str(self.hand.ticket.id) if self.hand else ""

    @property
    def for_me(self) -> int:
        """How many parked tickets wait for this agent alone."""
        return sum(parked.for_me for parked in self.parked)

    @property
    def beyond(self) -> int:
        """Those who wait beyond the rows shown."""
        return self.total - len(self.rows)


def look(*, tenant_id: UUID, user_id: UUID, at: datetime, sought: str = "", manages: bool = False) -> Desk:
    """The whole console. Inside the tenant's scope.

    Args:
        manages: whether the person may move anybody's ticket.

    Raises:
        AgentNotFound: the person serves nobody here.
    """
    desk = Desk(console.agent_at_the_desk(user_id), at)
    everything = console.queues_and_mine(desk.agent.id)
    desk.queues = [queue for queue in everything if queue.is_mine]  # type: ignore[attr-defined]  # annotated
    if not desk.is_seated:
        desk.counters = list(console.counters_to_sit_at())
        return desk
    site_id = desk.agent.counter.site_id if desk.agent.counter else None
    desk.here = [queue for queue in everything if queue.site_id == site_id]
    _line(desk, tenant_id)
    ticket = console.ticket_in_hand(desk.agent.id)
    if ticket is not None:
        desk.hand = _hand(ticket, at)
        desk.targets = [queue for queue in everything if queue.id != ticket.queue_id]
        desk.colleagues = console.colleagues_at(ticket.queue.site_id, agent_id=desk.agent.id)
    _parked(desk, manages=manages)
    _seek(desk, sought)
    return desk


def look_at_line(*, tenant_id: UUID, user_id: UUID, at: datetime, sought: str = "", manages: bool = False) -> Desk:
    """The line beside it and the parked tickets, with what a search has found."""
    desk = Desk(console.agent_at_the_desk(user_id), at)
    desk.queues = [q for q in console.queues_and_mine(desk.agent.id) if q.is_mine]  # type: ignore[attr-defined]
    _line(desk, tenant_id)
    desk.hand = _bare_hand(desk, at)
    _parked(desk, manages=manages)
    _seek(desk, sought)
    return desk


def _bare_hand(desk: Desk, at: datetime) -> Hand | None:
    ticket = console.ticket_in_hand(desk.agent.id)
    return _hand(ticket, at, with_life=False) if ticket else None


def _parked(desk: Desk, *, manages: bool) -> None:
    found = console.parked_in([queue.id for queue in desk.queues], agent_id=desk.agent.id)
    desk.parked = [Parked.of(ticket, desk, manages=manages) for ticket in found]


def _seek(desk: Desk, sought: str) -> None:
    desk.sought = sought.strip()[:12]
    if desk.sought:
        ids = [queue.id for queue in desk.queues]
        desk.found = console.tickets_by_number(desk.sought, queue_ids=ids, at=desk.at)


def _line(desk: Desk, tenant_id: UUID) -> None:
    pairs = [
        (queue, seen)
        for queue in desk.queues
        if (seen := board(tenant_id=tenant_id, queue_id=queue.id, since=None, phones=False, at=desk.at))
    ]
    desk.total = sum(seen.line.total for _queue, seen in pairs)
    waits = [
        Joining(queue.name if len(pairs) > 1 else "", *wait[1:]) for queue, seen in pairs if (wait := seen.joining)
    ]
    desk.joining = max(waits, key=lambda one: one.high_s, default=None)
    streams = [_in_turn(queue, seen, desk.at) for queue, seen in pairs]
    for (_turn, row), _place in zip(merge(*streams, key=lambda pair: pair[0]), range(MOST_ROWS), strict=False):
        desk.rows.append(row)
    desk.arrived = console.arrived_among([row.id for row in desk.rows])
    desk.others = [
        Elsewhere(held["number"], held["counter"] or "", held["agent"] or "", held["status"] == TicketState.SERVING)
        for _queue, seen in pairs
        for held in seen.in_hand
        if held["status"] != TicketState.PAUSED and held["agent_id"] != str(desk.agent.id)
    ]


def _in_turn(queue: "Queue", seen: Board, at: datetime) -> Iterator[tuple[float, Row]]:
    """The rows of one queue in calling order, each with when its queue's turn comes among several queues: the queue
    in which somebody has waited longest, times the queue's weight, is first (`call_next_ticket` without a queue)."""
    turns: list[float] = []
    for ticket in reversed(seen.line.first):
        waited_s = (at - datetime.fromisoformat(ticket["waiting_since"])).total_seconds()
        turns.append(min(-waited_s * queue.weight, turns[-1] if turns else 0.0))  # type: ignore[attr-defined]  # annotated
    for turn, ticket in zip(reversed(turns), seen.line.first, strict=True):
        since = datetime.fromisoformat(ticket["waiting_since"])
        yield (
            turn,
            Row(
                id=ticket["id"],
                number=ticket["number"],
                service=ticket["service"] or queue.name,
                priority=priority_word(ticket["priority"]),
                language=language_word(ticket["language"]),
                since=ticket["waiting_since"],
                wait=Wait.of(at - since, target_s(queue, ticket["priority"])),
                first=ticket["position"] == 1,
            ),
        )


def _hand(ticket: "Ticket", at: datetime, *, with_life: bool = True) -> Hand:
    assert ticket.called_at
    assert ticket.last_call_at
    queue, customer = ticket.queue, ticket.customer
    began = ticket.started_at or ticket.last_call_at
    return Hand(
        ticket=ticket,
        wait=Wait.of(ticket.called_at - ticket.created_at, target_s(queue, ticket.priority)),
        priority=priority_word(ticket.priority),
        language=language_word(ticket.language),
        timer_since=began + timedelta(seconds=ticket.paused_s),
        recall_from=ticket.last_call_at + timedelta(seconds=queue.recall_gap_s),
        absent_from=ticket.last_call_at + timedelta(seconds=queue.no_show_grace_s),
        customer=customer.full_name if customer else "",
        phone=masked_phone(customer.phone) if customer else "",
        events=[event_of(entry) for entry in console.life_of(ticket.id)] if with_life else [],
    )


def target_s(queue: "Queue", priority: int) -> int:
    """The wait target of a ticket's class, seconds."""
    by_class = {Priority.URGENT: queue.urgent_target_s, Priority.ELEVATED: queue.elevated_target_s}
    return by_class.get(Priority(priority), queue.wait_target_s)


def language_word(code: str) -> str:
    """A language by its name in the reader's; '' when the person did not choose one."""
    return str(Language(code).label) if code in Language.values else code
