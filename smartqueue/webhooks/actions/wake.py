"""Asking a worker to look now at what has to be delivered."""

import logging

from celery import current_app

logger = logging.getLogger(__name__)


def send_wake() -> None:
    """A broker that does not answer costs a few seconds: the clock asks too."""
    try:
        current_app.send_task("webhooks.deliver", expires=60)
    except Exception as error:
        logger.warning("no worker could be woken (%s); the clock will", error)
