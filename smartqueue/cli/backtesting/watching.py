"""What people who wait would read in the meantime, and when those at home would be told to leave."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from time import perf_counter

from smartqueue.cli.backtesting.run import Backtest, Promise
from smartqueue.forecast.estimator import Curve, Line, Plan
from smartqueue.forecast.states import is_time_to_leave

TICK = timedelta(minutes=2.5)
REREAD = timedelta(minutes=10)
TRIPS_MIN = (10, 20)
SLOW_TRIP, MARGIN_S = 1.25, 480.0
"""A slow trip, the slowest but two of ten, takes a quarter longer; and one wants to be there eight minutes before."""


@dataclass(slots=True)
class Reread:
    """One look at the ticket's page, and how long the wait then still was."""

    promise: Promise
    at: datetime
    p90_s: float

    @property
    def left_s(self) -> float | None:
        """Seconds until the call; None while nobody knows."""
        wait_s = self.promise.wait_s
        return None if wait_s is None else wait_s - (self.at - self.promise.due.asked_at).total_seconds()


@dataclass(slots=True)
class Remote:
    """Somebody at home: when they set out for trips of `TRIPS_MIN`."""

    promise: Promise
    next_look: datetime
    left_at: dict[int, datetime] = field(default_factory=dict)


@dataclass
class Watch:
    """Everybody who waits looks every ten minutes, and is looked after every two and a half.

    Args:
        first_day: nobody earlier.
    """

    backtest: Backtest
    first_day: date
    rereads: list[Reread] = field(default_factory=list)
    remotes: list[Remote] = field(default_factory=list)
    spent_s: float = 0.0
    places: int = 0
    curves: int = 0
    _followed: dict[str, dict[str, Remote]] = field(default_factory=lambda: defaultdict(dict))
    _seen: int = 0
    _tick: datetime | None = None

    def __call__(self, until: datetime) -> None:
        """Time has come to this instant, whose facts are not known yet."""
        for promise in self.backtest.promises[self._seen :]:
            if promise.due.asked_at.date() >= self.first_day:
                self._follow(promise)
        self._seen = len(self.backtest.promises)
        for tick in self._ticks(until):
            for queue, followed in self._followed.items():
                if followed:
                    self._look(queue, followed, tick)

    def _ticks(self, until: datetime) -> Iterator[datetime]:
        """The looks until then; a night is skipped."""
        if self._tick is None or not timedelta(0) <= until - self._tick <= timedelta(hours=2):
            self._tick = until
        while self._tick < until:
            yield self._tick
            self._tick += TICK

    def _follow(self, promise: Promise) -> None:
        remote = Remote(promise, promise.due.asked_at + REREAD)
        self.remotes.append(remote)
        if promise.counters > 0 and promise.asked.p10_s is not None:
            _tell(remote, promise.asked.p10_s, promise.due.asked_at)
        self._followed[promise.due.queue][promise.due.ticket] = remote

    def _look(self, queue: str, followed: dict[str, Remote], at: datetime) -> None:
        """All tickets of one queue, from one outlook."""
        book = self.backtest.books[queue]
        places = {}
        for place, ticket in enumerate(book.waiting, start=1):
            if (remote := followed.get(ticket)) is not None and _cares(remote, at):
                places[ticket] = place
        for ticket in [ticket for ticket in followed if ticket not in book.waiting]:
            del followed[ticket]
        if not places or book.counters <= 0:
            return
        curve = self._outlook(queue, at, book.waited_s(at), book.counters, max(places.values()))
        for ticket, place in places.items():
            remote = followed[ticket]
            if at >= remote.next_look:
                self.rereads.append(Reread(remote.promise, at, curve.p90[place - 1]))
                remote.next_look += REREAD
            _tell(remote, curve.p10[place - 1], at)

    def _outlook(self, queue: str, at: datetime, waited_s: list[float], counters: float, places: int) -> Curve:
        began = perf_counter()
        curve = self.backtest.estimator.outlook(queue, at, Line(waited_s), Plan(counters), places=places)
        self.spent_s += perf_counter() - began
        self.places += places
        self.curves += 1
        return curve


def _cares(remote: Remote, at: datetime) -> bool:
    """Does this one look now? The log tells of a call at its next row; whoever was called knows at once."""
    waited_s, wait_s = (at - remote.promise.due.asked_at).total_seconds(), remote.promise.wait_s
    if waited_s < 0 or (wait_s is not None and waited_s >= wait_s):
        return False
    return at >= remote.next_look or len(remote.left_at) < len(TRIPS_MIN)


def _tell(remote: Remote, p10_s: float, at: datetime) -> None:
    """Note who is told to leave now."""
    for trip_min in TRIPS_MIN:
        if trip_min not in remote.left_at:
            slow_s = trip_min * 60 * SLOW_TRIP
            if is_time_to_leave(wait_p10_s=p10_s, travel_p80_s=slow_s, margin_s=MARGIN_S):
                remote.left_at[trip_min] = at
