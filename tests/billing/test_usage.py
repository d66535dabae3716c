"""Counting what tenants use: right, again and again, for every tenant apart; and nobody in a line is stopped."""

from datetime import date, timedelta

import pytest
from django.db import ProgrammingError, connection, connections
from django.test.utils import CaptureQueriesContext

from smartqueue.billing.states import Measure, Terms, Use, uses
from smartqueue.journal.states import SYSTEM, AuditKind
from smartqueue.tenants.scope import in_tenant
from tests.billing.conftest import MARCH
from tests.cast import NINE, at_the_same_time


def send(bank, at):
    """A message that was sent, as the room of messages will record it."""
    from smartqueue.journal.actions import record

    with in_tenant(bank.id):
        record("message.sent", kind=AuditKind.SEND, tenant_id=bank.id, object_type="message", object_id=None,
               actor=SYSTEM, at=at)  # fmt: skip


def test_a_month_is_what_was_taken_sent_and_stands(old_bank, cheikh, binta, fatou, take, count, usage_of):
    for minute in range(3):
        take(at=NINE + timedelta(minutes=minute))
    take(at=NINE - timedelta(days=3))  # the 27th of February
    send(old_bank, NINE)
    send(old_bank, NINE - timedelta(days=3))

    count(tenants=[old_bank, cheikh.tenant])

    row = usage_of(old_bank)
    assert row.counts == {"tickets": 3, "messages": 1, "sites": 1, "agents": 2}
    assert (row.plan_id, row.agreed.price_xof, row.overage_xof) == ("starter", 25_000, 0)
    february = usage_of(old_bank, date(2026, 2, 1))
    assert (february.tickets, february.messages) == (1, 1)  # in its first days, a month still counts the last one
    assert usage_of(cheikh.tenant) is None  # it did not exist in March


def test_the_count_is_the_rows_whatever_became_of_the_tickets(old_bank, take, count, usage_of):
    from smartqueue.queueing.actions.tickets import cancel_ticket
    from smartqueue.queueing.models import Ticket

    take()
    gone = take(at=NINE + timedelta(minutes=1))
    with in_tenant(old_bank.id):
        cancel_ticket(ticket_id=gone, agent_id=None, reason="", actor=SYSTEM, at=NINE + timedelta(minutes=2))
    count()

    with in_tenant(old_bank.id):
        raw = Ticket.objects.filter(day__gte=MARCH, day__lt=date(2026, 4, 1)).count()
    assert usage_of(old_bank).tickets == raw == 2


def test_counting_twice_changes_nothing_and_counting_later_adds(old_bank, take, count, usage_of):
    take()
    count()
    before = usage_of(old_bank)
    count()
    assert (usage_of(old_bank).id, usage_of(old_bank).tickets) == (before.id, 1)

    take(at=NINE + timedelta(hours=1))
    count(at=NINE + timedelta(hours=1))
    assert usage_of(old_bank).tickets == 2


def test_two_who_count_at_once_leave_one_row_with_the_right_number(old_bank, take, count, usage_of):
    from smartqueue.billing.models import MonthUsage

    for minute in range(5):
        take(at=NINE + timedelta(minutes=minute))

    results = at_the_same_time(*[count] * 4)

    assert [result for result in results if isinstance(result, Exception)] == []
    assert MonthUsage.objects.using("platform").filter(tenant_id=old_bank.id, month=MARCH).count() == 1
    assert usage_of(old_bank).tickets == 5


def test_a_month_that_is_over_keeps_its_plan_its_terms_and_what_stood_then(old_bank, site, take, count, usage_of):
    from smartqueue.billing.actions import change_plan_of, rebuild_usage
    from smartqueue.billing.models import MonthUsage
    from smartqueue.sites.models import Site

    take()
    count()
    with in_tenant(old_bank.id):
        Site.objects.create(tenant=old_bank, name="Agence Pikine", code="PKN")
    april = NINE.replace(month=4)
    change_plan_of(tenant_id=old_bank.id, plan="business", actor=SYSTEM, at=april)
    MonthUsage.objects.using("platform").filter(tenant_id=old_bank.id, month=MARCH).update(tickets=99, share=9)

    rebuild_usage(month=MARCH, at=april)

    row = usage_of(old_bank)
    assert (row.tickets, row.sites, row.plan_id, row.agreed.price_xof) == (1, 1, "starter", 25_000)
    assert row.share == 0.5  # one of two sites
    assert usage_of(old_bank, date(2026, 4, 1)).plan_id == "business"


def test_a_month_can_be_made_from_nothing(old_bank, take, usage_of):
    from smartqueue.billing.actions import rebuild_usage

    take()
    rebuild_usage(month=MARCH, at=NINE.replace(month=6))

    assert usage_of(old_bank).tickets == 1


def test_far_over_the_quota_tickets_are_taken_and_billed(old_bank, take, count, usage_of, small_plan):
    from smartqueue.billing.models import Plan
    from smartqueue.billing.queries import usage_against_quota

    plans = Plan.objects.using("platform").filter(name="starter")
    former = plans.values("tickets", "ticket_price_xof").get()
    plans.update(tickets=2, ticket_price_xof=15)
    try:
        numbers = [take(at=NINE + timedelta(seconds=second)) for second in range(25)]
        count()
        later = [take(at=NINE + timedelta(minutes=1, seconds=second)) for second in range(5)]
        count()
    finally:
        plans.update(**former)

    assert len({*numbers, *later}) == 30
    row = usage_of(old_bank)
    assert (row.tickets, row.share, row.overage_xof, row.total_xof) == (30, 15.0, 28 * 15, 25_000 + 28 * 15)
    with in_tenant(old_bank.id):
        tickets = usage_against_quota(old_bank, month=MARCH)[0]
    assert (tickets.measure, tickets.used, tickets.limit, tickets.over_by) == (Measure.TICKETS, 30, 2, 28)


def test_what_a_quota_comes_to(small_plan):
    terms = Terms(**small_plan)
    told = uses(terms, {"tickets": 5, "messages": 2, "sites": 1, "agents": 1000})

    assert told == [
        Use(Measure.TICKETS, 5, 2, 45),
        Use(Measure.MESSAGES, 2, 0, 70),
        Use(Measure.SITES, 1, 1, 0),
        Use(Measure.AGENTS, 1000, None, 0),
    ]
    assert [(one.over_by, one.percent, one.is_nearly) for one in told] == [
        (3, 250, False), (2, 200, False), (0, 100, True), (0, 0, False),
    ]  # fmt: skip


def test_a_month_that_was_not_counted_is_empty(bank):
    from smartqueue.billing.queries import usage_against_quota

    with in_tenant(bank.id):
        told = usage_against_quota(bank, month=MARCH)

    assert [(one.used, one.limit) for one in told] == [(0, 3000), (0, 1500), (0, 2), (0, 8)]


def test_a_tenant_reads_what_it_used_and_writes_nothing(old_bank, cheikh, take, count):
    from smartqueue.billing.models import MonthUsage

    take()
    count()
    with in_tenant(old_bank.id):
        assert [row.tickets for row in MonthUsage.objects.filter(month=MARCH)] == [1]
    with in_tenant(cheikh.tenant.id):
        assert list(MonthUsage.objects.filter(month=MARCH)) == []
    for statement in ("UPDATE billing_monthusage SET tickets = 0", "UPDATE billing_plan SET price_xof = 0",
                      "DELETE FROM billing_subscription"):  # fmt: skip
        with pytest.raises(ProgrammingError, match="permission denied"), in_tenant(old_bank.id):
            connection.cursor().execute(statement)


def test_counting_asks_as_much_for_one_tenant_as_for_three(make_tenant, count):
    def cost(*tenants):
        with CaptureQueriesContext(connections["platform"]) as asked:
            count(at=NINE.replace(year=2030, day=20), tenants=tenants)
        return len(asked)

    one = cost(make_tenant())

    assert cost(make_tenant(), make_tenant(), make_tenant()) == one == 7


def test_the_clock_counts_every_ten_minutes(old_bank, usage_of):
    from django.conf import settings

    from smartqueue.billing.queries import month_of
    from smartqueue.billing.tasks import count_usage
    from smartqueue.kernel.clock import now

    (line,) = [one for one in settings.CELERY_BEAT_SCHEDULE.values() if one["task"] == count_usage.name]
    assert line["schedule"] == 600.0

    count_usage()
    assert usage_of(old_bank, month_of(now())).tickets == 0
