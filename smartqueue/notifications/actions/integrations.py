"""Connecting what is the tenant's own, trying it, and letting go of it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from smartqueue.journal.actions import record
from smartqueue.journal.states import Actor, AuditKind
from smartqueue.kernel.errors import Invalid, NotFound
from smartqueue.kernel.refusing import refusing
from smartqueue.kernel.sealed import SealBroken, seal, unseal
from smartqueue.notifications.errors import IntegrationChanged, TriedJustNow
from smartqueue.notifications.models import Integration
from smartqueue.notifications.states import TEST_PAUSE_S, Outcome, Provider
from smartqueue.notifications.states.connecting import SHOWN, smtp_settings
from smartqueue.notifications.transports.base import TransportFault
from smartqueue.notifications.transports.email import Letter, Server, send_email
from smartqueue.tenants.scope import in_tenant


def keep_smtp(*, tenant_id: UUID, values: dict[str, Any], password: str, actor: Actor, at: datetime) -> Integration:
    """Connect the tenant's mail server, or change how.

    Args:
        values: `host`, `port`, `security`, `user`, `sender`.
        password: '' keeps the one that is kept, as long as it goes to the same server.

    Raises:
        Invalid: with the fields that cannot be.
        IntegrationChanged: somebody else connected one at the same moment.
    """
    settings = smtp_settings(values)
    with transaction.atomic(), refusing(integration_once=IntegrationChanged):
        row = _locked(Provider.SMTP)
        kept = bool(row and row.sealed)
        if not settings["user"]:
            return _keep(row, Provider.SMTP, tenant_id, settings, b"", actor=actor, at=at)
        if not password and not kept:
            raise Invalid(password=_("Type the password of this user."))
        if not password and row and any(row.settings[name] != settings[name] for name in ("host", "port", "user")):
            # Else whoever may change the address could have the old password sent to a server of his own.
            raise Invalid(password=_("Type the password again: it would go to another server or user."))
        sealed = seal(_purpose(tenant_id, Provider.SMTP), password.encode()) if password else None
        return _keep(row, Provider.SMTP, tenant_id, settings, sealed, actor=actor, at=at)


def disconnect(*, provider: str, actor: Actor, at: datetime) -> None:
    """Forget the settings and the secret.

    Raises:
        NotFound: nothing of that kind is connected.
    """
    with transaction.atomic():
        row = _locked(provider)
        if row is None:
            raise NotFound
        _record("deleted", AuditKind.DELETE, row, actor=actor, at=at, before=_told(row))
        row.delete()


def send_test(*, tenant_id: UUID, provider: str, letter: Letter, actor: Actor, at: datetime) -> Outcome:
    """Send a letter through what is connected, and keep how it went.

    Three steps, with no transaction open while the network is waited for.

    Raises:
        NotFound: nothing of that kind is connected.
        TriedJustNow: a test is under way, or was a moment ago.
    """
    if connection.in_atomic_block:
        raise RuntimeError("a test send waits for the network: call it outside a transaction")
    with in_tenant(tenant_id):
        row = _locked(provider)
        if row is None:
            raise NotFound
        pause = timedelta(seconds=TEST_PAUSE_S)
        if row.last_test_at and abs(at - row.last_test_at) < pause:
            raise TriedJustNow(seconds=TEST_PAUSE_S)
        row.last_test_at, row.last_test_result = at, ""
        row.save(update_fields=["last_test_at", "last_test_result"])
    outcome = _outcome(row, letter)
    with in_tenant(tenant_id):
        # Only if it is still the same thing that was tried.
        if Integration.objects.filter(id=row.id, last_test_at=at).update(last_test_result=outcome):
            told = {"provider": row.provider, "result": str(outcome.value)}
            _record("tested", AuditKind.SEND, row, actor=actor, at=at, after=told)
    return outcome


def server_of(row: Integration) -> Server:
    """The tenant's mail server, with its password.

    Raises:
        SealBroken: the password cannot be read any more.
    """
    password = unseal(_purpose(row.tenant_id, row.provider), row.sealed).decode() if row.sealed else ""
    return Server(**row.settings, password=password)


def _outcome(row: Integration, letter: Letter) -> Outcome:
    try:
        send_email(server_of(row), letter)
    except SealBroken:
        return Outcome.BAD_SEAL
    except TransportFault as fault:
        return fault.outcome
    return Outcome.OK


def _purpose(tenant_id: UUID, provider: str) -> str:
    """Another tenant's sealed secret, copied into this row, opens nothing."""
    return f"notifications.integration:{tenant_id}:{provider}"


def _locked(provider: str) -> Integration | None:
    return Integration.objects.select_for_update().filter(provider=provider).first()


def _keep(
    row: Integration | None, provider: str, tenant_id: UUID, settings: dict[str, Any], sealed: bytes | None, *,
    actor: Actor, at: datetime,
) -> Integration:  # fmt: skip
    """Store settings, and the secret unless it is None; what was tried before was something else."""
    before = _told(row) if row else None
    kept = row or Integration(tenant_id=tenant_id, provider=provider)
    kept.settings = settings
    if sealed is not None:
        kept.sealed, kept.sealed_at = sealed, at if sealed else None
    kept.last_test_at, kept.last_test_result = None, ""
    kept.save()
    if before is None:
        _record("created", AuditKind.CREATE, kept, actor=actor, at=at, after=_told(kept))
    else:
        _record("updated", AuditKind.UPDATE, kept, actor=actor, at=at, before=before, after=_told(kept))
    return kept


def _told(row: Integration) -> dict[str, Any]:
    """For the journal: a secret shows only that there is one, and since when."""
    told = {"provider": row.provider, **row.settings}
    if row.sealed:
        told |= {"secret": SHOWN, "secret_changed_at": row.sealed_at.isoformat() if row.sealed_at else None}
    return told


def _record(happened: str, kind: AuditKind, row: Integration, **facts: Any) -> None:
    record(
        f"integration.{happened}", kind=kind, tenant_id=row.tenant_id, object_type="integration", object_id=row.id,
        **facts,
    )  # fmt: skip
