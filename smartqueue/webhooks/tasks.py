"""Thin: woken after commits and by the clock."""

import os

from celery import shared_task

from smartqueue.kernel.clock import now
from smartqueue.webhooks.actions.courier import Courier
from smartqueue.webhooks.actions.forgetting import forget_old
from smartqueue.webhooks.actions.letters import send_letters

_couriers: dict[int, Courier] = {}


@shared_task(name="webhooks.deliver")
def deliver() -> None:
    """Wakes this process's threads and returns: nobody waits here for a receiver."""
    _couriers.setdefault(os.getpid(), Courier(now)).wake()


@shared_task(name="webhooks.send_letters")
def send_webhook_letters() -> None:
    send_letters(at=now())


@shared_task(name="webhooks.forget_old")
def forget_old_deliveries() -> None:
    forget_old(at=now())
