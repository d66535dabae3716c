"""What is not sent, although it was due."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import override_settings

from tests.cast import Person, at_the_same_time
from tests.notifications.desk import Desk
from tests.sandbox import SandboxAccount, SandboxServer

pytestmark = pytest.mark.usefixtures("loopback")

TWILIO = "twilio_sms"


@pytest.fixture
def at() -> datetime:
    from smartqueue.kernel.clock import now

    return now()


@pytest.fixture
def twilio(desk: Desk, sandbox: SandboxServer, at: datetime) -> SandboxAccount:
    account = sandbox.account("twilio")
    desk.connect(account, TWILIO, at=at, price_xof=10)
    account.faults(reports={"when": "never"})
    return account


def send_due(at: datetime) -> int:
    from smartqueue.notifications.actions.sending import send_due as send

    return send(at=at)


def test_a_call_that_is_too_old_is_not_announced(desk: Desk, twilio: SandboxAccount, at: datetime) -> None:
    (late,) = desk.write(at=at, expires_at=at + timedelta(seconds=300))
    (just,) = desk.write(at=at, expires_at=at + timedelta(seconds=301))

    send_due(at + timedelta(seconds=300))

    assert (desk.row(late).status, desk.row(late).why_not) == ("failed", "expired")
    assert desk.row(just).status == "sent"
    assert [one["body"] for one in twilio.messages()] == [desk.row(just).body]
    assert len(desk.facts("message.failed")) == 1


def test_what_nobody_could_send_is_given_up_at_its_end(desk: Desk, twilio: SandboxAccount, at: datetime) -> None:
    from smartqueue.notifications.actions.sending import give_up_overdue

    end = at + timedelta(seconds=300)
    (message,) = desk.write(at=at, expires_at=end)
    give_up_overdue(at=end - timedelta(seconds=1))
    assert desk.row(message).status == "pending"

    at_the_same_time(*[lambda: give_up_overdue(at=end)] * 4)

    assert (desk.row(message).status, desk.row(message).why_not) == ("failed", "expired")
    assert len(desk.facts("message.failed")) == 1


def test_a_call_that_was_taken_back_is_not_announced(
    desk: Desk, twilio: SandboxAccount, take: Callable[..., UUID], ticket: Callable[[UUID], Any], binta: Person,
    tellers: Any, at: datetime,
) -> None:  # fmt: skip
    from smartqueue.queueing.actions.hot import call_next_ticket
    from smartqueue.queueing.actions.tickets import undo
    from smartqueue.tenants.scope import in_tenant

    taken = take(at=at)
    call_next_ticket(tenant_id=desk.tenant.id, queue_id=tellers.id, user_id=binta.user.id, actor=binta.actor, at=at)
    called = ticket(taken)
    assert called.status == "called"
    words = {"at": at, "kind": "your_turn", "ticket_id": taken, "ticket_version": called.version, "urgency": 0}
    (sooner,) = desk.write(**words)
    send_due(at)
    (later,) = desk.write(**words)
    with in_tenant(desk.tenant.id):
        undo(ticket_id=taken, actor=binta.actor, at=at + timedelta(seconds=2))

    send_due(at + timedelta(seconds=2))

    assert desk.row(sooner).status == "sent"
    assert (desk.row(later).status, desk.row(later).why_not) == ("failed", "withdrawn")
    assert len(twilio.messages()) == 1


def test_who_has_said_stop_since_hears_nothing(desk: Desk, twilio: SandboxAccount, at: datetime) -> None:
    from smartqueue.notifications.models import Stop
    from smartqueue.tenants.scope import in_tenant

    first, second = desk.write(2, at=at)
    with in_tenant(desk.tenant.id):
        Stop.objects.create(
            tenant_id=desk.tenant.id, channel="sms", address=desk.row(first).address, stopped_at=at
        )  # fmt: skip

    send_due(at)

    assert (desk.row(first).status, desk.row(first).why_not) == ("failed", "stopped")
    assert desk.row(second).status == "sent"
    assert desk.spent().cost_xof == 10


@override_settings(MESSAGE_SENDERS=16)
def test_the_cap_is_kept_to_the_last_franc_by_eight_senders_at_once(
    desk: Desk, twilio: SandboxAccount, at: datetime
) -> None:
    desk.rules(cap_xof=105)
    desk.write(16, at=at)

    done = at_the_same_time(*[lambda: send_due(at)] * 8)
    send_due(at)

    assert not [one for one in done if isinstance(one, Exception)]
    why = [row.why_not for row in desk.rows() if row.channel == "sms"]
    assert (why.count(""), why.count("over_cap")) == (10, 6)
    assert len(twilio.messages()) == 10
    assert (desk.spent().cost_xof, desk.spent().messages, desk.spent().parts) == (100, 10, 10)


def test_two_parts_cost_two_and_a_retry_is_not_paid_again(desk: Desk, twilio: SandboxAccount, at: datetime) -> None:
    (message,) = desk.write(at=at, body="Bonjour " * 25, parts=2)
    twilio.faults("busy")

    send_due(at)
    assert desk.spent().cost_xof == 20
    send_due(at + timedelta(minutes=2))

    assert (desk.row(message).status, desk.row(message).cost_xof, desk.row(message).parts) == ("sent", 20, 2)
    assert (desk.spent().cost_xof, desk.spent().messages) == (20, 1)


def test_a_month_is_the_tenants_own(make_tenant: Callable[..., Any], make_desk: Callable[..., Desk]) -> None:
    from smartqueue.notifications.actions.spending import month_of

    last_evening = datetime.fromisoformat("2026-03-31T23:30:00+00:00")
    assert month_of(last_evening, "Africa/Dakar") == date(2026, 3, 1)
    assert month_of(last_evening, "Africa/Lagos") == date(2026, 4, 1)


def test_simulated_messages_and_mails_cost_nothing(desk: Desk, at: datetime) -> None:
    desk.rules(cap_xof=0)
    desk.write(2, at=at, cost_xof=25)
    desk.write(1, at=at, channel="email")

    send_due(at)

    assert [(row.status, row.cost_xof) for row in desk.rows()] == [("sent", 0)] * 3
    assert desk.spent() is None


def test_administrators_hear_once_that_the_budget_is_used(
    desk: Desk, twilio: SandboxAccount, moussa: Person, awa: Person, at: datetime
) -> None:
    from django.core import mail

    from smartqueue.notifications.actions.budget import send_budget_letter

    def look(later_s: int) -> list[Any]:
        before = len(mail.outbox)
        looks = [lambda: send_budget_letter(tenant_id=desk.tenant.id, at=at + timedelta(seconds=later_s))] * 4
        at_the_same_time(*looks)
        return mail.outbox[before:]

    mail.outbox = []
    desk.rules(budget_xof=30)
    desk.write(2, at=at)
    send_due(at)
    assert look(0) == []

    desk.write(1, at=at)
    send_due(at)
    (letter,) = look(1)
    assert letter.bcc == [moussa.user.email]
    assert "30" in letter.body
    assert look(2) == []


def test_a_mail_server_that_refuses_leaves_the_letter_to_the_next_look(
    desk: Desk, twilio: SandboxAccount, moussa: Person, at: datetime
) -> None:
    from smartqueue.notifications.actions.budget import send_budget_letter

    desk.rules(budget_xof=10)
    desk.write(1, at=at)
    send_due(at)
    nobody = "django.core.mail.backends.smtp.EmailBackend"
    with override_settings(EMAIL_BACKEND=nobody, EMAIL_HOST="127.0.0.1", EMAIL_PORT=9), pytest.raises(OSError):  # noqa: PT011
        send_budget_letter(tenant_id=desk.tenant.id, at=at)
    assert desk.spent().told_at is None
    assert send_budget_letter(tenant_id=desk.tenant.id, at=at)
