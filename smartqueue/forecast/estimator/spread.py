"""How far off an estimate may be: two quantiles of the error, tracked by the size of the estimate.

Each label moves the edge by a small step, up where it was beyond, down where it was not, so that the wanted share ends
up below it whatever the errors look like (pinball loss by stochastic gradient; adaptive conformal inference).
"""

from bisect import bisect_right
from collections.abc import Mapping
from math import log
from typing import Any, Self

SIZES = tuple(log(minutes) for minutes in (2, 4, 8, 15, 30, 60, 120, 240))
"""Estimates of so many minutes have an edge of their own; those between two share both."""
WANTED = (0.1, 0.905)
"""Waits below each edge. What drifts makes a P90 too narrow, so it aims a little above."""
START = (-0.9, 0.9)
SLOWEST, FASTER, AT_FIRST = 0.003, 2.0, 40.0
OWN_STEP, OWN_FADES = 0.003, 0.005


def sizes(middle: float) -> tuple[tuple[int, float], tuple[int, float]]:
    """The two edges an estimate lies between, with their shares. `middle`: the logarithm of minutes plus one."""
    after = bisect_right(SIZES, middle)
    if after == 0 or after == len(SIZES):
        only = min(after, len(SIZES) - 1)
        return (only, 1.0), (only, 0.0)
    share = (middle - SIZES[after - 1]) / (SIZES[after] - SIZES[after - 1])
    return (after - 1, 1 - share), (after, share)


class Spread:
    """Edges of one tenant. A queue's own shift is kept with the queue."""

    def __init__(self) -> None:
        self.edges = [[start] * len(SIZES) for start in START]
        self.seen = [0.0] * len(SIZES)

    def at(self, middle: float, own: list[float]) -> tuple[float, float]:
        """The low and the high edge, relative to `middle`."""
        (one, share), (other, rest) = sizes(middle)
        low, high = (edges[one] * share + edges[other] * rest for edges in self.edges)
        return min(0.0, low + own[0]), max(0.0, high + own[1])

    def learn(self, middle: float, error: float, own: list[float]) -> None:
        """Move the edges, and `own`, after an error of `error` at `middle`."""
        near = sizes(middle)
        for index, share in near:
            self.seen[index] += share
        for which, wanted in enumerate(WANTED):
            edges = self.edges[which]
            edge = sum(edges[index] * share for index, share in near) + own[which]
            push = wanted - 1 if error < edge else wanted
            for index, share in near:
                edges[index] += (SLOWEST + FASTER / (self.seen[index] + AT_FIRST)) * push * share
            own[which] += OWN_STEP * push - OWN_FADES * own[which]

    def state(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"edges": self.edges, "seen": self.seen}

    @classmethod
    def from_state(cls, state: Mapping[str, Any] | None) -> Self:
        """As `state` gave it; a new one where that does not fit."""
        made = cls()
        if state and [len(edges) for edges in state["edges"]] == [len(SIZES)] * len(WANTED):
            made.edges, made.seen = [list(edges) for edges in state["edges"]], list(state["seen"])
        return made
