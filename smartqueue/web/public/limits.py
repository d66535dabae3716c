"""How often one address may try within a minute: counted in Valkey, by all processes together."""

import logging
from enum import StrEnum
from functools import cache
from ipaddress import IPv6Network, ip_address

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from smartqueue.kernel.errors import RuleBroken

logger = logging.getLogger(__name__)

WINDOW_S = 60
TIMEOUT_S = 1.0


class Kind(StrEnum):
    """What is counted."""

    TAKE = "take"
    CODE = "code"


MOST = {Kind.TAKE: 20, Kind.CODE: 10}
"""Tries per address and minute. A carrier puts many phones behind one address: that is why so many tickets."""


class TooManyTickets(RuleBroken):
    code = "too_many_tickets"
    status = 429
    sentence = _(
        "Many tickets are being taken from your network. That may be other people. Try again in {retry_after_s} s."
    )


class TooManyCodes(RuleBroken):
    code = "too_many_codes"
    status = 429
    sentence = _("Too many wrong codes came from your network. Try again in {retry_after_s} s.")


class CannotCount(RuleBroken):
    code = "unavailable"
    status = 503
    sentence = _("We cannot look up codes right now. Your place in the line is safe. Try again in a moment.")


REFUSALS: dict[Kind, type[RuleBroken]] = {Kind.TAKE: TooManyTickets, Kind.CODE: TooManyCodes}


def count(kind: Kind, address: str) -> None:
    """Count one try; of many at the same instant, no more pass than the limit allows.

    Without Valkey a ticket can still be taken, a code cannot be guessed at.

    Args:
        address: the client's, as the proxy says it.

    Raises:
        TooManyTickets, TooManyCodes: it was one too many; `retry_after_s` in `facts`.
        CannotCount: a code, while Valkey does not answer.
    """
    key = _key(kind, address)
    try:
        with _valkey(settings.CELERY_BROKER_URL).pipeline() as asked:
            asked.incr(key)
            asked.expire(key, WINDOW_S, nx=True)
            asked.ttl(key)
            tries, _, left_s = asked.execute()
    except RedisError as error:
        logger.warning("tries could not be counted (%s)", error)
        if kind is Kind.CODE:
            raise CannotCount from error
        return
    if tries > MOST[kind]:
        raise REFUSALS[kind](retry_after_s=max(1, left_s))


def forgive(kind: Kind, address: str) -> None:
    """Take back one try: it was right."""
    try:
        _valkey(settings.CELERY_BROKER_URL).decr(_key(kind, address))
    except RedisError as error:
        logger.warning("a right try stays counted (%s)", error)


def _key(kind: Kind, address: str) -> str:
    return f"smartqueue.tries.{kind}.{_network(address)}"


def _network(address: str) -> str:
    """One subscriber: an IPv4 address, or the 64 bits of IPv6 in which a subscriber may pick any address."""
    try:
        known = ip_address(address)
    except ValueError:
        return "unknown"
    return str(known if known.version == 4 else IPv6Network((int(known) >> 64 << 64, 64)))


@cache
def _valkey(url: str) -> Redis:
    once = Retry(NoBackoff(), 0)
    return Redis.from_url(url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, retry=once)
