"""The independent checker of `bench reports`: DuckDB over an export of the tickets, against the rollup."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import click
import psycopg

TOLERANCE, ROUNDED_S = 0.02, 0.051
"""A percentile may be 2 % off; reports round to a tenth of a second."""

EXPORT = """
COPY (SELECT t.tenant_id, t.queue_id, t.service_id, t.day, t.status, t.channel, t.paused_s,
    CASE t.priority WHEN 10 THEN q.urgent_target_s WHEN 5 THEN q.elevated_target_s ELSE q.wait_target_s END AS target_s,
    (extract(epoch FROM t.created_at) * 1000000)::bigint AS created_us,
    (extract(epoch FROM t.called_at) * 1000000)::bigint AS called_us,
    (extract(epoch FROM t.started_at) * 1000000)::bigint AS started_us,
    (extract(epoch FROM t.ended_at) * 1000000)::bigint AS ended_us
FROM queueing_ticket t JOIN queueing_queue q ON q.id = t.queue_id WHERE t.tenant_id = ANY(%(tenants)s))
TO STDOUT (FORMAT csv, HEADER true)
"""
FACTS = """
CREATE TABLE facts AS SELECT tenant_id, queue_id, service_id, day, status, channel, called_us - created_us AS wait_us,
    started_us - called_us AS walk_us, target_s,
    CASE WHEN status = 'closed' THEN ended_us - started_us - 1000000 * paused_s END AS service_us
FROM read_csv(?, header = true, columns = {tenant_id: 'VARCHAR', queue_id: 'VARCHAR', service_id: 'VARCHAR',
    day: 'DATE', status: 'VARCHAR', channel: 'VARCHAR', paused_s: 'BIGINT', target_s: 'BIGINT',
    created_us: 'BIGINT', called_us: 'BIGINT', started_us: 'BIGINT', ended_us: 'BIGINT'})
"""
STATES = ("closed", "no_show", "cancelled", "expired")
CHANNELS = ("web", "mobile", "kiosk", "sms", "ussd", "whatsapp", "agent")
SUMS = f"""
SELECT queue_id, day, count(*), count(wait_us), {", ".join(f"count(*) FILTER (status = '{name}')" for name in STATES)},
    count(*) FILTER (wait_us <= target_s * 1000000), coalesce(sum(wait_us), 0)::BIGINT, min(wait_us), max(wait_us),
    count(service_us), coalesce(sum(service_us), 0)::BIGINT, count(walk_us), coalesce(sum(walk_us), 0)::BIGINT,
    {", ".join(f"count(*) FILTER (channel = '{name}')" for name in CHANNELS)}
FROM facts GROUP BY queue_id, day
"""  # noqa: S608 - joined from constants
ROLLUP = f"""
SELECT queue_id::text, day, issued, called, served, no_show, cancelled, expired, in_target, wait_us, wait_min_us,
    wait_max_us, service_n, service_us, walk_n, walk_us, {", ".join(f"by_{name}" for name in CHANNELS)}
FROM reporting_queueday WHERE tenant_id = ANY(%(tenants)s) AND issued > 0
"""  # noqa: S608 - joined from constants
QUANTILES = """
SELECT CASE grouping(day, service_id) WHEN 3 THEN 'total' WHEN 1 THEN 'period' ELSE 'part' END, day, service_id,
    quantile_disc(wait_us, [0.5, 0.9]), quantile_disc(service_us, [0.5, 0.9])
FROM facts WHERE tenant_id = ? AND day BETWEEN ? AND ? GROUP BY GROUPING SETS ((), (day), (service_id))
"""
Key = tuple[Any, ...]


@dataclass
class Audit:
    """What was compared, and what differs: the first few of each."""

    queue_days: int = 0
    figures: int = 0
    unequal: list[str] = field(default_factory=list)
    percentiles: int = 0
    worst: float = 0.0
    beyond: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return not self.unequal and not self.beyond and self.figures > 0 and self.percentiles > 0


def need_duckdb() -> None:
    """Raises ClickException in plain words where DuckDB is not installed."""
    try:
        import duckdb  # noqa: F401 - a look whether it is there
    except ImportError as absent:
        raise click.ClickException(
            "The check needs DuckDB, which belongs to the development tools: scripts/bootstrap.sh dev. "
            "Or measure without it: --no-check."
        ) from absent


def audit(url: str, folder: Path, tenant_ids: list[UUID], largest: UUID, first: date, last: date) -> Audit:
    """Recompute every figure of the rollup from an export, and the percentiles of the largest tenant's wait report.

    Args:
        url: as a superuser.
        folder: for the export, which is removed.
    """
    import duckdb

    export = folder / "tickets.csv"
    found = Audit()
    try:
        with psycopg.connect(url) as db:
            values = {"tenants": tenant_ids}
            with export.open("wb") as file, db.cursor() as cursor:
                statement = psycopg.ClientCursor(db).mogrify(EXPORT, values)
                with cursor.copy(statement.encode()) as copy:
                    for piece in copy:
                        file.write(piece)
            ours = {tuple(row[:2]): tuple(row[2:]) for row in db.execute(ROLLUP, values)}
        with duckdb.connect() as duck:
            duck.execute(FACTS, [str(export)])
            theirs = {tuple(row[:2]): tuple(row[2:]) for row in duck.execute(SUMS).fetchall()}
            compare_sums(found, ours, theirs)
            quantiles = duck.execute(QUANTILES, [str(largest), first, last]).fetchall()
    finally:
        export.unlink(missing_ok=True)
    compare_percentiles(found, percentiles_reported(largest, first, last), quantiles)
    return found


def compare_sums(found: Audit, ours: dict[Key, Key], theirs: dict[Key, Key]) -> None:
    """Counts and sums of every queue and day have to be equal."""
    for key in sorted(ours.keys() | theirs.keys(), key=str):
        mine, other = ours.get(key), theirs.get(key)
        found.queue_days += 1
        found.figures += len(other or ())
        if mine != other and len(found.unequal) < 5:
            found.unequal.append(f"{key[0]} on {key[1]}: rollup {mine}, DuckDB {other}")


def percentiles_reported(tenant_id: UUID, first: date, last: date) -> dict[Key, tuple[float | None, ...]]:
    """(total, day or service) → p50 and p90 of the wait and of the service, in seconds."""
    from smartqueue.reporting.queries import Wanted, wait_report
    from smartqueue.tenants.scope import in_tenant

    with in_tenant(tenant_id):
        report = wait_report(Wanted(tenant_id, first, last))
    named: Iterator[tuple[Key, Any]] = iter(
        [
            (("total", None), report.total),
            *((("period", period.first), period.figures) for period in report.periods),
            *((("part", str(part.id)), part.figures) for part in report.parts),
        ]
    )
    return {key: (waits.wait_p50_s, waits.wait_p90_s, waits.service_p50_s, waits.service_p90_s) for key, waits in named}


def compare_percentiles(found: Audit, ours: dict[Key, tuple[float | None, ...]], theirs: list[tuple[Any, ...]]) -> None:
    """Within 2 %, and the last tenth of a second that reports show."""
    for level, day, service_id, wait, service in theirs:
        reported = ours[level, {"total": None, "period": day, "part": service_id}[level]]
        for mine, exact_us in zip(reported, [*(wait or (None, None)), *(service or (None, None))], strict=True):
            found.percentiles += 1
            if mine is None or exact_us is None:
                off = 0.0 if mine is None and exact_us is None else float("inf")
            else:
                exact = float(exact_us) / 1e6
                off = max(0.0, abs(mine - exact) - ROUNDED_S) / exact if exact else abs(mine)
            found.worst = max(found.worst, off)
            if off > TOLERANCE and len(found.beyond) < 5:
                found.beyond.append(f"{level} {day or service_id or ''}: report {mine} s, exact {exact_us} µs")
