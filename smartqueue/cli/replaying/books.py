"""The books: what the API says at the end, against what the record says. Nothing here rests on the player's memory."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from smartqueue.cli.replaying.client import Api
from smartqueue.cli.replaying.recording import Line
from smartqueue.cli.replaying.stage import Stage, StagedLine, together

Row = dict[str, Any]


@dataclass(frozen=True)
class Deviation:
    """One entry that does not balance."""

    line: str
    what: str
    recorded: Any
    found: Any


@dataclass(frozen=True)
class Count:
    """Tickets issued, called, and still waiting."""

    issued: int
    called: int
    waiting: int

    def __add__(self, other: "Count") -> "Count":
        return Count(self.issued + other.issued, self.called + other.called, self.waiting + other.waiting)


@dataclass
class Books:
    """Totals of both sides, and every deviation of any line."""

    recorded: Count
    found: Count
    deviations: list[Deviation]


async def take_books(api: Api, stage: Stage) -> Books:
    """Read every ticket of the site and every queue's own statistics, and compare line by line.

    Raises:
        PlainError: the API refuses or does not answer.
    """
    rows = await api.rows("tickets/", site=stage.site_id)
    statistics = await together(api.get(f"queues/{staged.queue_id}/stats/") for staged in stage.lines)
    tickets: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        tickets[row["queue"]["id"]].append(row)
    books = Books(Count(0, 0, 0), Count(0, 0, 0), [])
    for staged, stats in zip(stage.lines, statistics, strict=True):
        mine = tickets.pop(staged.queue_id, [])
        books.recorded += count_recorded(staged.line)
        books.found += count_found(mine)
        books.deviations += deviations(staged, mine, stats)
    for others in tickets.values():
        books.deviations.append(Deviation("", f"tickets in {others[0]['queue']['name']}", 0, len(others)))
    return books


def count_recorded(line: Line) -> Count:
    """What the record says of a line."""
    issued, called = len(line.issued), len(line.called)
    return Count(issued, called, issued - called)


def count_found(tickets: Sequence[Row]) -> Count:
    """What the API's tickets of a queue say."""
    called = sum(ticket["called_at"] is not None for ticket in tickets)
    return Count(len(tickets), called, sum(ticket["status"] == "waiting" for ticket in tickets))


def deviations(staged: StagedLine, tickets: Sequence[Row], stats: Row) -> Iterator[Deviation]:
    """Everything in which a queue differs from its record: counts, states, statistics, and the order of the calls."""
    line, recorded, found = staged.line, count_recorded(staged.line), count_found(tickets)
    closed = sum(ticket["status"] == "closed" for ticket in tickets)
    pairs = (
        ("issued", recorded.issued, found.issued),
        ("called", recorded.called, found.called),
        ("still waiting", recorded.waiting, found.waiting),
        ("served", recorded.called, closed),
        ("still waiting (statistics)", recorded.waiting, stats["waiting"]),
        ("at a counter (statistics)", 0, stats["called"] + stats["serving"]),
    )
    for what, said, is_so in pairs:
        if said != is_so:
            yield Deviation(line.key, what, said, is_so)
    expected, happened = calls_recorded(line), calls_found(tickets)
    if expected != happened and len(expected) == len(happened):
        number = next(number for number, pair in enumerate(zip(expected, happened, strict=True)) if len(set(pair)) > 1)
        yield Deviation(
            line.key, f"person called as no. {number + 1}", f"arrival {expected[number]}", f"arrival {happened[number]}"
        )


def calls_recorded(line: Line) -> list[int]:
    """The calls in order; each person is named by the place of his arrival, 1 for the first."""
    arrival = {ticket: place for place, ticket in enumerate(line.issued, start=1)}
    return [arrival[ticket] for ticket in line.called]


def calls_found(tickets: Sequence[Row]) -> list[int]:
    """The same, from the tickets as the API shows them."""
    in_order = sorted(tickets, key=lambda ticket: (_instant(ticket["created_at"]), ticket["number"]))
    arrival = {ticket["id"]: place for place, ticket in enumerate(in_order, start=1)}
    called = [ticket for ticket in tickets if ticket["called_at"] is not None]
    return [arrival[ticket["id"]] for ticket in sorted(called, key=lambda ticket: _instant(ticket["called_at"]))]


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
