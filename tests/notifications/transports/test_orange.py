"""SMS by Orange: tokens that end, its errors, and what it tells us."""

import json

import pytest

from smartqueue.notifications.states import Outcome
from smartqueue.notifications.transports.base import Call, Forged
from smartqueue.notifications.transports.orange import OrangeSms
from smartqueue.outbound.deadline import Deadline
from tests.cast import at_the_same_time
from tests.notifications.transports.outbox import DEMBA, TURN, called, loopback, message, refused, sent
from tests.sandbox import SandboxServer

HOOK = "http://127.0.0.1:9/hooks/orange_sms/key/"


@pytest.fixture
def account(sandbox: SandboxServer):
    account = sandbox.account("orange")
    account.faults(hook=HOOK, reports={"when": "never"})
    return account


@pytest.fixture
def orange(account):
    return OrangeSms(account.settings, account.secrets)


@pytest.fixture
def tokens(sandbox: SandboxServer, account):
    """How many tokens the account has been given that are still good."""
    return lambda: len(sandbox.boxes["orange"].account(account.name).tokens)


def test_the_fields_of_a_message(account):
    handed = sent(OrangeSms({**account.settings, "sender_name": "SmartQueue"}, account.secrets))

    [kept] = account.messages()
    assert kept["asked"] == {
        "address": f"tel:{DEMBA}",
        "senderAddress": "tel:+2210000",
        "senderName": "SmartQueue",
        "outboundSMSTextMessage": {"message": TURN},
    }
    assert handed.provider_id == kept["id"]


def test_one_token_serves_many_messages(account, orange, tokens):
    for _ in range(3):
        sent(orange)
    sent(OrangeSms(account.settings, account.secrets))

    assert (tokens(), len(account.messages())) == (1, 4)


def test_a_token_that_ends_before_its_time_is_renewed_without_a_word(account, orange, tokens):
    sent(orange)
    account.faults("expired")

    sent(orange)

    assert len(account.messages()) == 2
    assert tokens() == 1


def test_who_is_refused_with_a_new_token_as_well_has_no_account(account, orange):
    sent(orange)
    account.faults("expired", "expired")

    got = refused(orange)

    assert (got.outcome, got.said) == (Outcome.NO_ACCOUNT, "401 42 Expired credentials")
    assert len(account.messages()) == 1


def test_two_senders_at_once_with_an_ended_token_both_get_through(account, orange):
    sent(orange)
    account.faults("expired")
    other = OrangeSms(account.settings, account.secrets)

    with loopback():
        handed = at_the_same_time(
            lambda: orange.send(message(body="one"), Deadline(20)),
            lambda: other.send(message(body="two"), Deadline(20)),
        )

    names = {one["body"]: one["id"] for one in account.messages()}
    assert [one.provider_id for one in handed] == [names["one"], names["two"]]


def test_another_secret_does_not_use_the_token_of_the_former(account, orange):
    sent(orange)

    got = refused(OrangeSms(account.settings, {"client_secret": "another"}))

    assert (got.outcome, got.retry_helps) == (Outcome.NO_ACCOUNT, False)


def test_no_message_is_in_doubt_while_the_token_is_asked_for(account):
    nowhere = OrangeSms({**account.settings, "base_url": "http://127.0.0.1:9"}, account.secrets)

    assert not refused(nowhere).is_unknown


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("SVC0004", Outcome.REFUSED_RECIPIENT),
        ("POL1009", Outcome.NO_ACCOUNT),
        ("POL9003", Outcome.TOO_LONG),
        ("POL0001 Insufficient credit for %1", Outcome.NO_CREDIT),
        ("SVC0002 Invalid input value for %1", Outcome.REFUSED_MESSAGE),
    ],
)
def test_a_refusal_goes_by_its_code(account, orange, code, outcome):
    account.faults({"name": "rejected", "code": code})

    got = refused(orange)

    assert (got.outcome, got.retry_helps, got.is_unknown) == (outcome, False, False)
    assert code in got.said


@pytest.mark.parametrize(
    ("status", "arrived", "outcome"),
    [
        ("DeliveredToTerminal", True, None),
        ("DeliveredToNetwork", None, None),
        ("DeliveryUncertain", None, None),
        ("MessageWaiting", None, None),
        ("DeliveryImpossible", False, Outcome.REFUSED_RECIPIENT),
    ],
)
def test_a_report_says_what_became_of_the_message(account, orange, status, arrived, outcome):
    handed = sent(orange)
    account.report(status=status)

    [report] = orange.read(called(account.calls()[-1])).reports

    assert (report.provider_id, report.has_arrived, report.outcome) == (handed.provider_id, arrived, outcome)
    assert report.event_id == f"{handed.provider_id}:{status}"


def test_what_a_person_writes_is_understood(account, orange):
    account.inbound(DEMBA, "TICKET DKR1 à + & =", event_id="in-1")

    [said] = orange.read(called(account.calls()[-1])).inbound

    assert (said.event_id, said.sender, said.text) == ("in-1", DEMBA, "TICKET DKR1 à + & =")
    assert said.at is not None


def test_a_message_without_a_name_is_the_same_one_when_it_comes_again(orange):
    def read(text: str, at: str = "2012-10-10T11:17:27+02:00"):
        message = {"senderAddress": "tel:+221771234567", "message": text, "dateTime": at}
        body = json.dumps({"inboundSMSMessageNotification": {"inboundSMSMessage": message}}).encode()
        return orange.read(Call("POST", HOOK, {}, {}, body)).inbound[0].event_id

    assert read("INFO") == read("INFO") != read("STOP")
    assert read("INFO") != read("INFO", "2012-10-10T11:17:28+02:00")


@pytest.mark.parametrize("body", [b"", b"[]", b"no", b"\xff", b"[" * 100_000])
def test_what_is_no_object_is_not_from_orange(orange, body):
    with pytest.raises(Forged):
        orange.read(Call("POST", HOOK, {}, {}, body))


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"deliveryInfoNotification": {}},
        {"deliveryInfoNotification": {"deliveryInfo": None, "callbackData": "1"}},
        {"deliveryInfoNotification": {"deliveryInfo": {"deliveryStatus": "DeliveredToTerminal"}}},
        {"inboundSMSMessageNotification": []},
        {"inboundSMSMessageNotification": {"inboundSMSMessage": {"senderAddress": "tel:Orange", "message": "Promo"}}},
    ],
)
def test_anything_else_is_nothing(orange, told):
    reading = orange.read(Call("POST", HOOK, {}, {}, json.dumps(told).encode()))

    assert (list(reading.reports), list(reading.inbound)) == ([], [])


def test_several_reports_about_one_message(orange):
    told = {
        "callbackData": "7",
        "deliveryInfo": [{"deliveryStatus": "DeliveredToNetwork"}, {"deliveryStatus": "DeliveredToTerminal"}],
    }
    body = json.dumps({"deliveryInfoNotification": told}).encode()

    reports = orange.read(Call("POST", HOOK, {}, {}, body)).reports

    assert [(one.provider_id, one.has_arrived) for one in reports] == [("7", None), ("7", True)]
