"""What the back office asks of queues: the list, what a site still lacks, which letters are free."""

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from smartqueue.queueing.models import Agent, Eligibility, Queue, Ticket
from smartqueue.queueing.states import TicketState


def queues_listed(
    *,
    search: str = "",
    site: UUID | None = None,
    service: UUID | None = None,
    kind: str = "",
    status: str = "",
    is_active: bool | None = None,
) -> QuerySet[Queue]:
    """Queues with their site and service, and how many people wait (`waiting`) and agents serve them (`agents`).

    Args:
        search: part of the name, the service's name or the letters; accents and case do not count.
    """
    line = Ticket.objects.filter(queue_id=OuterRef("id"), status=TicketState.WAITING).order_by().values("queue_id")
    served = Eligibility.objects.filter(queue_id=OuterRef("id"), agent__is_active=True).order_by().values("queue_id")
    queues = Queue.objects.select_related("site", "service").annotate(
        waiting=Coalesce(Subquery(line.annotate(n=Count("id")).values("n")), 0),
        agents=Coalesce(Subquery(served.annotate(n=Count("id")).values("n")), 0),
    )
    if search:
        queues = queues.filter(
            Q(name__unaccent__icontains=search)
            | Q(service__name__unaccent__icontains=search)
            | Q(prefix__iexact=search)
        )
    wanted: dict[str, Any] = {"site_id": site, "service_id": service, "kind": kind, "status": status}
    queues = queues.filter(**{name: value for name, value in wanted.items() if value})
    return queues if is_active is None else queues.filter(is_active=is_active)


def agents_of_queue(queue_id: UUID) -> list[Agent]:
    """Who may call from it, by name."""
    served = Eligibility.objects.filter(queue_id=queue_id).values("agent_id")
    return list(Agent.objects.filter(id__in=served, is_active=True).order_by("name", "id"))


def rivals(*, site_id: UUID, service_id: UUID, kind: str, prefix: str, but: UUID | None = None) -> set[str]:
    """What another queue of the site has already: `kind` (service and kind together) and `prefix`, or one of them."""
    others = Queue.objects.filter(site_id=site_id)
    if but is not None:
        others = others.exclude(id=but)
    pairs = others.filter(Q(service_id=service_id, kind=kind) | Q(prefix=prefix))
    found: set[str] = set()
    for service, of_kind, letters in pairs.values_list("service_id", "kind", "prefix"):
        found |= {"kind"} if (service, of_kind) == (service_id, kind) else set()
        found |= {"prefix"} if letters == prefix else set()
    return found


def free_letters(site_id: UUID) -> str:
    """The first letters of the alphabet that no queue of the site has: A, then B, … then AA."""
    taken: set[str] = set(Queue.objects.filter(site_id=site_id).values_list("prefix", flat=True))
    pairs = (first + second for first in ascii_uppercase for second in ascii_uppercase)
    free: str = next(letters for letters in (*ascii_uppercase, *pairs, "ZZZ") if letters not in taken)
    return free


@dataclass(frozen=True)
class Readiness:
    """What a site has for its first ticket, counted.

    Attributes:
        hours: intervals of its week.
        counters: in use.
        services: in use, of the whole organisation.
        queues: in use, at this site.
        agents: who may call from one of these queues.
        seated: of them, who sit at a counter of the site now.
        served: whether somebody was ever served here.
    """

    hours: int
    counters: int
    services: int
    queues: int
    agents: int
    seated: int
    served: bool

    @property
    def is_ready(self) -> bool:
        return all((self.hours, self.counters, self.services, self.queues, self.agents))


READY = """
SELECT s.id,
    (SELECT count(*) FROM sites_openinghours h WHERE h.tenant_id = s.tenant_id AND h.site_id = s.id),
    (SELECT count(*) FROM sites_counter c WHERE c.tenant_id = s.tenant_id AND c.site_id = s.id AND c.is_active),
    (SELECT count(*) FROM sites_service v WHERE v.tenant_id = s.tenant_id AND v.is_active),
    (SELECT count(*) FROM queueing_queue q WHERE q.site_id = s.id AND q.is_active),
    (SELECT count(DISTINCT e.agent_id) FROM queueing_queue q
        JOIN queueing_eligibility e ON e.tenant_id = q.tenant_id AND e.queue_id = q.id
        JOIN queueing_agent a ON a.tenant_id = e.tenant_id AND a.id = e.agent_id AND a.is_active
        WHERE q.site_id = s.id AND q.is_active),
    (SELECT count(DISTINCT a.id) FROM sites_counter c
        JOIN queueing_agent a ON a.tenant_id = c.tenant_id AND a.counter_id = c.id
        WHERE c.site_id = s.id),
    EXISTS (SELECT FROM queueing_queue q JOIN queueing_servicepace p ON p.queue_id = q.id WHERE q.site_id = s.id)
        OR EXISTS (SELECT FROM queueing_queue q JOIN LATERAL (
            SELECT FROM queueing_ticket t WHERE t.queue_id = q.id AND t.status = 'closed' LIMIT 1) t ON true
        WHERE q.site_id = s.id)
FROM sites_site s
WHERE s.id = ANY (%s)
"""


def readiness(site_ids: Sequence[UUID]) -> dict[UUID, Readiness]:
    """What these sites have for their first ticket. One query."""
    with connection.cursor() as cursor:
        cursor.execute(READY, [list(site_ids)])
        return {row[0]: Readiness(*row[1:]) for row in cursor.fetchall()}
