"""Endpoints: made, changed, given another secret, turned on and off, tried, and sent again what they missed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from smartqueue.journal.actions import record
from smartqueue.journal.actions.poke import Poker
from smartqueue.journal.models import Entry
from smartqueue.journal.states import Actor, AuditKind
from smartqueue.kernel.errors import Invalid
from smartqueue.webhooks.actions import signing
from smartqueue.webhooks.actions.reachable import judged
from smartqueue.webhooks.actions.wake import send_wake
from smartqueue.webhooks.errors import (
    DeliveryNotFound,
    EndpointIsOff,
    EndpointNotFound,
    RotatedJustNow,
    StillOnItsWay,
    TooMany,
)
from smartqueue.webhooks.models import Delivery, Endpoint
from smartqueue.webhooks.states import FACTS, MOST_ENDPOINTS, SECRETS_OVERLAP, TEST, DeliveryStatus, WhyOff

wake = Poker(send_wake).poke
CHANGEABLE = ("url", "description", "facts")


def add_endpoint(
    *, tenant_id: UUID, url: str, facts: Sequence[str], description: str = "", actor: Actor, at: datetime
) -> tuple[Endpoint, str]:
    """A new endpoint of the tenant in scope.

    Args:
        url: https, to a public address; judged here and again at every call.
        facts: of `FACTS`; none means all.

    Returns:
        The row, and its secret, which nobody can find out again.

    Raises:
        Invalid: with the fields that cannot be.
        TooMany: there are twenty.
    """
    values = _checked({"url": url, "facts": facts, "description": description})
    if Endpoint.objects.count() >= MOST_ENDPOINTS:
        raise TooMany(most=MOST_ENDPOINTS)
    secret = signing.new_secret()
    endpoint = Endpoint(tenant_id=tenant_id, **values, rotated_at=at, created_at=at)
    _keep_secrets(endpoint, [{"secret": secret, "until": None}])
    with transaction.atomic():
        endpoint.save(force_insert=True)
        _record(endpoint, "created", AuditKind.CREATE, actor, at, after=_told(endpoint))
    return endpoint, secret


def change_endpoint(*, endpoint_id: UUID, values: dict[str, Any], actor: Actor, at: datetime) -> Endpoint:
    """Store what differs.

    Args:
        values: any of `url`, `description`, `facts`, `is_active`.

    Raises:
        EndpointNotFound, Invalid.
    """
    wanted = _checked({name: values[name] for name in CHANGEABLE if name in values})
    with transaction.atomic():
        endpoint = _locked(endpoint_id)
        before = _told(endpoint)
        for name, value in wanted.items():
            setattr(endpoint, name, value)
        after = _told(endpoint)
        changed = [name for name in CHANGEABLE if before[name] != after[name]]
        if changed:
            endpoint.save(update_fields=changed)
            _record(
                endpoint, "updated", AuditKind.UPDATE, actor, at,
                before={name: before[name] for name in changed}, after={name: after[name] for name in changed},
            )  # fmt: skip
        if "is_active" in values and values["is_active"] != endpoint.is_active:
            if values["is_active"]:
                turn_on(endpoint, actor=actor, at=at)
            else:
                turn_off(endpoint, WhyOff.BY_HAND, actor=actor, at=at)
    return endpoint


def turn_on(endpoint: Endpoint, *, actor: Actor, at: datetime) -> None:
    """From now on it is told again; what happened meanwhile is not made up for. The row is locked."""
    endpoint.is_active, endpoint.disabled_reason, endpoint.failing_since = True, "", None
    endpoint.letter_due_at = None
    endpoint.save(update_fields=["is_active", "disabled_reason", "failing_since", "letter_due_at"])
    _record(endpoint, "enabled", AuditKind.STATUS_CHANGE, actor, at)


def turn_off(endpoint: Endpoint, why: WhyOff, *, actor: Actor, at: datetime) -> None:
    """It is told nothing more, and what was on its way is given up. The row is locked; unless a person does it, the
    administrators get a letter."""
    endpoint.is_active, endpoint.disabled_reason = False, why
    endpoint.letter_due_at = None if why == WhyOff.BY_HAND else at
    endpoint.save(update_fields=["is_active", "disabled_reason", "letter_due_at"])
    Delivery.objects.filter(endpoint=endpoint, status=DeliveryStatus.PENDING).update(status=DeliveryStatus.FAILED)
    _record(endpoint, "disabled", AuditKind.STATUS_CHANGE, actor, at, after={"reason": why.value})


def rotate_secret(*, endpoint_id: UUID, actor: Actor, at: datetime) -> tuple[Endpoint, str]:
    """A new secret, shown once; the present one signs beside it for 24 hours.

    Raises:
        EndpointNotFound: there is none in scope.
        RotatedJustNow: two are live already.
    """
    with transaction.atomic():
        endpoint = _locked(endpoint_id)
        kept = signing.unseal_secrets(endpoint.sealed, tenant_id=endpoint.tenant_id, row_id=endpoint.id)
        if len(signing.live_at(kept, at)) > 1:
            raise RotatedJustNow
        secret = signing.new_secret()
        _keep_secrets(endpoint, signing.rotated(kept, secret, at=at, overlap=SECRETS_OVERLAP))
        endpoint.rotated_at = at
        endpoint.save(update_fields=["sealed", "rotated_at"])
        _record(endpoint, "secret_rotated", AuditKind.UPDATE, actor, at)
    return endpoint, secret


def remove_endpoint(*, endpoint_id: UUID, actor: Actor, at: datetime) -> None:
    """With its log. Raises: EndpointNotFound."""
    with transaction.atomic():
        endpoint = _locked(endpoint_id)
        _record(endpoint, "deleted", AuditKind.DELETE, actor, at, before=_told(endpoint))
        rows = Endpoint.objects.filter(id=endpoint.id)
        rows._raw_delete(rows.db)  # one DELETE, which cascades: Django's collector would load the whole log


def try_endpoint(*, endpoint_id: UUID, actor: Actor, at: datetime) -> Delivery:
    """Send it `webhook.test`, once, now.

    Raises:
        EndpointNotFound, EndpointIsOff.
    """
    with transaction.atomic():
        endpoint = _locked(endpoint_id)
        if not endpoint.is_active:
            raise EndpointIsOff
        entry = _record(endpoint, "tested", AuditKind.SEND, actor, at)
        delivery = Delivery.objects.create(
            tenant_id=endpoint.tenant_id, endpoint=endpoint, entry_id=entry.id, fact=TEST, due_at=at, created_at=at
        )
        transaction.on_commit(wake)
    return delivery


def replay(*, delivery_ids: Sequence[UUID], endpoint_id: UUID, actor: Actor, at: datetime) -> list[Delivery]:
    """Send again what was delivered or given up, under the same id; tries and patience begin anew.

    Raises:
        EndpointNotFound, EndpointIsOff.
        DeliveryNotFound: one of them is none of this endpoint's.
        StillOnItsWay: one of them is.
    """
    with transaction.atomic():
        endpoint = _locked(endpoint_id)
        if not endpoint.is_active:
            raise EndpointIsOff
        wanted = set(delivery_ids)
        rows = list(Delivery.objects.select_for_update().filter(endpoint=endpoint, id__in=wanted).order_by("entry_id"))
        if len(rows) != len(wanted):
            raise DeliveryNotFound
        for delivery in rows:
            if delivery.status == DeliveryStatus.PENDING:
                raise StillOnItsWay
            delivery.status, delivery.tries, delivery.since = DeliveryStatus.PENDING, 0, None
            delivery.due_at, delivery.leased_until, delivery.delivered_at = at, None, None
            delivery.save(update_fields=["status", "tries", "since", "due_at", "leased_until", "delivered_at"])
        _record(endpoint, "replayed", AuditKind.SEND, actor, at, after={"deliveries": len(rows)})
        transaction.on_commit(wake)
    return rows


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    if "url" in values:
        values["url"] = judged(values["url"])
    if "facts" in values:
        unknown = sorted(set(values["facts"]) - set(FACTS))
        if unknown:
            raise Invalid(facts={"code": "unknown_fact", "message": _("There is no such fact.")})
        values["facts"] = sorted(set(values["facts"]))
    if "description" in values:
        values["description"] = values["description"].strip()[:80]
    return values


def _keep_secrets(endpoint: Endpoint, kept: signing.Kept) -> None:
    endpoint.sealed = signing.seal_secrets(kept, tenant_id=endpoint.tenant_id, row_id=endpoint.id)


def _locked(endpoint_id: UUID) -> Endpoint:
    """Without keeping new deliveries waiting, which refer to the row."""
    endpoint = Endpoint.objects.select_for_update(no_key=True).filter(id=endpoint_id).first()
    if endpoint is None:
        raise EndpointNotFound
    return endpoint


def _told(endpoint: Endpoint) -> dict[str, Any]:
    return {name: getattr(endpoint, name) for name in CHANGEABLE}


def _record(endpoint: Endpoint, happened: str, kind: AuditKind, actor: Actor, at: datetime, **values: Any) -> Entry:
    return record(
        f"webhook.{happened}", kind=kind, tenant_id=endpoint.tenant_id, object_type="webhook", object_id=endpoint.id,
        actor=actor, at=at, **values,
    )  # fmt: skip
