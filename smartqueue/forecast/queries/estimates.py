"""What was promised, and what the estimator knows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from smartqueue.forecast.models import Estimate, Learnt
from smartqueue.forecast.states import Subject

LAST_WAITS = """
SELECT q.id, last.wait_s FROM unnest(%s::uuid[]) AS q (id)
CROSS JOIN LATERAL (
    SELECT e.wait_s FROM forecast_estimate e
    WHERE e.tenant_id = %s AND e.queue_id = q.id AND e.ending = 'called' ORDER BY e.asked_at DESC LIMIT 1
) last
"""


@dataclass
class Known:
    """The estimator's states as they were kept: by queue, by service, and the tenant's."""

    tenant: dict[str, Any] = field(default_factory=dict)
    services: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    queues: dict[UUID, Learnt] = field(default_factory=dict)


def known(queue_ids: Sequence[UUID], service_ids: Sequence[UUID]) -> Known:
    """What is kept of these queues and services and of the tenant in scope; one query."""
    found = Known()
    mine = Q(subject=Subject.QUEUE, subject_id__in=queue_ids) | Q(subject=Subject.SERVICE, subject_id__in=service_ids)
    for row in Learnt.objects.filter(mine | Q(subject=Subject.TENANT)):
        if row.subject == Subject.QUEUE:
            found.queues[row.subject_id] = row
        elif row.subject == Subject.SERVICE:
            found.services[row.subject_id] = row.state
        else:
            found.tenant = row.state
    return found


def estimates_of(ticket_ids: Sequence[UUID]) -> list[Estimate]:
    """What was promised to these tickets, in every line in which they have stood; oldest first."""
    return list(Estimate.objects.filter(ticket_id__in=ticket_ids).order_by("id")) if ticket_ids else []


def last_waits(tenant_id: UUID, queue_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Queue → what the last person who was called had waited, seconds: the latest to come of those who were called."""
    with connection.cursor() as cursor:
        cursor.execute(LAST_WAITS, [list(queue_ids), tenant_id])
        return dict(cursor.fetchall())
