"""Connecting what is the tenant's own, trying it, and letting go of it."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from smartqueue.journal.actions import record
from smartqueue.journal.states import Actor, AuditKind
from smartqueue.kernel.errors import Invalid, NotFound
from smartqueue.kernel.ids import token
from smartqueue.kernel.refusing import refusing
from smartqueue.kernel.sealed import SealBroken, seal, unseal
from smartqueue.notifications.errors import IntegrationChanged, TriedJustNow
from smartqueue.notifications.models import Integration
from smartqueue.notifications.states import TEST_PAUSE_S, TEST_SECONDS, Outcome, Provider
from smartqueue.notifications.states.connecting import SHOWN, moves, smtp_settings, standing_of, typed
from smartqueue.notifications.transports import transport_class
from smartqueue.notifications.transports.base import Outgoing, TransportFault
from smartqueue.notifications.transports.fields import fields_of, may_be_tried
from smartqueue.outbound.deadline import Deadline
from smartqueue.tenants.scope import in_tenant

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Trial:
    """How a test went; `said` is the provider's own word, where it gave one."""

    outcome: Outcome
    said: str = ""


def keep_integration(
    *, tenant_id: UUID, provider: str, values: Mapping[str, Any], secrets: Mapping[str, str], actor: Actor,
    at: datetime,
) -> Integration:  # fmt: skip
    """Connect an account, or change how.

    Args:
        values: the provider's fields in the open (mail server: `host`, `port`, `security`, `user`, `sender`), and
            any of `is_active`, `rank`, `price_xof`; what is not named of these three stays.
        secrets: by field; '' keeps the one that is kept, as long as it goes to the same place.

    Raises:
        NotFound: there is no such provider.
        Invalid: with the fields that cannot be.
        IntegrationChanged: somebody else connected one at the same moment.
    """
    if provider not in Provider.values:
        raise NotFound
    used = standing_of(values)
    settings, fresh = _judged(provider, values, secrets)
    with transaction.atomic(), refusing(integration_once=IntegrationChanged):
        row = _locked(provider)
        merged = _merged(row, provider, settings, fresh)
        return _keep(row, provider, tenant_id, settings, merged, used, actor=actor, at=at)


def _judged(
    provider: str, values: Mapping[str, Any], secrets: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Settings as they are kept, and the secrets that were typed.

    Raises:
        Invalid: with the fields that cannot be.
    """
    if provider == Provider.SMTP:
        settings = smtp_settings(values)
        return settings, {"password": secrets.get("password", "")} if settings["user"] else {}
    fields = fields_of(provider)
    settings, wrong = typed((one for one in fields if not one.is_secret), values)
    fresh, more = typed((one for one in fields if one.is_secret), secrets)
    if wrong or more:
        raise Invalid(**wrong, **more)
    return {name: value for name, value in settings.items() if value}, fresh


def _merged(
    row: Integration | None, provider: str, settings: Mapping[str, Any], fresh: Mapping[str, str]
) -> dict[str, str]:
    """The secrets from now on: what was typed, and what is kept.

    Else whoever may change the address could have a kept secret sent to a server of his own.

    Raises:
        Invalid: with the secrets that have to be typed.
    """
    known = _known(row)
    optional = set() if provider == Provider.SMTP else {one.name for one in fields_of(provider) if not one.is_required}
    moved = row is not None and moves(row.settings, settings)
    merged: dict[str, str] = {}
    wrong: dict[str, str] = {}
    for name, secret in fresh.items():
        if secret:
            merged[name] = secret
        elif name in known and moved:
            wrong[name] = _("Type it again: it would go to another server or user.")
        elif name in known:
            merged[name] = known[name]
        elif name not in optional:
            wrong[name] = _("Fill this in.")
    if wrong:
        raise Invalid(**wrong)
    return merged


def _known(row: Integration | None) -> dict[str, str]:
    """What is kept; nothing where it cannot be read any more and has to be typed again."""
    try:
        return secrets_of(row) if row else {}
    except SealBroken:
        return {}


def disconnect(*, provider: str, actor: Actor, at: datetime) -> None:
    """Forget the settings, the secrets and the address where the provider calls.

    Raises:
        NotFound: nothing of that kind is connected.
    """
    with transaction.atomic():
        row = _locked_or_refuse(provider)
        _record("deleted", AuditKind.DELETE, row, actor=actor, at=at, before=_told(row))
        row.delete()


def renew_hook(*, provider: str, actor: Actor, at: datetime) -> Integration:
    """A new secret address for the provider's calls; from now on the former one is nobody's.

    Raises:
        NotFound: nothing of that kind is connected.
    """
    with transaction.atomic():
        row = _locked_or_refuse(provider)
        row.hook_key = token()
        row.save(update_fields=["hook_key"])
        told = {"provider": row.provider, "hook": SHOWN}
        _record("readdressed", AuditKind.UPDATE, row, actor=actor, at=at, after=told)
        return row


def send_test(
    *, tenant_id: UUID, provider: str, message: Outgoing, actor: Actor, at: datetime
) -> Trial:  # fmt: skip
    """Send a message through what is connected, and keep how it went.

    Three steps, with no transaction open while the network is waited for. What arrives also ends the pause that
    failures have brought about.

    Args:
        message: to somebody who waits for it: the one who presses the button.

    Raises:
        NotFound: nothing of that kind is connected, or it sends nothing.
        TriedJustNow: a test is under way, or was a moment ago.
    """
    if connection.in_atomic_block:
        raise RuntimeError("a test send waits for the network: call it outside a transaction")
    with in_tenant(tenant_id):
        row = _locked_or_refuse(provider)
        if not may_be_tried(provider):
            raise NotFound
        if row.last_test_at and abs(at - row.last_test_at) < timedelta(seconds=TEST_PAUSE_S):
            raise TriedJustNow(seconds=TEST_PAUSE_S)
        row.last_test_at, row.last_test_result = at, ""
        row.save(update_fields=["last_test_at", "last_test_result"])
    trial = _tried(row, message)
    with in_tenant(tenant_id):
        found: dict[str, Any] = {"last_test_result": trial.outcome}
        if trial.outcome == Outcome.OK:
            found |= {"failures": 0, "broken_until": None}
        # Only if it is still the same thing that was tried.
        if Integration.objects.filter(id=row.id, last_test_at=at).update(**found):
            told = {"provider": row.provider, "result": str(trial.outcome.value)}
            _record("tested", AuditKind.SEND, row, actor=actor, at=at, after=told)
    return trial


def secrets_of(row: Integration) -> dict[str, str]:
    """An account's secrets, by field.

    Raises:
        SealBroken: they cannot be read any more.
    """
    if not row.sealed:
        return {}
    return dict(json.loads(unseal(_purpose(row.tenant_id, row.provider), row.sealed)))


def _tried(row: Integration, message: Outgoing) -> Trial:
    try:
        transport_class(row.provider)(row.settings, secrets_of(row)).send(message, Deadline(TEST_SECONDS))
    except SealBroken:
        return Trial(Outcome.BAD_SEAL)
    except TransportFault as fault:
        return Trial(fault.outcome, fault.said)
    except Exception:
        # A provider's answer that we did not expect is an answer to whoever tries, and a riddle for us.
        logger.exception("a transport failed in a way of its own")
        return Trial(Outcome.NOT_UNDERSTOOD)
    return Trial(Outcome.OK)


def _purpose(tenant_id: UUID, provider: str) -> str:
    """Another tenant's sealed secret, copied into this row, opens nothing."""
    return f"notifications.integration:{tenant_id}:{provider}"


def _locked(provider: str) -> Integration | None:
    return Integration.objects.select_for_update().filter(provider=provider).first()


def _locked_or_refuse(provider: str) -> Integration:
    row = _locked(provider)
    if row is None:
        raise NotFound
    return row


def _keep(
    row: Integration | None, provider: str, tenant_id: UUID, settings: dict[str, Any], secrets: dict[str, str],
    used: dict[str, Any], *, actor: Actor, at: datetime,
) -> Integration:  # fmt: skip
    """Store it. What was tried before, and what failed, was something else where the account has changed."""
    before = _told(row) if row else None
    kept = row or Integration(tenant_id=tenant_id, provider=provider)
    if row is None or kept.settings != settings or _known(row) != secrets:
        kept.last_test_at, kept.last_test_result = None, ""
        kept.failures, kept.broken_until = 0, None
    if row is None or _known(row) != secrets or bool(row.sealed) != bool(secrets):
        kept.sealed = seal(_purpose(tenant_id, provider), json.dumps(secrets).encode()) if secrets else b""
        kept.sealed_at = at if secrets else None
    kept.settings = settings
    for name, value in used.items():
        setattr(kept, name, value)
    kept.save()
    if before is None:
        _record("created", AuditKind.CREATE, kept, actor=actor, at=at, after=_told(kept))
    else:
        _record("updated", AuditKind.UPDATE, kept, actor=actor, at=at, before=before, after=_told(kept))
    return kept


def _told(row: Integration) -> dict[str, Any]:
    """For the journal: a secret shows only that there is one, and since when."""
    told = {"provider": row.provider, **row.settings}
    told |= {"is_active": row.is_active, "rank": row.rank, "price_xof": row.price_xof}
    if row.sealed:
        told |= {"secret": SHOWN, "secret_changed_at": row.sealed_at.isoformat() if row.sealed_at else None}
    return told


def _record(happened: str, kind: AuditKind, row: Integration, **facts: Any) -> None:
    record(
        f"integration.{happened}", kind=kind, tenant_id=row.tenant_id, object_type="integration", object_id=row.id,
        **facts,
    )  # fmt: skip
