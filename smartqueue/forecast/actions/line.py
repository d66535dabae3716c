"""A line as it was some seconds ago, and how it went on, step by step."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from smartqueue.forecast.estimator import Line
from smartqueue.forecast.queries.situation import Key, Situation, Waiting
from smartqueue.forecast.queries.stream import Step


def ages(joined_s: Iterable[float], at: datetime) -> list[float]:
    """How long each has waited who joined then, seconds."""
    at_s = at.timestamp()
    return [max(0.0, at_s - one) for one in joined_s]


class FoldedLine:
    """Who waits in one queue, in its calling order: the smaller key is called first.

    The keys are those of now. In an order that grows with the wait, and of tickets that have let others pass since,
    they were others then; by arrival, by priority and by wait target they never change.
    """

    def __init__(self, waiting: Iterable[Waiting] = ()) -> None:
        self._members = {one.key[2]: one for one in waiting}
        self._keys = sorted(one.key for one in self._members.values())
        self._joined = [self._members[key[2]].joined_s for key in self._keys]

    def __len__(self) -> int:
        return len(self._keys)

    def enter(self, one: Waiting, joined_s: float) -> None:
        ticket_id = one.key[2]
        if ticket_id not in self._members:
            self._members[ticket_id] = one
            insort(self._keys, one.key)
            self._joined.insert(bisect_left(self._keys, one.key), joined_s)

    def leave(self, one: Waiting) -> None:
        if self._members.pop(one.key[2], None) is not None:
            index = bisect_left(self._keys, one.key)
            del self._keys[index], self._joined[index]

    def place_of(self, key: Key) -> int:
        """Where somebody with this key would stand; 1 is next."""
        return 1 + bisect_left(self._keys, key)

    def as_line(self, at: datetime) -> Line:
        """For the estimator."""
        return Line(waited_s=ages(self._joined, at))


def lines_before(
    steps: Sequence[Step],
    situations: Mapping[UUID, Situation],
    tickets: Mapping[UUID, Waiting],
    until: datetime | None = None,
) -> dict[UUID, FoldedLine]:
    """The lines as they stood before the first of these steps: those of now, with every step taken back.

    Args:
        steps: all that happened between then and now, oldest first.
        situations: the queues as they are now.
        tickets: keys of those whom the steps are about.
        until: whoever joined later is not in these lines; None where `steps` say so.
    """
    members = {
        queue_id: {one.key[2]: one for one in now.line if until is None or one.joined_s <= until.timestamp()}
        for queue_id, now in situations.items()
    }
    for step in reversed(steps):
        line = members.get(step.queue_id)
        if line is None:
            continue
        if step.kind in {"issued", "returned"}:
            line.pop(str(step.ticket_id), None)
        elif step.ticket_id in tickets:
            line.setdefault(str(step.ticket_id), tickets[step.ticket_id])
    return {queue_id: FoldedLine(line.values()) for queue_id, line in members.items()}
