"""How often one phone is heard: counted in Valkey, by all processes together."""

import logging
from uuid import UUID

from redis import RedisError

from smartqueue.notifications.queries.presence import valkey
from smartqueue.queueing.states import Channel

logger = logging.getLogger(__name__)

MOST: dict[Channel, tuple[int, int]] = {Channel.USSD: (60, 60), Channel.SMS: (12, 600), Channel.WHATSAPP: (40, 600)}
"""Messages within so many seconds. A screen costs nothing, an SMS is paid, and two machines could answer each other."""


def may_speak(*, tenant_id: UUID, channel: Channel, phone: str) -> bool:
    """Count one message of a phone; whether it is heard. Without Valkey everybody is."""
    most, seconds = MOST[channel]
    key = f"smartqueue.phone.{channel}.{tenant_id}.{phone}"
    try:
        with valkey().pipeline() as asked:
            asked.incr(key)
            asked.expire(key, seconds, nx=True)
            count, _set = asked.execute()
    except RedisError as error:
        logger.warning("messages of a phone could not be counted (%s)", error)
        return True
    return int(count) <= most
