"""Taking a ticket: once, whatever the network and the fingers do."""

import pytest

from tests.cast import at_the_same_time

PHONE = "Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 Chrome/120 Mobile Safari/537.36"


def token_in(answer):
    assert answer.status_code == 303, answer.content.decode()[:2000]
    return answer["Location"].removeprefix("/t/")


def test_a_phone_takes_a_ticket_in_the_language_of_the_page(browser, place, tellers, tickets_of):
    customer = browser(**{"user-agent": PHONE, "accept-language": "en"})

    token = token_in(customer.take(place, tellers))

    (ticket,) = tickets_of(tellers)
    assert (ticket.token, ticket.channel, ticket.language) == (token, "mobile", "en")
    assert ticket.customer_id is None


def test_a_computer_takes_a_web_ticket(browser, place, tellers, tickets_of):
    token_in(browser().take(place, tellers))

    assert [ticket.channel for ticket in tickets_of(tellers)] == ["web"]


def test_the_journal_says_where_it_came_from_and_keeps_no_token(browser, bank, place, tellers, tickets_of):
    from smartqueue.journal.models import Entry
    from smartqueue.tenants.scope import in_tenant

    customer = browser()
    token = token_in(customer.take(place, tellers))
    customer.client.post(f"/t/{token}/leave/")

    with in_tenant(bank.id):
        entries = list(Entry.objects.filter(object_id=tickets_of(tellers)[0].id).order_by("version"))
    assert [(entry.fact, entry.actor_kind, entry.endpoint) for entry in entries] == [
        ("ticket.created", "customer", f"POST {place}take/"),
        ("ticket.cancelled", "customer", "POST /t/…/leave/"),
    ]


def test_the_same_form_twice_is_one_ticket(browser, place, tellers, tickets_of):
    customer = browser()
    form = customer.fields(customer.get(place)) | {"queue": str(tellers.id)}
    form.pop("csrfmiddlewaretoken")
    cookies = customer.client.cookies.copy()

    first = token_in(customer.post(f"{place}take/", **form))
    customer.client.cookies = cookies  # the answer was lost: the browser knows nothing of it
    second = token_in(customer.post(f"{place}take/", **form))

    assert first == second
    assert len(tickets_of(tellers)) == 1


def test_two_posts_at_once_are_one_ticket(browser, place, tellers, tickets_of):
    first, second = browser(), browser()
    form = first.fields(first.get(place)) | {"queue": str(tellers.id)}
    form.pop("csrfmiddlewaretoken")
    second.client.cookies = first.client.cookies.copy()

    answers = at_the_same_time(
        lambda: first.post(f"{place}take/", **form), lambda: second.post(f"{place}take/", **form)
    )

    assert len({token_in(answer) for answer in answers}) == 1
    assert len(tickets_of(tellers)) == 1


def test_two_tabs_opened_before_taking_are_one_ticket(browser, place, tellers, tickets_of):
    customer = browser()
    keys = {customer.fields(customer.get(place))["key"] for _ in range(2)}

    assert len(keys) == 1


def test_one_live_ticket_per_browser_and_queue(browser, place, tellers, make_queue, tickets_of):
    other, customer = make_queue(name="Conseil"), browser()
    first = token_in(customer.take(place, tellers))

    page = customer.get(place)
    again = token_in(customer.take(place, tellers))
    elsewhere = token_in(customer.take(place, other))

    assert f'href="/t/{first}"' in page.content.decode()
    assert again == first
    assert elsewhere != first
    assert (len(tickets_of(tellers)), len(tickets_of(other))) == (1, 1)


def test_after_a_ticket_has_ended_the_browser_takes_another(browser, place, tellers, tickets_of):
    customer = browser()
    first = token_in(customer.take(place, tellers))
    customer.client.post(f"/t/{first}/leave/")

    second = token_in(customer.take(place, tellers))

    assert second != first
    assert first not in customer.get(place).content.decode()
    assert [ticket.status for ticket in tickets_of(tellers)] == ["cancelled", "waiting"]


def test_nobody_gets_a_ticket_by_another_browsers_key(browser, place, tellers, tickets_of):
    awa, thief = browser(), browser()
    key = awa.fields(awa.get(place))["key"]
    token_in(awa.take(place, tellers))

    stolen = token_in(thief.take(place, tellers, key=key))

    assert [ticket.token == stolen for ticket in tickets_of(tellers)] == [False, True]


def test_a_phone_number_makes_a_customer_and_is_never_shown(browser, bank, place, tellers, tickets_of):
    from smartqueue.customers.models import Customer
    from smartqueue.tenants.scope import in_tenant

    customer = browser()
    token = token_in(customer.take(place, tellers, phone="77 123 45 67"))

    with in_tenant(bank.id):
        known = Customer.objects.get(id=tickets_of(tellers)[0].customer_id)
    assert known.phone == "+221771234567"
    shown = customer.get(f"/t/{token}").content + customer.get(place).content
    assert b"771234567" not in shown


@pytest.mark.parametrize("phone", ["12", "soixante-dix", "7" * 40, "77 123 45 6\x007"])
def test_a_wrong_phone_number_takes_nothing_and_keeps_what_was_typed(browser, place, tellers, tickets_of, phone):
    answer = browser().take(place, tellers, phone=phone)

    assert answer.status_code == 400
    if "\0" not in phone:
        assert 'id="phone-error"' in answer.content.decode()
        assert f'value="{tellers.id}" required checked' in answer.content.decode()
    assert tickets_of(tellers) == []


def test_without_a_choice_the_page_asks_for_one(browser, place, tellers, make_queue):
    make_queue(name="Conseil")
    customer = browser()
    customer.get(place)

    answer = customer.post(f"{place}take/")

    assert (answer.status_code, 'id="queue-error"' in answer.content.decode()) == (400, True)


@pytest.mark.parametrize(
    ("fields", "status"),
    [({"status": "paused"}, 409), ({"status": "closed"}, 409), ({"is_active": False}, 404), ({"kind": "vip"}, 404),
     ({"kind": "appointment"}, 404)],
)  # fmt: skip
def test_a_queue_that_takes_nobody_says_so(browser, place, make_queue, tickets_of, fields, status):
    queue = make_queue(**fields)

    answer = browser().take(place, queue)

    assert answer.status_code == status
    assert tickets_of(queue) == []


def test_a_full_queue_says_so(browser, place, make_queue, tickets_of):
    queue = make_queue(capacity=1)
    token_in(browser().take(place, queue))

    answer = browser().take(place, queue)

    assert answer.status_code == 409
    assert len(tickets_of(queue)) == 1


@pytest.mark.parametrize("written", ["nonsense", "0190f0a0-0000-7000-8000-000000000000", "9" * 300])
def test_a_queue_that_is_none_is_not_found(browser, place, tellers, written):
    customer = browser()
    customer.get(place)

    assert customer.post(f"{place}take/", queue=written).status_code == 404


def test_a_queue_of_another_site_or_tenant_is_not_found(browser, place, tellers, cheikh):
    customer = browser()
    customer.get(place)

    assert customer.post(f"/{cheikh.tenant.slug}/sites/DKR1/take/", queue=str(tellers.id)).status_code == 404


def test_without_our_form_nothing_is_taken(browser, place, tellers, tickets_of):
    customer = browser()
    customer.get(place)

    assert customer.client.post(f"{place}take/", {"queue": str(tellers.id)}).status_code == 403
    assert tickets_of(tellers) == []


def test_one_address_takes_twenty_tickets_a_minute_and_is_told_when_to_come_back(browser, place, tellers, tickets_of):
    first = browser()
    network = first.client.defaults["REMOTE_ADDR"]

    def one_more():
        customer = browser()
        customer.client.defaults["REMOTE_ADDR"] = network
        return customer.take(place, tellers)

    answers = [one_more() for _ in range(21)]

    assert [answer.status_code for answer in answers] == [303] * 20 + [429]
    assert 1 <= int(answers[-1]["Retry-After"]) <= 60
    assert len(tickets_of(tellers)) == 20
    assert browser().take(place, tellers).status_code == 303
