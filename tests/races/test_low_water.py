"""Call-next starts its search at a low-water mark; whatever happens, it finds whom a plain ORDER BY would find."""

import random
from datetime import datetime, timedelta
from functools import partial

import pytest
from django.db import connection

from smartqueue.journal.states import SYSTEM
from smartqueue.kernel.errors import RuleBroken
from smartqueue.queueing.actions import hot, tickets
from smartqueue.queueing.queries import waiting_in_calling_order
from smartqueue.queueing.states import Place
from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE, at_the_same_time
from tests.races.scratch import FULL
from tests.races.world import Held, World, actor_of, broken_invariants, build_world

PLACES = tuple(Place)


def after(seconds: float) -> datetime:
    return NINE + timedelta(seconds=seconds)


class Counter:
    """Short words for what happens in a world; everything at its own instant."""

    def __init__(self, world: World) -> None:
        self.world = world

    def take(self, at, queue=0, priority=0):
        return hot.issue_ticket(
            tenant_id=self.world.id, queue_id=self.world.queues[queue].id, channel="kiosk", priority=priority,
            actor=SYSTEM, at=at,
        )  # fmt: skip

    def call(self, at, agent=0, queue=0):
        person = self.world.agents[agent]
        return hot.call_next_ticket(
            tenant_id=self.world.id, agent_id=person.agent.id, queue_id=self.world.queues[queue].id,
            actor=actor_of(person), at=at,
        )  # fmt: skip

    def close(self, ticket_id, at, agent=0):
        hot.close_ticket(tenant_id=self.world.id, ticket_id=ticket_id, actor=actor_of(self.world.agents[agent]), at=at)

    def pause(self, ticket_id, at):
        tickets.pause_ticket(ticket_id=ticket_id, agent_id=None, reason="", actor=SYSTEM, at=at)

    def put_back(self, ticket_id, place, at):
        tickets.put_back(ticket_id=ticket_id, agent_id=None, place=place, actor=SYSTEM, at=at)

    def defer(self, ticket_id, at):
        tickets.defer_ticket(ticket_id=ticket_id, people=2, actor=SYSTEM, at=at)

    def transfer(self, ticket_id, queue, at):
        tickets.transfer_ticket(
            ticket_id=ticket_id, agent_id=None, to_queue_id=self.world.queues[queue].id, reason="", actor=SYSTEM, at=at
        )

    def undo(self, ticket_id, at, agent=0):
        tickets.undo(ticket_id=ticket_id, actor=actor_of(self.world.agents[agent]), at=at)

    def scoped(self, name, *args, **options):
        with in_tenant(self.world.id):
            return getattr(self, name)(*args, **options)

    def serve(self, count, at, agent=0):
        """Call and close that many, one after the other."""
        for _ in range(count):
            self.close(self.call(at, agent), at, agent)


def below_the_marks(world):
    """Waiting tickets that call-next would not see on its short way."""
    with in_tenant(world.id), connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.number, t.line_at, w.line_at FROM queueing_ticket t JOIN queueing_lowwater w"
            " ON w.queue_id = t.queue_id AND w.lane = t.lane WHERE t.status = 'waiting' AND t.line_at < w.line_at"
        )
        return cursor.fetchall()


def risen_marks(world):
    with in_tenant(world.id), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM queueing_lowwater WHERE line_at > '1970-01-02'")
        return cursor.fetchone()[0]


def first_in_line(world, at, queue=0):
    with in_tenant(world.id):
        return next(iter(waiting_in_calling_order(world.queues[queue].id, at=at)), None)


def test_someone_put_back_while_the_mark_rises_is_not_passed_over():
    world = build_world(agents=2)
    counter = Counter(world)
    line = [counter.take(after(n)) for n in range(40)]
    early = counter.call(after(50))
    counter.scoped("pause", early, after(51))
    counter.serve(30, after(60))

    with Held(world.id, partial(counter.put_back, early, Place.ARRIVAL, after(70))):
        assert counter.call(after(71), agent=1) == line[31]  # number 32 moves the mark, unless someone is on the way in

    assert below_the_marks(world) == []
    assert counter.call(after(72)) == early


def test_someone_arriving_while_the_mark_rises_is_not_passed_over():
    """The other ticket has come from a queue whose clock is three seconds ahead."""
    world = build_world(agents=2, queues=({}, {}))
    counter = Counter(world)
    line = [counter.take(after(n / 10)) for n in range(32)]
    counter.scoped("transfer", counter.take(after(15), queue=1), 0, after(15))
    counter.serve(31, after(11))

    with Held(world.id, partial(counter.take, after(12))) as arriving:
        assert counter.call(after(12.1), agent=1) == line[31]

    assert below_the_marks(world) == []
    assert counter.call(after(16)) == arriving.result


def test_put_back_last_stands_last_even_by_a_clock_that_is_slow():
    world = build_world(agents=1)
    counter = Counter(world)
    first, second = counter.take(after(0)), counter.take(after(9))
    counter.call(after(8))

    counter.scoped("put_back", first, Place.LAST, after(8))

    assert counter.call(after(8)) == second


def test_the_mark_rises_again_after_it_was_held_back():
    world = build_world(agents=2)
    counter = Counter(world)
    for n in range(70):
        counter.take(after(n))
    early = counter.call(after(80))
    counter.scoped("pause", early, after(80))
    counter.serve(30, after(81))
    with Held(world.id, partial(counter.put_back, early, Place.ARRIVAL, after(82))):
        counter.call(after(83), agent=1)

    counter.serve(33, after(84))

    assert risen_marks(world) == 1
    assert below_the_marks(world) == []


@pytest.mark.parametrize("strategy", ["priority", "sla", "mixed"])
def test_two_calls_at_once_take_the_two_who_come_first_whatever_their_priority(strategy):
    """While somebody calls the first of a lane, the next is the second of the line, not the second of that lane."""
    world = build_world(agents=3, queues=({"strategy": strategy},))
    counter = Counter(world)
    arrivals = {"priority": (3, 0, 0), "sla": (0, 1, 600.5), "mixed": (0, 20, 45)}[strategy]
    priorities = {"priority": (10, 0, 0), "sla": (0, 0, 10), "mixed": (0, 0, 5)}[strategy]
    for seconds, priority in zip(arrivals, priorities, strict=True):
        counter.take(after(seconds), priority=priority)
    at = after(100 if strategy == "mixed" else 700)
    with in_tenant(world.id):
        order = waiting_in_calling_order(world.queues[0].id, at=at)

    with Held(world.id, partial(counter.call, at)) as first, Held(world.id, partial(counter.call, at, 1)) as second:
        third = counter.call(at, agent=2)

    assert [first.result, second.result, third] == order


@pytest.mark.parametrize("urgent_first", [False, True], ids=["", "urgent first"])
@pytest.mark.parametrize("strategy", ["fifo", "priority", "sla", "mixed"])
def test_call_next_finds_whom_a_plain_order_by_finds(strategy, urgent_first):
    world = build_world(agents=3, queues=({"strategy": strategy, "urgent_first": urgent_first}, {}))
    counter, chance = Counter(world), random.Random(f"{strategy} {urgent_first}")
    seconds, known, calls = 0.0, [], 0
    for _ in range(1200 if FULL else 220):
        seconds += chance.random() * 20
        at, agent = after(seconds), chance.randrange(3)
        doing = chance.choices(
            ["take", "call", "put_back", "defer", "transfer", "back", "undo"], [8, 9, 2, 1, 1, 1, 1]
        )[0]
        try:
            if doing == "take" or not known:
                known.append(counter.take(at, queue=0, priority=chance.choice([0, 0, 0, 5, 10])))
            elif doing == "call":
                expected = first_in_line(world, at)
                called = counter.call(at, agent)
                assert called == expected
                calls += called is not None
                if called and chance.random() < 0.7:
                    counter.close(called, at, agent)
            elif doing == "put_back":
                counter.scoped("put_back", chance.choice(known[-40:]), chance.choice(PLACES), at)
            elif doing == "defer":
                counter.scoped("defer", chance.choice(known[-40:]), at)
            elif doing == "undo":
                counter.scoped("undo", chance.choice(known[-40:]), at, agent)
            else:
                counter.scoped("transfer", chance.choice(known[-40:]), 1 if doing == "transfer" else 0, at)
        except RuleBroken as refused:
            if refused.code == "agent_busy" and doing == "call":
                counter.close(refused.facts["ticket_id"], at, agent)

    assert below_the_marks(world) == []
    assert broken_invariants(world.id) == {}
    assert calls > 40
    assert risen_marks(world) > 0, "no mark has risen: this run has proved nothing"


def test_marks_hold_when_everything_happens_at_once():
    world = build_world(agents=6, queues=({"strategy": "mixed"}, {"strategy": "fifo"}))
    counter = Counter(world)
    known = [counter.take(after(n / 50), queue=n % 2, priority=(0, 5, 10)[n % 3]) for n in range(150)]

    def work(agent):
        chance = random.Random(agent)
        for step in range(200 if FULL else 40):
            at = after(60 + step + chance.random() - 0.5)
            try:
                called = counter.call(at, agent, queue=chance.randrange(2))
                choice = chance.random()
                if called is None:
                    known.append(counter.take(at, queue=agent % 2, priority=5))
                elif choice < 0.5:
                    counter.close(called, at, agent)
                elif choice < 0.8:
                    counter.scoped("put_back", called, chance.choice(PLACES), at)
                else:
                    counter.scoped("transfer", called, chance.randrange(2), at)
                if chance.random() < 0.4:
                    known.append(counter.take(at, queue=chance.randrange(2), priority=chance.choice([0, 5, 10])))
            except RuleBroken as refused:
                if refused.code == "agent_busy":
                    counter.close(refused.facts["ticket_id"], at, agent)

    results = at_the_same_time(*[partial(work, agent) for agent in range(6)])

    assert results == [None] * 6
    assert below_the_marks(world) == []
    assert broken_invariants(world.id) == {}
    for queue in range(2):
        at = after(2000)
        while (expected := first_in_line(world, at, queue)) is not None:
            called = counter.call(at, 0, queue)
            assert called == expected
            counter.close(called, at)
