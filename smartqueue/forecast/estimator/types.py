"""What the estimator is told and what it answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple


@dataclass(frozen=True, slots=True)
class Setup:
    """What is known of a queue without any fact.

    Attributes:
        duration_s: what serving one person is said to take; None where nobody has said it.
    """

    queue: str
    service: str
    duration_s: float | None


class Event(NamedTuple):
    """One fact.

    Attributes:
        kind: `counters` (so many are open from now on: `value`), `issued`, `called`, `returned` (called or gone, and
            waiting again), `left` (cancelled, expired, transferred away).
        ticket: whose; empty for `counters`.
        value: of `counters`; may be a fraction, where agents serve several queues.
    """

    at: datetime
    queue: str
    kind: str
    ticket: str = ""
    value: float | None = None


class Problem(NamedTuple):
    """A fact that cannot be; nothing was learnt from it.

    Attributes:
        code: stable, e.g. `clock_back`, `unknown_ticket`, `called_twice`, `bad_counters`.
    """

    code: str
    event: Event


@dataclass(frozen=True, slots=True)
class Line:
    """Who waits, in the real calling order.

    Attributes:
        waited_s: how long each has waited; the first is next.
        passes: for each, how many people are expected to enter before it per minute, because the calling order puts
            them first (priorities, deadlines); empty for none.
        booked_s: in how many seconds booked people enter the line at its head, each once.
    """

    waited_s: Sequence[float] = ()
    passes: Sequence[float] = ()
    booked_s: Sequence[float] = ()


class Plan(NamedTuple):
    """Counters open now and as far as is known.

    Attributes:
        counters: open now; may be a fraction.
        changes: (in so many seconds, counters from then on), in order; closing is a change to 0.
    """

    counters: float
    changes: Sequence[tuple[float, float]] = ()


@dataclass(frozen=True, slots=True)
class Curve:
    """The wait by place, in seconds from now: index 0 is the next person.

    Attributes:
        tail: seconds for each place beyond the last one: of the P10, the P50 and the P90.
        quality: `good`, `rough` (little is known yet: wide), `none` (no counter is open: nothing is claimed, and the
            lists are empty).
    """

    p10: list[int]
    p50: list[int]
    p90: list[int]
    tail: tuple[int, int, int]
    quality: str


class Plain(NamedTuple):
    """What simpler rules say, in seconds.

    Attributes:
        naive_s: people ahead × service time.
        les_s: the wait of the last who was called; `served_s` before the first call of the day.
        served_s: place × service time as learnt ÷ counters.
    """

    naive_s: float
    les_s: float
    served_s: float


@dataclass(frozen=True, slots=True)
class Asked:
    """An estimate at one place, with what is needed to learn from it later.

    Attributes:
        features: JSON-ready.
    """

    p10_s: float | None
    p50_s: float | None
    p90_s: float | None
    quality: str
    features: Any
