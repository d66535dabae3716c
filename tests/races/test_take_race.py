"""The race of TRUST's T2: many takers on one queue, each with its own clock, across a local midnight."""

import random
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from smartqueue.journal.states import SYSTEM
from smartqueue.queueing.actions.hot import issue_ticket
from smartqueue.queueing.models import Ticket
from smartqueue.tenants.scope import in_tenant
from tests.races.scratch import FULL, application_on, broken_database, rewritten
from tests.races.world import broken_invariants, build_world, together

TAKERS, EACH = (64, 200) if FULL else (16, 40)
ISSUE = "queueing_issue(uuid, uuid, text, uuid, uuid, text, smallint, text, uuid, timestamptz, jsonb)"


def midnight_in(zone):
    return datetime(2026, 3, 3, tzinfo=ZoneInfo(zone))


def rush(world, midnight, *, takers, each):
    """Everybody takes from two seconds before midnight to two seconds after; ticket → the instant it was taken at."""

    def take(taker):
        chance, taken = random.Random(taker), {}
        instants = sorted(midnight + timedelta(seconds=chance.uniform(-2, 2)) for _ in range(each))
        for at in instants:
            ticket_id = issue_ticket(
                tenant_id=world.id, queue_id=world.queues[0].id, channel="kiosk", actor=SYSTEM, at=at
            )
            taken[ticket_id] = at
            connection.close()  # back to the pool, as after a request: it is smaller than the crowd
        return taken

    everything = {}
    for taken in together(*[partial(take, taker) for taker in range(takers)]):
        everything |= taken
    return everything


@pytest.mark.parametrize("zone", ["Africa/Dakar", "Pacific/Auckland", "America/St_Johns"])
def test_numbers_of_each_local_day_are_unique_and_consecutive(zone):
    world, midnight = build_world(time_zone=zone), midnight_in(zone)

    taken = rush(world, midnight, takers=TAKERS, each=EACH)

    assert len(taken) == TAKERS * EACH
    with in_tenant(world.id):
        rows = list(Ticket.objects.order_by("day", "sequence"))
    days = {midnight.date() - timedelta(days=1), midnight.date()}
    assert {row.day for row in rows} == days
    assert all(row.day == taken[row.id].astimezone(ZoneInfo(zone)).date() for row in rows)
    for day in days:
        line = [row for row in rows if row.day == day]
        assert [row.sequence for row in line] == list(range(1, len(line) + 1))
        assert all(before.line_at < after.line_at for before, after in pairwise(line))
    assert broken_invariants(world.id) == {}


COUNTER = """INSERT INTO queueing_daycounter AS c (id, tenant_id, queue_id, day, last_sequence, last_line_at)
    VALUES (gen_random_uuid(), p_tenant, p_queue, v_day, 1, p_at)
    ON CONFLICT (tenant_id, queue_id, day) DO UPDATE
        SET last_sequence = c.last_sequence + 1,
            last_line_at = greatest(p_at, c.last_line_at + interval '1 microsecond')
    RETURNING c.last_sequence, c.last_line_at INTO v_sequence, v_line_at;"""
MAX_PLUS_ONE = """SELECT coalesce(max(t.sequence), 0) + 1, p_at INTO v_sequence, v_line_at
    FROM queueing_ticket t WHERE t.origin_id = p_queue AND t.day = v_day;
    PERFORM pg_sleep(0.002);
    INSERT INTO queueing_daycounter AS c (id, tenant_id, queue_id, day, last_sequence, last_line_at)
    VALUES (gen_random_uuid(), p_tenant, p_queue, v_day, v_sequence, p_at)
    ON CONFLICT (tenant_id, queue_id, day) DO UPDATE SET last_sequence = greatest(c.last_sequence, v_sequence);"""


def test_twin_without_the_counter_gives_a_number_twice():
    """The same race with MAX + 1 for the counter row. The sleep is no synchronisation: it only widens the moment
    between reading the highest number and using the next."""
    with (
        broken_database("ALTER TABLE queueing_ticket DROP CONSTRAINT ticket_number_once") as name,
        application_on(name),
    ):
        rewritten(name, ISSUE, (COUNTER, MAX_PLUS_ONE))
        for _ in range(5):
            world = build_world()
            rush(world, midnight_in("Africa/Dakar"), takers=8, each=10)
            broken = broken_invariants(world.id)
            # n, different: fewer different numbers than tickets
            if any(row[2] > row[3] for row in broken.get("I2", [])):
                return
    pytest.fail("without its counter the race was run five times and every number was given once")
