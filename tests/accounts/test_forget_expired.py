"""What is not needed any more goes; what is needed stays."""

from datetime import UTC, datetime, timedelta

import pytest

from smartqueue.accounts.actions import forget_expired, request_password_reset, send_code, sign_in
from smartqueue.accounts.errors import TooManyTries, WrongCredentials
from smartqueue.accounts.models import EmailCode, RefreshToken, Tally
from smartqueue.accounts.queries import identifier_of
from smartqueue.accounts.tasks import forget_old_codes_and_tokens
from tests.accounts.people import demba, start, turn

LONG_AGO = datetime(2001, 1, 1, 9, 0, tzinfo=UTC)  # other tests' rows are younger


def test_old_codes_and_tokens_go_and_young_ones_stay() -> None:
    later = LONG_AGO + timedelta(days=14)
    forget_expired(at=later)  # what the other tests of this file left
    user, other = demba(), demba()
    start(user, LONG_AGO)
    request_password_reset(email=user.email, at=LONG_AGO)
    young = start(other, later)
    send_code(email=other.email, at=later)
    request_password_reset(email=other.email, at=later)

    assert forget_expired(at=later) == 3

    assert not RefreshToken.objects.filter(user=user).exists()
    assert not EmailCode.objects.filter(user=user).exists()
    assert EmailCode.objects.filter(user=other).count() == 1
    assert Tally.objects.filter(identifier=identifier_of(other.email)).count() == 1
    turn(young.refresh, later)


def test_failures_that_still_count_are_not_forgotten() -> None:
    user = demba()
    for _ in range(20):
        with pytest.raises(WrongCredentials):
            sign_in(email=user.email, password="wrong", at=LONG_AGO)

    forget_expired(at=LONG_AGO + timedelta(hours=23))

    with pytest.raises(TooManyTries):
        sign_in(email=user.email, password="wrong", at=LONG_AGO + timedelta(hours=23))


def test_the_task_has_the_name_of_the_timetable() -> None:
    from django.conf import settings

    names = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}

    assert forget_old_codes_and_tokens.name in names
    assert forget_old_codes_and_tokens() >= 0
