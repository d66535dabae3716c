"""What messages cost: reserved before they go out, given back if they were refused, never more than the cap."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from smartqueue.kernel.ids import uuid7
from smartqueue.notifications.models import MessageRules, Notification
from smartqueue.notifications.states import MessageChannel

PAID = (MessageChannel.SMS, MessageChannel.WHATSAPP)
"""Channels whose messages somebody asks money for."""

# One statement: whoever comes second waits for the row, and is judged by what stands there then.
SPEND = """
INSERT INTO notifications_monthspend AS m (id, tenant_id, month, messages, parts, cost_xof)
SELECT %(id)s, %(tenant)s, %(month)s, 1, %(parts)s, %(xof)s WHERE %(xof)s::int <= %(cap)s
ON CONFLICT (tenant_id, month) DO UPDATE
SET messages = m.messages + 1, parts = m.parts + excluded.parts, cost_xof = m.cost_xof + excluded.cost_xof
WHERE m.cost_xof + excluded.cost_xof <= %(cap)s
RETURNING m.id
"""
CORRECT = """
UPDATE notifications_monthspend
SET messages = greatest(messages + %(messages)s, 0), parts = greatest(parts + %(parts)s, 0),
    cost_xof = greatest(cost_xof + %(xof)s, 0)
WHERE tenant_id = %(tenant)s AND month = %(month)s
"""


def month_of(at: datetime, time_zone: str) -> date:
    """The first day of the month that it is where the tenant is."""
    return at.astimezone(ZoneInfo(time_zone)).date().replace(day=1)


def reserve(*, notification: Notification, price_xof: int, time_zone: str, at: datetime) -> bool:
    """Take the price of a message from the month's money, once for all of its tries; inside the tenant's transaction.

    Args:
        notification: locked. Its `cost_xof` and `history` say afterwards what was reserved; the caller saves it.
        price_xof: of one part.

    Returns:
        False when the cap leaves no room for it.
    """
    if notification.channel not in PAID or reserved(notification):
        return True
    rules = MessageRules.objects.first() or MessageRules()
    month, xof = month_of(at, time_zone), price_xof * notification.parts
    with connection.cursor() as cursor:
        cursor.execute(SPEND, {
            "id": uuid7(), "tenant": notification.tenant_id, "month": month, "parts": notification.parts, "xof": xof,
            "cap": rules.cap_xof,
        })  # fmt: skip
        if cursor.fetchone() is None:
            return False
    notification.cost_xof = xof
    _note(notification, "reserved", at, month, notification.parts, xof)
    return True


def give_back(*, notification: Notification, at: datetime) -> None:
    """Undo `reserve`: the message was refused. The caller saves the notification."""
    if kept := reserved(notification):
        _correct(notification, kept["month"], messages=-1, parts=-kept["parts"], xof=-kept["xof"])
        _note(notification, "returned", at, kept["month"], kept["parts"], kept["xof"])
    notification.cost_xof = 0


def settle(*, notification: Notification, parts: int, cost_xof: int | None) -> None:
    """Put what a message has really cost in the place of what was reserved. The caller saves the notification.

    Args:
        parts: that the provider counts.
        cost_xof: what the provider says, None if it says nothing: then our own price for these parts.
    """
    if not (kept := reserved(notification)):
        notification.cost_xof = 0
        return
    price = kept["xof"] // max(kept["parts"], 1)
    xof = price * parts if cost_xof is None else cost_xof
    if (parts, xof) != (kept["parts"], kept["xof"]):
        _correct(notification, kept["month"], messages=0, parts=parts - kept["parts"], xof=xof - kept["xof"])
    notification.parts, notification.cost_xof = parts, xof


def reserved(notification: Notification) -> dict[str, Any] | None:
    """What was reserved for a message and not given back; None when nothing is."""
    lines = [line for line in notification.history if line.get("status") in ("reserved", "returned")]
    return lines[-1] if lines and lines[-1]["status"] == "reserved" else None


def _correct(notification: Notification, month: str, *, messages: int, parts: int, xof: int) -> None:
    values: dict[str, Any] = {
        "tenant": notification.tenant_id,
        "month": month,
        "messages": messages,
        "parts": parts,
        "xof": xof,
    }
    with connection.cursor() as cursor:
        cursor.execute(CORRECT, values)


def _note(notification: Notification, what: str, at: datetime, month: date | str, parts: int, xof: int) -> None:
    line = {"at": at.isoformat(), "status": what, "month": str(month), "parts": parts, "xof": xof}
    notification.history = [*notification.history, line]
