"""Delivering: claim what is due, knock, and note what came of it.

Three steps, and no transaction open while somebody else's server is waited for. A claim is a lease: should the process
die, the delivery is tried again under the same id. What a dead receiver may cost is bounded three times: at most
`AT_ONCE` tries of one endpoint are under way, one if it is failing; failing endpoints have threads of their own; and a
fact waits for the earlier one of its ticket, not for its endpoint.
"""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from django.db import connections, transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils.http import parse_http_date_safe

from smartqueue.journal.states import SYSTEM
from smartqueue.kernel.sealed import SealBroken
from smartqueue.outbound.deadline import Deadline, NoAnswer
from smartqueue.outbound.http import call
from smartqueue.tenants.scope import in_tenant
from smartqueue.webhooks.actions import signing
from smartqueue.webhooks.actions.endpoints import turn_off
from smartqueue.webhooks.models import Delivery, Endpoint
from smartqueue.webhooks.queries import payload
from smartqueue.webhooks.states import (
    CALL_S,
    LEASE,
    LONGEST_WISH_S,
    PATIENCE,
    RETRY_AFTER_S,
    TEST,
    TRIES_KEPT,
    DeliveryStatus,
    Fault,
    WhyOff,
)

AT_ONCE, OF_TENANT = 4, 8
"""Tries under way, of one endpoint and of one tenant: who has many dead receivers takes no thread of another's."""
FAILING_AFTER = timedelta(seconds=15)
"""A hiccup is no death: whoever fails now and then stays with the others."""
HANDLER = "smartqueue.webhooks.handlers.queue_deliveries"
"""As the relay notes it (journal_handled)."""
USER_AGENT = "SmartQueue-Webhooks/1 (Standard Webhooks 1.0.0)"

# The endpoint is locked, so that two workers do not both find room; without keeping out new deliveries, which refer to
# it. Order of a ticket: nothing earlier is on its way, and no earlier version is still to be handed over by the relay.
CLAIM = """
WITH open AS (
    SELECT e.id, e.tenant_id, (CASE WHEN e.failing_since IS NULL THEN %(at_once)s ELSE 1 END) - (
        SELECT count(*) FROM webhooks_delivery d
        WHERE d.endpoint_id = e.id AND d.status = 'pending' AND d.leased_until > %(at)s
    ) AS room
    FROM webhooks_endpoint e JOIN tenants_tenant t ON t.id = e.tenant_id AND t.is_active
    WHERE e.is_active AND coalesce(e.failing_since <= %(dead_since)s, false) = %(failing)s AND EXISTS (
        SELECT FROM webhooks_delivery d
        WHERE d.endpoint_id = e.id AND d.status = 'pending' AND d.due_at <= %(at)s
          AND (d.leased_until IS NULL OR d.leased_until <= %(at)s)
    )
    FOR NO KEY UPDATE OF e SKIP LOCKED
), ready AS (
    SELECT ranked.id FROM (SELECT due.id, due.due_at, (
        SELECT count(*) FROM webhooks_endpoint x JOIN webhooks_delivery l ON l.endpoint_id = x.id
        WHERE x.tenant_id = open.tenant_id AND l.status = 'pending' AND l.leased_until > %(at)s
    ) + row_number() OVER (PARTITION BY open.tenant_id ORDER BY due.due_at) AS place FROM open CROSS JOIN LATERAL (
        SELECT d.id, d.due_at FROM webhooks_delivery d
        WHERE d.endpoint_id = open.id AND d.status = 'pending' AND d.due_at <= %(at)s
          AND (d.leased_until IS NULL OR d.leased_until <= %(at)s)
          AND NOT EXISTS (
            SELECT FROM webhooks_delivery p WHERE p.endpoint_id = d.endpoint_id AND p.subject = d.subject
              AND p.status = 'pending' AND p.entry_id < d.entry_id)
          AND NOT EXISTS (
            SELECT FROM journal_entry p WHERE p.object_id = d.subject AND p.version < d.version
              AND p.dispatched_at IS NULL AND p.at > d.created_at - interval '1 hour'
              AND NOT EXISTS (SELECT FROM journal_handled h WHERE h.entry_id = p.id AND h.handler = %(handler)s))
        ORDER BY d.due_at, d.entry_id LIMIT greatest(open.room, 0) FOR UPDATE OF d SKIP LOCKED
    ) due) ranked WHERE ranked.place <= %(of_tenant)s ORDER BY ranked.due_at LIMIT %(most)s
), claimed AS (
    UPDATE webhooks_delivery d
    SET tries = d.tries + 1, since = coalesce(d.since, %(at)s), leased_until = %(until)s
    FROM ready WHERE d.id = ready.id
    RETURNING d.id, d.tenant_id, d.endpoint_id, d.entry_id, d.fact
)
SELECT c.id, c.tenant_id, c.endpoint_id, c.fact, e.url, e.sealed, j.at, j.object_type, j.object_id, j.version,
    j.queue_id, j.data::text, j.after ->> 'status'
FROM claimed c JOIN webhooks_endpoint e ON e.id = c.endpoint_id JOIN journal_entry j ON j.id = c.entry_id
ORDER BY c.entry_id
"""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try: who is called and what is said. `leased_until` is what tells it from a later try."""

    delivery_id: UUID
    tenant_id: UUID
    endpoint_id: UUID
    url: str
    sealed: bytes
    body: bytes
    leased_until: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a try: a status, or a `Fault` in its place. `pause_s`: what the receiver has asked for."""

    status: int | None = None
    error: str = ""
    ms: int = 0
    pause_s: int = 0

    @property
    def is_delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def claim(*, at: datetime, most: int, failing: bool = False) -> list[Attempt]:
    """Lease what is due, of all tenants, on the platform connection; what is leased by others is left out.

    Args:
        most: no more than these.
        failing: of endpoints that have done nothing but fail for `FAILING_AFTER`; else of the others.
    """
    until = at + LEASE
    values: dict[str, Any] = {
        "at": at, "until": until, "most": most, "failing": failing, "dead_since": at - FAILING_AFTER,
        "at_once": AT_ONCE, "of_tenant": OF_TENANT, "handler": HANDLER,
    }  # fmt: skip
    with transaction.atomic(using="platform"), connections["platform"].cursor() as cursor:
        cursor.execute(CLAIM, values)
        return [_attempt(row, until) for row in cursor.fetchall()]


def _attempt(row: Sequence[Any], until: datetime) -> Attempt:
    delivery_id, tenant_id, endpoint_id, fact, url, sealed, *entry = row
    names = ("at", "object_type", "object_id", "version", "queue_id", "data", "status")
    told = dict(zip(names, entry, strict=True))
    told |= {"at": told["at"].astimezone(UTC).isoformat(), "data": orjson.loads(told["data"] or "{}")}
    body = orjson.dumps(payload(fact, told))
    return Attempt(delivery_id, tenant_id, endpoint_id, url, bytes(sealed), body, until)


def knock(attempt: Attempt, *, at: datetime) -> Outcome:
    """Call the receiver; never inside a transaction. Nothing of what it answers is kept but the status.

    Args:
        at: the instant that is signed.
    """
    began = time.monotonic()
    try:
        status, error, pause_s = _called(attempt, at)
    except NoAnswer as silence:
        status, error, pause_s = None, silence.code, 0
    except SealBroken:
        status, error, pause_s = None, Fault.BAD_SEAL.value, 0
    return Outcome(status, error, round(1000 * (time.monotonic() - began)), pause_s)


def _called(attempt: Attempt, at: datetime) -> tuple[int, str, int]:
    kept = signing.unseal_secrets(attempt.sealed, tenant_id=attempt.tenant_id, row_id=attempt.endpoint_id)
    signed = signing.signed_headers(
        message_id=f"msg_{attempt.delivery_id.hex}", body=attempt.body, live=signing.live_at(kept, at), at=at
    )
    headers = signed | {"Content-Type": "application/json", "User-Agent": USER_AGENT}
    answer = call("POST", attempt.url, deadline=Deadline(CALL_S), headers=headers, content=attempt.body)
    pause_s = _wish(answer.headers.get("retry-after", ""), at) if answer.status in (429, 503) else 0
    return answer.status, "", pause_s


def _wish(written: str, at: datetime) -> int:
    """Seconds of a `Retry-After` (RFC 9110, 10.2.3), 0 if it is none."""
    if written.isascii() and written.isdigit() and len(written) < 9:
        return min(int(written), LONGEST_WISH_S)
    instant = parse_http_date_safe(written)
    return max(0, min(int(instant - at.timestamp()), LONGEST_WISH_S)) if instant else 0


def note(attempt: Attempt, outcome: Outcome, *, at: datetime) -> None:
    """Keep what came of a try, and say when the next one is. Enters the scope itself.

    A try whose lease has run out is somebody else's by now: only that it succeeded is still news.
    """
    with in_tenant(attempt.tenant_id):
        endpoint = Endpoint.objects.select_for_update(no_key=True).filter(id=attempt.endpoint_id).first()
        delivery = Delivery.objects.select_for_update().filter(id=attempt.delivery_id).first()
        if endpoint is None or delivery is None or delivery.status != DeliveryStatus.PENDING:
            return
        if not outcome.is_delivered and delivery.leased_until != attempt.leased_until:
            return
        line = {"at": at.isoformat(), "status": outcome.status, "ms": outcome.ms, "error": outcome.error}
        delivery.history = [*delivery.history, line][-TRIES_KEPT:]
        delivery.leased_until = None
        if outcome.is_delivered:
            _delivered(endpoint, delivery, at)
        else:
            _failed(endpoint, delivery, outcome, at)


def _delivered(endpoint: Endpoint, delivery: Delivery, at: datetime) -> None:
    delivery.status, delivery.delivered_at = DeliveryStatus.DELIVERED, at
    delivery.save(update_fields=["status", "delivered_at", "history", "leased_until"])
    _followers(delivery).filter(due_at__gt=at).update(due_at=at)
    if endpoint.failing_since is not None:
        endpoint.failing_since = None
        endpoint.save(update_fields=["failing_since"])


def _failed(endpoint: Endpoint, delivery: Delivery, outcome: Outcome, at: datetime) -> None:
    if delivery.fact == TEST:  # says what it has to say at the first try, and is no reason to turn anything off
        delivery.status = DeliveryStatus.FAILED
        delivery.save(update_fields=["status", "history", "leased_until"])
        return
    since = delivery.since or at
    if endpoint.failing_since is None:
        endpoint.failing_since = at
        endpoint.save(update_fields=["failing_since"])
    if outcome.status == 410 or delivery.tries > len(RETRY_AFTER_S) or at - since >= PATIENCE:
        delivery.status = DeliveryStatus.FAILED
        delivery.save(update_fields=["status", "history", "leased_until"])
        _followers(delivery).filter(due_at__gt=at).update(due_at=at)
        _give_up(endpoint, delivery, outcome, at)
        return
    pause_s = max(RETRY_AFTER_S[delivery.tries - 1] * random.uniform(0.9, 1), outcome.pause_s)  # noqa: S311 - no secret
    delivery.due_at = min(at + timedelta(seconds=pause_s), since + PATIENCE)
    delivery.save(update_fields=["due_at", "history", "leased_until"])
    _followers(delivery).update(due_at=Greatest(F("due_at"), delivery.due_at))


def _give_up(endpoint: Endpoint, delivery: Delivery, outcome: Outcome, at: datetime) -> None:
    """Turn the endpoint off if it says that it is gone, or if nothing has reached it in all the time that this delivery
    was tried. One fact that it cannot stomach, while it takes the others, is given up alone."""
    if not endpoint.is_active:
        return
    if outcome.status == 410:
        turn_off(endpoint, WhyOff.GONE, actor=SYSTEM, at=at)
        return
    first = min((one["at"] for one in delivery.history[-delivery.tries :]), default=at.isoformat())
    if endpoint.failing_since and endpoint.failing_since <= datetime.fromisoformat(first):
        turn_off(endpoint, WhyOff.FAILING, actor=SYSTEM, at=at)


def _followers(delivery: Delivery) -> Any:
    """Later facts of the same ticket, which wait for this one."""
    return Delivery.objects.filter(
        endpoint_id=delivery.endpoint_id, subject=delivery.subject, status=DeliveryStatus.PENDING,
        entry_id__gt=delivery.entry_id,
    ).exclude(subject=None)  # fmt: skip
