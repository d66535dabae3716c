"""Out to a provider and back by its own call, over real HTTP both ways: sender, stand-in, hook, row."""

import threading
from collections.abc import Iterator

import pytest
from django.core.servers.basehttp import ThreadedWSGIServer
from django.test import override_settings
from django.test.testcases import QuietWSGIRequestHandler

from smartqueue.cli.processes import wait_until
from smartqueue.notifications.states import Outcome
from tests.notifications.desk import Desk
from tests.sandbox import SandboxAccount, SandboxServer

PROVIDERS = {"twilio": "twilio_sms", "at": "at_sms", "orange": "orange_sms", "http": "http_sms"}
ARRIVED = {"twilio": "delivered", "at": "Success", "orange": "DeliveredToTerminal", "http": "delivered"}
LOST = {"twilio": "undelivered", "at": "Failed", "orange": "DeliveryImpossible", "http": "failed"}

pytestmark = pytest.mark.usefixtures("loopback")


@pytest.fixture(scope="module")
def house() -> Iterator[str]:
    """Our hooks on a free port: the address that we give away is the one that is called."""
    from django.core.wsgi import get_wsgi_application

    server = ThreadedWSGIServer(("127.0.0.1", 0), QuietWSGIRequestHandler)
    server.set_app(get_wsgi_application())
    url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    with override_settings(PUBLIC_URL=url, ALLOWED_HOSTS=["127.0.0.1"]):
        thread.start()
        yield url
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(params=PROVIDERS)
def account(request, sandbox: SandboxServer, desk: Desk, house: str) -> SandboxAccount:
    """An account that the desk's tenant has connected, and whose provider knows our hook."""
    from smartqueue.kernel.clock import now
    from smartqueue.notifications.actions.sending import report_to

    account = sandbox.account(request.param)
    account.faults(hook=report_to(desk.connect(account, PROVIDERS[account.provider], at=now())))
    return account


def send(desk: Desk):
    """One message, handed over."""
    from smartqueue.kernel.clock import now
    from smartqueue.notifications.actions.sending import send_due

    (message,) = desk.write(at=now(), address="+221771234567")
    send_due(at=now())
    return message


def answers(account: SandboxAccount) -> set[int]:
    return {one["status"] for one in account.calls()}


def test_what_arrived_is_known_to_have_arrived(desk: Desk, account: SandboxAccount):
    account.faults(reports={"when": "never"})
    message = send(desk)

    for _ in range(2):
        account.report(status=ARRIVED[account.provider])

    row = desk.row(message)
    assert (row.status, row.provider_id) == ("delivered", account.messages()[0]["id"])
    assert answers(account) == {200}
    assert len(desk.facts("message.delivered")) == 1


@pytest.mark.parametrize(
    ("reports", "told"), [({}, 2), ({"copies": 3, "shuffle": True}, 6)], ids=["once", "tripled and shuffled"]
)
def test_what_is_told_before_the_answer_counts(desk: Desk, account: SandboxAccount, reports, told):
    account.faults("early", reports=reports, seed=3)

    message = send(desk)

    row = desk.row(message)
    assert (row.status, row.provider_id) == ("delivered", account.messages()[0]["id"])
    assert (answers(account), len(account.calls())) == ({200}, told)
    assert len(account.messages()) == 1
    assert len(desk.facts("message.delivered")) == 1


def test_reports_while_the_sender_notes_the_answer_block_nobody(desk: Desk, account: SandboxAccount):
    """They come right behind the answer: hook and sender want the same row, and the same name, at the same moment."""
    account.faults(reports={"copies": 3, "shuffle": True}, seed=3)

    message = send(desk)

    assert wait_until(lambda: len(account.calls()) == 6, seconds=60)
    assert (answers(account), desk.row(message).status) == ({200}, "delivered")


def test_what_arrived_stays_so_whatever_is_said_later(desk: Desk, account: SandboxAccount):
    account.faults(reports={"when": "never"})
    message = send(desk)

    for status in (ARRIVED[account.provider], LOST[account.provider]):
        account.report(status=status)

    assert desk.row(message).status == "delivered"


def test_a_late_proof_lifts_what_counted_as_failed(desk: Desk, account: SandboxAccount):
    account.faults(reports={"when": "never"})
    message = send(desk)

    account.report(status=LOST[account.provider])
    between = desk.row(message).status
    account.report(status=ARRIVED[account.provider])

    assert (between, desk.row(message).status) == ("failed", "delivered")


@pytest.mark.parametrize("how", ["absent", "bad", "old", "reserialised"])
def test_a_forged_report_changes_nothing(desk: Desk, sandbox: SandboxServer, house: str, how: str):
    """Of those who sign. With the others the address is the secret; who does not know it finds no door."""
    from smartqueue.kernel.clock import now
    from smartqueue.notifications.actions.sending import report_to

    account = sandbox.account("twilio")
    account.faults(hook=report_to(desk.connect(account, "twilio_sms", at=now())), reports={"when": "never"})
    message = send(desk)

    assert [one["status"] for one in account.report(status="delivered", signature=how)] == [403]
    assert desk.row(message).status == "sent"
    assert [one["status"] for one in account.report(status="delivered")] == [200]
    assert desk.row(message).status == "delivered"


def test_nobody_finds_the_door_without_its_key(desk: Desk, account: SandboxAccount, house: str):
    account.faults(reports={"when": "never"})
    message = send(desk)

    heard = account.report(
        status=ARRIVED[account.provider], url=f"{house}/hooks/{PROVIDERS[account.provider]}/{'x' * 22}/"
    )

    assert [one["status"] for one in heard] == [404]
    assert desk.row(message).status == "sent"


def test_after_a_cut_connection_twilio_is_asked_before_anything_is_sent_again(
    desk: Desk, sandbox: SandboxServer, house: str
):
    from datetime import timedelta

    from smartqueue.kernel.clock import now
    from smartqueue.notifications.actions.sending import send_due

    account = sandbox.account("twilio")
    account.faults("cut", reports={"when": "never"})
    desk.connect(account, "twilio_sms", at=now())
    message = send(desk)
    row = desk.row(message)
    assert (row.status, len(account.messages())) in {("pending", 1), ("sent", 1)}

    send_due(at=now() + timedelta(minutes=2))

    row = desk.row(message)
    assert (row.status, row.provider_id) == ("sent", account.messages()[0]["id"])
    assert len(account.messages()) == 1
    assert Outcome.CLOSED in str(row.history) or row.tries == 1
