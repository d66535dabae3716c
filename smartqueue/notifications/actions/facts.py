"""Facts of messages: what kind, by which channel, of which ticket; no address and no word of it."""

from datetime import datetime
from typing import Any

from smartqueue.journal.actions import record
from smartqueue.journal.states import SYSTEM, AuditKind
from smartqueue.notifications.models import Notification


def tell(row: Notification, fact: str, at: datetime) -> None:
    """Record `message.sent`, `message.delivered`, `message.failed`, or `message.shown` by an open page."""
    data: dict[str, Any] = {"kind": row.kind, "channel": row.channel, "is_simulated": row.is_simulated}
    if row.ticket_id:
        data["ticket_id"] = str(row.ticket_id)
    record(
        fact, kind=AuditKind.SEND, tenant_id=row.tenant_id, object_type="notification",
        object_id=row.id, actor=SYSTEM, at=at, data=data,
    )  # fmt: skip
