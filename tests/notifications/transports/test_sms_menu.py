"""What can go wrong with any provider goes wrong with each SMS provider, over real HTTP: one menu for all."""

import json
from contextlib import suppress

import pytest
from django.test import override_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from smartqueue.notifications.states import Outcome
from smartqueue.notifications.transports import transport_class
from smartqueue.notifications.transports.base import Call, Forged, Transport, TransportFault
from smartqueue.outbound.deadline import Deadline
from tests.notifications.transports.outbox import DEMBA, TURN, message, refused, sent
from tests.sandbox import SandboxAccount, SandboxServer

NAMES = [
    "id", "status", "from", "text", "callbackData", "deliveryInfo", "deliveryStatus", "deliveryInfoNotification",
    "inboundSMSMessageNotification", "inboundSMSMessage", "senderAddress", "message", "dateTime", "messageId",
]  # fmt: skip
PROVIDERS = {"twilio": "twilio_sms", "at": "at_sms", "orange": "orange_sms", "http": "http_sms"}
Pair = tuple[SandboxAccount, Transport]


@pytest.fixture(params=PROVIDERS)
def connected(request, sandbox: SandboxServer) -> Pair:
    """An account of each provider, and what speaks to it."""
    account = sandbox.account(request.param)
    return account, transport_class(PROVIDERS[request.param])(account.settings, account.secrets)


CREDENTIALS: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "twilio": ({"account_sid": f"AC{'0' * 32}"}, {"auth_token": "t"}),
    "at": ({"username": "a"}, {"api_key": "k"}),
    "orange": ({"client_id": "c"}, {"client_secret": "s"}),
    "http": ({"report_id": "deliveryInfo.id", "report_status": "message.status"}, {}),
}


def bodies(account: SandboxAccount) -> list[str]:
    return [one["body"] for one in account.messages()]


def test_a_message_arrives_as_it_is_and_its_name_comes_back(connected: Pair):
    account, transport = connected
    words = TURN + ' "à" ŋ & = + % {id} \\ \n 😀'

    handed = sent(transport, message(body=words))

    [kept] = account.messages()
    assert kept["body"] == words
    assert kept["to"].removeprefix("tel:") == DEMBA
    assert (handed.provider_id, handed.parts) == (kept["id"], 1)


def test_parts_are_counted(connected: Pair):
    _account, transport = connected

    assert sent(transport, message(body="é" * 161)).parts == 2
    assert sent(transport, message(body="ë" * 71)).parts == 2


@pytest.mark.parametrize(
    ("fault", "outcome", "retry_helps", "is_unknown", "retry_after_s", "taken"),
    [
        ("cut", Outcome.CLOSED, True, True, None, 1),
        ({"name": "busy", "seconds": 7}, Outcome.BUSY, True, False, 7.0, 0),
        ("broken", Outcome.THEIR_TROUBLE, True, False, None, 0),
        ({"name": "broken", "code": "502"}, Outcome.THEIR_TROUBLE, True, True, None, 0),
        ("taken_broken", Outcome.THEIR_TROUBLE, True, True, None, 1),
        ("garbage", None, False, None, None, 1),
        ("huge", Outcome.NOT_UNDERSTOOD, False, True, None, 1),
        ("moved", Outcome.NOT_UNDERSTOOD, False, False, None, 0),
    ],
    ids=str,
)
def test_each_fault_is_told_apart(
    connected: Pair, fault, outcome, retry_helps, is_unknown, retry_after_s, taken
):  # fmt: skip
    account, transport = connected
    if fault == "garbage":  # a gateway whose good answer is known can tell; then it is simply not a good one
        outcome, is_unknown = (
            (Outcome.REFUSED_MESSAGE, False) if account.provider == "http" else (Outcome.NOT_UNDERSTOOD, True)
        )
    account.faults(fault)

    got = refused(transport)

    assert (got.outcome, got.retry_helps, got.is_unknown) == (outcome, retry_helps, is_unknown)
    assert got.retry_after_s == retry_after_s
    assert len(account.messages()) == taken


def test_after_a_5xx_the_same_message_goes_through(connected: Pair):
    account, transport = connected
    account.faults("broken", "broken")
    outgoing = message()

    assert [refused(transport, outgoing).retry_helps for _ in range(2)] == [True, True]
    sent(transport, outgoing)
    assert bodies(account) == [TURN]


@pytest.mark.parametrize(("fault", "taken"), [({"name": "slow", "seconds": 3}, 1), ("hang", 0)])
def test_who_answers_after_the_deadline_has_perhaps_taken_it(connected: Pair, fault, taken):
    account, transport = connected
    sent(transport, message(body="before"))
    account.faults(fault)

    got = refused(transport, seconds=1)

    assert (got.outcome, got.is_unknown, got.retry_helps) == (Outcome.TIMEOUT, True, True)
    assert len(bodies(account)) == 1 + taken


@pytest.mark.parametrize("wrong", ["+2217712345", "72 223 45 67", "abc", "", "+221771234567;ext=3", "'; DROP"])
def test_a_wrong_number_is_refused_before_anybody_is_asked(connected: Pair, wrong):
    account, transport = connected

    assert refused(transport, message(to=wrong)).outcome == Outcome.REFUSED_RECIPIENT
    assert account.messages() == []


def test_wrong_secrets_are_the_accounts_fault(connected: Pair):
    account, transport = connected
    others = dict.fromkeys(account.secrets, "another")

    got = refused(type(transport)(account.settings, others))

    assert (got.outcome, got.retry_helps, got.is_unknown) == (Outcome.NO_ACCOUNT, False, False)
    assert account.messages() == []


def test_nobody_there_and_nobody_allowed(connected: Pair):
    account, transport = connected
    nowhere = type(transport)({**account.settings, "base_url": "http://127.0.0.1:9/x"}, account.secrets)

    assert refused(nowhere).outcome == Outcome.UNREACHABLE
    for inside in ("https://10.0.0.1/x", "http://169.254.169.254/latest", "https://[::ffff:10.0.0.1]/", "file:///etc"):
        got = refused(type(transport)({**account.settings, "base_url": inside}, account.secrets))
        assert got.outcome in (Outcome.NOT_ALLOWED, Outcome.NO_TLS, Outcome.NOT_UNDERSTOOD)
        assert not got.retry_helps


def test_this_machine_is_closed_where_nobody_opened_it(connected: Pair):
    account, transport = connected
    with override_settings(OUTBOUND_LOOPBACK=False), pytest.raises(TransportFault) as fault:
        transport.send(message(), Deadline(20))

    assert (fault.value.outcome, fault.value.is_unknown) == (Outcome.NO_TLS, False)
    assert account.messages() == []


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("²"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("provider", PROVIDERS)
@settings(max_examples=60, deadline=None)
@given(told=ODD)
def test_no_answer_and_no_request_throws_anything_unexpected(provider: str, told: object):
    """Whatever JSON a gateway makes up, as an answer or as a call."""
    transport = transport_class(PROVIDERS[provider])(*CREDENTIALS[provider])
    body = json.dumps(told).encode()
    with suppress(Forged):
        reading = transport.read(Call("POST", "https://a.example/", {"content-type": "application/json"}, {}, body))
        for one in (*reading.reports, *reading.inbound):
            assert 0 < len(one.event_id) <= 250


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b", "é" * 5_000])
def test_what_a_database_would_refuse_does_not_get_there(text: str):
    """Of signed requests as well: a person may write anything."""
    told = {"from": DEMBA, "text": text, "id": text}
    transport = transport_class("http_sms")({}, {})

    [said] = transport.read(Call("POST", "https://a.example/", {}, {}, json.dumps(told).encode())).inbound

    assert said.text in ("ab", "é" * 1_600)
    assert said.event_id in ("ab", "é" * 120)


@pytest.mark.parametrize(
    "told",
    ["[" * 60_000, "[]", "7", "null", '{"SMSMessageData": {"Recipients": [7]}}', '{"SMSMessageData": []}',
     '{"SMSMessageData": {"Recipients": [{"statusCode": "²"}]}}', '{"outboundSMSMessageRequest": [1]}',
     '{"outboundSMSMessageRequest": {}}', '{"sid": null}', '{"sid": "SM1", "error_code": "²"}',
     '{"messages": 7}', '{"messages": [[]]}'],
)  # fmt: skip
def test_an_answer_of_any_shape_is_a_fault_and_no_crash(connected: Pair, told: str):
    account, transport = connected
    account.faults({"name": "says", "code": told})

    got = refused(transport)

    assert got.outcome in (Outcome.NOT_UNDERSTOOD, Outcome.REFUSED_MESSAGE)
    assert not got.retry_helps
