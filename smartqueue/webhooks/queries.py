"""Reading endpoints, their log, and sources."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Max, Q, QuerySet

from smartqueue.journal.models import Entry
from smartqueue.tenants.models import Membership
from smartqueue.tenants.states import Role
from smartqueue.webhooks.errors import DeliveryNotFound, EndpointNotFound
from smartqueue.webhooks.models import Delivery, Endpoint, InboundSource
from smartqueue.webhooks.states import TEST, TOLD, DeliveryStatus


def endpoints() -> QuerySet[Endpoint]:
    """Those of the tenant in scope."""
    return Endpoint.objects.all()


def endpoint_or_refuse(endpoint_id: UUID) -> Endpoint:
    """Raises: EndpointNotFound."""
    endpoint = Endpoint.objects.filter(id=endpoint_id).first()
    if endpoint is None:
        raise EndpointNotFound
    return endpoint


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of an endpoint's deliveries; `last_at` is the last one that arrived."""

    pending: int = 0
    failed: int = 0
    last_at: datetime | None = None


def tallies(endpoint_ids: Iterable[UUID]) -> dict[UUID, Tally]:
    """Counted over what is kept: the last 30 days."""
    counted = (
        Delivery.objects.filter(endpoint_id__in=list(endpoint_ids))
        .values("endpoint_id")
        .annotate(
            pending=Count("id", filter=Q(status=DeliveryStatus.PENDING)),
            failed=Count("id", filter=Q(status=DeliveryStatus.FAILED)),
            last_at=Max("delivered_at"),
        )
    )
    return {row["endpoint_id"]: Tally(row["pending"], row["failed"], row["last_at"]) for row in counted}


def deliveries(endpoint_id: UUID, *, status: str = "", fact: str = "", words: str = "") -> QuerySet[Delivery]:
    """An endpoint's log; `words`: a `webhook-id`, or the id of a ticket."""
    rows = Delivery.objects.filter(endpoint_id=endpoint_id)
    if words:
        try:
            sought = UUID(words.strip().removeprefix("msg_"))
        except ValueError:
            return rows.none()
        rows = rows.filter(Q(id=sought) | Q(subject=sought))
    if status:
        rows = rows.filter(status=status)
    return rows.filter(fact=fact) if fact else rows


def delivery_or_refuse(delivery_id: UUID, *, endpoint_id: UUID) -> Delivery:
    """Raises: DeliveryNotFound."""
    delivery = Delivery.objects.filter(id=delivery_id, endpoint_id=endpoint_id).first()
    if delivery is None:
        raise DeliveryNotFound
    return delivery


def numbers_of(rows: Iterable[Delivery]) -> dict[int, str]:
    """Entry → the number of the ticket that it is about."""
    ids = [row.entry_id for row in rows]
    told = Entry.objects.filter(id__in=ids).values_list("id", "data__number")
    return {entry_id: number for entry_id, number in told if number}


def sources() -> QuerySet[InboundSource]:
    return InboundSource.objects.all()


def tenant_of_source(key: str) -> UUID | None:
    """Whose source this key names; the one question that needs no scope."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT webhooks_tenant_of_source(%s)", [key])
        row = cursor.fetchone()
    return row[0] if row else None


def administrators() -> list[str]:
    """E-mail addresses of those who may change webhooks, each once."""
    members = Membership.objects.filter(role=Role.ADMIN, is_active=True, user__is_active=True)
    return sorted({email for email in members.values_list("user__email", flat=True) if email})


def payload(fact: str, entry: dict[str, Any]) -> dict[str, Any]:
    """What an endpoint is told: type, instant, and ids, numbers and states. Nothing that names a person.

    Args:
        entry: `at` (ISO 8601), `object_type`, `object_id`, `version`, `queue_id`, `data`, `status` of a journal entry.
    """
    told: dict[str, Any] = {}
    if fact == TEST:
        told["test"] = True
    if entry["object_id"]:
        told[f"{entry['object_type']}_id"] = str(entry["object_id"])
    for name in ("version", "queue_id", "status"):
        if entry[name] is not None:
            told[name] = entry[name] if name == "version" else str(entry[name])
    told |= {name: value for name in TOLD if _is_plain(value := (entry["data"] or {}).get(name))}
    return {"type": fact, "timestamp": entry["at"], "data": told}


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float | bool) and (not isinstance(value, str) or len(value) <= 80)
