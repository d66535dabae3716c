"""Keeping up: what the journal says was touched is recomputed, and nothing that commits late is missed."""

import logging
from collections import defaultdict
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import DatabaseError, connection, connections, transaction

from smartqueue.reporting.actions.rollup import QueueDays, Touched, recompute
from smartqueue.reporting.models import Watermark
from smartqueue.tenants.queries import active_tenant_ids
from smartqueue.tenants.scope import in_tenant

logger = logging.getLogger(__name__)

LATE_BY = timedelta(minutes=2)
"""No transaction of the house lives that long: PostgreSQL ends statements after 15 seconds and idling after 10."""

ENTRIES_AT_ONCE = 50_000
"""After a day without a worker the journal is caught up with in runs of this size, well below a statement's limit."""

ENDED_WITHIN = timedelta(minutes=30)
"""`finalise_yesterdays` runs every quarter of an hour: two of its runs see a day that has just ended."""


def calculate_queue_metrics(*, at: datetime, late_by: timedelta = LATE_BY) -> int:
    """Recompute what has been touched since the safe mark. Two at once do the same twice; one that dies has done part.

    Entries between the safe mark and the newest are looked at again by each run until the mark has passed them.

    Args:
        at: the instant, timezone-aware.
        late_by: how long after a higher id was seen a lower one may still become visible.

    Returns:
        How many tenants were recomputed.
    """
    since = _safe_mark()
    newest, touched = _touched_since(since)
    failed = [tenant_id for tenant_id, what in touched.items() if not _may_recompute(tenant_id, what, at)]
    if not failed:
        _move_mark(newest, at, late_by)
    return len(touched) - len(failed)


def finalise_yesterdays(*, at: datetime) -> int:
    """Recompute the local day that has just ended at each site: stays over midnight, and whatever was missed.

    Returns:
        How many tenants had a site whose day has ended within the last half hour.
    """
    ended = _ended_days(at)
    return sum(_may_recompute(tenant_id, what, at) for tenant_id, what in ended.items())


def aggregate_satisfaction(*, at: datetime) -> int:
    """Recompute the answers of yesterday and today in every tenant. Returns how many tenants succeeded."""
    done = 0
    for tenant_id in active_tenant_ids():
        with in_tenant(tenant_id):
            answered = _answered_lately(tenant_id, at)
        done += _may_recompute(tenant_id, Touched(answered=answered), at)
    return done


def _may_recompute(tenant_id: UUID, touched: Touched, at: datetime) -> bool:
    """One tenant's trouble does not keep the others waiting."""
    try:
        for part in touched.portions():
            recompute(tenant_id=tenant_id, touched=part, at=at)
    except DatabaseError:
        logger.exception("recomputing the reports of tenant %s failed", tenant_id)
        return False
    return True


def _safe_mark() -> int:
    return Watermark.objects.using("platform").values_list("entry_id", flat=True).get()


def _move_mark(newest: int, at: datetime, late_by: timedelta) -> None:
    """Note the newest entry, and let the safe mark pass what was the newest long enough ago."""
    with transaction.atomic(using="platform"):
        mark = Watermark.objects.using("platform").select_for_update().get()
        seen = [(int(entry_id), datetime.fromisoformat(when)) for entry_id, when in mark.seen]
        if newest > max([mark.entry_id, *(entry_id for entry_id, _when in seen)]):
            seen.append((newest, at))
        passed = [entry_id for entry_id, when in seen if when <= at - late_by]
        mark.entry_id = max([mark.entry_id, *passed])
        mark.seen = [[entry_id, when.isoformat()] for entry_id, when in seen if entry_id > mark.entry_id]
        mark.save(using="platform")


# A ticket's row says where it stands now; its entries say where it stood before.
MOVED = """
SELECT DISTINCT t.tenant_id, stood.queue_id, t.day
FROM journal_entry e
JOIN queueing_ticket t ON t.id = e.object_id AND t.tenant_id = e.tenant_id
CROSS JOIN LATERAL (
    VALUES (t.queue_id), (e.queue_id), ((e.before ->> 'queue_id')::uuid), (t.origin_id)
) stood (queue_id)
WHERE e.id > %(since)s AND e.id <= %(newest)s AND e.object_type = 'ticket' AND stood.queue_id IS NOT NULL
UNION
SELECT q.tenant_id, q.id, (e.at AT TIME ZONE s.time_zone)::date
FROM journal_entry e
JOIN queueing_queue q ON q.id = e.object_id AND q.tenant_id = e.tenant_id
JOIN sites_site s ON s.tenant_id = q.tenant_id AND s.id = q.site_id
WHERE e.id > %(since)s AND e.id <= %(newest)s AND e.fact = 'queue.updated'
"""
SERVED = """
SELECT DISTINCT e.tenant_id, (e.at AT TIME ZONE s.time_zone)::date
FROM journal_entry e JOIN sites_site s ON s.tenant_id = e.tenant_id
WHERE e.id > %(since)s AND e.id <= %(newest)s AND e.fact = 'agent.status_updated'
"""
ANSWERED = """
SELECT f.tenant_id, f.queue_id, (f.created_at AT TIME ZONE s.time_zone)::date
FROM journal_entry e
JOIN feedback_feedback f ON f.id = e.object_id AND f.tenant_id = e.tenant_id
JOIN queueing_queue q ON q.tenant_id = f.tenant_id AND q.id = f.queue_id
JOIN sites_site s ON s.tenant_id = f.tenant_id AND s.id = q.site_id
WHERE e.id > %(since)s AND e.id <= %(newest)s AND e.object_type = 'feedback'
"""


def _touched_since(since: int) -> tuple[int, dict[UUID, Touched]]:
    """The newest entry that was looked at, and what those after `since` are about; across tenants, on the platform
    connection."""
    touched: defaultdict[UUID, Touched] = defaultdict(Touched)
    with transaction.atomic(using="platform"), connections["platform"].cursor() as cursor:
        cursor.execute(
            "SELECT least(coalesce(max(id), 0), %s), set_config('enable_seqscan', 'off', true) FROM journal_entry",
            [since + ENTRIES_AT_ONCE],
        )
        newest, _off = cursor.fetchone()
        values = {"since": since, "newest": newest}
        cursor.execute(MOVED, values)
        for tenant_id, queue_id, day in cursor.fetchall():
            touched[tenant_id].queue_days.add((queue_id, day))
            touched[tenant_id].agent_days.add(day)
        cursor.execute(SERVED, values)
        for tenant_id, day in cursor.fetchall():
            touched[tenant_id].agent_days.add(day)
        cursor.execute(ANSWERED, values)
        for tenant_id, queue_id, day in cursor.fetchall():
            touched[tenant_id].answered.add((queue_id, day))
    return newest, dict(touched)


ENDED = """
SELECT q.tenant_id, q.id, (%(at)s AT TIME ZONE s.time_zone)::date - 1
FROM sites_site s
JOIN tenants_tenant t ON t.id = s.tenant_id AND t.is_active
JOIN queueing_queue q ON q.tenant_id = s.tenant_id AND q.site_id = s.id
WHERE (%(at)s AT TIME ZONE s.time_zone)::time < make_interval(secs => %(within_s)s)::time
"""


def _ended_days(at: datetime) -> dict[UUID, Touched]:
    """Yesterday at the sites where midnight was within the last half hour."""
    touched: defaultdict[UUID, Touched] = defaultdict(Touched)
    with transaction.atomic(using="platform"), connections["platform"].cursor() as cursor:
        cursor.execute(ENDED, {"at": at, "within_s": ENDED_WITHIN.total_seconds()})
        for tenant_id, queue_id, day in cursor.fetchall():
            touched[tenant_id].queue_days.add((queue_id, day))
            touched[tenant_id].answered.add((queue_id, day))
            touched[tenant_id].agent_days.add(day)
    return dict(touched)


def _answered_lately(tenant_id: UUID, at: datetime) -> QueueDays:
    today: date = at.date()
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM queueing_queue WHERE tenant_id = %s", [tenant_id])
        queue_ids = [queue_id for (queue_id,) in cursor.fetchall()]
    return {(queue_id, today + timedelta(days=n)) for queue_id in queue_ids for n in (-2, -1, 0, 1)}
