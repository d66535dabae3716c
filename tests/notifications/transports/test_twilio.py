"""SMS by Twilio, over real HTTP against the stand-in; signatures against Twilio's own example."""

import hashlib
from datetime import timedelta

import pytest

from smartqueue.kernel.ids import uuid7
from smartqueue.notifications.states import Outcome
from smartqueue.notifications.transports.base import Call, Forged
from smartqueue.notifications.transports.twilio import TwilioSms, made_at, signature, signed_form
from smartqueue.outbound.deadline import Deadline
from tests.notifications.transports.outbox import DEMBA, TURN, called, loopback, message, refused, sent
from tests.sandbox import SandboxServer

HOOK = "http://127.0.0.1:9/hooks/twilio_sms/key/"
EXAMPLE = "https://mycompany.com/myapp.php?foo=1&bar=2"
FORM = [
    ("CallSid", "CA1234567890ABCDE"), ("Caller", "+12349013030"), ("Digits", "1234"), ("From", "+12349013030"),
    ("To", "+18005551212"),
]  # fmt: skip
BODY = b"CallSid=CA1234567890ABCDE&Caller=%2B12349013030&Digits=1234&From=%2B12349013030&To=%2B18005551212"
SIGNED = "0/KCTR6DLpKmkAf8muzZqo1nDgQ="


@pytest.fixture
def account(sandbox: SandboxServer):
    return sandbox.account("twilio")


@pytest.fixture
def twilio(account):
    return TwilioSms(account.settings, account.secrets)


def test_a_message_is_handed_over_with_its_sender_and_the_address_of_reports(account, twilio):
    outgoing = message(report_to=f"{HOOK}?a=1")

    handed = sent(twilio, outgoing)

    [kept] = account.messages()
    assert (handed.provider_id, handed.parts, handed.cost_xof) == (kept["id"], 1, None)
    assert kept["asked"] == {
        "To": DEMBA,
        "From": "+15005550006",
        "Body": TURN,
        "StatusCallback": f"{HOOK}?a=1&notification={outgoing.id}",
    }


def test_a_messaging_service_stands_in_the_place_of_a_number(account):
    service = f"MG{'0' * 32}"

    sent(TwilioSms({**account.settings, "sender": service}, account.secrets))

    [kept] = account.messages()
    assert (kept["asked"]["MessagingServiceSid"], "From" in kept["asked"]) == (service, False)


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("21211", Outcome.REFUSED_RECIPIENT),
        ("21614", Outcome.REFUSED_RECIPIENT),
        ("21610", Outcome.RECIPIENT_GONE),
        ("21606", Outcome.REFUSED_SENDER),
        ("21617", Outcome.TOO_LONG),
        ("20003", Outcome.NO_ACCOUNT),
        ("99999", Outcome.REFUSED_MESSAGE),
    ],
)
def test_a_refusal_goes_by_its_code(account, twilio, code, outcome):
    account.faults({"name": "rejected", "code": code})

    got = refused(twilio)

    assert (got.outcome, got.retry_helps, got.is_unknown) == (outcome, False, False)
    assert got.said.split()[1] == code
    assert account.messages() == []


def test_what_was_taken_without_an_answer_is_found(account, twilio):
    account.faults({"name": "slow", "seconds": 3})
    outgoing = message()

    got = refused(twilio, outgoing, seconds=1)

    assert (got.outcome, got.is_unknown, got.retry_helps) == (Outcome.TIMEOUT, True, True)
    with loopback():
        found = twilio.find(outgoing, Deadline(20))
    assert found is not None
    assert [one["id"] for one in account.messages()] == [found.provider_id]


def test_what_was_not_taken_is_not_found(account, twilio):
    sent(twilio, message(body="A-146"))
    outgoing = message()
    account.faults("broken")
    refused(twilio, outgoing)

    with loopback():
        assert twilio.find(outgoing, Deadline(20)) is None


def test_the_same_words_of_an_hour_before_are_another_message(account, twilio):
    sent(twilio)
    later = uuid7()
    later = type(later)(int=later.int + (3_600_000 << 80))

    with loopback():
        assert twilio.find(message(id=later), Deadline(20)) is None


def test_an_id_says_when_it_was_made():
    made = made_at(uuid7())

    assert made is not None
    assert made_at(uuid7()) - made < timedelta(minutes=1)


def test_a_wrong_token_is_refused(account):
    got = refused(TwilioSms(account.settings, {"auth_token": "another"}))

    assert (got.outcome, got.said) == (Outcome.NO_ACCOUNT, "401 20003 Authenticate")


def test_the_example_of_twilio_is_signed_right():
    assert signature("12345", EXAMPLE, FORM) == SIGNED


@pytest.mark.parametrize("url", [EXAMPLE, EXAMPLE.replace(".com/", ".com:443/")])
def test_the_signature_holds_with_and_without_the_port(url):
    call = Call("POST", url, {"x-twilio-signature": SIGNED}, {"foo": "1", "bar": "2"}, BODY)

    assert signed_form(call, "12345") == dict(FORM)


@pytest.mark.parametrize(
    "change",
    [
        {"url": EXAMPLE.replace("foo=1&bar=2", "bar=2&foo=1")},
        {"url": EXAMPLE.replace("https", "http")},
        {"url": EXAMPLE.replace("mycompany", "yourcompany")},
        {"body": BODY + b"&Extra="},
        {"body": BODY.replace(b"1234&", b"1235&")},
        {"body": b"\xff\xfe"},
        {"headers": {}},
        {"headers": {"x-twilio-signature": ""}},
        {"headers": {"x-twilio-signature": "é" * 28}},
        {"token": "12346"},
    ],
    ids=str,
)
def test_what_was_changed_is_forged(change):
    told = {"url": EXAMPLE, "headers": {"x-twilio-signature": SIGNED}, "body": BODY, "token": "12345", **change}

    with pytest.raises(Forged):
        signed_form(Call("POST", told["url"], told["headers"], {}, told["body"]), told["token"])


def test_without_a_token_nothing_is_believed():
    made = signature("", EXAMPLE, FORM)

    with pytest.raises(Forged):
        signed_form(Call("POST", EXAMPLE, {"x-twilio-signature": made}, {}, BODY), "")


def test_a_json_body_is_bound_by_its_hash_in_the_url():
    body = '{"text":"à bientôt"}'.encode()
    url = f"https://a.example/hook?bodySHA256={hashlib.sha256(body).hexdigest()}"
    headers = {"content-type": "application/json", "x-twilio-signature": signature("12345", url)}
    query = {"bodySHA256": hashlib.sha256(body).hexdigest()}

    assert signed_form(Call("POST", url, headers, query, body), "12345") == {}
    with pytest.raises(Forged):
        signed_form(Call("POST", url, headers, query, body + b" "), "12345")
    with pytest.raises(Forged):
        signed_form(Call("POST", url, headers, {}, body), "12345")


def told_by(account, **report):
    """What the provider says when it is asked to, as our hook gets it."""
    account.report(**report)
    return called(account.calls()[-1])


@pytest.mark.parametrize(
    ("status", "code", "arrived", "outcome"),
    [
        ("sent", "", None, None),
        ("delivered", "", True, None),
        ("read", "", True, None),
        ("undelivered", "30003", False, Outcome.REFUSED_RECIPIENT),
        ("undelivered", "30007", False, Outcome.REFUSED_MESSAGE),
        ("failed", "30001", False, Outcome.BUSY),
        ("failed", "", False, Outcome.THEIR_TROUBLE),
        ("something_new", "", None, None),
    ],
)
def test_a_report_says_what_became_of_the_message(account, twilio, status, code, arrived, outcome):
    account.faults(reports={"when": "never"})
    outgoing = message(report_to=HOOK)
    handed = sent(twilio, outgoing)

    [report] = twilio.read(told_by(account, status=status, code=code)).reports

    assert (report.provider_id, report.has_arrived, report.outcome) == (handed.provider_id, arrived, outcome)
    assert report.event_id == f"{handed.provider_id}:{status}"
    assert report.notification_id == outgoing.id


@pytest.mark.parametrize("how", ["absent", "bad", "old", "reserialised"])
def test_a_report_with_any_other_signature_is_forged(account, twilio, how):
    account.faults(reports={"when": "never"})
    sent(twilio, message(report_to=HOOK))

    with pytest.raises(Forged):
        twilio.read(told_by(account, status="delivered", signature=how))


def test_a_report_about_another_account_is_forged(sandbox, account):
    """A subaccount has the same token in no case, but who copies one by mistake is told."""
    account.faults(reports={"when": "never"})
    sent(TwilioSms(account.settings, account.secrets), message(report_to=HOOK))
    told = told_by(account, status="delivered")

    with pytest.raises(Forged):
        TwilioSms({**account.settings, "account_sid": f"AC{'f' * 32}"}, account.secrets).read(told)


def test_what_a_person_writes_is_understood(account, twilio):
    account.inbound(DEMBA, "TICKET DKR1 à + & =", event_id="SM1", url=HOOK)

    reading = twilio.read(called(account.calls()[-1]))

    [said] = reading.inbound
    assert (said.event_id, said.sender, said.text) == ("SM1", DEMBA, "TICKET DKR1 à + & =")
    assert (reading.answer, reading.answer_type) == (b"<Response/>", "text/xml")


def test_nobody_answers_a_name_or_a_short_code(account, twilio):
    for sender in ("Orange", "21212"):
        account.inbound(sender, "Promo", url=HOOK)

        assert twilio.read(called(account.calls()[-1])).inbound == ()
