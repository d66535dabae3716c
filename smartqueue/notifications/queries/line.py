"""Who in a line is to be told that the turn is near."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from smartqueue.notifications.models import MessageRules


@dataclass(frozen=True, slots=True)
class Near:
    """A ticket that has come near.

    Attributes:
        wanted: people ahead at which it is told.
        low_s, high_s: until its call, the range that is shown; None while no estimate may be claimed.
    """

    ticket_id: UUID
    people_ahead: int
    wanted: int
    low_s: int | None
    high_s: int | None


# Whoever has asked counts as they asked; the others by the tenant's rule, if there is a way to tell them.
NEAR = """
WITH near AS MATERIALIZED (
SELECT l.id, l.ahead, coalesce(w.people_ahead, rule.near_at)
FROM (
    SELECT t.id, t.tenant_id, t.customer_id, (row_number() OVER (
        ORDER BY queueing_band(q.strategy, q.urgent_first, t.lane), queueing_score(q, t.lane, t.line_at, %(at)s), t.id
    ) - 1)::integer AS ahead
    FROM queueing_ticket t JOIN queueing_queue q ON q.tenant_id = t.tenant_id AND q.id = t.queue_id
    WHERE t.tenant_id = %(tenant)s AND t.queue_id = %(queue)s AND t.status = 'waiting'
) l
CROSS JOIN (SELECT coalesce((SELECT r.near_at FROM notifications_messagerules r WHERE r.tenant_id = %(tenant)s),
    %(usual)s) AS near_at) rule
LEFT JOIN notifications_watch w ON w.tenant_id = l.tenant_id AND w.ticket_id = l.id
LEFT JOIN customers_customer c ON c.tenant_id = l.tenant_id AND c.id = l.customer_id
WHERE l.ahead <= coalesce(w.people_ahead, rule.near_at) AND w.told_at IS NULL
  AND (w.id IS NOT NULL OR c.phone <> '' OR c.email <> '' OR EXISTS (
    SELECT 1 FROM notifications_pushsubscription p
    WHERE p.tenant_id = l.tenant_id AND (p.ticket_id = l.id OR p.customer_id = l.customer_id)))
)
SELECT near.*, e.eta_seconds, e.eta_high_seconds
FROM near CROSS JOIN LATERAL queueing_wait(%(queue)s, near.ahead + 1) e
ORDER BY near.ahead
"""


def near_in_line(*, tenant_id: UUID, queue_id: UUID, at: datetime) -> list[Near]:
    """Those of a queue who have come near and have not been told; one statement, inside the tenant's scope."""
    usual = MessageRules._meta.get_field("near_at").default
    with connection.cursor() as cursor:
        cursor.execute(NEAR, {"tenant": tenant_id, "queue": queue_id, "at": at, "usual": usual})
        return [Near(*row) for row in cursor.fetchall()]


def looked_at_before(queue_id: UUID) -> bool:
    """Whether this transaction has looked at this line already; it counts as looked at from now on.

    The relay hands over many facts in one transaction. All of them were committed before it began, so the first look
    sees what they did.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('app.lines_seen', true), '')")
        seen = cursor.fetchone()[0]
        if str(queue_id) in seen:
            return True
        cursor.execute("SELECT set_config('app.lines_seen', %s, true)", [f"{seen} {queue_id}"])
        return False
