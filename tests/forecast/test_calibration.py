"""Promises against what happened: PostgreSQL's sums are those of plain Python, and an alarm says when to look."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from smartqueue.forecast.queries.calibration import Bucket, Score, alarms, calibration
from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE
from tests.forecast.promises import promise, promises

__all__ = ["promise", "promises"]

MONDAY = date(2026, 3, 2)


def expected(rows: list[Any]) -> Score:
    """The same figures in plain Python, from the rows themselves."""
    scored = [row for row in rows if row.ending == "called" and row.p50_s is not None]
    n = len(scored)

    def mean(values: list[float]) -> float | None:
        return round(sum(values) / len(values), 1) if values else None

    def share(count: int) -> float | None:
        return round(count / n, 4) if n else None

    def skill(name: str) -> float | None:
        both = [row for row in scored if getattr(row, name) is not None]
        theirs = sum(abs(row.wait_s - getattr(row, name)) for row in both)
        return round(1 - sum(abs(row.wait_s - row.p50_s) for row in both) / theirs, 4) if theirs else None

    errors = [abs(row.wait_s - row.p50_s) for row in scored]
    waits = [row.wait_s for row in scored]
    late, early = sum(row.wait_s > row.p90_s for row in scored), sum(row.wait_s < row.p50_s for row in scored)
    return Score(
        asked=len(rows), scored=n, without_minutes=sum(row.p50_s is None for row in rows),
        left=sum(row.ending == "left" and row.p50_s is not None for row in rows),
        wait_average_s=mean(waits), mae_s=mean(errors), mae_share=round(sum(errors) / sum(waits), 4) if n else None,
        bias_s=mean([row.p50_s - row.wait_s for row in scored]), coverage=share(n - late), late=share(late),
        early=share(early), inside=share(n - late - early), skill_naive=skill("naive_s"), skill_les=skill("les_s"),
        skill_served=skill("served_s"),
    )  # fmt: skip


def bucket_of(row: Any) -> tuple[int, int | None]:
    edges = [0, 5, 10, 20, 40, None]
    return next(
        (low, high)
        for low, high in pairwise(edges)
        if row.p50_s >= 60 * low and (high is None or row.p50_s < 60 * high)
    )


def test_every_figure_is_that_of_plain_python(bank, make_queue, promises):
    queues = [make_queue() for _n in range(3)]
    rng = Random(20)
    rows = [row for queue in queues for row in promises(queue, 150, rng, since=NINE - timedelta(days=9), days=16)]

    with in_tenant(bank.id):
        found = calibration(tenant_id=bank.id, first=MONDAY, last=MONDAY + timedelta(days=6))

    week = [row for row in rows if MONDAY <= row.asked_at.date() <= MONDAY + timedelta(days=6)]
    assert 100 < len(week) < 400
    assert found.total == expected(week)
    assert {one.id: one.score for one in found.queues} == {
        queue.id: expected([row for row in week if row.queue_id == queue.id]) for queue in queues
    }
    assert found.periods == {MONDAY: found.total}
    scored = [row for row in week if row.ending == "called" and row.p50_s is not None]
    for bucket in found.buckets:
        mine = [row for row in scored if bucket_of(row) == (bucket.low_min, bucket.high_min)]
        score = expected(mine)
        until = round(sum(row.p90_s for row in mine) / len(mine), 1)
        assert bucket == Bucket(
            bucket.low_min, bucket.high_min, len(mine), round(sum(row.p50_s for row in mine) / len(mine), 1),
            until, score.wait_average_s, score.early, score.inside, score.late,
        )  # fmt: skip
    assert sum(bucket.scored for bucket in found.buckets) == found.total.scored


def test_periods_are_weeks_days_or_months(bank, tellers, promises):
    rows = promises(tellers, 120, Random(3), since=NINE - timedelta(days=9), days=24)
    asked = {"tenant_id": bank.id, "first": date(2026, 2, 18), "last": date(2026, 3, 20)}

    for step in ("day", "week", "month"):
        with in_tenant(bank.id):
            found = calibration(**asked, step=step)
        by_period = defaultdict(list)
        for row in rows:
            day = row.asked_at.date()
            first = {"day": day, "week": day - timedelta(days=day.weekday()), "month": day.replace(day=1)}[step]
            by_period[first].append(row)
        assert found.periods == {first: expected(some) for first, some in by_period.items()}


def test_a_day_is_that_of_the_sites_clock(bank, site, tellers, promise):
    from smartqueue.sites.models import Site

    with in_tenant(bank.id):
        Site.objects.filter(id=site.id).update(time_zone="Asia/Tokyo")
    promise(tellers, asked_at=datetime(2026, 3, 1, 14, 59, tzinfo=UTC))  # 23:59 of Sunday there
    promise(tellers, asked_at=datetime(2026, 3, 1, 15, 0, tzinfo=UTC))
    promise(tellers, asked_at=datetime(2026, 3, 2, 14, 59, tzinfo=UTC))
    promise(tellers, asked_at=datetime(2026, 3, 2, 15, 0, tzinfo=UTC))

    with in_tenant(bank.id):
        found = calibration(tenant_id=bank.id, first=MONDAY, last=MONDAY, step="day")

    assert (found.total.asked, list(found.periods)) == (2, [MONDAY])


def test_it_narrows_to_a_site_or_a_queue_and_never_to_another_tenant(bank, tellers, make_queue, promise, cheikh):
    from smartqueue.sites.models import Site

    with in_tenant(bank.id):
        elsewhere = Site.objects.create(tenant=bank, name="Agence Médina", code="DKR2")
    other, far = make_queue(), make_queue(site=elsewhere, name="Prêts")
    for queue, n in ((tellers, 1), (other, 2), (far, 4)):
        for _n in range(n):
            promise(queue)
    week = {"first": MONDAY, "last": MONDAY}

    def asked(tenant: Any, **narrow: Any) -> tuple[int, list[str]]:
        with in_tenant(tenant.id):
            found = calibration(tenant_id=tenant.id, **week, **narrow)
        return found.total.asked, [one.name for one in found.queues]

    assert asked(bank) == (7, ["Prêts · Agence Médina", f"{other.name} · Agence Plateau", "Guichets · Agence Plateau"])
    assert asked(bank, site_id=elsewhere.id) == (4, ["Prêts"])
    assert asked(bank, queue_id=tellers.id) == (1, ["Guichets"])
    assert asked(bank, queue_id=uuid4()) == (0, [])
    assert asked(cheikh.tenant) == (0, [])
    with in_tenant(cheikh.tenant.id):
        assert calibration(tenant_id=bank.id, **week).total == Score()


def test_leave_now_is_missed_by_who_comes_after_the_call_is_passed_over_or_absent(bank, tellers, promise):
    def told(**more: Any) -> None:
        promise(tellers, wait_s=600, told_at=NINE + timedelta(minutes=2), **more)

    call = NINE + timedelta(seconds=600)
    told(arrived_at=call - timedelta(minutes=1))
    told(arrived_at=call)
    told(arrived_at=call + timedelta(seconds=1))
    told(away_passes=1, arrived_at=call - timedelta(minutes=1))
    told(status="no_show")
    told()  # called, and nobody knows when they came
    promise(tellers, wait_s=600, arrived_at=call + timedelta(hours=1), told_at=None)

    with in_tenant(bank.id):
        found = calibration(tenant_id=bank.id, first=MONDAY, last=MONDAY)

    assert (found.total.told, found.total.missed, found.total.missed_share) == (5, 3, 0.6)
    assert found.queues[0].score.told == found.periods[MONDAY].told == 5


def test_who_was_sent_on_counts_once_where_the_call_came(bank, tellers, make_queue, promise):
    from smartqueue.forecast.models import Estimate

    loans = make_queue(name="Prêts")
    row = promise(loans, told_at=NINE, arrived_at=NINE)
    with in_tenant(bank.id):
        Estimate.objects.create(
            tenant=bank, ticket_id=row.ticket_id, queue=tellers, asked_at=NINE, place=1, quality="none", ending="left"
        )
        found = calibration(tenant_id=bank.id, first=MONDAY, last=MONDAY)

    assert (found.total.told, found.total.asked) == (1, 2)
    assert {one.name: one.score.told for one in found.queues} == {"Prêts": 1, "Guichets": 0}


def test_a_calibration_costs_two_statements_with_one_queue_and_with_three(bank, tellers, make_queue, promise):
    def cost() -> tuple[int, int]:
        with in_tenant(bank.id):
            with CaptureQueriesContext(connection) as scores:
                calibration(tenant_id=bank.id, first=MONDAY, last=MONDAY + timedelta(days=6))
            with CaptureQueriesContext(connection) as watched:
                alarms(tenant_id=bank.id, at=NINE + timedelta(days=1))
        return len(scores), len(watched)

    promise(tellers)
    assert cost() == (2, 1)
    for queue in (make_queue(), make_queue()):
        promise(queue)
    assert cost() == (2, 1)


@pytest.mark.parametrize(
    ("n", "late", "before_n", "error_s", "before_error_s", "expected_alarm"),
    [
        (49, 49, 0, 300, 60, None),
        (50, 10, 0, 60, 60, None),  # exactly 80 % came in time
        (50, 11, 0, 60, 60, (True, False)),
        (50, 0, 50, 91, 60, (False, True)),
        (50, 0, 50, 90, 60, None),  # exactly one and a half times
        (50, 0, 49, 300, 60, None),
        (60, 30, 60, 300, 60, (True, True)),
    ],
)
def test_an_alarm_needs_fifty_tickets_and_a_reason(
    bank, tellers, promises, n, late, before_n, error_s, before_error_s, expected_alarm
):
    at = NINE + timedelta(days=20)
    steady = {"p50_s": 600, "ending": "called"}
    asked_at = at - timedelta(days=3)
    for count, more in (
        (n - late, {"asked_at": asked_at, "wait_s": 600 - error_s, "p90_s": 900}),
        (late, {"asked_at": asked_at, "wait_s": 600 + error_s, "p90_s": 600}),
        (before_n, {"asked_at": at - timedelta(days=8), "wait_s": 600 + before_error_s, "p90_s": 601}),
        (5, {"asked_at": at - timedelta(days=36), "wait_s": 9000, "p90_s": 601}),
        (5, {"asked_at": at, "wait_s": 9000, "p90_s": 601}),
    ):
        promises(tellers, count, **steady | more)

    with in_tenant(bank.id):
        found = alarms(tenant_id=bank.id, at=at)

    if expected_alarm is None:
        assert found == []
    else:
        assert [(one.name, one.scored, one.is_low, one.is_adrift) for one in found] == [
            ("Guichets", n, *expected_alarm)
        ]
        assert found[0].coverage == round((n - late) / n, 4)


def test_an_empty_house_has_no_figures_and_no_alarm(bank):
    with in_tenant(bank.id):
        found = calibration(tenant_id=bank.id, first=MONDAY, last=MONDAY)

        assert (found.total, found.queues, found.periods) == (Score(), [], {})
        assert [bucket.scored for bucket in found.buckets] == [0] * 5
        assert alarms(tenant_id=bank.id, at=NINE) == []
