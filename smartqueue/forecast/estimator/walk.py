"""From now on through the half-hours of the day: when will so many have been called?"""

from bisect import bisect_left
from collections.abc import Callable, Sequence

HORIZON_MIN = 7 * 24 * 60.0
SLOWEST = 1e-4
MOST_PASSES = 0.9
"""However many go first, one call in ten is for those who wait."""


def lasting(changes: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The changes without a last one to zero: nobody is called after closing, but a wait has to be longer than that."""
    kept = list(changes)
    while kept and kept[-1][1] <= 0:
        kept.pop()
    return kept


class Walk:
    """Calls expected by time from now; pieces of constant pace, made as far as they are asked for.

    Args:
        pace: calls per minute at so many minutes from now.
        first: minutes until the next half-hour.
        share: of that pace, now.
        changes: (minutes from now, share from then on), in order; the last share is above zero.
    """

    def __init__(
        self,
        pace: Callable[[float], float],
        *,
        first: float,
        share: float = 1.0,
        changes: Sequence[tuple[float, float]] = (),
    ) -> None:
        self._pace, self._half_hour, self._share, self._changes = pace, first, share, list(changes)
        self._times, self._calls, self._paces = [0.0], [0.0], list[float]()

    def _grow(self) -> None:
        """One piece more, up to the next half-hour or change."""
        start, end = self._times[-1], self._half_hour
        while self._changes and self._changes[0][0] <= start:
            self._share = self._changes.pop(0)[1]
        if self._changes:
            end = min(end, self._changes[0][0])
        pace = max(SLOWEST, self._pace(start)) * self._share
        self._times.append(end)
        self._calls.append(self._calls[-1] + pace * (end - start))
        self._paces.append(pace)
        if end >= self._half_hour:
            self._half_hour += 30

    def until(self, calls: float, passes: float = 0.0) -> float:
        """Minutes until so many have been called, where `passes` others a minute go first."""
        if passes > 0:
            return self._against(calls, passes)
        while self._calls[-1] < calls:
            if self._times[-1] >= HORIZON_MIN:
                return HORIZON_MIN
            self._grow()
        piece = bisect_left(self._calls, calls, 1) - 1
        return self._times[piece] + (calls - self._calls[piece]) / self._paces[piece]

    def _against(self, calls: float, passes: float) -> float:
        """The same, while the line grows at its head."""
        need, piece = calls, 0
        while self._times[piece] < HORIZON_MIN:
            if piece >= len(self._paces):
                self._grow()
            start, end, pace = self._times[piece], self._times[piece + 1], self._paces[piece]
            net = pace - min(passes, MOST_PASSES * pace)
            if need <= net * (end - start):
                return start + need / net
            need, piece = need - net * (end - start), piece + 1
        return HORIZON_MIN

    def called_by(self, minutes: float) -> float:
        """How many will have been called by then."""
        while self._times[-1] < minutes:
            self._grow()
        piece = max(1, bisect_left(self._times, minutes)) - 1
        return self._calls[piece] + self._paces[piece] * (minutes - self._times[piece])
