"""`/ws/me/`: somebody who has signed in, with the own tickets at all organisations and what was told."""

import httpx
import orjson
import pytest

from tests.live.told import message, telling_relay

__all__ = ["message", "telling_relay"]


@pytest.fixture
def make_customer():
    def make(tenant, email, **fields):
        from smartqueue.customers.models import Customer
        from smartqueue.tenants.scope import in_tenant

        with in_tenant(tenant.id):
            return Customer.objects.create(tenant=tenant, full_name="Demba Diallo", email=email, **fields)

    return make


@pytest.fixture
def demba(bank, cheikh, make_person, make_customer):
    """Demba has an account: to be able to sign a token, a member of another organisation. The bank knows him as a
    customer."""
    person = make_person(cheikh.tenant, "agent", "Demba Diallo")
    person.customer = make_customer(bank, person.user.email.upper())
    return person


def test_the_first_message_has_tickets_and_messages_and_each_place_follows(
    demba, bank, tellers, site, take, watch, message, token_of
):
    first, mine = take(), take(customer_id=demba.customer.id)
    told = message(mine, "sent", channel="sms", address="+221771234521", kind="ticket_joined")
    message(first, "sent", channel="sms", address="+221771234522")
    screen = watch("/ws/me/", demba)
    me, place = screen.hear(), screen.hear()

    assert me["type"] == "me"
    assert [(one["id"], one["number"], one["token"], one["organisation"], one["site"]) for one in me["tickets"]] == [
        (str(mine), "A002", token_of(mine), bank.name, site.name)
    ]
    assert [(one["id"], one["kind"], one["channel"], one["ticket_id"]) for one in me["notifications"]] == [
        (str(told.id), "ticket_joined", "sms", str(mine))
    ]
    assert set(me["notifications"][0]) == {"id", "kind", "channel", "status", "at", "ticket_id"}
    assert (place["ticket_id"], place["type"], place["people_ahead"]) == (str(mine), "snapshot", 1)
    assert "771234521" not in "".join(screen.frames)


def test_places_at_two_organisations_move_on_one_line(demba, tellers, make_queue, binta, take, watch, call, relay):
    loans = make_queue(name="Crédits")
    take()
    here, there = take(customer_id=demba.customer.id), take(loans, customer_id=demba.customer.id)
    screen = watch("/ws/me/", demba)
    screen.hear()
    places = {told["ticket_id"]: told["people_ahead"] for told in (screen.hear(), screen.hear())}
    call(binta)
    relay()
    moved = screen.until(lambda told: told.get("people_ahead") == 0 and told["type"] == "state")

    assert places == {str(here): 1, str(there): 0}
    assert moved["ticket_id"] == str(here)


def test_a_new_ticket_and_its_message_appear_by_themselves(demba, take, watch, message, telling_relay):
    screen = watch("/ws/me/", demba)
    assert screen.hear() == {"type": "me", "tickets": [], "notifications": []}
    mine = take(customer_id=demba.customer.id)
    told = message(mine, "sent", channel="sms", address="+221771234521", kind="ticket_joined")
    telling_relay()
    me = screen.until(lambda said: said["type"] == "me")
    place = screen.until(lambda said: said["type"] == "snapshot")

    assert ([one["id"] for one in me["tickets"]], place["ticket_id"]) == ([str(mine)], str(mine))
    assert [one["id"] for one in me["notifications"]] == [str(told.id)]


def test_the_last_twenty_messages_newest_first(demba, take, watch, message):
    mine = take(customer_id=demba.customer.id)
    rows = [message(mine, "sent", channel="sms", address="+221771234521") for _ in range(23)]

    me = watch("/ws/me/", demba).hear()

    assert [one["id"] for one in me["notifications"]] == [str(row.id) for row in rows[:2:-1]]


def test_poll_and_stream_have_the_same_lines(two_webs, demba, take):
    mine = take(customer_id=demba.customer.id)
    signed_in = {"Authorization": f"Bearer {demba.token}"}
    polled = httpx.get(f"{two_webs[0]}/live/me/", headers=signed_in, trust_env=False)
    again = httpx.get(
        f"{two_webs[0]}/live/me/", headers=signed_in | {"If-None-Match": polled.headers["etag"]}, trust_env=False
    )
    with httpx.stream(
        "GET", f"{two_webs[1]}/live/me/events/", headers=signed_in, trust_env=False, timeout=30
    ) as answer:
        lines = (orjson.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: {"))
        streamed = [next(lines), next(lines)]
    told = [orjson.loads(line) for line in polled.content.splitlines()]

    assert [one["type"] for one in told] == ["me", "snapshot"]
    assert told[1]["ticket_id"] == str(mine)
    assert streamed == told
    assert again.status_code == 304


def test_nobody_is_sent_to_sign_in_and_an_unproved_address_opens_nothing(two_webs, demba, take, watch):
    from smartqueue.accounts.models import User

    take(customer_id=demba.customer.id)
    nobody = httpx.get(f"{two_webs[0]}/live/me/", trust_env=False)
    assert (nobody.status_code, watch("/ws/me/", since=False).close_code()) == (401, 4401)
    User.objects.filter(id=demba.user.id).update(email_verified=False)

    assert watch("/ws/me/", demba, since=False).close_code() == 4403


def test_who_has_another_address_sees_nothing_of_it(demba, cheikh, binta, take, watch):
    take(customer_id=demba.customer.id)

    for person in (cheikh, binta):
        assert watch("/ws/me/", person).hear() == {"type": "me", "tickets": [], "notifications": []}


def test_an_account_that_is_closed_is_put_out(own_web, demba, watch):
    from smartqueue.accounts.models import User

    screen = watch("/ws/me/", demba, web=own_web(LIVE_ASK_AGAIN_SECONDS="1"))
    assert screen.hear()["type"] == "me"
    User.objects.filter(id=demba.user.id).update(is_active=False)

    assert screen.close_code() == 4401


def test_a_ticket_that_has_ended_leaves_the_list(own_web, demba, binta, take, watch, call, close, relay):
    mine = take(customer_id=demba.customer.id)
    screen = watch("/ws/me/", demba, web=own_web(LIVE_ASK_AGAIN_SECONDS="1"))
    assert [one["id"] for one in screen.hear()["tickets"]] == [str(mine)]
    call(binta)
    close(binta, mine)
    relay()

    assert screen.until(lambda told: told["type"] == "me")["tickets"] == []


def test_what_a_person_has_is_asked_in_three_questions_however_much_it_is(demba, take, message):
    from django.db import connections
    from django.test.utils import CaptureQueriesContext

    from smartqueue.notifications.queries.told import mine

    counts = []
    for _ in range(2):
        message(take(customer_id=demba.customer.id), "sent", channel="sms", address="+221771234521")
        with CaptureQueriesContext(connections["platform"]) as asked:
            mine(demba.user.email)
        counts.append(len(asked.captured_queries))

    assert counts == [3, 3]
