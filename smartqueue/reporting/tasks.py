"""Thin: the clock in, one action each."""

from celery import shared_task

from smartqueue.kernel.clock import now
from smartqueue.reporting import actions


@shared_task(name="reporting.calculate_queue_metrics")
def calculate_queue_metrics() -> None:
    """Every 30 seconds: the reports follow what has happened."""
    actions.calculate_queue_metrics(at=now())


@shared_task(name="reporting.generate_daily_report")
def generate_daily_report() -> None:
    """Every quarter of an hour: where midnight has just passed, yesterday is computed for the last time."""
    actions.finalise_yesterdays(at=now())


@shared_task(name="reporting.aggregate_satisfaction_daily")
def aggregate_satisfaction_daily() -> None:
    """Every hour: the answers of yesterday and today."""
    actions.aggregate_satisfaction(at=now())
