"""Reports about tickets: how long people waited, what became of them, what they came for and how they came.

Words as the trade uses them (DOMAIN): the wait is from arrival to the call that stands, walk time from call to start of
service, service time from start to end without what was parked. In target: the share of those called who waited no
longer than the target of their priority.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from smartqueue.queueing.states import Channel
from smartqueue.reporting.queries.wanted import Report, Wanted, grouped, seconds, share
from smartqueue.reporting.states import percentiles

# Adding packed numbers merges histograms (states.unpacked). The conditions on parameters are settled before planning.
SUMS = """
WITH sums AS (
    SELECT
        CASE grouping(d.period, d.part) WHEN 3 THEN 'total' WHEN 1 THEN 'period' ELSE 'part' END AS level,
        d.period, d.part,
        sum(d.issued) AS issued, sum(d.called) AS called, sum(d.served) AS served, sum(d.no_show) AS no_show,
        sum(d.cancelled) AS cancelled, sum(d.expired) AS expired, sum(d.live) AS live, sum(d.in_target) AS in_target,
        sum(d.left_line) AS left_line, sum(d.cancelled_by_customer) AS cancelled_by_customer,
        sum(d.wait_us)::bigint AS wait_us, min(d.wait_min_us) AS wait_min_us, max(d.wait_max_us) AS wait_max_us,
        sum(d.service_n) AS service_n, sum(d.service_us)::bigint AS service_us,
        min(d.service_min_us) AS service_min_us, max(d.service_max_us) AS service_max_us,
        sum(d.walk_n) AS walk_n, sum(d.walk_us)::bigint AS walk_us,
        sum(d.by_web) AS web, sum(d.by_mobile) AS mobile, sum(d.by_kiosk) AS kiosk, sum(d.by_sms) AS sms,
        sum(d.by_ussd) AS ussd, sum(d.by_whatsapp) AS whatsapp, sum(d.by_agent) AS agent,
        sum(CASE WHEN %(histograms)s THEN d.wait_histogram END)::text AS wait_histogram,
        sum(CASE WHEN %(histograms)s THEN d.service_histogram END)::text AS service_histogram
    FROM (
        SELECT *, date_trunc(%(granularity)s, day::timestamp)::date AS period,
            CASE WHEN %(by)s = 'queue' THEN queue_id ELSE service_id END AS part
        FROM reporting_queueday
        WHERE tenant_id = %(tenant)s AND day BETWEEN %(first)s AND %(last)s
          AND (%(site)s::uuid IS NULL OR site_id = %(site)s)
          AND (%(queue)s::uuid IS NULL OR queue_id = %(queue)s)
          AND (%(service)s::uuid IS NULL OR service_id = %(service)s)
    ) d
    GROUP BY GROUPING SETS ((), (d.period), (d.part))
)
SELECT sums.*, sums.part AS part_id, coalesce(q.name, s.name, '') AS name
FROM sums
LEFT JOIN queueing_queue q ON %(by)s = 'queue' AND q.tenant_id = %(tenant)s AND q.id = sums.part
LEFT JOIN sites_service s ON %(by)s = 'service' AND s.tenant_id = %(tenant)s AND s.id = sums.part
ORDER BY sums.issued DESC, name, sums.part
"""


@dataclass(frozen=True)
class Waits:
    """How long people waited, walked and were served; seconds. None where nothing was measured."""

    issued: int
    called: int
    wait_average_s: float | None
    wait_min_s: float | None
    wait_max_s: float | None
    wait_p50_s: float | None
    wait_p90_s: float | None
    served: int
    service_average_s: float | None
    service_p50_s: float | None
    service_p90_s: float | None
    walk_average_s: float | None
    in_target: float | None


def wait_report(wanted: Wanted) -> Report[Waits]:
    """Waiting, service and walk times: in all, by period, by service. Percentiles within 2 % (`states.percentiles`)."""
    return grouped(SUMS, wanted, _waits, by="service", histograms=True)


def _waits(row: Mapping[str, Any]) -> Waits:
    called, service_n = row.get("called") or 0, row.get("service_n") or 0
    wait_p50_s, wait_p90_s = _middle(row, "wait", called)
    service_p50_s, service_p90_s = _middle(row, "service", service_n)
    return Waits(
        issued=_count(row, "issued"),
        called=_count(row, "called"),
        wait_average_s=seconds(row.get("wait_us"), called),
        wait_min_s=seconds(row.get("wait_min_us")),
        wait_max_s=seconds(row.get("wait_max_us")),
        wait_p50_s=wait_p50_s,
        wait_p90_s=wait_p90_s,
        served=_count(row, "served"),
        service_average_s=seconds(row.get("service_us"), service_n),
        service_p50_s=service_p50_s,
        service_p90_s=service_p90_s,
        walk_average_s=seconds(row.get("walk_us"), row.get("walk_n")),
        in_target=share(row.get("in_target"), called),
    )


def _middle(row: Mapping[str, Any], of: str, n: int) -> tuple[float | None, float | None]:
    """Median and ninth decile, in seconds to a tenth."""
    if not n:
        return None, None
    least, most = row[f"{of}_min_us"] / 1e6, row[f"{of}_max_us"] / 1e6
    median, ninth = percentiles(row[f"{of}_histogram"], (0.5, 0.9), least, most)
    return round(median, 1), round(ninth, 1)


@dataclass(frozen=True)
class Flow:
    """What became of the people who came: counts by state, and the waits of those called."""

    issued: int
    called: int
    served: int
    no_show: int
    cancelled: int
    expired: int
    live: int
    served_share: float | None
    wait_average_s: float | None
    wait_max_s: float | None
    in_target: float | None


def queue_report(wanted: Wanted) -> Report[Flow]:
    """Volumes, states and waits: in all, by period, by queue."""
    return grouped(SUMS, wanted, _flow, by="queue", histograms=False)


def _flow(row: Mapping[str, Any]) -> Flow:
    called = row.get("called") or 0
    return Flow(
        **{name: _count(row, name) for name in COUNTS},
        served_share=share(row.get("served"), row.get("issued")),
        wait_average_s=seconds(row.get("wait_us"), called),
        wait_max_s=seconds(row.get("wait_max_us")),
        in_target=share(row.get("in_target"), called),
    )


COUNTS = ("issued", "called", "served", "no_show", "cancelled", "expired", "live")


@dataclass(frozen=True)
class Demand:
    """How much a service is asked for, and what it costs: `work_s` is all service time together."""

    issued: int
    served: int
    wait_average_s: float | None
    service_average_s: float | None
    work_s: float


def demand_report(wanted: Wanted) -> Report[Demand]:
    """What people come for: in all, by period, by service."""
    return grouped(SUMS, wanted, _demand, by="service", histograms=False)


def _demand(row: Mapping[str, Any]) -> Demand:
    return Demand(
        issued=_count(row, "issued"),
        served=_count(row, "served"),
        wait_average_s=seconds(row.get("wait_us"), row.get("called")),
        service_average_s=seconds(row.get("service_us"), row.get("service_n")),
        work_s=seconds(row.get("service_us")) or 0.0,
    )


@dataclass(frozen=True)
class DropOff:
    """Who came and was not served. `left_line`: cancelled before any call; `cancelled_by_customer`: not by staff.

    Shares are of all who took a ticket; `dropped` is their sum.
    """

    issued: int
    cancelled: int
    cancelled_by_customer: int
    left_line: int
    no_show: int
    expired: int
    cancelled_share: float | None
    no_show_share: float | None
    expired_share: float | None
    dropped_share: float | None


def dropoff_report(wanted: Wanted) -> Report[DropOff]:
    """People who were not served: in all, by period, by queue."""
    return grouped(SUMS, wanted, _dropoff, by="queue", histograms=False)


def _dropoff(row: Mapping[str, Any]) -> DropOff:
    issued = _count(row, "issued")
    cancelled, no_show, expired = (_count(row, name) for name in ("cancelled", "no_show", "expired"))
    return DropOff(
        issued=issued,
        cancelled=cancelled,
        cancelled_by_customer=_count(row, "cancelled_by_customer"),
        left_line=_count(row, "left_line"),
        no_show=no_show,
        expired=expired,
        cancelled_share=share(cancelled, issued),
        no_show_share=share(no_show, issued),
        expired_share=share(expired, issued),
        dropped_share=share(cancelled + no_show + expired, issued),
    )


@dataclass(frozen=True)
class Channels:
    """How people took their ticket: counts of each channel, and its share."""

    issued: int
    counts: dict[str, int]
    shares: dict[str, float | None]


def channel_report(wanted: Wanted) -> Report[Channels]:
    """The mix of channels: in all, by period, by service."""
    return grouped(SUMS, wanted, _channels, by="service", histograms=False)


def _channels(row: Mapping[str, Any]) -> Channels:
    counts = {channel.value: _count(row, channel.value) for channel in Channel}
    issued = _count(row, "issued")
    return Channels(issued, counts, {name: share(count, issued) for name, count in counts.items()})


def _count(row: Mapping[str, Any], name: str) -> int:
    return int(row.get(name) or 0)
