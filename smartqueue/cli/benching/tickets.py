"""`smartqueue generate-tickets`: a year of finished, plausible tickets, written straight into PostgreSQL."""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click
import psycopg
from psycopg import Connection
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from smartqueue.cli.benching.days import Day, Presence, Stay, site_day

if TYPE_CHECKING:
    from smartqueue.cli.benching.ground import Branch, House

BATCH = 40_000
WRITTEN = ("queueing_ticket", "queueing_agentsession", "queueing_daycounter", "journal_entry")

# COPY is refused under row-level security, so it goes into temporary tables, and INSERT … SELECT from there.
STAGE = """
CREATE TEMP TABLE made_stay (queue_id uuid, origin_id uuid, service_id uuid, agent_id uuid, counter_id uuid, day date,
    sequence int, prefix text, channel text, priority smallint, came float8, called float8, started float8,
    ended float8, status text, outcome text, recalls smallint);
CREATE TEMP TABLE made_presence (agent_id uuid, counter_id uuid, came float8, away float8, back float8, gone float8);
"""
TICKETS = """
INSERT INTO queueing_ticket (id, tenant_id, origin_id, queue_id, service_id, day, sequence, number, token, channel,
    priority, language, status, lane, line_at, agent_id, counter_id, created_at, called_at, last_call_at, started_at,
    ended_at, paused_s, recalls, deferrals, reason, outcome, version)
SELECT uuidv7(to_timestamp(came) - now()), %(tenant)s, origin_id, queue_id, service_id, day, sequence,
    prefix || lpad(sequence::text, greatest(3, length(sequence::text)), '0'),
    to_hex(came::bigint) || substr(replace(gen_random_uuid()::text, '-', ''), 1, 24), channel, priority,
    CASE WHEN sequence %% 5 = 0 THEN 'wo' ELSE 'fr' END, status, priority, to_timestamp(came), agent_id, counter_id,
    to_timestamp(came), to_timestamp(called), to_timestamp(called), to_timestamp(started), to_timestamp(ended), 0,
    recalls, 0, '', outcome, 1
FROM made_stay
"""
COUNTERS = """
INSERT INTO queueing_daycounter (id, tenant_id, queue_id, day, last_sequence, last_line_at)
SELECT gen_random_uuid(), %(tenant)s, origin_id, day, max(sequence), to_timestamp(max(came))
FROM made_stay GROUP BY origin_id, day
"""
SESSIONS = """
INSERT INTO queueing_agentsession (id, tenant_id, agent_id, counter_id, opened_at, closed_at)
SELECT gen_random_uuid(), %(tenant)s, agent_id, counter_id, to_timestamp(came), to_timestamp(gone) FROM made_presence
"""
# Handed over already: there is nobody to tell of a break of last year.
BREAKS = """
INSERT INTO journal_entry (tenant_id, at, kind, fact, object_type, object_id, actor_kind, actor_label, user_agent,
    endpoint, data, before, after, dispatched_at, tries)
SELECT %(tenant)s, to_timestamp(s.at), 'status_change', 'agent.status_updated', 'agent', agent_id, 'system', '', '',
    'generated', jsonb_build_object('status', s.status, 'counter_id', counter_id),
    jsonb_build_object('status', s.before, 'status_reason', ''),
    jsonb_build_object('status', s.status, 'status_reason', ''), now(), 0
FROM made_presence p CROSS JOIN LATERAL (VALUES (p.came, 'offline', 'available', true),
    (p.away, 'available', 'paused', p.back > p.away), (p.back, 'paused', 'available', p.back > p.away),
    (p.gone, 'available', 'offline', true)) AS s(at, before, status, happened)
WHERE s.happened ORDER BY s.at
"""


@dataclass
class Batch:
    """Rows of whole days of one tenant, as COPY reads them."""

    house: "House"
    stays: list[str] = field(default_factory=list)
    presences: list[str] = field(default_factory=list)


def generate(
    db: Connection[tuple[object, ...]], house: "House", until: date, days: int, rng: Random, progress: Progress
) -> int:
    """Write a house's days, each of its sites' after the other; returns the number of tickets.

    While PostgreSQL stores a batch, the next one is played.

    Args:
        db: as the owner of the tables or a superuser; nobody else may use it meanwhile.
    """
    from smartqueue.cli.benching.ground import open_days

    task = progress.add_task(house.slug, total=len(house.branches) * days)
    total = 0
    with ThreadPoolExecutor(1) as writer:
        writing: Future[None] | None = None
        batch = Batch(house)
        for branch in house.branches:
            rows = Rows(branch)
            for day, hours, factor in open_days(house.type, until, days):
                rows.add(site_day(branch.lines, hours, factor, rng), day, batch)
                if len(batch.stays) >= BATCH:
                    total += len(batch.stays)
                    if writing:
                        writing.result()
                    writing, batch = writer.submit(write, db, batch), Batch(house)
            progress.advance(task, days)
        total += len(batch.stays)
        if writing:
            writing.result()
        write(db, batch)
    progress.remove_task(task)
    return total


class Rows:
    """Turns a branch's days into lines of COPY's text format."""

    def __init__(self, branch: "Branch") -> None:
        self.branch, self.zone = branch, ZoneInfo(branch.zone)
        self.queues = [str(queue_id) for queue_id in branch.queues]
        self.staff = [[f"{agent}\t{counter}" for agent, counter in seats] for seats in branch.staff]

    def add(self, made: Day, day: date, batch: Batch) -> None:
        midnight = datetime(day.year, day.month, day.day, tzinfo=self.zone).timestamp()
        batch.stays += [self._stay(stay, day, midnight) for stay in made.stays]
        batch.presences += [self._presence(presence, midnight) for presence in made.presences]

    def _stay(self, stay: Stay, day: date, midnight: float) -> str:
        line, origin, sequence, channel, priority, came, called, started, ended, status, outcome, agent, recalls = stay
        who = r"\N" + "\t" + r"\N" if agent is None else self.staff[line][agent]
        return (
            f"{self.queues[line]}\t{self.queues[origin]}\t{self.branch.services[line]}\t{who}\t{day}\t{sequence}\t"
            f"{chr(65 + origin)}\t{channel}\t{priority}\t{midnight + came:.3f}\t{_at(midnight, called)}\t"
            f"{_at(midnight, started)}\t{midnight + ended:.3f}\t{status}\t{outcome}\t{recalls}\n"
        )

    def _presence(self, presence: Presence, midnight: float) -> str:
        line, agent, came, left, start, end = presence
        times = "\t".join(f"{midnight + at:.3f}" for at in (came, start, end, left))
        return f"{self.staff[line][agent]}\t{times}\n"


def _at(midnight: float, moment: float | None) -> str:
    return r"\N" if moment is None else f"{midnight + moment:.3f}"


def write(db: Connection[tuple[object, ...]], batch: Batch) -> None:
    """One transaction: the tickets, their days' counters, the agents' stays and breaks."""
    with db.transaction(), db.cursor() as cursor:
        for table, rows in (("made_stay", batch.stays), ("made_presence", batch.presences)):
            cursor.execute(f"TRUNCATE {table}")
            with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                copy.write("".join(rows))
        for statement in (TICKETS, COUNTERS, SESSIONS, BREAKS):
            cursor.execute(statement, {"tenant": batch.house.tenant_id})


@contextmanager
def bulk_connection(url: str) -> Iterator[Connection[tuple[object, ...]]]:
    """A connection that writes history: triggers that watch over moves and facts of today's tickets are off.

    A superuser turns them off for this session, and foreign keys with them. The owner turns the tickets' own off for
    all, so nobody may work in this database meanwhile.

    Args:
        url: a superuser, or the owner of the tables.
    """
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("SET synchronous_commit = off")
        db.execute("SET statement_timeout = 0")
        db.execute(STAGE)
        if db.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone() == (True,):
            db.execute("SET session_replication_role = replica")
            yield db
            return
        db.execute("ALTER TABLE queueing_ticket DISABLE TRIGGER USER")
        try:
            yield db
        finally:
            db.execute("ALTER TABLE queueing_ticket ENABLE TRIGGER USER")


@dataclass(frozen=True)
class Made:
    """What was written, and how long it took."""

    houses: list["House"]
    tickets: int
    ground_s: float
    days_s: float


def make_all(
    url: str, *, tickets: int, tenants: int, days: int, seed: int, until: date, prefix: str, progress: Progress
) -> Made:
    """Make the organisations, then their days, and let PostgreSQL look at what it has got.

    Args:
        url: a superuser, or the owner of the tables.
        tickets: about so many.
        until: the last day.
        prefix: of the organisations' names in addresses.
    """
    from smartqueue.cli.benching.ground import make_house, shares

    rng = Random(seed)  # noqa: S311 - made-up days, nothing secret
    started = time.perf_counter()
    task = progress.add_task("sites and agents", total=None)
    houses = [
        make_house(
            f"{prefix}-{place + 1:02}", place, tickets * share, until, days, rng, made=lambda: progress.advance(task)
        )
        for place, share in enumerate(shares(tenants))
    ]
    progress.remove_task(task)
    laid = time.perf_counter()
    whole = progress.add_task("tickets", total=tickets)
    total = 0
    with bulk_connection(url) as db:
        for house in houses:
            total += generate(db, house, until, days, rng, progress)
            progress.update(whole, completed=min(total, tickets))
        for table in WRITTEN:
            db.execute(f"VACUUM ANALYZE {table}")
    return Made(houses, total, laid - started, time.perf_counter() - laid)


def bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TimeRemainingColumn(), console=console, transient=True,
    )  # fmt: skip


@click.command()
@click.option("--tickets", default=100_000, show_default=True, type=click.IntRange(min=1), help="About so many.")
@click.option("--tenants", default=40, show_default=True, type=click.IntRange(1, 99), help="Of very different sizes.")
@click.option("--days", default=365, show_default=True, type=click.IntRange(min=7), help="Up to yesterday.")
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same days.")
@click.option("--prefix", default="generated", show_default=True, help="Of the organisations' names in addresses.")
def command(tickets: int, tenants: int, days: int, seed: int, prefix: str) -> None:
    """Make organisations with finished days of tickets, to try reports on. Not for an instance that people use.

    The tickets have no life in the journal, so `smartqueue verify` does not hold for these organisations.
    """
    from smartqueue.config import environment
    from smartqueue.kernel.clock import now
    from smartqueue.tenants.queries import tenants_by_slug

    if tenants_by_slug([f"{prefix}-01"]):
        raise click.ClickException(f"{prefix}-01 exists. Choose another --prefix.")
    url = environment.load().owner_url
    if not url:
        raise click.ClickException("DATABASE_URL, the owner of the tables, is needed to write history.")
    console = Console()
    until = now().date() - timedelta(days=1)
    with bar(console) as progress:
        made = make_all(
            url, tickets=tickets, tenants=tenants, days=days, seed=seed, until=until, prefix=prefix, progress=progress
        )
    rate = made.tickets / made.days_s
    console.print(
        f"{made.tickets:,} tickets of {len(made.houses)} organisations over {days} days: "
        f"sites and agents {made.ground_s:.1f} s, tickets {made.days_s:.1f} s ({rate:,.0f} a second)."
    )
