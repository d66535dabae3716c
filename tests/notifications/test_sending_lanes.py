"""A slow or dead provider holds nobody else's messages."""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import override_settings

from smartqueue.cli.processes import wait_until
from tests.notifications.desk import Desk
from tests.sandbox import SandboxServer

pytestmark = pytest.mark.usefixtures("loopback", "nothing_else_waits")

TWILIO = "twilio_sms"


@pytest.fixture
def at() -> datetime:
    from smartqueue.kernel.clock import now

    return now()


def claims(at: datetime, most: int = 100) -> list[Any]:
    """Everything that may be claimed at once, as if every sender were busy from now on."""
    from smartqueue.notifications.actions.claiming import claim_one

    found = []
    while len(found) < most and (claim := claim_one(at=at)):
        found.append(claim)
    return found


@override_settings(MESSAGE_SENDERS=8)
def test_an_account_holds_half_of_the_senders_and_a_channel_three_of_four(
    make_desk: Callable[[], Desk], sandbox: SandboxServer, at: datetime
) -> None:
    one, two = make_desk(), make_desk()
    for desk in (one, two):
        desk.connect(sandbox.account("twilio"), TWILIO, at=at)
        desk.write(9, at=at)
    two.write(1, channel="email", at=at, urgency=9)

    held = claims(at)

    assert [claim.way for claim in held].count(TWILIO) == 6
    assert [claim.tenant_id for claim in held[:6]].count(one.tenant.id) == 4
    assert [(claim.tenant_id, claim.way) for claim in held[6:]] == [(two.tenant.id, "simulation")]
    # The leases have run out: others may go, and those that were held are in doubt.
    again = claims(at + timedelta(seconds=30))
    assert {claim.id for claim in again if claim.is_in_doubt} == {claim.id for claim in held}


@override_settings(MESSAGE_SENDERS=100)
def test_the_most_urgent_goes_first_then_the_oldest(desk: Desk, at: datetime) -> None:
    (news,) = desk.write(at=at - timedelta(minutes=9))
    (mail,) = desk.write(at=at - timedelta(minutes=5), channel="email")
    (later,) = desk.write(at=at + timedelta(seconds=1), urgency=0)
    (late_call,) = desk.write(at=at, urgency=0, channel="email")
    (call,) = desk.write(at=at - timedelta(minutes=1), urgency=0)

    assert [claim.id for claim in claims(at)] == [call, late_call, news, mail]
    assert [claim.id for claim in claims(at + timedelta(seconds=1))] == [later]


@override_settings(MESSAGE_SENDERS=100)
def test_what_an_account_holds_back_does_not_stand_before_what_another_may_send(
    desk: Desk, sandbox: SandboxServer, at: datetime
) -> None:
    desk.connect(sandbox.account("twilio"), TWILIO, at=at)
    desk.change(TWILIO, broken_until=at + timedelta(minutes=1), failures=5)
    waiting = desk.write(3, at=at, urgency=0)
    (mail,) = desk.write(channel="email", at=at, urgency=9)
    browser = '{"endpoint":"https://push.example/x"}'
    (push,) = desk.write(channel="push", at=at, address=browser, urgency=9)

    assert [(claim.id, claim.way) for claim in claims(at)] == [(mail, "simulation"), (push, "webpush")]
    assert claims(at + timedelta(seconds=59))[2:] == []
    (probe,) = [claim for claim in claims(at + timedelta(minutes=1)) if claim.way == TWILIO]
    assert probe.id == waiting[0]


@override_settings(MESSAGE_SENDERS=100)
def test_nothing_goes_out_for_an_organisation_that_is_closed(desk: Desk, at: datetime) -> None:
    from smartqueue.tenants.models import Tenant

    desk.write(at=at)
    Tenant.objects.using("platform").filter(id=desk.tenant.id).update(is_active=False)
    assert claims(at) == []


@override_settings(MESSAGE_SENDERS=4)
def test_a_provider_that_never_answers_delays_nobody_else(
    make_desk: Callable[[], Desk], sandbox: SandboxServer, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import OperationalError, connections

    from smartqueue.notifications.actions import sending

    monkeypatch.setattr(sending, "SEND_S", 20)
    dead, alive = make_desk(), make_desk()
    dumb, good = sandbox.account("twilio"), sandbox.account("twilio")
    dead.connect(dumb, TWILIO, at=at)
    alive.connect(good, TWILIO, at=at)
    dumb.faults(rates={"hang": 1.0})
    good.faults(reports={"when": "never"})
    dead.write(6, at=at, urgency=0)
    alive.write(6, at=at)
    alive.write(2, at=at, channel="email")

    def drain() -> None:
        try:
            while True:
                with suppress(OperationalError):  # one process's pool is small for five threads on a busy machine
                    sending.send_due(most=20)
                    return
        finally:
            connections.close_all()

    senders = [threading.Thread(target=drain) for _ in range(4)]
    for sender in senders:
        sender.start()
    assert wait_until(lambda: {row.status for row in alive.rows()} == {"sent"}, seconds=60)
    held = [row for row in dead.rows() if row.leased_until]
    over = [row for row in dead.rows() if row.history and row.history[-1]["status"] == "retry"]
    forget(dead, [row.id for row in dead.rows() if row not in held])
    for sender in senders:
        sender.join(timeout=60)

    assert len(held) == 2  # half of four
    assert over == []  # the others were done before the first of these had failed
    assert [row.tries for row in alive.rows()] == [1] * 8


def forget(desk: Desk, ids: list[UUID]) -> None:
    from smartqueue.notifications.models import Notification
    from smartqueue.tenants.scope import in_tenant

    with in_tenant(desk.tenant.id):
        Notification.objects.filter(id__in=ids).delete()
