"""How true the promises were: what each ticket was told when it was taken, against what happened.

Scored are tickets that were promised minutes and have been called. A ticket counts on the day on which it was taken,
by its site's clock. Everything is summed in PostgreSQL, cell by cell (queue × period × what was promised), so that the
answer costs two statements for any number of queues and tickets.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

EDGES_MIN = (5, 10, 20, 40)
"""Promises are put together by the minutes promised: 0–5, 5–10, 10–20, 20–40, 40 and more."""

LATE_WANTED = (0.08, 0.12)
"""One of ten may be called later than promised; between these shares the range is as wide as it should be."""


@dataclass(frozen=True)
class Score:
    """How true the promises were. Seconds, shares from 0 to 1; None where nothing was measured.

    Attributes:
        asked: tickets taken; `scored` those of them that were promised minutes and have been called.
        without_minutes: tickets taken while no counter was open: they were promised nothing.
        left: tickets with a promise whose owner left the line before the call.
        mae_s: mean absolute error: how far the middle of the promise was from the wait.
        mae_share: the same, as a share of the mean wait.
        bias_s: promised less happened, on average; above 0 the promise was too long.
        coverage: called by the upper end of the range; `late` after it (wanted 0.08 to 0.12).
        early: called before the range began; `inside` within it.
        skill_naive: how much smaller the error was than that of people ahead × service time, of the same tickets:
            1 is perfect, 0 no better, below 0 worse; `skill_les` likewise against the wait of the last one called,
            `skill_served` against place × learnt service time ÷ counters.
        told: people told when to leave whose arrival is known; `missed` those who came after their turn.
    """

    asked: int = 0
    scored: int = 0
    without_minutes: int = 0
    left: int = 0
    wait_average_s: float | None = None
    mae_s: float | None = None
    mae_share: float | None = None
    bias_s: float | None = None
    coverage: float | None = None
    late: float | None = None
    early: float | None = None
    inside: float | None = None
    skill_naive: float | None = None
    skill_les: float | None = None
    skill_served: float | None = None
    told: int = 0
    missed: int = 0
    missed_share: float | None = None


@dataclass(frozen=True)
class Bucket:
    """Tickets whose middle of the promise was from `low_min` to below `high_min` minutes (None: without end).

    Attributes:
        promised_average_s: what they were promised on average, where the range began; `promised_until_average_s`
            where it ended; `wait_average_s` what they waited.
        early, inside, late: called before, within and after the range that was shown to them.
    """

    low_min: int
    high_min: int | None
    scored: int = 0
    promised_average_s: float | None = None
    promised_until_average_s: float | None = None
    wait_average_s: float | None = None
    early: float | None = None
    inside: float | None = None
    late: float | None = None


@dataclass(frozen=True)
class QueueScore:
    """One queue's; `name` with its site where the tenant has several."""

    id: UUID
    name: str
    score: Score


@dataclass(frozen=True)
class Calibration:
    """All promises of a time: in all, by queue (most tickets first), by period (its first calendar day), by promise."""

    total: Score = field(default_factory=Score)
    queues: list[QueueScore] = field(default_factory=list)
    periods: dict[date, Score] = field(default_factory=dict)
    buckets: list[Bucket] = field(default_factory=list)


LINES = """
lines AS MATERIALIZED (
    SELECT q.id, s.time_zone, q.name || CASE
            WHEN count(*) OVER () > count(*) OVER (PARTITION BY s.id) THEN ' · ' || s.name ELSE '' END AS name,
        %(first)s::date::timestamp AT TIME ZONE s.time_zone AS since,
        (%(last)s::date + 1)::timestamp AT TIME ZONE s.time_zone AS until
    FROM queueing_queue q JOIN sites_site s ON s.tenant_id = q.tenant_id AND s.id = q.site_id
    WHERE q.tenant_id = %(tenant)s AND (%(queue)s::uuid IS NULL OR q.id = %(queue)s)
      AND (%(site)s::uuid IS NULL OR q.site_id = %(site)s)
)"""

SCORED = (
    "wait", "promised", "until", "error", "early", "late", "naive_ours", "naive", "les_ours", "les", "served_ours",
    "served",
)  # fmt: skip
OF_SCORED = ", ".join(f"coalesce(sum({one}) FILTER (WHERE bucket IS NOT NULL), 0)::bigint AS {one}" for one in SCORED)

# First cells, then their sums: grouping sets over every ticket would sort them all three times.
SCORES = f"""
WITH {LINES}, cells AS MATERIALIZED (
    SELECT e.queue_id, date_trunc(%(step)s, e.asked_at AT TIME ZONE l.time_zone)::date AS period,
        CASE WHEN e.p50_s IS NOT NULL AND e.ending = 'called'
            THEN width_bucket(e.p50_s, %(edges)s::integer[]) END AS bucket,
        l.name,
        count(*) AS asked,
        count(*) FILTER (WHERE e.p50_s IS NULL) AS without_minutes,
        count(*) FILTER (WHERE e.p50_s IS NOT NULL AND e.ending = 'left') AS gone,
        sum(e.wait_s) AS wait, sum(e.p50_s) AS promised, sum(e.p90_s) AS until, sum(abs(e.wait_s - e.p50_s)) AS error,
        count(*) FILTER (WHERE e.wait_s < e.p50_s) AS early,
        count(*) FILTER (WHERE e.wait_s > e.p90_s) AS late,
        sum(abs(e.wait_s - e.p50_s)) FILTER (WHERE e.naive_s IS NOT NULL) AS naive_ours,
        sum(abs(e.wait_s - e.naive_s)) AS naive,
        sum(abs(e.wait_s - e.p50_s)) FILTER (WHERE e.les_s IS NOT NULL) AS les_ours,
        sum(abs(e.wait_s - e.les_s)) AS les,
        sum(abs(e.wait_s - e.p50_s)) FILTER (WHERE e.served_s IS NOT NULL) AS served_ours,
        sum(abs(e.wait_s - e.served_s)) AS served
    FROM lines l JOIN forecast_estimate e
        ON e.tenant_id = %(tenant)s AND e.queue_id = l.id AND e.asked_at >= l.since AND e.asked_at < l.until
    GROUP BY 1, 2, 3, 4
)
SELECT grouping(queue_id) = 0 AS is_queue, grouping(period) = 0 AS is_period, grouping(bucket) = 0 AS is_bucket,
    queue_id, period, bucket, min(name) AS name,
    coalesce(sum(asked), 0)::bigint AS asked, coalesce(sum(without_minutes), 0)::bigint AS without_minutes,
    coalesce(sum(gone), 0)::bigint AS left,
    coalesce(sum(asked) FILTER (WHERE bucket IS NOT NULL), 0)::bigint AS scored,
    {OF_SCORED}
FROM cells GROUP BY GROUPING SETS ((), (queue_id), (period), (bucket)) ORDER BY asked DESC, queue_id
"""  # noqa: S608 - words of this file

# Missed: there after the call, passed over because far away, or absent. Not known: called, and nobody noted an arrival.
# After a transfer it counts in the line in which the person was called.
LEFT_HOME = f"""
WITH {LINES}, told AS (
    SELECT e.queue_id, date_trunc(%(step)s, e.asked_at AT TIME ZONE l.time_zone)::date AS period,
        j.arrived_at > t.called_at OR j.away_passes > 0 OR t.status = 'no_show' AS is_missed
    FROM forecast_journey j
    JOIN queueing_ticket t ON t.tenant_id = j.tenant_id AND t.id = j.ticket_id
    JOIN forecast_estimate e ON e.tenant_id = t.tenant_id AND e.ticket_id = t.id AND e.queue_id = t.queue_id
    JOIN lines l ON l.id = e.queue_id AND e.asked_at >= l.since AND e.asked_at < l.until
    WHERE j.tenant_id = %(tenant)s AND j.told_at >= %(first)s::date - 1 AND j.told_at < %(last)s::date + 3
      AND t.called_at IS NOT NULL
      AND (j.arrived_at IS NOT NULL OR j.away_passes > 0 OR t.status = 'no_show')
)
SELECT queue_id, period, count(*) AS told, count(*) FILTER (WHERE is_missed) AS missed
FROM told GROUP BY GROUPING SETS ((), (queue_id), (period))
"""  # noqa: S608 - as above


def calibration(
    *, tenant_id: UUID, first: date, last: date, step: str = "week", site_id: UUID | None = None,
    queue_id: UUID | None = None,
) -> Calibration:  # fmt: skip
    """Score the promises given from `first` to `last`, both included; two statements, inside the scope.

    Args:
        first: a local day, of each site.
        step: the length of a period: `day`, `week` (from Monday) or `month`.
        site_id: only the queues of this site; likewise `queue_id`. None means all.
    """
    asked: dict[str, Any] = {
        "tenant": tenant_id, "first": first, "last": last, "step": step, "site": site_id, "queue": queue_id,
        "edges": [60 * edge for edge in EDGES_MIN],
    }  # fmt: skip
    told = {(row["queue_id"], row["period"]): row for row in _rows(LEFT_HOME, asked)}
    found = Calibration(buckets=empty_buckets())
    for row in _rows(SCORES, asked):
        if row["is_bucket"]:
            if row["bucket"] is not None:
                found.buckets[row["bucket"]] = _bucket(row)
            continue
        score = _score(row, told.get((row["queue_id"], row["period"]), {}))
        if row["is_queue"]:
            found.queues.append(QueueScore(row["queue_id"], row["name"], score))
        elif row["is_period"]:
            found.periods[row["period"]] = score
        else:
            found = Calibration(score, found.queues, found.periods, found.buckets)
    return found


def empty_buckets() -> list[Bucket]:
    """Every bucket, with nothing in it."""
    return [Bucket(low, high) for low, high in zip((0, *EDGES_MIN), (*EDGES_MIN, None), strict=True)]


LEAST_WATCHED = 50
"""So many scored tickets before a queue is judged."""

LEAST_COVERAGE, MOST_DRIFT = 0.8, 1.5


@dataclass(frozen=True)
class Alarm:
    """A queue whose promises cannot be trusted now.

    Attributes:
        scored: tickets of the last seven days; `coverage` and `mae_s` are theirs.
        before_mae_s: the mean absolute error of the four weeks before; None with fewer than fifty tickets.
        is_low: fewer than 80 % were called by the upper end of the range.
        is_adrift: the error is more than one and a half times that of the four weeks before.
    """

    queue_id: UUID
    name: str
    scored: int
    coverage: float
    mae_s: float
    before_mae_s: float | None
    is_low: bool
    is_adrift: bool


WATCHED = """
SELECT q.id AS queue_id, q.name || CASE
        WHEN count(*) OVER () > count(*) OVER (PARTITION BY s.id) THEN ' · ' || s.name ELSE '' END AS name,
    now.n, now.late, now.error, before.n AS before_n, before.error AS before_error
FROM queueing_queue q JOIN sites_site s ON s.tenant_id = q.tenant_id AND s.id = q.site_id
CROSS JOIN LATERAL (
    SELECT count(*) AS n, count(*) FILTER (WHERE e.wait_s > e.p90_s) AS late, sum(abs(e.wait_s - e.p50_s)) AS error
    FROM forecast_estimate e
    WHERE e.tenant_id = q.tenant_id AND e.queue_id = q.id AND e.ending = 'called' AND e.p50_s IS NOT NULL
      AND e.asked_at >= %(week)s AND e.asked_at < %(at)s
) now
CROSS JOIN LATERAL (
    SELECT count(*) AS n, sum(abs(e.wait_s - e.p50_s)) AS error
    FROM forecast_estimate e
    WHERE now.n >= %(least)s AND e.tenant_id = q.tenant_id AND e.queue_id = q.id AND e.ending = 'called'
      AND e.p50_s IS NOT NULL AND e.asked_at >= %(weeks)s AND e.asked_at < %(week)s
) before
WHERE q.tenant_id = %(tenant)s AND (%(site)s::uuid IS NULL OR q.site_id = %(site)s)
"""


def alarms(*, tenant_id: UUID, at: datetime, site_id: UUID | None = None) -> list[Alarm]:
    """Queues whose promises were wrong in the seven days until `at`, the worst coverage first; one statement, inside
    the scope. A queue with fewer than fifty scored tickets is not judged."""
    asked = {
        "tenant": tenant_id, "at": at, "week": at - timedelta(days=7), "weeks": at - timedelta(days=35),
        "least": LEAST_WATCHED, "site": site_id,
    }  # fmt: skip
    judged = (_judged(row) for row in _rows(WATCHED, asked) if row["n"] >= LEAST_WATCHED)
    return sorted((one for one in judged if one.is_low or one.is_adrift), key=lambda one: (one.coverage, one.name))


def _judged(row: Mapping[str, Any]) -> Alarm:
    n, before_n = row["n"], row["before_n"]
    coverage, mae_s = (n - row["late"]) / n, row["error"] / n
    before_mae_s = row["before_error"] / before_n if before_n >= LEAST_WATCHED else None
    return Alarm(
        row["queue_id"], row["name"], n, round(coverage, 4), round(mae_s, 1),
        None if before_mae_s is None else round(before_mae_s, 1), is_low=coverage < LEAST_COVERAGE,
        is_adrift=before_mae_s is not None and mae_s > MOST_DRIFT * before_mae_s,
    )  # fmt: skip


def _score(row: Mapping[str, Any], told: Mapping[str, Any]) -> Score:
    n, people, missed = row["scored"], told.get("told", 0), told.get("missed", 0)
    return Score(
        asked=row["asked"], scored=n, without_minutes=row["without_minutes"], left=row["left"],
        wait_average_s=_mean(row["wait"], n), mae_s=_mean(row["error"], n),
        mae_share=_share(row["error"], row["wait"]), bias_s=_mean(row["promised"] - row["wait"], n),
        coverage=_share(n - row["late"], n), late=_share(row["late"], n), early=_share(row["early"], n),
        inside=_share(n - row["early"] - row["late"], n), skill_naive=_skill(row, "naive"),
        skill_les=_skill(row, "les"), skill_served=_skill(row, "served"), told=people, missed=missed,
        missed_share=_share(missed, people),
    )  # fmt: skip


def _bucket(row: Mapping[str, Any]) -> Bucket:
    bare, n = empty_buckets()[row["bucket"]], row["scored"]
    return Bucket(
        bare.low_min, bare.high_min, n, _mean(row["promised"], n), _mean(row["until"], n), _mean(row["wait"], n),
        _share(row["early"], n), _share(n - row["early"] - row["late"], n), _share(row["late"], n),
    )  # fmt: skip


def _skill(row: Mapping[str, Any], rule: str) -> float | None:
    """1 − our error ÷ the rule's, of the tickets for which the rule had an answer."""
    return round(1 - row[f"{rule}_ours"] / row[rule], 4) if row[rule] else None


def _mean(total: int, n: int) -> float | None:
    return round(total / n, 1) if n else None


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _rows(statement: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
