"""The simulator page: who gets in, and a ticket by each of its ways."""

import re

import pytest

from tests.web.agent.conftest import signed_in

__all__ = ["signed_in"]


def said(answer):
    """What the phone on the page shows last."""
    page = answer.content.decode()
    glass = re.search(r'<output class="glass"[^>]*>(.*?)</output>', page, re.S)
    if glass:
        return glass[1]
    return re.findall(r'<li class="theirs"><span class="unseen">[^<]*</span>(.*?)</li>', page, re.S)[-1]


def field(answer, name):
    return re.search(rf'name="{name}" value="([^"]*)"', answer.content.decode())[1]


@pytest.fixture
def simulator(signed_in, bank, binta):
    """`simulator(way, text="", act="", before=None)`: one press of Binta's on the page."""
    client = signed_in(binta)

    def press(way, text="", act="", before=None, number="77 123 45 67"):
        form = {"way": way, "number": number, "text": text, "act": act}
        if before is not None:
            form |= {"session": field(before, "session"), "hop": field(before, "hop")}
        return client.post(f"/phone/{bank.slug}/say/", form)

    return press


def test_a_ticket_by_ussd_on_the_page(simulator, site, tellers, tickets):
    screen = simulator("ussd", act="dial")
    assert "DKR1" in said(screen)
    screen = simulator("ussd", "1", before=screen)
    screen = simulator("ussd", "1", before=screen)

    (ticket,) = tickets()
    assert ticket.number in said(screen)
    assert (ticket.channel, ticket.customer.phone) == ("ussd", "+221771234567")


def test_a_form_that_is_sent_twice_takes_one_ticket(simulator, site, tellers, tickets):
    screen = simulator("ussd", "1", before=simulator("ussd", act="dial"))

    first, second = (simulator("ussd", "1", before=screen) for _ in range(2))

    assert said(first) == said(second)
    assert len(tickets()) == 1


@pytest.mark.parametrize("way", ["sms", "whatsapp"])
def test_a_ticket_by_words_on_the_page(simulator, site, tellers, tickets, way):
    chat = simulator(way, "TICKET DKR1")
    if way == "whatsapp":
        chat = simulator(way, "1", before=chat)

    (ticket,) = tickets()
    assert ticket.number in said(chat)
    assert ticket.channel == way


def test_a_wrong_number_is_said_beside_its_field(simulator, bank, tellers):
    answer = simulator("ussd", act="dial", number="12")

    assert answer.status_code == 400
    assert 'aria-invalid="true"' in answer.content.decode()


def test_trying_does_not_look_as_if_the_person_had_written(simulator, bank, site, tellers):
    from smartqueue.notifications.models import Conversation, Notification
    from smartqueue.tenants.scope import in_tenant

    simulator("whatsapp", "hello")

    with in_tenant(bank.id):
        assert set(Conversation.objects.values_list("channel", flat=True)) == {"trial"}
        assert not Notification.objects.exists()


def test_the_page_is_for_members(signed_in, bank, binta, cheikh):
    for path in (f"/phone/{bank.slug}/", f"/phone/{bank.slug}/say/"):
        for send in ("get", "post"):
            nobody = getattr(signed_in(), send)(path)
            assert (nobody.status_code, nobody["Location"].split("?")[0]) == (302, "/sign-in/")
            assert getattr(signed_in(cheikh), send)(path).status_code == 404
    assert signed_in(binta).get(f"/phone/{bank.slug}/").status_code == 200
    assert signed_in(binta).get("/phone/nowhere/").status_code == 404


def test_a_role_without_the_scope_is_refused(signed_in, bank, binta, monkeypatch):
    from smartqueue.tenants.states import Scope
    from smartqueue.web.shared.pages import scopes_of

    monkeypatch.setattr("smartqueue.tenants.queries.scopes_of", lambda role: scopes_of(role) - {Scope.WRITE_TICKET})

    assert signed_in(binta).get(f"/phone/{bank.slug}/").status_code == 403
