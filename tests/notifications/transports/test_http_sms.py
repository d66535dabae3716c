"""SMS by any HTTP gateway: what its owner writes down, and that no message gets out of its place."""

import json
from urllib.parse import urlencode

import pytest

from smartqueue.notifications.states import Outcome
from smartqueue.notifications.transports.base import Call
from smartqueue.notifications.transports.http_sms import HttpSms
from tests.notifications.transports.outbox import DEMBA, TURN, called, message, refused, sent
from tests.sandbox import SandboxServer

HOOK = "http://127.0.0.1:9/hooks/http_sms/key/"
EVIL = 'x&to=+221770000000&text=y"} , {"to": "z\\" \r\nX-Evil: 1 %26 {key} {to}'
WAYS = {
    "get": {"method": "GET", "query": "to={to}&text={text}&from={sender}&id={id}&key={key}&as=line", "body": ""},
    "form": {"body_type": "form", "body": "to={to}&text={text}&from={sender}&id={id}&key={key}", "headers": ""},
    "json": {},
}


@pytest.fixture
def account(sandbox: SandboxServer):
    account = sandbox.account("http")
    account.faults(hook=HOOK, reports={"when": "never"})
    return account


@pytest.fixture
def http(account):
    return HttpSms(account.settings, account.secrets)


def of(account, **more) -> HttpSms:
    return HttpSms({**account.settings, **more}, account.secrets)


@pytest.mark.parametrize("way", WAYS)
def test_what_is_written_down_is_what_is_asked(account, way):
    line = {"good_answer": "OK", "id_in_answer": "OK: {id}"} if way == "get" else {}
    outgoing = message()

    handed = sent(of(account, **WAYS[way], **line), outgoing)

    [kept] = account.messages()
    asked = {name: kept["asked"][name] for name in ("to", "text", "from", "id")}
    assert asked == {"to": DEMBA, "text": TURN, "from": "SmartQueue", "id": str(outgoing.id)}
    assert handed.provider_id == kept["id"]


@pytest.mark.parametrize("way", WAYS)
def test_no_message_gets_out_of_its_place(account, way):
    sent(of(account, **WAYS[way], good_answer=""), message(body=EVIL))

    [kept] = account.messages()
    assert (kept["to"], kept["body"]) == (DEMBA, EVIL)
    assert set(kept["asked"]) - {"as"} == {"to", "text", "from", "id"}


def test_no_message_writes_a_header(account):
    account_with = of(account, headers="Authorization: Bearer {key}\nX-Text: {text}\nHost: elsewhere.example\nbad line")

    sent(account_with, message(body=EVIL))

    assert [one["body"] for one in account.messages()] == [EVIL]


@pytest.mark.parametrize(("numbers", "to"), [("plus", DEMBA), ("digits", DEMBA[1:]), ("national", "771234567")])
def test_numbers_are_written_as_the_gateway_wants_them(account, numbers, to):
    sent(of(account, numbers=numbers))

    assert account.messages()[0]["to"] == to


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"id_in_answer": "messages.0.id"}, True),
        ({"id_in_answer": '"messages":[{"id":"{id}"'}, True),
        ({"id_in_answer": "messages.1.id"}, False),
        ({"id_in_answer": "messages.²"}, False),
        ({"id_in_answer": "messages"}, False),
        ({"id_in_answer": "ERR {id}"}, False),
        ({"id_in_answer": ""}, False),
    ],
)
def test_the_messages_name_is_where_it_was_said_to_be(account, settings, name):
    handed = sent(of(account, **settings))

    assert handed.provider_id == (account.messages()[0]["id"] if name else "")


def test_a_refusal_inside_a_good_answer_is_a_refusal(account, http):
    account.faults({"name": "rejected", "code": "no credit"})

    got = refused(http)

    assert (got.outcome, got.retry_helps, got.is_unknown) == (Outcome.REFUSED_MESSAGE, False, False)
    assert "no credit" in got.said


def test_a_report_says_what_became_of_the_message(account, http):
    handed = sent(http)
    found = []
    for status in ("delivered", "failed", "queued"):
        account.report(status=status)
        found += http.read(called(account.calls()[-1])).reports

    assert [(one.provider_id, one.has_arrived) for one in found] == [
        (handed.provider_id, True), (handed.provider_id, False), (handed.provider_id, None),
    ]  # fmt: skip
    assert found[1].outcome == Outcome.THEIR_TROUBLE


def test_fields_and_words_of_reports_are_the_gateways(account):
    told = {"dlr": {"ref": 17, "state": "FINI"}}
    gateway = of(account, report_id="dlr.ref", report_status="dlr.state", delivered_words="fini, recu")

    [report] = gateway.read(Call("POST", HOOK, {}, {}, json.dumps(told).encode())).reports

    assert (report.event_id, report.provider_id, report.has_arrived) == ("17:FINI", "17", True)


def test_a_report_under_our_own_name_names_the_notification(account, http):
    outgoing = message()
    body = urlencode({"id": str(outgoing.id), "status": "delivered"}).encode()

    [report] = http.read(Call("POST", HOOK, {}, {}, body)).reports

    assert report.notification_id == outgoing.id


def test_what_a_person_writes_is_understood(account, http):
    """By GET, and without the plus."""
    account.inbound(DEMBA, "TICKET DKR1 à + & =", event_id="in-1")

    [said] = http.read(called(account.calls()[-1])).inbound

    assert (said.event_id, said.sender, said.text) == ("in-1", DEMBA, "TICKET DKR1 à + & =")


@pytest.mark.parametrize("raw", ["+221771234567", "221771234567", "00221771234567", "77 123 45 67", "771234567"])
def test_senders_are_e_164_however_a_gateway_writes_them(http, raw):
    body = urlencode({"from": raw, "text": "INFO"}).encode()

    assert http.read(Call("POST", HOOK, {}, {}, body)).inbound[0].sender == DEMBA


def test_a_number_of_another_country_without_its_plus(http):
    body = urlencode({"from": "33612345678", "text": "INFO"}).encode()

    assert http.read(Call("POST", HOOK, {}, {}, body)).inbound[0].sender == "+33612345678"


@pytest.mark.parametrize("body", [b"", b"text=INFO", b"from=21212&text=Promo", b"id=1", b"from=%2B221771234567&text="])
def test_anything_else_is_nothing(http, body):
    reading = http.read(Call("POST", HOOK, {}, {}, body))

    assert (reading.reports, reading.inbound) == ((), ())
