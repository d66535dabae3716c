"""What an estimate is made from: the same line, seen at several paces."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log1p

from smartqueue.forecast.estimator.pace import DAY_S, HALF_HOUR_S, Pace
from smartqueue.forecast.estimator.types import Line, Plan
from smartqueue.forecast.estimator.walk import Walk, lasting

HOURS = (8, 10, 12, 14, 16, 18)
LONG_MIN = (15, 60, 120)
SIZE = 10 + len(LONG_MIN) + 2 * len(HOURS)
WALK = 1
"""Where in the features the walk through the half-hours stands: what is said while nothing has been learnt."""
PRIOR = tuple(1.0 if index == WALK else 0.0 for index in range(SIZE))

PRIOR_CALLS, PRIOR_MIN, PRIOR_TODAY_MIN, PRIOR_MANNED_MIN = 5.0, 60.0, 40.0, 20.0
TODAY_FADES_MIN = 90.0
FEWEST_COUNTERS, MOST_COUNTERS = 0.05, 1_000.0


@dataclass(frozen=True, slots=True)
class Paces:
    """Calls per busy minute over weeks, days and hours; per open counter's minute over days.

    Attributes:
        today: calls of the day, as a multiple of what its half-hours let expect.
        manned: counters that were open in the last hours with people waiting.
    """

    weeks: float
    days: float
    hours: float
    today: float
    per_counter: float
    manned: float


def paces(pace: Pace, *, usual: float, counters: float) -> Paces:
    """Every pace drawn towards the next longer one.

    Args:
        usual: calls per open counter's minute, as long as nothing is known of the queue.
        counters: open now; at least what is used as a divisor.
    """
    (hours_n, hours_m, hours_cm), (days_n, days_m, days_cm), (weeks_n, weeks_m, weeks_cm) = pace.spans
    first = PRIOR_CALLS / usual
    per_counter = (weeks_n + PRIOR_CALLS) / (weeks_cm + first)
    per_counter = (days_n + PRIOR_MIN * per_counter) / (days_cm + PRIOR_MIN)
    typical = (weeks_cm + PRIOR_MIN * counters) / (weeks_m + PRIOR_MIN)
    weeks = (weeks_n + PRIOR_CALLS * typical) / (weeks_m + first)
    days = (days_n + PRIOR_MIN * weeks) / (days_m + PRIOR_MIN)
    hours = (hours_n + PRIOR_MIN * days) / (hours_m + PRIOR_MIN)
    today = (pace.today[0] + PRIOR_TODAY_MIN * weeks) / (pace.today[1] + PRIOR_TODAY_MIN * weeks)
    manned = (hours_cm + PRIOR_MANNED_MIN * counters) / (hours_m + PRIOR_MANNED_MIN)
    return Paces(weeks, days, hours, today, per_counter, manned)


class View:
    """The line of one queue at one instant.

    Args:
        pace: of the queue; nothing is written to it.
        now: in `seconds`.
        usual: calls per open counter's minute where nothing is known.
    """

    def __init__(self, pace: Pace, now: float, line: Line, plan: Plan, *, usual: float) -> None:
        manned = min(plan.counters, MOST_COUNTERS) if plan.counters > 0 else 0.0
        counters = max(manned, FEWEST_COUNTERS) if manned else 1.0
        self._pace, self._now, self._counters, self._open = pace, now, counters, manned
        self.paces = paces(pace, usual=usual, counters=counters)
        self._hour = now % DAY_S / 3600
        self._head = log1p(min(DAY_S, max((one for one in line.waited_s if one > 0), default=0.0)) / 60)
        self._passes = [max(0.0, one) for one in line.passes]
        self._booked = sorted(max(0.0, one) / 60 for one in line.booked_s)
        first = (HALF_HOUR_S - now % HALF_HOUR_S) / 60
        self._walk = Walk(self._expected, first=first)
        changes = [(max(0.0, at) / 60, max(0.0, value) / counters) for at, value in lasting(plan.changes)]
        self._planned = None
        if changes:
            share = 1.0 if manned else 0.0
            self._planned = Walk(self._expected, first=first, share=share, changes=changes)

    def _expected(self, minutes: float) -> float:
        """Calls per minute by then: the half-hour's; at first with what is special today, and the counters of now."""
        usual = self._pace.usual(self._now + minutes * 60, self.paces.weeks)
        special = self.paces.today * self._counters / self.paces.manned
        return float(usual * special ** exp(-minutes / TODAY_FADES_MIN))

    def _ahead(self, walk: Walk, place: int, passes: float) -> tuple[float, float]:
        """Minutes until the call, and how many calls that takes with all who come between."""
        booked = 0
        while True:
            need = float(place + booked)
            minutes = walk.until(need, passes)
            before = bisect_left(self._booked, minutes)
            if before <= booked:
                break
            booked = before
        return minutes, walk.called_by(minutes) if passes else need

    def at(self, place: int) -> tuple[list[float], float]:
        """Features at a place, and the logarithm of what the plan changes about the wait."""
        passes = self._passes[min(place, len(self._passes)) - 1] if self._passes else 0.0
        minutes, calls = self._ahead(self._walk, place, passes)
        known = self.paces
        walked = log1p(minutes)
        les_s = self._pace.les_s
        called_at = min(24.0, self._hour + minutes / 60)
        features = [
            1.0,
            walked,
            log1p(calls / known.weeks),
            log1p(calls / known.days),
            log1p(calls / known.hours),
            log1p(calls / (known.per_counter * self._counters)),
            walked if les_s is None else log1p(les_s / 60),
            self._head,
            log1p(calls),
            log1p(self._open),
            *_beyond(walked, LONG),
            *_beyond(called_at, HOURS),
            *_beyond(self._hour, HOURS),
        ]
        planned = 0.0
        if self._planned:
            planned = log1p(self._ahead(self._planned, place, passes)[0]) - walked
        return features, planned


LONG = tuple(log1p(minutes) for minutes in LONG_MIN)


def _beyond(value: float, knots: Sequence[float]) -> list[float]:
    """By how much a value lies beyond each knot: lets a straight line bend there."""
    return [value - knot if value > knot else 0.0 for knot in knots]
