"""A tenant's table of speeds, what check-ins have taught, and its rules."""

import math
from dataclasses import dataclass

from smartqueue.travel.models import TravelLesson, TravelRules, TravelSpeed
from smartqueue.travel.states import USUAL_MODES, HourClass, Mode, Zone
from smartqueue.travel.states.table import Key, Line, delivered

PRIOR_TRIPS = 20
"""As many trips that took what the table says stand before the first real one."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """What trips have shown of one line."""

    log_ratio_sum: float = 0.0
    trips: float = 0.0

    @property
    def factor(self) -> float:
        """Real ÷ estimated minutes."""
        return math.exp(self.log_ratio_sum / (self.trips + PRIOR_TRIPS))


NOTHING_LEARNT = Learnt()


@dataclass(frozen=True, slots=True)
class SpeedRow:
    """One line as managers see it.

    Attributes:
        usual: as delivered.
        is_own: the tenant has set it.
    """

    zone: Zone
    mode: Mode
    hours: HourClass
    line: Line
    usual: Line
    is_own: bool
    learnt: Learnt

    @property
    def percent(self) -> int:
        """By how much trips take longer than the line says, as far as they are believed."""
        return round(100 * (self.learnt.factor - 1))

    @property
    def less(self) -> int:
        return -self.percent

    @property
    def trips(self) -> int:
        return round(self.learnt.trips)

    @property
    def is_changed(self) -> bool:
        return self.line != self.usual


def travel_rules() -> TravelRules:
    """Of the tenant in scope; the usual ones, not stored, where it has none."""
    return TravelRules.objects.first() or TravelRules()


def own_lines() -> dict[Key, Line]:
    """What the tenant in scope has set."""
    rows = TravelSpeed.objects.values_list("zone", "mode", "hours", "speed_kmh", "overhead_min", "detour")
    return {(Zone(row[0]), Mode(row[1]), HourClass(row[2])): Line(*row[3:]) for row in rows}


def lessons() -> dict[Key, Learnt]:
    """What the tenant in scope has learnt."""
    rows = TravelLesson.objects.values_list("zone", "mode", "hours", "log_ratio_sum", "trips")
    return {(Zone(row[0]), Mode(row[1]), HourClass(row[2])): Learnt(*row[3:]) for row in rows}


def speed_rows() -> list[SpeedRow]:
    """The whole table, in its order. Two queries."""
    own, learnt = own_lines(), lessons()
    return [
        SpeedRow(*key, own.get(key, usual), usual, key in own, learnt.get(key, NOTHING_LEARNT))
        for key, usual in delivered().items()
    ]


def speed_row(zone: Zone, mode: Mode, hours: HourClass) -> SpeedRow:
    """One line, which must be in the table. Two queries."""
    return next(row for row in speed_rows() if (row.zone, row.mode, row.hours) == (zone, mode, hours))


def modes_in(zone: Zone | None) -> list[Mode]:
    """The four usual ones, and those for which the tenant in scope has set a speed in that zone; None for anywhere."""
    set_here = {mode for where, mode, _hours in own_lines() if zone in (None, where)}
    return [mode for mode in Mode if mode in USUAL_MODES or mode in set_here]
