"""The estimator of one tenant."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from smartqueue.forecast.estimator.types import Asked, Curve, Event, Line, Plan, Problem, Setup


class Estimator:
    """Keeps one tenant's rates and residuals. Each fact costs O(1).

    Args:
        tenant: the tenant's state as `states()` gave it; None for a new one.
    """

    def __init__(self, tenant: Mapping[str, Any] | None = None) -> None:
        raise NotImplementedError

    def add_queue(
        self, setup: Setup, *, queue: Mapping[str, Any] | None = None, service: Mapping[str, Any] | None = None
    ) -> None:
        """Make a queue known, with its state and its service's as `states()` gave them."""
        raise NotImplementedError

    def note(self, event: Event) -> Problem | None:
        """Take a fact in. Never raises: what cannot be is a Problem and changes nothing."""
        raise NotImplementedError

    def outlook(self, queue: str, at: datetime, line: Line, plan: Plan, *, places: int) -> Curve:
        """The wait at places 1 to `places`; those beyond the line are for whoever joins it now."""
        raise NotImplementedError

    def ask(self, queue: str, at: datetime, line: Line, plan: Plan, *, place: int) -> Asked:
        """The same at one place, to be learnt from."""
        raise NotImplementedError

    def learn(self, queue: str, asked: Asked, *, wait_s: float, at: datetime) -> None:
        """The ticket for which this was asked has been called after `wait_s`, at `at`."""
        raise NotImplementedError

    def states(self) -> dict[str, Any]:
        """JSON-ready: {"tenant": …, "services": {key: …}, "queues": {key: …}}."""
        raise NotImplementedError
