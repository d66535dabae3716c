"""A device without a keyboard gets its token: it shows a code, somebody who may types it (the shape of RFC 8628)."""

import secrets
from datetime import datetime
from uuid import UUID

from django.db import transaction

from smartqueue.devices.actions.facts import note_device, told_of
from smartqueue.devices.actions.tries import count_try, forget_try
from smartqueue.devices.errors import PairingCodeUnknown, SiteNotFound, TooManyPairings
from smartqueue.devices.models import Device
from smartqueue.devices.queries.devices import device_or_refuse, hash_of, spelt
from smartqueue.devices.states import (
    CODE_LENGTH,
    CODE_LIFETIME,
    CODE_SIGNS,
    FIRST_LAYOUT,
    PAIRINGS_IN_ALL,
    PAIRINGS_PER_ADDRESS,
    ROTATE_AGAIN_AFTER,
    TOKEN_LIFETIME,
    TOKEN_PREFIX,
    DeviceKind,
)
from smartqueue.journal.states import Actor, AuditKind
from smartqueue.kernel.ids import uuid7
from smartqueue.sites.models import Site
from smartqueue.tenants.scope import ask, in_tenant


def begin_pairing(*, kind: str, address: str | None, at: datetime) -> tuple[str, str]:
    """A code to show for ten minutes, and the secret with which the device asks what became of it.

    Args:
        kind: display or kiosk.
        address: of the device, as the proxy says it: only so many codes live at once for one.

    Returns:
        The code, `BCDF-GHJK`, and the secret, 256 bits.

    Raises:
        TooManyPairings: from this address, or in all.
    """
    secret, until = secrets.token_urlsafe(32), at + CODE_LIFETIME
    for _n in range(5):
        code = "".join(secrets.choice(CODE_SIGNS) for _ in range(CODE_LENGTH))
        values = [uuid7(), code, hash_of(secret), DeviceKind(kind), address or "", at, until]
        said = ask(
            "SELECT devices_begin(%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [*values, PAIRINGS_PER_ADDRESS, PAIRINGS_IN_ALL],
        )[0][0]
        if said == "":
            return spelt(code), secret
        if said == "full":
            break
    raise TooManyPairings(retry_after_s=60)


def claim(
    *, code: str, tenant_id: UUID, site_id: UUID, name: str, kind: str = "", device_id: UUID | None = None,
    actor: Actor, at: datetime,
) -> Device:  # fmt: skip
    """Make the device that shows this code one of the tenant's. Inside the tenant's scope.

    Of two who type one code at once, one gets the device.

    Args:
        code: as typed: small letters and no dash do too.
        kind: what it must be; empty for whatever it is.
        device_id: a device that is there already and lost its token: it keeps its settings, the old token ends.

    Raises:
        PairingCodeUnknown: the code is not valid here.
        TooManyCodes: five wrong codes within a minute.
        SiteNotFound, DeviceNotFound: not the tenant's.
    """
    with transaction.atomic():
        if not Site.objects.filter(id=site_id).exists():
            raise SiteNotFound
        known = device_or_refuse(device_id, kind=kind, locked=True) if device_id else None
        tried = count_try(tenant_id=tenant_id, user_id=actor.user_id, at=at)
        row_id, wanted = (known.id, known.kind) if known else (uuid7(), kind)
        found = ask("SELECT devices_claim(%s, %s, %s, %s, %s)", [plain(code), wanted, row_id, at, at + CODE_LIFETIME])
        if found[0][0] is None:
            raise PairingCodeUnknown
        if known:
            device = _pair_again(known, at=at)
        else:
            device = Device(
                id=row_id, tenant_id=tenant_id, kind=found[0][0], name=name, site_id=site_id,
                layout=FIRST_LAYOUT[DeviceKind(found[0][0])], paired_at=at,
            )  # fmt: skip
            device.save(force_insert=True)
            note_device(device, "created", AuditKind.CREATE, actor=actor, at=at, after=told_of(device))
        note_device(device, "paired", AuditKind.PERMISSION_CHANGE, actor=actor, at=at)
    forget_try(tenant_id=tenant_id, user_id=actor.user_id, tried=tried)
    return device


def _pair_again(device: Device, *, at: datetime) -> Device:
    device.token_hash = device.former_hash = device.token_made_at = device.revoked_at = None
    device.paired_at = at
    device.save(update_fields=["token_hash", "former_hash", "token_made_at", "revoked_at", "paired_at"])
    return device


def plain(code: str) -> str:
    """A code as it is kept; what cannot be one is empty, and never found."""
    signs = "".join(code.upper().split()).replace("-", "").replace("–", "")
    return signs if len(signs) == CODE_LENGTH and set(signs) <= set(CODE_SIGNS) else ""


def collect(*, secret: str, at: datetime) -> str | None:
    """The token, once, to the device whose code was claimed; None for anybody else. Outside every scope."""
    with transaction.atomic():
        rows = ask("SELECT * FROM devices_collect(%s, %s)", [hash_of(secret), at])
        if not rows:
            return None
        tenant_id, device_id = rows[0]
        token = new_token()
        with in_tenant(tenant_id):
            given = Device.objects.filter(id=device_id, revoked_at=None).update(
                token_hash=hash_of(token), former_hash=None, token_made_at=at
            )
    return token if given else None


def new_token() -> str:
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def rotate_token(*, device: Device, token: str, at: datetime) -> str | None:
    """Another token for a device whose own is thirty days old. Inside the tenant's scope.

    The former one stays good until the device has used the new one: an answer may be lost on its way.

    Args:
        token: with which the device came.

    Returns:
        The new token, or None when it is not time, or another request of the device was quicker.
    """
    if device.token_made_at is None or at - device.token_made_at < ROTATE_AGAIN_AFTER:
        return None
    key, fresh = hash_of(token), new_token()
    of_device = Device.objects.filter(id=device.id, revoked_at=None)
    is_old = of_device.filter(token_hash=key, token_made_at__lte=at - TOKEN_LIFETIME)
    was_lost = of_device.filter(former_hash=key, token_made_at__lte=at - ROTATE_AGAIN_AFTER)
    changed = {"token_hash": hash_of(fresh), "former_hash": key, "token_made_at": at}
    return fresh if is_old.update(**changed) or was_lost.update(**changed) else None
