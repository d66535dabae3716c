"""Counting what tenants use. Nothing here refuses anything: an organisation beyond its quota goes on as before."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import connections, transaction

from smartqueue.billing.models import MonthUsage, Plan
from smartqueue.billing.queries import month_of
from smartqueue.billing.queries.counts import Counts, counts_of
from smartqueue.billing.states import Terms, uses
from smartqueue.tenants.routers import as_platform

PLATFORM = "platform"
LATE_DAYS = 3
"""So long after its end a month is still counted: kiosks that were offline hand in their tickets later."""
ONE_AT_A_TIME = 0x5151_0B17  # advisory lock: who counted first does not write last
KEPT = ["plan", "tickets", "messages", "sites", "agents", "terms", "share", "overage_xof", "counted_at"]


def count_usage(*, at: datetime, tenant_ids: Sequence[UUID] | None = None) -> int:
    """Count this month, and in its first days the last one too. Counting twice changes nothing.

    Args:
        tenant_ids: these only; None for all.
        at: the instant, timezone-aware; the platform's months begin in UTC, the tickets' days are their sites'.

    Returns:
        How many rows were written.
    """
    months = [month_of(at)]
    if at.day <= LATE_DAYS:
        months.append(month_of(at - timedelta(days=LATE_DAYS)))
    return sum(_count(month, at=at, tenant_ids=tenant_ids) for month in months)


def rebuild_usage(*, month: date, at: datetime) -> int:
    """Count a month from the raw rows again."""
    return _count(month.replace(day=1), at=at)


def _count(month: date, *, at: datetime, tenant_ids: Sequence[UUID] | None = None) -> int:
    """A month that is over keeps its plan and terms, and its sites and agents: how many there were is known only while
    it lasts."""
    is_over = month < month_of(at)
    with as_platform(), transaction.atomic(using=PLATFORM):
        with connections[PLATFORM].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
        counted = counts_of(month, tenant_ids=tenant_ids)
        terms = {plan.name: plan.terms for plan in Plan.objects.all()}
        known = {row.tenant_id: row for row in MonthUsage.objects.filter(month=month)}
        rows = []
        for counts in counted:
            row = known.get(counts.tenant_id)
            if is_over and row is not None:
                rows.append(_row(month, counts, row.plan_id, row.agreed, at, standing=row))
            else:
                rows.append(_row(month, counts, counts.plan, terms[counts.plan], at))
        MonthUsage.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["tenant", "month"], batch_size=500,
            update_fields=KEPT,
        )  # fmt: skip
    return len(rows)


def _row(
    month: date, counts: Counts, plan: str, terms: Terms, at: datetime, *, standing: MonthUsage | None = None
) -> MonthUsage:
    used = counts.by_measure
    if standing is not None:
        used = used | {"sites": standing.sites, "agents": standing.agents}
    against = uses(terms, used)
    return MonthUsage(
        tenant_id=counts.tenant_id, month=month, plan_id=plan, **used, terms=terms.as_json(),
        share=max(one.share for one in against), overage_xof=sum(one.overage_xof for one in against), counted_at=at,
    )  # fmt: skip
