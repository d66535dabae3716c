"""People at counters and kiosks whose connection may break at any moment: they ask again until they are answered."""

import http.client
import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

PROBLEM_JSON = "application/problem+json"


class NeverAnsweredError(AssertionError):
    """A request was sent again and again, and no answer came in time."""


@dataclass(frozen=True)
class Answer:
    """What a server said."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Ledger:
    """What all clients together have seen; safe to write from threads.

    Attributes:
        counts: takes, calls and closes that were acknowledged; retries by their cause.
        faults: answers that must never be given, whatever dies.
        longest_silence_s: the longest time in which nobody was served.
        served_at: when somebody was last served, monotonic.
    """

    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    longest_silence_s: float = 0.0
    served_at: float = field(default_factory=time.monotonic)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, what: str) -> None:
        with self._lock:
            self.counts[what] += 1

    def served(self) -> None:
        with self._lock:
            instant = time.monotonic()
            self.longest_silence_s = max(self.longest_silence_s, instant - self.served_at)
            self.served_at = instant

    def judge(self, answer: Answer, what: str) -> bool:
        """Is this an answer? A 503 that says when to come back is none; any other 5xx is a fault."""
        if answer.status < 500:
            self.served()
            return True
        self.count(f"retry: {answer.status}")
        says_when = answer.headers.get("retry-after", "").isdigit()
        if answer.status != 503 or answer.headers.get("content-type") != PROBLEM_JSON or not says_when:
            with self._lock:
                self.faults.append(f"{what}: {answer.status} {answer.headers} {answer.body[:300]!r}")
        return False

    @property
    def retries(self) -> int:
        return sum(number for what, number in self.counts.items() if what.startswith("retry"))


@dataclass
class Client:
    """One person's connection, kept open between requests and opened anew when it breaks."""

    address: tuple[str, int]
    token: str
    ledger: Ledger
    timeout_s: float = 10.0
    patience_s: float = 60.0
    connection: http.client.HTTPConnection | None = None

    def post(self, path: str, body: Any, *, key: str | None) -> Answer:
        """Send until answered, always under the same key.

        Raises:
            NeverAnsweredError: not within `patience_s`.
        """
        deadline = time.monotonic() + self.patience_s
        while time.monotonic() < deadline:
            try:
                answer = self.send(path, body, key)
            except (OSError, http.client.HTTPException) as broken:
                self.hang_up()
                self.ledger.count(f"retry: {type(broken).__name__}")
            else:
                if self.ledger.judge(answer, path):
                    return answer
            time.sleep(0.05)
        raise NeverAnsweredError(path)

    def send(self, path: str, body: Any, key: str | None) -> Answer:
        """One attempt."""
        if self.connection is None:
            self.connection = http.client.HTTPConnection(*self.address, timeout=self.timeout_s)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        if key is not None:
            headers["Idempotency-Key"] = key
        self.connection.request("POST", f"/api/v1/{path}", json.dumps(body), headers)
        response = self.connection.getresponse()
        body_bytes = response.read()
        if response.will_close:
            self.hang_up()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, body_bytes)

    def hang_up(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None


def fresh_key() -> str:
    return uuid4().hex


def all_together(doings: Iterable[Callable[[], None]], *, seconds: float) -> None:
    """Run in threads; the first exception of any is raised here."""
    failures: list[BaseException] = []

    def run(doing: Callable[[], None]) -> None:
        try:
            doing()
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(doing,), daemon=True) for doing in doings]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + seconds
    for thread in threads:
        thread.join(timeout=max(0.1, deadline - time.monotonic()))
    if failures:
        raise failures[0]
    assert not any(thread.is_alive() for thread in threads), "somebody is still waiting"


def tell(capsys: Any, text: str) -> None:
    """Show figures while the tests run: they are what a run of the large version is for."""
    with capsys.disabled():
        sys.stdout.write(f"\n{text}\n")
