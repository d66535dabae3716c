"""What the forecast tells the queue room: the wait by place, for everybody who shows it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from smartqueue.journal.actions import record
from smartqueue.journal.states import Actor, AuditKind
from smartqueue.queueing.models import Outlook


def publish_outlook(
    *,
    tenant_id: UUID,
    queue_id: UUID,
    p10: Sequence[int],
    p50: Sequence[int],
    p90: Sequence[int],
    tail: Sequence[int],
    quality: str,
    counters: float,
    is_news: bool,
    actor: Actor,
    at: datetime,
) -> None:
    """Replace what is published of a queue; in the tenant's scope. The later one counts when two come at once.

    Args:
        p10, p50, p90: seconds by place, the next person's first; all empty while nothing may be claimed.
        tail: seconds for each place beyond, of the P10, the P50 and the P90.
        is_news: people who watch the queue are told (`ticket.eta_updated`).
    """
    with transaction.atomic():
        values = {
            "p10": list(p10), "p50": list(p50), "p90": list(p90), "tail": list(tail),
            "quality": quality, "counters": counters, "made_at": at,
        }  # fmt: skip
        Outlook.objects.update_or_create(tenant_id=tenant_id, queue_id=queue_id, defaults=values)
        if is_news:
            record(
                "ticket.eta_updated", kind=AuditKind.UPDATE, tenant_id=tenant_id, object_type="queue",
                object_id=queue_id, queue_id=queue_id, actor=actor, at=at,
                data={"quality": quality, "next_s": p50[0] if p50 else None, "counters": round(counters, 2)},
            )  # fmt: skip
