"""Whether somebody looks at a ticket's page just now: a key in Valkey that lives as long as the page says so."""

import logging
from functools import cache
from uuid import UUID

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

log = logging.getLogger(__name__)

LIFE_S = 45
"""The page says so every 15 seconds; two of these may be lost."""
TIMEOUT_S = 0.5
"""It is asked inside transactions: whoever does not answer at once is not there."""


def key_of(ticket_id: UUID) -> str:
    return f"smartqueue.here.{ticket_id}"


def page_is_open(ticket_id: UUID) -> bool:
    """Never raises: where nobody answers, no page counts as open, and the message goes out."""
    try:
        return bool(valkey().exists(key_of(ticket_id)))
    except Exception as error:
        log.warning("nobody knows which pages are open (%s); messages go out", type(error).__name__)
        return False


def valkey() -> Redis:
    return _valkey(settings.CELERY_BROKER_URL)


@cache
def _valkey(url: str) -> Redis:
    once = Retry(NoBackoff(), 0)
    return Redis.from_url(url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, retry=once)
