"""`smartqueue bench reports`: every report over a generated year, beside plain SQL over the raw tickets."""

import logging
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import click
import httpx
import psycopg
from rich.console import Console
from rich.table import Table

from smartqueue.cli.benching.audit import Audit, audit, need_duckdb
from smartqueue.cli.benching.raw import COVERING, STATEMENTS
from smartqueue.cli.benching.tickets import Made, bar, make_all
from smartqueue.cli.engines import remove_data

if TYPE_CHECKING:
    from smartqueue.cli.bench import House

WANTED_MS = {30: 30.0, 365: 200.0}
LIST_WANTED_MS = 150.0
SPANS = ((1, "day"), (30, "day"), (365, "month"), (365, "day"))
RAW_ROUNDS = 3


# The clock's task would take a generated year for news and recompute it while we measure.
NO_NEWS = "UPDATE reporting_watermark SET entry_id = 9223372036854775807"


@dataclass
class Timings:
    """Seconds of each run: `sql` in the database, `whole` with what Python makes of it; raw without and with index."""

    sql: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    raw: list[float] = field(default_factory=list)
    covered: list[float] = field(default_factory=list)


Key = tuple[str, int, str]
"""Report, days, granularity."""


def ms(seconds: list[float], share: float = 0.5) -> float:
    """Milliseconds within which this share of the runs was done."""
    if not seconds:
        return float("nan")
    if share == 0.5:
        return 1000 * statistics.median(seconds)
    ordered = sorted(seconds)
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def reports() -> dict[str, Callable[[Any], Any]]:
    """By the name in the address."""
    from smartqueue.reporting import queries

    return {
        "wait-times": queries.wait_report,
        "agent-performance": queries.agent_report,
        "queue-stats": queries.queue_report,
        "satisfaction": queries.satisfaction_report,
        "demand": queries.demand_report,
        "drop-off": queries.dropoff_report,
        "channels": queries.channel_report,
        "origins": queries.origin_report,
        "heat-map": queries.heat_map,
    }


@contextmanager
def sql_time() -> Iterator[list[float]]:
    """How long each statement of the block took, its rows included."""
    from django.db import connection

    spent: list[float] = []

    def note(execute: Any, *said: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(*said)
        finally:
            spent.append(time.perf_counter() - started)

    with connection.execute_wrapper(note):
        yield spent


def time_ours(name: str, tenant_id: UUID, first: date, last: date, granularity: str) -> tuple[float, float]:
    """One report: its seconds in the database, and in all."""
    from smartqueue.reporting.queries import Wanted
    from smartqueue.reporting.states import Granularity
    from smartqueue.tenants.scope import in_tenant

    wanted = Wanted(tenant_id, first, last, granularity=Granularity(granularity))
    with in_tenant(tenant_id), sql_time() as spent:
        started = time.perf_counter()
        reports()[name](wanted)
        return sum(spent), time.perf_counter() - started


def time_raw(name: str, tenant_id: UUID, first: date, last: date, granularity: str) -> float:
    """The same answer from the raw rows, as the same database role."""
    from django.db import connection

    from smartqueue.tenants.scope import in_tenant

    values: dict[str, Any] = {"tenant": tenant_id, "first": first, "last": last, "granularity": granularity}
    with in_tenant(tenant_id), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        started = time.perf_counter()
        cursor.execute(STATEMENTS[name], values)
        cursor.fetchall()
        return time.perf_counter() - started


def measure(
    tenant_id: UUID, last: date, *, rounds: int, side: str, step: Callable[[], None], found: dict[Key, Timings]
) -> None:
    """Ours and raw in turns.

    Args:
        side: where the raw times belong: `raw` or `covered`.
    """
    for number in range(rounds):
        for name in reports():
            for days, granularity in SPANS:
                first = last - timedelta(days=days - 1)
                timings = found[name, days, granularity]
                sql, whole = time_ours(name, tenant_id, first, last, granularity)
                timings.sql.append(sql)
                timings.whole.append(whole)
                if name in STATEMENTS and number < RAW_ROUNDS and (days, granularity) != (365, "day"):
                    getattr(timings, side).append(time_raw(name, tenant_id, first, last, granularity))
                step()


def manager_token(tenant_id: UUID) -> str:
    """Somebody who may read reports."""
    from django.test import override_settings

    from smartqueue.accounts.actions import Session, access_token, make_user
    from smartqueue.journal.states import SYSTEM
    from smartqueue.kernel.clock import now
    from smartqueue.queueing.actions.agents import join_tenant
    from smartqueue.tenants.scope import in_tenant
    from smartqueue.tenants.states import Role, scopes_of

    email = f"manager-{uuid4().hex}@example.invalid"
    user = make_user(email=email, password=uuid4().hex, full_name="Manager", check_password=False)
    with in_tenant(tenant_id):
        join_tenant(tenant_id=tenant_id, user=user, role=Role.MANAGER, actor=SYSTEM, at=now())
    session = Session(user=user, tenant_id=tenant_id, family=uuid4(), refresh="")
    with override_settings(ACCESS_TOKEN_LIFETIME=timedelta(hours=2)):
        return access_token(session=session, role=Role.MANAGER, scopes=scopes_of(Role.MANAGER), at=now())


def ask_api(client: httpx.Client, path: str, times: int) -> tuple[list[float], int]:
    """Seconds to the first byte of so many requests, and the last status."""
    spent, status = [], 0
    for _ in range(times):
        started = time.perf_counter()
        with client.stream("GET", path) as answer:
            for number, _piece in enumerate(answer.iter_raw()):
                if number == 0:
                    spent.append(time.perf_counter() - started)
            status = answer.status_code
    return spent, status


@click.command()
@click.option("--tickets", default=100_000, show_default=True, type=click.IntRange(min=1000), help="About so many.")
@click.option("--tenants", default=40, show_default=True, type=click.IntRange(1, 99))
@click.option("--rounds", default=5, show_default=True, help="Runs of each side, in turns.")
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same days.")
@click.option("--check/--no-check", default=True, help="Let DuckDB recompute everything; exit code 1 if it differs.")
def command(tickets: int, tenants: int, rounds: int, seed: int, *, check: bool) -> None:
    """Measure every report on generated tickets of a year, beside plain SQL over the raw rows."""
    from smartqueue.cli.bench import running_house

    if check:
        need_duckdb()
    logging.getLogger("httpx").setLevel(logging.WARNING)
    console = Console(width=120)
    home = Path(tempfile.mkdtemp(prefix="sq-bench-"))
    home.chmod(0o755)
    try:
        with running_house(home) as house:
            found = run(console, house, home, tickets=tickets, tenants=tenants, rounds=rounds, seed=seed, check=check)
    finally:
        remove_data(home)
    if found is not None and not found.holds:
        raise SystemExit(1)


def run(
    console: Console, house: "House", home: Path, *, tickets: int, tenants: int, rounds: int, seed: int, check: bool
) -> Audit | None:
    """Generate, rebuild, measure, check; prints as it goes."""
    from smartqueue.cli.bench import wait_until_quiet
    from smartqueue.kernel.clock import now

    last = now().date() - timedelta(days=1)
    found: dict[Key, Timings] = defaultdict(Timings)
    with psycopg.connect(house.database_url, autocommit=True) as db:
        db.execute(NO_NEWS)
    with bar(console) as progress:
        made = make_all(
            house.database_url, tickets=tickets, tenants=tenants, days=365, seed=seed, until=last, prefix="year",
            progress=progress,
        )  # fmt: skip
        tell_made(console, made)
        tell_rebuilt(console, rebuild_all(made))
        wait_until_quiet(house)
        largest = made.houses[0]
        sides = len(SPANS) * len(reports()) * rounds
        task = progress.add_task("reports", total=2 * sides)
        measure(largest.tenant_id, last, rounds=rounds, side="raw", step=lambda: progress.advance(task), found=found)
        with psycopg.connect(house.database_url, autocommit=True) as db:
            db.execute(COVERING)
            db.execute("VACUUM ANALYZE queueing_ticket")
            measure(
                largest.tenant_id, last, rounds=rounds, side="covered", step=lambda: progress.advance(task), found=found
            )
            db.execute("DROP INDEX bench_covering")
    console.print(table_of(found, rounds))
    console.print(table_of_api(house, largest.slug, manager_token(largest.tenant_id), last, rounds))
    if not check:
        return None
    ids = [one.tenant_id for one in made.houses]
    audited = audit(house.database_url, home, ids, largest.tenant_id, last - timedelta(days=364), last)
    tell_audit(console, audited)
    return audited


def rebuild_all(made: Made) -> list[float]:
    """Seconds for each organisation, the largest first."""
    from smartqueue.kernel.clock import now
    from smartqueue.reporting.actions.rollup import rebuild

    spent = []
    for house in made.houses:
        started = time.perf_counter()
        rebuild(tenant_id=house.tenant_id, at=now())
        spent.append(time.perf_counter() - started)
    return spent


def tell_made(console: Console, made: Made) -> None:
    sites = sum(len(house.branches) for house in made.houses)
    console.print(
        f"{made.tickets:,} tickets, {len(made.houses)} organisations, {sites} sites: ground {made.ground_s:.1f} s, "
        f"tickets {made.days_s:.1f} s ({made.tickets / made.days_s:,.0f} a second)."
    )


def tell_rebuilt(console: Console, spent: list[float]) -> None:
    console.print(f"Rollups rebuilt: {sum(spent):.1f} s, of which the largest organisation {spent[0]:.1f} s.")


def tell_audit(console: Console, found: Audit) -> None:
    verdict = "[green]holds[/]" if found.holds else "[red]DIFFERS[/]"
    console.print(
        f"DuckDB on the export: {verdict}. {found.figures:,} counts and sums of {found.queue_days:,} queue days "
        f"{'equal' if not found.unequal else 'NOT equal'}; {found.percentiles:,} percentiles, the worst "
        f"{100 * found.worst:.2f} % off (2 % allowed)."
    )
    for line in (*found.unequal, *found.beyond):
        console.print(f"  {line}")


def table_of(found: dict[Key, Timings], rounds: int) -> Table:
    table = Table(
        "Report", "Days", "by", "SQL p50", "p95", "wanted", "with Python", "raw rows", "raw, covering index",
        title=f"The largest organisation, milliseconds; {2 * rounds} runs, in turns with the raw ones",
        caption="Raw: plain SQL over the tickets for the same answer, same role and scope; median of "
        f"{min(rounds, RAW_ROUNDS)}. The covering index holds every column they read.",
    )  # fmt: skip
    for (name, days, granularity), timings in found.items():
        limit = WANTED_MS.get(days)
        p50 = ms(timings.sql)
        table.add_row(
            name, str(days), granularity, f"{'[red]' if limit and p50 > limit else ''}{p50:.1f}",
            f"{ms(timings.sql, 0.95):.1f}", f"{limit:.0f}" if limit else "", f"{ms(timings.whole):.1f}",
            f"{ms(timings.raw):,.0f}" if timings.raw else "–",
            f"{ms(timings.covered):,.0f}" if timings.covered else "–",
        )  # fmt: skip
    return table


def table_of_api(house: "House", slug: str, token: str, last: date, rounds: int) -> Table:
    """Each endpoint through the web processes, and a page of the list of all tickets."""
    table = Table(
        "GET /api/v1/tenants/…/", "p50 ms", "p95 ms", "Status", title="First byte through the web, one client"
    )
    host, port = house.address
    base = f"http://{host}:{port}/api/v1/tenants/{slug}/"
    headers = {"Authorization": f"Bearer {token}"}
    times = max(10, 4 * rounds)
    with httpx.Client(base_url=base, headers=headers, timeout=60, trust_env=False) as client:
        paths = [
            f"reports/{name}/?from={last - timedelta(days=days - 1)}&to={last}&granularity={granularity}"
            for name in reports()
            for days, granularity in ((30, "day"), (365, "month"))
        ]
        for path in (
            *paths,
            "tickets/",
            "tickets/?status=no_show",
            f"tickets/?day={last}",
            "tickets/?ordering=created_at",
        ):
            ask_api(client, path, 2)
            spent, status = ask_api(client, path, times)
            is_slow = path.startswith("tickets/") and ms(spent, 0.95) > LIST_WANTED_MS
            table.add_row(path, f"{ms(spent):.1f}", f"{'[red]' if is_slow else ''}{ms(spent, 0.95):.1f}", str(status))
    return table
