"""`smartqueue bench`: our rate over HTTP beside the same SQL over bare connections, interleaved in one run."""

import itertools
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import orjson
import psycopg
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from smartqueue.cli.benching import clicks, day_waits, live, messages, order, reports, ussd
from smartqueue.cli.benching.bare import as_array, run_bare
from smartqueue.cli.benching.load import Measured, NextRequest, http_post, run_load
from smartqueue.cli.engines import Engines, free_port, remove_data

if TYPE_CHECKING:
    from smartqueue.cli.benching.stage import Stage

TICKETS = "/api/v1/tenants/bench/tickets/"
CALL_NEXT = "/api/v1/tenants/bench/agents/me/call-next/"
MOST_AGENTS = 32


@dataclass
class Point:
    """One scenario at one number of clients: a list of runs of each side, in turns."""

    scenario: str
    clients: int
    ours: list[Measured]
    bare: list[float]

    @property
    def rate(self) -> float:
        return statistics.median(run.rate for run in self.ours) / (2 if self.scenario == "call + close" else 1)

    @property
    def bare_rate(self) -> float:
        return statistics.median(self.bare)

    @property
    def ratio(self) -> float:
        """Median of the ratios of neighbouring runs, which a drift of the machine's speed does not touch."""
        half = 2 if self.scenario == "call + close" else 1
        return statistics.median(run.rate / half / bare for run, bare in zip(self.ours, self.bare, strict=True))

    def latency(self, share: float) -> float:
        return statistics.median(run.percentile(share) for run in self.ours)


@dataclass
class House:
    """A running instance of our own."""

    address: tuple[str, int]
    engines: Engines
    stage: "Stage"

    @property
    def database_url(self) -> str:
        """Ours, as a superuser."""
        return self.engines.superuser_url.replace("/postgres?", "/smartqueue?")

    def bare(self, script: str, *, clients: int, queues: list[str], **extent: Any) -> float:
        users = as_array([str(agent.user.id) for agent in self.stage.agents])
        values = {"tenant": str(self.stage.tenant_id), "users": users}
        values |= {"queues": as_array(queues), "n": str(len(queues))}
        pgbench = self.engines.programs / "pgbench"
        return run_bare(pgbench, self.engines.app_url, script, clients=clients, values=values, **extent)

    def takers(self, clients: int, queues: list[str], *, with_keys: bool = False) -> list[NextRequest]:
        return [taker(agent.token, queues, with_keys) for agent in self.stage.agents[:clients]]

    def callers(self, clients: int, queue: str) -> list[NextRequest]:
        return [caller(agent.token, queue) for agent in self.stage.agents[:clients]]


def taker(token: str, queues: list[str], with_keys: bool) -> NextRequest:
    """Takes tickets from the queues in turn."""
    turn = itertools.cycle(queues)
    count = itertools.count()

    def following(_: bytes) -> bytes:
        request = http_post(TICKETS, orjson.dumps({"queue_id": next(turn), "channel": "web"}), token)
        if with_keys:
            key = f"Idempotency-Key: {id(turn)}-{next(count)}-{time.monotonic_ns()}\r\n".encode()
            return request.replace(b"Host:", key + b"Host:", 1)
        return request

    return following


def caller(token: str, queue: str) -> NextRequest:
    """Calls the next person and closes, in turns."""
    call = http_post(CALL_NEXT, orjson.dumps({"queue_id": queue}), token)
    holding = False

    def following(last: bytes) -> bytes:
        nonlocal holding
        if holding and last:
            holding = False
            answer = orjson.loads(last)  # 409: the last run ended with this ticket in the agent's hands
            return http_post(f"{TICKETS}{answer.get('ticket', answer)['id']}/close/", b"{}", token)
        holding = True
        return call

    return following


@contextmanager
def running_house(home: Path) -> Iterator[House]:
    """`smartqueue up` in a data folder and on a port of its own, ended afterwards."""
    port = free_port()
    environment = {
        name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL", "SECRET_KEY"}
    }
    environment |= {"SMARTQUEUE_HOME": str(home), "PORT": str(port), "SMARTQUEUE_DEMO": "0"}
    log = (home / "up.log").open("w")
    command = [sys.executable, "-m", "smartqueue.cli.main", "up"]
    child = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        _wait_for(f"http://127.0.0.1:{port}/healthz", child)
        os.environ |= {"SMARTQUEUE_HOME": str(home), "DJANGO_SETTINGS_MODULE": "smartqueue.config.settings"}
        import django

        django.setup()
        from smartqueue.cli.benching.stage import set_stage
        from smartqueue.cli.processes import Roster

        yield House(("127.0.0.1", port), Engines(home, Roster(home)), set_stage(MOST_AGENTS))
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(timeout=30)
        log.close()


def _wait_for(url: str, child: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and child.poll() is None:
        with suppress(OSError), urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own address
            if answer.status == 200:
                return
        time.sleep(0.1)
    raise click.ClickException("The instance to measure did not start.")


def measure(
    house: House, scenario: str, clients: int, *, rounds: int, seconds: float, step: Callable[[], None]
) -> Point:
    """Ours and bare in turns, each on queues of its own."""
    point = Point(scenario, clients, [], [])
    for _ in range(rounds):
        for side in ("ours", "bare"):
            queues = house.stage.fresh_queues(100 if scenario == "take, 100 queues" else 1)
            if scenario == "call + close":
                house.stage.serve(queues[0])
                house.stage.fill(queues[0], int(seconds * 4000))
                requests, script = house.callers(clients, queues[0]), "cycle"
            else:
                requests, script = house.takers(clients, queues, with_keys=scenario.endswith("keys")), "take"
            if side == "ours":
                point.ours.append(run_load(house.address, requests, seconds=seconds))
            else:
                point.bare.append(house.bare(script, clients=clients, queues=queues, seconds=seconds))
            step()
    return point


SCENARIOS = ("take, 100 queues", "take, one hot queue", "take, one hot queue, with keys", "call + close")


@click.group(invoke_without_command=True)
@click.pass_context
@click.option("--rounds", default=5, show_default=True, help="Runs of each side, in turns.")
@click.option("--seconds", default=3.0, show_default=True, help="Length of a run.")
@click.option("--clients", "sizes", multiple=True, type=int, default=(8, 32), show_default=True)
@click.option("--only", help="Only scenarios whose name contains this.")
@click.option("--long", "is_long", is_flag=True, help="Also 100,000 calls, and calls while a session holds a snapshot.")
def command(
    ctx: click.Context, rounds: int, seconds: float, sizes: tuple[int, ...], only: str | None, *, is_long: bool
) -> None:
    """Measure tickets taken, called and closed a second, beside PostgreSQL's own limit."""
    if ctx.invoked_subcommand:
        return
    console = Console()
    chosen = [scenario for scenario in SCENARIOS if not only or only in scenario]
    home = Path(tempfile.mkdtemp(prefix="sq-bench-"))
    home.chmod(0o755)
    try:
        with running_house(home) as house, Progress(console=console, transient=True) as progress:
            task = progress.add_task("Measuring", total=len(chosen) * len(sizes) * rounds * 2)
            points = [
                measure(house, scenario, clients, rounds=rounds, seconds=seconds, step=lambda: progress.advance(task))
                for scenario in chosen
                for clients in sizes
            ]
            if points:
                console.print(table_of(points, rounds, seconds))
            if is_long:
                console.print(head_rot(house, seconds))
    finally:
        remove_data(home)


command.add_command(live.command, "live")
command.add_command(clicks.command, "click")
command.add_command(reports.command, "reports")
command.add_command(messages.command, "messages")
command.add_command(ussd.command, "ussd")
command.add_command(order.command, "order")
command.add_command(day_waits.command, "waits")


def table_of(points: list[Point], rounds: int, seconds: float) -> Table:
    table = Table(
        "Scenario", "Clients", "Ours /s", "Bare /s", "Ratio", "p50 ms", "p99 ms", "Answers",
        title=f"Medians of {rounds} interleaved runs of {seconds:g} s",
        caption="Bare: the same statements through pgbench, prepared, same number of connections, same database.",
    )  # fmt: skip
    for point in points:
        answers = sum((run.statuses for run in point.ours), start=point.ours[0].statuses.__class__())
        table.add_row(
            point.scenario,
            str(point.clients),
            f"{point.rate:,.0f}",
            f"{point.bare_rate:,.0f}",
            f"{point.ratio:.2f}",
            f"{point.latency(0.50):.1f}",
            f"{point.latency(0.99):.1f}",
            " ".join(f"{status}×{n}" for status, n in sorted(answers.items())),
        )
    return table


QUIET = """
SELECT NOT EXISTS (SELECT 1 FROM journal_entry WHERE dispatched_at IS NULL)
   AND NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE backend_type = 'autovacuum worker' AND datname = 'smartqueue')
"""


def wait_until_quiet(house: House) -> None:
    """Until the relay has handed everything over and nobody vacuums: what is measured next is its own cost only.

    Raises:
        ClickException: not within four minutes.
    """
    deadline = time.monotonic() + 240
    with psycopg.connect(house.database_url, autocommit=True) as watcher:
        while time.monotonic() < deadline:
            if watcher.execute(QUIET).fetchone() == (True,):
                return
            time.sleep(0.25)
    raise click.ClickException("The relay did not come to rest.")


def head_rot(house: House, seconds: float) -> Table:
    """Call-next at the start, after 100,000 calls, and while another session holds a snapshot over 20,000 more."""
    queue = house.stage.fresh_queues(1)[0]
    house.stage.serve(queue)
    house.stage.fill(queue, 160_000)
    table = Table("Call-next on one queue, 8 clients", "Over HTTP /s", "Of the start", "Bare /s", "Of the start")
    start: tuple[float, float] | None = None

    def row(name: str) -> None:
        nonlocal start
        wait_until_quiet(house)
        ours = statistics.median(
            run_load(house.address, house.callers(8, queue), seconds=seconds).rate / 2 for _ in range(3)
        )
        bare = statistics.median(house.bare("cycle", clients=8, queues=[queue], each=250) for _ in range(3))
        start = start or (ours, bare)
        table.add_row(name, f"{ours:,.0f}", f"{ours / start[0]:.2f}", f"{bare:,.0f}", f"{bare / start[1]:.2f}")

    row("at the start")
    house.bare("cycle", clients=8, queues=[queue], each=12_500)
    row("after 100,000 calls")
    with psycopg.connect(house.database_url) as holder:
        holder.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        holder.execute("SELECT count(*) FROM queueing_ticket")
        house.bare("cycle", clients=8, queues=[queue], each=2_500)
        row("while a session holds a snapshot, 20,000 calls old")
        holder.rollback()
    return table
