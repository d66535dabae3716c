"""The visits of one customer."""

from typing import Any
from uuid import UUID

from django.db.models import Count, Max, QuerySet

from smartqueue.queueing.models import Ticket


def visits_of(customer_id: UUID) -> QuerySet[Ticket]:
    """His tickets with queue, site, service and agent, the newest first."""
    visits = Ticket.objects.filter(customer_id=customer_id)
    return visits.select_related("queue__site", "service", "agent").order_by("-id")


def last_visits(customer_ids: list[UUID]) -> dict[UUID, dict[str, Any]]:
    """Customer → `visits`, how many, and `last`, when the newest began; in one query."""
    rows = Ticket.objects.filter(customer_id__in=customer_ids).order_by().values("customer_id")
    return {row["customer_id"]: dict(row) for row in rows.annotate(visits=Count("id"), last=Max("created_at"))}


def visit_facts(customer_id: UUID) -> list[dict[str, Any]]:
    """What is stored of the visits, for the person whom it is about: no names of staff."""
    names = (
        "number", "day", "channel", "status", "outcome", "language", "created_at", "called_at", "started_at",
        "ended_at", "queue__name", "queue__site__name", "service__name",
    )  # fmt: skip
    rows = Ticket.objects.filter(customer_id=customer_id).order_by("id").values(*names)
    return [
        {name.removesuffix("__name").replace("queue__site", "site"): value for name, value in row.items()}
        for row in rows
    ]
