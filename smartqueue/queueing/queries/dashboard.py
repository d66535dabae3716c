"""What a manager sees of the lines now: three questions, whatever the number of queues, agents and tickets."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import connection

from smartqueue.queueing.models import Agent, Eligibility, Ticket
from smartqueue.queueing.states import WITH_AGENT, AgentStatus, EtaQuality

AT_RISK_FROM = 0.8
"""The share of the wait target from which a wait is at risk."""

LINES = """
SELECT q.id, q.name, q.status, s.id AS site_id, s.name AS site, q.wait_target_s AS target_s,
    coalesce(o.serving, 0) AS serving,
    l.waiting, l.at_risk, l.longest_s, l.longest,
    queueing_eta(u.p50, u.tail[2], n.joins_at) AS eta_s, queueing_eta(u.p90, u.tail[3], n.joins_at) AS eta_high_s,
    CASE WHEN n.joins_at > 0 AND u.p50 <> '{}' THEN u.quality ELSE 'none' END AS eta_quality
FROM queueing_queue q
JOIN sites_site s ON s.tenant_id = q.tenant_id AND s.id = q.site_id
LEFT JOIN (
    SELECT e.queue_id, count(*) AS serving FROM queueing_eligibility e
    JOIN queueing_agent a ON a.tenant_id = e.tenant_id AND a.id = e.agent_id
    WHERE a.status IN ('available', 'busy') AND a.is_active
    GROUP BY e.queue_id
) o ON o.queue_id = q.id
LEFT JOIN LATERAL (
    -- A copy (`||`), made once for each queue: unpacked again at each place, a long array would cost the square.
    SELECT x.p50 || '{}' AS p50, x.p90 || '{}' AS p90, x.tail, x.quality FROM queueing_outlook x
    WHERE x.tenant_id = q.tenant_id AND x.queue_id = q.id AND o.serving > 0
    OFFSET 0
) u ON true
CROSS JOIN LATERAL (
    SELECT count(*) AS waiting, max(w.waited_s)::integer AS longest_s,
        (array_agg(w.number ORDER BY w.waited_s DESC, w.number))[1] AS longest,
        count(*) FILTER (WHERE w.waited_s > w.target_s * %(risk)s
            OR w.waited_s + queueing_eta(u.p50, u.tail[2], w.place) > w.target_s) AS at_risk
    FROM (
        SELECT t.number, extract(epoch FROM %(at)s - t.created_at) AS waited_s,
            CASE t.priority WHEN 10 THEN q.urgent_target_s WHEN 5 THEN q.elevated_target_s
                ELSE q.wait_target_s END AS target_s,
            (row_number() OVER (
                ORDER BY queueing_band(q.strategy, q.urgent_first, t.lane),
                    queueing_score(q, t.lane, t.line_at, %(at)s), t.id
            ))::integer AS place
        FROM queueing_ticket t
        WHERE t.tenant_id = q.tenant_id AND t.queue_id = q.id AND t.status = 'waiting'
    ) w
) l
CROSS JOIN LATERAL (SELECT CASE WHEN q.status = 'open' THEN l.waiting::integer + 1 END AS joins_at) n
WHERE q.is_active AND (%(site)s::uuid IS NULL OR q.site_id = %(site)s)
ORDER BY s.name, q.name, q.id
"""

# The local day is worked out before the join: below a policy, an index takes no condition that calls a function which
# might leak, and `AT TIME ZONE` is one.
DAY = """
WITH q AS MATERIALIZED (
    SELECT x.tenant_id, x.id, x.wait_target_s, x.elevated_target_s, x.urgent_target_s,
        (%(at)s AT TIME ZONE s.time_zone)::date AS day
    FROM queueing_queue x
    JOIN sites_site s ON s.tenant_id = x.tenant_id AND s.id = x.site_id
    WHERE %(site)s::uuid IS NULL OR x.site_id = %(site)s
)
SELECT t.queue_id, t.agent_id,
    count(*) FILTER (WHERE t.status = 'closed') AS served,
    count(*) FILTER (WHERE t.status = 'no_show') AS no_show,
    count(*) FILTER (WHERE t.status IN ('cancelled', 'expired')) AS gone,
    count(t.called_at) AS called,
    count(*) FILTER (WHERE t.called_at - t.created_at <= make_interval(secs => CASE t.priority
        WHEN 10 THEN q.urgent_target_s WHEN 5 THEN q.elevated_target_s ELSE q.wait_target_s END)) AS in_target,
    coalesce(sum(extract(epoch FROM t.called_at - t.created_at)), 0)::float8 AS waited_s,
    count(*) FILTER (WHERE t.status = 'closed' AND t.started_at IS NOT NULL) AS timed,
    coalesce(sum(extract(epoch FROM t.ended_at - t.started_at) - t.paused_s)
        FILTER (WHERE t.status = 'closed'), 0)::float8 AS service_s,
    coalesce(sum(extract(epoch FROM coalesce(t.ended_at, %(at)s) - t.called_at) - t.paused_s)
        FILTER (WHERE t.status IN ('called', 'serving', 'closed', 'no_show')), 0)::float8 AS held_s,
    max(t.last_call_at) AS last_call_at
FROM q
JOIN queueing_ticket t ON t.tenant_id = q.tenant_id AND t.queue_id = q.id AND t.day = q.day
GROUP BY t.queue_id, t.agent_id
"""

SEATED = """
SELECT a.id, a.name, a.status, a.status_reason, a.status_since, c.name AS counter, s.id AS site_id, s.name AS site,
    t.id AS ticket_id, t.number, t.status AS ticket_status, t.queue_id,
    coalesce(t.started_at, t.last_call_at) AS ticket_since
FROM queueing_agent a
JOIN sites_counter c ON c.tenant_id = a.tenant_id AND c.id = a.counter_id
JOIN sites_site s ON s.tenant_id = a.tenant_id AND s.id = c.site_id
LEFT JOIN queueing_ticket t ON t.tenant_id = a.tenant_id AND t.agent_id = a.id AND t.hand = a.hand
    AND t.status IN ('called', 'serving')
WHERE a.is_active AND (%(site)s::uuid IS NULL OR c.site_id = %(site)s)
ORDER BY s.name, c.name, a.name, a.id
"""


@dataclass(frozen=True, slots=True)
class Day:
    """What the site's local day has brought so far, of one queue in one agent's hands; sums, so that they add up.

    Attributes:
        gone: cancelled or expired. `in_target`, `waited_s`: of those `called`. `service_s`: of those `timed`.
        held_s: from the call to the end, without pauses: what kept the agent's hands full.
    """

    queue_id: UUID | None = None
    agent_id: UUID | None = None
    served: int = 0
    no_show: int = 0
    gone: int = 0
    called: int = 0
    in_target: int = 0
    waited_s: float = 0.0
    timed: int = 0
    service_s: float = 0.0
    held_s: float = 0.0
    last_call_at: datetime | None = None

    @property
    def drop_offs(self) -> int:
        return self.no_show + self.gone

    @property
    def percent_in_target(self) -> int | None:
        return int(100 * self.in_target / self.called) if self.called else None

    @property
    def average_wait_s(self) -> int | None:
        return round(self.waited_s / self.called) if self.called else None

    @property
    def average_service_s(self) -> int | None:
        return round(self.service_s / self.timed) if self.timed else None


def total(days: Iterable[Day]) -> Day:
    """The sum of several."""
    days = list(days)
    sums: dict[str, Any] = {
        name: sum(getattr(day, name) for day in days)
        for name in ("served", "no_show", "gone", "called", "in_target", "waited_s", "timed", "service_s", "held_s")
    }
    return Day(last_call_at=max((day.last_call_at for day in days if day.last_call_at), default=None), **sums)


def days_by(days: list[Day], name: str) -> dict[UUID, Day]:
    """The sums by one of their two keys, `queue_id` or `agent_id`."""
    parts: dict[UUID, list[Day]] = {}
    for day in days:
        if (key := getattr(day, name)) is not None:
            parts.setdefault(key, []).append(day)
    return {key: total(part) for key, part in parts.items()}


@dataclass(frozen=True, slots=True)
class AgentNow:
    """Somebody at a counter, and what he has in hand."""

    id: UUID
    name: str
    status: str
    status_reason: str
    status_since: datetime | None
    counter: str
    site_id: UUID
    site: str
    ticket_id: UUID | None
    number: str | None
    ticket_status: str | None
    queue_id: UUID | None
    ticket_since: datetime | None
    day: Day = field(default_factory=Day)

    @property
    def is_on_break(self) -> bool:
        return self.status == AgentStatus.PAUSED

    @property
    def is_free(self) -> bool:
        return self.status == AgentStatus.AVAILABLE and self.ticket_id is None


@dataclass(frozen=True, slots=True)
class QueueNow:
    """One queue at one instant.

    Attributes:
        serving: its agents who are available or busy.
        at_risk: those who have waited more than 80 % of their target, or will by the estimate have to wait longer.
        longest: number of whoever has waited longest.
        eta_s, eta_high_s: until the call of whoever would join now: in half of all cases not longer, in nine of ten not
            longer. None while nobody serves or nobody is let in.
        eta_quality: what they rest on: `good`, `rough` or `none`.
        in_service: called or being served.
    """

    id: UUID
    name: str
    status: str
    site_id: UUID
    site: str
    target_s: int
    serving: int
    waiting: int
    at_risk: int
    longest_s: int | None
    longest: str | None
    eta_s: int | None = None
    eta_high_s: int | None = None
    eta_quality: str = EtaQuality.NONE
    in_service: int = 0
    day: Day = field(default_factory=Day)

    @property
    def level(self) -> str:
        """`ok`, `warn` or `late`: the longest wait against the target."""
        waited = self.longest_s or 0
        return "late" if waited > self.target_s else "warn" if waited > AT_RISK_FROM * self.target_s else "ok"

    @property
    def is_unattended(self) -> bool:
        return bool(self.waiting) and not self.serving


@dataclass(frozen=True)
class Now:
    """Every queue and everybody at a counter, at one instant; the sums are over what it holds."""

    queues: list[QueueNow]
    agents: list[AgentNow]
    day: Day

    @cached_property
    def waiting(self) -> int:
        return sum(queue.waiting for queue in self.queues)

    @cached_property
    def at_risk(self) -> int:
        return sum(queue.at_risk for queue in self.queues)

    @cached_property
    def longest(self) -> QueueNow | None:
        """The queue in which somebody has waited longest."""
        waited = [queue for queue in self.queues if queue.longest_s is not None]
        return max(waited, key=lambda queue: queue.longest_s or 0, default=None)

    @property
    def in_service(self) -> int:
        return sum(agent.ticket_id is not None for agent in self.agents)

    @property
    def open_counters(self) -> int:
        return sum(not agent.is_on_break for agent in self.agents)

    @property
    def on_break(self) -> int:
        return sum(agent.is_on_break for agent in self.agents)


def lines_now(*, at: datetime, site_id: UUID | None = None) -> list[QueueNow]:
    """Active queues of the tenant in scope, or of one site, with their lines; without the day's figures."""
    asked = {"at": at, "site": site_id, "risk": AT_RISK_FROM}
    return [QueueNow(**row) for row in _rows(LINES, asked)]


def day_so_far(*, at: datetime, site_id: UUID | None = None) -> list[Day]:
    """Sums of each site's local day by queue and agent; tickets that nobody has called have no agent."""
    return [Day(**row) for row in _rows(DAY, {"at": at, "site": site_id})]


def look(*, at: datetime, site_id: UUID | None = None) -> Now:
    """All of it, of the tenant in scope or of one site. Three statements."""
    queues, days = lines_now(at=at, site_id=site_id), day_so_far(at=at, site_id=site_id)
    agents = [AgentNow(**row) for row in _rows(SEATED, {"site": site_id})]
    held = [agent.queue_id for agent in agents]
    by_queue, by_agent = days_by(days, "queue_id"), days_by(days, "agent_id")
    return Now(
        queues=[replace(queue, in_service=held.count(queue.id), day=by_queue.get(queue.id, Day())) for queue in queues],
        agents=[replace(agent, day=by_agent.get(agent.id, Day())) for agent in agents],
        day=total(days),
    )


def free_agents(queue_id: UUID) -> list[Agent]:
    """Who could be given a ticket of this queue now: eligible, available at a counter, nothing in hand. By name."""
    eligible = Eligibility.objects.filter(queue_id=queue_id).values("agent_id")
    holding = Ticket.objects.filter(status__in=WITH_AGENT, agent_id__in=eligible).values("agent_id")
    free = Agent.objects.filter(id__in=eligible, is_active=True, status=AgentStatus.AVAILABLE, counter__isnull=False)
    return list(free.exclude(id__in=holding).select_related("counter").order_by("name", "id")[:100])


def phones_of(ticket_ids: Sequence[UUID | str]) -> dict[str, str]:
    """Ticket → its customer's phone, of those who have one."""
    rows = Ticket.objects.filter(id__in=ticket_ids, customer__isnull=False).exclude(customer__phone="")
    return {str(ticket_id): phone for ticket_id, phone in rows.values_list("id", "customer__phone")}


def _rows(statement: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
