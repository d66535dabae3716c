"""What happened in a tenant's lines, as a log: to be played to the estimator again."""

from collections.abc import Iterator
from datetime import datetime
from heapq import merge
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from smartqueue.forecast.queries.stream import facts_after, steps_of

AT_ONCE = 20_000
ZONES = """
SELECT q.id, site.time_zone FROM queueing_queue q JOIN sites_site site ON site.id = q.site_id
WHERE q.tenant_id = %s
"""
# Whoever serves several queues is shared by them. Who was eligible for what is known of today only.
STAFF = """
WITH shares AS (
    SELECT agent_id, queue_id, 1.0 / count(*) OVER (PARTITION BY agent_id) AS share FROM queueing_eligibility
    WHERE tenant_id = %(tenant)s
), moves AS (
    SELECT agent_id, opened_at AS at, 1 AS sign FROM queueing_agentsession WHERE tenant_id = %(tenant)s
    UNION ALL
    SELECT agent_id, closed_at, -1 FROM queueing_agentsession
    WHERE tenant_id = %(tenant)s AND closed_at IS NOT NULL
)
SELECT at, queue_id, greatest(0, round(sum(sum(sign * share)) OVER (PARTITION BY queue_id ORDER BY at), 6))::float8
FROM moves JOIN shares USING (agent_id) GROUP BY at, queue_id ORDER BY at, queue_id
"""


class Happened(NamedTuple):
    """One row of a log, in the site's local time without a zone.

    Attributes:
        event: `counters`, `issued`, `called`, `returned` or `left`.
        value: of `counters`.
    """

    at: datetime
    queue_id: UUID
    event: str
    ticket_id: UUID | None
    value: float | None


def history(tenant_id: UUID) -> Iterator[Happened]:
    """Everything, oldest first; in the tenant's scope. Breaks of agents are not in it: their counter counts as open."""
    with connection.cursor() as cursor:
        cursor.execute(ZONES, [tenant_id])
        zones = {queue_id: ZoneInfo(name) for queue_id, name in cursor.fetchall()}
        cursor.execute(STAFF, {"tenant": tenant_id})
        staff = [(at, queue_id, "counters", None, value) for at, queue_id, value in cursor.fetchall()]
    for at, queue_id, event, ticket_id, value in merge(staff, _steps(list(zones)), key=lambda row: row[0]):
        yield Happened(at.astimezone(zones[queue_id]).replace(tzinfo=None), queue_id, event, ticket_id, value)


def _steps(queue_ids: list[UUID]) -> Iterator[tuple[datetime, UUID, str, UUID, None]]:
    """What the journal tells of lines, page by page; a page is put in the order of its instants."""
    followed, more = dict.fromkeys(queue_ids, 0), bool(queue_ids)
    while more:
        facts, more = facts_after(followed, most=AT_ONCE)
        more = more and bool(facts)
        for fact in facts:
            followed[fact.stream_id] = max(followed[fact.stream_id], fact.seq or 0)
        steps = sorted((step for fact in facts for step in steps_of(fact)), key=lambda step: step.at)
        yield from ((step.at, step.queue_id, step.kind, step.ticket_id, None) for step in steps)
