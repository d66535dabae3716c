"""Tickets as messages speak of them."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from smartqueue.notifications.states.variables import Value
from smartqueue.queueing.models import Ticket
from smartqueue.queueing.states import TicketState
from smartqueue.tenants.scope import ask

NOT_SERVED_YET = (TicketState.WAITING, TicketState.CALLED, TicketState.PAUSED)


class Reach(NamedTuple):
    """Whether there is anybody to tell, and the little that decides whether something is still so."""

    ticket_id: UUID
    status: str
    version: int
    channel: str
    last_call_at: datetime | None
    has_address: bool


REACH = """
SELECT t.id, t.status, t.version, t.channel, t.last_call_at, coalesce(c.phone <> '' OR c.email <> '', false) OR EXISTS (
    SELECT 1 FROM notifications_pushsubscription p
    WHERE p.tenant_id = t.tenant_id AND (p.ticket_id = t.id OR p.customer_id = t.customer_id))
FROM queueing_ticket t LEFT JOIN customers_customer c ON c.tenant_id = t.tenant_id AND c.id = t.customer_id
WHERE t.tenant_id = %s AND t.id = %s
"""


def reach_of(tenant_id: UUID, ticket_id: UUID) -> Reach | None:
    """One prepared statement, inside the tenant's scope: it is asked for every ticket that is taken and called."""
    rows = ask(REACH, [tenant_id, ticket_id])
    return Reach(*rows[0]) if rows else None


def ticket_to_tell(ticket_id: UUID) -> Ticket | None:
    """A ticket with all that a message says of it, in one query."""
    return tickets_to_tell().filter(id=ticket_id).first()


def tickets_to_tell() -> QuerySet[Ticket]:
    return Ticket.objects.select_related("tenant", "queue__site", "service", "counter", "customer")


def language_of(ticket: Ticket) -> str:
    """The ticket's, its owner's, the tenant's."""
    return ticket.language or (ticket.customer.language if ticket.customer else "") or ticket.tenant.locale


def people_ahead(ticket_id: UUID, at: datetime) -> int | None:
    """None for a ticket that does not wait."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT queueing_ahead(%s, %s)", [ticket_id, at])
        row = cursor.fetchone()
        return int(row[0]) if row and row[0] is not None else None


def wait_at(queue_id: UUID, place: int) -> tuple[int | None, int | None]:
    """The range that is shown to whoever stands at `place`, seconds; None twice while nothing may be claimed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT eta_seconds, eta_high_seconds FROM queueing_wait(%s, %s)", [queue_id, place])
        low_s, high_s = cursor.fetchone() or (None, None)
        return low_s, high_s


def wait_values(low_s: int | None, high_s: int | None) -> dict[str, Value]:
    """A range in whole minutes, the lower end rounded down and the upper one up; empty where none is known."""
    if low_s is None or high_s is None:
        return {}
    high = max(1, -(-high_s // 60))
    return {"wait_low_min": min(max(0, low_s // 60), high - 1), "wait_high_min": high}


def link_to(ticket: Ticket) -> str:
    """The ticket's page, with host and scheme."""
    return f"{settings.PUBLIC_URL}/t/{ticket.token}"


def values_of(ticket: Ticket, **more: Value) -> dict[str, Value]:
    """What stands in the places of a wording about this ticket.

    Args:
        ticket: as `ticket_to_tell` gives it.
        more: what only the caller knows: `people_ahead`, `news`.
    """
    values: dict[str, Value] = {
        "ticket_number": ticket.number,
        "queue_name": ticket.queue.name,
        "service_name": ticket.service.name,
        "site_name": ticket.queue.site.name,
        "ticket_url": link_to(ticket),
        "feedback_url": f"{link_to(ticket)}/feedback/",
        "organisation_name": ticket.tenant.name,
        "customer_name": ticket.customer.full_name if ticket.customer else "",
    }
    if ticket.counter:
        values["counter_name"] = ticket.counter.name
    return values | more


def in_the_line(queue_id: UUID) -> QuerySet[Ticket]:
    """Everybody in a line who waits, is being called or is parked, with all that a message says of them."""
    return tickets_to_tell().filter(queue_id=queue_id, status__in=NOT_SERVED_YET).order_by("id")
