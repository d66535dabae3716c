"""What a person with a keypad is told: the own tickets, and the places where they were before."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from smartqueue.queueing.models import Ticket
from smartqueue.queueing.queries import TicketView, show_tickets
from smartqueue.queueing.states import LIVE

LOOKED_BACK = 20
"""Tickets that are looked at for the places where a person was."""


def live_tickets_of(customer_id: UUID, *, tenant_id: UUID, at: datetime) -> list[TicketView]:
    """A customer's tickets whose visit goes on, oldest first; in the tenant's scope."""
    live = Ticket.objects.filter(customer_id=customer_id, status__in=LIVE).order_by("id")
    return show_tickets(tenant_id=tenant_id, ids=list(live.values_list("id", flat=True)), at=at)


def recent_site_ids(customer_id: UUID, *, most: int) -> Sequence[UUID]:
    """Where a customer took tickets, the last place first."""
    rows = Ticket.objects.filter(customer_id=customer_id).order_by("-id")
    sites = rows.values_list("queue__site_id", flat=True)[:LOOKED_BACK]
    return list(dict.fromkeys(sites))[:most]
