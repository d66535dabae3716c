"""How agents worked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from smartqueue.reporting.queries.wanted import Report, Wanted, grouped, seconds, share

SUMS = """
WITH sums AS (
    SELECT
        CASE grouping(d.period, d.agent_id) WHEN 3 THEN 'total' WHEN 1 THEN 'period' ELSE 'part' END AS level,
        d.period, d.agent_id,
        sum(d.handled) AS handled, sum(d.served) AS served, sum(d.no_show) AS no_show,
        sum(d.transferred) AS transferred, sum(d.put_back) AS put_back, sum(d.parked) AS parked,
        sum(d.service_n) AS service_n, sum(d.service_us)::bigint AS service_us, sum(d.walk_us)::bigint AS walk_us,
        sum(d.signed_in_us)::bigint AS signed_in_us, sum(d.break_us)::bigint AS break_us
    FROM (
        SELECT *, date_trunc(%(granularity)s, day::timestamp)::date AS period
        FROM reporting_agentday
        WHERE tenant_id = %(tenant)s AND day BETWEEN %(first)s AND %(last)s
          AND (%(site)s::uuid IS NULL OR site_id = %(site)s)
    ) d
    GROUP BY GROUPING SETS ((), (d.period), (d.agent_id))
)
SELECT sums.*, sums.agent_id AS part_id, coalesce(a.name, '') AS name
FROM sums LEFT JOIN queueing_agent a ON a.tenant_id = %(tenant)s AND a.id = sums.agent_id
ORDER BY sums.handled DESC, name, sums.agent_id
"""


@dataclass(frozen=True)
class Performance:
    """The work of one agent, or of all.

    `completion`: served of handled. `handling_average_s`: walk and service time of one person served. `occupancy`: walk
    and service time as a share of the time signed in without breaks. Work on a visit that was transferred or put back
    counts for nobody.
    """

    handled: int
    served: int
    completion: float | None
    no_show: int
    no_show_share: float | None
    transferred: int
    put_back: int
    parked: int
    handling_average_s: float | None
    service_average_s: float | None
    signed_in_s: float
    break_s: float
    occupancy: float | None


def agent_report(wanted: Wanted) -> Report[Performance]:
    """How agents worked: in all, by period, by agent. Agents serve several queues: only the site narrows it."""
    return grouped(SUMS, wanted, _performance)


def _performance(row: Mapping[str, Any]) -> Performance:
    value = {name: int(number or 0) for name, number in row.items() if name not in NOT_SUMS}
    handled, signed_in_us, break_us = (value.get(name, 0) for name in ("handled", "signed_in_us", "break_us"))
    worked_us = value.get("service_us", 0) + value.get("walk_us", 0)
    service_n = value.get("service_n", 0)
    return Performance(
        handled=handled,
        served=value.get("served", 0),
        completion=share(value.get("served"), handled),
        no_show=value.get("no_show", 0),
        no_show_share=share(value.get("no_show"), handled),
        transferred=value.get("transferred", 0),
        put_back=value.get("put_back", 0),
        parked=value.get("parked", 0),
        handling_average_s=seconds(worked_us, service_n),
        service_average_s=seconds(value.get("service_us"), service_n),
        signed_in_s=seconds(signed_in_us) or 0.0,
        break_s=seconds(break_us) or 0.0,
        occupancy=share(worked_us, max(0, signed_in_us - break_us)),
    )


NOT_SUMS = frozenset({"level", "period", "agent_id", "part_id", "name"})
