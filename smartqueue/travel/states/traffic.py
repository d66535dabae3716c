"""Which hours traffic flows alike, and what a day does to it.

The effects are defaults of this project, most of them assumed: Monday mornings, Saturdays, Sundays and holidays, the
Friday prayer, evenings of Ramadan, the days before the great feasts. Rain is not known here.
"""

from bisect import bisect_right
from datetime import date, datetime, timedelta
from functools import cache
from typing import NamedTuple

from smartqueue.travel.states import HourClass, Mode, Point, Zone
from smartqueue.travel.states.ground import metres_between
from smartqueue.travel.states.table import rows_of

EDGES = (0.0, 6.0, 7.0, 10.0, 13.0, 15.0, 16.0, 17.0, 19.5, 20.0, 21.0, 24.0)
"""Hours of the day at which anything may change."""
PEAKS = (HourClass.AM_PEAK, HourClass.PM_PEAK, HourClass.PEAK)
IN_TRAFFIC = (Mode.CAR, Mode.TAXI, Mode.TRANSIT, Mode.MOTO)
FREE_FLOW = {Zone.DAKAR: HourClass.NIGHT, Zone.TOWN: HourClass.OFFPEAK, Zone.INTERURBAN: HourClass.ALL}
"""Hours in which nothing but the road slows a car: what a routing engine knows."""
FEASTS = ("korite", "tabaski", "tamxarit", "magal", "gamou")
TOUBA, TIVAOUANE, KAOLACK = Point(14.85, -15.88), Point(14.95, -16.82), Point(14.15, -16.07)
PILGRIMAGES = {"magal": (TOUBA,), "gamou": (TIVAOUANE, KAOLACK)}
PILGRIMS_WITHIN_M = 30_000


class Day(NamedTuple):
    """What is known of a date.

    Attributes:
        feast: the feast that comes in one to three days, or ''.
    """

    weekday: int
    is_holiday: bool
    is_ramadan: bool
    feast: str


@cache
def _calendar() -> tuple[dict[date, str], list[tuple[date, date]]]:
    holidays, ramadans = {}, []
    for row in rows_of("days.csv"):
        first, last = date.fromisoformat(row["first"]), date.fromisoformat(row["last"])
        if row["kind"] == "ramadan":
            ramadans.append((first, last))
        else:
            holidays[first] = row["kind"]
    return holidays, ramadans


def day_of(day: date) -> Day:
    """Of Senegal's calendar; beyond its last year only the weekday counts."""
    holidays, ramadans = _calendar()
    coming = [holidays.get(day + timedelta(days=n), "") for n in (1, 2, 3)]
    return Day(
        weekday=day.isoweekday(),
        is_holiday=day in holidays,
        is_ramadan=any(first <= day <= last for first, last in ramadans),
        feast=next((kind for kind in coming if kind in FEASTS), ""),
    )


def hours_at(zone: Zone, local: datetime) -> HourClass:
    """The class of an hour, on the day that it is. `local`: in the zone of the site."""
    day, hour = day_of(local.date()), _hour(local)
    if zone == Zone.INTERURBAN:
        return HourClass.ALL
    if zone == Zone.TOWN:
        is_peak = 7 <= hour < 10 or 17 <= hour < 20
        return HourClass.PEAK if is_peak and day.weekday < 6 and not day.is_holiday else HourClass.OFFPEAK
    if day.is_ramadan and 16 <= hour < 21:
        return HourClass.PM_PEAK if hour < 19.5 else HourClass.NIGHT
    if day.weekday == 7 or day.is_holiday:
        return HourClass.NIGHT if hour < 6 or hour >= 21 else HourClass.SHOULDER
    if day.weekday == 6:
        return HourClass.AFTERNOON if 10 <= hour < 20 else HourClass.SHOULDER
    return _WORKING_DAY[bisect_right(_CHANGES, hour) - 1]


_CHANGES = (0.0, 6.0, 7.0, 10.0, 13.0, 17.0, 20.0, 21.0)
_WORKING_DAY = (
    HourClass.NIGHT, HourClass.SHOULDER, HourClass.AM_PEAK, HourClass.LATE_MORNING, HourClass.AFTERNOON,
    HourClass.PM_PEAK, HourClass.SHOULDER, HourClass.NIGHT,
)  # fmt: skip


def day_factor(zone: Zone, mode: Mode, local: datetime, destination: Point) -> float:
    """What the day leaves of the speed; 1 for walkers and trains."""
    if mode not in IN_TRAFFIC:
        return 1.0
    day, hour, factor = day_of(local.date()), _hour(local), 1.0
    if zone != Zone.INTERURBAN and day.weekday == 1 and 7 <= hour < 10:
        factor *= 0.95
    if zone != Zone.INTERURBAN and day.weekday == 5 and 13 <= hour < 15:
        factor *= 0.85
    if day.feast and zone == Zone.DAKAR:
        factor *= 0.8
    goals = PILGRIMAGES.get(day.feast, ()) if zone == Zone.INTERURBAN else ()
    if any(metres_between(destination, goal) <= PILGRIMS_WITHIN_M for goal in goals):
        factor *= 0.7
    return factor


def next_edge(local: datetime) -> datetime:
    """The first instant after `local` at which the class or the day may change."""
    edge = EDGES[bisect_right(EDGES, _hour(local))]
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(hours=edge)


def _hour(local: datetime) -> float:
    return local.hour + local.minute / 60 + local.second / 3600 + local.microsecond / 3.6e9
