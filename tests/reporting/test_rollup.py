"""Rollup, rebuild and raw rows say the same, whatever has happened."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.cast import NINE
from tests.reporting.days import house
from tests.reporting.raw import differences, expected, percentile, stored

EVERY = (
    "served", "no_show", "cancelled", "expired", "live", "in_target", "left_line", "cancelled_by_customer",
    "service_us", "walk_us",
)  # fmt: skip
AGENTS = ("handled", "transferred", "put_back", "parked", "signed_in_us", "break_us")


@pytest.fixture
def played(make_tenant: Any, make_person: Any) -> Any:
    """Nine hundred random moves: every state, transfers within a site and across time zones, two midnights."""
    return house(make_tenant, make_person, seed=12, moves=900)


def test_random_days_are_the_same_in_rollup_rebuild_and_plain_python(played, monkeypatch):
    from smartqueue.feedback.models import Feedback
    from smartqueue.reporting.actions import aggregate_satisfaction, calculate_queue_metrics, rebuild, rollup
    from smartqueue.tenants.scope import in_tenant

    made, at = played
    with in_tenant(made.tenant.id):
        answers_of_random_tickets(Feedback, made, at)
    calculate_queue_metrics(at=at)
    aggregate_satisfaction(at=at)

    raw = expected(made.tenant, at)
    assert differences(stored(made.tenant), raw) == []
    sums = {name: sum(row[name] for row in raw["QueueDay"].values()) for name in EVERY}
    sums |= {name: sum(row[name] for row in raw["AgentDay"].values()) for name in AGENTS}
    assert [name for name, count in sums.items() if not count] == []
    assert len({day for _queue, day in raw["QueueDay"]}) >= 3
    assert len({commune for *_, commune in raw["OriginDay"]}) == 3

    rebuild(tenant_id=made.tenant.id, at=at)
    at_once = stored(made.tenant)
    monkeypatch.setattr(rollup, "TICKETS_AT_ONCE", 1)  # a day in each transaction
    rebuild(tenant_id=made.tenant.id, at=at)

    assert differences(at_once, raw) == []
    assert differences(stored(made.tenant), raw) == []


def answers_of_random_tickets(feedback: Any, made: Any, at: Any) -> None:
    """As the feedback's room writes them; an answer may come on another day than the visit."""
    from smartqueue.queueing.models import Ticket

    for number, ticket in enumerate(Ticket.objects.filter(status="closed").select_related("queue")[:12]):
        when = at - timedelta(hours=number * 2)
        feedback.objects.create(
            tenant=made.tenant, ticket=ticket, queue=ticket.queue, site_id=ticket.queue.site_id, visit="closed",
            service_id=ticket.service_id, agent_id=ticket.agent_id, csat=number % 5 + 1,
            nps=None if number % 4 == 0 else number % 11, created_at=when, updated_at=when,
        )  # fmt: skip


def test_percentiles_and_sums_of_a_report_are_those_of_the_tickets(played):
    from smartqueue.queueing.models import Ticket
    from smartqueue.reporting.actions import calculate_queue_metrics
    from smartqueue.reporting.queries import Wanted, wait_report
    from smartqueue.reporting.states import Granularity
    from smartqueue.tenants.scope import in_tenant
    from tests.reporting.raw import measured, service_us, wait_us

    made, at = played
    calculate_queue_metrics(at=at)
    wanted = Wanted(made.tenant.id, date(2026, 3, 1), date(2026, 3, 31), granularity=Granularity.MONTH)
    with in_tenant(made.tenant.id):
        tickets = list(Ticket.objects.select_related("queue"))
        report = wait_report(wanted)

    waits, services = measured([wait_us(t) for t in tickets]), measured([service_us(t) for t in tickets])
    total = report.total
    assert (total.issued, total.called) == (len(tickets), len(waits))
    assert total.wait_average_s == round(sum(waits) / len(waits) / 1e6, 1)
    assert (total.wait_min_s, total.wait_max_s) == (round(waits[0] / 1e6, 1), round(waits[-1] / 1e6, 1))
    for values, told in ((waits, (total.wait_p50_s, total.wait_p90_s)),
                         (services, (total.service_p50_s, total.service_p90_s))):  # fmt: skip
        exact = (percentile(values, 0.5), percentile(values, 0.9))
        assert told == (pytest.approx(exact[0], rel=0.02, abs=0.6), pytest.approx(exact[1], rel=0.02, abs=0.6))
    assert [period.figures for period in report.periods] == [total]
    assert sum(part.figures.issued for part in report.parts) == len(tickets)
    of_service = {part.id: part.figures.called for part in report.parts}
    assert of_service == {
        queue.service_id: sum(t.called_at is not None for t in tickets if t.queue_id == queue.id)
        for queue in made.queues
    }


def test_the_histogram_of_any_durations_gives_percentiles_within_two_percent():
    from random import Random

    from smartqueue.reporting.states import bucket_of, percentiles

    dice = Random(5)
    for size in (1, 2, 3, 10, 999):
        values = sorted(dice.lognormvariate(6, 1.5) for _n in range(size))
        packed = str(sum(10 ** (8 * bucket_of(value)) for value in values))
        shares = (0.01, 0.5, 0.9, 0.99, 1.0)
        told = percentiles(packed, shares, values[0], values[-1])
        exact = [percentile([round(value * 1e6) for value in values], share) for share in shares]
        assert told == [pytest.approx(one, rel=0.0201, abs=0.5) for one in exact]


def test_a_bucket_in_sql_is_the_bucket_in_python(scope):
    from django.db import connection

    from smartqueue.reporting.states import bucket_of, unpacked

    durations_us = [
        0,
        1,
        999_999,
        1_000_000,
        1_000_001,
        1_500_000,
        59_999_999,
        60_000_000,
        3_599_000_000,
        86_400_000_000,
    ]
    with connection.cursor() as cursor:
        cursor.execute("SELECT reporting_packed(us)::text FROM unnest(%s::bigint[]) us", [durations_us])
        packed = [text for (text,) in cursor.fetchall()]

    assert [unpacked(one) for one in packed] == [{bucket_of(us / 1e6): 1} for us in durations_us]


@pytest.mark.parametrize("taken_back", [True, False])
def test_a_pause_taken_back_does_not_count_though_its_owner_came_meanwhile(bank, tellers, binta, take, taken_back):
    from smartqueue.journal.states import SYSTEM
    from smartqueue.queueing.actions import hot, tickets
    from smartqueue.reporting.actions import calculate_queue_metrics
    from smartqueue.reporting.models import AgentDay
    from smartqueue.tenants.scope import in_tenant

    one, who = take(channel="web"), {"actor": binta.actor, "at": NINE}
    hot.call_next_ticket(tenant_id=bank.id, agent_id=binta.agent.id, queue_id=tellers.id, **who)
    with in_tenant(bank.id):
        tickets.pause_ticket(ticket_id=one, agent_id=None, reason="", **who)
        tickets.check_in_ticket(ticket_id=one, actor=SYSTEM, at=NINE)
        if taken_back:
            tickets.undo(ticket_id=one, **who)
    calculate_queue_metrics(at=NINE + timedelta(minutes=1))

    with in_tenant(bank.id):
        assert sum(AgentDay.objects.values_list("parked", flat=True)) == (0 if taken_back else 1)
