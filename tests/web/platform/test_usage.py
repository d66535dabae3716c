"""Usage of all organisations, plans, and what leaves as a file."""

import csv
import io
from uuid import uuid4

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from smartqueue.billing.queries import month_of
from smartqueue.kernel.clock import now
from smartqueue.web.shared.sheets import plain

USAGE, PLANS = "/platform/usage/", "/platform/plans/"


@pytest.fixture
def word():
    return uuid4().hex[:10]


@pytest.fixture
def used(make_tenant, word):
    """`used(name, tickets=…, **fields)`: an organisation that has used this much this month."""
    from smartqueue.billing.actions import count_usage
    from smartqueue.billing.models import MonthUsage
    from smartqueue.billing.states import uses

    def make(name, tickets=0, **fields):
        tenant = make_tenant(f"{name} {word}", **fields)
        count_usage(at=now(), tenant_ids=[tenant.id])
        row = MonthUsage.objects.using("platform").get(tenant_id=tenant.id, month=month_of(now()))
        against = uses(row.agreed, row.counts | {"tickets": tickets})
        MonthUsage.objects.using("platform").filter(id=row.id).update(
            tickets=tickets,
            share=max(one.share for one in against),
            overage_xof=sum(one.overage_xof for one in against),
        )
        return tenant

    return make


def names(answer):
    return [line.row.tenant.name.split()[0] for line in answer.context["rows"]]


def test_who_is_over_a_quota_comes_first(as_rokhaya, used, word):
    used("Calm", 10)
    used("Over", 4500)
    used("Near", 2900)

    def ask(**query):
        return as_rokhaya.get(USAGE, {"q": word} | query)

    assert names(ask()) == ["Over", "Near", "Calm"]
    assert names(ask(sort="name")) == ["Calm", "Near", "Over"]
    assert names(ask(over="yes")) == ["Over"]
    assert names(ask(plan="business")) == []
    assert names(ask(month="1999-01")) == ["Over", "Near", "Calm"]  # a month that cannot be is left out
    line = ask().context["rows"][0]
    assert (line.uses[0].over_by, line.row.overage_xof, line.row.total_xof) == (1500, 22_500, 47_500)


def test_the_list_costs_the_same_for_one_row_and_for_three(as_rokhaya, used, word):
    def cost(rows):
        with CaptureQueriesContext(connections["platform"]) as asked:
            assert len(names(as_rokhaya.get(USAGE, {"q": word}))) == rows
        return len(asked)

    used("A")
    one = cost(1)
    used("B")
    used("C")

    assert cost(3) == one == 4


def test_the_file_has_the_rows_of_the_page_and_is_a_fact(as_rokhaya, rokhaya, used, word):
    from smartqueue.journal.models import Entry

    used("Calm", 10)
    used('=HYPERLINK("http://x";1)', 4500)

    answer = as_rokhaya.get("/platform/usage.csv", {"q": word, "sort": "name"})

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="smartqueue-usage-{now():%Y-%m}.csv"'
    head, first, second = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert first[0] == f'\'=HYPERLINK("http://x";1) {word}'
    assert dict(zip(head, first, strict=True))["Beyond the quota, F CFA"] == "22500"
    assert (second[0], second[-1]) == (f"Calm {word}", "25000")
    assert all(line.startswith('"') for line in answer.content.decode("utf-8-sig").splitlines())
    fact = Entry.objects.using("platform").filter(actor_id=rokhaya.user.id, fact="usage.exported").get()
    assert (fact.kind, fact.data) == ("export", {"month": f"{now():%Y-%m}", "rows": 2})


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠", "  =", "\xa0@"])
def test_no_cell_is_a_formula(begins):
    assert plain(f"{begins}1+1") == f"'{begins}1+1"


def test_an_ordinary_name_stays_as_it_is():
    assert plain("Banque de la Téranga - Plateau") == "Banque de la Téranga - Plateau"


def test_prices_and_quotas_are_edited_and_both_logged(as_rokhaya, rokhaya):
    from smartqueue.billing.models import Plan
    from smartqueue.journal.models import Entry

    form = as_rokhaya.get(f"{PLANS}business/").context["form"]
    before = {name: "" if value is None else value for name, value in form.initial.items()}
    try:
        answer = as_rokhaya.post(f"{PLANS}business/", before | {"price_xof": 99_000, "sites": ""})
        assert answer["Location"] == PLANS
        plan = Plan.objects.get(name="business")
        assert (plan.price_xof, plan.sites, plan.agents) == (99_000, None, before["agents"])
        fact = Entry.objects.using("platform").filter(actor_id=rokhaya.user.id, fact="plan.updated").get()
        assert (fact.before, fact.after) == (
            {"price_xof": before["price_xof"], "sites": before["sites"]},
            {"price_xof": 99_000, "sites": None},
        )
        assert "99,000" in as_rokhaya.get(PLANS).text
    finally:
        as_rokhaya.post(f"{PLANS}business/", before)


@pytest.mark.parametrize(("field", "value"), [("price_xof", "-1"), ("price_xof", ""), ("tickets", "many")])
def test_a_price_that_cannot_be_is_said_beside_its_field(as_rokhaya, field, value):
    form = as_rokhaya.get(f"{PLANS}starter/").context["form"]
    before = {name: "" if one is None else one for name, one in form.initial.items()}

    answer = as_rokhaya.post(f"{PLANS}starter/", before | {field: value})

    assert (answer.status_code, list(answer.context["form"].errors)) == (400, [field])
