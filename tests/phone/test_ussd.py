"""A ticket by keypad, through the gateway's own requests."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.cast import at_the_same_time
from tests.phone.conftest import OTHER, PHONE, Phone


def lines(screen: str) -> list[str]:
    """What stands on the glass, without the gateway's word."""
    return screen[4:].split("\n")


def key_of(screen: str, words: str) -> str:
    """The key of the choice that says this."""
    return next(line.split(" ", 1)[0] for line in lines(screen) if words in line)


@pytest.fixture
def taken(phone, site, tellers):
    """`taken(number)`: a phone that has just taken a ticket."""

    def take(number: str = PHONE) -> Phone:
        hand = phone(number)
        hand.dial()
        hand.type("DKR1")
        assert hand.type("1").startswith("END ")
        return hand

    return take


def test_a_ticket_by_the_code_of_a_site(phone, site, tellers, tickets):
    hand = phone()

    assert hand.dial().startswith("CON ")
    assert hand.type("dkr1").startswith("CON ")
    end = hand.type("1")

    (ticket,) = tickets()
    assert end.startswith("END ")
    assert ticket.number in end
    assert "*384*12#" in end
    assert (ticket.channel, ticket.customer.phone, ticket.queue_id) == ("ussd", PHONE, tellers.id)


def test_the_code_may_be_dialled_with_the_number(phone, site, tellers, tickets):
    hand = phone()
    assert hand.dial("DKR1").startswith("CON ")

    assert hand.type("1").startswith("END ")
    assert len(tickets()) == 1


def test_a_hop_that_comes_twice_is_answered_twice_and_takes_one_ticket(phone, site, tellers, tickets):
    hand = phone()
    hand.dial("DKR1")

    first, again = hand.type("1"), hand.hop()

    assert first == again
    assert len(tickets()) == 1
    hand.typed.pop()
    assert hand.hop().startswith("CON "), "an older hop still has its own answer"
    assert len(tickets()) == 1


def test_after_the_end_a_session_only_repeats_it(taken, tickets):
    hand = taken()
    end = hand.hop()

    assert hand.type("1") == end
    assert len(tickets()) == 1


def test_a_hop_that_never_came_is_made_up_for(phone, site, tellers, tickets):
    hand = phone()
    hand.dial()
    hand.typed = ["DKR1", "1"]

    assert hand.hop().startswith("END ")
    assert len(tickets()) == 1


def test_the_same_hop_twice_at_once_takes_one_ticket(phone, site, tellers, tickets):
    hand = phone()
    hand.dial("DKR1")
    hand.typed.append("1")

    answers = at_the_same_time(*[hand.hop] * 4)

    assert len(tickets()) == 1
    assert len(set(answers)) == 1


def test_two_sessions_of_one_phone_at_once_take_one_ticket(phone, site, tellers, tickets):
    hands = [phone() for _ in range(4)]
    for hand in hands:
        hand.dial("DKR1")
        hand.typed.append("1")

    answers = at_the_same_time(*[hand.hop for hand in hands])

    assert len(tickets()) == 1
    assert sorted(answer[:3] for answer in answers) == ["CON", "CON", "CON", "END"]


def test_two_phones_at_once_get_two_tickets(phone, site, tellers, tickets):
    hands = [phone(PHONE), phone(OTHER)]
    for hand in hands:
        hand.dial("DKR1")
        hand.typed.append("1")

    at_the_same_time(*[hand.hop for hand in hands])

    assert {ticket.customer.phone for ticket in tickets()} == {PHONE, OTHER}


def test_one_live_ticket_per_phone_and_service_unless_it_is_for_somebody_else(taken, tickets):
    hand = taken()
    hand.dial("DKR1")
    asked = hand.type("1") if len(hand.typed) > 1 else hand.hop()
    assert tickets()[0].number in asked
    assert len(tickets()) == 1

    hand.dial("DKR1")
    hand.type("2")
    assert hand.type("1").startswith("END ")
    assert len(tickets()) == 2


def test_one_phone_cannot_fill_a_line(taken, tickets):
    hand = taken()
    for _ in range(6):
        hand.dial("DKR1")
        hand.type("2")
        hand.type("1")

    assert len(tickets()) == 5


def test_who_has_a_ticket_is_told_where_it_stands(taken, tickets):
    taken(OTHER)
    hand = taken()

    home = hand.dial()

    assert tickets()[1].number in home
    assert "1 " in home


def test_letting_someone_pass_happens_once(taken, tickets, ticket):
    hand, behind = taken(), taken(OTHER)
    first, second = tickets()

    screen = hand.dial()
    end = hand.type("1")

    assert end.startswith("END ")
    assert hand.hop() == end
    assert ticket(first.id).deferrals == 1
    assert ticket(first.id).line_at > ticket(second.id).line_at
    assert behind.dial() != screen


def test_nobody_behind_is_said_and_the_menu_stays(taken, tickets, ticket):
    hand = taken()
    hand.dial()

    answer = hand.type("1")

    assert answer.startswith("CON ")
    assert "2 " in answer
    assert ticket(tickets()[0].id).deferrals == 0


def test_a_ticket_is_cancelled_after_one_more_question(taken, tickets, ticket):
    hand = taken()
    (mine,) = tickets()
    hand.dial()

    assert hand.type("2").startswith("CON ")
    assert ticket(mine.id).status == "waiting"
    assert hand.type("1").startswith("END ")
    assert ticket(mine.id).status == "cancelled"


def test_saying_no_keeps_the_place(taken, tickets, ticket):
    hand = taken()
    hand.dial()
    hand.type("2")

    assert hand.type("2").startswith("CON ")
    assert ticket(tickets()[0].id).status == "waiting"


def test_who_is_called_reads_where_to_go(taken, tickets, binta):
    from smartqueue.kernel.clock import now
    from smartqueue.queueing.actions.hot import call_next_ticket
    from smartqueue.sites.models import Counter
    from smartqueue.tenants.scope import in_tenant

    hand = taken()
    call_next_ticket(tenant_id=binta.tenant.id, actor=binta.actor, at=now(), agent_id=binta.agent.id)

    with in_tenant(binta.tenant.id):
        name = Counter.objects.get(id=binta.agent.counter_id).name
    assert name in hand.dial()


def test_the_language_is_kept_with_the_phone(phone, site, tellers, tickets):
    hand = phone()
    french = hand.dial()
    hand.type(key_of(french, "Wolof"))
    hand.dial("DKR1")
    hand.type("1")

    (ticket,) = tickets()
    assert (ticket.language, ticket.customer.language) == ("wo", "wo")
    home = hand.dial()
    hand.type(key_of(home, "Francais"))
    assert tickets()[0].customer.language == "fr"
    assert "Wolof" in hand.dial()


@pytest.mark.parametrize("typed", ["7", "", "x" * 30, "NOWHERE9", "é", "-1", "00"])
def test_what_is_no_choice_is_answered_with_the_same_menu(phone, site, tellers, tickets, typed):
    hand = phone()
    hand.dial("DKR1")

    answer = hand.type(typed)

    assert answer.startswith("CON ")
    assert any(line.startswith("1 ") for line in lines(answer))
    assert tickets() == []


@pytest.fixture
def change(bank):
    """Change a row behind the back of whoever reads a screen."""
    from smartqueue.tenants.scope import in_tenant

    def save(row: Any, **values: Any) -> None:
        with in_tenant(bank.id):
            type(row).objects.filter(id=row.id).update(**values)

    return save


@pytest.mark.parametrize("how", [{"status": "paused"}, {"status": "closed"}, {"is_active": False}])
def test_a_queue_that_shuts_between_two_hops_gives_no_ticket(phone, site, make_queue, tickets, change, how):
    queue, _other = make_queue(), make_queue()
    hand = phone()
    screen = hand.dial("DKR1")
    hand.type(key_of(screen, "Service A"))
    change(queue, **how)

    answer = hand.type("1")

    assert answer.startswith("CON ")
    assert "Service B" in answer, "what is still open stands on the screen"
    assert tickets() == []


def test_a_full_queue_says_so_and_offers_the_other(phone, site, make_queue, tickets):
    full, _other = make_queue(capacity=1), make_queue()
    first, second = phone(), phone(OTHER)
    for hand in (first, second):
        hand.type(key_of(hand.dial("DKR1"), "Service A"))

    assert first.type("1").startswith("END ")
    answer = second.type("1")

    assert answer.startswith("CON ")
    assert "Service B" in answer
    assert [ticket.queue_id for ticket in tickets()] == [full.id]


def test_a_closed_site_says_when_it_opens(phone, bank, tickets):
    from smartqueue.queueing.models import Queue
    from smartqueue.sites.models import OpeningHours, Service, Site
    from smartqueue.tenants.scope import in_tenant

    with in_tenant(bank.id):
        site = Site.objects.create(tenant=bank, name="Agence Thiès", code="THIES1", observes_holidays=False)
        service = Service.objects.create(tenant=bank, name="Dépôt", code="depot", duration_s=300)
        Queue.objects.create(tenant=bank, site=site, service=service, name="Dépôt", prefix="D")
        tomorrow = (_now() + timedelta(days=1)).isoweekday()
        OpeningHours.objects.create(tenant=bank, site=site, weekday=tomorrow, opens="08:00", closes="12:00")

    answer = phone().dial("THIES1")

    assert answer.startswith("CON ")
    assert "08:00" in answer
    assert "1 Agence Thies" in answer
    assert tickets() == []


def _now():
    from smartqueue.kernel.clock import now

    return now()


def test_places_where_the_phone_was_come_first(taken, bank):
    from smartqueue.sites.models import Site
    from smartqueue.tenants.scope import in_tenant

    hand = taken()
    with in_tenant(bank.id):
        Site.objects.bulk_create(Site(tenant=bank, name=f"Agence {n:03}", code=f"A{n:03}") for n in range(200))

    home = hand.dial()
    places = lines(hand.type(key_of(home, "3 ")))

    assert places[1].startswith("1 Agence Plateau")
    assert places[2].startswith("2 Agence 000")
    more = hand.type("0")
    assert key_of(more, "A003") == "1"
    assert "Agence Plateau" in hand.type("00") or "Ticket" in hand.hop()


def test_a_session_is_forgotten_after_three_minutes(phone, bank, site, tellers, tickets):
    from smartqueue.notifications.models import Conversation
    from smartqueue.tenants.scope import in_tenant

    hand = phone()
    hand.dial("DKR1")
    with in_tenant(bank.id):
        Conversation.objects.update(touched_at=_now() - timedelta(minutes=3, seconds=5))

    answer = hand.type("1")

    assert answer.startswith("CON ")
    assert "DKR1" in answer, "nobody sees any more what 1 was: the places again"
    assert tickets() == []


def messages_of(bank):
    from smartqueue.notifications.models import Notification
    from smartqueue.tenants.scope import in_tenant

    with in_tenant(bank.id):
        return [(row.kind, row.channel, row.address) for row in Notification.objects.order_by("id")]


def test_a_last_screen_that_was_lost_comes_by_sms_once(taken, bank):
    hand = taken()
    assert messages_of(bank) == []

    for _ in range(2):
        assert hand.end("Failed").status_code == 200

    assert messages_of(bank) == [("ticket_joined", "sms", PHONE)]


def test_a_last_screen_that_was_seen_needs_no_sms(taken, bank):
    taken().end("Success")

    assert messages_of(bank) == []


def test_who_lost_the_line_and_dials_again_finds_the_ticket(taken, tickets):
    hand = taken()
    hand.end("Failed")

    assert tickets()[0].number in hand.dial()


def test_another_phone_in_the_same_session_is_another_person(phone, site, tellers, tickets):
    hand = phone()
    hand.dial("DKR1")
    hand.type("1")
    thief = Phone(hand.hook, OTHER)
    thief.session, thief.typed = hand.session, ["1"]

    assert tickets()[0].number not in thief.hop()


def test_two_organisations_behind_one_gateway_share_nothing(phone, taken, tickets, make_tenant, connected):
    taken()
    hook = connected("at_ussd", tenant=make_tenant("Mairie d'ailleurs"))

    assert tickets()[0].number not in Phone(hook).dial()


def test_a_gateway_of_any_make_sends_the_last_input_only(connected, site, tellers, tickets, client_of):
    hook = connected("http_ussd", phone_field="tel", text_field="said", session_field="sid", hop_field="n", go_on="C;")
    ask = client_of(hook, tel="221771234567", sid=uuid4().hex)

    assert ask(said="", n="1").startswith("C; ")
    assert ask(said="DKR1", n="2").startswith("C; ")
    end = ask(said="1", n="3")
    assert end.startswith("END ")
    assert ask(said="1", n="3") == end
    assert len(tickets()) == 1


def test_a_gateway_without_sessions_is_told_apart_by_phone(connected, site, tellers, tickets, client_of):
    ask = client_of(connected("http_ussd", session_field=""), msisdn=PHONE)

    ask(input="DKR1")
    assert ask(input="1").startswith("END ")
    assert ask(input="").startswith("CON "), "dialled anew"
    assert len(tickets()) == 1


@pytest.fixture
def client_of():
    """`client_of(hook, **always)(**fields)`: what the gateway of any make hears, asked by GET."""
    from django.test import Client

    return lambda hook, **always: lambda **fields: Client().get(hook, always | fields).content.decode()
