"""Tasks of the devices' room."""

from celery import shared_task

from smartqueue.devices.actions import mark_silent_offline
from smartqueue.kernel.clock import now


@shared_task(name="devices.mark_silent_offline")
def notice_silence() -> int:
    """Every 20 seconds: a device that has said nothing for a minute is offline."""
    return mark_silent_offline(at=now())
