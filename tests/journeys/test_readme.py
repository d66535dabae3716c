"""The README's shell block does what it says, as it is printed."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from uuid import UUID

import pytest

from smartqueue.cli.tenant import ensure_demo
from smartqueue.queueing.queries import show_ticket
from smartqueue.queueing.queries.invariants import check_invariants
from smartqueue.tenants.models import Tenant
from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE

README = Path(__file__).parents[2] / "README.md"
PRINTED = "http://127.0.0.1:8000"


def shell_block() -> str:
    (block,) = re.findall(r"^```sh\n(.*?)^```$", README.read_text(), re.DOTALL | re.MULTILINE)
    return str(block)


@pytest.fixture(scope="session")
def demo() -> Tenant:
    """The demo bank in this worker's database, as `make up` leaves it."""
    ensure_demo()
    return Tenant.objects.get(slug="demo-bank")


def run(block: str, shell: str) -> list[str]:
    """Lines that the block prints.

    Args:
        shell: its program; it gets no variable of ours but PATH and HOME.
    """
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"there is no {shell} on this machine")
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [program, "-eu", "-c", block], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_the_main_job_is_five_curl_lines():
    lines = shell_block().splitlines()

    assert [line.count("curl ") for line in lines if "curl " in line] == [1, 2, 1, 1, 1]  # taking looks up the queue


@pytest.mark.parametrize("shell", ["bash", "dash"])
def test_the_curl_lines_take_a_ticket_and_end_with_it_closed(demo, live_server_url, shell):
    block = shell_block()
    assert block.count(PRINTED) == 1

    taken, started, closed = map(json.loads, run(block.replace(PRINTED, live_server_url), shell))

    assert [one["status"] for one in (taken, started, closed)] == ["waiting", "serving", "closed"]
    assert {one["id"] for one in (taken, started, closed)} == {taken["id"]}
    assert (taken["queue"]["name"], closed["agent"]["name"]) == ("Retrait d'espèces", "Binta Ba")
    kept = show_ticket(tenant_id=demo.id, ticket_id=UUID(taken["id"]), at=NINE)
    assert kept is not None
    assert (kept.status, kept.outcome, kept.version) == ("closed", "served", 4)


def test_afterwards_the_books_balance(demo, live_server_url):
    run(shell_block().replace(PRINTED, live_server_url), "bash")

    with in_tenant(demo.id):
        findings = check_invariants(demo.id)

    assert [finding for finding in findings if finding.broken] == []


def test_the_logins_of_the_readme_are_those_of_the_demo(demo):
    rows = re.findall(r"^\| (`.*?@.*?) \| `(.*?)` \| (\w+)", README.read_text(), re.MULTILINE)
    printed = {(email, password) for cell, password, _role in rows for email in re.findall(r"`(.*?)`", cell)}

    assert printed == {(email, password) for _role, email, password in ensure_demo()}
