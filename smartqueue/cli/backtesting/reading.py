"""Logs and truths as files: every row that cannot be read is reported by its number and left out."""

import csv
import gzip
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from math import isfinite
from pathlib import Path
from typing import IO, Literal, NamedTuple, cast

from smartqueue.cli.processes import PlainError

COLUMNS = ("at", "queue", "event", "ticket", "value")
KINDS = ("counters", "issued", "called", "returned", "left")
Report = Callable[[Path, int, str, str], None]
"""Told of (file, row, code, what it says there)."""


class Row(NamedTuple):
    """A row of a log; `number` counts the file's lines from 1."""

    number: int
    at: datetime
    queue: str
    kind: str
    ticket: str
    value: float | None


class Due(NamedTuple):
    """An estimate that is wanted, and what the wait came to: None where nobody has said it."""

    number: int
    asked_at: datetime
    queue: str
    ticket: str
    wait_s: float | None


def rows_of(path: Path, report: Report) -> Iterator[Row]:
    """The rows of a log `at,queue,event,ticket,value`, in the file's order."""
    for number, cells in _cells(path, ("at", "queue", "event"), report):
        try:
            row = _row(number, cells)
        except ValueError as wrong:
            report(path, number, str(wrong.args[-1]), ",".join(str(cell or "") for cell in cells.values()))
            continue
        yield row


def dues_of(path: Path, report: Report) -> list[Due]:
    """The rows of a truth `queue,ticket,asked_at,wait_min`, by time."""
    found = []
    for number, cells in _cells(path, ("queue", "ticket", "asked_at", "wait_min"), report):
        try:
            wait_s = _number(cells["wait_min"], "bad_wait") * 60
            if wait_s < 0:
                raise ValueError("bad_wait")
            found.append(Due(number, _instant(cells["asked_at"]), cells["queue"] or "", cells["ticket"] or "", wait_s))
        except ValueError as wrong:
            report(path, number, str(wrong.args[-1]), ",".join(str(cell or "") for cell in cells.values()))
    return sorted(found, key=lambda due: due.asked_at)


def services_of(path: Path | None) -> dict[str, str]:
    """The service of each queue, from `queue,office,service`, without the letter an office gives it."""
    if path is None:
        return {}
    with open_log(path, "rt") as file:
        return {row["queue"]: row["service"].split(": ", 1)[-1] for row in csv.DictReader(file)}


def _row(number: int, cells: Mapping[str, str | None]) -> Row:
    kind, ticket = cells["event"] or "", cells.get("ticket") or ""
    at = _instant(cells["at"])
    if kind not in KINDS:
        raise ValueError("unknown_kind")
    if not cells["queue"]:
        raise ValueError("no_queue")
    if kind == "counters":
        return Row(number, at, cells["queue"], kind, "", _number(cells.get("value"), "bad_counters"))
    if not ticket:
        raise ValueError("no_ticket")
    return Row(number, at, cells["queue"], kind, ticket, None)


def _instant(cell: str | None) -> datetime:
    try:
        return datetime.fromisoformat(cell or "").replace(tzinfo=None)
    except ValueError:
        raise ValueError("bad_time") from None


def _number(cell: str | None, code: str) -> float:
    try:
        number = float(cell or "")
    except ValueError:
        raise ValueError(code) from None
    if not isfinite(number):
        raise ValueError(code)
    return number


def _cells(path: Path, needed: tuple[str, ...], report: Report) -> Iterator[tuple[int, dict[str, str | None]]]:
    """Rows as dictionaries; those with too few cells are reported."""
    with open_log(path, "rt") as file:
        reader = csv.DictReader(file)
        if missing := [name for name in needed if name not in (reader.fieldnames or ())]:
            raise PlainError(f"{path} has no column {', '.join(missing)}.")
        try:
            for row in reader:
                if None in row or any(row[name] is None for name in needed):
                    report(path, reader.line_num, "wrong_columns", ",".join(str(cell) for cell in row.values()))
                    continue
                yield reader.line_num, row
        except (OSError, EOFError, UnicodeDecodeError, csv.Error) as broken:
            report(path, reader.line_num + 1, "unreadable_from_here", str(broken))


def open_log(path: Path, mode: Literal["rt", "wt"]) -> IO[str]:
    """A file as text, packed where its name says so."""
    if path.suffix == ".gz":
        return cast("IO[str]", gzip.open(path, mode, encoding="utf-8", newline=""))
    return path.open(mode, encoding="utf-8", newline="")
