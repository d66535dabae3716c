"""The organisation's own page."""

import pytest

from smartqueue.journal.models import Entry
from smartqueue.kernel.clock import now
from smartqueue.tenants.models import Tenant
from smartqueue.tenants.scope import in_tenant

WHOLE = {
    "name": "Banque du Fleuve",
    "type": "post",
    "locale": "wo",
    "time_zone": "Africa/Abidjan",
    "retention_days": 90,
}


@pytest.fixture
def address(bank):
    return f"/{bank.slug}/manage/organisation/"


def now_of(bank):
    return Tenant.objects.filter(id=bank.id).values(*WHOLE).get()


def test_who_may(address, bank, visit, moussa, awa, cheikh):
    before = now_of(bank)
    for method in ("get", "post"):
        assert getattr(visit(None), method)(address, WHOLE)["Location"].startswith("/sign-in/")
        assert getattr(visit(cheikh), method)(address, WHOLE).status_code == 404
        assert getattr(visit(awa), method)(address, WHOLE).status_code == 403
    assert now_of(bank) == before


def test_what_changes_is_told_with_before_and_after(address, bank, visit, moussa):
    before = now_of(bank)

    assert visit(moussa).post(address, WHOLE).status_code == 303

    assert now_of(bank) == WHOLE
    with in_tenant(bank.id):
        (fact,) = Entry.objects.filter(fact="tenant.updated")
    assert (fact.kind, fact.object_id, fact.before, fact.after) == ("update", bank.id, before, WHOLE)
    visit(moussa).post(address, WHOLE)
    with in_tenant(bank.id):
        assert Entry.objects.filter(fact="tenant.updated").count() == 1


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"type": "circus"}, {"locale": "xx"}, {"time_zone": "Mars/Base"}, {"retention_days": 0},
     {"retention_days": 366}],
)  # fmt: skip
def test_a_mistake_is_said_beside_its_field_and_nothing_is_saved(address, bank, visit, moussa, wrong):
    before = now_of(bank)

    answer = visit(moussa).post(address, WHOLE | wrong)

    assert answer.status_code == 400
    assert f'id="id_{next(iter(wrong))}_error"' in answer.content.decode()
    assert now_of(bank) == before


@pytest.fixture
def used(bank):
    """`used(limits, **counts)`: this month of the bank, on a plan with these quotas."""
    from smartqueue.billing.actions import count_usage
    from smartqueue.billing.models import MonthUsage

    def put(limits, **counts):
        count_usage(at=now(), tenant_ids=[bank.id])
        rows = MonthUsage.objects.using("platform").filter(tenant_id=bank.id)
        terms = {"price_xof": 25_000, "ticket_price_xof": 15, "message_price_xof": 35, "sites": None, "agents": None,
                 "tickets": None, "messages": None} | limits  # fmt: skip
        rows.update(terms=terms, **counts)

    return put


def test_the_plan_and_what_was_used_of_it_stand_on_the_page(address, bank, visit, moussa, cheikh, used):
    used({"tickets": 1000, "messages": 10, "agents": 1}, tickets=1200, messages=9, agents=3, sites=7)

    usage = visit(moussa).get(address).context["usage"]

    assert [(str(use.measure.value), words, beyond) for use, words, beyond in usage["lines"]] == [
        ("tickets", "1,200 of 1,000", "200 beyond your plan: 3,000\xa0F\xa0CFA."),
        ("messages", "9 of 10", ""),
        ("sites", "7, without limit", ""),
        ("agents", "3 of 1", "2 beyond your plan, without extra cost."),
    ]
    assert (usage["overage_xof"], usage["plan"].name) == (3000, bank.plan)
    page = visit(moussa).get(address).content.decode()
    assert all(words in page for words in ("Plan and usage", "Your lines never stop", "200 beyond your plan"))
    theirs = visit(cheikh).get(f"/{cheikh.tenant.slug}/manage/organisation/")
    assert "1,200" not in theirs.content.decode()


def test_before_the_first_count_nothing_is_used(address, bank, visit, moussa):
    usage = visit(moussa).get(address).context["usage"]

    assert ({use.used for use, *_words in usage["lines"]}, usage["overage_xof"]) == ({0}, 0)
