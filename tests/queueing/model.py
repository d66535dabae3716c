"""The queue room without a database: DOMAIN's table of actions and its calling orders, in plain Python.

Written from the rules, not from the code, so that a disagreement means something. Time is an integer: microseconds
since 1970, UTC. Tickets carry the ids that the database gave them, because an id settles a tie.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any
from uuid import UUID

SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
UNDO_WITHIN = 10 * SECOND
FORGOTTEN_AFTER = DAY
IN_HAND = {"called", "serving"}
LIVE = {"waiting", "called", "serving", "paused"}


class Refused(Exception):
    """What a rule says when it says no; `name` is the refusal's class name in `queueing.errors`."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass
class Line:
    """A queue."""

    id: UUID
    strategy: str = "fifo"
    urgent_first: bool = False
    status: str = "open"
    capacity: int | None = None
    targets: dict[int, int] = field(default_factory=lambda: {0: 900, 5: 600, 10: 300})
    rates: dict[int, Fraction] = field(default_factory=lambda: {0: Fraction(1), 5: Fraction(2), 10: Fraction(4)})
    recall_gap: int = 10 * SECOND
    grace: int = 30 * SECOND
    closing_grace: int = HOUR
    max_deferrals: int = 3
    last_number: dict[int, int] = field(default_factory=dict)
    last_place: dict[int, int] = field(default_factory=dict)

    def comes(self, ticket: "Visit", at: int) -> tuple[Any, ...]:
        """Who has the smaller one is called first."""
        if ticket.first:
            return (0, ticket.place, ticket.id)
        if self.urgent_first and ticket.priority == 10:
            group = 1
        elif self.strategy == "priority":
            group = 2 + (10 - ticket.priority)
        else:
            group = 12
        within: Fraction | int = ticket.place
        if self.strategy == "sla":
            within = ticket.place + self.targets[ticket.priority] * SECOND
        elif self.strategy == "mixed":
            within = -(at - ticket.place) * self.rates[ticket.priority]
        return (group, within, ticket.id)


@dataclass
class Visit:
    """A ticket. `place` orders it within its priority: its arrival, unless it was put elsewhere."""

    id: UUID
    line: Line
    priority: int
    place: int
    arrived: int
    number: tuple[UUID, int, int]
    status: str = "waiting"
    first: bool = False
    clerk: "Clerk | None" = None
    desk: int | None = None
    kept_for: "Clerk | None" = None
    called: int | None = None
    last_call: int | None = None
    started: int | None = None
    parked: int | None = None
    ended: int | None = None
    here: int | None = None
    parked_s: int = 0
    recalls: int = 0
    deferrals: int = 0
    reason: str = ""
    outcome: str = ""
    version: int = 1

    def leave_counter(self) -> None:
        self.status = "waiting"
        self.clerk = self.desk = self.kept_for = self.called = self.last_call = self.started = self.parked = (
            self.ended
        ) = None
        self.parked_s = self.recalls = 0


@dataclass
class Clerk:
    """An agent."""

    id: UUID
    serves: list[Line]
    status: str = "available"
    desk: int | None = None


@dataclass(frozen=True)
class Deed:
    """One fact about a ticket, and the ticket before it."""

    who: object
    what: str
    ticket: Visit
    at: int
    before: Visit


@dataclass
class House:
    """A site with its queues and its people. `opens` and `closes` are microseconds of the day."""

    lines: list[Line]
    clerks: list[Clerk]
    opens: int = 0
    closes: int = DAY
    tickets: list[Visit] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)

    # --- questions

    def is_open(self, at: int) -> bool:
        return self.opens <= at % DAY < self.closes

    def waiting(self, line: Line) -> list[Visit]:
        return [ticket for ticket in self.tickets if ticket.line is line and ticket.status == "waiting"]

    def order(self, line: Line, at: int) -> list[Visit]:
        return sorted(self.waiting(line), key=lambda ticket: line.comes(ticket, at))

    def in_hand(self, clerk: Clerk) -> Visit | None:
        return next((ticket for ticket in self.tickets if ticket.clerk is clerk and ticket.status in IN_HAND), None)

    # --- the line

    def check_open(self, line: Line, at: int) -> None:
        if line.status == "closed":
            raise Refused("QueueClosed")
        if line.status == "paused":
            raise Refused("QueuePaused")
        if not self.is_open(at):
            raise Refused("SiteClosed")
        if line.capacity is not None and len(self.waiting(line)) >= line.capacity:
            raise Refused("QueueFull")

    def take(self, line: Line, priority: int, ticket_id: UUID, who: object, at: int) -> Visit:
        day = at // DAY
        number = line.last_number[day] = line.last_number.get(day, 0) + 1
        place = line.last_place[day] = max(at, line.last_place.get(day, 0) + 1)
        here = None if who == "system" else at  # who comes to a colleague of the house is there
        ticket = Visit(ticket_id, line, priority, place, at, (line.id, day, number), here=here)
        self.tickets.append(ticket)
        self.deeds.append(Deed(who, "created", ticket, at, replace(ticket)))
        return ticket

    def may_call(self, clerk: Clerk) -> None:
        if clerk.status != "available":
            raise Refused(f"Agent{clerk.status.capitalize()}")
        if self.in_hand(clerk):
            raise Refused("AgentBusy")

    def call_next(self, clerk: Clerk, line: Line | None, at: int) -> Visit | None:
        """From one line, or from the one whose longest wait is the longest of all that the clerk serves."""
        self.may_call(clerk)
        if line is None:
            lines = [each for each in clerk.serves if self.waiting(each)]
            if not lines:
                return None
            line = min(lines, key=lambda each: (min(t.place for t in self.waiting(each)), each.id))
        elif line not in clerk.serves:
            raise Refused("NotEligible")
        order = self.order(line, at)
        return self._call(order[0], clerk, at) if order else None

    def call(self, clerk: Clerk, ticket: Visit, reason: str, at: int) -> Visit:
        self.may_call(clerk)
        if ticket.status != "waiting":
            raise Refused("IllegalMove")
        if ticket.line not in clerk.serves:
            raise Refused("NotEligible")
        if not reason and self.order(ticket.line, at)[0] is not ticket:
            raise Refused("ReasonNeeded")
        return self._call(ticket, clerk, at)

    def _call(self, ticket: Visit, clerk: Clerk, at: int) -> Visit:
        with self._done(clerk, "called", ticket, at):
            ticket.status, ticket.clerk, ticket.desk = "called", clerk, clerk.desk
            ticket.called = ticket.last_call = at
            ticket.recalls = 0
        return ticket

    # --- at the counter; `who` None is a manager, who may move anybody's ticket

    def recall(self, who: Clerk | None, ticket: Visit, at: int) -> None:
        self._must(who, ticket, "called")
        assert ticket.last_call is not None
        if at - ticket.last_call < ticket.line.recall_gap:
            raise Refused("TooSoon")
        with self._done(who, "recalled", ticket, at):
            ticket.recalls += 1
            ticket.last_call = at

    def start(self, who: Clerk | None, ticket: Visit, at: int) -> None:
        self._must(who, ticket, "called")
        with self._done(who, "service_started", ticket, at):
            ticket.status, ticket.started = "serving", at

    def pause(self, who: Clerk | None, ticket: Visit, reason: str, at: int) -> None:
        self._must(who, ticket, "called", "serving")
        with self._done(who, "paused", ticket, at):
            ticket.status, ticket.parked, ticket.reason = "paused", at, reason

    def resume(self, clerk: Clerk, ticket: Visit, at: int) -> None:
        if clerk.desk is None:
            raise Refused("AgentOffline")
        self._must(None, ticket, "paused")
        if ticket.kept_for not in (None, clerk):
            raise Refused("KeptForAnother")
        if self.in_hand(clerk):
            raise Refused("AgentBusy")
        with self._done(clerk, "resumed", ticket, at):
            assert ticket.parked is not None
            if ticket.started is None:
                ticket.started = at
            else:
                ticket.parked_s += (at - ticket.parked) // SECOND
            ticket.status, ticket.parked, ticket.clerk, ticket.desk = "serving", None, clerk, clerk.desk
            ticket.kept_for = None

    def close(self, who: Clerk | None, ticket: Visit, outcome: str, at: int) -> None:
        self._must(who, ticket, "called", "serving")
        with self._done(who, "closed", ticket, at):
            ticket.status, ticket.ended, ticket.outcome, ticket.reason = "closed", at, outcome, ""

    def mark_no_show(self, who: Clerk | None, ticket: Visit, at: int) -> None:
        self._must(who, ticket, "called")
        assert ticket.last_call is not None
        if at - ticket.last_call < ticket.line.grace:
            raise Refused("TooSoon")
        with self._done(who, "no_show", ticket, at):
            ticket.status, ticket.ended = "no_show", at

    def put_back(self, who: Clerk | None, ticket: Visit, where: str, at: int) -> None:
        self._must(who, ticket, "called", "no_show", "paused")
        others = self.waiting(ticket.line)
        with self._done(who, "put_back", ticket, at):
            if where == "first":
                ticket.place = min((t.place for t in others if t.first), default=at) - 1
            elif where == "last":
                ticket.place = max([at] + [t.place + 1 for t in others if not t.first])
            else:
                ticket.place = ticket.arrived
            ticket.first = where == "first"
            ticket.leave_counter()

    def defer(self, ticket: Visit, people: int, at: int) -> None:
        self._must(None, ticket, "waiting")
        if ticket.deferrals >= ticket.line.max_deferrals:
            raise Refused("DeferralsUsedUp")
        same = [t for t in self.waiting(ticket.line) if (t.first, t.priority) == (ticket.first, ticket.priority)]
        if ticket.first:
            same = [t for t in self.waiting(ticket.line) if t.first]
        behind = sorted((t.place, t.id) for t in same if (t.place, t.id) > (ticket.place, ticket.id))
        if not behind:
            raise Refused("NobodyBehind")
        with self._done("customer", "deferred", ticket, at):
            ticket.place = behind[:people][-1][0] + 1
            ticket.deferrals += 1

    def check_in(self, who: object, ticket: Visit, at: int) -> None:
        self._must(None, ticket, "waiting", "called", "paused")
        if ticket.here is None:
            with self._done(who, "checked_in", ticket, at):
                ticket.here = at

    def transfer(self, who: Clerk | None, ticket: Visit, to: Line, reason: str, at: int) -> None:
        self._must(who, ticket, *LIVE)
        if to is ticket.line:
            raise Refused("SameQueue")
        if to.status != "open" or not self.is_open(at):
            raise Refused("QueueClosed")
        with self._done(who, "transferred", ticket, at):
            ticket.line, ticket.first, ticket.place, ticket.reason = to, False, ticket.arrived, reason
            ticket.leave_counter()

    def hand_over(self, who: Clerk | None, ticket: Visit, to: Clerk, reason: str, at: int) -> None:
        self._must(who, ticket, "called", "serving", "paused")
        has_it = ticket.kept_for if ticket.status == "paused" else ticket.clerk
        if to in (who, has_it) and to is not None:
            raise Refused("SameAgent")
        if to.desk is None:
            raise Refused("ColleagueAway")
        with self._done(who, "transferred", ticket, at):
            ticket.parked = at if ticket.parked is None else ticket.parked
            ticket.status, ticket.kept_for, ticket.reason = "paused", to, reason

    def release(self, who: Clerk | None, ticket: Visit, at: int) -> None:
        self._must(who, ticket, "paused")
        if ticket.kept_for is None:
            raise Refused("IllegalMove")
        with self._done(who, "transferred", ticket, at):
            ticket.kept_for = None

    def cancel(self, who: Clerk | None, ticket: Visit, reason: str, at: int) -> None:
        self._must(who, ticket, "waiting", "called", "paused")
        with self._done(who, "cancelled", ticket, at):
            ticket.status, ticket.ended, ticket.reason, ticket.kept_for = "cancelled", at, reason, None

    def undo(self, who: Clerk | None, ticket: Visit, at: int) -> None:
        """The actor's last action, and the ticket's, at most ten seconds ago; its agent must be free and seated.

        Who has come to the site meanwhile is there: that is no action to take back, and hides none.
        """
        last = next(deed for deed in reversed(self.deeds) if deed.ticket is ticket and deed.what != "checked_in")
        mine = [deed for deed in self.deeds if deed.who is who]
        cannot = {"created", "deferred", "reopened", "expired"}
        if last.who is not who or mine[-1] is not last or last.what in cannot or at - last.at > UNDO_WITHIN:
            raise Refused("NothingToUndo")
        clerk = last.before.clerk if last.before.status in IN_HAND else None
        addressee = last.before.kept_for
        if (clerk and clerk.desk is None) or (addressee and addressee.desk is None):
            raise Refused("AgentOffline")
        if clerk is not None and self.in_hand(clerk) not in (None, ticket):
            raise Refused("AgentBusy")
        with self._done(who, "reopened", ticket, at):
            version = ticket.version
            vars(ticket).update(vars(last.before) | {"version": version, "here": ticket.here})

    def expire(self, at: int) -> int:
        """What a closed site has left over, and what an agent has forgotten for a day."""
        ended = 0
        for ticket in self.tickets:
            over = not self.is_open(at) and not self.is_open(at - ticket.line.closing_grace)
            left = over and ticket.status in {"waiting", "paused"} and at - ticket.arrived > 60 * SECOND
            forgotten = ticket.status in IN_HAND and ticket.called is not None and at - ticket.called > FORGOTTEN_AFTER
            if left or forgotten:
                with self._done("system", "expired", ticket, at):
                    ticket.status, ticket.ended, ticket.kept_for = "expired", at, None
                ended += 1
        return ended

    # --- agents

    def sign_in(self, clerk: Clerk, desk: int) -> None:
        if clerk.desk != desk:
            if self.in_hand(clerk):
                raise Refused("AgentBusy")
            if any(other.desk == desk for other in self.clerks):
                raise Refused("CounterTaken")
        clerk.desk, clerk.status = desk, "available"

    def set_status(self, clerk: Clerk, status: str, at: int) -> None:
        if status == "offline":
            if self.in_hand(clerk):
                raise Refused("AgentBusy")
            clerk.desk = None
            for ticket in sorted(self.tickets, key=lambda ticket: ticket.id):
                if ticket.kept_for is clerk:
                    with self._done(clerk, "transferred", ticket, at):
                        ticket.kept_for = None
        elif clerk.desk is None:
            raise Refused("AgentOffline")
        clerk.status = status

    # --- what all moves share

    def _must(self, who: Clerk | None, ticket: Visit, *states: str) -> None:
        if ticket.status not in states:
            raise Refused("IllegalMove")
        if who is not None and ticket.clerk not in (None, who) and ticket.kept_for is not who:
            raise Refused("NotYourTicket")

    @contextmanager
    def _done(self, who: object, what: str, ticket: Visit, at: int) -> Iterator[None]:
        before = replace(ticket)
        yield
        ticket.version += 1
        self.deeds.append(Deed(who, what, ticket, at, before))
