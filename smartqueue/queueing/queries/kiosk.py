"""The queues of a kiosk as its tiles show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

TILES = """
SELECT q.id, CASE WHEN count(*) OVER (PARTITION BY q.service_id) > 1 THEN q.name ELSE v.name END, q.prefix,
    v.pictogram, q.status, q.capacity, sites_is_open(q.site_id, q.service_id, %(at)s) AND v.is_active,
    l.waiting,
    CASE WHEN EXISTS (SELECT FROM sites_servicehours h WHERE h.service_id = q.service_id) THEN ARRAY(
        SELECT to_char(h.opens, 'HH24:MI') || '–' || to_char(h.closes, 'HH24:MI') FROM sites_servicehours h
        WHERE h.service_id = q.service_id AND h.weekday = extract(isodow FROM %(at)s AT TIME ZONE s.time_zone)
        ORDER BY h.opens)
    ELSE ARRAY(
        SELECT to_char(i.opens_at AT TIME ZONE s.time_zone, 'HH24:MI') || '–'
            || to_char(i.closes_at AT TIME ZONE s.time_zone, 'HH24:MI')
        FROM sites_open_intervals(q.site_id, (%(at)s AT TIME ZONE s.time_zone)::date) i ORDER BY i.opens_at)
    END AS hours,
    e.eta_seconds, e.eta_high_seconds, e.eta_quality
FROM queueing_queue q
JOIN sites_service v ON v.tenant_id = q.tenant_id AND v.id = q.service_id
JOIN sites_site s ON s.tenant_id = q.tenant_id AND s.id = q.site_id
LEFT JOIN sites_servicecategory c ON c.tenant_id = v.tenant_id AND c.id = v.category_id
CROSS JOIN LATERAL (
    SELECT count(*) AS waiting FROM queueing_ticket t WHERE t.queue_id = q.id AND t.status = 'waiting'
) l
CROSS JOIN LATERAL queueing_wait_to_join(q.id, l.waiting) e
WHERE q.id = ANY (%(queues)s) AND q.is_active
ORDER BY c.position NULLS LAST, c.name, v.name, q.name, q.id
"""


@dataclass(frozen=True, slots=True)
class Tile:
    """A queue that a person may choose at a kiosk.

    Attributes:
        name: the service's; the queue's own where two queues offer one service.
        is_offered: site and service are open at this hour.
        waiting: people in line.
        hours: today's, local time: `08:00–12:00`.
        eta_seconds, eta_high_seconds: until the call of whoever would join now: in half of all cases not longer, in
            nine of ten not longer. None while no counter is open or nobody is let in.
        eta_quality: `good`, `rough` or `none`.
    """

    id: UUID
    name: str
    prefix: str
    pictogram: str
    status: str
    capacity: int | None
    is_offered: bool
    waiting: int
    hours: list[str]
    eta_seconds: int | None
    eta_high_seconds: int | None
    eta_quality: str

    @property
    def why_not(self) -> str:
        """Why it gives no ticket: `hours` (not at this hour), `closed` or `paused` (by staff), `full`; else empty."""
        if not self.is_offered:
            return "hours"
        if self.status != "open":
            return self.status
        return "full" if self.capacity is not None and self.waiting >= self.capacity else ""

    @property
    def eta_low_seconds(self) -> int | None:
        """Where the range begins that people are shown: at the middle."""
        return self.eta_seconds


def tiles(queue_ids: Sequence[UUID], *, at: datetime) -> list[Tile]:
    """These queues by category and service, without inactive ones. One query, in scope."""
    with connection.cursor() as cursor:
        cursor.execute(TILES, {"queues": list(queue_ids), "at": at})
        return [Tile(*row) for row in cursor.fetchall()]
