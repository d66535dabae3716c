"""One ticket in an agent's hand, also while the count of the hand goes on (docs/decisions/0005)."""

import threading
from functools import partial

import pytest
from django.db import connection, connections

from smartqueue.queueing.actions import tickets
from smartqueue.queueing.errors import AgentBusy
from smartqueue.queueing.models import Agent, Ticket
from smartqueue.tenants.scope import in_tenant
from tests.races.test_low_water import Counter, after
from tests.races.world import Held, actor_of, broken_invariants, build_world


@pytest.fixture
def world():
    return build_world(agents=2)


@pytest.fixture
def counter(world):
    counter = Counter(world)
    for n in range(6):
        counter.take(after(n))
    return counter


def next_hand(world):
    person = world.agents[0]
    with connection.cursor() as cursor:
        cursor.execute("SELECT queueing_next_hand(%s, %s)", [world.id, person.agent.id])


def move_on(world):
    with in_tenant(world.id):
        next_hand(world)


def hand_of(world):
    with in_tenant(world.id):
        return Agent.objects.get(id=world.agents[0].agent.id).hand


def resume(world, ticket_id, at):
    person = world.agents[0]
    tickets.resume_ticket(ticket_id=ticket_id, agent=person.agent, actor=actor_of(person), at=at)


@pytest.fixture(autouse=True)
def no_chance():
    """The count goes on by itself at three calls of a hundred; these tests say when it does. The first draws of this
    seed are far above 0.03."""
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT setseed(0.5)")
        cursor.execute("SELECT min(random()) FROM generate_series(1, 10)")
        assert cursor.fetchone()[0] > 0.03
        cursor.execute("SELECT setseed(0.5)")


def test_the_count_goes_on_while_the_hand_is_empty_and_only_then(world, counter):
    move_on(world)
    empty = hand_of(world)
    held = counter.call(after(10))
    move_on(world)
    full = hand_of(world)
    counter.scoped("pause", held, after(11))
    move_on(world)

    assert (empty, full, hand_of(world)) == (1, 1, 2)


def test_a_ticket_takes_the_present_count_along(world, counter):
    held = counter.call(after(10))
    counter.scoped("pause", held, after(11))
    move_on(world)
    with in_tenant(world.id):
        resume(world, held, after(12))

        assert Ticket.objects.get(id=held).hand == 1
    with pytest.raises(AgentBusy) as refused:
        counter.call(after(13))
    assert refused.value.facts["ticket_id"] == held


def test_the_count_stays_while_a_ticket_is_on_its_way_into_the_hand(world, counter):
    parked = counter.call(after(10))
    counter.scoped("pause", parked, after(11))

    with Held(world.id, partial(resume, world, parked, after(12))):
        move_on(world)

    assert hand_of(world) == 0
    with pytest.raises(AgentBusy):
        counter.call(after(13))


def test_a_ticket_waits_for_a_count_that_is_going_on(world, counter):
    parked = counter.call(after(10))
    counter.scoped("pause", parked, after(11))

    def come():
        with in_tenant(world.id):
            resume(world, parked, after(12))
        connections.close_all()

    coming = threading.Thread(target=come)
    with Held(world.id, partial(next_hand, world)) as held:
        coming.start()
        held.until_someone_waits()
    coming.join(timeout=9)

    with in_tenant(world.id):
        # At three calls of a hundred the count goes on by itself, too.
        assert Ticket.objects.get(id=parked).hand == hand_of(world) >= 1
    with pytest.raises(AgentBusy):
        counter.call(after(13))


def test_an_agent_who_calls_all_day_holds_one_at_a_time(world, counter):
    """The count goes on by chance, at three calls of a hundred: 120 calls, and as many more as it takes."""
    for n in range(1200):
        counter.take(after(20 + n))
        held = counter.call(after(200 + n))
        with pytest.raises(AgentBusy):
            counter.call(after(200 + n))
        counter.close(held, after(200 + n))
        if n >= 120 and hand_of(world) > 0:
            break

    assert hand_of(world) > 0, "the count has not gone on: this run has proved nothing"
    assert broken_invariants(world.id) == {}
