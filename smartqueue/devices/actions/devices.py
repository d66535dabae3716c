"""Settings of devices; asking one to load itself again; cutting one off."""

from datetime import datetime
from re import fullmatch
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from smartqueue.devices.actions.facts import note_device, told_of
from smartqueue.devices.actions.life import go_offline
from smartqueue.devices.errors import DeviceRevoked, SiteNotFound
from smartqueue.devices.models import Device, DeviceQueue
from smartqueue.devices.queries.devices import chosen_queue_ids, device_or_refuse
from smartqueue.devices.states import DISPLAY_LAYOUTS, DeviceKind, Layout, Printer
from smartqueue.journal.states import Actor, AuditKind
from smartqueue.kernel.errors import Invalid
from smartqueue.queueing.errors import QueueNotFound
from smartqueue.queueing.models import Queue
from smartqueue.sites.models import Counter, Site

HOST = r"[A-Za-z0-9]([A-Za-z0-9.:_-]{0,251}[A-Za-z0-9])?"


def change_device(*, device_id: UUID, values: dict[str, Any], kind: str = "", actor: Actor, at: datetime) -> Device:
    """Change settings. Inside the tenant's scope. Nothing differs: nothing is written.

    At another site, a counter and queues that `values` does not name are forgotten: they were the former site's.

    Args:
        values: columns of the device; `queue_ids` among them, empty for all queues of the site.
        kind: what it must be; empty for whatever it is.

    Raises:
        DeviceNotFound, SiteNotFound, QueueNotFound.
        Invalid: a counter or queue of another site, or a layout of the other kind of device.
    """
    with transaction.atomic():
        device = device_or_refuse(device_id, kind=kind, locked=True)
        before = _settings(device)
        wanted = dict(values)
        if wanted.get("site_id", device.site_id) != device.site_id:
            wanted = {"counter_id": None, "queue_ids": []} | wanted
        queue_ids = wanted.pop("queue_ids", None)
        for name, value in wanted.items():
            setattr(device, name, value)
        _must_fit(device)
        if queue_ids is not None:
            _choose_queues(device, queue_ids)
        after = _settings(device)
        changed = [name for name in after if after[name] != before[name]]
        if changed:
            _move_on(device, [name for name in changed if name != "queue_ids"])
            note_device(
                device, "updated", AuditKind.UPDATE, actor=actor, at=at, data={"revision": device.revision},
                before={name: before[name] for name in changed}, after={name: after[name] for name in changed},
            )  # fmt: skip
    return device


def refresh(*, device_id: UUID, kind: str = "", actor: Actor, at: datetime) -> Device:
    """Make a device load itself again, at its next sign of life.

    Raises:
        DeviceNotFound, DeviceRevoked.
    """
    with transaction.atomic():
        device = device_or_refuse(device_id, kind=kind, locked=True)
        if device.revoked_at:
            raise DeviceRevoked
        _move_on(device, [])
        data = {"revision": device.revision}
        note_device(device, "refreshed", AuditKind.UPDATE, actor=actor, at=at, data=data)
    return device


def revoke_device(*, device_id: UUID, kind: str = "", actor: Actor, at: datetime) -> Device:
    """Its token opens nothing any more. The settings stay, for when it is paired again. Twice is once.

    Raises:
        DeviceNotFound.
    """
    with transaction.atomic():
        device = device_or_refuse(device_id, kind=kind, locked=True)
        if device.revoked_at is None:
            device.revoked_at = at
            _move_on(device, ["revoked_at"])
            if device.is_online:
                go_offline(device, actor=actor, at=at)
            note_device(device, "revoked", AuditKind.PERMISSION_CHANGE, actor=actor, at=at)
    return device


def remove_device(*, device_id: UUID, kind: str = "", actor: Actor, at: datetime) -> None:
    """Delete a device; its token opens nothing any more.

    Raises:
        DeviceNotFound.
    """
    with transaction.atomic():
        device = device_or_refuse(device_id, kind=kind, locked=True)
        note_device(device, "deleted", AuditKind.DELETE, actor=actor, at=at, before=_settings(device))
        devices = Device.objects.filter(id=device.id)
        devices._raw_delete(devices.db)  # one DELETE, and the composite keys cascade


def _move_on(device: Device, changed: list[str]) -> None:
    device.revision += 1
    device.save(update_fields=[*changed, "revision"])


def _settings(device: Device) -> dict[str, Any]:
    return told_of(device) | {"queue_ids": sorted(map(str, chosen_queue_ids([device.id])[device.id]))}


def _choose_queues(device: Device, queue_ids: list[UUID]) -> None:
    queues = list(Queue.objects.filter(id__in=queue_ids))
    if len(queues) != len(set(queue_ids)):
        raise QueueNotFound
    if any(queue.site_id != device.site_id for queue in queues):
        raise Invalid(queue_ids=_("This belongs to another site."))
    DeviceQueue.objects.filter(device_id=device.id).exclude(queue_id__in=queue_ids).delete()
    chosen = [DeviceQueue(tenant_id=device.tenant_id, device=device, queue=queue) for queue in queues]
    DeviceQueue.objects.bulk_create(chosen, ignore_conflicts=True)


def _must_fit(device: Device) -> None:
    if not Site.objects.filter(id=device.site_id).exists():
        raise SiteNotFound
    if device.counter_id and not Counter.objects.filter(id=device.counter_id, site_id=device.site_id).exists():
        raise Invalid(counter_id=_("This belongs to another site."))
    layouts = DISPLAY_LAYOUTS if device.kind == DeviceKind.DISPLAY else (Layout.TILES,)
    if device.layout not in layouts:
        raise Invalid(layout=_("This layout is for another kind of device."))
    if device.layout == Layout.COUNTER and not device.counter_id:
        raise Invalid(counter_id=_("Choose the counter that this screen shows."))
    if device.printer_host and not fullmatch(HOST, device.printer_host):
        raise Invalid(printer_host=_("Give an address without spaces and slashes, such as 192.168.1.50."))
    if device.printer == Printer.ESCPOS and not device.printer_host:
        raise Invalid(printer_host=_("Give the printer's address."))
