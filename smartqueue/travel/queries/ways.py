"""How long a way to a site takes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from smartqueue.travel.models import TravelRules
from smartqueue.travel.queries.engines import Leg, legs_of
from smartqueue.travel.queries.speeds import NOTHING_LEARNT, Learnt, lessons, modes_in, own_lines
from smartqueue.travel.queries.speeds import travel_rules as travel_rules
from smartqueue.travel.states import Engine, HourClass, Mode, Point, TravelTime, Zone
from smartqueue.travel.states.drive import WALK_BELOW_KM, Taken, Way, take
from smartqueue.travel.states.ground import in_dakar, zone_of
from smartqueue.travel.states.ground import metres_between as metres_between
from smartqueue.travel.states.table import Key, Line, delivered, mode_there
from smartqueue.travel.states.traffic import FREE_FLOW, hours_at

DAKAR_TIME = "Africa/Dakar"


class Located(Protocol):
    """A site, or whatever else has a point."""

    latitude: float | None
    longitude: float | None


@dataclass(frozen=True, slots=True)
class Roads:
    """Speeds, lessons and rules of a tenant, read once for any number of ways."""

    rules: TravelRules
    own: dict[Key, Line]
    learnt: dict[Key, Learnt]

    def ways(
        self, *, origin: Point, destinations: Sequence[Point], mode: str, at: datetime, time_zone: str = DAKAR_TIME,
        fresh: bool = False,
    ) -> list[TravelTime]:  # fmt: skip
        """As `way`, to many places with one question to the engine."""
        legs: list[Leg | None] = [None] * len(destinations)
        far = [n for n, place in enumerate(destinations) if metres_between(origin, place) >= WALK_BELOW_KM * 1000]
        if self.rules.engine != Engine.TABLE and far:
            far.sort(key=lambda n: metres_between(origin, destinations[n]))
            asked = [destinations[n] for n in far]
            told = legs_of(self.rules.engine, self.rules.engine_url, origin, asked, Mode(mode), fresh=fresh)
            legs = [dict(zip(far, told, strict=True)).get(n) for n in range(len(destinations))]
        leave_at = at.astimezone(ZoneInfo(time_zone))
        return [
            self._by_engine(leg, origin, there, Mode(mode), leave_at) if leg
            else self._by_table(origin, there, Mode(mode), leave_at)
            for there, leg in zip(destinations, legs, strict=True)
        ]  # fmt: skip

    def table_time(self, *, origin: Point, destination: Point, mode: str, at: datetime, time_zone: str) -> Taken:
        """What the table says, before anything was learnt: what a real trip is compared with."""
        way, km = _by(origin, destination, Mode(mode))
        leave_at = at.astimezone(ZoneInfo(time_zone))
        return take(way, self._length(way, km, leave_at), leave_at, self._lines(way), lambda _hours: 1.0)

    def _by_table(self, origin: Point, destination: Point, mode: Mode, leave_at: datetime) -> TravelTime:
        way, straight_km = _by(origin, destination, mode)
        km = self._length(way, straight_km, leave_at)
        taken = take(way, km, leave_at, self._lines(way), lambda hours: self._learnt(way, hours).factor)
        return TravelTime(taken.minutes, taken.p80(way.mode), km, Engine.TABLE, way.mode)

    def _by_engine(
        self, leg: Leg, origin: Point, destination: Point, mode: Mode, leave_at: datetime
    ) -> TravelTime:  # fmt: skip
        """An engine knows empty roads: its seconds become a length at free speed, which is then gone in traffic. What
        people have shown of the table says nothing of it."""
        way, _km = _by(origin, destination, mode)
        free = self._lines(way)(FREE_FLOW[way.zone])
        taken = take(way, leg.seconds / 3600 * free.speed_kmh, leave_at, self._lines(way), lambda _hours: 1.0)
        return TravelTime(taken.minutes, taken.p80(way.mode), leg.metres / 1000, self.rules.engine, way.mode)

    def _length(self, way: Way, straight_km: float, leave_at: datetime) -> float:
        return straight_km * self._lines(way)(hours_at(way.zone, leave_at)).detour

    def _lines(self, way: Way) -> "_Lines":
        return _Lines(self.own, way.zone, way.mode)

    def _learnt(self, way: Way, hours: HourClass) -> Learnt:
        return self.learnt.get((way.zone, way.mode, hours), NOTHING_LEARNT)


@dataclass(frozen=True, slots=True)
class _Lines:
    """The lines of one zone and mode, by class."""

    own: dict[Key, Line]
    zone: Zone
    mode: Mode

    def __call__(self, hours: HourClass) -> Line:
        key = (self.zone, self.mode, hours)
        return self.own.get(key) or delivered()[key]


def _by(origin: Point, destination: Point, mode: Mode) -> tuple[Way, float]:
    """Where the way stands in the table, and its kilometres in a straight line. Who has less than 800 m walks."""
    km = metres_between(origin, destination) / 1000
    zone, there = mode_there(Mode.WALK if km < WALK_BELOW_KM else mode, zone_of(origin, destination))
    return Way(zone, there, destination), km


def lesson_key(origin: Point, destination: Point, mode: str, at: datetime, time_zone: str = DAKAR_TIME) -> Key:
    """Which line of the table a trip that begins at `at` is about."""
    way, _km = _by(origin, destination, Mode(mode))
    return way.zone, way.mode, hours_at(way.zone, at.astimezone(ZoneInfo(time_zone)))


def roads() -> Roads:
    """Of the tenant in scope; three queries."""
    return Roads(travel_rules(), own_lines(), lessons())


def way(
    *, origin: Point, destination: Point, mode: str, at: datetime, time_zone: str = DAKAR_TIME,
    known: Roads | None = None,
) -> TravelTime:  # fmt: skip
    """How long it takes from here to there, in the tenant's scope.

    A routing engine, where the tenant has one, is asked for 1.5 s at most, so not while rows are locked; when it says
    nothing, the table of speeds does.

    Args:
        mode: one of `Mode`.
        at: when somebody leaves, aware.
        time_zone: of the site: rush hours are local.
        known: `roads()`, for whoever asks more than once.
    """
    there = known or roads()
    return there.ways(origin=origin, destinations=[destination], mode=mode, at=at, time_zone=time_zone)[0]


def modes_offered(site: Located | None) -> list[Mode]:
    """How one may come to a site, in the tenant's scope: the four usual modes, and BRT, TER and motorbike where the
    organisation has set speeds for them. None for any of its sites."""
    if site is None or site.latitude is None or site.longitude is None:
        return modes_in(None)
    return modes_in(Zone.DAKAR if in_dakar(Point(site.latitude, site.longitude)) else Zone.TOWN)
