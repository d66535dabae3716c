"""What a press does, and what two presses at once do not do."""

import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from smartqueue.kernel.clock import now
from tests.cast import at_the_same_time

HTMX = {"HX-Request": "true", "Accept-Language": "en"}


@pytest.fixture
def press(bank, signed_in):
    """`press(person, "next/", holding=…) -> response`, as htmx sends it."""

    def do(person, path, headers=HTMX, **values):
        return signed_in(person).post(f"/{bank.slug}/counter/{path}", values, headers=headers)

    return do


@pytest.fixture
def held(bank):
    """The ticket that an agent has in hand, or None."""
    from smartqueue.queueing.queries import tickets_in_hand
    from smartqueue.tenants.scope import in_tenant

    def look(person):
        with in_tenant(bank.id):
            return tickets_in_hand([person.agent.id]).get(person.agent.id)

    return look


@pytest.fixture
def tickets_of(bank):
    """Number → status, of a queue."""
    from smartqueue.queueing.models import Ticket
    from smartqueue.tenants.scope import in_tenant

    def look(queue):
        with in_tenant(bank.id):
            return dict(Ticket.objects.filter(queue=queue).order_by("number").values_list("number", "status"))

    return look


@pytest.fixture
def serving(bank, tellers, make_agent):
    """Give a member a counter of her own at the tellers'."""

    def do(person):
        from smartqueue.queueing.models import Agent
        from smartqueue.tenants.scope import in_tenant

        stand_in = make_agent("Awa Sarr", tellers)
        with in_tenant(bank.id):
            Agent.objects.filter(id=stand_in.agent.id).update(user=person.user)
        person.agent = stand_in.agent

    return do


def test_next_finishes_who_is_there_and_calls_who_waits(press, binta, waiting, tellers, tickets_of, held, ticket):
    first, second, _third = waiting(9), waiting(8), waiting(7)

    press(binta, "next/", holding="")
    answer = press(binta, "next/", holding=first)

    assert answer.status_code == 200
    assert tickets_of(tellers) == {"A001": "closed", "A002": "called", "A003": "waiting"}
    assert (held(binta), ticket(first).outcome) == (second, "served")
    assert "A002 called." in answer.content.decode()


def test_a_double_click_calls_one_person(press, binta, waiting, tellers, tickets_of):
    for minutes in (9, 8, 7):
        waiting(minutes)

    answers = at_the_same_time(*[lambda: press(binta, "next/", holding="")] * 4)

    assert [answer.status_code for answer in answers] == [200] * 4
    assert tickets_of(tellers) == {"A001": "called", "A002": "waiting", "A003": "waiting"}


def test_a_double_click_with_somebody_at_the_counter_calls_one_person(press, binta, waiting, tellers, tickets_of):
    first = waiting(9)
    for minutes in (8, 7, 6):
        waiting(minutes)
    press(binta, "next/", holding="")

    answers = at_the_same_time(*[lambda: press(binta, "next/", holding=first)] * 4)

    assert [answer.status_code for answer in answers] == [200] * 4
    assert tickets_of(tellers) == {"A001": "closed", "A002": "called", "A003": "waiting", "A004": "waiting"}


def test_a_press_on_an_old_page_shows_how_things_stand(press, binta, waiting, tellers, tickets_of):
    first, _second = waiting(9), waiting(8)
    press(binta, "next/", holding="")

    answer = press(binta, "next/", holding="")

    assert answer.status_code == 200
    assert f'data-hand="{first}"' in answer.content.decode()
    assert tickets_of(tellers) == {"A001": "called", "A002": "waiting"}


def test_two_agents_pressing_at_once_get_two_people(press, binta, fatou, waiting, held):
    tickets = {waiting(9), waiting(8)}

    at_the_same_time(lambda: press(binta, "next/", holding=""), lambda: press(fatou, "next/", holding=""))

    assert {held(binta), held(fatou)} == tickets


def test_nobody_waits_is_no_refusal(press, binta):
    answer = press(binta, "next/", holding="")

    assert answer.status_code == 200
    assert "Nobody is waiting." in answer.content.decode()


def test_on_a_break_nobody_is_called_and_the_visit_is_not_finished(press, binta, waiting, ticket, held):
    first = waiting(9)
    waiting(8)
    press(binta, "next/", holding="")
    press(binta, "break/", reason="Déjeuner")

    answer = press(binta, "next/", holding=first)

    assert answer.status_code == 409
    assert "You are on a break" in answer.content.decode()
    assert (held(binta), ticket(first).status) == (first, "called")


def test_a_chosen_ticket_needs_a_reason_and_keeps_it(press, binta, waiting, ticket, held):
    first, second = waiting(9), waiting(8)

    refused = press(binta, "call/", ticket=second, holding="", reason="")
    answer = press(binta, "call/", ticket=second, holding="", reason="Short matter")

    assert (refused.status_code, refused.content.decode()) == (400, "Say why: others are before this ticket.")
    assert answer.status_code == 200
    assert (held(binta), ticket(second).call_reason["reason"]) == (second, "Short matter")
    assert ticket(first).status == "waiting"


def test_a_chosen_ticket_that_a_colleague_called_first_is_a_refusal(press, binta, fatou, waiting, held):
    first, second = waiting(9), waiting(8)

    answers = at_the_same_time(
        lambda: press(binta, "call/", ticket=second, holding="", reason="Court"),
        lambda: press(fatou, "call/", ticket=second, holding="", reason="Court"),
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert sorted(map(str, (held(binta), held(fatou)))) == sorted(map(str, (second, None)))
    assert first not in (held(binta), held(fatou))


def test_a_walk_in_gets_a_ticket_once_however_often_it_is_sent(press, binta, tellers, tickets_of, bank):
    from smartqueue.queueing.models import Ticket
    from smartqueue.tenants.scope import in_tenant

    once = uuid4()
    form = {"queue": tellers.id, "priority": "5", "phone": "77 123 45 67", "language": "wo", "once": once}

    answers = at_the_same_time(*[lambda: press(binta, "walk-in/", **form)] * 3)

    assert [answer.status_code for answer in answers] == [200] * 3
    assert tickets_of(tellers) == {"A001": "waiting"}
    with in_tenant(bank.id):
        made = Ticket.objects.select_related("customer").get(queue=tellers)
    assert (made.channel, made.priority, made.language) == ("agent", 5, "wo")
    assert made.customer.phone == "+221771234567"


def test_a_wrong_phone_is_said_and_makes_nobody_wait(press, binta, tellers, tickets_of):
    answer = press(binta, "walk-in/", queue=tellers.id, priority="0", phone="12", once=uuid4())

    assert (answer.status_code, answer.content.decode()) == (400, "This is not a valid phone number.")
    assert tickets_of(tellers) == {}


def test_parked_and_resumed_by_a_colleague(press, binta, fatou, waiting, ticket, held):
    first = waiting(9)
    press(binta, "next/", holding="")

    refused = press(binta, f"tickets/{first}/park/", reason="")
    press(binta, f"tickets/{first}/park/", reason="Remplit le formulaire")
    parked = ticket(first)
    press(fatou, f"tickets/{first}/resume/")

    assert refused.status_code == 400
    assert (parked.status, parked.reason) == ("paused", "Remplit le formulaire")
    assert (held(binta), held(fatou)) == (None, first)


def hand_over(press, giver, ticket_id, receiver):
    answer = press(giver, f"tickets/{ticket_id}/transfer/", to=f"agent:{receiver.agent.id}", reason="Signature")
    assert answer.status_code == 200, answer.content.decode()
    return answer.content.decode()


def test_what_is_handed_over_is_for_one_colleague_alone(
    press, signed_in, bank, binta, fatou, make_agent, tellers, waiting, ticket, held
):
    ousmane, first = make_agent("Ousmane Sow", tellers), waiting(9)
    press(binta, "next/", holding="")

    givers = hand_over(press, binta, first, fatou)
    pages = [signed_in(who).get(f"/{bank.slug}/counter/", headers=HTMX).content.decode() for who in (fatou, ousmane)]
    others = press(ousmane, f"tickets/{first}/resume/")

    assert "For Fatou Ndiaye" in givers
    assert [f'id="{what}-{first}"' in givers for what in ("resume", "release")] == [False, True]
    assert ["1 for you" in page for page in pages] == [True, False]
    assert [f'id="resume-{first}"' in page for page in pages] == [True, False]
    assert not any(f'id="release-{first}"' in page for page in pages)
    assert (others.status_code, "This ticket is kept for a colleague." in others.content.decode()) == (403, True)
    assert press(fatou, f"tickets/{first}/resume/").status_code == 200
    assert (held(fatou), ticket(first).for_agent_id) == (first, None)


def test_what_is_for_me_comes_first_and_from_any_queue(press, make_agent, make_queue, binta, waiting):
    manager, first, second = make_agent("Awa Sarr", make_queue(name="Direction")), waiting(9), waiting(8)
    for one in (first, second):
        press(binta, "next/", holding="")
        press(binta, f"tickets/{one}/park/", reason="Formulaire")

    hand_over(press, binta, second, manager)
    page = press(manager, "back/").content.decode()

    assert re.findall(r'data-for-me="(\w+)"', page) == ["A002"]
    assert "A001" not in page


def test_the_giver_or_a_manager_takes_it_back(press, binta, fatou, awa, serving, waiting, ticket):
    serving(awa)
    for giver in (binta, awa):
        first = waiting(9)
        press(binta, "next/", holding="")
        hand_over(press, binta, first, fatou)

        answer = press(giver, f"tickets/{first}/release/")

        assert (answer.status_code, ticket(first).status, ticket(first).for_agent_id) == (200, "paused", None)
        assert f'id="resume-{first}"' in answer.content.decode()


def test_a_colleague_who_has_just_left_is_refused(press, binta, fatou, waiting, ticket):
    first = waiting(9)
    press(binta, "next/", holding="")
    press(fatou, "leave/")

    answer = press(binta, f"tickets/{first}/transfer/", to=f"agent:{fatou.agent.id}", reason="Signature")

    assert answer.status_code == 409
    assert "This colleague sits at no counter of this place now." in answer.content.decode()
    assert (ticket(first).status, ticket(first).for_agent_id) == ("called", None)


def test_the_history_says_what_happened(press, binta, fatou, waiting):
    first = waiting(9)
    press(binta, "next/", holding="")
    hand_over(press, binta, first, fatou)
    press(binta, f"tickets/{first}/release/")

    page = press(fatou, f"tickets/{first}/resume/").content.decode()

    assert page.index("Handed over to a colleague") < page.index("Open to every agent again")


def test_a_transfer_to_another_queue_keeps_the_number(press, binta, waiting, ticket, make_queue):
    credit, first = make_queue(name="Crédit"), waiting(9)
    press(binta, "next/", holding="")

    press(binta, f"tickets/{first}/transfer/", to=f"queue:{credit.id}", reason="Autre service")

    assert (ticket(first).number, ticket(first).queue_id, ticket(first).status) == ("A001", credit.id, "waiting")


@pytest.mark.parametrize("to", ["", "queue:", "queue:x", "x", f"agent:{UUID(int=0)}"])
def test_a_transfer_to_nowhere_is_refused(press, binta, waiting, ticket, to):
    first = waiting(9)
    press(binta, "next/", holding="")

    assert press(binta, f"tickets/{first}/transfer/", to=to, reason="x").status_code in (400, 404)
    assert ticket(first).status == "called"


def test_absent_is_refused_before_the_grace_and_the_console_stays(press, binta, waiting, ticket):
    first = waiting(9)
    press(binta, "next/", holding="")

    answer = press(binta, f"tickets/{first}/no-show/")

    assert answer.status_code == 409
    assert "Wait a moment" in answer.content.decode()
    assert f'data-hand="{first}"' in answer.content.decode()
    assert ticket(first).status == "called"


def test_a_colleagues_ticket_is_not_mine(press, binta, fatou, waiting, ticket):
    first = waiting(9)
    press(binta, "next/", holding="")

    answer = press(fatou, f"tickets/{first}/finish/", outcome="served")

    assert answer.status_code == 403
    assert "Another agent is serving this ticket." in answer.content.decode()
    assert ticket(first).status == "called"


def test_undo_takes_back_the_call_once(press, binta, waiting, ticket, held):
    first = waiting(9)
    press(binta, "next/", holding="")

    answers = at_the_same_time(*[lambda: press(binta, f"tickets/{first}/undo/")] * 2)

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert (held(binta), ticket(first).status) == (None, "waiting")


def test_a_note_is_kept_about_the_customer_in_hand_only(press, awa, serving, waiting, bank):
    from smartqueue.customers.models import Customer
    from smartqueue.tenants.scope import in_tenant

    with in_tenant(bank.id):
        demba = Customer.objects.create(tenant=bank, full_name="Demba Ndiaye", phone="+221771234521")
    serving(awa)
    refused = press(awa, "note/", notes="x")
    waiting(9, customer_id=demba.id)
    press(awa, "next/", holding="")

    answer = press(awa, "note/", notes="Préfère le matin")

    with in_tenant(bank.id):
        demba.refresh_from_db()
    assert (refused.status_code, demba.notes) == (400, "Préfère le matin")
    assert "+221 77 *** ** 21" in answer.content.decode()
    assert "771234521" not in answer.content.decode()


def test_two_agents_at_one_counter_is_refused(press, make_agent, tellers, bank):
    from smartqueue.queueing.models import Agent
    from smartqueue.sites.models import Counter
    from smartqueue.tenants.scope import in_tenant

    people = [make_agent("Binta Ba", tellers), make_agent("Fatou Ndiaye", tellers)]
    for person in people:
        press(person, "leave/")
    with in_tenant(bank.id):
        seat = Counter.objects.order_by("name").first()

    answers = at_the_same_time(*[lambda who=person: press(who, "sit/", counter=seat.id) for person in people])

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    with in_tenant(bank.id):
        assert Agent.objects.filter(counter=seat, status="available").count() == 1


def test_without_htmx_a_press_leads_back_to_the_page(press, binta, waiting):
    first = waiting(9)

    called = press(binta, "next/", headers={}, holding="")
    refused = press(binta, f"tickets/{first}/no-show/", headers={})

    assert (called.status_code, called.headers["Location"].partition("?")[2]) == (303, f"did={first}")
    assert refused.status_code == 303


def test_a_search_finds_what_left_the_line(press, signed_in, bank, binta, waiting, take, make_queue):
    from smartqueue.queueing.actions.tickets import cancel_ticket
    from smartqueue.tenants.scope import in_tenant

    waiting(9)
    waiting(8)
    waiting(7, make_queue(name="Crédit"))
    long_ago = now() - timedelta(days=9)
    left = take(at=long_ago)
    with in_tenant(bank.id):
        cancel_ticket(ticket_id=left, agent_id=None, reason="", actor=binta.actor, at=long_ago)
    press(binta, "next/", holding="")

    client, line = signed_in(binta), f"/{bank.slug}/counter/line/?q="
    page = client.get(f"{line}01", headers=HTMX).content.decode()
    nothing = client.get(f"{line}X9", headers=HTMX).content.decode()

    assert re.findall(r'<span class="num">(\w+)', page) == ["A001"]
    assert "Called · G-" in " ".join(page.split())
    assert "No ticket has this number" in nothing
