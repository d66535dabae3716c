"""A line of people and its counters, played again: who would have waited how long. Plain computation.

One number is learnt. Somebody who is signed in is not serving all the time: there are papers, questions, a tea. Each
person therefore holds a counter for `work_s / factor`, and the factor is the one with which the replay waits, on the
average, as long as people really did. (With agents merely present, Erlang's formula said 9 s where 48 s were waited on
a real call log; with one learnt factor 46 s.)
"""

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

LEAST_FACTOR, MOST_FACTOR = 0.15, 1.5
HALVINGS = 9
"""The factor is found to within 0.003."""

Seat = tuple[tuple[float, float], ...]
"""When somebody sits at a counter: (from, to), in order, in seconds since local midnight."""


class Person(NamedTuple):
    """One arrival. Instants are seconds since local midnight; nobody is called before an earlier `turn` that waits.

    Attributes:
        turn: place in the calling order.
        work_s: what the person really kept an agent busy, from the call to the end.
        leaves: gone without being called, unless called before; infinite for those who stayed.
        counts: False for whom no honest wait is known, such as people sent here from another line.
    """

    at: float
    turn: tuple[float, float]
    work_s: float
    leaves: float
    target_s: int
    counts: bool


@dataclass(frozen=True)
class PlayedDay:
    """One day of one line: who came, and who sat where."""

    people: Sequence[Person]
    seats: Sequence[Seat]


@dataclass
class Tally:
    """Waits of a replay: sums over the people who count."""

    n: int = 0
    sum_s: float = 0.0
    in_target: int = 0

    @property
    def mean_s(self) -> float:
        return self.sum_s / self.n if self.n else 0.0

    @property
    def share(self) -> float:
        """Of those who were called: within their target."""
        return self.in_target / self.n if self.n else 1.0

    def add(self, wait_s: float, target_s: int) -> None:
        self.n += 1
        self.sum_s += wait_s
        self.in_target += wait_s <= target_s


def replay(days: Sequence[PlayedDay], factor: float, *, more: Sequence[Seat] = ()) -> Tally:
    """Play days again.

    Args:
        factor: the share of a present agent's time that is a serving agent's; below 1 all work takes longer.
        more: counters that are open besides, on each of the days.
    """
    tally = Tally()
    for day in days:
        _play(day.people, [*day.seats, *more], factor, tally)
    return tally


def _play(people: Sequence[Person], seats: Sequence[Seat], factor: float, tally: Tally) -> None:
    free = [(stays[0][0], number, 0) for number, stays in enumerate(seats) if stays]
    heapq.heapify(free)
    waiting: list[tuple[tuple[float, float], int]] = []
    coming = 0
    while free and (waiting or coming < len(people)):
        at, seat, stay = free[0]
        if not waiting:
            at = max(at, people[coming].at)
        if at >= seats[seat][stay][1]:
            _next_stay(free, seats, seat, stay, at)
            continue
        while coming < len(people) and people[coming].at <= at:
            heapq.heappush(waiting, (people[coming].turn, coming))
            coming += 1
        person = people[heapq.heappop(waiting)[1]]
        if at >= person.leaves:
            continue
        if person.counts:
            tally.add(at - person.at, person.target_s)
        heapq.heapreplace(free, (at + person.work_s / factor, seat, stay))
    last = max((stays[-1][1] for stays in seats if stays), default=0.0)
    for person in (*(people[number] for _turn, number in waiting), *people[coming:]):
        if person.counts and person.leaves == math.inf:  # the counters closed before the turn came
            tally.add(max(last - person.at, person.target_s + 1.0), person.target_s)


def _next_stay(free: list[tuple[float, int, int]], seats: Sequence[Seat], seat: int, stay: int, at: float) -> None:
    if stay + 1 < len(seats[seat]):
        heapq.heapreplace(free, (max(seats[seat][stay + 1][0], free[0][0]), seat, stay + 1))
    else:
        heapq.heappop(free)


def learnt_factor(lines: Sequence[Sequence[PlayedDay]], waited_s: float) -> float:
    """The factor with which all lines together wait `waited_s` seconds on the average, by halving an interval.

    Args:
        lines: the days of each line.
        waited_s: what people really waited.
    """
    low, high = LEAST_FACTOR, MOST_FACTOR
    for _ in range(HALVINGS):
        middle = math.sqrt(low * high)
        tallies = [replay(days, middle) for days in lines]
        n = sum(tally.n for tally in tallies)
        if sum(tally.sum_s for tally in tallies) / max(n, 1) > waited_s:
            low = middle
        else:
            high = middle
    return math.sqrt(low * high)
