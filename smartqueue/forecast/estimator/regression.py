"""Recursive least squares with forgetting: what a regression over all labels so far would give, at one label's cost."""

from collections.abc import Mapping, Sequence
from math import isfinite
from operator import mul
from typing import Any, Self

FORGET = 0.9999
"""A label counts half after 7,000 others."""
STEP = 0.7
"""No single label is believed to be further off than this; in the logarithm, a factor of two."""


class Regression:
    """Weights of a linear model, and how sure they are.

    Args:
        prior: the weights before the first label.
        trust: how many labels of a feature of 1 the prior is worth.
    """

    def __init__(self, prior: Sequence[float], *, trust: float) -> None:
        self.weights = list(prior)
        self._widest = 1 / trust
        self._doubt = [[self._widest if i == j else 0.0 for j in range(len(prior))] for i in range(len(prior))]
        self.labels = 0

    def at(self, features: Sequence[float]) -> float:
        """What the model says."""
        return float(sum(map(mul, self.weights, features)))

    def learn(self, features: Sequence[float], truth: float) -> None:
        """Move the weights towards what was true."""
        error = max(-STEP, min(STEP, truth - self.at(features)))
        lever = [sum(map(mul, row, features)) for row in self._doubt]
        share = 1 / (FORGET + sum(map(mul, lever, features)))
        if not (isfinite(share) and share > 0):
            self._start_doubting()
            return
        self.weights = [weight + pull * share * error for weight, pull in zip(self.weights, lever, strict=True)]
        self._doubt = [
            [(doubt - pull * share * other) / FORGET for doubt, other in zip(row, lever, strict=True)]
            for row, pull in zip(self._doubt, lever, strict=True)
        ]
        self.labels += 1
        self._bound()

    def _bound(self) -> None:
        """Forgetting must not make a feature that is never seen more doubtful than it was at the start."""
        for i, row in enumerate(self._doubt):
            if row[i] > self._widest * 1.01:
                shrink = (self._widest / row[i]) ** 0.5
                self._doubt[i] = [doubt * shrink for doubt in row]
                for other in self._doubt:
                    other[i] *= shrink

    def _start_doubting(self) -> None:
        """Arithmetic has come to its end: keep the weights, forget how sure they were."""
        size = range(len(self.weights))
        self._doubt = [[self._widest if i == j else 0.0 for j in size] for i in size]

    def state(self) -> dict[str, Any]:
        """JSON-ready; of the symmetric doubt one half."""
        half = [row[: i + 1] for i, row in enumerate(self._doubt)]
        return {"weights": self.weights, "doubt": half, "labels": self.labels}

    @classmethod
    def from_state(cls, state: Mapping[str, Any] | None, prior: Sequence[float], *, trust: float) -> Self:
        """As `state` gave it; a new one where that does not fit."""
        made, size = cls(prior, trust=trust), len(prior)
        if not state or len(state["weights"]) != size:
            return made
        half = state["doubt"]
        made.weights, made.labels = [float(weight) for weight in state["weights"]], int(state["labels"])
        made._doubt = [[float(half[max(i, j)][min(i, j)]) for j in range(size)] for i in range(size)]
        return made
