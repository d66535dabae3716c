"""The estimator: pure Python, no tables, no training step. What it is told, what it answers.

Facts come in the order in which they become known (`note`); an estimate is asked of the line as it stands (`outlook`,
`ask`); what came of it is told when the ticket is called (`learn`). Instants are local wall-clock time without a zone.
"""

from smartqueue.forecast.estimator.estimator import Estimator
from smartqueue.forecast.estimator.types import Asked, Curve, Event, Line, Plain, Plan, Problem, Setup

__all__ = ["Asked", "Curve", "Estimator", "Event", "Line", "Plain", "Plan", "Problem", "Setup"]
