"""Keeps the processes of one SmartQueue alive: what dies is started again, and all end together."""

import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from smartqueue.cli.leash import follow
from smartqueue.cli.processes import Child, PlainError, Roster
from smartqueue.config import environment

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 5.0
LIVED_LONG_ENOUGH_S = 3.0  # it has loaded and worked: its death is news again, and the pause starts small
APPLICATION = "smartqueue.config.asgi:application"
# Messages are short and many: packing each costs more than it saves. The other implementation holds twice the memory.
SOCKETS = (
    "--ws", "websockets-sansio", "--ws-per-message-deflate", "false", "--ws-max-size", "65536",
    "--ws-ping-interval", "20", "--ws-ping-timeout", "20",
)  # fmt: skip
CELERY = ("-m", "celery", "-A", "smartqueue.config.celery")
ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@contextmanager
def ending_on_signals() -> Iterator[None]:
    """Turn SIGTERM, Ctrl-C and a closed terminal into one SystemExit(0), so that every `with` block closes."""

    def end(_number: int, _frame: FrameType | None) -> None:
        for number in ENDING:
            signal.signal(number, signal.SIG_IGN)  # the way out is bounded; a second Ctrl-C must not cut it short
        raise SystemExit(0)

    before = {number: signal.signal(number, end) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def take_port(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises:
        PlainError: the port is taken, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as refused:
        why = os.strerror(refused.errno) if refused.errno and refused.errno > 0 else refused.strerror
        raise PlainError(
            f"Port {port} on {host} cannot be used ({why}). End the program that has it, "
            f"or choose another port, for example PORT={max(port, 7999) + 1}."
        ) from None


def listen(host: str, port: int) -> socket.socket:
    """Take the port all web processes share; a restarted one finds it still open.

    Raises:
        PlainError: it cannot be had.
    """
    listener = take_port(host, port)
    # uvicorn's --fd takes the socket for a Unix one and leaves Nagle's algorithm on: 44 ms a request instead of 0.1.
    # On Linux the accepted sockets inherit this.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def web_children(listener: socket.socket, count: int) -> list[Child]:
    """The web processes, all accepting from one socket."""
    serve = ("-m", "uvicorn", APPLICATION, "--fd", str(listener.fileno()), "--loop", "uvloop", "--http", "httptools")
    limits = ("--lifespan", "off", "--timeout-keep-alive", "65", "--timeout-graceful-shutdown", "8")
    command = (sys.executable, *serve, *limits, *SOCKETS, "--no-access-log", "--backlog", "2048")
    return [Child(f"web-{number}", command, fds=(listener.fileno(),)) for number in range(1, count + 1)]


def task_children(home: Path) -> list[Child]:
    """Celery's worker, its clock, and those who send messages."""
    lean = ("--without-gossip", "--without-mingle", "--without-heartbeat")
    worker = (*CELERY, "worker", "--pool", "threads", "--concurrency", "4", *lean, "--loglevel", "INFO")
    # No pid file: after a crash the old one would keep beat from starting.
    beat = (*CELERY, "beat", "--schedule", str(home / "run" / "beat"), "--pidfile", "", "--loglevel", "INFO")
    children = [Child("worker", (sys.executable, *worker)), Child("beat", (sys.executable, *beat))]
    if (senders := environment.number("MESSAGE_SENDERS", 4)) > 0:
        # Processes, not threads: each sends one message, and what one of them does wrong ends with it.
        sender = (*CELERY, "worker", "--queues", "messages", "--hostname", "sender@%h", "--pool", "prefork")
        words = ("--concurrency", str(senders), *lean, "--loglevel", "INFO")
        children.append(Child("sender", (sys.executable, *sender, *words)))
    return children


@dataclass
class Watch:
    """A child that has to be alive."""

    child: Child
    since: float
    pause_s: float = FIRST_PAUSE_S
    due: float | None = None


@dataclass
class Supervisor:
    """Watches children; those it has started it also ends."""

    roster: Roster
    watches: list[Watch] = field(default_factory=list)
    own: list[Child] = field(default_factory=list)

    def start(self, *children: Child) -> None:
        """Start children and keep them alive."""
        for child in children:
            self.own.append(child)
            self.roster.start(child)
            self.adopt(child)

    def adopt(self, child: Child) -> None:
        """Keep a child alive that somebody else has started and will end."""
        self.watches.append(Watch(child, since=time.monotonic()))

    def tend(self) -> None:
        """Look at every child once; start again what is dead, after a pause that grows."""
        now = time.monotonic()
        for watch in self.watches:
            if self.roster.is_alive(watch.child.name):
                continue
            if watch.due is None:
                watch.pause_s = FIRST_PAUSE_S if now - watch.since > LIVED_LONG_ENOUGH_S else watch.pause_s
                watch.due = now + watch.pause_s
            elif now >= watch.due:
                self._start_again(watch)

    def _start_again(self, watch: Watch) -> None:
        self.roster.note(watch.child.name, "had ended; SmartQueue starts it again")
        self.roster.start(watch.child)
        watch.since, watch.due = time.monotonic(), None
        watch.pause_s = min(2 * watch.pause_s, LONGEST_PAUSE_S)

    def run(self) -> None:
        """Tend the children until a signal ends us."""
        while True:
            self.tend()
            time.sleep(0.1)

    def stop(self) -> None:
        """End the children we have started."""
        self.roster.end(*self.own)
        names = {child.name for child in self.own}
        self.watches = [watch for watch in self.watches if watch.child.name not in names]


@contextmanager
def supervised(roster: Roster) -> Iterator[Supervisor]:
    """A supervisor whose children end with the block."""
    supervisor = Supervisor(roster)
    try:
        yield supervisor
    finally:
        supervisor.stop()


def end_with_parent() -> None:
    """For `make`: end when the process named by SMARTQUEUE_END_WITH_PARENT is killed; it is our parent."""
    parent = os.environ.pop("SMARTQUEUE_END_WITH_PARENT", "")
    if parent:
        follow(int(parent), signal.SIGTERM)
