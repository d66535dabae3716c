"""Messages that were sent, or kept because nothing is connected; and what a month has cost."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from smartqueue.kernel.errors import NotFound
from smartqueue.notifications.models import MonthSpend, Notification
from smartqueue.notifications.queries.rules import rules_of
from smartqueue.queueing.queries.people import tickets_numbered


@dataclass(frozen=True, slots=True)
class Spend:
    """A month's messages that cost something. `budget_xof` is None where nobody has set one."""

    month: date
    messages: int
    parts: int
    cost_xof: int
    budget_xof: int | None
    cap_xof: int


def messages_about(words: str) -> QuerySet[Notification]:
    """All of the tenant's, or those about a ticket of this number or to this address.

    A phone may be typed as lists show it, `+221 77 *** ** 21`: what the stars hide may be anything. Tickets come in a
    query of their own, for the page that is shown.
    """
    rows = Notification.objects.prefetch_related("ticket")
    if not words.strip():
        return rows
    return rows.filter(Q(ticket_id__in=tickets_numbered(words)) | to_address(words))


def to_address(words: str) -> Q:
    """Messages to an address that contains these words, or these digits of a phone."""
    if "@" in words:
        return Q(address__icontains=words.strip())
    parts = [re.sub(r"\D", "", part) for part in re.split(r"\*[*\s]*", words)]
    if not any(parts) or re.search(r"[^\d\s+().*-]", words):
        return Q(pk__in=[])
    if len(parts) == 1:
        return Q(address__contains=parts[0].removeprefix("00"))
    return Q(address__regex=rf"^\+?\d*{'[0-9]*'.join(parts)}$")


def message_or_refuse(notification_id: UUID) -> Notification:
    """One of them.

    Raises:
        NotFound: there is none of this id.
    """
    found = Notification.objects.select_related("ticket").filter(id=notification_id).first()
    if found is None:
        raise NotFound
    return found


def simulated_messages() -> QuerySet[Notification]:
    """What went to nobody, because nothing is connected that could carry it; what was erased is gone from here."""
    return Notification.objects.filter(is_simulated=True).exclude(body="").prefetch_related("ticket")


def spend_of_month(*, tenant_id: UUID, time_zone: str, at: datetime) -> Spend:
    """What the scope's tenant has spent in the month that `at` lies in, where it is; two queries."""
    month = at.astimezone(ZoneInfo(time_zone)).date().replace(day=1)
    row = MonthSpend.objects.filter(month=month).first() or MonthSpend()
    rules = rules_of(tenant_id)
    return Spend(month, row.messages, row.parts, row.cost_xof, rules.budget_xof, rules.cap_xof)
