"""`smartqueue bench order`: what each calling order does to priority people and to everybody else, on recorded days.

Who comes and when somebody is called are the record's; who is called at each of these instants is up to the order.
Nothing is decided here: a statement asks the product's own SQL (`queueing_band`, `queueing_score`) at every call.

A target fits only the place it was set for. Unless told otherwise, the priority target is the wait within which FIFO
calls 84 % of all people, because on the call log that the wish for 90 % comes from FIFO had 84 % in target; the target
of the others stands to it as the house's defaults do, 900 s to 600 s. Both are fixed before any other order is played.
"""

import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from math import ceil
from pathlib import Path
from random import Random
from typing import Any

import click
import orjson
import psycopg
from rich.console import Console
from rich.table import Table

from smartqueue.cli.benching import days
from smartqueue.cli.engines import remove_data, running_engines
from smartqueue.cli.replaying.recording import Kind, Step, steps_of, straightened

STRATEGIES = ("fifo", "priority", "sla", "mixed")
NORMAL, ELEVATED = 0, 5
FIFO_REACHES = 0.84
TARGETS_S = (900, 600)
"""The house's defaults: of everybody, and of elevated priority."""

RATES = (2.0, 4.0)
"""The house's defaults of `mixed`: elevated, urgent."""

WANTED_IN_TARGET, WANTED_P99 = 0.90, 1.05
MADE_DAYS, MADE_PER_DAY = 20, (130.0, 90.0, 40.0)


@dataclass(frozen=True)
class Record:
    """People and calls; a line is one queue on one day.

    Attributes:
        people: line and instant of coming, in the order of lines and of coming.
        turns: line and instant of a call, in order.
    """

    people: list[tuple[str, datetime]] = field(default_factory=list)
    turns: list[tuple[str, datetime]] = field(default_factory=list)

    @property
    def lines(self) -> int:
        return len({line for line, _came in self.people})


@dataclass(frozen=True)
class Found:
    """What an order did. Seconds; shares from 0 to 1."""

    in_target: float
    others_in_target: float
    wait_s: float
    others_wait_s: float
    others_p99_s: float
    longest_s: float


def recorded(events: Path) -> Record:
    """Every queue and day of a record.

    Raises:
        PlainError: the file is none; the line is named.
    """
    found: defaultdict[tuple[str, date], list[Step]] = defaultdict(list)
    for key, step in steps_of(events):
        found[key, step.at.date()].append(step)
    record = Record()
    for (key, day), rows in sorted(found.items()):
        line = straightened(key, rows)
        _add(record, f"{key} {day}", *(
            sorted(step.at.replace(tzinfo=UTC) for step in line.steps if step.kind == kind)
            for kind in (Kind.ISSUED, Kind.CALLED)
        ))  # fmt: skip
    return record


def made(seed: int) -> Record:
    """Twenty generated days of a bank's branch, Mondays to Fridays; without people who left before their call."""
    rng, record, day = Random(seed), Record(), date(2026, 3, 2)  # noqa: S311 - no secret
    services = days.services()["bank"]
    while record.lines < MADE_DAYS * len(MADE_PER_DAY):
        hours = days.hours_of("bank", day) if day.weekday() < days.SATURDAY else None
        if hours is not None:
            lines = [
                days.Line(service, days.agents_for(n, service, hours), n)
                for service, n in zip(services, MADE_PER_DAY, strict=False)
            ]
            stays = days.site_day(lines, hours, days.busyness("bank", day), rng).stays
            midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
            for place in range(len(lines)):
                mine = [stay for stay in stays if stay.line == stay.origin == place and stay.status != "cancelled"]
                _add(
                    record, f"{place} {day}",
                    sorted(midnight + timedelta(seconds=stay.came) for stay in mine),
                    sorted(midnight + timedelta(seconds=stay.called) for stay in mine if stay.called is not None),
                )  # fmt: skip
        day += timedelta(days=1)
    return record


def _add(record: Record, line: str, came: Sequence[datetime], called: Sequence[datetime]) -> None:
    record.people.extend((line, at) for at in came)
    record.turns.extend((line, at) for at in called)


STAGE = """
CREATE TEMP TABLE person (line text, lane smallint, place integer, n integer, came timestamptz, called timestamptz,
    PRIMARY KEY (line, lane, place));
CREATE TEMP TABLE turn (n integer PRIMARY KEY, line text, at timestamptz);

-- In a lane people stand by their coming, under every order, so only the first of each lane can be next.
CREATE FUNCTION pg_temp.play(q queueing_queue) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_turn record;
    v_line text;
    v_next record;
    v_first jsonb;
BEGIN
    FOR v_turn IN SELECT * FROM turn ORDER BY n LOOP
        IF v_line IS DISTINCT FROM v_turn.line THEN
            v_line := v_turn.line;
            v_first := '{"0": 1, "5": 1, "10": 1}';
        END IF;
        SELECT p.lane, p.place INTO v_next
        FROM jsonb_each_text(v_first) first
        JOIN person p ON p.line = v_line AND p.lane = first.key::smallint AND p.place = first.value::integer
        WHERE p.came <= v_turn.at
        ORDER BY queueing_band(q.strategy, q.urgent_first, p.lane), queueing_score(q, p.lane, p.came, v_turn.at), p.n
        LIMIT 1;
        IF FOUND THEN
            UPDATE person SET called = v_turn.at WHERE line = v_line AND lane = v_next.lane AND place = v_next.place;
            v_first := v_first || jsonb_build_object(v_next.lane, v_next.place + 1);
        END IF;
    END LOOP;
END $$;
"""


def set_stage(db: psycopg.Connection[Any], record: Record) -> None:
    """The record's calls, and room for its people; once for each connection."""
    db.execute(STAGE)
    with db.cursor().copy("COPY turn FROM STDIN") as copy:
        for n, (line, at) in enumerate(record.turns):
            copy.write_row((n, line, at))


def play(
    db: psycopg.Connection[Any], record: Record, lanes: Sequence[int], queue: dict[str, Any]
) -> list[datetime | None]:
    """Call by one order.

    Args:
        lanes: of each person: 0, 5 or 10.
        queue: columns of `queueing_queue`: strategy, targets, rates, urgent_first.

    Returns:
        When each person was called; None for those for whom the day had no call left.
    """
    places: defaultdict[tuple[str, int], int] = defaultdict(int)
    db.execute("TRUNCATE person")
    with db.cursor().copy("COPY person FROM STDIN") as copy:
        for n, ((line, came), lane) in enumerate(zip(record.people, lanes, strict=True)):
            places[line, lane] += 1
            copy.write_row((line, lane, places[line, lane], n, came, None))
    db.execute("ANALYZE person")
    db.execute(
        "SELECT pg_temp.play(jsonb_populate_record(NULL::queueing_queue, %s::jsonb))", [orjson.dumps(queue).decode()]
    )
    return [called for (called,) in db.execute("SELECT called FROM person ORDER BY n")]


def waits_of(record: Record, called: Sequence[datetime | None]) -> list[float]:
    """Seconds; of who was left over: at least until the line's last call, and never within a target."""
    last = {line: list(turns)[-1][1] for line, turns in groupby(record.turns, key=lambda turn: turn[0])}
    return [
        (at - came).total_seconds() if at else max(0.0, (last.get(line, came) - came).total_seconds())
        for (line, came), at in zip(record.people, called, strict=True)
    ]


def within(waits: Sequence[float], share: float) -> float:
    """The wait that this share of the people did not exceed (nearest rank)."""
    ordered = sorted(waits)
    return ordered[max(0, ceil(share * len(ordered)) - 1)]


def drawn(record: Record, share: float, seed: int) -> list[int]:
    """Who has priority: the same people under every order."""
    rng = Random(seed)  # noqa: S311 - as above
    return [ELEVATED if rng.random() < share else NORMAL for _one in record.people]


@dataclass(frozen=True)
class Trial:
    """What is held fixed while the orders change.

    Attributes:
        targets_s: of everybody, and of priority people.
        seeds: each draws who has priority; all are counted together.
    """

    targets_s: tuple[int, int]
    elevated_rate: float
    share: float
    seeds: Sequence[int]

    def queue(self, strategy: str) -> dict[str, Any]:
        return {
            "strategy": strategy, "urgent_first": False, "wait_target_s": self.targets_s[0],
            "elevated_target_s": self.targets_s[1], "urgent_target_s": self.targets_s[1] // 2,
            "elevated_rate": self.elevated_rate, "urgent_rate": RATES[1],
        }  # fmt: skip


def measured(db: psycopg.Connection[Any], record: Record, trial: Trial, strategy: str) -> Found:
    """Play an order with every draw and count all people together."""
    waits: dict[int, list[float]] = {NORMAL: [], ELEVATED: []}
    met = {NORMAL: 0, ELEVATED: 0}
    targets = dict(zip((NORMAL, ELEVATED), trial.targets_s, strict=True))
    for seed in trial.seeds:
        lanes = drawn(record, trial.share, seed)
        called = play(db, record, lanes, trial.queue(strategy))
        for lane, at, wait in zip(lanes, called, waits_of(record, called), strict=True):
            waits[lane].append(wait)
            met[lane] += at is not None and wait <= targets[lane]
    others, people = waits[NORMAL], waits[ELEVATED]
    return Found(
        met[ELEVATED] / max(1, len(people)), met[NORMAL] / max(1, len(others)), sum(people) / max(1, len(people)),
        sum(others) / max(1, len(others)), within(others or [0.0], 0.99), max([*others, *people], default=0.0),
    )  # fmt: skip


def targets_for(db: psycopg.Connection[Any], record: Record) -> tuple[int, int]:
    """The rule of this module's head, in whole minutes."""
    everybody = Trial(TARGETS_S, RATES[0], 0.0, (0,))
    waits = waits_of(record, play(db, record, [NORMAL] * len(record.people), everybody.queue("fifo")))
    elevated = 60 * max(1, ceil(within(waits, FIFO_REACHES) / 60))
    return elevated * TARGETS_S[0] // TARGETS_S[1], elevated


@contextmanager
def database() -> Iterator[str]:
    """A migrated database of its own, in a temporary folder; its owner's address."""
    home = Path(tempfile.mkdtemp(prefix="sq-bench-"))
    home.chmod(0o755)
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DATABASE_URL", "DATABASE_APP_URL", "DATABASE_PLATFORM_URL", "REDIS_URL"}
    }
    try:
        with running_engines(home) as engines:
            environment |= {
                "SMARTQUEUE_HOME": str(home),
                "SECRET_KEY": engines.secret_key,
                "DJANGO_SETTINGS_MODULE": "smartqueue.config.settings",
            }
            migrate = [sys.executable, "-m", "django", "migrate", "--database", "owner", "--verbosity", "0"]
            subprocess.run(migrate, env=environment, check=True, timeout=600)
            yield engines.owner_url
    finally:
        remove_data(home)


@click.command()
@click.argument("events", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--share", default=0.15, show_default=True, type=click.FloatRange(0, 1), help="Of priority people.")
@click.option("--seed", default=1, show_default=True, help="The first of the seeds that draw who has priority.")
@click.option("--draws", default=3, show_default=True, type=click.IntRange(1, 50), help="Draws, counted together.")
@click.option("--target-s", type=click.IntRange(1), help="Wait target of everybody; without it see below.")
@click.option("--elevated-target-s", type=click.IntRange(1), help="Wait target of priority people.")
@click.option("--elevated-rate", default=RATES[0], show_default=True, help="Weight of a minute of theirs in mixed.")
def command(
    events: Path | None, share: float, seed: int, draws: int, target_s: int | None, elevated_target_s: int | None,
    elevated_rate: float,
) -> None:  # fmt: skip
    """Play recorded days (EVENTS: a log like that of `replay`; without one, generated days) under every calling order.

    Without targets, the one of priority people is the wait within which FIFO calls 84 % of all, in whole minutes, and
    everybody's is one and a half times as long.
    """
    if (target_s is None) != (elevated_target_s is None):
        raise click.UsageError("Give both targets, or none.")
    record = recorded(events) if events else made(seed)
    with database() as url, psycopg.connect(url, autocommit=True) as db:
        set_stage(db, record)
        given = (target_s, elevated_target_s) if target_s and elevated_target_s else targets_for(db, record)
        trial = Trial(given, elevated_rate, share, range(seed, seed + draws))
        found = {strategy: measured(db, record, trial, strategy) for strategy in STRATEGIES}
    Console(width=120).print(table_of(found, record, trial))


def table_of(found: dict[str, Found], record: Record, trial: Trial) -> Table:
    normal_s, elevated_s = trial.targets_s
    table = Table(
        "Order", "Priority in target", "mean wait", "Others in target", "mean wait", "p99", "÷ FIFO's", "Longest wait",
        title=f"{len(record.people):,} people, {record.lines:,} queue days, {len(trial.seeds)} draws of "
        f"{100 * trial.share:g} % with priority",
        caption=f"Targets: priority {elevated_s:,} s, others {normal_s:,} s. The calls come when they came in the "
        "record; the product's SQL says who is called. Wanted of sla: at least 90 % in target, others' p99 at most "
        "1.05 times FIFO's.",
    )  # fmt: skip
    fifo_p99_s = found["fifo"].others_p99_s
    for strategy, one in found.items():
        ratio = one.others_p99_s / fifo_p99_s if fifo_p99_s else 1.0
        misses = (one.in_target < WANTED_IN_TARGET, ratio > WANTED_P99) if strategy == "sla" else (False, False)
        few, long = ("[red]" if missed else "" for missed in misses)
        table.add_row(
            strategy, f"{few}{100 * one.in_target:.1f} %", _minutes(one.wait_s), f"{100 * one.others_in_target:.1f} %",
            _minutes(one.others_wait_s), _minutes(one.others_p99_s), f"{long}{ratio:.3f}", _minutes(one.longest_s),
        )  # fmt: skip
    return table


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.1f} min"
