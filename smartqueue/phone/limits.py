"""How often one phone is heard: counted in Valkey, by all processes together."""

import logging
from functools import cache
from uuid import UUID

from django.conf import settings
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from smartqueue.queueing.states import Channel

logger = logging.getLogger(__name__)

TIMEOUT_S = 1.0
MOST: dict[Channel, tuple[int, int]] = {Channel.USSD: (60, 60), Channel.SMS: (12, 600), Channel.WHATSAPP: (40, 600)}
"""Messages within so many seconds. A screen costs nothing, an SMS is paid, and two machines could answer each other."""


def may_speak(*, tenant_id: UUID, channel: Channel, phone: str) -> bool:
    """Count one message of a phone; whether it is heard. Without Valkey everybody is."""
    most, seconds = MOST[channel]
    key = f"smartqueue.phone.{channel}.{tenant_id}.{phone}"
    try:
        with _valkey(settings.CELERY_BROKER_URL).pipeline() as asked:
            asked.incr(key)
            asked.expire(key, seconds, nx=True)
            count, _set = asked.execute()
    except RedisError as error:
        logger.warning("messages of a phone could not be counted (%s)", error)
        return True
    return int(count) <= most


@cache
def _valkey(url: str) -> Redis:
    once = Retry(NoBackoff(), 0)
    return Redis.from_url(url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, retry=once)
