"""Words by SMS and WhatsApp, through the providers' own requests."""

import hashlib
import hmac
import json
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from tests.cast import at_the_same_time
from tests.phone.conftest import OTHER, PHONE


@pytest.fixture
def texts(connected, bank):
    """`texts(words, sender=PHONE, event=…) -> the answer's words`: an SMS to the bank's number."""
    from django.test import Client

    hook = connected("at_sms", username="sandbox")

    def send(words, *, sender=PHONE, event=None):
        event = event or uuid4().hex
        form = {"id": event, "from": sender, "to": "12345", "text": words, "date": "2026-03-02 09:00:00"}
        answer = Client().post(hook, urlencode(form), content_type="application/x-www-form-urlencoded")
        assert answer.status_code == 200, answer.content
        return reply_to(bank, event)

    return send


def reply_to(bank, event):
    rows = [row for row in replies(bank) if row.cause == f"reply:{event}"]
    assert len(rows) <= 1
    return rows[0].body if rows else None


def replies(bank):
    from smartqueue.notifications.models import Notification
    from smartqueue.tenants.scope import in_tenant

    with in_tenant(bank.id):
        return list(Notification.objects.filter(kind="reply").order_by("id"))


@pytest.fixture
def two_services(bank, site, make_queue):
    from smartqueue.sites.models import Service
    from smartqueue.tenants.scope import in_tenant

    names = ("Retrait d'espèces", "Ouverture de compte")
    with in_tenant(bank.id):
        services = [Service.objects.create(tenant=bank, name=name, code=name[:5], duration_s=300) for name in names]
    return [make_queue(service=service) for service in services]


def test_ticket_and_a_code_take_a_ticket(texts, site, tellers, tickets):
    answer = texts("TICKET DKR1")

    (ticket,) = tickets()
    assert ticket.number in answer
    assert (ticket.channel, ticket.customer.phone) == ("sms", PHONE)


@pytest.mark.parametrize(
    "words",
    [
        "ticket dkr1",
        "Tickêt DKR1",
        "JOIN dkr1",
        "tiket Dkr1",
        "Tiquet DKR1",
        "TICKTE dkr1",
        "  TICKET   DKR1  merci",
        "DKR1",
    ],
)
def test_case_accents_and_small_slips_are_forgiven(texts, site, tellers, tickets, words):
    assert tickets() == []
    texts(words)
    assert len(tickets()) == 1


@pytest.mark.parametrize(
    ("words", "place"),
    [("TICKET DKR1 2", 1), ("TICKET DKR1 RETRAIT", 1), ("TICKET DKR1 retret", 1), ("TICKET DKR1 ouverture compte", 0)],
)
def test_a_service_is_named_by_number_or_word(texts, two_services, tickets, words, place):
    texts(words)

    (ticket,) = tickets()
    assert ticket.service_id == sorted(two_services, key=lambda queue: queue.service.name)[place].service_id


@pytest.mark.parametrize("words", ["TICKET DKR1", "TICKET DKR1 9", "TICKET DKR1 zzz"])
def test_without_a_service_it_is_asked_and_a_number_answers(texts, two_services, tickets, words):
    asked = texts(words)

    assert tickets() == []
    assert "2 Retrait" in asked
    texts("2")
    assert [ticket.service.name for ticket in tickets()] == ["Retrait d'espèces"]


def test_an_unknown_code_takes_nothing_and_shows_the_places(texts, site, tellers, tickets):
    answer = texts("TICKET DKR2")

    assert tickets() == []
    assert "DKR2" in answer
    assert "1 Agence Plateau DKR1" in answer


def test_info_says_where_the_ticket_stands(texts, site, tellers, take, tickets):
    assert "TICKET" in texts("INFO")
    take(at=_now())
    texts("TICKET DKR1")

    assert tickets()[1].number in texts("info")


@pytest.mark.parametrize("word", ["ICI", "here", "FI", "Maangi fi"])
def test_here_says_so_once_to_staff(texts, site, tellers, tickets, ticket, word):
    assert (texts(word) is None, tickets()) == (False, [])
    texts("TICKET DKR1")
    mine = tickets()[0].id

    first, again = texts(word), texts(word)

    assert tickets()[0].number in first
    assert first == again
    assert (ticket(mine).here_at is None, ticket(mine).version, ticket(mine).status) == (False, 2, "waiting")


def test_whoever_is_served_is_told_the_same(texts, site, tellers, tickets, ticket, binta, bank):
    from smartqueue.queueing.actions import hot
    from smartqueue.queueing.actions.tickets import start_service
    from smartqueue.tenants.scope import in_tenant

    texts("TICKET DKR1")
    who = {"actor": binta.actor, "at": _now()}
    hot.call_next_ticket(tenant_id=bank.id, agent_id=binta.agent.id, queue_id=tellers.id, **who)
    with in_tenant(bank.id):
        start_service(ticket_id=tickets()[0].id, agent_id=None, **who)

    assert tickets()[0].number in texts("ICI")
    assert (tickets()[0].status, tickets()[0].version) == ("serving", 3)


def test_of_two_tickets_it_is_asked_which_one_is_here(texts, site, two_services, tickets):
    texts("TICKET DKR1 1")
    texts("TICKET DKR1 2")

    texts("ICI")
    texts("2")

    assert [one.here_at is None for one in tickets()] == [True, False]


@pytest.mark.parametrize("word", ["RETARD", "LATE", "retard"])
def test_late_lets_someone_pass(texts, site, tellers, tickets, ticket, word):
    texts("TICKET DKR1")
    texts("TICKET DKR1", sender=OTHER)

    texts(word)

    assert [ticket(one.id).deferrals for one in tickets()] == [1, 0]


@pytest.mark.parametrize("word", ["ANNULER", "cancel", "Annuler svp", "NEENAL"])
def test_cancel_leaves_the_line(texts, site, tellers, tickets, ticket, word):
    texts("TICKET DKR1")

    assert tickets()[0].number in texts(word)
    assert ticket(tickets()[0].id).status == "cancelled"


@pytest.mark.parametrize("word", ["ANULER", "CANCE", "RETRD", "STOPP", "STAART", "FIN"])
def test_what_costs_a_place_is_never_guessed(texts, site, tellers, tickets, ticket, bank, word):
    from smartqueue.notifications.models import Stop
    from smartqueue.tenants.scope import in_tenant

    texts("TICKET DKR1")
    texts("TICKET DKR1", sender=OTHER)

    assert texts(word) is not None
    told = [(one.status, one.deferrals, one.here_at) for one in (ticket(row.id) for row in tickets())]
    assert told == [("waiting", 0, None)] * 2
    with in_tenant(bank.id):
        assert not Stop.objects.exists()


def test_of_two_tickets_it_is_asked_which(texts, site, two_services, tickets, ticket):
    texts("TICKET DKR1 1")
    texts("TICKET DKR1 2")
    first, second = tickets()

    asked = texts("ANNULER")
    assert [ticket(one.id).status for one in (first, second)] == ["waiting", "waiting"]
    assert first.number in asked
    texts("2")
    assert [ticket(one.id).status for one in (first, second)] == ["waiting", "cancelled"]


def test_a_number_behind_the_word_says_which(texts, site, two_services, tickets, ticket):
    texts("TICKET DKR1 1")
    texts("TICKET DKR1 2")
    first, second = tickets()

    texts(f"ANNULER {first.number}")

    assert [ticket(one.id).status for one in (first, second)] == ["cancelled", "waiting"]


def test_a_second_ticket_is_asked_for_by_somebody_else(texts, site, tellers, tickets):
    texts("TICKET DKR1")
    asked = texts("TICKET DKR1")

    assert tickets()[0].number in asked
    assert len(tickets()) == 1
    texts("2")
    assert len(tickets()) == 2


def test_stop_and_start(texts, site, tellers, bank):
    from smartqueue.notifications.models import Stop
    from smartqueue.tenants.scope import in_tenant

    def stopped():
        with in_tenant(bank.id):
            return list(Stop.objects.values_list("channel", "address"))

    assert "START" in texts("stop")
    assert stopped() == [("sms", PHONE)]
    texts("START")
    assert stopped() == []
    texts("STOP")
    texts("TICKET DKR1")
    assert stopped() == [], "who takes a ticket by SMS wants to hear of it"


@pytest.mark.parametrize("words", ["", "merci beaucoup", "x" * 10_000, "🙂", "' OR 1=1 --", "{{x}}", "\u202e12"])
def test_anything_else_is_answered_with_help(texts, site, tellers, tickets, words):
    answer = texts(words)

    assert "STOP" in answer
    assert tickets() == []


@pytest.mark.parametrize(
    "words", ["TICKET DKR1", "TICKET", "INFO", "AIDE", "STOP", "START", "TICKET ZZZ", "TICKE DKR1", "ICI"]
)
def test_an_answer_is_one_sms(texts, two_services, words):
    from smartqueue.notifications.states.sms import measured

    for language in ("JOIN", "TIKET", "ANNULER"):
        texts(language, sender=OTHER)
        assert measured(texts(words, sender=OTHER)).parts == 1


@pytest.mark.parametrize(("words", "language"), [("JOIN DKR1", "en"), ("TIKET DKR1", "wo"), ("TICKET DKR1", "fr")])
def test_the_word_tells_the_language_of_a_stranger(texts, site, tellers, tickets, words, language):
    texts(words)

    assert tickets()[0].customer.language == language
    texts("CANCEL")
    texts("JOIN DKR1")
    assert tickets()[1].language == language, "then it is kept"


def test_the_same_message_twice_has_one_effect_and_one_answer(texts, site, tellers, tickets, bank):
    for _ in range(3):
        texts("TICKET DKR1", event="once")

    assert len(tickets()) == 1
    assert len(replies(bank)) == 1


def test_the_same_message_twice_at_once_has_one_effect(texts, site, tellers, tickets, bank):
    answers = at_the_same_time(*[lambda: texts("TICKET DKR1", event="once")] * 4)

    assert len(tickets()) == 1, answers
    assert len(replies(bank)) == 1


def test_a_crash_in_the_middle_loses_nothing(texts, site, tellers, tickets, bank, monkeypatch):
    def crash(**_values):
        raise RuntimeError("the process dies here")

    with monkeypatch.context() as patched:
        patched.setattr("smartqueue.phone.chats.reply", crash)
        with pytest.raises(RuntimeError):
            texts("TICKET DKR1", event="once")
    assert tickets() == []

    assert texts("TICKET DKR1", event="once")
    assert len(tickets()) == 1


def test_a_machine_is_not_answered(texts, site, tellers, tickets, bank):
    for sender in ("Orange", "12345", "+22"):
        texts("TICKET DKR1", sender=sender)

    assert (tickets(), replies(bank)) == ([], [])


def test_one_phone_is_answered_so_often_and_no_oftener(texts, site, tellers, bank):
    for _ in range(20):
        texts("merci")

    assert len(replies(bank)) == 12


@pytest.fixture
def chat(connected, bank):
    """`chat(words) -> the answer's row`: a WhatsApp message, signed as Meta signs."""
    from django.test import Client

    hook = connected(
        "meta_whatsapp", secrets={"app_secret": "0123456789abcdef", "access_token": "t", "verify_token": "v"},
        phone_number_id="1234567",
    )  # fmt: skip

    def send(words, *, secret=b"0123456789abcdef", event=None):
        event = event or f"wamid.{uuid4().hex}"
        said = {"from": PHONE[1:], "id": event, "timestamp": "1772442000", "type": "text", "text": {"body": words}}
        value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": "1234567"}, "messages": [said]}
        told = {"object": "whatsapp_business_account", "entry": [{"changes": [{"field": "messages", "value": value}]}]}
        body = json.dumps(told).encode()
        signature = f"sha256={hmac.new(secret, body, hashlib.sha256).hexdigest()}"
        headers = {"X-Hub-Signature-256": signature}
        answer = Client().post(hook, body, content_type="application/json", headers=headers)
        rows = [row for row in replies(bank) if row.cause == f"reply:{event}"]
        return answer.status_code, rows[0] if rows else None

    return send


def test_a_ticket_by_whatsapp_with_choices(chat, site, two_services, tickets):
    _status, asked = chat("Bonjour")
    assert asked.values["options"][0] == ["1", "Agence Plateau DKR1"]
    assert asked.values["intro"]
    assert "1 Agence Plateau DKR1" in asked.body, "words for whoever sees no buttons"
    chat("1")
    _status, sure = chat("2")
    assert "Retrait d'espèces" in sure.body, "WhatsApp keeps its letters"
    _status, end = chat("1")

    (ticket,) = tickets()
    assert ticket.number in end.body
    assert (ticket.channel, ticket.customer.phone) == ("whatsapp", PHONE)
    assert end.values == {}


def test_words_work_on_whatsapp_too(chat, site, tellers, tickets, ticket):
    chat("TICKET DKR1")
    chat("1")
    chat("ANNULER")

    assert [ticket(one.id).status for one in tickets()] == ["cancelled"]


def test_a_forged_message_is_refused_and_nothing_is_kept(chat, site, tellers, tickets, bank):
    status, row = chat("TICKET DKR1", secret=b"another secret", event="wamid.1")

    assert (status, row) == (403, None)
    assert tickets() == []
    assert chat("TICKET DKR1", event="wamid.1")[1] is not None, "the true one is heard afterwards"


def _now():
    from smartqueue.kernel.clock import now

    return now()
