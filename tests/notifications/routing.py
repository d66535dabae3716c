"""What the tests of this room share: the tenant's facts are handed to the real timetable, in one transaction."""

from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE


def hear(tenant, fact=""):
    """Hand over the tenant's facts that nobody has heard yet, as the relay does, in one batch."""
    from smartqueue.config.wiring import LATER
    from smartqueue.journal.actions.relay import Outcome as Handed
    from smartqueue.journal.actions.relay import _note, _run_once
    from smartqueue.journal.models import Entry

    pending = Entry.objects.using("platform").filter(tenant_id=tenant.id, dispatched_at=None).order_by("id")
    entries = [entry for entry in pending if entry.fact in LATER and fact in entry.fact]
    if entries:
        with in_tenant(tenant.id):
            _run_once(entries, LATER)
    _note([Handed(entry, True) for entry in entries], NINE)
    return entries


def told(tenant, **wanted):
    """(kind, channel, status) of the tenant's messages, oldest first."""
    return [(row.kind, row.channel, row.status) for row in messages(tenant, **wanted)]


def messages(tenant, **wanted):
    from smartqueue.notifications.models import Notification

    with in_tenant(tenant.id):
        rows = Notification.objects.filter(**wanted).select_related("ticket", "customer")
        return list(rows.order_by("id"))


def make_customer(tenant, phone="+221771234567", **fields):
    from smartqueue.customers.models import Customer

    with in_tenant(tenant.id):
        return Customer.objects.create(tenant=tenant, phone=phone, **fields)
