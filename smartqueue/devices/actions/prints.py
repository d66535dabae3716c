"""Paper: asked for in the ticket's transaction, sent outside of every transaction."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from smartqueue.devices.errors import DeviceNotFound
from smartqueue.devices.models.prints import Print, PrintStatus
from smartqueue.devices.transports.escpos import PrinterTrouble, print_slip
from smartqueue.journal.actions import record
from smartqueue.journal.states import Actor, AuditKind
from smartqueue.tenants.scope import in_tenant

GIVEN_UP_AFTER = timedelta(seconds=30)
"""Whoever was sending for so long has died."""


def add_print(*, tenant_id: UUID, device_id: UUID, ticket_id: UUID, slip: dict[str, Any], at: datetime) -> UUID:
    """Note that a ticket is to be printed; nothing is sent. In the scope, and in the ticket's transaction.

    Args:
        slip: what the paper says, as `transports.escpos.slip_bytes` wants it.
    """
    wanted = Print(tenant_id=tenant_id, device_id=device_id, ticket_id=ticket_id, slip=slip, created_at=at)
    wanted.save(force_insert=True)
    return wanted.id


def send_print(*, tenant_id: UUID, device_id: UUID, print_id: UUID, actor: Actor, at: datetime) -> str:
    """Print it now, or once more. Outside a transaction: a printer may take seconds.

    Of two at once one sends, and the other is told that.

    Returns:
        `printed`, `printing` (somebody is at it), `paper_out` or `printer_lost`.

    Raises:
        DeviceNotFound: this device has no such print.
    """
    with in_tenant(tenant_id):
        mine = Print.objects.filter(id=print_id, device_id=device_id)
        free = ~Q(status=PrintStatus.PRINTING) | Q(started_at__lt=at - GIVEN_UP_AFTER)
        is_ours = mine.filter(free).update(status=PrintStatus.PRINTING, started_at=at, tries=F("tries") + 1)
        wanted = mine.select_related("device").first()
    if wanted is None:
        raise DeviceNotFound
    if not is_ours:
        return PrintStatus.PRINTING
    problem = ""
    try:
        print_slip(wanted.device.printer_host, wanted.device.printer_port, wanted.slip)
    except PrinterTrouble as trouble:
        problem = trouble.problem
    with in_tenant(tenant_id):
        _settle(wanted, problem, actor, at)
    return problem or PrintStatus.PRINTED


def _settle(sent: Print, problem: str, actor: Actor, at: datetime) -> None:
    sent.status, sent.problem = (PrintStatus.FAILED if problem else PrintStatus.PRINTED), problem
    if not problem:
        sent.printed_at = at
    with transaction.atomic():
        sent.save(update_fields=["status", "problem", "printed_at"])
        record(
            f"print.{sent.status}", kind=AuditKind.SEND, tenant_id=sent.tenant_id, object_type="print",
            object_id=sent.id, actor=actor, at=at,
            data={"number": sent.slip["number"], "device_id": str(sent.device_id), "tries": sent.tries} | (
                {"problem": problem} if problem else {}),
        )  # fmt: skip
