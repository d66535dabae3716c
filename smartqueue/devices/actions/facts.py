"""What the journal is told of devices."""

from datetime import datetime
from typing import Any
from uuid import UUID

from smartqueue.devices.models import Device
from smartqueue.journal.actions import record
from smartqueue.journal.states import Actor, AuditKind

TOLD = (
    "kind", "name", "site_id", "layout", "theme", "counter_id", "languages", "ticker", "voice_on", "printer",
    "printer_host", "printer_port",
)  # fmt: skip
"""What an auditor sees of a device. Nothing of its token, not even a hash."""


def told_of(device: Device) -> dict[str, Any]:
    """A device's settings, JSON-ready."""
    values = {name: getattr(device, name) for name in TOLD}
    return {name: str(value) if isinstance(value, UUID) else value for name, value in values.items()}


def note_device(
    device: Device, happened: str, kind: AuditKind, *, actor: Actor, at: datetime,
    data: dict[str, Any] | None = None, before: dict[str, Any] | None = None, after: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    """The fact `device.…`, in the transaction of the change."""
    record(
        f"device.{happened}", kind=kind, tenant_id=device.tenant_id, object_type="device", object_id=device.id,
        actor=actor, at=at, data={"kind": device.kind, "site_id": str(device.site_id)} | (data or {}), before=before,
        after=after,
    )  # fmt: skip
