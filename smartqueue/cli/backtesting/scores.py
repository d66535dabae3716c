"""How good promises were."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from smartqueue.cli.backtesting.run import Promise
from smartqueue.cli.backtesting.watching import Remote, Reread

PLACES = (1, 2, 5, 10, 20, 40)
PROMISED_MIN = (0, 5, 10, 20, 30, 60, 120)


@dataclass(frozen=True, slots=True)
class Scores:
    """Of one rule, in minutes.

    Attributes:
        bias: estimate less truth.
        pinball_50, pinball_90: mean pinball loss; None for rules that have no P90.
        under_90, under_10: share of waits not longer than the P90, and shorter than the P10.
    """

    tickets: int
    mean_wait: float
    mae: float
    bias: float
    pinball_50: float
    pinball_90: float | None = None
    under_90: float | None = None
    under_10: float | None = None


@dataclass(frozen=True, slots=True)
class Leaving:
    """Of those who would have been in time by leaving at once, and of everybody who was told.

    Attributes:
        missed, missed_all: share that arrived after their call.
        spared_min: minutes between taking the ticket and arriving at the site, on average; of these, `home_min` until
            setting out.
    """

    trip_min: int
    tickets: int
    missed: float
    spared_min: float
    home_min: float
    tickets_all: int
    missed_all: float


def scores_of(promises: Sequence[Promise]) -> Scores:
    """Of the estimator; there is at least one promise, and each has its wait."""
    waits = [_min(one.wait_s) for one in promises]
    low, middle, high = ([_min(getattr(one.asked, name)) for one in promises] for name in ("p10_s", "p50_s", "p90_s"))
    point = point_scores(middle, waits)
    return Scores(
        point.tickets, point.mean_wait, point.mae, point.bias, point.pinball_50,
        pinball_90=_mean(max(0.9 * (wait - edge), 0.1 * (edge - wait)) for edge, wait in zip(high, waits, strict=True)),
        under_90=_mean(wait <= edge for edge, wait in zip(high, waits, strict=True)),
        under_10=_mean(wait < edge for edge, wait in zip(low, waits, strict=True)),
    )  # fmt: skip


def plain_scores(promises: Sequence[Promise]) -> dict[str, Scores]:
    """Of the simpler rules, on the same tickets."""
    waits = [_min(one.wait_s) for one in promises]
    rules: dict[str, Callable[[Promise], float]] = {
        "ahead × service time": lambda one: one.plain.naive_s,
        "LES": lambda one: one.plain.les_s,
        "position × service ÷ counters": lambda one: one.plain.served_s,
    }
    return {name: point_scores([rule(one) / 60 for one in promises], waits) for name, rule in rules.items()}


def point_scores(said: Sequence[float], waits: Sequence[float]) -> Scores:
    """Of one number per ticket."""
    errors = [estimate - wait for estimate, wait in zip(said, waits, strict=True)]
    mae = _mean(abs(error) for error in errors)
    return Scores(len(errors), _mean(waits), mae, _mean(errors), mae / 2)


def reread_coverage(rereads: Iterable[Reread]) -> tuple[int, float]:
    """How many looks there were while people waited, and the share that was called within the P90 read."""
    within = [left_s <= look.p90_s for look in rereads if (left_s := look.left_s) is not None and left_s >= 0]
    return len(within), _mean(within)


def leaving_of(remotes: Iterable[Remote], trip_min: int) -> Leaving:
    """What became of people at home."""
    missed, missed_all, spared = [], [], []
    for remote in remotes:
        wait_s = remote.promise.wait_s
        if wait_s is None:
            continue
        left_at = remote.left_at.get(trip_min)
        until_there = wait_s if left_at is None else (left_at - remote.promise.due.asked_at).total_seconds()
        until_there += trip_min * 60
        missed_all.append(until_there > wait_s)
        if wait_s >= trip_min * 60:
            missed.append(until_there > wait_s)
            spared.append(until_there / 60)
    spared_min = _mean(spared)
    return Leaving(
        trip_min, len(missed), _mean(missed), spared_min, max(0.0, spared_min - trip_min), len(missed_all),
        _mean(missed_all),
    )  # fmt: skip


def bucket(value: float, edges: Sequence[int]) -> int:
    """The largest edge that is not above the value."""
    return max(edge for edge in edges if edge <= max(value, edges[0]))


def _min(seconds: float | None) -> float:
    return (seconds or 0.0) / 60


def _mean(values: Iterable[float]) -> float:
    kept = list(values)
    return sum(kept) / len(kept) if kept else 0.0
