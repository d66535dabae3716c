"""The inbox: who reads it, what it shows, how answers are followed up."""

import re
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from smartqueue.feedback.models import Feedback
from smartqueue.kernel.clock import now
from smartqueue.tenants.scope import in_tenant
from smartqueue.tenants.states import SCOPES_OF_ROLE, Role, Scope
from tests.cast import at_the_same_time

PHONE_NUMBER = "+221771234567"


@pytest.fixture
def inbox(bank):
    return f"/{bank.slug}/manage/feedback/"


@pytest.fixture
def said(visit_over, answer):
    """`said(csat, how="closed", **answer)`: an answer of this hour."""

    def make(csat=4, how="closed", *, days_ago=0, options=None, **more):
        at = now() - timedelta(days=days_ago, minutes=30)
        return answer(visit_over(how, at=at, **(options or {})), csat, **more)

    return make


@pytest.fixture
def row(bank):
    def get(given):
        with in_tenant(bank.id):
            return Feedback.objects.get(id=given.id)

    return get


def words(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.content.decode()))


def scores(page):
    """Satisfaction of the rows that are shown, in their order."""
    assert page.status_code == 200
    return [given.csat for given in page.context["rows"]]


def seen_on(page):
    return re.search(r'name="seen" value="([^"]+)"', page.content.decode())[1]


def test_only_members_with_the_scope_read_it(bank, inbox, awa, moussa, binta, cheikh, visit, said):
    given = said(1, comment="Secret de la banque")

    for address in (inbox, f"{inbox}{given.id}/"):
        nobody = visit().get(address)
        assert (nobody.status_code, "/sign-in/" in nobody["Location"]) == (302, True)
        assert visit(cheikh).get(address).status_code == 404
        assert visit(binta).get(address).status_code == 403
        for person in (awa, moussa):
            assert "Secret de la banque" in words(visit(person).get(address))
    assert visit(cheikh).get(f"/{cheikh.tenant.slug}/manage/feedback/{given.id}/").status_code == 404
    assert scores(visit(cheikh).get(f"/{cheikh.tenant.slug}/manage/feedback/")) == []


def test_nobody_writes_who_may_not(bank, inbox, binta, cheikh, visit, said, row):
    given = said(1)
    form = {"state": "done", "note": "", "seen": given.updated_at.isoformat()}

    for person, status in ((None, 302), (cheikh, 404), (binta, 403)):
        assert visit(person).post(f"{inbox}{given.id}/", form).status_code == status
        assert visit(person).post(inbox, {"deed": "done", "row": [given.id]}).status_code == status
    foreign = f"/{cheikh.tenant.slug}/manage/feedback/"
    assert visit(cheikh).post(f"{foreign}{given.id}/", form).status_code == 404
    visit(cheikh).post(foreign, {"deed": "done", "row": [given.id]})
    assert row(given).state == "new"


def test_who_reads_only_may_not_follow_up(monkeypatch, inbox, binta, visit, said, row):
    """No role of today's is like that; a key or a role of tomorrow's may be."""
    monkeypatch.setitem(SCOPES_OF_ROLE, Role.AGENT, frozenset({Scope.READ_FEEDBACK}))
    given = said(1)
    client = visit(binta)

    page = client.get(f"{inbox}{given.id}/")

    assert (page.status_code, "What was done" in words(page)) == (200, False)
    assert 'name="row"' not in client.get(inbox).content.decode()
    form = {"state": "done", "note": "", "seen": given.updated_at.isoformat()}
    assert client.post(f"{inbox}{given.id}/", form).status_code == 403
    assert client.post(inbox, {"deed": "done", "row": [given.id]}).status_code == 403
    assert row(given).state == "new"


def test_the_phone_is_masked_and_only_for_who_may_read_customers(monkeypatch, bank, inbox, awa, binta, visit, said):
    from smartqueue.customers.models import Customer

    with in_tenant(bank.id):
        demba = Customer.objects.create(tenant=bank, full_name="Demba Sow", phone=PHONE_NUMBER)
    given = said(2, options={"customer_id": demba.id})
    monkeypatch.setitem(SCOPES_OF_ROLE, Role.AGENT, frozenset({Scope.READ_FEEDBACK}))

    pages = [visit(person).get(f"{inbox}{given.id}/") for person in (awa, binta)]

    assert ["+221 77 *** ** 67" in words(page) for page in pages] == [True, False]
    for page in (*pages, visit(awa).get(inbox)):
        assert PHONE_NUMBER not in page.content.decode()
        assert "Demba" not in page.content.decode()


def test_it_is_searched_narrowed_and_ordered_by_its_address(inbox, site, binta, awa, visit, said):
    said(5, nps=10, comment="Accueil parfait")
    said(1, "cancelled", nps=0, comment="Trop d'attente")
    old = said(3, days_ago=10)
    client = visit(awa)
    day = f"{old.created_at:%Y-%m-%d}"

    def shown(query):
        return scores(client.get(f"{inbox}?{query}"))

    assert shown("") == [1, 5, 3]
    assert shown("sort=-age") == [3, 5, 1]
    assert shown("sort=csat") == [1, 3, 5]
    assert shown("q=attente") == [1]
    assert shown(f"q={old.ticket.number.lower()}") == [5, 3]  # the first number of either day
    assert shown("csat=5") == [5]
    assert shown("nps=detractor") == [1]
    assert shown(f"agent={binta.agent.id}") == [5, 3]
    assert shown(f"site={site.id}&state=new") == [1, 5, 3]
    assert shown("state=done") == []
    assert shown(f"since={day}&until={day}") == [3]
    assert shown("csat=9&site=x&since=never") == [1, 5, 3]  # what cannot be is left out
    nothing = client.get(f"{inbox}?q=nulle+part")
    assert "Nothing found" in words(nothing)


def test_the_sums_are_of_the_last_thirty_days(inbox, awa, visit, visit_over, said):
    for csat, nps in ((5, 10), (4, 9), (2, 3)):
        said(csat, nps=nps)
    visit_over(at=now() - timedelta(minutes=20))
    said(1, days_ago=29, nps=None)
    old = visit(awa).get(inbox)

    assert "Satisfaction 3.0 of 5 · 4 answers in 30 days" in words(old)
    assert "Net promoter score +33 Promoters: 2 · Detractors: 1" in words(old)
    assert "Answer rate 80 % 4 of 5 tickets" in words(old)
    assert "To follow up 4 not yet done" in words(old)


def test_an_empty_inbox_says_where_the_question_is_asked(inbox, awa, visit):
    page = words(visit(awa).get(inbox))

    assert "Nobody has answered yet" in page
    assert "How was your visit?" in page


def test_what_people_write_is_not_markup(inbox, awa, visit, said):
    given = said(1, comment='<script>alert("x")</script>\nFin')

    for address in (inbox, f"{inbox}{given.id}/"):
        page = visit(awa).get(address).content.decode()
        assert ("<script>alert" in page, "&lt;script&gt;alert" in page) == (False, True)


def test_one_answer_shows_the_visit_behind_it(inbox, site, awa, visit, said):
    given = said(2, nps=6, wait_rating=1, quality_rating=4, tags=["waiting"], comment="Long")

    page = words(visit(awa).get(f"{inbox}{given.id}/"))

    assert "6 of 10 · Detractor" in page
    for word in ("The wait", "Very bad", "Good", "Binta Ba", site.name, "Took the ticket", "Called", "Finished"):
        assert word in page, word
    assert given.ticket.token not in visit(awa).get(f"{inbox}{given.id}/").content.decode()


def test_a_follow_up_is_kept_and_said(inbox, awa, visit, said, row):
    given = said(1)
    client, address = visit(awa), f"{inbox}{given.id}/"
    form = {"state": "in_progress", "note": "Rappelé\r\nà midi", "seen": seen_on(client.get(address))}

    saved = client.post(address, form)

    assert (saved.status_code, saved["Location"]) == (303, inbox)
    now_there = row(given)
    assert (now_there.state, now_there.note, now_there.handled_by) == ("in_progress", "Rappelé\nà midi", awa.user.id)
    assert "Saved." in words(client.get(inbox))


def test_a_colleague_who_was_faster_is_not_overwritten_and_nothing_typed_is_lost(inbox, awa, moussa, visit, said, row):
    given = said(1)
    address = f"{inbox}{given.id}/"
    seen = seen_on(visit(awa).get(address))
    visit(moussa).post(address, {"state": "done", "note": "Réglé", "seen": seen})

    late = visit(awa).post(address, {"state": "in_progress", "note": "J'appelle", "seen": seen})

    assert (late.status_code, row(given).note) == (409, "Réglé")
    assert "The note is now: Réglé" in words(late)
    assert "J&#x27;appelle</textarea>" in late.content.decode()
    again = visit(awa).post(address, {"state": "done", "note": "J'appelle", "seen": seen_on(late)})
    assert (again.status_code, row(given).note) == (303, "J'appelle")


def test_of_two_who_save_at_once_one_is_asked_to_look(inbox, awa, moussa, visit, said, row):
    given = said(1)
    address = f"{inbox}{given.id}/"
    form = {"state": "done", "seen": seen_on(visit(awa).get(address))}

    pages = at_the_same_time(
        *[lambda who=who: visit(who).post(address, form | {"note": who.user.full_name}) for who in (awa, moussa)]
    )

    assert sorted(page.status_code for page in pages) == [303, 409]


@pytest.mark.parametrize("wrong", [{"state": "lost"}, {"note": "x" * 1001}, {"seen": "now"}, {"seen": "2026-01-01"}])
def test_what_cannot_be_is_refused_and_kept(inbox, awa, visit, said, row, wrong):
    given = said(1)
    form = {"state": "done", "note": "Noté", "seen": given.updated_at.isoformat()}

    page = visit(awa).post(f"{inbox}{given.id}/", form | wrong)

    assert (page.status_code, row(given).state) == (400, "new")
    assert (wrong.get("note") or "Noté") in page.content.decode()


def test_several_are_marked_as_done(inbox, awa, visit, said, row):
    first, second, third = (said() for _n in range(3))
    client = visit(awa)

    done = client.post(f"{inbox}?csat=4", {"deed": "done", "row": [first.id, second.id, "no-id", "0" * 99]})

    assert (done.status_code, done["Location"]) == (303, f"{inbox}?csat=4")
    assert [row(given).state for given in (first, second, third)] == ["done", "done", "new"]
    assert "2 answers are done." in words(client.get(inbox))


@pytest.mark.parametrize("count", [1, 3])
def test_the_inbox_takes_the_same_questions_for_one_and_for_three(inbox, awa, visit, said, count):
    for _n in range(count):
        said(tags=["waiting"], comment="Long")
    client = visit(awa)
    client.get(inbox)

    with CaptureQueriesContext(connection) as asked, CaptureQueriesContext(connections["platform"]) as crossed:
        page = client.get(inbox)

    assert len(scores(page)) == count
    # session, person, tenant, membership, scope; sites, agents, count, rows and names of four kinds, sums
    statements = [query["sql"] for query in asked if not query["sql"].startswith(("BEGIN", "COMMIT"))]
    assert (len(statements), len(crossed)) == (14, 0), statements
