"""Calls of a service, or of the whole organisation, against what configured durations would have made of them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

MOST = 5_000.0
PRIOR = 10.0


@dataclass(slots=True)
class Tally:
    """Both fade by half when they have grown large."""

    calls: float = 0.0
    expected: float = 0.0

    def add(self, calls: float, expected: float) -> None:
        """So many calls came in a time in which so many were expected."""
        self.calls, self.expected = self.calls + calls, self.expected + expected
        if self.expected > MOST:
            self.calls, self.expected = self.calls / 2, self.expected / 2

    def ratio(self, usual: float) -> float:
        """How much faster it goes than configured; drawn towards `usual` while little is known."""
        return max(0.02, (self.calls + PRIOR * usual) / (self.expected + PRIOR))

    def state(self) -> dict[str, float]:
        """JSON-ready."""
        return asdict(self)

    @classmethod
    def from_state(cls, state: Mapping[str, Any] | None) -> Self:
        """As `state` gave it."""
        return (
            cls(float(state["calls"]), float(state["expected"]))
            if state and len(state) == len(cls.__slots__)
            else cls()
        )
