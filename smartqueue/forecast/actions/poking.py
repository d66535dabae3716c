"""Pokes: ask a worker to follow the streams, or to look at a tenant's queues, soon. Returns at once, never raises."""

import logging
import threading
from uuid import UUID

from celery import current_app

from smartqueue.journal.actions.poke import Poker

logger = logging.getLogger(__name__)

POKE_EVERY_S = 1.0
EXPIRES_S = 30

_tenants: set[UUID] = set()
_guard = threading.Lock()


def send_follow() -> None:
    _send("forecast.follow", {})


def send_recompute() -> None:
    """One message for all tenants of the moment."""
    with _guard:
        wanted = sorted(str(tenant_id) for tenant_id in _tenants)
        _tenants.clear()
    if wanted:
        _send("forecast.recompute", {"tenant_ids": wanted})


def _send(task: str, values: dict[str, list[str]]) -> None:
    """A broker that does not answer costs nothing: the clock asks again."""
    try:
        current_app.send_task(task, kwargs=values, expires=EXPIRES_S)
    except Exception as error:
        logger.warning("%s could not be asked for (%s); the clock will", task, error)


poke_follow = Poker(send_follow, POKE_EVERY_S).poke
"""The streams have moved."""

_poke_recompute = Poker(send_recompute, POKE_EVERY_S).poke


def poke_recompute(tenant_id: UUID) -> None:
    """Somebody of this tenant has begun or ceased to serve."""
    with _guard:
        _tenants.add(tenant_id)
    _poke_recompute()
