"""What providers say became of messages. They say it twice, late, in any order, and sometimes before their answer."""

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db import connection
from django.db.models import Q

from smartqueue.kernel.ids import uuid7
from smartqueue.notifications.actions.facts import tell as tell
from smartqueue.notifications.actions.outgoing import fall_back
from smartqueue.notifications.models import Integration, Notification, ProviderEvent
from smartqueue.notifications.states import NotificationState, Outcome, WhyNot
from smartqueue.notifications.transports.base import Inbound, Reading, Report

LONGEST_NAME = 250
P, S, D, F = NotificationState
RISES = frozenset({(P, S), (P, D), (P, F), (S, D), (S, F), (F, D)})
"""All that a report may change. What has been delivered stays so; a late proof lifts what counted as failed."""


def apply_reading(*, integration: Integration, reading: Reading, at: datetime) -> list[Inbound]:
    """Take in what a provider's request says; inside the tenant's transaction.

    A report that was heard before has no effect, nor has one about a message that is not this tenant's. A report that
    comes before the sender knows the message's name is kept for it (`catch_up`).

    Returns:
        The messages of people that are new, in their order.
    """
    fresh = _new_events(
        integration, [*(one.event_id for one in reading.reports), *(one.event_id for one in reading.inbound)], at
    )
    reports = [one for one in reading.reports if _name(one.event_id) in fresh]
    # Whoever takes several messages takes them in one order.
    for report in sorted(reports, key=lambda one: one.provider_id):
        _apply(integration, report, at)
    heard: set[str] = set()
    new = []
    for message in reading.inbound:
        name = _name(message.event_id)
        if name in fresh and name not in heard:
            heard.add(name)
            new.append(message)
    return new


def catch_up(*, notification: Notification, at: datetime) -> None:
    """Apply what the provider had reported before its answer was here; after `provider` and `provider_id` have been
    saved, in the same transaction, with the row locked."""
    if not notification.provider_id:
        return
    one_at_a_time(notification.provider, notification.provider_id)
    early = ProviderEvent.objects.filter(
        provider=notification.provider, provider_id=notification.provider_id, early__isnull=False
    )
    for event in early.select_for_update().order_by("id"):
        told: dict[str, Any] = event.early or {}
        outcome = Outcome(told["outcome"]) if told.get("outcome") else None
        report = Report(event.event_id, event.provider_id, told["has_arrived"], told.get("said", ""), outcome)
        _raise(notification, report, at)
        event.early = None
        event.save(update_fields=["early"])


NEW = """
INSERT INTO notifications_providerevent (id, tenant_id, provider, event_id, at)
SELECT unnest(%(ids)s::uuid[]), %(tenant)s, %(provider)s, unnest(%(names)s::text[]), %(at)s
ON CONFLICT (event_id, provider, tenant_id) DO NOTHING RETURNING event_id
"""


def _new_events(integration: Integration, names: Iterable[str], at: datetime) -> set[str]:
    """Those nobody has heard before. Whoever says the same at the same moment waits here until we have committed."""
    once = sorted({_name(name) for name in names})
    if not once:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            NEW,
            {"ids": [uuid7() for _ in once], "tenant": integration.tenant_id, "provider": integration.provider,
             "names": once, "at": at},
        )  # fmt: skip
        return {name for (name,) in cursor.fetchall()}


def _name(event_id: str) -> str:
    return event_id if len(event_id) <= LONGEST_NAME else sha256(event_id.encode()).hexdigest()


def _apply(integration: Integration, report: Report, at: datetime) -> None:
    one_at_a_time(integration.provider, report.provider_id)
    if (row := _named(integration, report)) is not None:
        _raise(row, report, at)
        return
    told = {"has_arrived": report.has_arrived, "said": report.said[:200], "outcome": report.outcome}
    ProviderEvent.objects.filter(provider=integration.provider, event_id=_name(report.event_id)).update(
        provider_id=report.provider_id[:200], early=told
    )


def _named(integration: Integration, report: Report) -> Notification | None:
    """The message, locked: by the name that we gave it, else by the provider's."""
    rows = Notification.objects.select_for_update(of=("self",)).filter(provider=integration.provider)
    named = Q(provider_id=report.provider_id) if report.provider_id else Q(pk__in=[])
    if report.notification_id:
        named |= Q(id=report.notification_id)
    return rows.filter(named).order_by("id").first()


def one_at_a_time(provider: str, provider_id: str) -> None:
    """The sender who notes a message's name, and the provider who reports under it, do not miss each other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 6))", [f"{provider} {provider_id}"])


def _raise(row: Notification, report: Report, at: datetime) -> None:
    """Move a locked message up, if that is up, with its fact; what failed goes the next way.

    A report that overtakes the answer to the hand-over proves that there was one. The sender, who is waiting for that
    answer, adds the provider's name and price.
    """
    status = S if report.has_arrived is None else D if report.has_arrived else F
    if (NotificationState(row.status), status) not in RISES:
        return
    overtakes = row.status == P
    if overtakes:
        row.history = [*row.history, {"at": at.isoformat(), "status": "sent", "provider": row.provider}]
    if status != S:
        line = {"at": at.isoformat(), "status": str(status), "provider": row.provider, "said": report.said[:200]}
        row.history = [*row.history, {name: value for name, value in line.items() if value}]
    row.status, row.leased_until, row.sent_at = status, None, row.sent_at or at
    row.why_not = (report.outcome or WhyNot.GIVEN_UP) if status == F else ""
    row.delivered_at = at if status == D else None
    row.save(update_fields=["status", "history", "leased_until", "why_not", "sent_at", "delivered_at"])
    if overtakes:
        tell(row, "message.sent", at)
    if status != S:
        tell(row, f"message.{status}", at)
    if status == F:
        fall_back(notification=row, at=at)
