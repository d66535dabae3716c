"""Handing messages over, against real providers' stand-ins."""

from datetime import datetime

import pytest

from tests.cast import at_the_same_time
from tests.notifications.desk import Desk
from tests.sandbox import SandboxServer

pytestmark = pytest.mark.usefixtures("loopback")

TWILIO = "twilio_sms"


@pytest.fixture
def at() -> datetime:
    from smartqueue.kernel.clock import now

    return now()


def send_due(at: datetime) -> int:
    from smartqueue.notifications.actions.sending import send_due as send

    return send(at=at)


def test_a_message_goes_out_and_is_remembered(desk: Desk, sandbox: SandboxServer, at: datetime) -> None:
    account = sandbox.account("twilio")
    desk.connect(account, TWILIO, at=at)
    (message,) = desk.write(at=at)

    send_due(at)

    (taken,), row = account.messages(), desk.row(message)
    assert (taken["to"], taken["body"]) == (row.address, row.body)
    assert (row.status, row.provider, row.provider_id) == ("sent", TWILIO, taken["id"])
    assert (row.sent_at, row.leased_until, row.tries, row.is_simulated) == (at, None, 1, False)
    (fact,) = desk.facts("message.sent")
    assert fact.object_id == message
    assert fact.data == {"kind": "queue_news", "channel": "sms", "is_simulated": False}


@pytest.mark.parametrize("channel", ["sms", "whatsapp", "email", "push"])
def test_without_an_account_a_message_is_kept_to_be_read(desk: Desk, at: datetime, channel: str) -> None:
    (message,) = desk.write(at=at, channel=channel)

    send_due(at)

    row = desk.row(message)
    assert (row.status, row.is_simulated, row.provider, row.cost_xof) == ("sent", True, "simulation", 0)
    (fact,) = desk.facts("message.sent")
    assert fact.data["is_simulated"] is True


def test_eight_senders_at_once_send_each_message_once(desk: Desk, sandbox: SandboxServer, at: datetime) -> None:
    account = sandbox.account("twilio")
    desk.connect(account, TWILIO, at=at)
    messages = desk.write(24, at=at)
    account.faults(latency_s=0.01)

    done = at_the_same_time(*[lambda: send_due(at)] * 8)
    send_due(at)  # those that found the account full went away

    assert not [one for one in done if isinstance(one, Exception)]
    assert sorted(one["body"] for one in account.messages()) == sorted(desk.row(one).body for one in messages)
    assert {row.tries for row in desk.rows()} == {1}
