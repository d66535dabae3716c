"""Plausible days: who comes when, how long they wait, who serves them. Plain computation; nothing here is stored."""

import csv
import heapq
import math
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from random import Random
from typing import NamedTuple

DATA = files(__package__) / "data"
SATURDAY, SUNDAY = 5, 6
CHANNELS = ("kiosk", "web", "mobile", "agent", "sms", "whatsapp", "ussd")
CHANNEL_WEIGHTS = (52, 16, 12, 8, 5, 4, 3)
PRIORITIES, PRIORITY_WEIGHTS = (0, 5, 10), (88, 10, 2)
REMOTE = frozenset({"web", "mobile", "sms", "whatsapp", "ussd"})
GRACE_S = 3600
LUNCH_S, LUNCH_FROM_S = 1800, 12 * 3600
PATIENCE_S = 3 * 3600
TRANSFERRED = 0.03
SPREAD = 0.6
"""Standard deviation of the logarithm of a service time: a coefficient of variation of 0.66."""


@dataclass(frozen=True)
class Service:
    """What people come for; times in seconds."""

    type: str
    code: str
    name: str
    low_s: int
    typical_s: int
    high_s: int

    def duration_s(self, rng: Random) -> float:
        """How long one person takes: log-normal around the typical time, cut well outside the usual range."""
        drawn = self.typical_s * math.exp(rng.gauss(0, SPREAD))
        return min(max(drawn, self.low_s / 3), self.high_s * 2.5)


@dataclass(frozen=True)
class Hours:
    """The arrivals of a day: shares of the day by hour, from `first` on."""

    first: int
    shares: tuple[float, ...]

    @property
    def opens_s(self) -> int:
        """Seconds since local midnight; `closes_s` too."""
        return self.first * 3600

    @property
    def closes_s(self) -> int:
        return (self.first + len(self.shares)) * 3600


@dataclass(frozen=True)
class Line:
    """A queue, its number of agents, and how many people come on an ordinary day."""

    service: Service
    agents: int
    per_day: float


class Stay(NamedTuple):
    """One finished visit; instants are seconds since local midnight. `origin` gave the number, `line` ended it."""

    line: int
    origin: int
    sequence: int
    channel: str
    priority: int
    came: float
    called: float | None
    started: float | None
    ended: float
    status: str
    outcome: str
    agent: int | None
    recalls: int


class Presence(NamedTuple):
    """An agent's day at the counter, with one break (or none: both ends equal)."""

    line: int
    agent: int
    came: float
    left: float
    break_from: float
    break_to: float


class Person(NamedTuple):
    """Somebody on the way into a line: `at` is the instant of joining it, `came` of coming into the house."""

    at: float
    came: float
    origin: int
    sequence: int
    channel: str
    priority: int


@dataclass
class Day:
    """What a site's day has left behind."""

    stays: list[Stay] = field(default_factory=list)
    presences: list[Presence] = field(default_factory=list)


@cache
def services() -> dict[str, list[Service]]:
    """By type of organisation."""
    found: dict[str, list[Service]] = {}
    for row in _rows("services.csv"):
        times = [60 * int(row[name]) for name in ("low_min", "typical_min", "high_min")]
        found.setdefault(row["type"], []).append(Service(row["type"], row["code"], row["name"], *times))
    return found


@cache
def _hours() -> dict[tuple[str, str], Hours]:
    return {
        (row["type"], row["days"]): Hours(
            int(row["first_hour"]), tuple(int(share) / 1000 for share in row["per_mille_by_hour"].split())
        )
        for row in _rows("arrivals.csv")
    }


def _rows(name: str) -> Iterator[dict[str, str]]:
    return csv.DictReader((DATA / name).read_text(encoding="utf-8").splitlines())


def hours_of(type: str, day: date) -> Hours | None:
    """When people come on that day; None when the house is closed."""
    weekday = day.weekday()
    days = {4: "fri", SATURDAY: "sat", SUNDAY: "sun"}.get(weekday, "mon-thu")
    return _hours().get((type, days))


def busyness(type: str, day: date) -> float:
    """The day's volume beside an ordinary day's: Mondays, and for banks and post offices the days of salaries."""
    factor = 1.25 if day.weekday() == 0 else 1.0
    if type in {"bank", "post"} and (day.day >= 25 or day.day <= 5):
        factor *= 1.5
    return factor * (0.6 if day.weekday() == SATURDAY else 1.0)


def agents_for(per_day: float, service: Service, hours: Hours) -> int:
    """How many agents an ordinary day needs; on Mondays and at the month's end people wait."""
    busy_s = per_day * (service.typical_s * 1.2 + 45)
    return max(1, math.ceil(1.1 * busy_s / (hours.closes_s - hours.opens_s) + 0.15))


def site_day(lines: Sequence[Line], hours: Hours, factor: float, rng: Random) -> Day:
    """Play one day of a site, line by line.

    Arrivals are a Poisson process with the hours' shares. An agent who becomes free takes the person of the highest
    priority who has waited longest. People lose patience, are absent when called, or are sent on to a later line.

    Args:
        factor: the day's volume, 1 is ordinary.
    """
    day = Day()
    sent_on: list[list[Person]] = [[] for _ in lines]
    for place, line in enumerate(lines):
        people = _arrivals(place, line.per_day * factor, hours, rng)
        play = _Play(place, line, hours, rng, last=place == len(lines) - 1)
        play.run(sorted(people + sent_on[place]) if sent_on[place] else people)
        day.stays += play.stays
        day.presences += play.presences()
        for person in play.sent_on:
            sent_on[rng.randrange(place + 1, len(lines))].append(person)
    return day


def _arrivals(place: int, expected: float, hours: Hours, rng: Random) -> list[Person]:
    n = _poisson(expected, rng)
    in_hour = rng.choices(range(len(hours.shares)), hours.shares, k=n)
    came = sorted(hours.opens_s + 3600 * (hour + rng.random()) for hour in in_hour)
    channels = rng.choices(CHANNELS, CHANNEL_WEIGHTS, k=n)
    priorities = rng.choices(PRIORITIES, PRIORITY_WEIGHTS, k=n)
    return [
        Person(at, at, place, number, channel, priority)
        for number, (at, channel, priority) in enumerate(zip(came, channels, priorities, strict=True), start=1)
    ]


def _poisson(expected: float, rng: Random) -> int:
    """Knuth's method, and the normal approximation where that would be slow."""
    if expected > 60:
        return max(0, round(rng.gauss(expected, math.sqrt(expected))))
    n, product, limit = 0, rng.random(), math.exp(-expected)
    while product > limit:
        n += 1
        product *= rng.random()
    return n


class _Play:
    """One line's day: agents by the instant at which they are free, people by priority and arrival."""

    def __init__(self, place: int, line: Line, hours: Hours, rng: Random, *, last: bool) -> None:
        self.place, self.line, self.rng, self.last = place, line, rng, last
        self.closes, self.limit = hours.closes_s, hours.closes_s + GRACE_S
        self.came = [hours.opens_s + 300 * rng.random() for _ in range(line.agents)]
        self.left = [float(hours.closes_s)] * line.agents
        has_lunch = hours.opens_s < LUNCH_FROM_S and hours.closes_s > LUNCH_FROM_S + 2 * 3600
        self.lunch = [LUNCH_FROM_S + LUNCH_S * (k % 4) if has_lunch else math.inf for k in range(line.agents)]
        self.breaks: dict[int, tuple[float, float]] = {}
        self.stays: list[Stay] = []
        self.sent_on: list[Person] = []

    def run(self, people: Sequence[Person]) -> None:
        free = [(at, agent) for agent, at in enumerate(self.came)]
        heapq.heapify(free)
        lanes: dict[int, deque[Person]] = {priority: deque() for priority in sorted(PRIORITIES, reverse=True)}
        coming, waiting = 0, 0
        while coming < len(people) or waiting:
            at, agent = free[0]
            if not waiting:
                at = max(at, people[coming].at)
            if at >= self.limit:
                break
            if at >= self.lunch[agent] and agent not in self.breaks:
                self.breaks[agent] = (at, at + LUNCH_S)
                heapq.heapreplace(free, (at + LUNCH_S, agent))
                continue
            while coming < len(people) and people[coming].at <= at:
                lanes[people[coming].priority].append(people[coming])
                coming, waiting = coming + 1, waiting + 1
            person = next(lane for lane in lanes.values() if lane).popleft()
            waiting -= 1
            heapq.heapreplace(free, (self._meet(person, at, agent), agent))
        for person in (*(person for lane in lanes.values() for person in lane), *people[coming:]):
            self._stay(person, ended=max(self.limit, person.at), status="expired")

    def _meet(self, person: Person, at: float, agent: int) -> float:
        """What becomes of a person whose turn it is; returns when the agent is free again."""
        rng = self.rng
        patience = PATIENCE_S * -math.log(1 - rng.random())
        if at - person.at > patience:
            self._stay(person, ended=person.at + patience, status="cancelled")
            return at
        called = at + 2 + 6 * rng.random()
        absent = (0.06 if person.channel in REMOTE else 0.02) + 0.05 * min(1.0, (at - person.at) / 7200)
        if rng.random() < absent:
            ended = called + 40 + 50 * rng.random()
            self._stay(person, called, None, ended, "no_show", agent=agent, recalls=1)
            return ended + 2
        started = called + min(18 * math.exp(rng.gauss(0, SPREAD)), 240)
        duration_s = self.line.service.duration_s(rng)
        if not self.last and rng.random() < TRANSFERRED:
            moved = started + duration_s / 4
            self.sent_on.append(person._replace(at=moved))
            return moved + 5
        ended = started + duration_s
        luck = rng.random()
        outcome = "served" if luck < 0.96 else "incomplete" if luck < 0.98 else "redirected" if luck < 0.99 else "left"
        self._stay(person, called, started, ended, "closed", outcome, agent, recalls=int(luck < 0.04))
        self.left[agent] = max(self.left[agent], ended)
        return ended + 5 + 20 * rng.random()

    def _stay(
        self, person: Person, called: float | None = None, started: float | None = None, ended: float = 0.0,
        status: str = "", outcome: str = "", agent: int | None = None, recalls: int = 0,
    ) -> None:  # fmt: skip
        _at, came, origin, sequence, channel, priority = person
        self.stays.append(
            Stay(
                self.place, origin, sequence, channel, priority, came, called, started, ended, status, outcome, agent,
                recalls,
            )
        )  # fmt: skip

    def presences(self) -> Iterator[Presence]:
        for agent, came in enumerate(self.came):
            start, end = self.breaks.get(agent, (came, came))
            yield Presence(self.place, agent, came, max(self.left[agent], end), start, end)
