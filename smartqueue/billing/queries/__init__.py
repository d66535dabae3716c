"""Reading plans, their history, and what was used of them."""

from datetime import date, datetime
from uuid import UUID

from django.db.models import Count, F, FloatField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from smartqueue.billing.errors import PlanNotFound
from smartqueue.billing.models import MonthUsage, Plan, Subscription
from smartqueue.billing.states import Measure, Use, uses
from smartqueue.tenants.models import Tenant

HISTORY = 12
"""Months shown of a tenant's past."""


def month_of(at: datetime) -> date:
    """The first day of the month in which an instant lies, in UTC."""
    return at.date().replace(day=1)


def plans() -> list[Plan]:
    """Cheapest first."""
    return list(Plan.objects.all())


def plan_or_refuse(name: str) -> Plan:
    """
    Raises:
        PlanNotFound: there is no such plan.
    """
    plan = Plan.objects.filter(name=name).first()
    if plan is None:
        raise PlanNotFound
    return plan


def subscriptions_of(tenant: Tenant) -> list[Subscription]:
    """Every plan it has had, newest first. One that never changed its plan has had it from its beginning."""
    kept = list(Subscription.objects.filter(tenant_id=tenant.id).select_related("plan"))
    return kept or [Subscription(tenant=tenant, plan=plan_or_refuse(tenant.plan), since=tenant.created_at)]


def usage_against_quota(tenant: Tenant, *, month: date) -> list[Use]:
    """Used, limit, share and overage of each quota; a month that was not counted yet is empty.

    Inside the tenant's scope, or as the platform.
    """
    row = MonthUsage.objects.filter(tenant_id=tenant.id, month=month).first()
    if row is not None:
        return uses(row.agreed, row.counts)
    return uses(plan_or_refuse(tenant.plan).terms, dict.fromkeys(Measure.values, 0))


def usage_history(tenant_id: UUID, *, until: date) -> list[MonthUsage]:
    """The last months that were counted, oldest first."""
    newest = MonthUsage.objects.filter(tenant_id=tenant_id, month__lte=until).select_related("plan").order_by("-month")
    return list(newest[:HISTORY])[::-1]


def usage_in(month: date) -> QuerySet[MonthUsage]:
    """What each tenant used; across tenants, so as the platform."""
    return MonthUsage.objects.filter(month=month).select_related("tenant", "plan")


def counted_months() -> list[date]:
    """The months of which there is usage, newest first; as the platform."""
    return list(MonthUsage.objects.order_by("-month").values_list("month", flat=True).distinct()[:HISTORY])


def last_counted_at() -> datetime | None:
    """When usage was last counted; as the platform."""
    return MonthUsage.objects.order_by("-counted_at").values_list("counted_at", flat=True).first()


def tenants_with_usage(month: date) -> QuerySet[Tenant]:
    """Every tenant with `share`, `tickets_used` and `overage_xof` of a month; as the platform."""
    row = MonthUsage.objects.filter(tenant_id=OuterRef("id"), month=month)
    return Tenant.objects.annotate(
        share=Coalesce(Subquery(row.values("share")), Value(0.0), output_field=FloatField()),
        tickets_used=Coalesce(Subquery(row.values("tickets")), Value(0)),
        overage_xof=Coalesce(Subquery(row.values("overage_xof")), Value(0)),
        plan_price_xof=Subquery(Plan.objects.filter(name=OuterRef("plan")).values("price_xof")),
        tickets_limit=Subquery(Plan.objects.filter(name=OuterRef("plan")).values(limit=F("tickets"))),
    )


def tenants_on_plans() -> dict[str, int]:
    """How many tenants have each plan."""
    rows = Tenant.objects.values("plan").annotate(tenants=Count("id")).order_by()
    return {row["plan"]: row["tenants"] for row in rows}
