"""Plans: what they cost, which one a tenant has, and since when."""

import pytest

from smartqueue.billing.actions import change_plan_of, edit_plan
from smartqueue.billing.errors import PlanNotFound
from smartqueue.journal.states import SYSTEM
from smartqueue.kernel.errors import NotFound
from smartqueue.kernel.ids import uuid7
from tests.cast import NINE, at_the_same_time


def plans_of(tenant):
    from smartqueue.billing.queries import subscriptions_of
    from smartqueue.tenants.routers import as_platform

    tenant.refresh_from_db()
    with as_platform():
        return [(one.plan_id, one.since, one.until) for one in subscriptions_of(tenant)]


def facts(tenant_id, fact):
    from smartqueue.journal.models import Entry

    return list(Entry.objects.using("platform").filter(tenant_id=tenant_id, fact=fact).order_by("id"))


def test_who_never_changed_has_had_its_plan_from_the_beginning(bank):
    assert plans_of(bank) == [("starter", bank.created_at, None)]


def test_the_history_has_no_gap(old_bank):
    june, july = NINE.replace(month=6), NINE.replace(month=7)
    assert change_plan_of(tenant_id=old_bank.id, plan="business", actor=SYSTEM, at=june)
    assert change_plan_of(tenant_id=old_bank.id, plan="enterprise", actor=SYSTEM, at=july)

    assert plans_of(old_bank) == [
        ("enterprise", july, None),
        ("business", june, july),
        ("starter", old_bank.created_at, june),
    ]
    assert old_bank.plan == "enterprise"
    assert [fact.after for fact in facts(old_bank.id, "tenant.plan_changed")] == [
        {"plan": "business"}, {"plan": "enterprise"},
    ]  # fmt: skip


def test_the_plan_it_has_is_no_change(bank):
    assert not change_plan_of(tenant_id=bank.id, plan="starter", actor=SYSTEM, at=NINE)
    assert facts(bank.id, "tenant.plan_changed") == []


def test_two_who_change_the_plan_at_once_leave_one_that_holds(old_bank):
    from smartqueue.billing.models import Subscription

    results = at_the_same_time(*[
        lambda plan=plan: change_plan_of(tenant_id=old_bank.id, plan=plan, actor=SYSTEM, at=NINE)
        for plan in ("business", "enterprise")
    ])  # fmt: skip

    assert results == [True, True]
    (holds,) = Subscription.objects.using("platform").filter(tenant_id=old_bank.id, until=None)
    old_bank.refresh_from_db()
    first, second = facts(old_bank.id, "tenant.plan_changed")
    assert (first.before, second.before) == ({"plan": "starter"}, first.after)
    assert holds.plan_id == old_bank.plan == second.after["plan"]


def test_what_is_not_there_is_refused(bank):
    with pytest.raises(PlanNotFound):
        change_plan_of(tenant_id=bank.id, plan="golden", actor=SYSTEM, at=NINE)
    with pytest.raises(NotFound):
        change_plan_of(tenant_id=uuid7(), plan="business", actor=SYSTEM, at=NINE)
    with pytest.raises(PlanNotFound):
        edit_plan(name="golden", values={"price_xof": 1}, actor=SYSTEM, at=NINE)


def test_an_edited_plan_holds_for_this_month_and_not_for_the_last(make_tenant, usage_of):
    from smartqueue.billing.actions import count_usage
    from smartqueue.billing.models import Plan
    from smartqueue.billing.queries import month_of

    tenant = make_tenant(plan="enterprise")
    march, april = NINE.replace(year=2031), NINE.replace(year=2031, month=4, day=20)
    count_usage(at=march, tenant_ids=[tenant.id])
    before = Plan.objects.using("platform").get(name="enterprise").price_xof
    try:
        assert edit_plan(name="enterprise", values={"price_xof": before + 1}, actor=SYSTEM, at=april)
        assert not edit_plan(name="enterprise", values={"price_xof": before + 1}, actor=SYSTEM, at=april)
    finally:
        edit_plan(name="enterprise", values={"price_xof": before}, actor=SYSTEM, at=NINE.replace(year=2032))

    prices = [usage_of(tenant, month_of(at)).agreed.price_xof for at in (march, april)]
    assert prices == [before, before + 1]
    first, last = [one for one in facts(None, "plan.updated") if one.data == {"plan": "enterprise"}][-2:]
    assert (first.before, first.after) == ({"price_xof": before}, {"price_xof": before + 1})
    assert last.after == {"price_xof": before}


def test_prices_may_change_while_usage_is_counted(make_tenant):
    from smartqueue.billing.actions import count_usage
    from smartqueue.billing.models import Plan

    tenants = [make_tenant(plan="enterprise").id for _ in range(3)]
    price = Plan.objects.using("platform").get(name="enterprise").price_xof
    for turn in range(8):
        year = NINE.replace(year=2033 + turn, day=20)  # rows that are new refer to the plan's row
        results = at_the_same_time(
            lambda turn=turn, year=year: edit_plan(
                name="enterprise", values={"price_xof": price + (turn + 1) % 2}, actor=SYSTEM, at=year
            ),
            *[lambda year=year: count_usage(at=year, tenant_ids=tenants)] * 3,
        )
        assert [result for result in results if isinstance(result, Exception)] == []
    edit_plan(name="enterprise", values={"price_xof": price}, actor=SYSTEM, at=year)
