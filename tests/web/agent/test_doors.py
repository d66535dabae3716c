"""Who may open the counter, and press what."""

import pytest

from smartqueue.tenants.states import SCOPES_OF_ROLE, Scope
from smartqueue.web.agent.doings import MOVES

NOWHERE = "01890000-0000-7000-8000-000000000000"
PAGES = ("", "line/")
PRESSES = (
    "sit/", "leave/", "break/", "back/", "next/", "call/", "walk-in/", "note/", f"tickets/{NOWHERE}/undo/",
    *(f"tickets/{NOWHERE}/{move}/" for move in MOVES),
)  # fmt: skip
EVERYTHING = [*(("get", path) for path in PAGES), *(("post", path) for path in PRESSES)]


@pytest.fixture
def knock(bank, signed_in):
    def at(person, method, path, **headers):
        return getattr(signed_in(person), method)(f"/{bank.slug}/counter/{path}", headers=headers)

    return at


@pytest.mark.parametrize(("method", "path"), EVERYTHING)
def test_nobody_is_sent_to_the_sign_in_and_a_stranger_finds_nothing(knock, cheikh, method, path):
    unknown = knock(None, method, path)
    stranger = knock(cheikh, method, path)

    assert (unknown.status_code, unknown.headers["Location"].split("?")[0]) == (302, "/sign-in/")
    assert stranger.status_code == 404
    assert "Agence Plateau" not in stranger.content.decode()


@pytest.mark.parametrize(("method", "path"), EVERYTHING)
def test_a_member_without_the_scope_is_refused(knock, binta, monkeypatch, method, path):
    """Every role of today may write tickets; one that may not would be kept out."""
    monkeypatch.setitem(SCOPES_OF_ROLE, "agent", frozenset({Scope.READ_QUEUE, Scope.READ_TICKET}))

    assert knock(binta, method, path).status_code == 403


def test_an_agent_may_read_but_not_write_about_a_customer(knock, binta):
    assert knock(binta, "post", "note/").status_code == 403


def test_a_member_who_is_no_agent_is_told_what_to_do(knock, awa, tellers):
    page = knock(awa, "get", "", **{"Accept-Language": "en"})
    pressed = knock(awa, "post", "next/", **{"Accept-Language": "en"})

    assert page.status_code == pressed.status_code == 403
    assert "Ask a manager to add you under Agents" in page.content.decode()
    assert "Ask a manager to add you under Agents" in pressed.content.decode()


def test_a_session_that_has_ended_sends_htmx_back_to_the_sign_in(knock):
    answer = knock(None, "post", "next/", **{"HX-Request": "true", "HX-Current-URL": "http://testserver/x/counter/"})

    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"].startswith("/sign-in/?next=")


def test_a_get_changes_nothing(knock, binta, take, ticket):
    waiting = take()

    assert [knock(binta, "get", path).status_code for path in ("next/", f"tickets/{waiting}/start/")] == [405, 405]
    assert ticket(waiting).version == 1


def test_another_tenants_counter_ticket_and_queue_are_as_absent(
    knock, binta, cheikh, make_tenant, make_person, signed_in, bank
):
    from smartqueue.sites.models import Counter, Site
    from smartqueue.tenants.scope import in_tenant

    with in_tenant(cheikh.tenant.id):
        foreign_site = Site.objects.create(tenant=cheikh.tenant, name="Mairie", code="M1")
        foreign = Counter.objects.create(tenant=cheikh.tenant, site=foreign_site, name="F-1")
    client, htmx = signed_in(binta), {"HX-Request": "true"}
    here = f"/{bank.slug}/counter/"

    absent = [client.post(f"{here}sit/", {"counter": seat}, headers=htmx) for seat in (foreign.id, NOWHERE)]
    finish = client.post(f"{here}tickets/{NOWHERE}/finish/", {"outcome": "served"}, headers=htmx)

    assert [answer.status_code for answer in absent] == [400, 400]
    assert absent[0].content == absent[1].content
    assert finish.status_code == 404
