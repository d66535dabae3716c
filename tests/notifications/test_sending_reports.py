"""What a provider says of a message, while its sender is still busy with it."""

import threading
from collections.abc import Callable, Iterator
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.test import override_settings

from smartqueue.cli.processes import wait_until
from tests.notifications.desk import Desk
from tests.sandbox import SandboxServer

pytestmark = pytest.mark.usefixtures("loopback")


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture
def hooks() -> Iterator[None]:
    """Our own addresses where providers call, served by this process: their signature is over PUBLIC_URL."""
    from django.core.wsgi import get_wsgi_application

    with make_server("127.0.0.1", 0, get_wsgi_application(), Server, Quiet) as server:
        serving = threading.Thread(target=server.serve_forever, daemon=True)
        serving.start()
        with override_settings(PUBLIC_URL=f"http://127.0.0.1:{server.server_port}"):
            yield
        server.shutdown()
        serving.join(timeout=30)


def test_a_report_that_comes_before_the_answer_is_not_lost_and_nothing_goes_back(
    make_desk: Callable[[], Desk], sandbox: SandboxServer, hooks: None
) -> None:
    from smartqueue.kernel.clock import now
    from smartqueue.notifications.actions.sending import send_due

    desk = make_desk()
    account = sandbox.account("twilio")
    desk.connect(account, "twilio_sms", at=now(), price_xof=10)
    messages = desk.write(3, at=now())
    # One is told of before its answer; one after it; of one nobody hears the answer. Each twice, in any order.
    account.faults("early", "ok", "cut", reports={"copies": 2, "shuffle": True}, seed=5)

    def all_delivered() -> bool:
        send_due()
        return {row.status for row in desk.rows()} == {"delivered"}

    assert wait_until(all_delivered, seconds=60, pause_s=0.2), [(row.status, row.history) for row in desk.rows()]
    assert wait_until(lambda: len(account.calls()) == 12, seconds=60)

    rows = desk.rows()
    assert [row.id for row in rows] == messages
    assert {call["status"] for call in account.calls()} == {200}
    assert {row.provider_id for row in rows} - {""} <= {one["id"] for one in account.messages()}
    assert {row.status for row in rows} == {"delivered"}
    for row in rows:
        assert [line["status"] for line in row.history].count("delivered") == 1
    assert len(desk.facts("message.delivered")) == 3
    assert (desk.spent().cost_xof, len(account.messages())) == (30, 3)
