"""What people without an account are shown: the lines of a site, their own tickets, the way back by a short code."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from smartqueue.queueing.errors import TicketNotFound
from smartqueue.queueing.models import Queue, Ticket
from smartqueue.queueing.states import LIVE, QueueKind, QueueStatus
from smartqueue.tenants.models import Tenant

CODE_DIGITS = 8
CODE_VALID = timedelta(hours=24)
FOR_EVERYBODY = (QueueKind.NORMAL, QueueKind.PRIORITY, QueueKind.EXPRESS)
"""Kinds of queue that anybody may join; staff or a booking leads into the others."""


@dataclass(frozen=True, slots=True)
class PublicLine:
    """A queue as somebody sees it who thinks of joining.

    Attributes:
        offered: whether site and service are open at this hour.
        waiting: people in line.
        capacity: people who may wait; None for any number.
    """

    id: UUID
    name: str
    status: str
    capacity: int | None
    service_id: UUID
    service: str
    description: str
    price_xof: int
    category: str | None
    offered: bool
    waiting: int
    eta_seconds: int | None
    eta_high_seconds: int | None
    eta_quality: str

    @property
    def takes_tickets(self) -> bool:
        return self.offered and self.status == QueueStatus.OPEN and not self.is_full

    @property
    def is_full(self) -> bool:
        return self.capacity is not None and self.waiting >= self.capacity

    @property
    def eta_low_seconds(self) -> int | None:
        """Where the range begins that people are shown: at the middle."""
        return self.eta_seconds


LINES = """
SELECT q.id, q.name, q.status, q.capacity, v.id, v.name, v.description, v.price_xof, c.name,
    sites_is_open(q.site_id, q.service_id, %(at)s),
    l.waiting, e.eta_seconds, e.eta_high_seconds, e.eta_quality
FROM queueing_queue q
JOIN sites_service v ON v.tenant_id = q.tenant_id AND v.id = q.service_id
CROSS JOIN LATERAL (
    SELECT count(*) AS waiting FROM queueing_ticket t WHERE t.queue_id = q.id AND t.status = 'waiting'
) l
CROSS JOIN LATERAL queueing_wait_to_join(q.id, l.waiting) e
LEFT JOIN sites_servicecategory c ON c.tenant_id = v.tenant_id AND c.id = v.category_id
WHERE q.site_id = %(site)s AND q.is_active AND v.is_active AND q.kind = ANY (%(kinds)s)
ORDER BY c.position NULLS LAST, c.name, v.name, q.name, q.id
"""


def public_lines(site_id: UUID, *, at: datetime) -> list[PublicLine]:
    """The queues of a site that anybody may join, by category and service. One query, in the tenant's scope."""
    with connection.cursor() as cursor:
        cursor.execute(LINES, {"site": site_id, "at": at, "kinds": list(FOR_EVERYBODY)})
        return [PublicLine(*row) for row in cursor.fetchall()]


def public_queue(queue_id: UUID, *, site_id: UUID) -> Queue | None:
    """A queue of this site that anybody may join."""
    return Queue.objects.filter(id=queue_id, site_id=site_id, is_active=True, kind__in=FOR_EVERYBODY).first()


class Held(NamedTuple):
    """A live ticket of whoever has its token."""

    token: str
    number: str
    queue_id: UUID
    queue: str


def held_tickets(tokens: Sequence[str]) -> list[Held]:
    """Those of these tokens that open a live ticket of the tenant in scope, oldest first."""
    live = Ticket.objects.filter(token__in=tokens, status__in=LIVE).order_by("created_at")
    return [Held(*row) for row in live.values_list("token", "number", "queue_id", "queue__name")]


def token_of_ticket(ticket_id: UUID) -> str:
    """The key to the ticket's public page, for the surface that has just taken it."""
    return Ticket.objects.values_list("token", flat=True).get(id=ticket_id)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the public page of a ticket shows around it."""

    tenant: Tenant
    site_code: str
    max_deferrals: int


def surroundings_of(ticket_id: UUID) -> Surroundings:
    """In the tenant's scope, one query.

    Raises:
        TicketNotFound: there is none in scope.
    """
    found = Ticket.objects.select_related("tenant", "queue__site").filter(id=ticket_id).first()
    if found is None or not found.tenant.is_active:
        raise TicketNotFound
    return Surroundings(found.tenant, found.queue.site.code, found.queue.max_deferrals)


def short_code(token: str) -> str:
    """Eight digits that lead back to a ticket for a day: computed from its token, kept nowhere.

    The first 32 bits of the token's MD5, modulo 10⁸; 102 of the token's 128 bits stay unknown.
    """
    digest = hashlib.md5(token.encode(), usedforsecurity=False).hexdigest()
    return f"{int(digest[:8], 16) % 10**CODE_DIGITS:0{CODE_DIGITS}d}"


def ticket_token_of_short_code(tenant_id: UUID, code: str, *, at: datetime) -> str | None:
    """The token behind a short code among the tenant's live tickets of the last 24 hours; in the tenant's scope.

    Args:
        code: eight ASCII digits.

    Returns:
        None when there is no such ticket, and when two share the code: neither may be shown to the other's owner.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT token FROM queueing_ticket WHERE tenant_id = %s AND status = ANY (%s) AND created_at > %s"
            " AND ('x' || substr(md5(token), 1, 8))::bit(32)::bigint %% 100000000 = %s LIMIT 2",
            [tenant_id, list(LIVE), at - CODE_VALID, int(code)],
        )
        found = cursor.fetchall()
    return found[0][0] if len(found) == 1 else None
