"""Tries are counted per subscriber and minute."""

from uuid import uuid4

import pytest

from smartqueue.web.public.limits import MOST, Kind, TooManyCodes, TooManyTickets, count, forgive


def test_all_addresses_of_one_subscriber_count_together():
    prefix = ":".join(uuid4().hex[place : place + 4] for place in (0, 4, 8, 12))
    for n in range(MOST[Kind.CODE]):
        count(Kind.CODE, f"{prefix}::{n + 1:x}")

    with pytest.raises(TooManyCodes):
        count(Kind.CODE, f"{prefix}:ffff::1")
    with pytest.raises(TooManyCodes):
        count(Kind.CODE, f"{prefix}::1")
    count(Kind.TAKE, f"{prefix}::1")


def test_a_try_that_was_right_is_given_back_and_the_minute_still_ends():
    from django.conf import settings
    from redis import Redis

    address = f"2001:db8:a{uuid4().hex[:3]}:b{uuid4().hex[:3]}::1"  # a leading zero would not be written
    forgive(Kind.TAKE, address)  # after its minute was over
    for _ in range(MOST[Kind.TAKE] + 1):
        count(Kind.TAKE, address)
    with pytest.raises(TooManyTickets) as refused:
        count(Kind.TAKE, address)

    assert 1 <= refused.value.facts["retry_after_s"] <= 60
    with Redis.from_url(settings.CELERY_BROKER_URL) as valkey:
        (key,) = valkey.keys(f"smartqueue.tries.take.{address.removesuffix('1')}*")
        assert 0 < valkey.ttl(key) <= 60
