"""Every read of the queue room that has a name."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import Q, QuerySet

from smartqueue.customers.queries import find_customers
from smartqueue.queueing.errors import AgentNotFound, CounterNotFound, NobodyAtCounter, QueueNotFound
from smartqueue.queueing.models import Agent, Eligibility, Queue, Ticket
from smartqueue.queueing.states import WITH_AGENT, TicketState
from smartqueue.sites.models import Counter
from smartqueue.tenants.scope import ask, in_tenant


@dataclass(frozen=True, slots=True)
class Named:
    """A related row, as far as a ticket shows it."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class TicketView:
    """A ticket as everybody outside this room sees it, with its place in the line at one instant.

    Attributes:
        eta_seconds, eta_high_seconds: until the call: in half of all cases not longer, in nine of ten not longer. None
            while nothing may be claimed, and when it does not wait.
        eta_quality: `good`, `rough` or `none`.
    """

    id: UUID
    number: str
    token: str
    status: str
    channel: str
    priority: int
    language: str
    day: Any
    version: int
    people_ahead: int | None
    eta_seconds: int | None
    eta_high_seconds: int | None
    eta_quality: str
    created_at: datetime
    called_at: datetime | None
    last_call_at: datetime | None
    started_at: datetime | None
    paused_at: datetime | None
    ended_at: datetime | None
    recalls: int
    deferrals: int
    outcome: str
    reason: str
    call_reason: dict[str, Any] | None
    queue: Named
    site: Named
    service: Named
    customer: Named | None
    agent: Named | None
    counter: Named | None
    here_at: datetime | None = None
    for_agent: Named | None = None

    @property
    def is_here(self) -> bool:
        """Whether its owner is known to be at the site."""
        return self.here_at is not None

    @property
    def position(self) -> int | None:
        return None if self.people_ahead is None else self.people_ahead + 1

    @property
    def eta_low_seconds(self) -> int | None:
        """Where the range begins that people are shown: at the middle."""
        return self.eta_seconds


def show_tickets(*, tenant_id: UUID, ids: Sequence[UUID], at: datetime) -> list[TicketView]:
    """These tickets, in this order, as they are at `at`; those that do not exist are left out. One round trip.

    It enters the scope itself, so it can be asked outside a transaction.
    """
    if not ids:
        return []
    rows = ask("SELECT * FROM queueing_view(%s, %s, %s)", [tenant_id, list(ids), at])
    shown = {row[0]: _view(row) for row in rows}
    if parked := [view.id for view in shown.values() if view.status == TicketState.PAUSED]:
        for ticket_id, kept_for in _kept_for(tenant_id, parked).items():
            shown[ticket_id] = replace(shown[ticket_id], for_agent=kept_for)
    return [shown[ticket_id] for ticket_id in ids if ticket_id in shown]


def show_ticket(*, tenant_id: UUID, ticket_id: UUID, at: datetime) -> TicketView | None:
    return next(iter(show_tickets(tenant_id=tenant_id, ids=[ticket_id], at=at)), None)


def _kept_for(tenant_id: UUID, ids: Sequence[UUID]) -> dict[UUID, Named]:
    """For whom parked tickets are kept. Asked apart: they are few, and every other ticket is spared a look-up."""
    with in_tenant(tenant_id):
        rows = Ticket.objects.filter(id__in=ids, for_agent__isnull=False).select_related("for_agent")
        return {row.id: Named(row.for_agent.id, row.for_agent.name) for row in rows if row.for_agent}


def _view(row: tuple[Any, ...]) -> TicketView:
    pairs = zip(row[24:36:2], row[25:36:2], strict=True)  # queue, site, service, customer, agent, counter
    why = row[23] and orjson.loads(row[23])  # Django leaves JSON as text in a cursor's rows
    shown: list[Any] = [*row[:23], why, *(Named(row_id, name) if row_id else None for row_id, name in pairs), row[36]]
    return TicketView(*shown)


def tenant_of_token(token: str) -> UUID | None:
    """Whose ticket this public token opens; the one question that needs no scope."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT queueing_tenant_of_token(%s)", [token])
        row = cursor.fetchone()
    return row[0] if row else None


def ticket_id_of_token(token: str) -> UUID | None:
    return Ticket.objects.filter(token=token).values_list("id", flat=True).first()


def queue_or_refuse(queue_id: UUID) -> Queue:
    """A queue of the tenant in scope.

    Raises:
        QueueNotFound: there is none, or it is another tenant's.
    """
    queue = Queue.objects.filter(id=queue_id).first()
    if queue is None:
        raise QueueNotFound
    return queue


def all_queues() -> QuerySet[Queue]:
    return Queue.objects.all()


def all_agents() -> QuerySet[Agent]:
    return Agent.objects.select_related("user", "counter")


def me_or_refuse(user_id: UUID) -> Agent:
    """The agent whom a person is in the tenant in scope.

    Raises:
        AgentNotFound: the person serves nobody here.
    """
    agent = Agent.objects.filter(user_id=user_id, is_active=True).first()
    if agent is None:
        raise AgentNotFound
    return agent


def agent_or_refuse(agent_id: UUID) -> Agent:
    agent = Agent.objects.filter(id=agent_id).select_related("counter", "user").first()
    if agent is None:
        raise AgentNotFound
    return agent


def agent_at_counter(counter_id: UUID) -> Agent:
    """Who sits at a counter of the tenant in scope.

    Raises:
        CounterNotFound, NobodyAtCounter.
    """
    agent = Agent.objects.filter(counter_id=counter_id).first()
    if agent is None:
        raise NobodyAtCounter if Counter.objects.filter(id=counter_id).exists() else CounterNotFound
    return agent


def all_tickets() -> QuerySet[Ticket]:
    return Ticket.objects.all()


def search_tickets(tickets: QuerySet[Ticket], text: str) -> QuerySet[Ticket]:
    """By number, or by the customer's name or phone: accents and a slip of the finger do not matter."""
    known = find_customers(text).values("id")
    return tickets.filter(Q(number__iexact=text.strip()) | Q(customer_id__in=known))


def waiting_in_calling_order(queue_id: UUID, *, at: datetime) -> list[UUID]:
    """Ids of everyone waiting in a queue, first to be called first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.id FROM queueing_ticket t JOIN queueing_queue q ON q.id = t.queue_id"
            " WHERE t.queue_id = %(queue)s AND t.status = 'waiting'"
            " ORDER BY queueing_band(q.strategy, q.urgent_first, t.lane),"
            " queueing_score(q, t.lane, t.line_at, %(at)s), t.id",
            {"queue": queue_id, "at": at},
        )
        return [row[0] for row in cursor.fetchall()]


STATS = """
SELECT s.*, e.eta_seconds, e.eta_seconds AS eta_low_seconds, e.eta_high_seconds, e.eta_quality
FROM (SELECT
    count(*) FILTER (WHERE t.status = 'waiting') AS waiting,
    count(*) FILTER (WHERE t.status = 'called') AS called,
    count(*) FILTER (WHERE t.status = 'serving') AS serving,
    count(*) FILTER (WHERE t.status = 'paused') AS paused,
    count(*) FILTER (WHERE t.day = today.day) AS issued_today,
    count(*) FILTER (WHERE t.day = today.day AND t.status = 'closed') AS closed_today,
    count(*) FILTER (WHERE t.day = today.day AND t.status = 'no_show') AS no_show_today,
    count(*) FILTER (WHERE t.day = today.day AND t.status = 'cancelled') AS cancelled_today,
    count(*) FILTER (WHERE t.day = today.day AND t.status = 'expired') AS expired_today,
    max(extract(epoch FROM %(at)s - t.created_at)) FILTER (WHERE t.status = 'waiting')::integer AS longest_wait_s,
    avg(extract(epoch FROM t.called_at - t.created_at)) FILTER (WHERE t.day = today.day)::integer AS average_wait_s,
    avg(extract(epoch FROM t.ended_at - t.started_at) - t.paused_s)
        FILTER (WHERE t.day = today.day AND t.status = 'closed')::integer AS average_service_s,
    (100.0 * count(*) FILTER (WHERE t.day = today.day AND t.called_at - t.created_at <= make_interval(secs => CASE
            t.priority WHEN 10 THEN q.urgent_target_s WHEN 5 THEN q.elevated_target_s ELSE q.wait_target_s END))
        / nullif(count(*) FILTER (WHERE t.day = today.day AND t.called_at IS NOT NULL), 0)
    )::float8 AS percent_in_target,
    (SELECT count(*) FROM queueing_eligibility e JOIN queueing_agent a ON a.id = e.agent_id
        WHERE e.queue_id = q.id AND a.status IN ('available', 'busy')) AS open_counters
FROM queueing_queue q
JOIN sites_site s ON s.id = q.site_id
CROSS JOIN LATERAL (SELECT (%(at)s AT TIME ZONE s.time_zone)::date AS day) today
LEFT JOIN queueing_ticket t ON t.queue_id = q.id
    AND (t.status IN ('waiting', 'called', 'serving', 'paused') OR t.day = today.day)
WHERE q.id = %(queue)s
GROUP BY q.id) s
CROSS JOIN LATERAL queueing_wait_to_join(%(queue)s, s.waiting) e
"""


def queue_statistics(queue_id: UUID, *, at: datetime) -> dict[str, Any]:
    """The line now, the estimate for whoever would join it, and the site's local day so far; times in seconds.

    Raises:
        QueueNotFound: there is none in scope.
    """
    with connection.cursor() as cursor:
        cursor.execute(STATS, {"queue": queue_id, "at": at})
        row = cursor.fetchone()
        if row is None:
            raise QueueNotFound
        return dict(zip([column.name for column in cursor.description], row, strict=True))


def eligible_queue_ids(agent_ids: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """Agent → the queues he serves, for a page of agents in one query."""
    served: dict[UUID, list[UUID]] = {agent_id: [] for agent_id in agent_ids}
    rows = Eligibility.objects.filter(agent_id__in=agent_ids).order_by("id")
    for agent_id, queue_id in rows.values_list("agent_id", "queue_id"):
        served[agent_id].append(queue_id)
    return served


def eligible_agent_ids(queue_id: UUID) -> QuerySet[Any, Any]:
    return Eligibility.objects.filter(queue_id=queue_id).values("agent_id")


def tickets_in_hand(agent_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Agent → the ticket he has called or is serving."""
    rows = Ticket.objects.filter(agent_id__in=agent_ids, status__in=WITH_AGENT)
    return dict(rows.values_list("agent_id", "id"))
