"""Reading the journal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from smartqueue.journal.models import Entry
from smartqueue.journal.states import SUPPORT

MOST_COUNTED = 10_000


def entries(tenant_id: UUID) -> QuerySet[Entry]:
    """A tenant's facts. The tenant is named beside the policy, so that the index on it is used."""
    return Entry.objects.filter(tenant_id=tenant_id)


@dataclass(frozen=True)
class Backlog:
    """What the relay has not handed over.

    Attributes:
        pending: entries; the count stops at `MOST_COUNTED`.
        oldest_at: of them, None when there are none.
        failed: entries that were tried and are to be tried again.
    """

    pending: int
    oldest_at: datetime | None
    failed: int


def backlog() -> Backlog:
    """Across tenants, so as the platform."""
    waiting = Entry.objects.filter(dispatched_at=None).order_by("id")
    newest = waiting.values("tries", "at")[:MOST_COUNTED]
    rows = list(newest)
    return Backlog(len(rows), rows[0]["at"] if rows else None, sum(row["tries"] > 0 for row in rows))


def platform_entries() -> QuerySet[Entry]:
    """What belongs to no tenant, what happened to a tenant as such, and what support did inside one; as the platform.

    The three conditions are those of the index `billing_platform_log`, word for word.
    """
    return Entry.objects.filter(Q(tenant=None) | Q(object_type="tenant") | Q(actor_label=SUPPORT))


def last_fact_at(tenant_id: UUID) -> datetime | None:
    """When something last happened in a tenant."""
    return entries(tenant_id).order_by("-id").values_list("at", flat=True).first()


@dataclass(frozen=True, slots=True)
class Change:
    """One field of a fact: as it was and as it is, each None where there was or is nothing."""

    field: str
    before: Any
    after: Any


NOBODYS_DEED = ("ticket.eta_updated",)
"""Facts that the clock brings about, many an hour: a log of who did what would drown in them."""


def narrowed_entries(
    tenant_id: UUID,
    *,
    kind: str = "",
    actor_id: UUID | None = None,
    object_type: str = "",
    object_ids: Sequence[UUID] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before_id: int | None = None,
) -> QuerySet[Entry]:
    """A tenant's facts that match all that is given, newest first.

    Args:
        since: from this instant on; `until`: before this one.
        before_id: older than this entry, to read page after page without counting.
    """
    wanted: dict[str, Any] = {
        "kind": kind, "actor_id": actor_id, "object_type": object_type, "object_id__in": object_ids,
        "at__gte": since, "at__lt": until, "id__lt": before_id,
    }  # fmt: skip
    given = {name: value for name, value in wanted.items() if value not in (None, "")}
    return entries(tenant_id).exclude(fact__in=NOBODYS_DEED).filter(**given).order_by("-id")


def changes_of(entry: Entry) -> list[Change]:
    """What a fact has changed, field by field."""
    before, after = entry.before or {}, entry.after or {}
    return [Change(name, before.get(name), after.get(name)) for name in sorted(before.keys() | after.keys())]
