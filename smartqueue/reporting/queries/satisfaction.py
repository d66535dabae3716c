"""What people said: CSAT and NPS."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from smartqueue.reporting.queries.wanted import Report, Wanted, grouped, share

SUMS = """
WITH days AS (
    SELECT queue_id, date_trunc(%(granularity)s, day::timestamp)::date AS period, csat, nps
    FROM reporting_satisfactionday
    WHERE tenant_id = %(tenant)s AND day BETWEEN %(first)s AND %(last)s
      AND (%(site)s::uuid IS NULL OR site_id = %(site)s)
      AND (%(queue)s::uuid IS NULL OR queue_id = %(queue)s)
      AND (%(service)s::uuid IS NULL OR service_id = %(service)s)
), sums AS (
    SELECT
        CASE grouping(period, queue_id) WHEN 3 THEN 'total' WHEN 1 THEN 'period' ELSE 'part' END AS level,
        period, queue_id,
        ARRAY[sum(csat[1]), sum(csat[2]), sum(csat[3]), sum(csat[4]), sum(csat[5])] AS csat,
        ARRAY[
            sum(nps[1]), sum(nps[2]), sum(nps[3]), sum(nps[4]), sum(nps[5]), sum(nps[6]),
            sum(nps[7]), sum(nps[8]), sum(nps[9]), sum(nps[10]), sum(nps[11])
        ] AS nps
    FROM days GROUP BY GROUPING SETS ((), (period), (queue_id))
)
SELECT sums.*, sums.queue_id AS part_id, coalesce(q.name, '') AS name
FROM sums LEFT JOIN queueing_queue q ON q.tenant_id = %(tenant)s AND q.id = sums.queue_id
ORDER BY name, sums.queue_id
"""


@dataclass(frozen=True)
class Satisfaction:
    """Answers of one day or many.

    CSAT: `csat_counts` of 1 to 5, `satisfied` is the share of 4 and 5. NPS (Reichheld): promoters give 9 or 10,
    passives 7 or 8, detractors 0 to 6; `nps` is the percentage of promoters less that of detractors, -100 to 100.
    """

    answers: int
    csat_average: float | None
    csat_counts: list[int]
    satisfied: float | None
    nps_answers: int
    nps: float | None
    promoters: int
    passives: int
    detractors: int


def satisfaction_report(wanted: Wanted) -> Report[Satisfaction]:
    """What people said on these days, whenever they had come: in all, by period, by queue."""
    return grouped(SUMS, wanted, _satisfaction)


def _satisfaction(row: Mapping[str, Any]) -> Satisfaction:
    csat = [int(count or 0) for count in row.get("csat") or [0] * 5]
    nps = [int(count or 0) for count in row.get("nps") or [0] * 11]
    answers, nps_answers = sum(csat), sum(nps)
    promoters, passives, detractors = sum(nps[9:]), sum(nps[7:9]), sum(nps[:7])
    total = sum(stars * count for stars, count in enumerate(csat, start=1))
    return Satisfaction(
        answers=answers,
        csat_average=round(total / answers, 2) if answers else None,
        csat_counts=csat,
        satisfied=share(sum(csat[3:]), answers),
        nps_answers=nps_answers,
        nps=round(100 * (promoters - detractors) / nps_answers, 1) if nps_answers else None,
        promoters=promoters,
        passives=passives,
        detractors=detractors,
    )
