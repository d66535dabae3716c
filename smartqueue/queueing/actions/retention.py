"""Personal data leave with their retention: visits lose their customer, and who has no visit left is forgotten."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef

from smartqueue.customers.actions import forget_customer
from smartqueue.customers.models import Customer
from smartqueue.journal.states import SYSTEM
from smartqueue.queueing.models import Ticket
from smartqueue.queueing.states import LIVE
from smartqueue.tenants.queries import retention_of
from smartqueue.tenants.scope import in_tenant

AT_ONCE = 500


def forget_old_visits(*, tenant_id: UUID, at: datetime) -> int:
    """Erase what a tenant may not keep any longer, a portion to a transaction.

    A visit that ended before the retention loses its customer; number and times stay, so no report changes. A customer
    without any visit left, and known for longer than the retention, is deleted.

    Args:
        at: the instant, timezone-aware; the tenant's `retention_days` count back from it.

    Returns:
        How many customers were forgotten.
    """
    before = at - timedelta(days=retention_of(tenant_id))
    while _leave(tenant_id, before):
        pass
    forgotten = 0
    while gone := _forget(tenant_id, before, at):
        forgotten += gone
    return forgotten


def _leave(tenant_id: UUID, before: datetime) -> int:
    with in_tenant(tenant_id):
        over = Ticket.objects.filter(customer__isnull=False, ended_at__lt=before).exclude(status__in=LIVE)
        return Ticket.objects.filter(id__in=list(over.order_by("id").values_list("id", flat=True)[:AT_ONCE])).update(
            customer=None
        )


def _forget(tenant_id: UUID, before: datetime, at: datetime) -> int:
    """Who comes in at this very moment is locked by the ticket that names them, and stays."""
    with in_tenant(tenant_id):
        visits = Ticket.objects.filter(customer=OuterRef("id"))
        unseen = Customer.objects.filter(~Exists(visits), created_at__lt=before).order_by("id")
        locked = list(unseen.select_for_update(skip_locked=True)[:AT_ONCE])
        for customer in locked:
            forget_customer(customer=customer, actor=SYSTEM, at=at)
        return len(locked)
