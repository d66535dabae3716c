"""The stand-ins themselves: what everybody else's tests rely on."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from click.testing import CliRunner

from smartqueue.cli.processes import wait_until
from smartqueue.cli.sandbox.frame import FAULTS, SIGNATURES
from tests.sandbox import SandboxAccount, SandboxServer

DEMBA = "+221771234567"


def post(account: SandboxAccount, *, body: str = "A-147", timeout: float = 20, **form: str) -> httpx.Response:
    url = f"{account.base_url}/2010-04-01/Accounts/{account.name}/Messages.json"
    told = {"From": "+15005550006", "To": DEMBA, "Body": body, **form}
    pair = (account.name, account.secrets["auth_token"])
    with httpx.Client(trust_env=False, timeout=timeout) as client:
        return client.post(url, data=told, auth=pair)


def bodies(account: SandboxAccount) -> list[str]:
    return [one["body"] for one in account.messages()]


@contextmanager
def our_hook() -> Iterator[tuple[str, list[bytes]]]:
    """A server of ours that a provider calls back: its URL, and the bodies in the order in which they came."""
    came: list[bytes] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Hook) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/hook", came
        server.shutdown()
        thread.join()


@pytest.fixture
def account(sandbox: SandboxServer) -> SandboxAccount:
    return sandbox.account("twilio")


def test_a_message_is_kept_for_its_account_alone(sandbox: SandboxServer, account: SandboxAccount):
    answer = post(account)

    assert (answer.status_code, answer.json()["status"]) == (201, "queued")
    assert bodies(account) == ["A-147"]
    assert sandbox.account("twilio").messages() == []


def test_a_connection_is_cut_after_the_message_was_taken(account: SandboxAccount):
    account.faults("cut")

    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        post(account)

    assert bodies(account) == ["A-147"]


def test_faults_come_in_their_order_and_then_all_is_well(account: SandboxAccount):
    account.faults({"name": "busy", "seconds": 9}, "broken", "ok", "expired")

    answers = [post(account) for _ in range(5)]

    assert [one.status_code for one in answers] == [429, 503, 201, 401, 201]
    assert answers[0].headers["retry-after"] == "9"
    assert len(bodies(account)) == 2


def test_rates_with_a_seed_are_the_same_again(sandbox: SandboxServer):
    def day() -> list[int]:
        account = sandbox.account("twilio")
        account.faults(rates={"busy": 0.3, "broken": 0.3}, seed=7)
        return [post(account).status_code for _ in range(20)]

    first = day()

    assert set(first) == {201, 429, 503}
    assert day() == first


def test_a_slow_one_has_taken_the_message_when_nobody_waits_any_more(account: SandboxAccount):
    account.faults({"name": "slow", "seconds": 2})

    with pytest.raises(httpx.ReadTimeout):
        post(account, timeout=0.5)

    assert bodies(account) == ["A-147"]


@pytest.mark.parametrize("fault", ["early", "ok"])
def test_a_report_comes_before_the_answer_where_that_is_asked(account: SandboxAccount, fault: str):
    account.faults(fault)
    with our_hook() as (url, came):
        post(account, StatusCallback=url)
        at_the_answer = len(came)
        assert wait_until(lambda: len(account.calls()) == 2, seconds=30)

    assert [re.search(rb"MessageStatus=(\w+)", one)[1] for one in came] == [b"sent", b"delivered"]
    if fault == "early":
        assert at_the_answer == 2


def test_reports_are_doubled_shuffled_and_left_out(account: SandboxAccount):
    account.faults(reports={"copies": 3, "shuffle": True, "statuses": ["sent", "delivered", "read"]}, seed=1)
    with our_hook() as (url, came):
        post(account, StatusCallback=url)
        assert wait_until(lambda: len(came) == 9, seconds=30)
        told = [re.search(rb"MessageStatus=(\w+)", one)[1].decode() for one in came]
        account.faults(reports={"when": "never"})
        post(account, StatusCallback=url)
        heard = account.report(status="failed", code="30003", copies=2)

    assert sorted(told) == sorted(["sent", "delivered", "read"] * 3)
    assert told != sorted(told, key=["sent", "delivered", "read"].index)
    assert [one["status"] for one in heard] == [200, 200]
    assert len(came) == 11


def test_each_kind_of_signature_is_another_one(account: SandboxAccount):
    account.faults(hook="http://127.0.0.1:9/hook", reports={"when": "never"})
    post(account)
    for how in SIGNATURES:
        account.report(status="delivered", signature=how)

    signed = [one["headers"].get("x-twilio-signature") for one in account.calls()]
    assert len(set(signed)) == len(SIGNATURES)
    assert signed[SIGNATURES.index("absent")] is None


def test_a_hook_that_is_not_there_is_noted(account: SandboxAccount):
    assert account.inbound(DEMBA, "AIDE", url="http://127.0.0.1:9/") == [{"status": 0, "answer": "ConnectError"}]


@pytest.mark.parametrize(
    ("deed", "told"),
    [
        ("faults", {"next": ["no such fault"]}),
        ("faults", {"reports": {"no": "such"}}),
        ("faults", {"next": [{"name": "busy", "no": "such"}]}),
        ("inbound", {"text": "without a sender"}),
        ("faults", []),
    ],
)
def test_what_the_control_does_not_understand_it_says(sandbox: SandboxServer, deed: str, told: object):
    got = sandbox.client.post(f"{sandbox.url}/__sandbox__/twilio/{deed}", params={"account": "x"}, json=told)

    assert (got.status_code, "error" in got.json()) == (400, True)


def test_there_is_no_control_but_what_is_written_down(sandbox: SandboxServer):
    for path in ("nobody/messages", "twilio/nothing", "twilio/faults"):
        assert sandbox.client.get(f"{sandbox.url}/__sandbox__/{path}").status_code == 404
    assert sandbox.client.post(f"{sandbox.url}/__sandbox__/twilio/report", json={}).status_code == 404


def test_an_account_can_be_forgotten(sandbox: SandboxServer, account: SandboxAccount):
    post(account)

    sandbox.client.post(f"{sandbox.url}/__sandbox__/twilio/reset", params={"account": account.name})

    assert account.messages() == []


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"To": "771234567"}, 21211),
        ({"From": ""}, 21603),
        ({"Body": ""}, 21602),
        ({"Body": "x" * 1601}, 21617),
    ],
)
def test_twilio_refuses_what_twilio_refuses(account: SandboxAccount, form: dict[str, str], code: int):
    url = f"{account.base_url}/2010-04-01/Accounts/{account.name}/Messages.json"
    told = {"From": "+15005550006", "To": DEMBA, "Body": "A-147", **form}
    with httpx.Client(trust_env=False) as client:
        got = client.post(url, data=told, auth=(account.name, account.secrets["auth_token"]))

    assert (got.status_code, got.json()["code"]) == (400, code)
    assert account.messages() == []


def test_nobody_gets_in_with_another_secret(sandbox: SandboxServer, account: SandboxAccount):
    url = f"{account.base_url}/2010-04-01/Accounts/{account.name}/Messages.json"

    for method in ("GET", "POST"):
        got = sandbox.client.request(method, url, auth=(account.name, "another"))
        assert (got.status_code, got.json()["code"]) == (401, 20003)


def test_the_page_says_how_to_connect_and_what_came(sandbox: SandboxServer, account: SandboxAccount):
    post(account, body="<script>A-147</script>")

    page = sandbox.client.get(f"{sandbox.url}/").text

    for name, box in sandbox.boxes.items():
        assert box.base_url(f"{sandbox.url}/{name}", box.demo) in page
    assert "&lt;script&gt;A-147" in page
    assert "<script>" not in page
    for fault in FAULTS:
        assert f"<dt>{fault}</dt>" in page


def test_the_command_prints_the_doorways_and_serves_them(tmp_path):
    log = tmp_path / "said"
    command = [sys.executable, "-m", "smartqueue.cli.main", "sandbox", "--port", "0"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with log.open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, env=environment)
    try:
        assert wait_until(lambda: "Ctrl-C" in log.read_text(), seconds=60), log.read_text()
        told = log.read_text()
        url = re.search(r"Sandbox: (\S+)", told)[1]
        assert wait_until(lambda: httpx.get(url, trust_env=False).status_code == 200, seconds=30)
    finally:
        process.terminate()
        assert process.wait(timeout=30) is not None

    assert f"base_url: {url}twilio" in told
    assert "auth_token: secret-AC" in told


def test_a_port_that_is_taken_is_said_in_one_line(sandbox: SandboxServer):
    from smartqueue.cli.main import main

    told = CliRunner().invoke(main, ["sandbox", "--port", sandbox.url.rpartition(":")[2]])

    assert told.exit_code == 1
    assert "Choose another one with --port" in told.output
    assert "Traceback" not in told.output


def test_without_the_development_packages_it_says_what_to_run():
    code = "import sys; sys.modules['starlette'] = None; from smartqueue.cli.main import main; main()"
    told = subprocess.run(
        [sys.executable, "-c", code, "sandbox", "--port", "0"], capture_output=True, text=True, timeout=60
    )

    assert told.returncode == 1
    assert told.stderr == "Error: starlette is missing. Run scripts/bootstrap.sh dev.\n"


def test_what_it_prints_can_be_typed_where_accounts_are_connected(sandbox: SandboxServer):
    from django.test import override_settings

    from smartqueue.notifications.states.connecting import typed
    from smartqueue.notifications.transports.fields import fields_of

    for name, box in sandbox.boxes.items():
        account = sandbox.account(name, box.demo)
        values = {**account.settings, **account.secrets}
        for provider in box.connects:
            with override_settings(OUTBOUND_LOOPBACK=True):
                _kept, wrong = typed(fields_of(provider), values)
            assert wrong == {}, provider
            assert {field.name for field in fields_of(provider) if field.is_secret and field.is_required} <= set(values)
