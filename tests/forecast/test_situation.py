"""A queue as an estimate needs it: who waits in the real order, who serves, how long still."""

from datetime import UTC, datetime, time
from typing import Any

import pytest

from tests.cast import NINE, Person
from tests.forecast.stream import later


@pytest.fixture
def situation(bank: Any, tellers: Any):
    from smartqueue.forecast.queries.situation import situation_of
    from smartqueue.tenants.scope import in_tenant

    def get(queue: Any = None, at: datetime = NINE) -> Any:
        queue_id = (queue or tellers).id
        with in_tenant(bank.id):
            return situation_of([queue_id], at=at)[queue_id]

    return get


@pytest.fixture
def closes(bank: Any, site: Any):
    """The site is open from six until then, every day."""
    from smartqueue.sites.models import OpeningHours
    from smartqueue.tenants.scope import in_tenant

    def change(at: time) -> None:
        with in_tenant(bank.id):
            OpeningHours.objects.filter(site=site).update(opens=time(6), closes=at)

    return change


@pytest.mark.parametrize("strategy", ["fifo", "priority", "sla", "mixed"])
def test_the_line_is_in_the_order_in_which_they_are_called(strategy, make_queue, bank, take, situation):
    from smartqueue.queueing.queries import waiting_in_calling_order
    from smartqueue.tenants.scope import in_tenant

    queue = make_queue(strategy=strategy, urgent_first=strategy == "fifo")
    for n, priority in enumerate((0, 5, 0, 10, 0, 5, 10, 0)):
        take(queue, at=later(minutes=2 * n), priority=priority)
    now = later(minutes=20)
    with in_tenant(bank.id):
        expected = waiting_in_calling_order(queue.id, at=now)

    assert situation(queue, now).ticket_ids == expected
    assert sorted(one.joined_s for one in situation(queue, now).line) == [
        later(minutes=2 * n).timestamp() for n in range(8)
    ]


def test_an_agent_counts_once_however_many_lines_he_serves(make_queue, make_agent, take, situation):
    both, other = make_queue(), make_queue()
    make_agent("Binta Ba", both, other)
    make_agent("Fatou Ndiaye", both)
    make_agent("Khady Sow", both, status="paused")
    make_agent("Astou Diallo", both, status="busy")
    take(both)
    one_line = (situation(both).counters, situation(other).counters)
    take(other)

    assert one_line == (3.0, 0.5)
    assert (situation(both).counters, situation(other).counters) == (2.5, 0.5)


def test_who_is_no_agent_any_more_does_not_count(bank, binta, fatou, situation):
    from smartqueue.queueing.models import Agent
    from smartqueue.tenants.scope import in_tenant

    with in_tenant(bank.id):
        Agent.objects.filter(id=fatou.agent.id).update(is_active=False)

    assert situation().counters == 1.0


@pytest.mark.parametrize("status", ["paused", "closed"])
def test_a_queue_that_takes_nobody_serves_those_who_are_in_it(status, bank, tellers, binta, take, situation):
    from smartqueue.queueing.actions.queues import set_queue_status
    from smartqueue.tenants.scope import in_tenant

    def close(status: str) -> None:
        with in_tenant(bank.id):
            set_queue_status(queue_id=tellers.id, status=status, actor=binta.actor, at=NINE)

    close(status)
    empty = situation().counters
    close("open")
    take()
    close(status)

    assert (empty, situation().counters) == (0.0, 1.0)


def test_closing_is_known_and_who_is_in_line_is_served_for_a_while_longer(binta, take, closes, situation):
    closes(time(9, 30))
    take()
    before, after = situation(), situation(at=later(minutes=45))
    over = situation(at=later(hours=1, minutes=31))

    assert (before.closes_in_s, before.changes, before.counters) == (1800.0, ((5400.0, 0.0),), 1.0)
    assert (after.closes_in_s, after.changes, after.counters) == (None, ((2700.0, 0.0),), 1.0)
    assert (over.closes_in_s, over.changes, over.counters) == (None, (), 0.0)


def test_a_site_that_never_closes_has_no_end(binta, situation):
    assert (situation().closes_in_s, situation().changes, situation().counters) == (None, (), 1.0)


def test_local_time_and_what_service_takes(bank, tellers, site, binta, situation):
    from smartqueue.queueing.models import ServicePace
    from smartqueue.tenants.scope import in_tenant

    said = situation()
    with in_tenant(bank.id):
        ServicePace.objects.create(tenant=bank, queue=tellers, seconds=200, weight=3)

    assert (said.time_zone, said.duration_s, said.pace_s) == ("Africa/Dakar", 300.0, None)
    assert (said.service_id, situation().pace_s) == (tellers.service_id, 200.0)


def test_by_arrival_nobody_is_passed(take, situation):
    for priority in (0, 10):
        take(priority=priority)

    assert situation(at=later(minutes=1)).passes == []


def test_who_may_be_passed_by_priorities(make_queue, take, situation):
    strict = make_queue(strategy="priority")
    for n, priority in enumerate((0, 5, 10, 10, 10)):
        take(strict, at=later(minutes=n), priority=priority)

    # Urgent ones first, whom nobody passes; then the elevated one, the ordinary one: 3 and 4 higher ones an hour.
    assert situation(strict, later(minutes=10)).passes == pytest.approx([0, 0, 0, 3 / 60, 4 / 60])


def test_by_wait_target_a_ticket_is_passed_only_while_it_has_time_left(make_queue, take, situation):
    queue = make_queue(strategy="sla", wait_target_s=900, elevated_target_s=600, urgent_target_s=300)
    ordinary = take(queue)
    take(queue, at=later(minutes=1), priority=10)

    def passes(minutes: float) -> float:
        now = situation(queue, later(minutes=minutes))
        return now.passes[now.ticket_ids.index(ordinary)]

    assert [passes(9.9), passes(10.1)] == pytest.approx([1 / 60, 0.0])


def test_where_priority_grows_some_pass(make_queue, take, situation):
    queue = make_queue(strategy="mixed", elevated_rate=2.0, urgent_rate=4.0)
    ordinary = take(queue)
    for n, priority in enumerate((5, 10)):
        take(queue, at=later(minutes=n), priority=priority)
    now = situation(queue, later(minutes=5))

    assert now.passes[now.ticket_ids.index(ordinary)] == pytest.approx((0.5 + 0.75) / 60)


def test_a_day_of_another_zone_is_local(bank, site, binta, tellers, take, follow, promised):
    """The estimator's half-hours are those of the clock on the wall."""
    from smartqueue.forecast.actions.learning import Learning
    from smartqueue.forecast.queries.situation import situation_of
    from smartqueue.sites.models import Site
    from smartqueue.tenants.scope import in_tenant

    with in_tenant(bank.id):
        Site.objects.filter(id=site.id).update(time_zone="Asia/Tokyo")
        learning = Learning(bank.id, situation_of([tellers.id], at=NINE), NINE)

    assert learning._local(tellers.id, NINE) == datetime(2026, 3, 2, 18, 0)  # noqa: DTZ001  a wall clock's time


def test_a_situation_takes_as_many_questions_for_three_queues_as_for_one(bank, make_queue, make_agent, take):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from smartqueue.forecast.queries.situation import situation_of
    from smartqueue.tenants.scope import in_tenant

    queues = [make_queue(strategy="priority") for _n in range(3)]
    make_agent("Khady Sow", *queues)
    for queue in queues:
        take(queue)
    asked = []
    with in_tenant(bank.id):
        for count in (1, 3):
            with CaptureQueriesContext(connection) as queries:
                assert len(situation_of([queue.id for queue in queues[:count]], at=NINE)) == count
            asked.append(len(queries))

    assert asked == [4, 4]


def test_another_tenants_queue_has_no_situation(tellers, cheikh: Person, take):
    from smartqueue.forecast.queries.situation import situation_of
    from smartqueue.tenants.scope import in_tenant

    take()
    with in_tenant(cheikh.tenant.id):
        assert situation_of([tellers.id], at=datetime(2026, 3, 2, 9, tzinfo=UTC)) == {}
