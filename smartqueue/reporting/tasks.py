"""Thin: the clock in, one action each."""

import logging

from celery import shared_task
from django.db import DatabaseError

from smartqueue.kernel.clock import now
from smartqueue.reporting import actions
from smartqueue.reporting.actions import letters
from smartqueue.tenants.queries import active_tenant_ids

logger = logging.getLogger(__name__)


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


@shared_task(name="reporting.send_daily_reports")
def send_daily_reports() -> None:
    """Every five minutes: where it is morning, whoever wants it gets yesterday's figures, once."""
    for tenant_id in active_tenant_ids():
        try:
            letters.send_daily_reports(tenant_id=tenant_id, at=now())
        except DatabaseError:
            logger.exception("the daily reports of tenant %s were not sent", tenant_id)
