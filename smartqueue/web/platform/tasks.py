"""Tasks of the platform's pages."""

from celery import shared_task

from smartqueue.kernel.clock import now
from smartqueue.web.platform.pulse import beat


@shared_task(name="platform.pulse")
def pulse() -> None:
    """Every 15 seconds."""
    beat(at=now())
