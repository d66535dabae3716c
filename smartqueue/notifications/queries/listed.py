"""Messages as programs list them."""

from django.db.models import QuerySet

from smartqueue.customers.states import masked, masked_phone
from smartqueue.notifications.models import Notification
from smartqueue.notifications.states import MessageChannel
from smartqueue.notifications.states.reach import BY_PHONE


def messages_with_tickets() -> QuerySet[Notification]:
    """All of the scope's tenant, each with its ticket's number; one query."""
    return Notification.objects.select_related("ticket")


def masked_address(row: Notification) -> str:
    """Enough to recognise it, too little to write to it; '' for browsers, pages, and what was erased."""
    if row.channel in BY_PHONE:
        return masked_phone(row.address)
    if row.channel == MessageChannel.EMAIL and row.address:
        return str(masked({"email": row.address})["email"])
    return ""
