"""Words and figures that several pages of managers share."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext

from smartqueue.queueing.states import AlertMetric

if TYPE_CHECKING:
    from smartqueue.queueing.models import Alert

MINUTES = (AlertMetric.LONGEST_WAIT, AlertMetric.AVERAGE_WAIT)
"""Figures of alerts that are counted in minutes."""


def minutes(seconds: float) -> str:
    """`12 min`; whole minutes that have passed."""
    return gettext("{minutes} min").format(minutes=max(0, int(seconds // 60)))


def figure(metric: str, value: int) -> str:
    """A figure of an alert with its unit."""
    return minutes(60 * value) if metric in MINUTES else str(value)


def metric_words(metric: str) -> str:
    """What an alert looks at, without its unit."""
    return {
        AlertMetric.LONGEST_WAIT: gettext("Longest wait"),
        AlertMetric.AVERAGE_WAIT: gettext("Average wait"),
        AlertMetric.WAITING: gettext("People waiting"),
        AlertMetric.AT_RISK: gettext("People at risk"),
        AlertMetric.UNATTENDED: gettext("Nobody serves, people waiting"),
    }[AlertMetric(metric)]


@dataclass(frozen=True, slots=True)
class AlertWords:
    """An alert as pages show it."""

    alert: "Alert"
    metric: str
    value: str
    threshold: str
    worst: str


def alert_words(alert: "Alert") -> AlertWords:
    figures = (figure(alert.metric, number) for number in (alert.value, alert.threshold, alert.worst))
    return AlertWords(alert, metric_words(alert.metric), *figures)
