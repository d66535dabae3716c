"""The processes that `smartqueue up` starts: woken by a commit, in a queue of their own."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from smartqueue.cli.processes import Roster, wait_until
from smartqueue.cli.supervisor import task_children
from tests.notifications.desk import Desk
from tests.sandbox import SandboxServer

pytestmark = pytest.mark.usefixtures("loopback")

PATIENT_S = 60


@pytest.fixture
def senders(
    worker_environment: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
    nothing_else_waits: None,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Roster]:
    """The sender's processes, without the clock."""
    monkeypatch.setenv("MESSAGE_SENDERS", "2")
    folder: Path = tmp_path_factory.mktemp("senders")
    (folder / "run").mkdir()
    roster = Roster(folder)
    environment = worker_environment | {"MESSAGE_SENDERS": "2", "SMARTQUEUE_ALLOW_LOOPBACK": "1"}
    (child,) = [one for one in task_children(folder) if one.name == "sender"]
    sender = replace(child, environment=environment, command=(*child.command, "--purge"))
    roster.start(sender)
    try:
        assert wait_until(lambda: " ready." in roster.last_words("sender", 60), seconds=PATIENT_S), roster.last_words(
            "sender"
        )
        yield roster
    finally:
        roster.end(sender)


def test_a_commit_wakes_the_senders_and_the_clock_has_to_do_nothing(
    desk: Desk, sandbox: SandboxServer, senders: Roster
) -> None:
    from smartqueue.kernel.clock import now
    from smartqueue.notifications.actions.sending import wake_senders
    from smartqueue.tenants.scope import in_tenant

    account = sandbox.account("twilio")
    desk.connect(account, "twilio_sms", at=now())
    for _ in range(2):
        with in_tenant(desk.tenant.id):
            messages = desk.write(5, at=now())
            wake_senders()
        assert wait_until(lambda rows=messages: sent(desk, rows), seconds=PATIENT_S), senders.last_words("sender")
    assert len(account.messages()) == 10


def sent(desk: Desk, messages: list[Any]) -> bool:
    return {row.status for row in desk.rows() if row.id in messages} == {"sent"}


def test_no_sender_is_started_where_none_is_wanted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MESSAGE_SENDERS", "0")
    assert [child.name for child in task_children(tmp_path)] == ["worker", "beat"]
