"""SMS by Africa's Talking: what is its own, beside the menu of all."""

import pytest

from smartqueue.notifications.states import Outcome
from smartqueue.notifications.transports.africastalking import SANDBOX_URL, AfricasTalkingSms
from smartqueue.notifications.transports.base import Call
from tests.notifications.transports.outbox import DEMBA, TURN, called, message, refused, sent
from tests.sandbox import SandboxServer

HOOK = "http://127.0.0.1:9/hooks/at_sms/key/"


@pytest.fixture
def account(sandbox: SandboxServer):
    account = sandbox.account("at")
    account.faults(hook=HOOK, reports={"when": "never"})
    return account


@pytest.fixture
def at(account):
    return AfricasTalkingSms(account.settings, account.secrets)


def test_the_fields_of_a_message(account, at):
    handed = sent(AfricasTalkingSms({**account.settings, "sender": "SmartQueue"}, account.secrets))

    [kept] = account.messages()
    assert kept["asked"] == {"username": account.name, "to": DEMBA, "message": TURN, "from": "SmartQueue"}
    assert (handed.provider_id, handed.cost_xof) == (kept["id"], 13)
    assert handed.provider_id.startswith("ATXid_")


@pytest.mark.parametrize(
    ("code", "outcome", "retry_helps"),
    [
        ("401", Outcome.BUSY, True),
        ("402", Outcome.REFUSED_SENDER, False),
        ("403", Outcome.REFUSED_RECIPIENT, False),
        ("404", Outcome.REFUSED_RECIPIENT, False),
        ("405", Outcome.NO_CREDIT, False),
        ("406", Outcome.RECIPIENT_GONE, False),
        ("407", Outcome.REFUSED_RECIPIENT, False),
        ("409", Outcome.RECIPIENT_GONE, False),
        ("500", Outcome.THEIR_TROUBLE, True),
        ("501", Outcome.THEIR_TROUBLE, True),
        ("502", Outcome.THEIR_TROUBLE, True),
        ("499", Outcome.REFUSED_MESSAGE, False),
        ("InvalidSenderId", Outcome.REFUSED_SENDER, False),
        ("InsufficientBalance", Outcome.NO_CREDIT, False),
        ("Something else", Outcome.REFUSED_MESSAGE, False),
    ],
)
def test_a_refusal_inside_a_good_answer_is_a_refusal(account, at, code, outcome, retry_helps):
    account.faults({"name": "rejected", "code": code})

    got = refused(at)

    assert (got.outcome, got.retry_helps, got.is_unknown) == (outcome, retry_helps, False)
    assert code in got.said
    assert account.messages() == []


def test_their_sandbox_has_an_address_of_its_own(account):
    assert AfricasTalkingSms({"username": "sandbox"}, {}).base == SANDBOX_URL
    assert AfricasTalkingSms({"username": "sandbox", "base_url": "https://a.example"}, {}).base == "https://a.example"
    assert AfricasTalkingSms({"username": "banque"}, {}).base == "https://api.africastalking.com"


@pytest.mark.parametrize(
    ("status", "reason", "arrived", "outcome"),
    [
        ("Sent", "", None, None),
        ("Submitted", "", None, None),
        ("Buffered", "", None, None),
        ("Success", "", True, None),
        ("Rejected", "InsufficientCredit", False, Outcome.NO_CREDIT),
        ("Failed", "UserInBlackList", False, Outcome.RECIPIENT_GONE),
        ("Failed", "UserDoesNotExist", False, Outcome.REFUSED_RECIPIENT),
        ("Failed", "DeliveryFailure", False, Outcome.THEIR_TROUBLE),
        ("Unheard", "", None, None),
    ],
)
def test_a_report_says_what_became_of_the_message(account, at, status, reason, arrived, outcome):
    handed = sent(at)
    account.report(status=status, code=reason)

    [report] = at.read(called(account.calls()[-1])).reports

    assert (report.provider_id, report.has_arrived, report.outcome) == (handed.provider_id, arrived, outcome)
    assert report.event_id == f"{handed.provider_id}:{status}"


def test_what_a_person_writes_is_understood(account, at):
    account.inbound(DEMBA, "TICKET DKR1 à + & =", event_id="in-1")

    [said] = at.read(called(account.calls()[-1])).inbound

    assert (said.event_id, said.sender, said.text) == ("in-1", DEMBA, "TICKET DKR1 à + & =")


def test_a_message_without_a_name_is_the_same_one_when_it_comes_again(at):
    def read(body: bytes):
        return at.read(Call("POST", HOOK, {}, {}, body)).inbound[0].event_id

    first = read(b"from=%2B221771234567&text=INFO&date=1")

    assert read(b"from=%2B221771234567&text=INFO&date=1") == first
    assert read(b"from=%2B221771234567&text=INFO&date=2") != first


def test_anything_else_is_nothing(at):
    for body in (b"", b"id=1", b"status=Success", b"text=INFO", b"from=Orange&text=Promo&id=1"):
        reading = at.read(Call("POST", HOOK, {}, {}, body))

        assert (reading.reports, reading.inbound) == ((), ())


def test_a_price_in_another_money_is_not_ours(account, at):
    from smartqueue.notifications.transports.africastalking import _xof

    assert [_xof(one) for one in ("XOF 12.5000", "XOF 12", "KES 0.8000", "0", "", "XOF inf", "XOF x")] == [
        13, 12, None, None, None, None, None,
    ]  # fmt: skip


def test_a_message_of_two_parts_counts_two(at):
    assert sent(at, message(body="a" * 161)).parts == 2
