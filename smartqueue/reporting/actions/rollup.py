"""Recompute: the rows of a tenant's queues and days, wholly from raw rows. Nothing is ever counted up.

So the rollup equals the raw rows by construction, recomputing twice is harmless, and a process that dies in the middle
has changed nothing: all tables of a tenant are one transaction.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg import sql

from smartqueue.reporting.actions.statements import AGENT_DAYS, OF_QUEUES, SATISFACTION_DAYS
from smartqueue.tenants.scope import in_tenant

TICKETS_AT_ONCE = 40_000
"""A statement may take 15 seconds, and others wait for a lock for 5; so many tickets take one or two."""

QUEUE_DAYS_AT_ONCE = 300
"""Of some hundred tickets each."""

QueueDays = set[tuple[UUID, date]]


@dataclass
class Touched:
    """What has to be recomputed in one tenant.

    Attributes:
        queue_days: queues and local days whose tickets have moved.
        agent_days: local days on which an agent came, went, paused or served.
        answered: queues and local days on which somebody gave an answer.
    """

    queue_days: QueueDays = field(default_factory=set)
    agent_days: set[date] = field(default_factory=set)
    answered: QueueDays = field(default_factory=set)

    def portions(self) -> Iterator["Touched"]:
        """The same in parts of whole days, each small enough for one transaction."""
        days = sorted({day for _queue, day in self.queue_days | self.answered} | self.agent_days)
        part, size = Touched(), 0
        for day in days:
            moved = {pair for pair in self.queue_days if pair[1] == day}
            answered = {pair for pair in self.answered if pair[1] == day}
            if size and size + len(moved) > QUEUE_DAYS_AT_ONCE:
                yield part
                part, size = Touched(), 0
            part.queue_days |= moved
            part.answered |= answered
            part.agent_days |= {day} & self.agent_days
            size += len(moved)
        yield part


def recompute(*, tenant_id: UUID, touched: Touched, at: datetime) -> None:
    """Put rows made anew in the place of those of what was touched. One transaction, one at a time in a tenant.

    The lock comes before the raw rows are read, so that whoever writes last has seen the most.

    Args:
        at: until when a stay at a counter that still goes on counts.
    """
    with in_tenant(tenant_id):
        _lock(tenant_id)
        _replace_rows(tenant_id, touched, at)


def rebuild(*, tenant_id: UUID, at: datetime) -> int:
    """Recompute all days of a tenant, some weeks in each transaction; what has no raw rows goes.

    Returns:
        How many days of a queue there are.
    """
    found = _all_days(tenant_id)
    if found is None:
        return 0
    first, end, tickets = found
    written, days = 0, (end - first).days + 1
    at_once = timedelta(days=max(1, min(days, days * TICKETS_AT_ONCE // max(tickets, 1))))
    while first <= end:
        last = min(first + at_once - timedelta(days=1), end)
        with in_tenant(tenant_id):
            _lock(tenant_id)
            touched = everything(tenant_id, first, last)
            _replace_rows(tenant_id, touched, at)
        written += len(touched.queue_days)
        first = last + timedelta(days=1)
    return written


def everything(tenant_id: UUID, first: date, last: date) -> Touched:
    """Every queue and every day from `first` to `last`, of tickets or not; inside the tenant's scope."""
    dates = {first + timedelta(days=n) for n in range((last - first).days + 1)}
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM queueing_queue WHERE tenant_id = %s", [tenant_id])
        pairs = {(queue_id, day) for (queue_id,) in cursor.fetchall() for day in dates}
    return Touched(queue_days=pairs, agent_days=dates, answered=set(pairs))


ALL_DAYS = """
SELECT min(first), max(last), sum(tickets)::integer FROM (
    SELECT min(t.day) AS first, max(t.day) AS last, count(*) AS tickets
    FROM queueing_queue q JOIN queueing_ticket t ON t.tenant_id = q.tenant_id AND t.queue_id = q.id
    WHERE q.tenant_id = %(tenant)s
    UNION ALL SELECT min(opened_at)::date - 1, max(opened_at)::date + 1, 0
    FROM queueing_agentsession WHERE tenant_id = %(tenant)s
    UNION ALL SELECT min(created_at)::date - 1, max(created_at)::date + 1, 0
    FROM feedback_feedback WHERE tenant_id = %(tenant)s
    UNION ALL SELECT min(day), max(day), 0 FROM reporting_queueday WHERE tenant_id = %(tenant)s
) raw
"""


def _all_days(tenant_id: UUID) -> tuple[date, date, int] | None:
    """The first and the last local day of which there can be anything, and how many tickets there are."""
    with in_tenant(tenant_id), connection.cursor() as cursor:
        cursor.execute(ALL_DAYS, {"tenant": tenant_id})
        first, last, tickets = cursor.fetchone()
    return (first, last, tickets) if first else None


# Few of very many rows, nearly always: with poor statistics the planner would read all tickets for one day's.
LOCK = "SELECT set_config('enable_seqscan', 'off', true), pg_advisory_xact_lock(hashtextextended(%s, 0))"


def _lock(tenant_id: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [f"reporting {tenant_id}"])


FORGET = sql.SQL(
    "DELETE FROM {table} d USING unnest(%(queues)s::uuid[], %(days)s::date[]) gone (queue_id, day)"
    " WHERE d.tenant_id = %(tenant)s AND d.queue_id = gone.queue_id AND d.day = gone.day"
)
FORGET_DATES = "DELETE FROM reporting_agentday WHERE tenant_id = %(tenant)s AND day = ANY(%(dates)s)"


def _replace_rows(tenant_id: UUID, touched: Touched, at: datetime) -> None:
    for table, statement in OF_QUEUES.items():
        _replace_pairs(table, statement, tenant_id, touched.queue_days)
    _replace_pairs("reporting_satisfactionday", SATISFACTION_DAYS, tenant_id, touched.answered)
    if touched.agent_days:
        values: dict[str, Any] = {"tenant": tenant_id, "dates": sorted(touched.agent_days), "at": at}
        with connection.cursor() as cursor:
            cursor.execute(FORGET_DATES, values)
            cursor.execute(AGENT_DAYS, values)


def _replace_pairs(table: str, statement: str, tenant_id: UUID, pairs: QueueDays) -> None:
    if not pairs:
        return
    ordered = sorted(pairs, key=lambda pair: (pair[1], pair[0]))
    values: dict[str, Any] = {
        "tenant": tenant_id,
        "queues": [queue_id for queue_id, _day in ordered],
        "days": [day for _queue_id, day in ordered],
    }
    with connection.cursor() as cursor:
        cursor.execute(FORGET.format(table=sql.Identifier(table)), values)
        cursor.execute(statement, values)
