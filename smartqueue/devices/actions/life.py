"""Signs of life, and what becomes of a device that gives none."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from smartqueue.devices.actions.facts import note_device
from smartqueue.devices.errors import DeviceRevoked
from smartqueue.devices.models import Device
from smartqueue.devices.queries.devices import device_or_refuse, tenants_with_silent_devices
from smartqueue.devices.states import SILENT_AFTER, Problem
from smartqueue.journal.states import SYSTEM, Actor, AuditKind
from smartqueue.tenants.scope import in_tenant


def heartbeat(
    *, device_id: UUID, problem: str = "", app_version: str = "", uses_newest_token: bool = True, actor: Actor,
    at: datetime,
) -> int:  # fmt: skip
    """A sign of life. Inside the tenant's scope.

    Args:
        problem: what the device reports of itself, a member of `states.Problem`; another word counts as none.
        uses_newest_token: it came with its newest token; the one before ends.

    Returns:
        The revision of its settings: a device that knows another one loads itself again.

    Raises:
        DeviceNotFound, DeviceRevoked.
    """
    problem = problem if problem in Problem.values else Problem.NONE
    with transaction.atomic():
        device = device_or_refuse(device_id, locked=True)
        if device.revoked_at:
            raise DeviceRevoked
        was_online, before = device.is_online, device.problem
        device.last_seen_at, device.is_online = max(at, device.last_seen_at or at), True
        device.problem, device.app_version = problem, app_version[:40]
        if uses_newest_token:
            device.former_hash = None
        device.save(update_fields=["last_seen_at", "is_online", "problem", "app_version", "former_hash"])
        if not was_online:
            note_device(device, "online", AuditKind.STATUS_CHANGE, actor=actor, at=at)
        if before != problem:
            note_device(
                device, "problem_reported", AuditKind.STATUS_CHANGE, actor=actor, at=at, data={"problem": problem},
                before={"problem": before}, after={"problem": problem},
            )  # fmt: skip
    return device.revision


def mark_silent_offline(*, at: datetime) -> int:
    """Devices that have been silent for a minute count as offline, in every tenant. Outside every scope.

    Returns:
        How many went offline.
    """
    before, gone = at - SILENT_AFTER, 0
    for tenant_id in tenants_with_silent_devices(before=before):
        with in_tenant(tenant_id):
            silent = Device.objects.filter(tenant_id=tenant_id, is_online=True, last_seen_at__lt=before)
            for device in silent.select_for_update(skip_locked=True).order_by("id"):
                go_offline(device, actor=SYSTEM, at=at)
                gone += 1
    return gone


def go_offline(device: Device, *, actor: Actor, at: datetime) -> None:
    """The row is locked, and was online."""
    device.is_online = False
    device.save(update_fields=["is_online"])
    seen = device.last_seen_at and device.last_seen_at.isoformat()
    note_device(device, "offline", AuditKind.STATUS_CHANGE, actor=actor, at=at, data={"last_seen_at": seen})
