"""Plans: what they offer, and which one a tenant has."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from smartqueue.billing.actions.usage import PLATFORM, count_usage
from smartqueue.billing.errors import PlanNotFound
from smartqueue.billing.models import Plan, Subscription
from smartqueue.journal.actions.platform import record_by_staff
from smartqueue.journal.states import Actor, AuditKind
from smartqueue.kernel.errors import NotFound
from smartqueue.tenants.models import Tenant
from smartqueue.tenants.routers import as_platform
from smartqueue.tenants.states import PlanName


def change_plan_of(*, tenant_id: UUID, plan: str, actor: Actor, at: datetime) -> bool:
    """Give a tenant another plan from now on. It counts for the whole month: a month is billed by the plan it ends in.

    Returns:
        Whether it had another one until now; otherwise nothing is written.

    Raises:
        NotFound: there is no such tenant.
        PlanNotFound: there is no such plan.
    """
    if plan not in PlanName.values:
        raise PlanNotFound
    with as_platform(), transaction.atomic(using=PLATFORM):
        tenant = Tenant.objects.select_for_update(no_key=True).filter(id=tenant_id).first()
        if tenant is None:
            raise NotFound
        before = tenant.plan
        if before == plan:
            return False
        Tenant.objects.filter(id=tenant_id).update(plan=plan)
        _turn_the_page(tenant, before, plan, at)
        record_by_staff(
            "tenant.plan_changed", kind=AuditKind.UPDATE, tenant_id=tenant_id, object_type="tenant",
            object_id=tenant_id, actor=actor, at=at, before={"plan": before}, after={"plan": plan},
        )  # fmt: skip
        count_usage(at=at, tenant_ids=[tenant_id])
    return True


def _turn_the_page(tenant: Tenant, before: str, plan: str, at: datetime) -> None:
    """Close what was open and open the next; the first change writes what was before it too."""
    open_rows = Subscription.objects.filter(tenant_id=tenant.id, until=None)
    if not open_rows.update(until=at):
        since = min(tenant.created_at, at)
        Subscription.objects.create(tenant=tenant, plan_id=before, since=since, until=at)
    Subscription.objects.create(tenant=tenant, plan_id=plan, since=at)


def edit_plan(*, name: str, values: dict[str, Any], actor: Actor, at: datetime) -> bool:
    """Change what a plan offers and costs, from this month on; months that are over keep their terms.

    Args:
        values: of `price_xof`, the quotas (None is without limit) and the prices beyond them.

    Returns:
        Whether anything differs now; otherwise nothing is written.

    Raises:
        PlanNotFound: there is no such plan.
    """
    with as_platform(), transaction.atomic(using=PLATFORM):
        # no_key: whoever counts at this moment refers to the row, and holds what the counting below waits for.
        plan = Plan.objects.select_for_update(no_key=True).filter(name=name).first()
        if plan is None:
            raise PlanNotFound
        before = {field: getattr(plan, field) for field in values}
        changed = [field for field in values if values[field] != before[field]]
        if not changed:
            return False
        Plan.objects.filter(name=name).update(**{field: values[field] for field in changed})
        record_by_staff(
            "plan.updated", kind=AuditKind.UPDATE, tenant_id=None, object_type="plan", object_id=None, actor=actor,
            at=at, data={"plan": name}, before={field: before[field] for field in changed},
            after={field: values[field] for field in changed},
        )  # fmt: skip
        count_usage(at=at, tenant_ids=list(Tenant.objects.filter(plan=name).values_list("id", flat=True)))
    return True
