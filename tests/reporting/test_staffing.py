"""Staffing advice on sites where the answer is known, written through the actions that people use."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest

from smartqueue.reporting.queries.staffing import Change, StaffingAdvice, Verdict
from tests.cast import NINE, Person

EIGHT = NINE - timedelta(hours=1)
MONDAYS = [EIGHT + timedelta(days=7 * week) for week in range(2)]
LAST = MONDAYS[-1].date()
Advise = Callable[..., StaffingAdvice]


@pytest.fixture
def advise(bank: Any, site: Any) -> Advise:
    from smartqueue.reporting.queries.staffing import staffing_advice
    from smartqueue.tenants.scope import in_tenant

    def advise(until: date = LAST, tenant: Any = bank, **said: Any) -> StaffingAdvice:
        with in_tenant(tenant.id):
            return staffing_advice(tenant_id=tenant.id, site_id=site.id, until=until, **said)

    return advise


@pytest.fixture
def one_counter(bank: Any, tellers: Any, take: Callable[..., UUID]) -> Callable[..., None]:
    """`one_counter(agent, opens, arrivals)`: they come, and one after the other takes five minutes."""
    from smartqueue.journal.states import SYSTEM
    from smartqueue.queueing.actions.agents import set_agent_status, sign_in_at_counter
    from smartqueue.queueing.actions.hot import call_next_ticket, close_ticket
    from smartqueue.queueing.actions.tickets import start_service
    from smartqueue.queueing.states import AgentStatus
    from smartqueue.tenants.scope import in_tenant

    def serve(agent: Any, opens: datetime, arrivals: list[datetime]) -> None:
        counter_id = agent.counter_id
        with in_tenant(bank.id):
            set_agent_status(
                agent_id=agent.id, status=AgentStatus.OFFLINE, reason="", actor=SYSTEM, at=opens - timedelta(hours=2)
            )
            sign_in_at_counter(agent_id=agent.id, counter_id=counter_id, actor=SYSTEM, at=opens)
        for at in arrivals:
            take(at=at)
        free = opens
        for at in arrivals:
            free = max(free, at)
            who = {"tenant_id": bank.id, "actor": SYSTEM}
            ticket_id = call_next_ticket(agent_id=agent.id, queue_id=tellers.id, at=free, **who)
            assert ticket_id is not None
            with in_tenant(bank.id):
                start_service(ticket_id=ticket_id, agent_id=agent.id, actor=SYSTEM, at=free)
            free += timedelta(minutes=5)
            close_ticket(ticket_id=ticket_id, at=free, **who)
        with in_tenant(bank.id):
            set_agent_status(agent_id=agent.id, status=AgentStatus.OFFLINE, reason="", actor=SYSTEM, at=free)

    return serve


def coming(opens: datetime, every: timedelta, n: int) -> list[datetime]:
    return [opens + number * every for number in range(n)]


def test_one_more_counter_from_eight_to_ten_would_have_met_the_target(
    advise: Advise, one_counter: Callable[..., None], binta: Person
) -> None:
    """Forty people in two hours, five minutes each: the k-th waits 2 k minutes, eight of them at most fifteen.

    With two counters nobody waits. An hour of the second is too short, whichever it is; a later one comes too late.
    """
    for opens in MONDAYS:
        one_counter(binta.agent, opens, coming(opens, timedelta(minutes=3), 40))

    advice = advise()

    (monday,) = advice.weekdays
    assert (monday.weekday, monday.verdict, monday.change) == (1, Verdict.CHANGE, Change(1, time(8), time(10)))
    assert (monday.days, monday.arrivals, monday.called, monday.target_s) == (2, 80, 80, 900)
    assert (monday.in_target, monday.expected_in_target) == (pytest.approx(0.2), pytest.approx(1.0, abs=0.03))
    assert monday.wait_mean_s == pytest.approx(120 * 19.5)
    assert monday.wait_p90_s == pytest.approx(120 * 36)
    assert monday.replayed_mean_s == pytest.approx(monday.wait_mean_s, rel=0.03)
    assert advice.factor == pytest.approx(1, abs=0.02)
    assert monday.counters == pytest.approx(1)
    assert [(slot.starts, slot.arrivals, slot.counters) for slot in monday.half_hours[:2]] == [
        (time(8), 10, 1),
        (time(8, 30), 10, 1),
    ]
    assert advise() == advice


def test_a_site_that_needs_nothing_is_told_so(advise: Advise, one_counter: Callable[..., None], binta: Person) -> None:
    for opens in MONDAYS:
        one_counter(binta.agent, opens, coming(opens, timedelta(minutes=6), 16))

    (monday,) = advise().weekdays

    assert (monday.verdict, monday.change, monday.in_target) == (Verdict.ENOUGH, None, 1.0)
    assert monday.expected_in_target is None


def test_one_day_is_too_little_to_say_anything(advise: Advise, one_counter: Callable[..., None], binta: Person) -> None:
    one_counter(binta.agent, MONDAYS[0], coming(MONDAYS[0], timedelta(minutes=3), 31))

    (monday,) = advise().weekdays

    assert (monday.verdict, monday.change, monday.days) == (Verdict.TOO_LITTLE, None, 1)


def test_a_site_without_visits_has_no_weekdays_and_no_factor(advise: Advise) -> None:
    advice = advise()

    assert (advice.tickets, advice.factor, advice.weekdays) == (0, None, ())
    assert (advice.first, advice.last) == (LAST - timedelta(days=27), LAST)


def test_another_organisation_sees_nothing_of_a_site(
    advise: Advise, one_counter: Callable[..., None], binta: Person, cheikh: Person
) -> None:
    one_counter(binta.agent, MONDAYS[0], coming(MONDAYS[0], timedelta(minutes=3), 3))

    assert advise().tickets == 3
    assert advise(tenant=cheikh.tenant).tickets == 0


def test_days_outside_the_weeks_do_not_count(advise: Advise, one_counter: Callable[..., None], binta: Person) -> None:
    for opens in MONDAYS:
        one_counter(binta.agent, opens, coming(opens, timedelta(minutes=3), 3))

    assert advise(weeks=1).tickets == 3
    assert advise(until=LAST - timedelta(days=1)).tickets == 3
    assert advise(until=LAST - timedelta(days=8), weeks=1).tickets == 0


def test_three_queries_however_many_days(
    advise: Advise, one_counter: Callable[..., None], binta: Person, bank: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for opens in MONDAYS:
        one_counter(binta.agent, opens, coming(opens, timedelta(minutes=3), 3))
        with CaptureQueriesContext(connection) as seen:
            advise()
        counts.append(sum("FROM sites_site" in query["sql"] for query in seen.captured_queries))

    assert counts == [3, 3]
