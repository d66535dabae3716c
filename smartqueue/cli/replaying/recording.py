"""A recorded day: what happened in each line, straightened so that it can be played."""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import IO

from smartqueue.cli.processes import PlainError

EVENTS, QUEUES = "_events.csv", "_queues.csv"


class Kind(StrEnum):
    """What a row of the record says."""

    COUNTERS = "counters"
    ISSUED = "issued"
    CALLED = "called"


@dataclass(frozen=True)
class Step:
    """One thing to do: `value` is the office's own ticket number, or how many counters are open from now on."""

    at: datetime
    kind: Kind
    value: int


@dataclass
class Line:
    """One queue of the record.

    Attributes:
        key: its name in the record.
        office: where; `service`: what for.
        steps: in order; every ticket is issued once, before it is called, and called at most once.
        taken_before: tickets that are called but never issued in the record, because they were taken before it began.
            They are issued at its first moment, in the order of their calls.
        issued_late: tickets whose issue stands after their call; they are issued just before it.
        repeated: second issues and second calls of one number; left out.
    """

    key: str
    office: str = ""
    service: str = ""
    steps: list[Step] = field(default_factory=list)
    taken_before: int = 0
    issued_late: int = 0
    repeated: int = 0

    @property
    def issued(self) -> list[int]:
        """Ticket numbers in the order of their issue."""
        return [step.value for step in self.steps if step.kind == Kind.ISSUED]

    @property
    def called(self) -> list[int]:
        """Ticket numbers in the order of their calls."""
        return [step.value for step in self.steps if step.kind == Kind.CALLED]

    @property
    def most_counters(self) -> int:
        """How many agents the line needs: the most counters ever open, and at least one when anybody is called."""
        return max([step.value for step in self.steps if step.kind == Kind.COUNTERS] + [bool(self.called)])


@dataclass(frozen=True)
class Day:
    """All lines of one date in which anybody stood."""

    name: str
    date: date
    lines: list[Line]

    @property
    def began(self) -> datetime:
        return min(line.steps[0].at for line in self.lines)

    @property
    def ended(self) -> datetime:
        return max(line.steps[-1].at for line in self.lines)


def read_day(events: Path, day: date, *, busiest: int | None = None) -> Day:
    """Read one date of a record.

    Args:
        events: `…_events.csv.gz` (or unpacked); `…_queues.csv` beside it says what the queues are called.
        busiest: only so many lines, those with the most tickets.

    Raises:
        PlainError: the file is no such record, or has nobody on that date.
    """
    found, dates = defaultdict(list), set()
    for key, step in steps_of(events):
        dates.add(step.at.date())
        if step.at.date() == day:
            found[key].append(step)
    lines = [straightened(key, steps) for key, steps in found.items()]
    lines = sorted((line for line in lines if line.issued), key=lambda line: (-len(line.issued), line.key))[:busiest]
    if not lines:
        known = f"from {min(dates)} to {max(dates)}" if dates else "of no date at all"
        raise PlainError(f"{events} has no ticket on {day}; it has events {known}.")
    stem = events.name.partition(EVENTS)[0]
    names = _names(events.with_name(stem + QUEUES))
    for line in lines:
        line.office, line.service = names.get(line.key, ("", ""))
    return Day(name=stem, date=day, lines=lines)


def straightened(key: str, steps: Iterable[Step]) -> Line:
    """A line that can be played, from rows that may lack or repeat something."""
    rows = list(steps)
    line = Line(key)
    ever_issued = {row.value for row in rows if row.kind == Kind.ISSUED}
    strangers = dict.fromkeys(row.value for row in rows if row.kind == Kind.CALLED and row.value not in ever_issued)
    line.steps = [Step(rows[0].at, Kind.ISSUED, ticket) for ticket in strangers]
    line.taken_before = len(strangers)
    issued, called, early = set(strangers), set[int](), set[int]()
    for row in rows:
        if row.kind == Kind.CALLED and row.value not in issued:
            line.steps.append(replace(row, kind=Kind.ISSUED))
            line.issued_late += 1
            issued.add(row.value)
            early.add(row.value)
        elif row.kind == Kind.ISSUED and row.value in early:
            early.discard(row.value)
            continue
        seen = {Kind.ISSUED: issued, Kind.CALLED: called}.get(row.kind)
        if seen is not None and row.value in seen:
            line.repeated += 1
            continue
        line.steps.append(row)
        if seen is not None:
            seen.add(row.value)
    return line


def _open(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def steps_of(events: Path) -> Iterator[tuple[str, Step]]:
    with _open(events) as file:
        rows = csv.DictReader(file)
        try:
            for row in rows:
                kind = Kind(row["event"])
                number = row["value"] if kind == Kind.COUNTERS else row["ticket"]
                yield row["queue"], Step(datetime.fromisoformat(row["at"]), kind, int(number or 0))
        except (KeyError, TypeError, ValueError, OSError) as wrong:
            raise PlainError(f"{events}, line {rows.line_num}: not a row of at,queue,event,ticket,value.") from wrong


def _names(queues: Path) -> dict[str, tuple[str, str]]:
    if not queues.exists():
        return {}
    with _open(queues) as file:
        return {row["queue"]: (row["office"], row["service"]) for row in csv.DictReader(file)}
