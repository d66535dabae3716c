"""Periods, comparison, today and the daily summary; and the command that makes it all anew."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner

from tests.cast import NINE

MONDAY = NINE.date()


@pytest.fixture
def told(bank: Any) -> Any:
    """Ask a report in the bank's scope, after the rollup has followed."""
    from smartqueue.reporting.actions import calculate_queue_metrics
    from smartqueue.tenants.scope import in_tenant

    def ask(report: Any, *arguments: Any, **options: Any) -> Any:
        calculate_queue_metrics(at=NINE + timedelta(days=30))
        with in_tenant(bank.id):
            return report(*arguments, **options)

    return ask


@pytest.mark.parametrize(
    ("granularity", "periods"),
    [
        ("day", [(date(2026, 2, 27) + timedelta(days=n),) * 2 for n in range(5)]),
        ("week", [(date(2026, 2, 27), date(2026, 3, 1)), (date(2026, 3, 2), date(2026, 3, 3))]),
        ("month", [(date(2026, 2, 27), date(2026, 2, 28)), (date(2026, 3, 1), date(2026, 3, 3))]),
    ],
)
def test_periods_are_cut_to_what_was_wanted_and_weeks_begin_on_monday(bank, take, told, granularity, periods):
    from smartqueue.reporting.queries import Wanted, queue_report
    from smartqueue.reporting.states import Granularity

    for day in (-4, -2, 0, 1, 2):
        take(at=NINE + timedelta(days=day))

    wanted = Wanted(bank.id, date(2026, 2, 27), date(2026, 3, 3), granularity=Granularity(granularity))
    report = told(queue_report, wanted)

    assert [(period.first, period.last) for period in report.periods] == periods
    assert sum(period.figures.issued for period in report.periods) == report.total.issued == 3


def test_a_report_beside_the_same_number_of_days_before(bank, take, told):
    from smartqueue.reporting.queries import Wanted, compare, queue_report

    for days_ago, people in ((0, 3), (1, 1), (2, 2), (3, 4)):
        for _n in range(people):
            take(at=NINE - timedelta(days=days_ago))

    compared = told(compare, queue_report, Wanted(bank.id, MONDAY - timedelta(days=1), MONDAY))

    assert (compared.now.total.issued, compared.before.total.issued) == (4, 6)


def test_arrivals_of_today_stand_beside_the_usual_ones_of_that_weekday(bank, take, told):
    from smartqueue.reporting.queries import Wanted, arrivals_today

    for weeks, people in ((0, 3), (1, 2), (2, 4), (5, 7)):
        for _n in range(people):
            take(at=NINE - timedelta(weeks=weeks))
    take(at=NINE - timedelta(days=1))

    today = told(arrivals_today, Wanted(bank.id, MONDAY, MONDAY))

    assert [(hour, count) for hour, count in enumerate(today.issued) if count] == [(9, 3)]
    assert [(hour, usual) for hour, usual in enumerate(today.usual) if usual] == [(9, 1.5)]


def test_the_summary_of_a_day_has_the_same_weekday_before_and_the_queues(bank, tellers, take, told, make_queue):
    from smartqueue.reporting.queries import daily_summary

    other = make_queue(name="Prêts")
    for queue, at in ((tellers, NINE), (tellers, NINE), (other, NINE), (tellers, NINE - timedelta(weeks=1))):
        take(queue, at=at)

    summary = told(daily_summary, bank.id, MONDAY)

    assert (summary.waits.issued, summary.week_before.issued, summary.dropoff.issued) == (3, 1, 3)
    assert [(part.name, part.figures.issued) for part in summary.queues] == [("Guichets", 2), ("Prêts", 1)]


def test_today_is_that_of_the_site(bank, site):
    from smartqueue.reporting.queries import local_today
    from smartqueue.tenants.scope import in_tenant

    late = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    with in_tenant(bank.id):
        type(site).objects.filter(id=site.id).update(time_zone="Asia/Tokyo")
        todays = (local_today(bank.id, at=late), local_today(bank.id, at=late, site_id=site.id))

    assert todays == (date(2026, 3, 2), date(2026, 3, 3))


def test_the_command_makes_the_rows_of_a_tenant_anew(bank, take):
    from smartqueue.cli.reports import command
    from tests.reporting.raw import stored

    take(), take()
    before = stored(bank)["QueueDay"]

    run = CliRunner().invoke(command, ["--tenant", bank.slug])
    unknown = CliRunner().invoke(command, ["--tenant", "nobody-has-this-slug"])

    assert (run.exit_code, unknown.exit_code) == (0, 1)
    assert (len(before), [row["issued"] for row in stored(bank)["QueueDay"].values()]) == (0, [2])
