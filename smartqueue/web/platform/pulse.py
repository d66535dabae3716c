"""A sign of life: the clock sends a task, the worker writes down when it ran. Fresh, it proves both."""

from datetime import datetime
from functools import cache

from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

KEY = "smartqueue.pulse"
KEPT_S = 24 * 3600
TIMEOUT_S = 1.0


def beat(*, at: datetime) -> None:
    """Write down that the clock and a worker live."""
    _valkey(settings.CELERY_BROKER_URL).set(KEY, at.isoformat(), ex=KEPT_S)


def last_beat() -> datetime | None:
    """When they last lived; None for no sign within a day.

    Raises:
        RedisError: Valkey does not answer.
    """
    found = _valkey(settings.CELERY_BROKER_URL).get(KEY)
    return datetime.fromisoformat(found.decode()) if isinstance(found, bytes) else None


def tasks_waiting() -> int:
    """How many tasks nobody has taken yet.

    Raises:
        RedisError: Valkey does not answer.
    """
    found = _valkey(settings.CELERY_BROKER_URL).llen(settings.CELERY_TASK_DEFAULT_QUEUE)
    return found if isinstance(found, int) else 0


def worker_answers() -> bool:
    """Ask the workers themselves; takes a second when none is there."""
    try:
        return bool(current_app.control.ping(timeout=TIMEOUT_S, limit=1))
    except (RedisError, OSError, OperationalError):
        return False


@cache
def _valkey(url: str) -> Redis:
    once = Retry(NoBackoff(), 0)
    return Redis.from_url(url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, retry=once)
