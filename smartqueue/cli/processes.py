"""Children of one data folder: started on a leash, remembered on disk, ended in order."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from signal import Signals
from typing import IO

LEASH = Path(__file__).with_name("leash.py")
LONGEST_LOG = 5 * 1024 * 1024


class PlainError(RuntimeError):
    """Something a person can act on; its text is a sentence for them."""


@dataclass(frozen=True)
class Account:
    """The user a child runs as."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Child:
    """One long-running command.

    Attributes:
        name: unique in its data folder; also the name of its log.
        command: absolute program and arguments.
        environment: its whole environment; None inherits ours.
        account: run as this user; None keeps ours.
        said: text given on its standard input (secrets, which must not show in a process list).
        fds: descriptors it inherits.
        stop_signal: asks it to end in good order.
        death_signal: what the kernel sends it when we die.
        before: work to do before each start.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] | None = None
    account: Account | None = None
    said: str = ""
    fds: tuple[int, ...] = ()
    stop_signal: Signals = Signals.SIGTERM
    death_signal: Signals = Signals.SIGKILL
    before: Callable[[], None] | None = None


def wait_until(condition: Callable[[], bool], *, seconds: float, pause_s: float = 0.02) -> bool:
    """Ask `condition` again and again; False when `seconds` have passed without a yes."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(pause_s)
    return True


def started_at(pid: int) -> str:
    """What tells this process from a later one with the same number; empty when it is gone or a zombie."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
    return "" if after_name[0] in "ZX" else f"{boot}:{after_name[19]}"


def working_in(folder: Path) -> list[int]:
    """Processes whose current folder is `folder`: every process of a PostgreSQL server sits in its data folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (entry / "cwd").readlink() == folder:
                found.append(int(entry.name))
    return found


@contextmanager
def hold(home: Path) -> Iterator[None]:
    """Keep the data folder for ourselves.

    Raises:
        PlainError: another process has it.
    """
    lock = home / "run" / "lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as held:
        if not wait_until(lambda: _locked(held), seconds=1):  # an earlier one may be closing its last file
            raise PlainError(
                f"SmartQueue is already running on the data folder {home}. End it first, "
                "or choose another folder with SMARTQUEUE_HOME."
            )
        yield


def _locked(file: IO[str]) -> bool:
    with suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def is_held(home: Path) -> bool:
    """Does a running SmartQueue have this data folder?"""
    lock = home / "run" / "lock"
    if not lock.exists():
        return False
    with lock.open("w") as probe:
        return not _locked(probe)


@cache
def _starter() -> ThreadPoolExecutor:
    # The kernel's leash is tied to the thread that starts the child, so that thread must outlive it.
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="starter")


@dataclass
class Roster:
    """The running children of one data folder, also written to `run/pids.json` for the next start."""

    home: Path
    running: dict[str, subprocess.Popen[str]] = field(default_factory=dict)

    @property
    def notes(self) -> Path:
        return self.home / "run" / "pids.json"

    def log(self, name: str) -> Path:
        """Where the output of a child goes."""
        return self.home / "logs" / f"{name}.log"

    def start(self, child: Child) -> subprocess.Popen[str]:
        """Start `child`; it ends when this process does, whatever ends this process."""
        if child.before:
            child.before()
        if threading.current_thread() is threading.main_thread():
            process = self._spawn(child)
        else:
            process = _starter().submit(self._spawn, child).result()
        self.running[child.name] = process
        self._remember()
        if process.stdin:
            with suppress(BrokenPipeError):
                process.stdin.write(child.said)
                process.stdin.close()
        return process

    def _spawn(self, child: Child) -> subprocess.Popen[str]:
        account = child.account or Account(-1, -1)
        leash = [LEASH, int(child.death_signal), os.getpid(), account.uid, account.gid]
        with self._open_log(child.name) as log:
            return subprocess.Popen(
                [sys.executable, "-I", "-S", *map(str, leash), *child.command],
                env=None if child.environment is None else dict(child.environment),
                stdin=subprocess.PIPE if child.said else subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=child.fds,
                start_new_session=True,  # Ctrl-C in the terminal is for us; we end the children in order
                text=True,
            )

    @contextmanager
    def _open_log(self, name: str) -> Iterator[int]:
        path = self.log(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > LONGEST_LOG:
            path.replace(path.with_suffix(".log.1"))
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def note(self, name: str, sentence: str) -> None:
        """Write a line of our own into a child's log."""
        with self._open_log(name) as log:
            os.write(log, f"--- {name} {sentence}\n".encode())

    def last_words(self, name: str, lines: int = 12) -> str:
        """The end of a child's log."""
        path = self.log(name)
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else ""

    def is_alive(self, name: str) -> bool:
        """Is the child running?"""
        process = self.running.get(name)
        return process is not None and process.poll() is None

    def end(self, *children: Child, patience_s: float = 10) -> None:
        """Ask all `children` to end, wait, then kill what is left."""
        asked = [(child, self.running[child.name]) for child in children if child.name in self.running]
        for child, process in asked:
            process.send_signal(child.stop_signal)
        deadline = time.monotonic() + patience_s
        for _, process in asked:
            try:
                process.wait(max(0.05, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._forget(child.name for child, _ in asked)

    def kill(self, name: str) -> None:
        """End a child at once, as a crash would."""
        process = self.running[name]
        process.kill()
        process.wait()
        self._forget([name])

    def _forget(self, names: Iterator[str] | list[str]) -> None:
        for name in list(names):
            del self.running[name]
        self._remember()

    def _remember(self) -> None:
        notes = {name: [child.pid, started_at(child.pid)] for name, child in self.running.items()}
        write_private(self.notes, json.dumps(notes))

    def end_leftovers(self, patience_s: float = 10) -> list[str]:
        """End children that outlived an earlier supervisor, if they are certainly ours; returns their names."""
        try:
            notes: dict[str, tuple[int, str]] = json.loads(self.notes.read_text())
        except (OSError, ValueError):
            return []
        ours = {name: (pid, mark) for name, (pid, mark) in notes.items() if mark and started_at(pid) == mark}
        for name, (pid, _) in ours.items():
            _signal(pid, Signals.SIGINT if name == "postgres" else Signals.SIGTERM)
        wait_until(lambda: not any(started_at(pid) == mark for pid, mark in ours.values()), seconds=patience_s)
        for pid, mark in ours.values():
            if started_at(pid) == mark:
                _signal(pid, Signals.SIGKILL)
        wait_until(lambda: not any(started_at(pid) == mark for pid, mark in ours.values()), seconds=2)
        self.notes.unlink(missing_ok=True)
        return sorted(ours)


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step; nobody else may read it."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    fresh.replace(path)
