"""Forgetting: what a message said and to whom after a week, the message after the tenant's retention."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from smartqueue.notifications.models import Conversation, Notification, ProviderEvent, PushSubscription
from smartqueue.queueing.states import LIVE

KEEP_WORDS = timedelta(days=7)
KEEP_EVENTS = timedelta(days=30)
KEEP_TALKS = KEEP_SUBSCRIPTIONS = timedelta(days=1)
BATCH = 1_000

# The journal's facts and the counts stay: when, what kind, which channel, what it cost, what became of it. Of the
# history, what a provider said goes too: it may repeat the number.
ERASE = """
UPDATE notifications_notification n
SET subject = '', body = '', address = '', link = '', "values" = '{}', provider_id = '',
    history = (SELECT coalesce(jsonb_agg(line - 'said'), '[]') FROM jsonb_array_elements(n.history) line)
WHERE n.id IN (
    SELECT id FROM notifications_notification
    WHERE tenant_id = %(tenant)s AND created_at < %(before)s AND address <> '' AND status <> 'pending'
    ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED
)
"""


def erase_words(*, tenant_id: UUID, at: datetime) -> int:
    """Erase addresses and words of messages older than a week; one batch inside the tenant's transaction.

    Returns:
        How many; fewer than `BATCH` means that nothing is left.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(ERASE, {"tenant": tenant_id, "before": at - KEEP_WORDS, "most": BATCH})
        return int(cursor.rowcount)


def delete_messages(*, tenant_id: UUID, days: int, at: datetime) -> int:
    """Delete messages older than `days`; one batch, as above."""
    return _delete(Notification.objects.filter(tenant_id=tenant_id, created_at__lt=at - timedelta(days=days)))


def delete_traces(*, tenant_id: UUID, at: datetime) -> int:
    """Delete talks older than a day, providers' events older than thirty, and the subscriptions of tickets that ended
    more than a day ago; one batch of each, as above."""
    ended = PushSubscription.objects.filter(ticket__ended_at__lt=at - KEEP_SUBSCRIPTIONS, customer=None)
    return max(
        _delete(Conversation.objects.filter(tenant_id=tenant_id, touched_at__lt=at - KEEP_TALKS)),
        _delete(ProviderEvent.objects.filter(tenant_id=tenant_id, at__lt=at - KEEP_EVENTS)),
        _delete(ended.filter(tenant_id=tenant_id).exclude(ticket__status__in=LIVE)),
    )


def _delete(rows: Any) -> int:
    with transaction.atomic():
        some = list(rows.order_by("id").values_list("id", flat=True)[:BATCH])
        return int(rows.model.objects.filter(id__in=some).delete()[0])
