"""Tasks of the billing room."""

from celery import shared_task

from smartqueue.billing.actions import count_usage as count
from smartqueue.kernel.clock import now


@shared_task(name="billing.count_usage")
def count_usage() -> int:
    """Every ten minutes: what each tenant has used of its quotas."""
    return count(at=now())
