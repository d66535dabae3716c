"""Who stands in a line of a log, by its rows alone."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

OVERTAKEN_BY = 20
"""A log without `left` does not say who went home: whoever has been overtaken by so many has."""
STALE = timedelta(hours=12)


@dataclass
class Standing:
    """One who waits."""

    since: datetime
    order: int
    overtaken: int = 0


@dataclass
class Book:
    """The line of one queue, in the order in which numbers were taken."""

    counters: float = 0.0
    waiting: dict[str, Standing] = field(default_factory=dict)
    order: int = 0

    def take(self, ticket: str, at: datetime) -> None:
        """A number was taken."""
        self.order += 1
        self.waiting[ticket] = Standing(at, self.order)

    def leave(self, ticket: str) -> None:
        """Somebody is not in the line any more."""
        self.waiting.pop(ticket, None)

    def call(self, ticket: str) -> list[str]:
        """Somebody was called. Returns who has been overtaken so often that they must have left."""
        called = self.waiting.pop(ticket, None)
        if called is None:
            return []
        gone = []
        for name, standing in self.waiting.items():
            if standing.order > called.order:
                break
            standing.overtaken += 1
            if standing.overtaken >= OVERTAKEN_BY:
                gone.append(name)
        return gone

    def stale(self, at: datetime) -> list[str]:
        """Who stands there since yesterday."""
        return [name for name, standing in self.waiting.items() if at - standing.since > STALE]

    def place(self, ticket: str) -> int | None:
        """1 is next; None for somebody who is not in the line."""
        for place, name in enumerate(self.waiting, start=1):
            if name == ticket:
                return place
        return None

    def waited_s(self, at: datetime) -> list[float]:
        """How long each has waited."""
        return [max(0.0, (at - standing.since).total_seconds()) for standing in self.waiting.values()]
