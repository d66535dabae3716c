"""Thin: the clock's work of the forecast."""

from collections.abc import Sequence
from uuid import UUID

from celery import shared_task

from smartqueue.forecast.actions import following
from smartqueue.forecast.actions.journeys import forget_old_positions
from smartqueue.forecast.actions.leaving import watch_journeys as watch
from smartqueue.kernel.clock import now


@shared_task(name="forecast.follow")
def follow() -> int:
    """Poked when streams have moved, and every five seconds by the clock."""
    return following.follow(at=now())


@shared_task(name="forecast.recompute")
def recompute(tenant_ids: Sequence[str] | None = None) -> int:
    """Every thirty seconds for all tenants; poked for one in which somebody has begun or ceased to serve."""
    if tenant_ids is None:
        return following.recompute(at=now())
    return following.recompute(at=now(), tenant_ids=[UUID(tenant_id) for tenant_id in tenant_ids])


@shared_task(name="forecast.watch_journeys")
def watch_journeys() -> int:
    """Every ten seconds: whoever waits elsewhere and is due is told when to leave."""
    return watch(at=now())


@shared_task(name="forecast.forget_positions")
def forget_positions() -> int:
    """Every hour: no position lives longer than a day, whatever became of the visit."""
    return forget_old_positions(at=now())
