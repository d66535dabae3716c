"""Which numbers a device has left."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection

from smartqueue.queueing.models import NumberBlock

OPEN = """
SELECT b.id, b.queue_id, q.prefix, b.day, b.first, b.last, b.secret,
    ((b.day + 1)::timestamp AT TIME ZONE s.time_zone) AS ends_at,
    ARRAY(SELECT t.sequence FROM queueing_ticket t WHERE t.origin_id = b.queue_id AND t.day = b.day
        AND t.sequence BETWEEN b.first AND b.last ORDER BY 1) AS issued
FROM queueing_numberblock b
JOIN queueing_queue q ON q.tenant_id = b.tenant_id AND q.id = b.queue_id
JOIN sites_site s ON s.tenant_id = q.tenant_id AND s.id = q.site_id
WHERE b.device_id = %s AND b.returned_at IS NULL
ORDER BY b.leased_at, b.first
"""

PAST = """
SELECT b.id, b.device_id FROM queueing_numberblock b
JOIN queueing_queue q ON q.tenant_id = b.tenant_id AND q.id = b.queue_id
JOIN sites_site s ON s.tenant_id = q.tenant_id AND s.id = q.site_id
WHERE b.returned_at IS NULL AND b.day < (%s::timestamptz AT TIME ZONE s.time_zone)::date
ORDER BY b.id
"""


@dataclass(frozen=True, slots=True)
class Leased:
    """A block in a device's hands.

    Attributes:
        ends_at: the end of its local day; after that its numbers are no longer given out.
        issued: the numbers that are tickets.
    """

    id: UUID
    queue_id: UUID
    prefix: str
    day: date
    first: int
    last: int
    secret: str
    ends_at: datetime
    issued: list[int]


def open_blocks(device_id: UUID) -> list[Leased]:
    """What the device has not returned, oldest first. Inside the tenant's scope."""
    with connection.cursor() as cursor:
        cursor.execute(OPEN, [device_id])
        return [Leased(*row) for row in cursor.fetchall()]


def queue_of_block(block_id: UUID, *, device_id: UUID) -> UUID | None:
    """The queue whose numbers a device's block holds, returned or not; None for a block of another. In scope."""
    return NumberBlock.objects.filter(id=block_id, device_id=device_id).values_list("queue_id", flat=True).first()


def blocks_of_past_days(at: datetime) -> list[tuple[UUID, UUID]]:
    """Open blocks whose local day is over at `at`, with their devices. Inside the tenant's scope."""
    with connection.cursor() as cursor:
        cursor.execute(PAST, [at])
        return [(row[0], row[1]) for row in cursor.fetchall()]
