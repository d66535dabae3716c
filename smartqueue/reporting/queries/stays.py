"""A site's visits and its agents' stays at the counters, as the staffing advice replays them."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from statistics import median_low
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from smartqueue.reporting.queries.replayed import Person, Seat

DAY_S = 86_400.0

# The tenant stands in every condition beside the policy: then the planner uses the indexes (docs/decisions/0002).
VISITS = """
SELECT t.queue_id, t.day, t.agent_id, t.status, t.priority, t.origin_id <> t.queue_id,
    date_part('epoch', (t.created_at AT TIME ZONE s.time_zone) - t.day),
    date_part('epoch', (t.called_at AT TIME ZONE s.time_zone) - t.day),
    date_part('epoch', (t.ended_at AT TIME ZONE s.time_zone) - t.day), t.paused_s,
    q.strategy, q.urgent_first,
    CASE t.priority WHEN 10 THEN q.urgent_target_s WHEN 5 THEN q.elevated_target_s ELSE q.wait_target_s END
FROM sites_site s
JOIN queueing_queue q ON q.tenant_id = s.tenant_id AND q.site_id = s.id
JOIN queueing_ticket t ON t.tenant_id = q.tenant_id AND t.queue_id = q.id
WHERE s.tenant_id = %(tenant)s AND s.id = %(site)s AND q.tenant_id = %(tenant)s AND t.tenant_id = %(tenant)s
  AND t.day BETWEEN %(first)s AND %(last)s AND t.ended_at IS NOT NULL
ORDER BY t.day, t.created_at, t.id
"""
STAYS = """
SELECT a.agent_id, day::date, date_part('epoch', (a.opened_at AT TIME ZONE s.time_zone) - day),
    date_part('epoch', (a.closed_at AT TIME ZONE s.time_zone) - day)
FROM sites_site s
JOIN sites_counter c ON c.tenant_id = s.tenant_id AND c.site_id = s.id
JOIN queueing_agentsession a ON a.tenant_id = c.tenant_id AND a.counter_id = c.id
CROSS JOIN LATERAL generate_series(
    greatest((a.opened_at AT TIME ZONE s.time_zone)::date, %(first)s)::timestamp,
    least((a.closed_at AT TIME ZONE s.time_zone)::date, %(last)s)::timestamp, '1 day') AS day
WHERE s.tenant_id = %(tenant)s AND s.id = %(site)s AND a.tenant_id = %(tenant)s
  AND a.opened_at < %(last)s::date + 2 AND (a.closed_at IS NULL OR a.closed_at > %(first)s::date - 1)
ORDER BY a.agent_id, a.opened_at, day
"""
STATUS = """
SELECT e.object_id, day::date, date_part('epoch', (e.at AT TIME ZONE s.time_zone) - day), e.after ->> 'status'
FROM sites_site s
JOIN journal_entry e ON e.tenant_id = s.tenant_id
CROSS JOIN LATERAL (SELECT date_trunc('day', e.at AT TIME ZONE s.time_zone) AS day) d
WHERE s.tenant_id = %(tenant)s AND s.id = %(site)s AND e.tenant_id = %(tenant)s
  AND e.object_id = ANY(%(agents)s) AND e.version IS NULL AND e.fact = 'agent.status_updated'
  AND e.at BETWEEN %(first)s::date - 1 AND %(last)s::date + 2
ORDER BY e.object_id, e.at, e.id
"""


@dataclass(frozen=True, slots=True)
class Visit:
    """One finished ticket. Instants are seconds since the local midnight of `day`."""

    queue_id: UUID
    day: date
    agent_id: UUID | None
    came: float
    called: float | None
    work_s: float
    target_s: int
    was_sent_here: bool
    person: Person

    @property
    def counts(self) -> bool:
        """Called, in the line that the person came to: the wait is this line's."""
        return self.called is not None and not self.was_sent_here

    @property
    def wait_s(self) -> float:
        return 0.0 if self.called is None else self.called - self.came


@dataclass(frozen=True, slots=True)
class AgentDay:
    """When an agent was at a counter of the site and not on a break."""

    agent_id: UUID
    day: date
    stays: Seat


def site_days(*, tenant_id: UUID, site_id: UUID, first: date, last: date) -> tuple[list[Visit], list[AgentDay]]:
    """All finished visits of the site on these local days, and its agents' stays.

    Three queries. Call it inside the tenant's scope.
    """
    values: dict[str, Any] = {"tenant": tenant_id, "site": site_id, "first": first, "last": last}
    with connection.cursor() as cursor:
        cursor.execute(VISITS, values)
        visits = list(_visits(map(Row._make, cursor.fetchall())))
        cursor.execute(STAYS, values)
        stays = cursor.fetchall()
        cursor.execute(STATUS, values | {"agents": sorted({row[0] for row in stays})})
        breaks = _breaks(cursor.fetchall())
    found: defaultdict[tuple[UUID, date], list[tuple[float, float]]] = defaultdict(list)
    for agent_id, day, opened, closed in stays:
        found[agent_id, day].append((max(0.0, opened), DAY_S if closed is None else min(DAY_S, closed)))
    return visits, [
        AgentDay(agent_id, day, tuple(without(spans, breaks.get((agent_id, day), []))))
        for (agent_id, day), spans in found.items()
    ]


class Row(NamedTuple):
    """What `VISITS` answers."""

    queue_id: UUID
    day: date
    agent_id: UUID | None
    status: str
    priority: int
    was_sent_here: bool
    came: float
    called: float | None
    ended: float
    paused_s: int
    strategy: str
    urgent_first: bool
    target_s: int

    @property
    def work_s(self) -> float:
        """What the agent was kept busy: from the call to the end, without the time parked."""
        return 0.0 if self.called is None else max(1.0, self.ended - self.called - self.paused_s)

    @property
    def turn(self) -> tuple[float, float]:
        """Place in the calling order: a band, then an instant. Priority that grows with the wait is taken for `sla`."""
        if self.urgent_first and self.priority == 10:
            return 0, self.came
        if self.strategy == "priority":
            return 100 - self.priority, self.came
        return 100, self.came + (self.target_s if self.strategy in {"sla", "mixed"} else 0)


def _visits(rows: Iterable[Row]) -> Iterator[Visit]:
    """Whoever left before the call would have taken what the others did: the median of the queue."""
    kept = list(rows)
    works: defaultdict[UUID, list[float]] = defaultdict(list)
    for row in kept:
        if row.called is not None:
            works[row.queue_id].append(row.work_s)
    usual = {queue_id: median_low(found) for queue_id, found in works.items()}
    for row in kept:
        left = row.called is None
        person = Person(
            at=row.called if row.was_sent_here and row.called is not None else row.came,
            turn=row.turn,
            work_s=usual.get(row.queue_id, 300.0) if left else row.work_s,
            leaves=row.ended if left else math.inf,
            target_s=row.target_s,
            counts=not row.was_sent_here,
        )
        yield Visit(
            row.queue_id, row.day, row.agent_id, row.came, row.called, row.work_s, row.target_s, row.was_sent_here,
            person,
        )  # fmt: skip


def _breaks(rows: Iterable[tuple[UUID, date, float, str]]) -> dict[tuple[UUID, date], list[tuple[float, float]]]:
    """From a status that is a break to the next one, day by day."""
    breaks: defaultdict[tuple[UUID, date], list[tuple[float, float]]] = defaultdict(list)
    since: dict[tuple[UUID, date], float] = {}
    for agent_id, moment, at, status in rows:
        key = agent_id, moment
        if key in since:
            breaks[key].append((since.pop(key), at))
        if status == "paused":
            since[key] = at
    for key, at in since.items():
        breaks[key].append((at, DAY_S))
    return breaks


def without(
    spans: Iterable[tuple[float, float]], breaks: Iterable[tuple[float, float]]
) -> Iterator[tuple[float, float]]:
    """The spans with the breaks cut out."""
    left = sorted(spans)
    for start, end in sorted(breaks):
        cut = [((since, min(to, start)), (max(since, end), to)) for since, to in left]
        left = sorted({piece for pieces in cut for piece in pieces if piece[0] < piece[1]})
    yield from left
