"""One queue: who waits, and how fast it goes.

A pace is calls per minute in which somebody waited and a counter was open; idle time does not slow it. It is kept per
minute and per open counter's minute, over the last hours, days and weeks of such minutes, and by half-hour of the day.
Each is drawn towards the next longer one as long as little is known: the queue's towards its service's, that towards
the organisation's, that towards the configured duration.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from math import exp, isfinite
from typing import Any, Self

from smartqueue.forecast.estimator.types import Event

EPOCH = datetime(2020, 1, 1)  # noqa: DTZ001  local wall-clock time without a zone, as all of the estimator
DAY_S, HALF_HOUR_S = 86_400, 1_800
SPANS = (240.0, 1_200.0, 12_000.0)
"""Busy minutes after which a call counts a third: hours, days, weeks."""
SLOT_SPAN, PRIOR_SLOT_MIN = 1_500.0, 60.0
LONGEST_SILENCE_S, FORGOTTEN_S = 3_600.0, 36 * 3_600.0
"""Longer without any fact, and nothing is known of that time. Whoever waits longer has been forgotten by the log."""
TOLERATED_S, BELIEVED_AFTER = 120.0, 10
"""Facts of parallel transactions swap places by so much. If so many in a row seem older, the clock we had was wrong."""


def seconds(at: datetime) -> float:
    """An instant as a number."""
    return (at.replace(tzinfo=None) - EPOCH).total_seconds()


def half_hour(now: float) -> int:
    """Of the day, 0 to 47."""
    return int(now % DAY_S // HALF_HOUR_S)


@dataclass(slots=True)
class Pace:
    """What is kept of one queue.

    Attributes:
        at: of the last fact, in `seconds`.
        spans: per span calls, busy minutes and open counters' busy minutes.
        slots: per half-hour calls and busy minutes.
        today: calls of the day, and how many its half-hours let expect.
        waiting: since when, per ticket.
        les_s: how long the last who was called had waited.
        unmanned: minutes that have just passed with people but no counter: a call now shows that there was one.
        bias: sum and weight of this queue's errors; `own`: its shift of both edges.
        behind: facts in a row that were older than `at`.
        fresh: what the last fact added: calls, counters' minutes.
    """

    at: float | None = None
    counters: float = 0.0
    spans: list[list[float]] = field(default_factory=lambda: [[0.0, 0.0, 0.0] for _ in SPANS])
    slots: dict[str, list[float]] = field(default_factory=dict)
    day: int = 0
    today: list[float] = field(default_factory=lambda: [0.0, 0.0])
    waiting: dict[str, float] = field(default_factory=dict)
    les_s: float | None = None
    calls: int = 0
    unmanned: float = 0.0
    bias: list[float] = field(default_factory=lambda: [0.0, 0.0])
    own: list[float] = field(default_factory=lambda: [0.0, 0.0])
    behind: int = 0
    fresh: list[float] = field(default_factory=lambda: [0.0, 0.0])

    @classmethod
    def from_state(cls, state: Mapping[str, Any] | None) -> Self:
        """As `state` gave it; a new one where it does not fit."""
        if not state or set(state) != {one.name for one in fields(cls)}:
            return cls()
        return cls(**{name: _copy(value) for name, value in state.items()})

    def state(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)

    def note(self, event: Event) -> str:
        """Take a fact in; the code of what is wrong with it, or nothing."""
        self.fresh = [0.0, 0.0]
        now = seconds(event.at)
        if code := self._wrong(event, now):
            return code
        self._pass(now)
        if event.kind == "counters":
            self.counters = float(event.value or 0)
        elif event.kind in {"issued", "returned"}:
            self.waiting[event.ticket] = now
        else:
            since = self.waiting.pop(event.ticket, None)
            if event.kind == "called" and since is not None:
                self._call(now, since)
        return ""

    def _wrong(self, event: Event, now: float) -> str:
        """Why this cannot be."""
        if self.at is not None and now < self.at - TOLERATED_S:
            self.behind += 1
            if self.behind < BELIEVED_AFTER:
                return "clock_back"
            self.at = None
        self.behind = 0
        if event.kind == "counters":
            fine = event.value is not None and isfinite(event.value) and event.value >= 0
            return "" if fine else "bad_counters"
        if event.kind in {"issued", "returned"}:
            return "issued_twice" if event.ticket in self.waiting else ""
        if event.kind in {"called", "left"}:
            return "" if event.ticket in self.waiting else "unknown_ticket"
        return "unknown_kind"

    def _pass(self, now: float) -> None:
        """Time has passed since the last fact."""
        before, self.at = self.at, now if self.at is None else max(now, self.at)
        if int(self.at // DAY_S) != self.day:
            self.day, self.today, self.les_s = int(self.at // DAY_S), [0.0, 0.0], None
            self.waiting = {one: since for one, since in self.waiting.items() if self.at - since < FORGOTTEN_S}
        if before is None or self.at == before:
            return
        self.unmanned = 0.0
        passed_s = self.at - before
        if not self.waiting or passed_s > LONGEST_SILENCE_S:
            return
        if self.counters > 0:
            self._busy(passed_s / 60, self.counters, before + passed_s / 2)
        else:
            self.unmanned = passed_s / 60

    def usual(self, now: float, otherwise: float) -> float:
        """Calls per busy minute in this half-hour of the day, drawn towards `otherwise`."""
        slot = self.slots.get(str(half_hour(now)))
        return (slot[0] + PRIOR_SLOT_MIN * otherwise) / (slot[1] + PRIOR_SLOT_MIN) if slot else otherwise

    def _busy(self, minutes: float, counters: float, middle: float) -> None:
        calls, busy, _ = self.spans[-1]
        if busy:
            self.today[1] += self.usual(middle, calls / busy) * minutes
        for span, kept in zip(SPANS, self.spans, strict=True):
            fade = exp(-minutes / span)
            kept[0], kept[1], kept[2] = kept[0] * fade, kept[1] * fade + minutes, kept[2] * fade + minutes * counters
        slot, fade = self.slots.setdefault(str(half_hour(middle)), [0.0, 0.0]), exp(-minutes / SLOT_SPAN)
        slot[0], slot[1] = slot[0] * fade, slot[1] * fade + minutes
        self.fresh[1] += minutes * counters

    def _call(self, now: float, since: float) -> None:
        """Somebody who had waited since then was called."""
        self.les_s = max(0.0, now - since)
        self.calls += 1
        if since >= now:
            return
        if self.unmanned:
            self._busy(self.unmanned, 1.0, now - self.unmanned * 30)
            self.unmanned = 0.0
        for kept in self.spans:
            kept[0] += 1
        self.slots.setdefault(str(half_hour(now - 1)), [0.0, 0.0])[0] += 1
        self.today[0] += 1
        self.fresh[0] += 1


def _copy(value: Any) -> Any:
    """The estimator never changes what it was given."""
    if isinstance(value, list):
        return [_copy(one) for one in value]
    return {key: _copy(one) for key, one in value.items()} if isinstance(value, dict) else value
