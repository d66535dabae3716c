"""Queues as an estimate needs them: who waits in the real calling order, and who serves. No query per queue."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from psycopg import Cursor

from smartqueue.queueing.states import Priority, QueueStatus, Strategy
from smartqueue.sites.queries import Opening, openings

RECENT = timedelta(hours=1)
"""How far back arrivals are counted, for how many will come who go before others."""

Key = tuple[int, float, str]
"""Where a ticket stands in its queue's calling order, with its id: the smaller is called first."""


class Waiting(NamedTuple):
    """Somebody in the line. Instants are seconds since 1970: ten thousand of them are made for each look.

    Attributes:
        joined_s: since when in this line; of a ticket that was transferred, since then.
        lane, line_s: as the ticket's `lane` and `line_at`.
    """

    key: Key
    joined_s: float
    lane: int
    line_s: float


@dataclass(frozen=True, slots=True)
class Situation:
    """A queue at one instant.

    Attributes:
        duration_s: what its service is said to take; pace_s: what serving one person took lately, None where nothing
            has been learnt.
        counters: how many serve it now. An agent who also serves other queues in which somebody waits is a fraction.
        changes: (in so many seconds, counters from then on); closing is a change to 0.
        closes_in_s: until the site closes, None when it is closed already or stays open for a week; whoever is in line
            is still served for `closing_grace_s` after it.
        line: first to be called first.
        passes: for each of them, how many people enter before it per minute; empty for none.
    """

    queue_id: UUID
    service_id: UUID
    time_zone: str
    duration_s: float
    pace_s: float | None
    counters: float
    changes: tuple[tuple[float, float], ...]
    closes_in_s: float | None
    line: list[Waiting]
    passes: list[float] = field(default_factory=list)

    @property
    def ticket_ids(self) -> list[UUID]:
        return [UUID(one.key[2]) for one in self.line]


def situation_of(queue_ids: Sequence[UUID], *, at: datetime) -> dict[UUID, Situation]:
    """These queues of the tenant in scope, as they are now. At most five queries, however many queues.

    Args:
        at: the instant, for ages, opening hours and calling orders that grow with the wait.
    """
    if not queue_ids:
        return {}
    queues = _queues(queue_ids)
    lines = _columns(LINES, queues=list(queue_ids), at=at)
    left_s = _time_left(queues, at)
    arrivals = _arrivals([q["id"] for q in queues if _may_be_passed(q)], at)
    found = {}
    for q in queues:
        line = lines.get(q["id"], [])
        closes_in_s, serves_for_s = left_s[q["id"]]
        counters = q["counters"] if _is_served(q, line, serves_for_s) else 0.0
        found[q["id"]] = Situation(
            q["id"], q["service_id"], q["time_zone"], float(q["duration_s"]), q["pace_s"], counters,
            () if serves_for_s is None or not counters else ((serves_for_s, 0.0),),
            closes_in_s, line, passes_of(q, line, arrivals.get(q["id"], {}), at),
        )  # fmt: skip
    return found


# Whoever serves several queues is shared by those in which somebody waits, and by this one.
QUEUES = """
WITH lines AS MATERIALIZED (
    SELECT q.id FROM queueing_queue q
    WHERE EXISTS (SELECT FROM queueing_ticket t WHERE t.queue_id = q.id AND t.status = 'waiting')
), serving AS MATERIALIZED (
    SELECT e.queue_id, e.agent_id FROM queueing_eligibility e JOIN queueing_agent a ON a.id = e.agent_id
    WHERE a.is_active AND a.status IN ('available', 'busy')
), shared AS MATERIALIZED (
    SELECT s.agent_id, array_agg(s.queue_id) AS lines FROM serving s JOIN lines ON lines.id = s.queue_id
    GROUP BY s.agent_id
)
SELECT q.*, site.time_zone, v.duration_s, p.seconds AS pace_s, (
    SELECT coalesce(sum(1.0 / (1 + cardinality(array_remove(coalesce(shared.lines, '{}'), q.id)))), 0)::float8
    FROM serving s LEFT JOIN shared USING (agent_id) WHERE s.queue_id = q.id
) AS counters
FROM queueing_queue q
JOIN sites_site site ON site.id = q.site_id
JOIN sites_service v ON v.id = q.service_id
LEFT JOIN queueing_servicepace p ON p.queue_id = q.id
WHERE q.id = ANY(%(queues)s)
ORDER BY q.id
"""

STANDING = """
SELECT queue_id, array_agg(band), array_agg(score), array_agg(id::text), array_agg(joined), array_agg(lane),
    array_agg(line)
FROM (
    SELECT t.queue_id, t.id, queueing_band(q.strategy, q.urgent_first, t.lane) AS band,
        queueing_score(q, t.lane, t.line_at, %(at)s) AS score, t.lane,
        extract(epoch FROM t.line_at)::float8 AS line,
        extract(epoch FROM CASE WHEN t.origin_id = t.queue_id THEN t.created_at
            ELSE coalesce((SELECT e.asked_at FROM forecast_estimate e WHERE e.tenant_id = t.tenant_id
                AND e.ticket_id = t.id AND e.queue_id = t.queue_id), t.created_at) END)::float8 AS joined
    FROM queueing_ticket t JOIN queueing_queue q ON q.id = t.queue_id
    WHERE {who}
) one GROUP BY queue_id
"""
LINES = STANDING.format(who="t.queue_id = ANY(%(queues)s) AND t.status = 'waiting'")
TICKETS = STANDING.format(who="t.id = ANY(%(tickets)s)")

ARRIVALS = """
SELECT queue_id, priority, count(*) FROM queueing_ticket
WHERE queue_id = ANY(%(queues)s) AND created_at > %(since)s AND created_at <= %(at)s GROUP BY 1, 2
"""


def standing(ticket_ids: Sequence[UUID], *, at: datetime) -> dict[UUID, Waiting]:
    """Where these tickets stand, or would stand, in the line of the queue they are in."""
    tickets = _columns(TICKETS, tickets=list(ticket_ids), at=at)
    return {UUID(one.key[2]): one for line in tickets.values() for one in line}


def _queues(queue_ids: Sequence[UUID]) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(QUEUES, {"queues": list(queue_ids)})
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _columns(statement: str, **values: Any) -> dict[UUID, list[Waiting]]:
    """Queue → its tickets, first to be called first. In columns and binary: as rows, 10,000 take 100 ms, not 15."""
    connection.ensure_connection()
    with connection.wrap_database_errors, Cursor(connection.connection) as cursor:
        if connection.queries_logged:
            connection.queries_log.append({"sql": statement, "time": ""})
        cursor.execute(statement, values, binary=True)
        return {queue_id: _in_order(*columns) for queue_id, *columns in cursor.fetchall()}


def _in_order(bands: Sequence[int], scores: Sequence[float], ids: Sequence[str], *rest: Sequence[Any]) -> list[Waiting]:
    keys = zip(bands, scores, ids, strict=True)
    return sorted(map(Waiting, keys, *rest))


def _ask(statement: str, **values: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def _is_served(q: dict[str, Any], line: Sequence[Waiting], serves_for_s: float | None) -> bool:
    """A paused or closed queue takes nobody new; who is in line is still served."""
    takes_more = q["is_active"] and q["status"] == QueueStatus.OPEN
    return (takes_more or bool(line)) and (serves_for_s is None or serves_for_s > 0)


def _time_left(queues: Sequence[dict[str, Any]], at: datetime) -> dict[UUID, tuple[float | None, float | None]]:
    """Queue → seconds until the site closes, and until the last in line is served: its grace longer.

    A site that has closed within the grace of its queues is asked for the spell that has just ended.
    """
    now = openings(sorted({q["site_id"] for q in queues}), at)
    longest = timedelta(seconds=max((q["closing_grace_s"] for q in queues), default=0))
    shut = sorted(site_id for site_id, opening in now.items() if not opening.is_open)
    before = openings(shut, at - longest) if shut and longest else {}
    return {q["id"]: _left(q["closing_grace_s"], now.get(q["site_id"]), before.get(q["site_id"]), at) for q in queues}


def _left(
    grace_s: float, now: Opening | None, before: Opening | None, at: datetime
) -> tuple[float | None, float | None]:
    if now and now.is_open:
        closes_in_s = (now.closes_at - at).total_seconds() if now.closes_at else None
        return closes_in_s, None if closes_in_s is None else closes_in_s + grace_s
    if before and before.closes_at:
        return None, max(0.0, (before.closes_at - at).total_seconds() + grace_s)
    return None, 0.0


def _may_be_passed(q: dict[str, Any]) -> bool:
    return bool(q["strategy"] != Strategy.FIFO or q["urgent_first"])


def _arrivals(queue_ids: Sequence[UUID], at: datetime) -> dict[UUID, dict[int, float]]:
    """Queue → priority → people per minute who took a ticket within the last hour."""
    rates: defaultdict[UUID, dict[int, float]] = defaultdict(dict)
    if queue_ids:
        for queue_id, priority, count in _ask(ARRIVALS, queues=list(queue_ids), since=at - RECENT, at=at):
            rates[queue_id][priority] = count / (RECENT.total_seconds() / 60)
    return rates


def passes_of(q: dict[str, Any], line: Sequence[Waiting], rates: dict[int, float], at: datetime) -> list[float]:
    """For each in line, how many people per minute will enter before it, if they keep coming as in the last hour.

    Urgent before everyone, and strict priority: all of the higher classes. Wait targets: those of a class whose target
    is shorter than what is left until this ticket's own deadline. Growing priority: someone whose minutes count r times
    as much as mine passes me if he comes within the first 1 - 1/r of my wait. Whoever was put back first is passed by
    nobody.

    Args:
        rates: priority → people per minute.
    """
    if not any(rates.get(priority) for priority in (Priority.ELEVATED, Priority.URGENT)):
        return []
    return [sum(rate * _share(q, one, priority, at) for priority, rate in rates.items()) for one in line]


def _share(q: dict[str, Any], mine: Waiting, priority: int, at: datetime) -> float:
    """What share of those who arrive with this priority goes before this ticket."""
    if mine.lane not in Priority.values or priority <= mine.lane:
        return 0.0
    if q["urgent_first"] and priority == Priority.URGENT:
        return 1.0
    match q["strategy"]:
        case Strategy.PRIORITY:
            return 1.0
        case Strategy.SLA:
            left_s = _target_s(q, mine.lane) - (at.timestamp() - mine.line_s)
            return float(left_s > _target_s(q, priority))
        case Strategy.MIXED:
            return max(0.0, 1 - _rate(q, mine.lane) / _rate(q, priority))
        case _:
            return 0.0


def _target_s(q: dict[str, Any], lane: int) -> float:
    return float(q[{0: "wait_target_s", 5: "elevated_target_s", 10: "urgent_target_s"}[lane]])


def _rate(q: dict[str, Any], lane: int) -> float:
    return float({0: 1.0, 5: q["elevated_rate"], 10: q["urgent_rate"]}[lane])
