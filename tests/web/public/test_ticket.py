"""The ticket's page as bytes: what it says, to whom, and when it has nothing new to say."""

import gzip
import re

import pytest

from tests.cast import at_the_same_time

WORDS = {
    "waiting": "Before you",
    "called": "It is your turn",
    "serving": "You are being served",
    "paused": "Your visit is on hold",
    "closed": "Thank you for your visit",
    "no_show": "We called you and did not see you",
    "cancelled": "You have left the line",
    "expired": "This place has closed",
}


@pytest.fixture
def mine(take, token_of):
    """The address of a waiting ticket."""
    return f"/t/{token_of(take(language='en'))}"


@pytest.fixture
def reader(browser):
    return browser(**{"accept-language": "en"})


def status_on(page):
    return re.search(r'data-status="(\w+)"', page.content.decode())[1]


def test_it_says_who_waits_before_me(reader, take, token_of, tellers, site):
    take()
    page = reader.get(f"/t/{token_of(take())}")

    words = page.content.decode()
    assert page.status_code == 200
    assert ('data-ahead="1"' in words, "A002" in words, site.name in words) == (True, True, True)
    assert 'id="eta" hidden' in words, "no range is known, so none is claimed"


def test_nobody_else_keeps_it_and_no_site_hears_of_it(reader, mine):
    page = reader.get(mine)

    assert page["Cache-Control"] == "private, no-cache"
    assert page["Referrer-Policy"] == "no-referrer"
    assert {"cookie", "accept-language", "accept-encoding"} <= {
        word.strip().lower() for word in page["Vary"].split(",")
    }
    assert page.cookies == {}


def test_it_is_compressed_and_unchanged_it_is_304(reader, mine, take):
    first = reader.get(mine, headers={"accept-encoding": "gzip"})
    again = reader.get(mine, headers={"accept-encoding": "gzip", "if-none-match": first["ETag"]})
    other_tongue = reader.get(mine, headers={"accept-language": "fr", "if-none-match": first["ETag"]})
    take()
    behind = reader.get(mine, headers={"if-none-match": first["ETag"]})
    reader.client.post(f"{mine}/leave/")
    left = reader.get(mine, headers={"if-none-match": first["ETag"]})

    assert first["Content-Encoding"] == "gzip"
    assert b"Before you" in gzip.decompress(first.content)
    assert (again.status_code, again.content) == (304, b"")
    assert (other_tongue.status_code, behind.status_code) == (200, 304)
    assert (left.status_code, status_on(left)) == (200, "cancelled")


@pytest.mark.parametrize("token", ["x", "A" * 22, "A" * 500, "%00", "é" * 10, "' OR 1=1"])
def test_an_unknown_token_is_told_what_to_do(reader, token):
    for answer in (reader.get(f"/t/{token}"), reader.client.post(f"/t/{token}/leave/")):
        assert answer.status_code in ({400, 404} if token == "%00" else {404})
    if token != "%00":
        assert "This link opens no ticket" in reader.get(f"/t/{token}").content.decode()


def test_a_closed_organisations_ticket_opens_no_more(reader, mine, bank):
    bank.is_active = False
    bank.save(using="platform")

    assert reader.get(mine).status_code == 404


def test_every_state_has_its_words(reader, mine):
    words = reader.get(mine).content.decode()

    assert {state for state, said in WORDS.items() if said in words} == set(WORDS)


def test_no_get_changes_anything(reader, mine, tickets_of, tellers):
    answers = [reader.get(f"{mine}/{verb}/").status_code for verb in ("leave", "pass", "check-in", "language")]

    assert answers == [405, 405, 405, 405]
    assert [ticket.version for ticket in tickets_of(tellers)] == [1]


def test_its_owner_lets_others_pass_as_often_as_the_queue_allows(reader, make_queue, take, token_of):
    queue = make_queue(max_deferrals=1)
    mine = f"/t/{token_of(take(queue))}"
    nobody = reader.client.post(f"{mine}/pass/")
    take(queue)
    take(queue)

    passed = reader.client.post(f"{mine}/pass/")
    page = reader.get(mine)
    too_often = reader.client.post(f"{mine}/pass/")

    assert (nobody.status_code, "Nobody is behind this ticket." in nobody.content.decode()) == (409, True)
    assert (passed.status_code, passed["Location"]) == (303, mine)
    assert 'data-ahead="1"' in page.content.decode()
    assert f'action="{mine}/pass/"' not in page.content.decode()
    assert too_often.status_code == 409


def test_its_owner_says_that_they_are_here(reader, take, token_of, ticket):
    taken = take(channel="web")
    mine = f"/t/{token_of(taken)}"
    before = reader.get(mine).content.decode()

    said = reader.client.post(f"{mine}/check-in/")
    after = reader.get(mine).content.decode()

    assert ("I am here" in before, "You are here since" in before) == (True, False)
    assert (said.status_code, said["Location"]) == (303, mine)
    assert ("I am here" in after, f"You are here since {ticket(taken).here_at:%H:%M}." in after) == (False, True)
    assert reader.client.post(f"{mine}/check-in/").status_code == 303
    assert ticket(taken).version == 2
    reader.client.post(f"{mine}/leave/")
    over = reader.client.post(f"{mine}/check-in/")
    assert (over.status_code, status_on(over)) == (409, "cancelled")


def test_a_ticket_of_the_kiosk_has_no_button(reader, take, token_of):
    assert "I am here" not in reader.get(f"/t/{token_of(take(channel='kiosk'))}").content.decode()


def test_leaving_twice_at_once_leaves_once(browser, mine, tickets_of, tellers):
    answers = at_the_same_time(*[lambda: browser().client.post(f"{mine}/leave/")] * 2)

    assert sorted(answer.status_code for answer in answers) == [303, 409]
    assert {status_on(answer) for answer in answers if answer.status_code == 409} == {"cancelled"}
    assert [(ticket.status, ticket.version) for ticket in tickets_of(tellers)] == [("cancelled", 2)]


def test_the_language_is_remembered(browser, mine):
    reader = browser(**{"accept-language": "fr"})
    answer = reader.client.post(f"{mine}/language/", {"language": "en"})

    assert (answer.status_code, answer["Location"]) == (303, mine)
    assert '<html lang="en">' in reader.get(mine).content.decode()
    reader.client.post(f"{mine}/language/", {"language": "xx"})
    assert '<html lang="en">' in reader.get(mine).content.decode()


def test_no_name_and_no_phone_is_on_it(reader, bank, take, token_of, call, binta, scope_customer):
    mine = f"/t/{token_of(take(customer_id=scope_customer.id))}"
    call(binta)

    words = reader.get(mine).content.decode()
    assert "Demba" not in words
    assert "771234567" not in words
    assert binta.agent.name not in words


@pytest.fixture
def scope_customer(bank):
    from smartqueue.customers.models import Customer
    from smartqueue.tenants.scope import in_tenant

    with in_tenant(bank.id):
        return Customer.objects.create(tenant=bank, full_name="Demba Diallo", phone="+221771234567")


@pytest.mark.parametrize("people", [1, 3])
def test_the_page_asks_the_database_as_often_for_one_as_for_three(reader, take, token_of, people):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    mine = f"/t/{[token_of(take()) for _ in range(people)][-1]}"
    with CaptureQueriesContext(connection) as asked:
        reader.get(mine)

    said = [query["sql"] for query in asked.captured_queries]
    assert len([sql for sql in said if sql.upper().startswith("SELECT") and "set_config" not in sql]) == 6, said
