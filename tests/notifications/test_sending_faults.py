"""What goes wrong at a provider, and what becomes of the message."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.notifications.desk import Desk
from tests.sandbox import SandboxAccount, SandboxServer

pytestmark = pytest.mark.usefixtures("loopback")

TWILIO = "twilio_sms"
LATER = timedelta(minutes=2)


@pytest.fixture
def at() -> datetime:
    from smartqueue.kernel.clock import now

    return now()


@pytest.fixture
def twilio(desk: Desk, sandbox: SandboxServer, at: datetime) -> SandboxAccount:
    account = sandbox.account("twilio")
    desk.connect(account, TWILIO, at=at, price_xof=20)
    account.faults(reports={"when": "never"})
    return account


def send_due(at: datetime) -> int:
    from smartqueue.notifications.actions.sending import send_due as send

    return send(at=at)


def statuses(row: Any) -> list[str]:
    return [line["status"] for line in row.history]


def test_an_answer_that_was_lost_is_asked_for_and_the_message_not_repeated(
    desk: Desk, twilio: SandboxAccount, at: datetime
) -> None:
    (message,) = desk.write(at=at)
    twilio.faults("cut")

    send_due(at)
    row = desk.row(message)
    assert (row.status, row.provider, row.leased_until) == ("pending", TWILIO, None)
    assert at <= row.due_at <= at + timedelta(seconds=2)
    assert row.history[-1] | {"at": ""} == {
        "at": "", "status": "retry", "provider": TWILIO, "outcome": "closed", "is_unknown": True,
    }  # fmt: skip

    send_due(at + LATER)
    (taken,), row = twilio.messages(), desk.row(message)
    assert (row.status, row.provider_id, row.tries) == ("sent", taken["id"], 2)
    assert desk.spent().cost_xof == 20


def test_a_message_whose_sender_died_is_looked_for_first(desk: Desk, twilio: SandboxAccount, at: datetime) -> None:
    from smartqueue.notifications.actions.claiming import LEASE_S, claim_one
    from smartqueue.notifications.actions.sending import _judged

    (message,) = desk.write(at=at)
    claim = claim_one(at=at)
    assert claim
    assert claim.id == message
    letter = _judged(claim, at)
    assert letter
    letter.transport().send(letter.message, _in_time())  # and then it dies

    send_due(at + timedelta(seconds=LEASE_S - 1))
    assert desk.row(message).status == "pending"
    send_due(at + timedelta(seconds=LEASE_S))
    (taken,), row = twilio.messages(), desk.row(message)
    assert (row.status, row.provider_id) == ("sent", taken["id"])
    assert desk.spent().cost_xof == 20


def _in_time() -> Any:
    from smartqueue.outbound.deadline import Deadline

    return Deadline(10)


def test_a_provider_that_is_busy_is_asked_again_when_it_wants(desk: Desk, twilio: SandboxAccount, at: datetime) -> None:
    (message,) = desk.write(at=at)
    twilio.faults({"name": "busy", "seconds": 90})

    send_due(at)
    row = desk.row(message)
    assert (row.status, row.provider, row.due_at) == ("pending", "", at + timedelta(seconds=90))
    send_due(at + timedelta(seconds=89))
    assert desk.row(message).tries == 1
    send_due(at + timedelta(seconds=90))
    assert (desk.row(message).status, desk.row(message).tries) == ("sent", 2)


def test_a_refusal_is_not_repeated_and_costs_nothing(desk: Desk, twilio: SandboxAccount, at: datetime) -> None:
    (message,) = desk.write(at=at)
    twilio.faults({"name": "rejected", "code": "21211"})

    send_due(at)

    row = desk.row(message)
    assert (row.status, row.why_not, row.tries, row.cost_xof) == ("failed", "refused_recipient", 1, 0)
    assert statuses(row) == ["reserved", "returned", "failed"]
    assert (desk.spent().cost_xof, desk.spent().messages) == (0, 0)
    (fact,) = desk.facts("message.failed")
    assert fact.object_id == message


def test_a_message_that_fails_for_good_goes_the_next_way(
    desk: Desk, twilio: SandboxAccount, take: Any, bank: Any, at: datetime
) -> None:
    from smartqueue.customers.models import Customer
    from smartqueue.tenants.scope import in_tenant

    with in_tenant(bank.id):
        demba = Customer.objects.create(tenant=bank, phone="+221770000001", email="demba@example.sn")
    ticket = take(at=at, customer_id=demba.id)
    values = {"ticket_number": "A001", "news": "Fermeture à midi"}
    owner = {"address": demba.phone, "ticket_id": ticket, "customer_id": demba.id}
    (message,) = desk.write(at=at, kind="urgent", values=values, **owner)  # at any hour of the night
    twilio.faults({"name": "rejected", "code": "21614"})

    send_due(at)
    send_due(at)

    first, second = [row for row in desk.rows() if row.cause == desk.row(message).cause]
    assert (first.status, second.status, second.channel, second.address) == ("failed", "sent", "email", demba.email)


def test_what_always_fails_is_given_up_after_eight_tries(desk: Desk, twilio: SandboxAccount, at: datetime) -> None:
    (message,) = desk.write(at=at, expires_at=at + timedelta(days=1))
    twilio.faults(rates={"broken": 1.0})

    for minutes in range(0, 300, 6):
        send_due(at + timedelta(minutes=minutes))

    row = desk.row(message)
    assert (row.status, row.why_not, row.tries) == ("failed", "given_up", 8)
    assert desk.spent().cost_xof == 0
    assert twilio.messages() == []


def test_a_message_is_not_tried_beyond_its_end(desk: Desk, twilio: SandboxAccount, at: datetime) -> None:
    (message,) = desk.write(at=at, expires_at=at + timedelta(seconds=60))
    twilio.faults({"name": "busy", "seconds": 60})

    send_due(at)

    assert (desk.row(message).status, desk.row(message).why_not) == ("failed", "given_up")


def test_another_account_of_the_channel_takes_over_when_one_lets_nobody_in(
    desk: Desk, sandbox: SandboxServer, twilio: SandboxAccount, at: datetime
) -> None:
    second = sandbox.account("at")
    desk.connect(second, "at_sms", at=at, rank=2, price_xof=15)
    (message,) = desk.write(at=at)
    twilio.faults(rates={"expired": 1.0})

    send_due(at)

    row = desk.row(message)
    assert (row.status, row.provider, row.tries) == ("sent", "at_sms", 2)
    account = desk.integration(TWILIO)
    assert account.broken_until == at + timedelta(minutes=5)
    (fact,) = desk.facts("integration.broken")
    assert fact.data == {"provider": TWILIO, "outcome": "no_account"}


def tried(desk: Desk, message: UUID) -> int:
    return int(desk.row(message).tries)


def test_an_account_that_fails_five_times_is_left_alone_and_then_tried_with_one_message(
    desk: Desk, twilio: SandboxAccount, at: datetime
) -> None:
    messages = desk.write(7, at=at, expires_at=at + timedelta(days=1))
    twilio.faults(rates={"broken": 1.0})

    send_due(at)
    account = desk.integration(TWILIO)
    assert (account.failures, account.broken_until) == (5, at + timedelta(seconds=5))
    assert sum(tried(desk, one) for one in messages) == 5

    at += timedelta(minutes=2)  # every message is due again
    send_due(at)
    account = desk.integration(TWILIO)
    assert (account.failures, account.broken_until) == (6, at + timedelta(seconds=10))
    assert sum(tried(desk, one) for one in messages) == 6
    assert len(desk.facts("integration.broken")) == 1

    twilio.faults(rates={})
    at += timedelta(minutes=2)
    send_due(at)
    account = desk.integration(TWILIO)
    assert (account.failures, account.broken_until) == (0, None)
    assert {row.status for row in desk.rows()} == {"sent"}
    assert len(twilio.messages()) == 7


def test_a_secret_that_cannot_be_read_any_more_is_no_endless_loop(
    desk: Desk, twilio: SandboxAccount, at: datetime
) -> None:
    (message,) = desk.write(at=at)
    desk.change(TWILIO, sealed=b"of another house")

    send_due(at)

    assert (desk.row(message).status, desk.row(message).why_not) == ("failed", "bad_seal")
    assert desk.integration(TWILIO).broken_until == at + timedelta(minutes=5)


def test_a_message_that_waits_for_a_broken_account_goes_the_next_way_at_half_time(
    desk: Desk, twilio: SandboxAccount, take: Any, bank: Any, at: datetime
) -> None:
    from smartqueue.customers.models import Customer
    from smartqueue.notifications.actions.sending import give_up_overdue
    from smartqueue.tenants.scope import in_tenant

    with in_tenant(bank.id):
        demba = Customer.objects.create(tenant=bank, phone="+221770000001", email="demba@example.sn")
    words = {"kind": "urgent", "values": {"news": "Fermeture à midi"}, "ticket_id": take(at=at, customer_id=demba.id)}
    (message,) = desk.write(
        at=at, address=demba.phone, customer_id=demba.id, expires_at=at + timedelta(seconds=300), **words
    )
    desk.change(TWILIO, broken_until=at + timedelta(minutes=5), failures=9)

    give_up_overdue(at=at + timedelta(seconds=149))
    assert desk.row(message).status == "pending"
    give_up_overdue(at=at + timedelta(seconds=150))

    assert (desk.row(message).status, desk.row(message).why_not) == ("failed", "given_up")
    assert [row.channel for row in desk.rows() if row.cause == desk.row(message).cause] == ["sms", "email"]
    assert twilio.messages() == []
