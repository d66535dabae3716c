"""Children are kept alive, and none outlives its house."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from smartqueue.cli.engines import running_engines
from smartqueue.cli.processes import PlainError, Roster, started_at, wait_until
from smartqueue.cli.supervisor import LONGEST_PAUSE_S, Supervisor, listen, supervised

from .standins import ANSWER, STUBBORN, WAIT, python, start_house


@pytest.fixture
def roster(home: Path) -> Roster:
    (home / "run").mkdir(parents=True)
    return Roster(home)


@pytest.fixture
def supervisor(roster: Roster) -> Iterator[Supervisor]:
    with supervised(roster) as supervisor:
        yield supervisor


def tended_until(supervisor: Supervisor, condition: Callable[[], bool]) -> bool:
    def tended() -> bool:
        supervisor.tend()
        return condition()

    return wait_until(tended, seconds=10)


def gone(pids: dict[str, int]) -> bool:
    return not any(started_at(pid) for pid in pids.values())


def test_a_dead_child_is_started_again(supervisor: Supervisor, roster: Roster) -> None:
    supervisor.start(python("worker", WAIT))
    first = roster.running["worker"]
    os.kill(first.pid, signal.SIGKILL)
    first.wait()

    assert tended_until(supervisor, lambda: roster.is_alive("worker"))
    assert roster.running["worker"].pid != first.pid
    assert roster.last_words("worker") == "--- worker had ended; SmartQueue starts it again"


def test_the_pause_before_a_new_start_grows_up_to_a_limit(
    supervisor: Supervisor, roster: Roster, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1000.0]
    monkeypatch.setattr("smartqueue.cli.supervisor.time.monotonic", lambda: clock[0])
    supervisor.start(python("worker", "raise SystemExit(1)"))
    pauses = []
    for _ in range(6):
        roster.running["worker"].wait()
        supervisor.tend()
        pauses.append(supervisor.watches[0].pause_s)
        clock[0] += LONGEST_PAUSE_S
        supervisor.tend()

    assert pauses == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0]


def test_a_child_that_ends_after_a_long_life_comes_back_quickly(supervisor: Supervisor, roster: Roster) -> None:
    supervisor.start(python("worker", "raise SystemExit(1)"))
    supervisor.watches[0].pause_s, supervisor.watches[0].since = LONGEST_PAUSE_S, time.monotonic() - 3600
    roster.running["worker"].wait()
    supervisor.tend()
    assert supervisor.watches[0].pause_s == 0.2


def test_a_child_that_will_not_end_is_killed(roster: Roster) -> None:
    deaf = python("worker", STUBBORN)
    process = roster.start(deaf)
    assert wait_until(lambda: roster.last_words("worker") == "deaf", seconds=10)
    roster.end(deaf, patience_s=0.2)
    assert process.returncode == -signal.SIGKILL


def test_a_killed_web_process_leaves_the_port_open(supervisor: Supervisor, roster: Roster) -> None:
    def ask(port: int) -> int:
        with contextlib.suppress(ConnectionError), socket.create_connection(("127.0.0.1", port), timeout=10) as client:
            return int(client.recv(20) or 0)
        return 0

    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        supervisor.start(python("web-1", ANSWER, str(listener.fileno()), fds=(listener.fileno(),)))
        first = ask(port)
        assert first == roster.running["web-1"].pid
        roster.running["web-1"].kill()
        roster.running["web-1"].wait()
        assert tended_until(supervisor, lambda: roster.is_alive("web-1"))
        assert ask(port) == roster.running["web-1"].pid != first


def test_a_taken_port_is_told_in_a_sentence() -> None:
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(PlainError) as refused:
            listen("127.0.0.1", port)
    assert str(refused.value) == (
        f"Port {port} on 127.0.0.1 cannot be used (Address already in use). End the program that has it, "
        f"or choose another port, for example PORT={port + 1}."
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_polite_signal_ends_every_child(home: Path, number: signal.Signals) -> None:
    house, children = start_house(home)
    with house:
        assert sorted(children) == ["postgres", "valkey", "web-1", "worker"]
        house.send_signal(number)
        assert house.wait(timeout=20) == 0
    assert gone(children)
    assert json.loads((home / "run" / "pids.json").read_text()) == {}


def test_kill_9_of_the_house_leaves_no_orphan_and_the_next_start_finds_its_data(home: Path) -> None:
    house, children = start_house(home)
    with house:
        with psycopg.connect(json.loads((home / "run" / "engines.json").read_text())["owner_url"]) as db:
            db.execute("CREATE TABLE words AS SELECT 'kept' AS word")
        house.kill()
    assert wait_until(lambda: gone(children), seconds=15)

    with running_engines(home) as engines, psycopg.connect(engines.app_url) as db:
        assert db.execute("SELECT word FROM words").fetchall() == [("kept",)]


def test_a_start_right_after_kill_9_does_not_wait_for_anybody(home: Path) -> None:
    house, _ = start_house(home)
    with house:
        house.kill()
    with running_engines(home) as engines, psycopg.connect(engines.app_url) as db:
        assert db.execute("SELECT 1").fetchone() == (1,)


def test_leftovers_of_an_earlier_house_are_ended_and_strangers_are_not(roster: Roster) -> None:
    command = [sys.executable, "-c", WAIT]
    with subprocess.Popen(command) as ours, subprocess.Popen(command) as stranger:
        notes = {"web-1": [ours.pid, started_at(ours.pid)], "web-2": [stranger.pid, "another time"]}
        roster.notes.write_text(json.dumps(notes))

        assert roster.end_leftovers() == ["web-1"]

        assert ours.wait(timeout=5) == -signal.SIGTERM
        assert stranger.poll() is None
        stranger.kill()


def test_a_broken_note_of_leftovers_is_no_obstacle(roster: Roster) -> None:
    roster.notes.write_text("{")
    assert roster.end_leftovers() == []
