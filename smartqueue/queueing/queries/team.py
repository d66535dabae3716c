"""What agents have done: the spells of a day, its tickets, the week."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from smartqueue.queueing.models import Agent, Eligibility, Queue, Ticket
from smartqueue.queueing.states import AgentStatus

MOST_CHANGES = 200
"""The furthest that a day's status changes are read back, for each agent."""

# A bounded look at each agent's newest changes: the index of the journal is by object, not by time.
CHANGES = """
SELECT a.id, e.at, e.data ->> 'status', coalesce(e.after ->> 'status_reason', '')
FROM unnest(%(agents)s::uuid[]) AS a (id)
CROSS JOIN LATERAL (
    SELECT x.id, x.at, x.data, x.after FROM journal_entry x
    WHERE x.object_id = a.id AND x.version IS NULL AND x.fact = 'agent.status_updated' AND x.at <= %(at)s
    ORDER BY x.id DESC LIMIT %(most)s
) e
ORDER BY a.id, e.id
"""

WEEK = """
SELECT t.day, count(*) FILTER (WHERE t.status = 'closed') AS handled,
    count(*) FILTER (WHERE t.status = 'no_show') AS no_show,
    (avg(extract(epoch FROM t.ended_at - t.started_at) - t.paused_s) FILTER (WHERE t.status = 'closed'))::integer
        AS service_s
FROM queueing_queue q
JOIN queueing_ticket t ON t.tenant_id = q.tenant_id AND t.queue_id = q.id AND t.day BETWEEN %(first)s AND %(last)s
WHERE t.agent_id = %(agent)s
GROUP BY t.day
"""


class Spell(NamedTuple):
    """One status, from `start` to `end`; the last one goes on until it was asked."""

    status: str
    reason: str
    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class WorkedDay:
    day: date
    handled: int = 0
    no_show: int = 0
    service_s: int | None = None


def team() -> QuerySet[Agent]:
    """Everybody who serves, with account, counter and site."""
    return Agent.objects.filter(is_active=True).select_related("user", "counter__site")


def queues_of_agents(agent_ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    """Agent → names of the queues he serves, in one query."""
    served: dict[UUID, list[str]] = {agent_id: [] for agent_id in agent_ids}
    rows = Eligibility.objects.filter(agent_id__in=agent_ids, queue__is_active=True).order_by("queue__name", "id")
    for agent_id, name in rows.values_list("agent_id", "queue__name"):
        served[agent_id].append(name)
    return served


def queues_to_serve() -> list[Queue]:
    """Active queues by site and name, to choose from."""
    return list(Queue.objects.filter(is_active=True).select_related("site").order_by("site__name", "name", "id")[:500])


def spells_of(agent_ids: Sequence[UUID], *, since: datetime, at: datetime) -> dict[UUID, list[Spell]]:
    """Agent → his statuses from `since` to `at`, without the time when he was offline; in one query."""
    changes: dict[UUID, list[tuple[datetime, str, str]]] = {agent_id: [] for agent_id in agent_ids}
    with connection.cursor() as cursor:
        cursor.execute(CHANGES, {"agents": list(agent_ids), "at": at, "most": MOST_CHANGES})
        for agent_id, changed_at, status, reason in cursor.fetchall():
            changes[agent_id].append((changed_at, status, reason))
    return {agent_id: _spells(rows, since, at) for agent_id, rows in changes.items()}


def _spells(changes: list[tuple[datetime, str, str]], since: datetime, at: datetime) -> list[Spell]:
    ends = [changed_at for changed_at, _status, _reason in changes[1:]] + [at] * bool(changes)
    spells = [
        Spell(status, reason, max(start, since), end)
        for (start, status, reason), end in zip(changes, ends, strict=True)
        if end > since and status != AgentStatus.OFFLINE
    ]
    return [spell for spell in spells if spell.end > spell.start or spell.end == at]


def seconds_in(spells: Sequence[Spell], *statuses: str) -> float:
    return sum(spell.length.total_seconds() for spell in spells if spell.status in statuses)


def tickets_of_day(agent_id: UUID, *, day: date) -> list[Ticket]:
    """What an agent has called on a local day, with service and queue, in order of the calls; at most 200."""
    here = list(Queue.objects.values_list("id", flat=True))  # as values: the index is by queue and day
    mine = Ticket.objects.filter(queue_id__in=here, day=day, agent_id=agent_id, called_at__isnull=False)
    return list(mine.select_related("service", "queue", "counter").order_by("called_at", "id")[:200])


def week_of(agent_id: UUID, *, last: date) -> list[WorkedDay]:
    """Seven local days up to `last`, oldest first; days without work too."""
    first = last - timedelta(days=6)
    with connection.cursor() as cursor:
        cursor.execute(WEEK, {"agent": agent_id, "first": first, "last": last})
        worked: dict[date, Any] = {row[0]: WorkedDay(*row) for row in cursor.fetchall()}
    days = [first + timedelta(days=place) for place in range(7)]
    return [worked.get(day, WorkedDay(day)) for day in days]
