"""What tenants have used, counted in the tables themselves.

This room lies below the one whose tickets it counts and must not import it, so it names tables in SQL. The road not
taken: being handed the counts. Then whoever calls would have to know what is billed, and rebuilding a month would need
that caller too; here one statement says what a ticket on the bill is, and a test compares it with the rows.

Counted are tickets by the local day of their number, whatever became of them, messages by the fact that they were sent,
and the active sites and agents of this moment. It runs as `sq_platform`, for all tenants at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import connections

from smartqueue.tenants.states import PlanName

COUNT = """
SELECT t.id, t.plan,
    (SELECT count(*) FROM queueing_queue q JOIN queueing_ticket k ON k.queue_id = q.id AND k.tenant_id = t.id
     WHERE q.tenant_id = t.id AND k.day >= %(first)s AND k.day < %(next)s),
    (SELECT count(*) FROM journal_entry e JOIN tenants_tenant o ON o.id = e.tenant_id
     WHERE e.tenant_id = t.id AND e.fact = 'message.sent' AND e.at >= %(first)s::timestamp AT TIME ZONE o.time_zone
       AND e.at < %(next)s::timestamp AT TIME ZONE o.time_zone),
    (SELECT count(*) FROM sites_site s WHERE s.tenant_id = t.id AND s.is_active),
    (SELECT count(*) FROM queueing_agent a WHERE a.tenant_id = t.id AND a.is_active)
FROM tenants_tenant t
WHERE t.created_at < (%(next)s::timestamp AT TIME ZONE t.time_zone)
    AND (%(only)s::uuid[] IS NULL OR t.id = ANY (%(only)s))
ORDER BY t.id
"""


@dataclass(frozen=True)
class Counts:
    """One tenant in one month, and the plan it has now."""

    tenant_id: UUID
    plan: PlanName
    tickets: int
    messages: int
    sites: int
    agents: int

    @property
    def by_measure(self) -> dict[str, int]:
        return {"tickets": self.tickets, "messages": self.messages, "sites": self.sites, "agents": self.agents}


def counts_of(month: date, *, tenant_ids: Sequence[UUID] | None = None) -> list[Counts]:
    """What each tenant has used in a month.

    Args:
        month: its first day.
        tenant_ids: these only; None for all that existed before the month was over.
    """
    values = {"first": month, "next": next_month(month), "only": None if tenant_ids is None else list(tenant_ids)}
    with connections["platform"].cursor() as cursor:
        cursor.execute(COUNT, values)
        return [Counts(id, PlanName(plan), *numbers) for id, plan, *numbers in cursor.fetchall()]


def next_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)
