"""T3: while people take tickets and agents call them, every process of the house is killed again and again."""

import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from smartqueue.cli.engines import free_port, remove_data
from smartqueue.cli.processes import wait_until
from smartqueue.cli.up import answers
from tests.chaos.clients import Client, Ledger, all_together, fresh_key, tell
from tests.chaos.killer import Killer

FULL = bool(os.environ.get("SMARTQUEUE_FULL"))
KILLING_S = 60 if FULL else 10
AGENTS, TAKERS = 12, 6
THINK_S = 0.02
BACK_WITHIN_S = 5.0 if FULL else 20.0  # the small run shares its two cores with other tests
SEED = 20261121
# Kind: seconds to the first kill, seconds between two.
EVERY_S = {"process": (0.2, 0.2), "valkey": (1.0, 5.0), "backend": (2.0, 5.0), "postgres": (4.0, 8.0)}


@dataclass
class House:
    """A running SmartQueue and a bank in it."""

    home: Path
    port: int
    environment: dict[str, str]
    bank: dict[str, Any] = field(default_factory=dict)

    def ask(self, *words: str) -> dict[str, Any]:
        """Run a command of `tests.chaos.house`."""
        command = [sys.executable, "-W", "ignore", "-m", "tests.chaos.house", *words]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return said

    def undispatched(self) -> int:
        address = (self.home / "run" / "superuser").read_text()
        with psycopg.connect(address, connect_timeout=5) as database:
            found = database.execute("SELECT count(*) FROM journal_entry WHERE dispatched_at IS NULL").fetchone()
            return int(found[0]) if found else 0


@pytest.fixture
def house() -> Iterator[House]:
    home = Path(tempfile.mkdtemp(prefix="sq-chaos-"))
    home.chmod(0o755)
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment |= {"SMARTQUEUE_HOME": str(home), "SMARTQUEUE_DEMO": "0", "ACCESS_TOKEN_MINUTES": "60"}
    house = House(home, free_port(), environment | {"PYTHONPATH": str(Path(__file__).parents[2])})
    command = [sys.executable, "-m", "tests.chaos.house", "run", str(home), str(house.port)]
    with (home / "house.log").open("wb") as log:
        process = subprocess.Popen(command, env=house.environment, stdout=log, stderr=log)
    try:
        with httpx.Client(timeout=2, trust_env=False) as client:
            url = f"http://127.0.0.1:{house.port}/healthz"
            ready = wait_until(lambda: answers(client, url) or process.poll() is not None, seconds=90)
        assert ready, (home / "house.log").read_text()
        assert process.poll() is None, (home / "house.log").read_text()
        house.bank = house.ask("furnish", str(AGENTS))
        yield house
    finally:
        process.terminate()
        process.wait(timeout=60)
        remove_data(home)


@dataclass
class People:
    """Takers and agents, and everything they were told."""

    house: House
    ledger: Ledger = field(default_factory=Ledger)
    taken: list[str] = field(default_factory=list)
    called: dict[str, str] = field(default_factory=dict)
    closed: list[str] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)
    enough: threading.Event = field(default_factory=threading.Event)
    takers_done: threading.Barrier = field(default_factory=lambda: threading.Barrier(AGENTS + TAKERS))

    def post(self, client: Client, path: str, body: Any, expected: set[int]) -> Any:
        answer = client.post(f"tenants/{self.house.bank['slug']}/{path}", body, key=fresh_key())
        if answer.status not in expected:
            self.surprises.append(f"{path}: {answer.status} {answer.body!r}")
        return answer.json if answer.status in {200, 201} else None

    def client(self, number: int) -> Client:
        token = self.house.bank["tokens"][number % AGENTS]
        return Client(("127.0.0.1", self.house.port), token, self.ledger)

    def take(self, number: int) -> None:
        client, body = self.client(number), {"queue_id": self.house.bank["queue_id"], "channel": "kiosk"}
        while not self.enough.is_set():
            if ticket := self.post(client, "tickets/", body, {201}):
                self.taken.append(ticket["id"])
                self.ledger.count("takes")
            time.sleep(THINK_S)
        client.hang_up()
        self.takers_done.wait(timeout=90)

    def serve(self, number: int) -> None:
        """Call and close; at the end until nobody waits."""
        client = self.client(number)
        while not self.enough.is_set():
            self.serve_one(client)
            time.sleep(THINK_S)
        self.takers_done.wait(timeout=90)
        while self.serve_one(client):
            pass
        client.hang_up()

    def serve_one(self, client: Client) -> bool:
        body = {"queue_id": self.house.bank["queue_id"]}
        ticket = self.post(client, "agents/me/call-next/", body, {200, 204})
        if ticket is None:
            return False
        if ticket["id"] in self.called:
            self.surprises.append(f"called twice: {ticket['id']}")
        self.called[ticket["id"]] = ticket["agent"]["id"]
        self.ledger.count("calls")
        if self.post(client, f"tickets/{ticket['id']}/close/", {"outcome": "served"}, {200}):
            self.closed.append(ticket["id"])
            self.ledger.count("closes")
        return True

    def work(self) -> None:
        doings = [lambda number=number: self.take(number) for number in range(TAKERS)]
        doings += [lambda number=number: self.serve(number) for number in range(AGENTS)]
        all_together(doings, seconds=KILLING_S + 120)


def test_nothing_acknowledged_is_lost_or_doubled_whatever_is_killed(house: House, capsys: Any) -> None:
    people = People(house)
    killer = Killer(house.home, people.ledger, random.Random(SEED), EVERY_S)
    killing = threading.Thread(target=kill_for_a_while, args=(killer, people))
    killing.start()
    people.work()
    killing.join(timeout=60)

    assert wait_until(lambda: house.undispatched() == 0, seconds=90, pause_s=0.2), house.undispatched()
    found = examined(house, people)
    tell(capsys, report(people, killer, found))
    assert people.ledger.faults == []
    assert people.surprises == []
    assert found == {
        "broken": [],
        "undispatched": 0,
        "tickets": len(people.taken),
        "lost_closes": 0,
        "heard": len(people.closed),
        "handled": len(people.closed),
    }
    assert len(set(people.taken)) == len(people.taken) == len(people.closed) > 0
    assert all(killer.kills[kind] >= 1 for kind in ("web", "worker", "valkey", "backend", "postgres"))
    assert max(killer.service_down_s) < BACK_WITHIN_S


def kill_for_a_while(killer: Killer, people: People) -> None:
    try:
        killer.start()
        time.sleep(KILLING_S)
        killer.stop()
    finally:
        people.enough.set()


def examined(house: House, people: People) -> dict[str, Any]:
    told = house.home / "told.json"
    words = {"taken": people.taken, "called": people.called, "closed": people.closed}
    told.write_text(json.dumps({"tenant_id": house.bank["tenant_id"], **words}))
    return house.ask("examine", str(told))


def report(people: People, killer: Killer, found: dict[str, Any]) -> str:
    counts = people.ledger.counts
    return "\n".join(
        [
            "",
            f"killed in {KILLING_S} s: {dict(killer.kills)}",
            f"acknowledged: {counts['takes']} takes, {counts['calls']} calls, {counts['closes']} closes",
            f"asked again: { {what: number for what, number in counts.items() if what.startswith('retry')} }",
            f"longest time without any answer: {people.ledger.longest_silence_s:.2f} s",
            "PostgreSQL back after: " + ", ".join(f"{down_s:.2f}" for down_s in killer.database_down_s) + " s",
            "service back after that: " + ", ".join(f"{down_s:.2f}" for down_s in killer.service_down_s) + " s",
            f"found: {found}",
        ]
    )
