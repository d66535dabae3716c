"""What an announcement would do, before it is made."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from smartqueue.journal.states import Actor
from smartqueue.notifications.actions.outgoing import announce_news
from smartqueue.notifications.models import Notification
from smartqueue.notifications.queries.tickets import in_the_line
from smartqueue.notifications.states import MessageKind, NotificationState


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom an announcement would reach.

    Attributes:
        in_line: people in the line.
        told: those of them whom a message would reach.
        by_channel: channel → how many, the most first.
        cost_xof: by the prices of the connected accounts.
    """

    in_line: int
    told: int
    cost_xof: int = 0
    by_channel: dict[str, int] = field(default_factory=dict)


class _TakeBack(Exception):
    """Rolls the trial back."""


def announcement_reach(
    *, tenant_id: UUID, queue_id: UUID, news: str, is_urgent: bool, actor: Actor, at: datetime
) -> Reach:  # fmt: skip
    """Make the announcement and take it back: so it says what would be, by the very same rules. Nothing stays.

    Args:
        news: 1 to 160 signs on one line.

    Raises:
        Invalid: under `text`.
        QueueNotFound: it is no queue of this tenant.
    """
    told: dict[str, Any] = {"queue_id": queue_id, "news": news, "is_urgent": is_urgent, "actor": actor, "at": at}
    reach = Reach(0, 0)
    try:
        with transaction.atomic():
            count = announce_news(tenant_id=tenant_id, **told)
            kind = MessageKind.URGENT if is_urgent else MessageKind.QUEUE_NEWS
            rows = Notification.objects.filter(kind=kind, created_at=at, ticket__queue_id=queue_id)
            made = list(rows.exclude(status=NotificationState.FAILED).values_list("channel", "cost_xof"))
            channels = Counter(channel for channel, _cost in made)
            reach = Reach(in_the_line(queue_id).count(), count, sum(cost for _channel, cost in made),
                          dict(channels.most_common()))  # fmt: skip
            raise _TakeBack
    except _TakeBack:
        return reach
