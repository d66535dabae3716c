"""Asking a routing engine, remembering what it said for a while, and doing without it.

The engines themselves are on a higher shelf (`providers`); `TravelConfig.ready` enters them here.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import NamedTuple

from smartqueue.outbound.deadline import Deadline, NoAnswer
from smartqueue.travel.states import Mode, Point
from smartqueue.travel.states.ground import rounded

TIMEOUT_S = 1.5
KEEP_S, KEEP_SILENCE_S = 600.0, 30.0
MOST_KEPT = 20_000
MOST_AT_ONCE = 50
"""Destinations of one question; OSRM refuses more than a hundred points."""


class Leg(NamedTuple):
    """What an engine knows: seconds and metres on empty roads."""

    seconds: float
    metres: float


Ask = Callable[[str, Point, Sequence[Point], Mode, Deadline], list[Leg | None]]
"""`ask(base_url, origin, destinations, mode, deadline)`; None where there is no way. Raises NoAnswer."""
ENGINES: dict[str, tuple[Ask, frozenset[Mode]]] = {}
"""Engine → how it is asked, and for which modes it knows better than the table."""


class _Memory:
    """What this process was told, for some minutes; the longest unused goes first. Positions are kept to 150 m."""

    def __init__(self) -> None:
        self._kept: OrderedDict[object, tuple[float, Leg | None]] = OrderedDict()
        self._silent: dict[str, float] = {}
        self._lock = threading.Lock()

    def get(self, key: object) -> tuple[bool, Leg | None]:
        with self._lock:
            until, leg = self._kept.get(key, (0.0, None))
            return (True, leg) if until > time.monotonic() else (False, None)

    def keep(self, key: object, leg: Leg | None) -> None:
        with self._lock:
            self._kept[key] = (time.monotonic() + KEEP_S, leg)
            self._kept.move_to_end(key)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)

    def is_silent(self, url: str) -> bool:
        return self._silent.get(url, 0.0) > time.monotonic()

    def note_silence(self, url: str) -> None:
        """Nobody else waits for an engine that has just not answered."""
        if len(self._silent) > 1000:
            self._silent.clear()
        self._silent[url] = time.monotonic() + KEEP_SILENCE_S

    def forget(self) -> None:
        with self._lock:
            self._kept.clear()
            self._silent.clear()


memory = _Memory()


def legs_of(
    engine: str, url: str, origin: Point, destinations: Sequence[Point], mode: Mode, *, fresh: bool = False
) -> list[Leg | None]:
    """From the engine or what it said lately; None for each destination that it has no word on. Never raises, and takes
    1.5 s at most. Calls out: not while rows are locked.

    Args:
        fresh: ask even if it was silent a moment ago.
    """
    known = ENGINES.get(engine)
    if known is None or not url or mode not in known[1]:
        return [None] * len(destinations)
    start = rounded(origin)
    keys = [(url, start, one, mode) for one in destinations]
    found = [memory.get(key) for key in keys]
    asked = [place for place, (is_known, _leg) in enumerate(found) if not is_known][:MOST_AT_ONCE]
    legs = [leg for _is_known, leg in found]
    if asked and (fresh or not memory.is_silent(url)):
        try:
            told = known[0](url, start, [destinations[place] for place in asked], mode, Deadline(TIMEOUT_S))
            if len(told) != len(asked):
                raise NoAnswer(NoAnswer.NOT_UNDERSTOOD)
        except NoAnswer:
            memory.note_silence(url)
            return legs
        for place, leg in zip(asked, told, strict=True):
            memory.keep(keys[place], leg)
            legs[place] = leg
    return legs
