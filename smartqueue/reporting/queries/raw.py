"""Tickets one by one, for those who count themselves."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from smartqueue.reporting.queries.wanted import Wanted, rows_of
from smartqueue.tenants.scope import in_tenant

PART = 5000
FIRST = UUID(int=0)

TICKETS = """
SELECT t.id, t.number, t.day, s.name AS site, q.name AS queue, v.name AS service, t.channel, t.priority, t.status,
    to_char(t.created_at AT TIME ZONE s.time_zone, 'YYYY-MM-DD HH24:MI:SS') AS arrived,
    to_char(t.called_at AT TIME ZONE s.time_zone, 'YYYY-MM-DD HH24:MI:SS') AS called,
    to_char(t.started_at AT TIME ZONE s.time_zone, 'YYYY-MM-DD HH24:MI:SS') AS started,
    to_char(t.ended_at AT TIME ZONE s.time_zone, 'YYYY-MM-DD HH24:MI:SS') AS ended,
    round(extract(epoch FROM t.called_at - t.created_at))::integer AS wait_s,
    CASE WHEN t.status = 'closed'
        THEN greatest(0, round(extract(epoch FROM t.ended_at - t.started_at)) - t.paused_s)::integer END AS service_s,
    coalesce(c.name, '') AS counter, coalesce(a.name, '') AS agent, t.outcome
FROM queueing_ticket t
JOIN queueing_queue q ON q.tenant_id = t.tenant_id AND q.id = t.queue_id
JOIN sites_site s ON s.tenant_id = q.tenant_id AND s.id = q.site_id
JOIN sites_service v ON v.tenant_id = t.tenant_id AND v.id = t.service_id
LEFT JOIN sites_counter c ON c.tenant_id = t.tenant_id AND c.id = t.counter_id
LEFT JOIN queueing_agent a ON a.tenant_id = t.tenant_id AND a.id = t.agent_id
WHERE t.tenant_id = %(tenant)s AND t.day = %(day)s AND t.id > %(after)s
  AND t.queue_id = ANY(
    SELECT id FROM queueing_queue WHERE tenant_id = %(tenant)s
      AND (%(site)s::uuid IS NULL OR site_id = %(site)s) AND (%(queue)s::uuid IS NULL OR id = %(queue)s)
  )
  AND (%(service)s::uuid IS NULL OR t.service_id = %(service)s)
ORDER BY t.id LIMIT %(part)s
"""


def tickets_of(wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Every ticket of the period, day by day, in the order of arrival; nothing personal of who came.

    Enters the scope itself, once for each five thousand tickets. A cursor of PostgreSQL would hold its snapshot as
    long as the reader takes, and a snapshot that is held slows every call of a ticket (docs/decisions/0006); a reader
    who pauses for ten seconds would lose it.
    """
    for number in range((wanted.last - wanted.first).days + 1):
        after: UUID | None = FIRST
        while after is not None:
            values = wanted.parameters() | {
                "day": wanted.first + timedelta(days=number), "after": after, "part": PART,
            }  # fmt: skip
            with in_tenant(wanted.tenant_id):
                rows = rows_of(TICKETS, values)
            yield from rows
            after = rows[-1]["id"] if len(rows) == PART else None
