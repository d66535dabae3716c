"""The independent checker: it agrees with a rebuilt rollup, and notices one wrong figure."""

import os
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from rich.progress import Progress

from smartqueue.cli.benching.audit import Audit, audit, compare_percentiles
from tests.cast import NINE

LAST = date(2026, 3, 31)
FIRST = LAST - timedelta(days=13)


@pytest.fixture
def url() -> str:
    """Of this worker's database, as a superuser."""
    from django.db import connections

    return os.environ["SQ_TEST_SUPERUSER"].replace("/postgres?", f"/{connections['default'].settings_dict['NAME']}?")


def test_the_rollup_is_equal_to_what_duckdb_makes_of_the_tickets_and_one_wrong_figure_is_noticed(
    url: str, tmp_path: Path
) -> None:
    from smartqueue.cli.benching.tickets import make_all
    from smartqueue.reporting.actions.rollup import rebuild

    made = make_all(
        url, tickets=2000, tenants=2, days=14, seed=1, until=LAST, prefix=f"a{uuid4().hex[:8]}",
        progress=Progress(disable=True),
    )  # fmt: skip
    ids = [house.tenant_id for house in made.houses]
    for tenant_id in ids:
        rebuild(tenant_id=tenant_id, at=NINE)

    right = audit(url, tmp_path, ids, ids[0], FIRST, LAST)
    with psycopg.connect(url, autocommit=True) as db:
        db.execute(
            "UPDATE reporting_queueday SET wait_us = wait_us + 1 WHERE ctid = (SELECT ctid FROM reporting_queueday"
            " WHERE tenant_id = %s AND called > 0 LIMIT 1)",
            [ids[1]],
        )
    wrong = audit(url, tmp_path, ids, ids[0], FIRST, LAST)

    assert (right.holds, right.unequal, right.beyond) == (True, [], [])
    assert right.queue_days > 50
    assert right.percentiles > 50
    assert (wrong.holds, len(wrong.unequal)) == (False, 1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("reported", "holds"), [(101.9, True), (102.2, False), (None, False)])
def test_a_percentile_may_be_two_percent_off(reported: float | None, holds: bool) -> None:
    found = Audit(queue_days=1, figures=1)

    compare_percentiles(
        found,
        {("total", None): (reported, 200.0, 10.0, 20.0)},
        [("total", None, None, [100_000_000, 200_000_000], [10_000_000, 20_000_000])],
    )

    assert (found.holds, found.percentiles) == (holds, 4)


def test_nothing_compared_is_nothing_shown() -> None:
    assert not Audit().holds
