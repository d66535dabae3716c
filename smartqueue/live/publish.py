"""Telling every process which streams have moved: one message on Valkey, numbers only."""

import logging
from collections.abc import Mapping
from functools import cache
from uuid import UUID

import orjson
from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)

CHANNEL = "smartqueue.live"
TIMEOUT_S = 1.0


def announce(streams: Mapping[tuple[UUID, UUID], int]) -> None:
    """Say that these streams have moved. Never raises: what is not heard, the hubs find by looking again.

    Args:
        streams: (tenant, queue) → the last number of the queue's stream.
    """
    moved = [(str(tenant_id), str(queue_id), seq) for (tenant_id, queue_id), seq in streams.items()]
    try:
        _valkey(settings.CELERY_BROKER_URL).publish(CHANNEL, orjson.dumps(moved))
    except Exception as error:
        logger.warning("%s moved streams were not announced (%s); screens look again by themselves", len(moved), error)


@cache
def _valkey(url: str) -> Redis:
    once = Retry(NoBackoff(), 0)
    return Redis.from_url(url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, retry=once)
