"""`smartqueue bench live`: one call, and how long until the last of N sockets knows; beside a bare broadcast."""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from uuid import UUID

import click
import orjson
from rich.console import Console
from rich.table import Table

from smartqueue.cli.engines import remove_data

if TYPE_CHECKING:
    from smartqueue.cli.bench import House

LISTENERS = 2
WITHIN_S = 20.0
PAUSE_S = 0.6
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass
class Result:
    """One side at one number of sockets. Times in seconds from the publish to the arrival at each socket."""

    name: str
    sockets: int
    length: int = 0
    arrivals: list[float] = field(default_factory=list)
    last: list[float] = field(default_factory=list)
    lost: int = 0
    cpu_s: float = 0.0
    memory: int = 0

    def share(self, share: float) -> float:
        """Milliseconds within which this share (0 to 1) of the messages had come."""
        ordered = sorted(self.arrivals)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")

    @property
    def cpu_us(self) -> float:
        """Processor time of the server for one message to one socket, in microseconds."""
        return 1e6 * self.cpu_s / max(1, len(self.arrivals))


class Spoken:
    """A child process that is spoken to by lines."""

    def __init__(self, child: "subprocess.Popen[str]") -> None:
        self.child = child

    def say(self, line: str) -> None:
        stream: IO[str] = self.child.stdin  # type: ignore[assignment]  # we asked for a pipe
        stream.write(line + "\n")
        stream.flush()

    def hear(self) -> str:
        stream: IO[str] = self.child.stdout  # type: ignore[assignment]
        line = stream.readline()
        if not line:
            raise click.ClickException("A process of the measurement has ended.")
        return line.rstrip("\n")

    @property
    def cpu_s(self) -> float:
        """Processor time it has used so far."""
        words = Path(f"/proc/{self.child.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / TICKS_PER_S

    @property
    def memory(self) -> int:
        """Resident bytes."""
        pages = int(Path(f"/proc/{self.child.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def spoken(*command: str, environment: dict[str, str] | None = None) -> Iterator[Spoken]:
    child = subprocess.Popen(
        [sys.executable, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    )
    try:
        yield Spoken(child)
    finally:
        child.kill()
        child.wait()


@contextmanager
def listeners(port: int, sockets: list[tuple[str, list[str]]]) -> Iterator[list[Spoken]]:
    """Client processes with these sockets (path, protocols), all open."""
    with (
        spoken("-m", "smartqueue.cli.benching.sockets", "listen") as one,
        spoken("-m", "smartqueue.cli.benching.sockets", "listen") as two,
    ):
        both = [one, two]
        for number, listener in enumerate(both):
            mine = sockets[number::LISTENERS]
            listener.say(orjson.dumps({"host": "127.0.0.1", "port": port, "sockets": mine}).decode())
        for listener in both:
            if listener.hear() != "open":
                raise click.ClickException("Not every socket could be opened.")
        yield both


def measure(
    result: Result, server: Spoken, clients: list[Spoken], rounds: int, trigger: Callable[[int], tuple[float, int]]
) -> None:
    """Trigger so many messages, one after the other, and note when they came.

    Args:
        trigger: makes one change; returns the instant of its publish and the number that the message carries.
    """
    took(clients)
    for number in range(1, rounds + 1):
        time.sleep(PAUSE_S)
        before_s = server.cpu_s
        published, seq = trigger(number)
        came: list[float] = []
        deadline = time.monotonic() + WITHIN_S
        while len(came) < result.sockets and time.monotonic() < deadline:
            time.sleep(0.3)  # the clients must not be asked while they are counting
            came += took(clients).get(seq, [])
        result.cpu_s += server.cpu_s - before_s
        delays = sorted(instant - published for instant in came)[: result.sockets]
        result.arrivals += delays
        result.last.append(delays[-1] if delays else WITHIN_S)
        result.lost += result.sockets - len(delays)


def took(clients: list[Spoken]) -> dict[int, list[float]]:
    """What the clients have been given since they were last asked: number → times."""
    came: dict[int, list[float]] = {}
    for client in clients:
        client.say("?")
    for client in clients:
        for seq, times in orjson.loads(client.hear()).items():
            came.setdefault(int(seq), []).extend(times)
    return came


class Ours:
    """One web process of ours, a queue, and agents who call from it."""

    def __init__(self, house: "House", n: int, *, phones: bool) -> None:
        self.stage, self.n, self.phones = house.stage, n, phones
        self.queue_id = self.stage.fresh_queues(1)[0]
        self.stage.serve(self.queue_id)
        self.stage.fill(self.queue_id, n + 40 if phones else 20)
        self.called: list[UUID] = []

    def relay(self) -> float:
        """Number what is committed and announce it, as the worker does; returns when it was published.

        The worker of the house is not poked, so that the instant is known.
        """
        from smartqueue.config import wiring
        from smartqueue.journal.actions.relay import AT_ONCE, relay_entries
        from smartqueue.kernel.clock import now

        published = time.monotonic()

        def announce(streams: Any) -> None:
            nonlocal published
            published = time.monotonic()
            wiring.AT_ONCE(streams)

        while relay_entries(timetable={}, at=now(), announce=announce) >= AT_ONCE:
            pass
        return published

    def newest(self) -> int:
        """The last number of the queue's stream."""
        from django.db import connections

        with connections["platform"].cursor() as cursor:
            cursor.execute("SELECT last_seq FROM journal_stream WHERE queue_id = %s", [self.queue_id])
            return int(cursor.fetchone()[0])

    def sockets(self) -> list[tuple[str, list[str]]]:
        if not self.phones:
            path = f"/ws/tenants/bench/queues/{self.queue_id}/"
            return [(path, ["smartqueue.v1", f"smartqueue.bearer.{self.stage.agents[0].token}"])] * self.n
        from django.db import connections

        with connections["platform"].cursor() as cursor:  # the last ones: none of them is called
            cursor.execute(
                "SELECT token FROM queueing_ticket WHERE queue_id = %s ORDER BY sequence DESC LIMIT %s",
                [self.queue_id, self.n],
            )
            return [(f"/ws/tickets/{token}/", ["smartqueue.v1"]) for (token,) in cursor.fetchall()]

    def call(self, number: int) -> tuple[float, int]:
        """One agent calls the next person."""
        from smartqueue.kernel.clock import now
        from smartqueue.tenants.scope import ask

        agent = self.stage.agents[number - 1]
        rows = ask(
            "SELECT * FROM queueing_call(%s, %s, NULL, %s, NULL, '', %s, %s)",
            [self.stage.tenant_id, agent.id, self.queue_id, now(), ACTOR],
        )
        if rows[0][0] != "ok":
            raise click.ClickException(f"The call was refused: {rows[0][0]}")
        self.called.append(rows[0][1])
        return self.relay(), self.newest()

    def tidy(self) -> None:
        """The agents' hands are empty again."""
        from smartqueue.journal.states import SYSTEM
        from smartqueue.kernel.clock import now
        from smartqueue.queueing.actions.hot import close_ticket

        for ticket_id in self.called:
            close_ticket(tenant_id=self.stage.tenant_id, ticket_id=ticket_id, actor=SYSTEM, at=now())


ACTOR = '{"kind":"system","user_id":null,"label":"","ip":null,"user_agent":"","endpoint":"bench"}'


@contextmanager
def our_server() -> Iterator[tuple[Spoken, int]]:
    """One uvicorn process as the supervisor starts it, on a port of its own."""
    from smartqueue.cli.processes import wait_until
    from smartqueue.cli.supervisor import listen, web_children

    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        (child,) = web_children(listener, 1)
        process = subprocess.Popen(
            [*child.command, "--log-level", "warning"],
            env=os.environ | {"LIVE_PER_ADDRESS": "1000000"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=child.fds,
            text=True,
        )
        try:
            import httpx

            def ready() -> bool:
                try:
                    return httpx.get(f"http://127.0.0.1:{port}/live/", trust_env=False, timeout=2).status_code == 404
                except httpx.HTTPError:
                    return False

            if not wait_until(ready, seconds=30):
                raise click.ClickException("Our web process did not start.")
            yield Spoken(process), port
        finally:
            process.kill()
            process.wait()


def run_ours(house: "House", n: int, rounds: int, *, phones: bool) -> Result:
    name = "ours, own lines" if phones else "ours, one state"
    result = Result(name, n)
    ours = Ours(house, n, phones=phones)
    ours.relay()
    with our_server() as (server, port):
        warm_up(port, ours)
        empty = server.memory
        with listeners(port, ours.sockets()) as clients:
            time.sleep(1)
            result.memory = (server.memory - empty) // n
            measure(result, server, clients, rounds, ours.call)
    result.length = len(frame_of(house, ours))
    ours.tidy()
    return result


def warm_up(port: int, ours: Ours) -> None:
    """A few sockets come and go: what the process loads once is not counted as theirs."""
    with listeners(port, ours.sockets()[:20]):
        pass
    time.sleep(0.5)


def frame_of(house: "House", ours: Ours) -> bytes:
    """A message of this kind, for the bare server to send."""
    from smartqueue.kernel.clock import now
    from smartqueue.live.cuts import View, phone_message, state_for, waiting_tail
    from smartqueue.queueing.queries.board import board

    if ours.phones:
        return phone_message("state", 10**5, waiting_tail(ours.n, 10**5, 10**5, 1)).encode()
    seen = board(tenant_id=ours.stage.tenant_id, queue_id=ours.queue_id, since=None, phones=False, at=now())
    assert seen is not None
    return orjson.dumps({"type": "state", "seq": 10**5, **state_for(View.STAFF, seen)})


def run_bare(n: int, rounds: int, length: int) -> Result:
    result = Result(f"bare, {length:,} bytes", n, length)
    filler = "x" * (length - 25)
    with spoken("-m", "smartqueue.cli.benching.sockets", "cast") as server:
        port = int(server.hear())
        with listeners(port, [("/", [])] * min(20, n)):
            pass
        time.sleep(0.5)
        empty = server.memory
        with listeners(port, [("/", [])] * n) as clients:
            time.sleep(1)
            result.memory = (server.memory - empty) // n

            def cast(number: int) -> tuple[float, int]:
                published = time.monotonic()
                server.say(orjson.dumps({"seq": number, "filler": filler}).decode())
                return published, number

            measure(result, server, clients, rounds, cast)
    return result


@click.command()
@click.option("--sockets", "sizes", multiple=True, type=int, default=(100, 1000, 5000), show_default=True)
@click.option("--rounds", default=12, show_default=True, help="Calls for each row.")
def command(sizes: tuple[int, ...], rounds: int) -> None:
    """Measure how long one call takes to the last of so many sockets, beside a bare broadcast."""
    from smartqueue.cli.bench import running_house

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard < max(sizes) + 200:
        raise click.ClickException(f"This shell may open {hard} files only; raise it with `ulimit -n`.")
    home = Path(tempfile.mkdtemp(prefix="sq-bench-"))
    home.chmod(0o755)
    results: list[Result] = []
    try:
        with running_house(home) as house:
            for n in sizes:
                for phones in (False, True):
                    ours = run_ours(house, n, rounds, phones=phones)
                    results += [ours, run_bare(n, rounds, ours.length)]
    finally:
        remove_data(home)
    Console(width=120).print(table_of(results, rounds))


def table_of(results: list[Result], rounds: int) -> Table:
    table = Table(
        "Sockets", "", "p50 ms", "p99 ms", "last ms", "CPU µs", "kB a socket", "Lost",
        title=f"From the publish to the sockets, {rounds} calls each, one server process",
        caption="last: median of the calls, until the last socket had it. CPU: the server's, a message.",
    )  # fmt: skip
    for result in results:
        last = sorted(result.last)[len(result.last) // 2]
        table.add_row(
            f"{result.sockets:,}", result.name, f"{result.share(0.5):.1f}", f"{result.share(0.99):.1f}",
            f"{1000 * last:.1f}", f"{result.cpu_us:.1f}", f"{result.memory / 1024:.1f}", str(result.lost),
        )  # fmt: skip
    return table
