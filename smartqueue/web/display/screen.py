"""What one screen shows at one moment, out of the boards of its queues. Numbers only, never a name of a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.utils.dateparse import parse_datetime

from smartqueue.queueing.queries.board import Board, board
from smartqueue.queueing.queries.outlook import Wait

MOST_CALLS = 6
MOST_NEXT = 8
MOST_LINES = 6


class ShownQueue(NamedTuple):
    """A queue as a screen names it."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A number that was called, at last at `called_at`. `key` tells one call from another, a recall included."""

    queue_id: UUID
    number: str
    counter: str
    called_at: datetime
    recalls: int

    @property
    def key(self) -> str:
        return f"{self.queue_id} {self.number} {self.recalls}"


@dataclass(frozen=True, slots=True)
class Line:
    """One queue's summary.

    Attributes:
        wait: until the call of whoever takes a ticket now; None while nothing may be claimed or nobody is let in.
    """

    name: str
    waiting: int
    wait: Wait | None = None


@dataclass(frozen=True, slots=True)
class Screen:
    """What is on the glass.

    Attributes:
        calls: newest first; the first is the one in large.
        all_calls: the last six of each queue, to any counter: by these a screen notices what it has missed.
        lines: of at most six queues, the longest first.
        waiting: people in all queues together.
        next: numbers that come soon, in about the order in which they will be called.
    """

    at: datetime
    calls: list[Call]
    all_calls: list[Call]
    lines: list[Line]
    waiting: int
    next: list[str]

    @property
    def has_waits(self) -> bool:
        return any(line.wait for line in self.lines)


def screen_of(*, tenant_id: UUID, queues: Sequence[ShownQueue], counter: str | None, at: datetime) -> Screen:
    """Read the boards of these queues, one round trip each.

    Args:
        counter: show calls to this counter only; None for all.
    """
    seen = [(queue, board(tenant_id=tenant_id, queue_id=queue.id, since=None, phones=False, at=at)) for queue in queues]
    return merged([(queue, one) for queue, one in seen if one], counter=counter, at=at)


def merged(boards: Sequence[tuple[ShownQueue, Board]], *, counter: str | None, at: datetime) -> Screen:
    """One screen out of several boards."""
    calls = [
        Call(queue.id, call["number"], call["counter"] or "", _instant(call["last_call_at"]), call["recalls"])
        for queue, one in boards
        for call in one.calls
    ]
    calls.sort(key=lambda call: call.called_at, reverse=True)
    lines = [Line(queue.name, one.line.total, one.joining) for queue, one in boards]
    lines.sort(key=lambda line: -line.waiting)
    places = sorted(
        (place, order, ticket["number"])
        for order, (_queue, one) in enumerate(boards)
        for place, ticket in enumerate(one.line.first[:MOST_NEXT])
    )
    return Screen(
        at=at,
        calls=[call for call in calls if counter in (None, call.counter)][:MOST_CALLS],
        all_calls=calls,
        lines=lines[:MOST_LINES],
        waiting=sum(line.waiting for line in lines),
        next=[number for _place, _order, number in places[:MOST_NEXT]],
    )


def _instant(text: str) -> datetime:
    found = parse_datetime(text)
    assert found is not None, text
    return found
