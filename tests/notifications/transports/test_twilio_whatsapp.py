"""WhatsApp by Twilio: its messages API, with templates outside the window."""

import json

import pytest
from django.test import override_settings

from smartqueue.notifications.states import Outcome
from smartqueue.notifications.transports.base import Transport
from smartqueue.notifications.transports.twilio_whatsapp import TwilioWhatsApp, content_of
from tests.notifications.transports.asking import DEMBA, fault, handed, outgoing, seen

SID = "HX" + "1" * 32


@pytest.fixture(autouse=True)
def developers_machine():
    with override_settings(OUTBOUND_LOOPBACK=True):
        yield


@pytest.fixture
def account(sandbox):
    return sandbox.account("twilio")


@pytest.fixture
def whatsapp(account):
    own = {"your_turn": {"content_sid": {"fr": SID}, "places": ["ticket_number", "counter_name"]}}
    return TwilioWhatsApp({**account.settings, "templates": json.dumps(own)}, account.secrets)


def test_a_template_is_named_and_filled(account, whatsapp):
    message = outgoing(language="wo", report_to="https://sq.example/hooks/twilio_whatsapp/k/")

    name = handed(whatsapp, message).provider_id

    (kept,) = account.messages()
    assert (kept["id"], kept["to"], kept["sender"]) == (name, f"whatsapp:{DEMBA}", "whatsapp:+15005550006")
    assert kept["asked"]["ContentSid"] == SID
    assert json.loads(kept["asked"]["ContentVariables"]) == {"1": "A042", "2": "Guichet 3"}
    assert "Body" not in kept["asked"]
    assert str(message.id) in kept["report_to"]


def test_words_of_our_own_inside_the_window(account, whatsapp):
    handed(whatsapp, outgoing(is_window_open=True))
    (kept,) = account.messages()
    assert (kept["body"], "ContentSid" in kept["asked"]) == (outgoing().body, False)


@pytest.mark.parametrize("templates", ["", "[1", '{"missed": "HX"}', '{"your_turn": 3}'])
def test_without_a_template_nothing_goes_out(account, templates):
    whatsapp = TwilioWhatsApp({**account.settings, "templates": templates}, account.secrets)
    assert seen(fault(whatsapp)) == (Outcome.REFUSED_TEMPLATE, False, False, None)
    assert account.messages() == []


@pytest.mark.parametrize(
    ("own", "expected"),
    [(SID, (SID, [])), ({"fr": "a", "wo": "b"}, ("b", [])), ({"fr": "a"}, ("a", [])), ({}, ("", [])),
     ({"content_sid": "a", "places": ["news", 3]}, ("a", ["news"])), (None, ("", []))],
)  # fmt: skip
def test_which_template(own, expected):
    sid, places = content_of({"your_turn": own}, "your_turn", "wo")
    assert (sid, list(places)) == expected


def test_what_is_too_long_is_said_before_the_call(account, whatsapp):
    assert fault(whatsapp, outgoing(is_window_open=True, body="x" * 1_601)).outcome == Outcome.TOO_LONG
    assert account.messages() == []


@pytest.mark.parametrize(
    ("code", "expected"),
    [("63016", Outcome.WINDOW_CLOSED), ("63024", Outcome.REFUSED_RECIPIENT), ("63038", Outcome.BUSY),
     ("63027", Outcome.REFUSED_TEMPLATE)],
)  # fmt: skip
def test_refusals_of_whatsapp_have_their_names(account, whatsapp, code, expected):
    account.faults({"name": "rejected", "code": code})
    assert fault(whatsapp).outcome == expected


def test_an_answer_that_was_lost(account, whatsapp):
    account.faults("cut")
    assert seen(fault(whatsapp)) == (Outcome.CLOSED, True, True, None)
    assert TwilioWhatsApp.find is Transport.find


def test_a_report_and_a_person_are_read(account, whatsapp):
    from tests.notifications.transports.test_anymails import delivered

    message = outgoing(report_to="http://127.0.0.1:9/hooks/twilio_whatsapp/k/")
    name = handed(whatsapp, message).provider_id
    account.report(status="read", url="")
    told = account.calls()[-1]
    call = delivered(account)
    query = {"notification": str(message.id)}
    reading = whatsapp.read(type(call)("POST", told["url"], told["headers"], query, call.body))
    (report,) = reading.reports
    assert (report.provider_id, report.has_arrived, report.notification_id) == (name, True, message.id)

    account.inbound(f"whatsapp:{DEMBA}", "JOIN", url="http://127.0.0.1:9/hooks/twilio_whatsapp/k/")
    (said,) = whatsapp.read(delivered(account)).inbound
    assert (said.sender, said.text) == (DEMBA, "JOIN")
