"""The race of TRUST's T1: all agents call from one line at once, over HTTP, against two processes."""

import random
from functools import partial

import pytest

from smartqueue.journal.states import SYSTEM
from smartqueue.queueing.actions.hot import issue_ticket
from smartqueue.queueing.models import Ticket
from smartqueue.queueing.queries.invariants import check_acknowledged
from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE
from tests.races.http_counters import serve_everybody
from tests.races.scratch import FULL, application_on, broken_database, owner_of, rewritten
from tests.races.world import broken_invariants, build_world, together

AGENTS, TICKETS, SEEDS = (32, 5000, (1, 2, 3)) if FULL else (8, 300, (1,))
PICK = "queueing_pick(uuid, uuid, timestamptz)"


def crowd(agents, tickets, seed):
    """A world whose one queue is full of people of all priorities, and their tickets."""
    chance = random.Random(seed)
    strategy = chance.choice(["fifo", "priority", "sla", "mixed"])
    world = build_world(agents=agents, queues=({"strategy": strategy},))
    priorities = [chance.choice([0, 0, 0, 5, 10]) for _ in range(tickets)]

    def take(share):
        return [
            issue_ticket(
                tenant_id=world.id,
                queue_id=world.queues[0].id,
                channel="kiosk",
                priority=priority,
                actor=SYSTEM,
                at=NINE,
            )
            for priority in share
        ]

    taken = together(*[partial(take, priorities[n::4]) for n in range(4)])
    return world, [ticket_id for share in taken for ticket_id in share]


@pytest.mark.parametrize("seed", SEEDS)
def test_everybody_is_called_once_and_served_once(live_server_url, seed):
    world, taken = crowd(AGENTS, TICKETS, seed)

    told = serve_everybody(live_server_url, world, at_most=TICKETS)

    assert told.called_twice == []
    assert {ticket_id for ticket_id, _agent in told.called} == set(taken)
    assert sorted(told.closed) == sorted(taken)
    assert told.refused == {}
    assert broken_invariants(world.id) == {}
    with in_tenant(world.id):
        assert check_acknowledged(tenant_id=world.id, taken=taken, called=dict(told.called)).broken == []
        assert set(Ticket.objects.values_list("status", flat=True)) == {"closed"}


def test_twin_without_the_lock_calls_somebody_twice(web_processes):
    """The same race, call-next without its row lock. The sleep is no synchronisation: it only widens the moment
    between finding a ticket and moving it, which a busy server has by itself."""
    with broken_database() as name, application_on(name):
        rewritten(
            name, PICK,
            ("FOR UPDATE SKIP LOCKED", ""),
            ("RETURN v_ticket;", "PERFORM pg_sleep(0.002); RETURN v_ticket;"),
        )  # fmt: skip
        url = web_processes(2, DATABASE_URL=owner_of(name))
        for seed in range(5):
            world, _taken = crowd(8, 60, seed)
            told = serve_everybody(url, world, at_most=200)
            broken = broken_invariants(world.id)
            if told.called_twice and "I1" in broken:
                return
    pytest.fail("without its lock the race was run five times and nobody noticed: the race proves nothing")
