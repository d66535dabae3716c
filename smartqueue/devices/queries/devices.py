"""Reading devices: by their token, by their id, and what they show."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Case, Q, QuerySet, When

from smartqueue.devices.errors import DeviceNotFound
from smartqueue.devices.models import Device, DeviceQueue
from smartqueue.devices.states import TOKEN_PREFIX, DeviceKind
from smartqueue.queueing.models import Queue
from smartqueue.sites.models import Counter, Site
from smartqueue.tenants.scope import ask

LONGEST_TOKEN = 100
_COLUMNS = [field.column for field in Device._meta.concrete_fields]
_FIELDS = [field.attname for field in Device._meta.concrete_fields]
_DOOR = f"SELECT tenant_slug, {', '.join(f'(device).{name}' for name in _COLUMNS)} FROM devices_of_token(%s)"  # noqa: S608 - our own columns


@dataclass(frozen=True, slots=True)
class Seen:
    """A device at the door.

    Attributes:
        is_former: it came with the token before its newest one.
    """

    tenant_id: UUID
    tenant_slug: str
    device: Device
    is_former: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """A device that waits to be claimed. `code` as it is shown: `BCDF-GHJK`."""

    code: str
    kind: str
    expires_at: datetime
    is_claimed: bool


def hash_of(secret: str) -> bytes:
    """What is kept of a token or secret: 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(secret.encode()).digest()


def device_of_token(token: str, *, even_revoked: bool = False) -> Seen | None:
    """Whose token this is; the one question about devices that crosses tenants. One round trip.

    Inside a transaction, the rows of the device's tenant are open from here on.

    Args:
        token: whatever stood in the cookie or header.
        even_revoked: show a device that was cut off too: look at its `revoked_at`.

    Returns:
        None for no token of ours, one that was replaced, of a revoked device or of a tenant that is not active.
    """
    if not token.startswith(TOKEN_PREFIX) or len(token) > LONGEST_TOKEN:
        return None
    key = hash_of(token)
    rows = ask(_DOOR, [key])
    if not rows:
        return None
    slug, *values = rows[0]
    device = Device.from_db("default", _FIELDS, values)
    if device.revoked_at and not even_revoked:
        return None
    return Seen(device.tenant_id, slug, device, is_former=bytes(device.token_hash or b"") != key)


def device_that_may_stay(device_id: UUID) -> Device | None:
    """A device that was let in before, unless it was cut off or deleted since; its token may be another by now.
    Inside the tenant's scope."""
    return Device.objects.filter(id=device_id, revoked_at=None, token_hash__isnull=False).first()


def pairing_of(secret: str, *, at: datetime) -> Waiting | None:
    """The pairing whose secret a device holds; None when it has expired or was collected."""
    rows = ask("SELECT * FROM devices_pairing_of(%s, %s)", [hash_of(secret), at])
    return Waiting(spelt(rows[0][0]), *rows[0][1:]) if rows else None


def spelt(code: str) -> str:
    """A code as people read it: `BCDF-GHJK`."""
    return f"{code[:4]}-{code[4:]}"


def device_or_refuse(device_id: UUID, *, kind: str = "", locked: bool = False) -> Device:
    """A device of the tenant in scope.

    Raises:
        DeviceNotFound: there is none, it is another tenant's, or of another kind.
    """
    devices = Device.objects.filter(id=device_id, **({"kind": kind} if kind else {}))
    device = (devices.select_for_update() if locked else devices.select_related("site", "counter")).first()
    if device is None:
        raise DeviceNotFound
    return device


def all_devices(kind: str = "") -> QuerySet[Device]:
    """Of the tenant in scope, by name; of one kind or of both."""
    devices = Device.objects.select_related("site", "counter").order_by("name", "id")
    return devices.filter(kind=kind) if kind else devices


def chosen_queue_ids(device_ids: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """Device → the queues that were chosen for it, for a page of devices in one query; none chosen means all."""
    chosen: dict[UUID, list[UUID]] = {device_id: [] for device_id in device_ids}
    rows = DeviceQueue.objects.filter(device_id__in=device_ids).order_by("queue__name", "queue_id")
    for device_id, queue_id in rows.values_list("device_id", "queue_id"):
        chosen[device_id].append(queue_id)
    return chosen


def queues_of(device: Device) -> list[Queue]:
    """The active queues that a device shows, by name: those that were chosen, else all of its site. Two queries.

    A kiosk neither shows nor gives out a ticket of a queue that is kept off kiosks; displays show it.
    """
    chosen = chosen_queue_ids([device.id])[device.id]
    queues = Queue.objects.filter(is_active=True).order_by("name", "id")
    if device.kind == DeviceKind.KIOSK:
        queues = queues.filter(shown_at_kiosk=True)
    return list(queues.filter(id__in=chosen) if chosen else queues.filter(site_id=device.site_id))


def devices_named(text: str) -> QuerySet[Device]:
    """Of the tenant in scope, whose own name or site's name contains this; those that need somebody first.

    First comes what reports a problem, then what is offline, then the others, by name.
    """
    named = Q(name__icontains=text) | Q(site__name__icontains=text) if text else Q()
    urgency = Case(
        When(revoked_at__isnull=False, then=3), When(~Q(problem="") & Q(is_online=True), then=0),
        When(token_hash__isnull=False, is_online=False, then=1), default=2,
    )  # fmt: skip
    return all_devices().filter(named).order_by(urgency, "name", "id")


def sites_to_choose() -> list[Site]:
    return list(Site.objects.filter(is_active=True).order_by("name", "id"))


def counters_of_site(site_id: UUID) -> list[Counter]:
    return list(Counter.objects.filter(site_id=site_id, is_active=True).order_by("name", "id"))


def queues_of_site(site_id: UUID) -> list[Queue]:
    return list(Queue.objects.filter(site_id=site_id, is_active=True).order_by("name", "id"))


def tenants_with_silent_devices(*, before: datetime) -> list[UUID]:
    """Whose devices count as online and were last seen before that instant. Crosses tenants: platform connection."""
    silent = Device.objects.using("platform").filter(is_online=True, last_seen_at__lt=before)
    return list(silent.order_by("tenant_id").values_list("tenant_id", flat=True).distinct())
