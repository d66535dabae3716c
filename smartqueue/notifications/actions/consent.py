"""STOP and START: an address that wants no messages gets none, by that channel, until its owner says otherwise."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from smartqueue.journal.actions import record
from smartqueue.journal.states import Actor, AuditKind
from smartqueue.kernel.phones import normalise
from smartqueue.notifications.models import Stop
from smartqueue.notifications.states.reach import BY_PHONE


def stop(*, tenant_id: UUID, channel: str, address: str, actor: Actor, at: datetime) -> bool:
    """Send nothing there any more, whatever it is about. What waits to be sent is asked again before it goes.

    Args:
        address: a phone in any spelling, or a mail address.

    Returns:
        False where it was so before.

    Raises:
        Invalid: not a phone number.
    """
    kept = Stop(tenant_id=tenant_id, channel=channel, address=plain(channel, address), stopped_at=at)
    with transaction.atomic():
        Stop.objects.bulk_create([kept], ignore_conflicts=True)
        if not Stop.objects.filter(id=kept.id).exists():
            return False
        _record("stopped", kept, actor, at)
        return True


def start(*, tenant_id: UUID, channel: str, address: str, actor: Actor, at: datetime) -> bool:
    """The owner of an address has said START, or written first.

    Returns:
        False where it was so before.

    Raises:
        Invalid: not a phone number.
    """
    with transaction.atomic():
        rows = Stop.objects.select_for_update().filter(channel=channel, address=plain(channel, address))
        if (kept := rows.first()) is None:
            return False
        kept_id = kept.id
        kept.delete()
        kept.id = kept_id
        _record("started", kept, actor, at)
        return True


def plain(channel: str, address: str) -> str:
    """An address in the one spelling in which it is kept.

    Raises:
        Invalid: not a phone number.
    """
    return normalise(address) if channel in BY_PHONE else address.strip().lower()


def _record(happened: str, row: Stop, actor: Actor, at: datetime) -> None:
    """The journal cannot forget: it hears of the channel, not of the address."""
    record(
        f"messages.{happened}", kind=AuditKind.UPDATE, tenant_id=row.tenant_id, object_type="stop", object_id=row.id,
        actor=actor, at=at, data={"channel": row.channel},
    )  # fmt: skip
