"""How long a way takes that spans hours of different speed."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from smartqueue.travel.states import HourClass, Mode, Point, Zone
from smartqueue.travel.states.table import Line
from smartqueue.travel.states.traffic import IN_TRAFFIC, PEAKS, day_factor, hours_at, next_edge

WALK_BELOW_KM = 0.8
P80_QUIET, P80_PEAK, P80_LEAST_MIN = 1.25, 1.4, 5.0
LONGEST = timedelta(hours=48)
"""Beyond it the speed of the moment holds to the end."""


class Way(NamedTuple):
    """Where a way lies, and how somebody goes it."""

    zone: Zone
    mode: Mode
    destination: Point


class Taken(NamedTuple):
    """Minutes of a way, and those of them in rush hours."""

    minutes: float
    peak_minutes: float

    def p80(self, mode: Mode) -> float:
        """What it takes at most in eight cases of ten: a quarter more, two fifths more for what lies in rush hours, and
        at least five minutes. Who walks or goes by rail knows no rush hour."""
        share = self.peak_minutes / self.minutes if self.minutes and mode in IN_TRAFFIC else 0.0
        return max(self.minutes * (P80_QUIET + (P80_PEAK - P80_QUIET) * share), self.minutes + P80_LEAST_MIN)


def take(
    way: Way, km: float, leave_at: datetime, line: Callable[[HourClass], Line], factor: Callable[[HourClass], float]
) -> Taken:
    """Go `km`, hour class by hour class.

    Args:
        km: along the way.
        leave_at: local time of the site.
        line: the speed of a class.
        factor: by how much what people have shown takes longer than the table says.
    """
    hours = hours_at(way.zone, leave_at)
    overhead = line(hours).overhead_min * factor(hours)
    minutes, peak, left, clock = overhead, overhead if hours in PEAKS else 0.0, km, leave_at + _minutes(overhead)
    while left > 0:
        hours = hours_at(way.zone, clock)
        speed = line(hours).speed_kmh * day_factor(way.zone, way.mode, clock, way.destination) / factor(hours)
        needed, edge = 60 * left / speed, next_edge(clock)
        spent = min(needed, (edge - clock) / timedelta(minutes=1)) if clock - leave_at < LONGEST else needed
        minutes += spent
        peak += spent if hours in PEAKS else 0.0
        left = 0.0 if spent == needed else left - speed * spent / 60
        clock = edge if left else clock
    return Taken(minutes, peak)


def _minutes(count: float) -> timedelta:
    return timedelta(minutes=min(count, 1e6))
