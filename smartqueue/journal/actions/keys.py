"""API keys: made, shown once, revoked. No hash of theirs stands in the journal."""

import secrets
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from smartqueue.journal.actions import record
from smartqueue.journal.states import Actor, AuditKind
from smartqueue.kernel.errors import Invalid
from smartqueue.tenants.errors import KeyNotFound, KeyRevoked
from smartqueue.tenants.models import ApiKey
from smartqueue.tenants.queries import hash_of_key
from smartqueue.tenants.states import KEY_PREFIX, Scope


def make_key(
    *, tenant_id: UUID, name: str, scopes: Iterable[str], expires_on: date | None, time_zone: str, actor: Actor,
    at: datetime,
) -> tuple[ApiKey, str]:  # fmt: skip
    """A new key of the tenant in scope.

    Args:
        scopes: what it may do, at least one.
        expires_on: the last day on which it opens anything, in `time_zone`; None: no end.

    Returns:
        The row, and the secret of 256 bits, which nobody can find out again.

    Raises:
        Invalid: no name, no scope or one that does not exist, an end that has passed.
    """
    wanted, known = set(scopes), set(map(str, Scope))
    if not name.strip():
        raise Invalid(name=_("Give the key a name."))
    if not wanted or wanted - known:
        raise Invalid(scopes=_("Choose at least one thing that the key may do."))
    expires_at = None
    if expires_on is not None and expires_on < date.max:
        expires_at = datetime.combine(expires_on + timedelta(days=1), time(), ZoneInfo(time_zone))
        if expires_at <= at:
            raise Invalid(expires_on=_("Choose a day in the future."))
    secret = KEY_PREFIX + secrets.token_urlsafe(32)
    key = ApiKey(
        tenant_id=tenant_id, name=name.strip()[:80], scopes=sorted(wanted), secret_hash=hash_of_key(secret),
        ending=secret[-4:], expires_at=expires_at, made_by=actor.user_id, made_at=at,
    )  # fmt: skip
    with transaction.atomic():
        key.save(force_insert=True)
        after = {"name": key.name, "scopes": key.scopes, "expires_at": expires_at and expires_at.isoformat()}
        _note(key, "created", AuditKind.CREATE, actor, at, after=after)
    return key, secret


def revoke_key(*, key_id: UUID, actor: Actor, at: datetime) -> ApiKey:
    """From the next request on, the key opens nothing.

    Raises:
        KeyNotFound: there is none in scope.
        KeyRevoked: somebody was quicker.
    """
    with transaction.atomic():
        key = ApiKey.objects.select_for_update().filter(id=key_id).first()
        if key is None:
            raise KeyNotFound
        if key.revoked_at is not None:
            raise KeyRevoked
        key.revoked_at = at
        key.save(update_fields=["revoked_at"])
        _note(key, "revoked", AuditKind.DELETE, actor, at, before={"name": key.name, "scopes": key.scopes})
    return key


def _note(key: ApiKey, happened: str, kind: AuditKind, actor: Actor, at: datetime, **values: Any) -> None:
    record(
        f"api_key.{happened}", kind=kind, tenant_id=key.tenant_id, object_type="api_key", object_id=key.id,
        actor=actor, at=at, **values,
    )  # fmt: skip
