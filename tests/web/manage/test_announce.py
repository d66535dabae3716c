"""Tell everybody in a line: looked at first, sent once."""

import re

import pytest

from smartqueue.customers.models import Customer
from smartqueue.journal.models import Entry
from smartqueue.kernel.clock import now
from smartqueue.notifications.actions.sending import send_due
from smartqueue.notifications.models import Integration, MessageRules, Notification
from smartqueue.tenants.scope import in_tenant
from tests.cast import at_the_same_time
from tests.web.manage.ground import stored, text_of

NEWS = {"text": "Le guichet 3 ouvre à 15 heures."}


@pytest.fixture
def address(bank, tellers):
    return f"/{bank.slug}/manage/dashboard/queues/{tellers.id}/announce/"


@pytest.fixture
def line(bank, take):
    """Three who wait, two of whom left a number; news may ring at any hour."""
    with in_tenant(bank.id):
        MessageRules.objects.create(tenant=bank, quiet_from="00:00", quiet_to="00:00")
        people = [Customer.objects.create(tenant=bank, phone=f"+22177123450{n}") for n in (1, 2)]
    for person in people:
        take(at=now(), customer_id=person.id)
    take(at=now())


def news_of(bank):
    return stored(bank, Notification, kind__in=["queue_news", "urgent"])


def sure_of(answer):
    return re.search(r'name="sure" value="([^"]+)"', text_of(answer))[1]


def test_who_may(address, bank, visit, binta, awa, cheikh, line):
    for method in ("get", "post"):
        assert getattr(visit(None), method)(address, NEWS)["Location"].startswith("/sign-in/")
        assert getattr(visit(cheikh), method)(address, NEWS).status_code == 404
        assert getattr(visit(binta), method)(address, NEWS).status_code == 403
    theirs = address.replace(bank.slug, cheikh.tenant.slug)
    assert visit(cheikh).post(theirs, NEWS | {"sure": "b2f1a2e0-0000-4000-8000-000000000000"}).status_code == 404
    assert news_of(bank) == []


def test_it_is_found_on_the_page_of_the_line(address, visit, awa):
    assert address in text_of(visit(awa).get(address.removesuffix("announce/")))


def test_a_look_says_whom_and_at_what_price_and_leaves_nothing(address, bank, visit, awa, line):
    with in_tenant(bank.id):
        Integration.objects.create(tenant=bank, provider="twilio_sms", price_xof=20)
        before = Entry.objects.count()

    answer = visit(awa).post(address, NEWS)

    reach = answer.context["reach"]["reach"]
    assert (reach.in_line, reach.told, reach.by_channel) == (3, 2, {"sms": 2})
    assert "Send to 2 people" in text_of(answer)
    assert "1 in the line left no way to be told" in text_of(answer)
    assert news_of(bank) == []
    with in_tenant(bank.id):
        assert Entry.objects.count() == before
    visit(awa).post(address, NEWS | {"sure": sure_of(answer)})
    assert reach.cost_xof == sum(row.cost_xof for row in news_of(bank)) >= 2 * 20


def test_it_is_sent_once_however_often_it_is_pressed(address, bank, visit, awa, line):
    sure = sure_of(visit(awa).post(address, NEWS))

    answers = at_the_same_time(*[lambda: visit(awa).post(address, NEWS | {"sure": sure})] * 4)

    assert [one.status_code for one in answers] == [303] * 4
    assert len(news_of(bank)) == 2
    page = visit(awa)
    page.post(address, NEWS | {"sure": sure})
    assert "2 people are told." in text_of(page.get(address))
    assert len(news_of(bank)) == 2
    visit(awa).post(address, NEWS | {"sure": sure_of(visit(awa).post(address, NEWS))})
    assert len(news_of(bank)) == 4


def test_what_was_said_is_read_in_the_outbox(address, bank, visit, moussa, line):
    visit(moussa).post(address, NEWS | {"sure": sure_of(visit(moussa).post(address, NEWS))})

    send_due()

    page = text_of(visit(moussa).get(f"/{bank.slug}/manage/outbox/"))
    assert page.count("Le guichet 3 ouvre") == 2
    assert {row.status for row in news_of(bank)} == {"sent"}


def test_the_key_of_one_text_sends_no_other(address, bank, visit, awa, line):
    sure = sure_of(visit(awa).post(address, NEWS))
    visit(awa).post(address, NEWS | {"sure": sure})

    answer = visit(awa).post(address, NEWS | {"sure": sure, "text": "Autre chose."})

    assert answer.status_code >= 400
    assert len(news_of(bank)) == 2


def test_what_cannot_wait_is_urgent(address, bank, visit, awa, line):
    typed = NEWS | {"is_urgent": "on"}
    visit(awa).post(address, typed | {"sure": sure_of(visit(awa).post(address, typed))})

    assert {row.kind for row in news_of(bank)} == {"urgent"}


def test_nobody_in_the_line_leaves_nothing_to_press(address, visit, awa, tellers):
    page = text_of(visit(awa).post(address, NEWS))

    assert "nobody" in page
    assert 'name="sure"' not in page


@pytest.mark.parametrize("text", ["", "   ", "x" * 161, "a\x00b"])
def test_words_that_cannot_be(address, bank, visit, awa, line, text):
    answer = visit(awa).post(address, {"text": text})

    assert answer.status_code == 400
    assert 'id="id_text_error"' in text_of(answer)
    assert news_of(bank) == []


def test_words_may_be_changed_once_more(address, visit, awa, line):
    answer = visit(awa).post(address, NEWS | {"change": "1"})

    assert "<textarea" in text_of(answer)
    assert "Le guichet 3" in text_of(answer)
