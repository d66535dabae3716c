"""The organisation's own page."""

import pytest

from smartqueue.journal.models import Entry
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
