"""A day that nobody would think of: Hypothesis moves tickets at random, and a model in plain Python must agree."""

from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime, time, timedelta
from typing import Any, Literal
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from smartqueue.journal import actions as journal
from smartqueue.journal.states import SYSTEM
from smartqueue.kernel.errors import RuleBroken
from smartqueue.queueing.actions import agents, hot, queues, tickets
from smartqueue.queueing.models import Agent, Queue, Ticket
from smartqueue.queueing.queries import waiting_in_calling_order
from smartqueue.queueing.states import AgentStatus, Place, QueueStatus
from smartqueue.tenants.scope import in_tenant
from tests.queueing.model import HOUR, Clerk, House, Line, Refused, Visit
from tests.races.scratch import FULL
from tests.races.world import actor_of, broken_invariants, build_world

MORNING = datetime(2026, 3, 2, 8, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
QUEUES = (
    {"strategy": "fifo"},
    {"strategy": "priority", "capacity": 4},
    {"strategy": "mixed", "urgent_first": True, "max_deferrals": 2, "recall_gap_s": 5, "no_show_grace_s": 8},
    {"strategy": "sla"},
)
SERVING = ((0, 1, 2, 3), (0, 1), (2, 3))

number = st.integers(0, 1_000_000)
"""Chooses one of however many there are."""
seldom = st.integers(0, 7).map(lambda n: n == 0)
seconds = st.one_of(
    st.floats(0.01, 12), st.sampled_from([4.99, 5.0, 8.0, 9.999, 10.0, 10.001, 30.0]), st.floats(30, 900)
)


patience = st.sampled_from([0, 4.99, 8, 10, 30])
priorities = st.sampled_from([0, 0, 0, 5, 10])


def some(*states: str) -> Callable[[Any], Any]:
    """The rule makes sense while there is a ticket in one of these states."""
    return precondition(lambda day: any(ticket.status in states for ticket in day.house.tickets))


def micros(at: datetime | None) -> int | None:
    return None if at is None else (at - EPOCH) // timedelta(microseconds=1)


class Day(RuleBasedStateMachine):
    """One tenant with four queues and three agents; the database and the model hear the same orders."""

    issued: UUID

    @initialize(crowd=st.lists(st.tuples(number, priorities), min_size=3, max_size=9))
    def morning(self, crowd: list[tuple[int, int]]) -> None:
        self.world = world = build_world(queues=QUEUES, agents=3, serving=SERVING, hours=(time(6), time(22)))
        self.at, self.step = MORNING, 0
        lines = [
            Line(
                queue.id,
                **{
                    name: fields[name]
                    for name in ("strategy", "urgent_first", "capacity", "max_deferrals")
                    if name in fields
                },
                recall_gap=fields.get("recall_gap_s", 10) * 1_000_000,
                grace=fields.get("no_show_grace_s", 30) * 1_000_000,
            )
            for queue, fields in zip(world.queues, QUEUES, strict=True)
        ]
        clerks = [
            Clerk(person.agent.id, [lines[n] for n in served], desk=desk)
            for desk, (person, served) in enumerate(zip(world.agents, SERVING, strict=True))
        ]
        self.house = House(lines, clerks, opens=6 * HOUR, closes=22 * HOUR)
        for queue, priority in crowd:
            self.issue(lines[queue % 4], priority, "system", SYSTEM)

    # --- giving the same order to both

    def tick(self) -> int:
        """A moment later, at an instant that no arithmetic of targets and rates makes equal to another."""
        self.step += 1
        self.at += timedelta(microseconds=1009 + 17 * self.step)
        return micros(self.at)  # type: ignore[return-value]

    def both(self, model: Callable[[], Any], database: Callable[[], Any], scoped: bool = True) -> Any:
        """What both answer, or None when both refuse by the same name."""
        expected, refusal, refused_by_database = None, "", ""
        try:
            expected = model()
        except Refused as refused:
            refusal = refused.name
        try:
            with in_tenant(self.world.id) if scoped else nullcontext():
                answer = database()
        except RuleBroken as refused:
            answer, refused_by_database = None, type(refused).__name__
        assert refused_by_database == refusal
        assert answer == (expected.id if isinstance(expected, Visit) else expected)
        return answer

    def one_of(self, pick: int, wild: bool, *states: str) -> Visit | None:
        """A ticket in one of these states; now and then, or where there is none, any other."""
        fitting = [ticket for ticket in self.house.tickets if ticket.status in states]
        choice = self.house.tickets if wild or not fitting else fitting
        return choice[pick % len(choice)] if choice else None

    def who(self, pick: int, wild: bool, ticket: Visit | None = None) -> tuple[Clerk | None, Any]:
        """The ticket's agent in most cases, else any agent, or the manager: (None, manager)."""
        clerks = self.house.clerks
        if wild and pick % 4 == 3:
            return None, self.world.manager
        clerk = clerks[pick % len(clerks)]
        if not wild and ticket is not None and ticket.clerk is not None:
            clerk = ticket.clerk
        return clerk, self.world.agents[clerks.index(clerk)]

    def caller(self, pick: int) -> Clerk:
        """Mostly somebody whose hands are free."""
        free = [clerk for clerk in self.house.clerks if self.house.in_hand(clerk) is None]
        choice = free if free and pick % 8 else self.house.clerks
        return choice[pick % len(choice)]

    def move(
        self, ticket: Visit | None, pick: int, wild: bool, name: str, action: Any, *model: Any, **wanted: Any
    ) -> None:
        """One of the moves that all go `action(ticket_id, agent_id, …)`."""
        if ticket is None:
            return
        clerk, person = self.who(pick, wild, ticket)
        at = self.tick()
        self.both(
            lambda: getattr(self.house, name)(clerk, ticket, *model, at),
            lambda: action(
                ticket_id=ticket.id, agent_id=clerk and clerk.id, actor=actor_of(person), at=self.at, **wanted
            ),
        )

    # --- the line

    @rule(queue=number, priority=priorities)
    def take(self, queue: int, priority: int) -> None:
        self.issue(self.house.lines[queue % 4], priority, "system", SYSTEM)

    @rule(queue=number, priority=priorities, pick=number)
    def take_for_a_customer(self, queue: int, priority: int, pick: int) -> None:
        clerk, person = self.who(pick, False)
        self.issue(self.house.lines[queue % 4], priority, clerk, actor_of(person))

    def issue(self, line: Line, priority: int, who: object, actor: Any) -> None:
        at = self.tick()

        def model() -> Literal["taken"]:
            self.house.check_open(line, at)
            return "taken"

        def database() -> Literal["taken"]:
            self.issued = hot.issue_ticket(
                tenant_id=self.world.id,
                queue_id=line.id,
                channel="web" if who == "system" else "agent",
                priority=priority,
                actor=actor,
                at=self.at,  # type: ignore[arg-type]
            )
            return "taken"

        if self.both(model, database, scoped=False):
            self.house.take(line, priority, self.issued, who, at)

    @rule(agent=number, queue=number, wild=seldom)
    def call_next(self, agent: int, queue: int, wild: bool) -> None:
        clerk = self.caller(agent)
        lines = [line for line in self.house.lines if (line in clerk.serves) != wild] or clerk.serves
        self.call_from(clerk, lines[queue % len(lines)])

    @rule(agent=number)
    def call_next_from_all_lines(self, agent: int) -> None:
        self.call_from(self.caller(agent), None)

    def call_from(self, clerk: Clerk, line: Line | None) -> None:
        person, at = self.world.agents[self.house.clerks.index(clerk)], self.tick()
        self.both(
            lambda: self.house.call_next(clerk, line, at),
            lambda: hot.call_next_ticket(
                tenant_id=self.world.id,
                agent_id=clerk.id,
                queue_id=line and line.id,
                actor=actor_of(person),
                at=self.at,
            ),
            scoped=False,
        )

    @some("waiting")
    @rule(pick=number, agent=number, wild=seldom, reason=st.sampled_from(["", "Femme enceinte"]))
    def call_chosen(self, pick: int, agent: int, wild: bool, reason: str) -> None:
        ticket, clerk, at = self.one_of(pick, wild, "waiting"), self.caller(agent), self.tick()
        person = self.world.agents[self.house.clerks.index(clerk)]
        if ticket is None:
            return
        self.both(
            lambda: self.house.call(clerk, ticket, reason, at),
            lambda: hot.call_ticket(
                tenant_id=self.world.id, agent_id=clerk.id, ticket_id=ticket.id, reason=reason,
                actor=actor_of(person), at=self.at,
            ),
            scoped=False,
        )  # fmt: skip

    # --- at the counter

    @some("called")
    @rule(pick=number, agent=number, wild=seldom, patience=patience)
    def recall(self, pick: int, agent: int, wild: bool, patience: float) -> None:
        self.at += timedelta(seconds=patience)
        self.move(self.one_of(pick, wild, "called"), agent, wild, "recall", tickets.recall_ticket)

    @some("called")
    @rule(pick=number, agent=number, wild=seldom)
    def start(self, pick: int, agent: int, wild: bool) -> None:
        self.move(self.one_of(pick, wild, "called"), agent, wild, "start", tickets.start_service)

    @some("called", "serving")
    @rule(pick=number, agent=number, wild=seldom)
    def pause(self, pick: int, agent: int, wild: bool) -> None:
        ticket = self.one_of(pick, wild, "called", "serving")
        self.move(ticket, agent, wild, "pause", tickets.pause_ticket, "formulaire", reason="formulaire")

    @some("paused")
    @rule(pick=number, agent=number, wild=seldom)
    def resume(self, pick: int, agent: int, wild: bool) -> None:
        ticket, clerk, at = self.one_of(pick, wild, "paused"), self.caller(agent), self.tick()
        person = self.world.agents[self.house.clerks.index(clerk)]
        if ticket is None:
            return
        self.both(
            lambda: self.house.resume(clerk, ticket, at),
            lambda: tickets.resume_ticket(
                ticket_id=ticket.id, agent=Agent.objects.get(id=clerk.id), actor=actor_of(person), at=self.at
            ),
        )

    @some("called", "serving")
    @rule(pick=number, agent=number, wild=seldom, outcome=st.sampled_from(["served", "incomplete"]))
    def close(self, pick: int, agent: int, wild: bool, outcome: str) -> None:
        ticket = self.one_of(pick, wild, "called", "serving")
        if ticket is None:
            return
        clerk, person = self.who(agent, wild, ticket)
        at = self.tick()
        # The statement asks for the person; who holds the ticket is settled before whether he may close nobody's.
        self.both(
            lambda: self.house.close(clerk, ticket, outcome, at),
            lambda: hot.close_ticket(
                tenant_id=self.world.id, ticket_id=ticket.id, user_id=clerk and person.user.id,
                outcome=outcome, actor=actor_of(person), at=self.at,  # type: ignore[arg-type]
            ),
            scoped=False,
        )  # fmt: skip

    @some("called")
    @rule(pick=number, agent=number, wild=seldom, patience=patience)
    def no_show(self, pick: int, agent: int, wild: bool, patience: float) -> None:
        self.at += timedelta(seconds=patience)
        self.move(self.one_of(pick, wild, "called"), agent, wild, "mark_no_show", tickets.mark_no_show)

    @some("called", "no_show", "paused")
    @rule(pick=number, agent=number, wild=seldom, place=st.sampled_from(Place))
    def put_back(self, pick: int, agent: int, wild: bool, place: Place) -> None:
        ticket = self.one_of(pick, wild, "called", "no_show", "paused")
        self.move(ticket, agent, wild, "put_back", tickets.put_back, place.value, place=place)

    @some("waiting")
    @rule(pick=number, wild=seldom, people=st.integers(1, 3))
    def defer(self, pick: int, wild: bool, people: int) -> None:
        ticket, at = self.one_of(pick, wild, "waiting"), self.tick()
        if ticket is not None:
            self.both(
                lambda: self.house.defer(ticket, people, at),
                lambda: tickets.defer_ticket(ticket_id=ticket.id, people=people, actor=SYSTEM, at=self.at),
            )

    @some("waiting", "called", "paused")
    @rule(pick=number, agent=number, wild=seldom, by_owner=st.booleans())
    def check_in(self, pick: int, agent: int, wild: bool, by_owner: bool) -> None:
        ticket = self.one_of(pick, wild, "waiting", "called", "paused")
        if ticket is None:
            return
        clerk, person = self.who(agent, wild)
        at = self.tick()
        who, actor = ("customer", SYSTEM) if by_owner else (clerk, actor_of(person))
        self.both(
            lambda: self.house.check_in(who, ticket, at),
            lambda: tickets.check_in_ticket(ticket_id=ticket.id, actor=actor, at=self.at),
        )

    @some("waiting", "called", "serving", "paused")
    @rule(pick=number, agent=number, wild=seldom, queue=number)
    def transfer(self, pick: int, agent: int, wild: bool, queue: int) -> None:
        ticket = self.one_of(pick, wild, "waiting", "called", "serving", "paused")
        to = self.house.lines[queue % 4]
        self.move(
            ticket,
            agent,
            wild,
            "transfer",
            tickets.transfer_ticket,
            to,
            "ailleurs",
            to_queue_id=to.id,
            reason="ailleurs",
        )

    @some("called", "serving", "paused")
    @rule(pick=number, agent=number, wild=seldom, to=number)
    def hand_over(self, pick: int, agent: int, wild: bool, to: int) -> None:
        ticket = self.one_of(pick, wild, "called", "serving", "paused")
        colleague = self.house.clerks[to % 3]
        self.move(
            ticket, agent, wild, "hand_over", tickets.hand_over_ticket, colleague, "signature",
            to_agent_id=colleague.id, reason="signature",
        )  # fmt: skip

    @precondition(lambda day: any(ticket.kept_for for ticket in day.house.tickets))
    @rule(pick=number, agent=number, wild=seldom, by_addressee=st.booleans())
    def release(self, pick: int, agent: int, wild: bool, by_addressee: bool) -> None:
        kept = [ticket for ticket in self.house.tickets if ticket.kept_for]
        ticket = self.one_of(pick, True) if wild else kept[pick % len(kept)]
        if ticket and by_addressee and ticket.kept_for:
            agent, wild = self.house.clerks.index(ticket.kept_for), True
        self.move(ticket, agent, wild, "release", tickets.release_ticket)

    @some("waiting", "called", "paused")
    @rule(pick=number, agent=number, wild=seldom)
    def cancel(self, pick: int, agent: int, wild: bool) -> None:
        ticket = self.one_of(pick, wild, "waiting", "called", "paused")
        self.move(ticket, agent, wild, "cancel", tickets.cancel_ticket, "parti", reason="parti")

    @some("waiting", "called", "serving", "paused", "closed", "no_show", "cancelled")
    @rule(wild=seldom, pick=number, one_before=st.booleans(), later=st.sampled_from([0, 0, 0, 9.9, 10.1]))
    def undo(self, wild: bool, pick: int, one_before: bool, later: float) -> None:
        """Of the last or last but one thing that somebody did, in most cases by the same person."""
        done = [deed for deed in self.house.deeds if isinstance(deed.who, Clerk) or deed.who is None]
        if not done:
            return
        somebody = done[-1 - pick % min(2, len(done))].who
        his = [deed for deed in done if deed.who is somebody]
        deed = done[pick % len(done)] if wild else his[-2:][0 if one_before else -1]
        clerk = self.house.clerks[pick % 3] if wild else deed.who
        assert clerk is None or isinstance(clerk, Clerk)
        person = self.world.agents[self.house.clerks.index(clerk)] if clerk else self.world.manager
        assert person
        self.at += timedelta(seconds=later)
        at = self.tick()
        self.both(
            lambda: self.house.undo(clerk, deed.ticket, at),
            lambda: tickets.undo(ticket_id=deed.ticket.id, actor=actor_of(person), at=self.at),
        )

    # --- around it

    @rule(agent=number, desk=number, wild=seldom)
    def sign_in(self, agent: int, desk: int, wild: bool) -> None:
        (clerk, person), counter = self.who(agent, False), (desk if wild else agent) % 3
        assert clerk
        self.tick()
        self.both(
            lambda: self.house.sign_in(clerk, counter),
            lambda: agents.sign_in_at_counter(
                agent_id=clerk.id, counter_id=self.world.counters[counter].id, actor=actor_of(person), at=self.at
            ) and None,
        )  # fmt: skip

    @rule(agent=number, status=st.sampled_from(["available", "available", "paused", "busy", "offline"]))
    def set_status(self, agent: int, status: str) -> None:
        clerk, person = self.who(agent, False)
        assert clerk
        at = self.tick()
        self.both(
            lambda: self.house.set_status(clerk, status, at),
            lambda: agents.set_agent_status(
                agent_id=clerk.id, status=AgentStatus(status), reason="", actor=actor_of(person), at=self.at
            ) and None,
        )  # fmt: skip

    @rule(queue=number, status=st.sampled_from([*QueueStatus, "open", "open"]))
    def set_queue_status(self, queue: int, status: str) -> None:
        line = self.house.lines[queue % 4]
        self.tick()
        line.status = str(status)
        with in_tenant(self.world.id):
            queues.set_queue_status(queue_id=line.id, status=QueueStatus(status), actor=SYSTEM, at=self.at)

    @rule(queue=number, strategy=st.sampled_from(["fifo", "priority", "sla", "mixed"]), urgent_first=st.booleans())
    def set_strategy(self, queue: int, strategy: str, urgent_first: bool) -> None:
        line = self.house.lines[queue % 4]
        self.tick()
        line.strategy, line.urgent_first = strategy, urgent_first
        with in_tenant(self.world.id):
            row = Queue.objects.get(id=line.id)
            journal.change(row, {"strategy": strategy, "urgent_first": urgent_first}, actor=SYSTEM, at=self.at)

    @rule(passing=seconds, hours=st.sampled_from([0] * 12 + [1, 5, 13, 25]))
    def time_passes(self, passing: float, hours: int) -> None:
        """Some seconds; now and then hours, past closing time, past midnight, and the leftovers expire."""
        self.at += timedelta(seconds=passing, hours=hours)
        if hours:
            at = self.tick()
            self.both(
                lambda: self.house.expire(at),
                lambda: tickets.expire_leftovers(tenant_id=self.world.id, at=self.at),
                scoped=False,
            )

    # --- what must hold after every step

    @invariant()
    def model_and_database_agree(self) -> None:
        with in_tenant(self.world.id):
            rows = {row.id: row for row in Ticket.objects.all()}
            seats = {row.id: (row.status, row.counter_id) for row in Agent.objects.all()}
            order = [waiting_in_calling_order(line.id, at=self.at) for line in self.house.lines]
        assert order == [
            [ticket.id for ticket in self.house.order(line, micros(self.at) or 0)] for line in self.house.lines
        ]
        assert rows.keys() == {ticket.id for ticket in self.house.tickets}
        for ticket in self.house.tickets:
            shown, expected = self.shown(rows[ticket.id]), self.expected(ticket)
            assert shown == expected, {
                name: (shown[name], expected[name]) for name in shown if shown[name] != expected[name]
            }
        assert seats == {clerk.id: (clerk.status, self.counter(clerk.desk)) for clerk in self.house.clerks}

    @invariant()
    def who_holds_a_ticket_sits_at_a_counter(self) -> None:
        for clerk in self.house.clerks:
            assert clerk.desk is not None or self.house.in_hand(clerk) is None
            assert clerk.desk is not None or all(ticket.kept_for is not clerk for ticket in self.house.tickets)

    def counter(self, desk: int | None) -> Any:
        return None if desk is None else self.world.counters[desk].id

    def shown(self, row: Ticket) -> dict[str, Any]:
        return {
            "queue": row.queue_id, "status": row.status, "agent": row.agent_id, "counter": row.counter_id,
            "number": (row.origin_id, row.sequence), "first": row.lane == 99, "place": micros(row.line_at),
            "arrived": micros(row.created_at), "called": micros(row.called_at), "last_call": micros(row.last_call_at),
            "started": micros(row.started_at), "parked": micros(row.paused_at), "ended": micros(row.ended_at),
            "parked_s": row.paused_s, "recalls": row.recalls, "deferrals": row.deferrals, "reason": row.reason,
            "outcome": row.outcome, "version": row.version, "kept_for": row.for_agent_id, "here": micros(row.here_at),
        }  # fmt: skip

    def expected(self, ticket: Visit) -> dict[str, Any]:
        origin, _day, sequence = ticket.number
        same = ("status", "first", "place", "arrived", "called", "last_call", "started", "parked", "ended", "parked_s",
                "recalls", "deferrals", "reason", "outcome", "version", "here")  # fmt: skip
        return {name: getattr(ticket, name) for name in same} | {
            "queue": ticket.line.id, "number": (origin, sequence),
            "kept_for": ticket.kept_for and ticket.kept_for.id,
            "agent": ticket.clerk and ticket.clerk.id, "counter": self.counter(ticket.desk),
        }  # fmt: skip

    def teardown(self) -> None:
        if hasattr(self, "world"):
            assert broken_invariants(self.world.id) == {}


def test_database_and_model_agree_on_days_nobody_would_think_of():
    run_state_machine_as_test(
        Day,
        settings=settings(
            max_examples=200 if FULL else 100,
            stateful_step_count=50 if FULL else 30,
            deadline=None,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
