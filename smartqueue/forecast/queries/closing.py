"""Who may come too late: the warning before a ticket is taken."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from smartqueue.sites.queries import openings

JOINING = """
SELECT q.id, q.site_id, q.closing_grace_s, e.eta_high_seconds
FROM queueing_queue q
CROSS JOIN LATERAL (
    SELECT count(*) AS waiting FROM queueing_ticket t WHERE t.queue_id = q.id AND t.status = 'waiting'
) l
CROSS JOIN LATERAL queueing_wait_to_join(q.id, l.waiting) e
WHERE q.id = ANY (%s) AND e.eta_high_seconds IS NOT NULL
"""


def closing_risks(queue_ids: Sequence[UUID], *, at: datetime) -> dict[UUID, datetime]:
    """Queues in which whoever joins now is not called, in more than one case of ten, and when their site closes.

    People in line are still called for the queue's grace after closing; the risk is about that moment. Where no counter
    is open or no estimate known, none is claimed. Two queries at most, in the tenant's scope; none for no queue.

    Args:
        at: the instant, timezone-aware.
    """
    if not queue_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(JOINING, [list(queue_ids)])
        queues = cursor.fetchall()
    hours = openings(list({row[1] for row in queues}), at) if queues else {}
    return {
        queue_id: closes_at
        for queue_id, site_id, grace_s, slow_s in queues
        if (closes_at := hours[site_id].closes_at) is not None
        and at + timedelta(seconds=slow_s) > closes_at + timedelta(seconds=grace_s)
    }


def too_late_to_join(queue_ids: Sequence[UUID], *, at: datetime) -> set[UUID]:
    """The same queues without the hour."""
    return set(closing_risks(queue_ids, at=at))
