"""The estimator of one tenant.

Everything is counted in the logarithm of minutes plus one. A wait is first walked through the half-hours at the pace
expected of them; a regression over all labels of the tenant corrects it, with what other paces and the last waits say;
the queue's own last errors correct that; the edges are quantiles of what was still wrong.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import datetime
from math import expm1, isfinite, log1p
from typing import Any

from smartqueue.forecast.estimator.features import PRIOR, View, paces
from smartqueue.forecast.estimator.pace import DAY_S, Pace, seconds
from smartqueue.forecast.estimator.regression import STEP, Regression
from smartqueue.forecast.estimator.spread import Spread
from smartqueue.forecast.estimator.tally import Tally
from smartqueue.forecast.estimator.types import Asked, Curve, Event, Line, Plain, Plan, Problem, Setup

VERSION = 1
DEFAULT_DURATION_S, SHORTEST_S = 480.0, 10.0
TRUST = 600.0
"""So much weight the walk alone has, before the first label, in squares of the features."""
BIAS_FADES, BIAS_PRIOR = 0.01, 10.0
ENOUGH_CALLS = 30
ROUGH_IS_WIDER = 0.5
LONGEST_S = 7 * 86_400.0
KNOTS = (1, 2, 3, 4, 5, 7, 10, 14, 20, 28, 40, 57, 80, 113, 160, 226, 320, 453, 640, 905, 1280, 1810, 2560, 3620, 5120)


class Estimator:
    """Keeps one tenant's paces and errors. Each fact costs O(1).

    Args:
        tenant: the tenant's state as `states()` gave it; None for a new one.
    """

    def __init__(self, tenant: Mapping[str, Any] | None = None) -> None:
        kept = tenant if tenant and tenant.get("version") == VERSION else {}
        self._tally = Tally.from_state(kept.get("tally"))
        self._regression = Regression.from_state(kept.get("regression"), PRIOR, trust=TRUST)
        self._spread = Spread.from_state(kept.get("spread"))
        self._setups: dict[str, Setup] = {}
        self._queues: dict[str, Pace] = {}
        self._services: dict[str, Tally] = {}

    def add_queue(
        self, setup: Setup, *, queue: Mapping[str, Any] | None = None, service: Mapping[str, Any] | None = None
    ) -> None:
        """Make a queue known, with its state and its service's as `states()` gave them."""
        self._setups[setup.queue] = setup
        self._queues[setup.queue] = Pace.from_state(queue)
        if setup.service not in self._services:
            self._services[setup.service] = Tally.from_state(service)

    def note(self, event: Event) -> Problem | None:
        """Take a fact in. Never raises: what cannot be is a Problem and changes nothing."""
        pace = self._queues.get(event.queue)
        if pace is None:
            return Problem("unknown_queue", event)
        if code := pace.note(event):
            return Problem(code, event)
        calls, minutes = pace.fresh
        if calls or minutes:
            expected = minutes * 60 / self._duration_s(event.queue)
            for tally in (self._tally, self._services[self._setups[event.queue].service]):
                tally.add(calls, expected)
        return None

    def outlook(self, queue: str, at: datetime, line: Line, plan: Plan, *, places: int) -> Curve:
        """The wait at places 1 to `places`; those beyond the line are for whoever joins it now."""
        if plan.counters <= 0 or places < 1:
            return Curve([], [], [], (0, 0, 0), "none")
        view = self._view(queue, at, line, plan)
        knots = [*KNOTS[: bisect_left(KNOTS, places)], places, places + max(1, places // 4)]
        if places > KNOTS[-1]:
            knots[-2:-2] = range(2 * KNOTS[-1], places, KNOTS[-1])
        edges = list(zip(*(self._edges(queue, view, place)[0] for place in knots), strict=True))
        rising = [_rising(values) for values in edges]
        p10, p50, p90 = (_every_place(knots[:-1], values) for values in rising)
        low, middle, high = ((values[-1] - values[-2]) / (knots[-1] - knots[-2]) for values in rising)
        return Curve(p10, p50, p90, (round(low), round(middle), round(high)), self._quality(queue, plan))

    def ask(self, queue: str, at: datetime, line: Line, plan: Plan, *, place: int) -> Asked:
        """The same at one place, to be learnt from."""
        edges, kept = self._edges(queue, self._view(queue, at, line, plan), max(1, place))
        return Asked(*edges, self._quality(queue, plan), kept | {"x": [round(one, 5) for one in kept["x"]]})

    def learn(self, queue: str, asked: Asked, *, wait_s: float, at: datetime) -> None:
        """The ticket for which this was asked has been called after `wait_s`, at `at`."""
        pace = self._queues.get(queue)
        kept = asked.features
        if pace is None or not kept or len(kept["x"]) != len(PRIOR) or not isfinite(wait_s):
            return
        wait_s = max(0.0, min(wait_s, LONGEST_S))
        truth = log1p(wait_s / 60)
        pace.les_s = wait_s
        self._regression.learn(kept["x"], truth - kept["plan"])
        self._spread.learn(kept["middle"], (truth - kept["middle"]) / kept["wider"], pace.own)
        error = max(-STEP, min(STEP, truth - kept["plan"] - kept["raw"]))
        pace.bias = [old * (1 - BIAS_FADES) + new for old, new in zip(pace.bias, (error, 1.0), strict=True)]

    def plain(self, queue: str, *, place: int, counters: float) -> Plain:
        """What three simpler rules would say; the estimator has to be better than they are."""
        service_s = 60 / self._service_pace(queue)
        served_s = place * service_s / max(counters, 1.0)
        les_s = self._queues[queue].les_s
        return Plain((place - 1) * service_s, served_s if les_s is None else les_s, served_s)

    def states(self) -> dict[str, Any]:
        """JSON-ready: {"tenant": …, "services": {key: …}, "queues": {key: …}}."""
        tenant = {
            "version": VERSION,
            "tally": self._tally.state(),
            "regression": self._regression.state(),
            "spread": self._spread.state(),
        }
        return {
            "tenant": tenant,
            "services": {key: tally.state() for key, tally in self._services.items()},
            "queues": {key: pace.state() for key, pace in self._queues.items()},
        }

    def _duration_s(self, queue: str) -> float:
        said = self._setups[queue].duration_s
        return max(SHORTEST_S, min(said, DAY_S)) if said and isfinite(said) and said > 0 else DEFAULT_DURATION_S

    def _usual(self, queue: str) -> float:
        """Calls per open counter's minute, for a queue of which nothing is known."""
        service = self._services[self._setups[queue].service]
        return service.ratio(self._tally.ratio(1.0)) * 60 / self._duration_s(queue)

    def _service_pace(self, queue: str) -> float:
        return paces(self._queues[queue], usual=self._usual(queue), counters=1.0).per_counter

    def _view(self, queue: str, at: datetime, line: Line, plan: Plan) -> View:
        return View(self._queues[queue], seconds(at), line, plan, usual=self._usual(queue))

    def _quality(self, queue: str, plan: Plan) -> str:
        if plan.counters <= 0:
            return "none"
        return "good" if self._queues[queue].calls >= ENOUGH_CALLS else "rough"

    def _edges(self, queue: str, view: View, place: int) -> tuple[tuple[float, float, float], dict[str, Any]]:
        """P10, P50 and P90 in seconds, and what is learnt from later."""
        pace = self._queues[queue]
        features, planned = view.at(place)
        raw = self._regression.at(features)
        middle = max(0.0, raw + pace.bias[0] / (pace.bias[1] + BIAS_PRIOR) + planned)
        low, high = self._spread.at(middle, pace.own)
        wider = 1 + ROUGH_IS_WIDER * max(0.0, 1 - pace.calls / ENOUGH_CALLS)
        p10, p50, p90 = (
            min(LONGEST_S, 60 * expm1(min(edge, 15.0)))
            for edge in (max(0.0, middle + low * wider), middle, middle + high * wider)
        )
        kept = {"x": features, "raw": raw, "plan": planned, "middle": middle, "wider": wider}
        return (p10, p50, p90), kept


def _rising(values: Sequence[float]) -> list[float]:
    """Nobody further back is called sooner."""
    made: list[float] = []
    for value in values:
        made.append(max(value, made[-1]) if made else value)
    return made


def _every_place(knots: Sequence[int], values: Sequence[float]) -> list[int]:
    """From 1 to the last knot, on straight lines between them."""
    made = [round(values[0])]
    for before, after, low, high in zip(knots, knots[1:], values, values[1:], strict=False):
        step = (high - low) / (after - before)
        made.extend(round(low + step * place) for place in range(1, after - before + 1))
    return made
