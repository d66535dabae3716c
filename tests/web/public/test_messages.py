"""What the ticket's page says of messages, and what its owner may choose there, without any script."""

import re
from datetime import timedelta

import pytest

from tests.cast import NINE, at_the_same_time

PHONE = "+221771234521"


@pytest.fixture
def reader(browser):
    return browser(**{"accept-language": "en"})


@pytest.fixture
def demba(bank):
    """A customer with a phone."""
    from smartqueue.customers.models import Customer
    from smartqueue.tenants.scope import in_tenant

    with in_tenant(bank.id):
        return Customer.objects.create(tenant=bank, full_name="Demba Diallo", phone=PHONE)


@pytest.fixture
def tell(bank, ticket):
    """`tell(ticket_id, …)`: a message about a ticket, as the room of messages leaves it."""
    from smartqueue.kernel.clock import now
    from smartqueue.notifications.models import Notification
    from smartqueue.tenants.scope import in_tenant

    def make(ticket_id, **fields):
        at = now()
        given = {
            "tenant_id": bank.id, "ticket_id": ticket_id, "customer_id": ticket(ticket_id).customer_id,
            "cause": f"test:{at.timestamp()}", "kind": "queue_news", "channel": "page", "language": "en",
            "address": str(ticket_id), "body": "The till opens again at ten.", "status": "sent", "created_at": at,
            "due_at": at, "expires_at": at + timedelta(hours=1), "sent_at": at,
        }  # fmt: skip
        with in_tenant(bank.id):
            return Notification.objects.create(**given | fields)

    return make


@pytest.fixture
def wishes(bank):
    from smartqueue.notifications.models import Watch
    from smartqueue.tenants.scope import in_tenant

    def get(ticket_id):
        with in_tenant(bank.id):
            rows = Watch.objects.filter(ticket_id=ticket_id)
            return list(rows.values_list("people_ahead", "told_at"))

    return get


@pytest.fixture
def stops(bank):
    from smartqueue.notifications.models import Stop
    from smartqueue.tenants.scope import in_tenant

    def get():
        with in_tenant(bank.id):
            return sorted(Stop.objects.values_list("channel", "address"))

    return get


def words_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.content.decode()))


def test_one_chooses_how_many_are_ahead_sees_it_and_takes_it_back(reader, take, token_of, wishes):
    for _ in range(4):
        take()
    mine = take()
    path = f"/t/{token_of(mine)}"
    before = reader.get(path)
    chosen = reader.client.post(f"{path}/near/", {"people_ahead": "2"})
    after = reader.get(path)
    wished = wishes(mine)
    reader.client.post(f"{path}/near/")

    assert re.findall(r"<option[^>]*>(\d+)</option>", before.content.decode()) == ["1", "2", "3"], (
        "not more than are ahead"
    )
    assert (chosen.status_code, chosen["Location"]) == (303, path)
    assert "We tell you when 2 people are ahead of you." in words_of(after)
    assert wished == [(2, None)]
    assert "Tell me when so many are ahead of me" in words_of(reader.get(path))
    assert [told_at is None for _people, told_at in wishes(mine)] == [False]


@pytest.mark.parametrize("people", ["4", "0", "-1", "x", "1 OR 1=1", "99999999999"])
def test_an_odd_number_is_refused_and_the_page_stays(reader, take, token_of, wishes, people):
    mine = take()
    answer = reader.client.post(f"/t/{token_of(mine)}/near/", {"people_ahead": people})

    assert answer.status_code == 400
    assert "Some of the values cannot be accepted." in words_of(answer)
    assert wishes(mine) == []


def test_who_does_not_wait_is_told_that_it_is_too_late(reader, take, token_of, call, binta, wishes):
    mine = take()
    call(binta)

    assert reader.client.post(f"/t/{token_of(mine)}/near/", {"people_ahead": "1"}).status_code == 409
    assert wishes(mine) == []


def test_two_choices_at_once_are_one_wish(browser, take, token_of, wishes):
    mine = take()
    path = f"/t/{token_of(mine)}/near/"
    answers = at_the_same_time(*[lambda: browser().client.post(path, {"people_ahead": "5"})] * 2)

    assert [answer.status_code for answer in answers] == [303, 303]
    assert wishes(mine) == [(5, None)]


def test_a_notice_is_on_the_page_until_it_is_of_no_use(reader, take, token_of, tell):
    mine, other = take(), take()
    tell(mine)
    tell(other, body="Not yours.")
    tell(mine, kind="your_turn", body="A call is no notice.")
    first = reader.get(f"/t/{token_of(mine)}")
    tell(mine, kind="position_reached", body="Old.", expires_at=NINE, created_at=NINE)
    newer = reader.get(f"/t/{token_of(mine)}")

    assert re.search(r'id="notice">([^<]*)<', first.content.decode())[1] == "The till opens again at ten."
    assert re.search(r'id="notice">([^<]*)<', newer.content.decode())[1] == "The till opens again at ten."
    assert 'id="notice" hidden' in reader.get(f"/t/{token_of(take())}").content.decode()


def test_it_says_where_we_wrote_and_when_with_the_number_masked(reader, take, token_of, tell, demba):
    mine = take(customer_id=demba.id)
    path = f"/t/{token_of(mine)}"
    before = words_of(reader.get(path))
    tell(mine, channel="sms", address=PHONE, is_simulated=True, provider="simulation")
    simulated = words_of(reader.get(path))
    tell(mine, channel="sms", address=PHONE, sent_at=NINE.replace(hour=14, minute=5))
    page = reader.get(path)

    assert "Messages go to +221 77 *** ** 21." in before
    assert "Messages go to +221 77 *** ** 21." in simulated, "what nobody sent is not claimed"
    assert "We wrote to +221 77 *** ** 21 at 14:05." in words_of(page)
    assert PHONE[4:] not in page.content.decode()
    assert "Demba" not in page.content.decode()


def test_a_push_is_told_without_its_address(reader, take, token_of, tell):
    mine = take()
    tell(mine, channel="push", address='{"endpoint":"https://push.example/x"}', sent_at=NINE)
    page = reader.get(f"/t/{token_of(mine)}")

    assert "We sent a message to your phone at 09:00." in words_of(page)
    assert "push.example" not in page.content.decode()


def test_messages_to_this_number_are_stopped_and_started_again(reader, take, token_of, demba, stops):
    path = f"/t/{token_of(take(customer_id=demba.id))}"
    stopped = reader.client.post(f"{path}/messages/", {"messages": "off"})
    is_stopped, page = stops(), words_of(reader.get(path))
    reader.client.post(f"{path}/messages/", {"messages": "on"})

    assert (stopped.status_code, stopped["Location"]) == (303, path)
    assert is_stopped == [("sms", PHONE), ("whatsapp", PHONE)]
    assert "Nothing is sent to +221 77 *** ** 21 any more." in page
    assert stops() == []
    assert "Messages go to +221 77 *** ** 21." in words_of(reader.get(path))


def test_who_left_no_number_has_nothing_to_stop(reader, take, token_of, stops):
    path = f"/t/{token_of(take())}"

    assert f"{path}/messages/" not in reader.get(path).content.decode()
    assert reader.client.post(f"{path}/messages/").status_code == 303
    assert stops() == []


def test_no_get_stops_or_wishes_anything_and_an_unknown_token_neither(reader, take, token_of, demba, stops):
    path = f"/t/{token_of(take(customer_id=demba.id))}"

    assert [reader.get(f"{path}/{verb}/").status_code for verb in ("near", "messages")] == [405, 405]
    assert [reader.client.post(f"/t/{'A' * 22}/{verb}/").status_code for verb in ("near", "messages")] == [404, 404]
    assert reader.get(f"/t/{'A' * 22}/push/").status_code == 404
    assert stops() == []


def test_a_page_that_looks_for_news_by_itself_counts_as_looked_at(reader, take, token_of):
    from smartqueue.notifications.queries import page_is_open

    opened, refreshed = take(), take()
    page = reader.get(f"/t/{token_of(opened)}").content.decode()
    reader.get(f"/t/{token_of(refreshed)}", {"here": "1"})

    assert '<noscript><meta http-equiv="refresh" content="20;url=?here=1"></noscript>' in page
    assert (page_is_open(opened), page_is_open(refreshed)) == (False, True)


@pytest.mark.parametrize("people", [1, 3])
def test_with_an_address_and_messages_it_asks_one_question_more(reader, take, token_of, tell, demba, people):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    mine = take(customer_id=demba.id)
    for _ in range(people):
        tell(mine)
        tell(mine, channel="sms", address=PHONE)
    path = f"/t/{token_of(mine)}"
    with CaptureQueriesContext(connection) as asked:
        reader.get(path)

    said = [query["sql"] for query in asked.captured_queries]
    assert len([sql for sql in said if sql.upper().startswith("SELECT") and "set_config" not in sql]) == 7, said


@pytest.fixture
def link(bank):
    from smartqueue.notifications.queries.optout import optout_link

    def make(channel="email", address="demba@example.sn", tenant=bank):
        whole = optout_link(tenant_id=tenant.id, channel=channel, address=address)
        return "/t/stop/" + whole.split("/t/stop/")[1]

    return make


def test_a_mails_link_stops_with_one_press_and_it_can_be_taken_back(reader, link, stops, bank):
    page = reader.get(link())
    seen = stops()
    stopped = reader.client.post(link(), {"messages": "off"})
    then = stops()
    back = reader.client.post(link(), {"messages": "on"})

    assert (page.status_code, seen) == (200, []), "to look is not to press"
    assert f"{bank.name} writes to d…@example.sn." in words_of(page)
    assert "demba" not in page.content.decode() + link()
    assert (stopped.status_code, then) == (200, [("email", "demba@example.sn")])
    assert f"{bank.name} sends nothing to d…@example.sn any more." in words_of(stopped)
    assert (back.status_code, stops()) == (200, [])


def test_a_mail_program_presses_by_itself(browser, link, stops):
    """RFC 8058: a POST from anywhere, without a cookie."""
    answers = at_the_same_time(
        *[lambda: browser().client.post(link(), {"List-Unsubscribe": "One-Click"}, HTTP_ORIGIN="null")] * 2
    )

    assert [answer.status_code for answer in answers] == [200, 200]
    assert stops() == [("email", "demba@example.sn")]


@pytest.mark.parametrize("key", ["x", "A" * 100, "gAAAAA", "A" * 2000, "é"])
def test_a_link_that_is_not_ours_stops_nothing(reader, stops, key):
    for answer in (reader.get(f"/t/stop/{key}"), reader.client.post(f"/t/stop/{key}")):
        assert answer.status_code == 404
        assert "This link stops nothing" in words_of(answer)
    assert stops() == []


def test_a_damaged_link_and_one_of_a_closed_organisation_stop_nothing(reader, link, bank, stops):
    good = link()
    damaged = good[:40] + ("A" if good[40] != "A" else "B") + good[41:]
    assert reader.client.post(damaged).status_code == 404
    bank.is_active = False
    bank.save(using="platform")

    assert reader.client.post(good).status_code == 404
    assert stops() == []
