"""When people come: weekday by hour, and today against its weekday."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from smartqueue.reporting.queries.wanted import Wanted, rows_of, seconds, share

CELLS = """
SELECT extract(isodow FROM day)::integer AS weekday, hour, sum(issued)::integer AS issued,
    sum(called)::integer AS called, sum(in_target)::integer AS in_target, sum(wait_us)::bigint AS wait_us
FROM reporting_queuehour
WHERE tenant_id = %(tenant)s AND day BETWEEN %(first)s AND %(last)s
  AND (%(site)s::uuid IS NULL OR site_id = %(site)s)
  AND (%(queue)s::uuid IS NULL OR queue_id = %(queue)s)
  AND (%(service)s::uuid IS NULL OR service_id = %(service)s)
GROUP BY 1, 2 ORDER BY 1, 2
"""


@dataclass(frozen=True)
class HeatCell:
    """One hour of one weekday (Monday = 1), by the hour of arrival. `arrivals`: people who came in such an hour on
    average, over all such weekdays of the period, also those on which nobody came."""

    weekday: int
    hour: int
    issued: int
    arrivals: float
    wait_average_s: float | None
    in_target: float | None


@dataclass(frozen=True)
class HeatMap:
    """Hours without anybody have no cell."""

    wanted: Wanted
    cells: list[HeatCell]


def heat_map(wanted: Wanted) -> HeatMap:
    """Arrivals and waits by weekday and hour, local time."""
    days = (wanted.last - wanted.first).days + 1
    such_days = Counter((wanted.first + timedelta(days=n)).isoweekday() for n in range(days))
    cells = [
        HeatCell(
            weekday=row["weekday"],
            hour=row["hour"],
            issued=row["issued"],
            arrivals=round(row["issued"] / such_days[row["weekday"]], 1),
            wait_average_s=seconds(row["wait_us"], row["called"]),
            in_target=share(row["in_target"], row["called"]),
        )
        for row in rows_of(CELLS, wanted.parameters())
    ]
    return HeatMap(wanted, cells)


TODAY = """
SELECT hour, coalesce(sum(issued) FILTER (WHERE day = %(last)s), 0)::integer AS issued,
    coalesce(sum(issued) FILTER (WHERE day < %(last)s), 0)::integer AS before
FROM reporting_queuehour
WHERE tenant_id = %(tenant)s AND day = ANY(%(days)s::date[])
  AND (%(site)s::uuid IS NULL OR site_id = %(site)s)
  AND (%(queue)s::uuid IS NULL OR queue_id = %(queue)s)
  AND (%(service)s::uuid IS NULL OR service_id = %(service)s)
GROUP BY hour ORDER BY hour
"""


@dataclass(frozen=True)
class Today:
    """Arrivals of each hour, 24 of them: `issued` on the day, `usual` on average on that weekday before."""

    issued: list[int]
    usual: list[float]


def arrivals_today(wanted: Wanted, *, weeks: int = 4) -> Today:
    """Arrivals by hour on `wanted.last`, beside the mean of the same weekday in the weeks before."""
    days = [wanted.last - timedelta(weeks=n) for n in range(weeks + 1)]
    rows = {row["hour"]: row for row in rows_of(TODAY, wanted.parameters() | {"days": days})}
    return Today(
        issued=[rows[hour]["issued"] if hour in rows else 0 for hour in range(24)],
        usual=[round(rows[hour]["before"] / weeks, 1) if hour in rows else 0.0 for hour in range(24)],
    )
