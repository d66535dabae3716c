"""Push to apps, against a stand-in for Firebase and its door for tokens."""

import json

import pytest
from django.test import override_settings

from smartqueue.notifications.states import Outcome
from smartqueue.notifications.transports import fcm as module
from smartqueue.notifications.transports.fcm import TOKEN_URL, Fcm
from tests.notifications.transports.asking import closed_port, fault, handed, outgoing, seen


@pytest.fixture(autouse=True)
def developers_machine():
    with override_settings(OUTBOUND_LOOPBACK=True):
        yield


@pytest.fixture
def account(sandbox):
    return sandbox.account("fcm")


@pytest.fixture
def fcm(account):
    return Fcm(account.settings, account.secrets)


def to_app(**other):
    return outgoing(**{"to": "dQw4-registration"} | other)


def test_a_message_as_an_app_reads_it(account, fcm):
    message = to_app()

    name = handed(fcm, message).provider_id

    (kept,) = account.messages()
    told = kept["asked"]
    assert (kept["id"], kept["to"]) == (name, "dQw4-registration")
    assert told["notification"] == {"title": message.subject, "body": message.body}
    assert told["data"]["id"] == str(message.id)
    assert told["data"]["url"] == message.link
    assert (told["android"]["priority"], told["android"]["ttl"]) == ("HIGH", "300s")
    assert told["apns"]["headers"]["apns-priority"] == "10"


def test_the_registration_may_come_as_a_subscription(account, fcm):
    handed(fcm, to_app(to=json.dumps({"endpoint": "abc", "p256dh": "", "auth": ""})))
    assert account.messages()[0]["to"] == "abc"


def test_one_token_serves_many_messages(account, fcm, sandbox):
    for _ in range(3):
        handed(fcm, to_app())
    handed(Fcm(account.settings, account.secrets), to_app())
    assert len(sandbox.boxes["fcm"].account(account.name).tokens) == 1


def test_a_token_that_is_taken_back_is_asked_for_once_more(account, fcm):
    handed(fcm, to_app())
    account.faults("expired")
    handed(fcm, to_app())
    assert len(account.messages()) == 2


def test_a_token_that_is_never_good_is_not_asked_for_for_ever(account, fcm):
    account.faults("expired", "expired", "ok")
    assert seen(fault(fcm, to_app())) == (Outcome.NO_ACCOUNT, False, False, None)


def test_a_token_is_asked_for_anew_before_its_time_is_over(account, fcm, sandbox, monkeypatch):
    monkeypatch.setattr(module, "_EARLY_S", 4_000)  # longer than a token lives
    handed(fcm, to_app())
    handed(fcm, to_app())
    assert len(sandbox.boxes["fcm"].account(account.name).tokens) == 2


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ({"name": "rejected", "code": "UNREGISTERED"}, (Outcome.RECIPIENT_GONE, False, False, None)),
        ({"name": "rejected", "code": "SENDER_ID_MISMATCH"}, (Outcome.RECIPIENT_GONE, False, False, None)),
        ({"name": "rejected", "code": "INVALID_ARGUMENT"}, (Outcome.REFUSED_MESSAGE, False, False, None)),
        ({"name": "rejected", "code": "THIRD_PARTY_AUTH_ERROR"}, (Outcome.NO_ACCOUNT, False, False, None)),
        ("busy", (Outcome.BUSY, True, False, 60)),
        ({"name": "busy", "seconds": 5}, (Outcome.BUSY, True, False, 60)),
        ({"name": "busy", "seconds": 300}, (Outcome.BUSY, True, False, 300)),
        ("broken", (Outcome.THEIR_TROUBLE, True, False, None)),
        ({"name": "broken", "code": "500"}, (Outcome.THEIR_TROUBLE, True, True, None)),
        ("cut", (Outcome.CLOSED, True, True, None)),
        ("garbage", (Outcome.NOT_UNDERSTOOD, False, True, None)),
        ("moved", (Outcome.NOT_UNDERSTOOD, False, False, None)),
    ],
)
def test_everything_that_goes_wrong_has_its_name(account, fcm, what, expected):
    handed(fcm, to_app())
    account.faults(what)
    assert seen(fault(fcm, to_app())) == expected


@pytest.mark.parametrize("to", ["gone-1", "other-1", '{"endpoint"'])
def test_a_phone_that_is_gone(fcm, to):
    assert fault(fcm, to_app(to=to)).outcome == Outcome.RECIPIENT_GONE


def test_an_answer_that_does_not_come_in_time(account, fcm):
    handed(fcm, to_app())
    account.faults({"name": "slow", "seconds": 10})
    assert seen(fault(fcm, to_app(), seconds=1)) == (Outcome.TIMEOUT, True, True, None)


def test_what_is_too_long_is_said_before_the_call(account, fcm):
    assert fault(fcm, to_app(body="ŋ" * 2_000)).outcome == Outcome.TOO_LONG
    assert account.messages() == []


@pytest.mark.parametrize("key", ["", "x", "[]", "{}", '{"project_id": "a", "client_email": "b", "private_key": "c"}'])
def test_what_is_no_key_of_a_service_account(account, key):
    assert fault(Fcm(account.settings, {"service_account": key}), to_app()).outcome == Outcome.NO_ACCOUNT


def test_another_accounts_key_opens_nothing(account, fcm, sandbox):
    told = json.loads(account.secrets["service_account"])
    stranger = sandbox.account("fcm").secrets["service_account"]
    mixed = json.loads(stranger) | {"project_id": told["project_id"]}
    assert fault(Fcm(account.settings, {"service_account": json.dumps(mixed)}), to_app()).outcome == Outcome.NO_ACCOUNT
    assert account.messages() == []


def test_nobody_there(account):
    fcm = Fcm({"base_url": f"http://127.0.0.1:{closed_port()}"}, account.secrets)
    assert seen(fault(fcm, to_app())) == (Outcome.UNREACHABLE, True, False, None)


def test_without_another_base_it_is_googles_door(account):
    assert Fcm({}, account.secrets)._token_url == TOKEN_URL
