"""The queue's pace: a decayed mean of what visits took, each visit counted once."""

from datetime import timedelta
from typing import Any

import pytest

from smartqueue.config.wiring import LATER
from smartqueue.queueing.actions.hot import call_next_ticket, close_ticket
from smartqueue.queueing.actions.tickets import start_service
from smartqueue.queueing.models import ServicePace
from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE

pytestmark = pytest.mark.usefixtures("settled")


@pytest.fixture
def closed(happen, tellers):
    """A visit that took so many seconds has been closed."""
    return lambda service_s: happen("ticket.closed", queue_id=tellers.id, data={"service_s": service_s})


@pytest.fixture
def pace(bank, tellers):
    def read() -> Any:
        with in_tenant(bank.id):
            row = ServicePace.objects.filter(queue=tellers).first()
        return row and (round(row.seconds, 6), row.weight)

    return read


def test_the_first_visit_sets_the_pace(closed, relay, pace):
    closed(240)
    relay(LATER)
    assert pace() == (240, 1)


def test_the_first_visits_count_equally(closed, relay, pace):
    for service_s in (100, 200, 300):
        closed(service_s)
    relay(LATER)
    assert pace() == (200, 3)


def test_old_visits_fade_the_mean_decays_with_a_memory_of_twenty(closed, relay, pace):
    for _ in range(30):
        closed(100)
    closed(300)
    relay(LATER)
    assert pace() == (100 + 200 / 20, 20)


@pytest.mark.parametrize(("service_s", "counts"), [(4, 0), (5, 1), (14_400, 1), (14_401, 0), (None, 0), (-3, 0)])
def test_clicks_and_forgotten_tickets_teach_nothing(closed, relay, pace, service_s, counts):
    closed(service_s)
    relay(LATER)
    assert pace() == ((service_s, 1) if counts else None)


def test_a_visit_handed_over_twice_teaches_once(closed, relay, pace):
    from smartqueue.journal.models import Entry

    entry = closed(100)
    relay(LATER)
    Entry.objects.using("platform").filter(id=entry.id).update(dispatched_at=None)
    closed(200)
    relay(LATER)
    assert pace() == (150, 2)


def test_a_real_visit_teaches_its_service_time_without_the_walk_to_the_counter(take, binta, tellers, bank, relay, pace):
    take()
    who = {"actor": binta.actor}
    ticket_id = call_next_ticket(tenant_id=bank.id, agent_id=binta.agent.id, queue_id=tellers.id, at=NINE, **who)
    with in_tenant(bank.id):
        start_service(ticket_id=ticket_id, agent_id=binta.agent.id, at=NINE + timedelta(seconds=20), **who)
    close_ticket(tenant_id=bank.id, ticket_id=ticket_id, at=NINE + timedelta(seconds=140), **who)
    relay(LATER)
    assert pace() == (120, 1)


def test_each_queue_has_a_pace_of_its_own(closed, happen, make_queue, bank, relay, pace):
    other = make_queue()
    closed(100)
    happen("ticket.closed", queue_id=other.id, data={"service_s": 900})
    relay(LATER)
    assert pace() == (100, 1)
