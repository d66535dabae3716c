"""T8: while messages go out, those who send them are killed again and again."""

import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from signal import Signals
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest

from smartqueue.cli.processes import wait_until
from tests.notifications.desk import Desk
from tests.notifications.desk import loopback as loopback
from tests.notifications.desk import make_desk as make_desk
from tests.notifications.desk import nothing_else_waits as nothing_else_waits
from tests.sandbox import SandboxServer

FULL = bool(os.environ.get("SMARTQUEUE_FULL"))
MESSAGES, KILLS = (2_000, 100) if FULL else (200, 12)
SENDERS, LEASE_S, LATENCY_S = 4, 3, 0.03
SEED = 20261121


class Senders:
    """The processes, as their parent tells of them."""

    def __init__(self, parent: "subprocess.Popen[str]") -> None:
        self.parent, self.alive = parent, set[int]()
        self.kills = 0
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()

    def _listen(self) -> None:
        assert self.parent.stdout
        for line in self.parent.stdout:
            (self.alive.add if line[0] == "+" else self.alive.discard)(int(line[1:]))

    def kill_one(self, chance: random.Random) -> None:
        """A process that has just been forked is as good as any: it may hold a message already."""
        if pids := sorted(self.alive):
            pid = chance.choice(pids)
            self.alive.discard(pid)
            with suppress(ProcessLookupError):
                os.kill(pid, Signals.SIGKILL)
                self.kills += 1

    def end(self) -> None:
        self.parent.kill()
        self.parent.wait()
        for pid in list(self.alive):  # they hold the other end of the pipe
            with suppress(ProcessLookupError):
                os.kill(pid, Signals.SIGKILL)
        self.listener.join(timeout=10)
        if self.parent.stdout:
            self.parent.stdout.close()


@contextmanager
def running_senders(environment: dict[str, str]) -> Iterator[Senders]:
    more = {"SMARTQUEUE_ALLOW_LOOPBACK": "1", "MESSAGE_SENDERS": str(2 * SENDERS), "DATABASE_POOL": "2"}
    command = [sys.executable, "-W", "ignore", "-m", "tests.chaos.senders", str(SENDERS), str(LEASE_S)]
    parent = subprocess.Popen(
        command, env=environment | more, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    )
    senders = Senders(parent)
    try:
        assert wait_until(lambda: len(senders.alive) == SENDERS, seconds=60)
        yield senders
    finally:
        senders.end()


@pytest.mark.usefixtures("loopback", "nothing_else_waits")
def test_every_message_arrives_whoever_is_killed_and_none_more_often_than_somebody_died(
    make_desk: Callable[[], Desk], sandbox: SandboxServer, worker_environment: dict[str, str], capsys: Any
) -> None:
    from smartqueue.kernel.clock import now

    at, desk = now(), make_desk()
    account = sandbox.account("twilio")
    desk.connect(account, "twilio_sms", at=at, price_xof=1)
    account.faults(latency_s=LATENCY_S, reports={"when": "never"})
    messages = set(desk.write(MESSAGES, at=at))
    chance = random.Random(SEED)

    with running_senders(worker_environment) as senders:
        begun = time.monotonic()
        while senders.kills < KILLS:
            time.sleep(chance.uniform(0, 0.3))
            senders.kill_one(chance)
        assert wait_until(lambda: left(desk) == 0, seconds=60 + MESSAGES / 10, pause_s=0.2), left(desk)
        took_s = time.monotonic() - begun

    taken = Counter(our_id(one) for one in account.messages())
    doubled = sum(taken.values()) - len(taken)
    in_doubt = sum(row.tries > 1 for row in desk.rows())
    told = f"{MESSAGES} messages in {took_s:.1f} s, {senders.kills} kills, {in_doubt} in doubt, {doubled} twice"
    with capsys.disabled():
        sys.stdout.write(f"\n{told}\n")
    assert senders.kills >= KILLS
    assert set(taken) == messages
    assert {row.status for row in desk.rows()} == {"sent"}
    assert {row.provider_id for row in desk.rows()} <= {one["id"] for one in account.messages()}
    assert in_doubt > 0
    assert doubled <= senders.kills
    assert desk.spent().cost_xof == MESSAGES  # none was paid twice
    assert len(desk.facts("message.sent")) == MESSAGES


def left(desk: Desk) -> int:
    return sum(row.status == "pending" for row in desk.rows())


def our_id(taken: dict[str, Any]) -> UUID:
    """The name that every try carries, in the address for reports."""
    from smartqueue.notifications.transports.twilio import OURS

    return UUID(parse_qs(urlsplit(taken["report_to"]).query)[OURS][0])
