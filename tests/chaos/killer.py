"""Ends processes as crashes do, again and again, and notes how long the service needs to come back."""

import json
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from signal import Signals

import psycopg

from tests.chaos.clients import Ledger

AT_WORK = {"web": b"Uvicorn running", "worker": b" ready.", "beat": b"beat: Starting"}
"""What a process writes into its log when it begins to work."""
WORKED_FOR_S = 1.0
"""A process that is killed before it has worked proves nothing: it is left alone for so long."""
A_BACKEND = """
SELECT pid FROM pg_stat_activity WHERE usename IN ('sq_app', 'sq_platform') ORDER BY random() LIMIT 1
"""


@dataclass
class Process:
    """A supervised process: since when it works, seen from outside."""

    log: Path
    mark: bytes
    read_from: int = 0
    since: float | None = None

    def has_worked(self) -> bool:
        if self.since is None and self.log.exists() and self.mark in self.log.read_bytes()[self.read_from :]:
            self.since = time.monotonic()
        return self.since is not None and time.monotonic() - self.since >= WORKED_FOR_S

    def killed(self) -> None:
        self.read_from, self.since = self.log.stat().st_size, None


@dataclass
class Killer:
    """Kills in threads of its own between `start` and `stop`.

    Attributes:
        kills: how many of each kind.
        database_down_s: after each death of the postmaster, until PostgreSQL answered again.
        service_down_s: from that answer until somebody was served.
    """

    home: Path
    ledger: Ledger
    chance: random.Random
    every_s: dict[str, tuple[float, float]]
    kills: Counter[str] = field(default_factory=Counter)
    database_down_s: list[float] = field(default_factory=list)
    service_down_s: list[float] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)
    _measuring: threading.Event = field(default_factory=threading.Event)
    _end: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __post_init__(self) -> None:
        names = ("web-1", "web-2", "worker", "worker-2", "beat")
        marks = {name: AT_WORK[name.partition("-")[0]] for name in names}
        self.processes = {name: Process(self.home / "logs" / f"{name}.log", mark) for name, mark in marks.items()}

    def start(self) -> None:
        doings: dict[str, Callable[[], None]] = {
            "process": self.kill_a_process,
            "valkey": lambda: self.kill("valkey"),
            "backend": self.kill_a_backend,
            "postgres": self.kill_the_postmaster,
        }
        for name, (first_s, every_s) in self.every_s.items():
            words = (doings[name], first_s, every_s)
            self._threads.append(threading.Thread(target=self.repeat, args=words, name=f"killer of {name}"))
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join(timeout=60)
        if self.errors:
            raise self.errors[0]

    def repeat(self, doing: Callable[[], None], first_s: float, every_s: float) -> None:
        pause_s = first_s
        while not self._end.wait(pause_s):
            pause_s = every_s
            try:
                doing()
            except Exception as error:
                self.errors.append(error)

    def pid(self, name: str) -> int:
        return int(json.loads((self.home / "run" / "pids.json").read_text())[name][0])

    def kill(self, name: str) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid(name), Signals.SIGKILL)
            self.kills[name.partition("-")[0]] += 1

    def kill_a_process(self) -> None:
        working = [name for name, process in self.processes.items() if process.has_worked()]
        if working and not self._measuring.is_set():
            name = self.chance.choice(working)
            self.kill(name)
            self.processes[name].killed()

    def kill_a_backend(self) -> None:
        self.wait(self.killed_a_backend)

    def killed_a_backend(self) -> bool:
        """False when PostgreSQL is down, or serves nobody just now."""
        with suppress(psycopg.OperationalError), self.superuser() as database:
            if found := database.execute(A_BACKEND).fetchone():
                os.kill(int(str(found[0])), Signals.SIGKILL)
                self.kills["backend"] += 1
                return True
        return False

    def kill_the_postmaster(self) -> None:
        """Until somebody is served again, no web process is killed: it is PostgreSQL's absence that is measured."""
        self._measuring.set()
        self.kill("postgres")
        died = time.monotonic()
        back = self.wait(self.database_answers)
        self.database_down_s.append(back - died)
        self.service_down_s.append(self.wait(lambda: self.ledger.served_at > back) - back)
        self._measuring.clear()

    def wait(self, condition: Callable[[], bool]) -> float:
        """The instant at which it came true."""
        deadline = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < deadline, "not back after 30 s"
            time.sleep(0.02)
        return time.monotonic()

    def database_answers(self) -> bool:
        with suppress(psycopg.OperationalError), self.superuser() as database:
            return database.execute("SELECT 1").fetchone() == (1,)
        return False

    def superuser(self) -> "psycopg.Connection[tuple[object, ...]]":
        address = (self.home / "run" / "superuser").read_text()
        return psycopg.connect(address, autocommit=True, connect_timeout=2)
