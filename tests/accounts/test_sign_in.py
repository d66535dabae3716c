"""E-mail and password."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import override_settings

from smartqueue.accounts.actions import sign_in
from smartqueue.accounts.actions.tallies import count_failure
from smartqueue.accounts.errors import EmailNotVerified, TooManyTries, WrongCredentials
from smartqueue.accounts.models import Tally, User
from smartqueue.accounts.queries import identifier_of
from tests.accounts.people import PASSWORD, demba, new_email
from tests.cast import NINE, at_the_same_time


def test_the_right_password_signs_in() -> None:
    user = demba()

    assert sign_in(email=f" {user.email.upper()} ", password=PASSWORD, at=NINE) == user
    assert User.objects.get(id=user.id).last_login == NINE


@pytest.mark.parametrize("password", ["", PASSWORD.upper(), f" {PASSWORD}", f"{PASSWORD} "])
def test_a_wrong_password_does_not(password: str) -> None:
    user = demba()

    with pytest.raises(WrongCredentials) as refusal:
        sign_in(email=user.email, password=password, at=NINE)

    assert refusal.value.user_id == user.id


def test_unknown_wrong_and_closed_look_the_same() -> None:
    said = []
    for email, password in [
        (new_email(), PASSWORD),
        (demba().email, "wrong"),
        (demba(is_active=False).email, PASSWORD),
        (demba(is_active=False).email, "wrong"),
        (demba(email_verified=False).email, "wrong"),
    ]:
        with pytest.raises(WrongCredentials) as refusal:
            sign_in(email=email, password=password, at=NINE)
        said.append((type(refusal.value), str(refusal.value), refusal.value.facts))

    assert len(set(map(str, said))) == 1


def test_an_unconfirmed_address_is_told_only_after_the_right_password() -> None:
    user = demba(email_verified=False)

    with pytest.raises(EmailNotVerified):
        sign_in(email=user.email, password=PASSWORD, at=NINE)


def took(doing: Callable[[], Any]) -> float:
    started = time.thread_time()
    with pytest.raises(WrongCredentials):
        doing()
    return time.thread_time() - started


@override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.PBKDF2PasswordHasher"])
def test_an_unknown_address_takes_as_long_as_a_known_one() -> None:
    user, unknown = demba(), new_email()

    known_s = min(took(lambda: sign_in(email=user.email, password="wrong", at=NINE)) for _ in range(3))
    unknown_s = min(took(lambda: sign_in(email=unknown, password="wrong", at=NINE)) for _ in range(3))

    assert known_s > 0.05
    assert 0.7 < unknown_s / known_s < 1.4


@pytest.mark.parametrize("known", [True, False])
def test_twenty_failures_a_day_close_the_address(known: bool) -> None:
    email = demba().email if known else new_email()
    for minute in range(20):
        with pytest.raises(WrongCredentials):
            sign_in(email=email, password="wrong", at=NINE + timedelta(minutes=minute))

    with pytest.raises(TooManyTries) as refusal:
        sign_in(email=email, password=PASSWORD, at=NINE + timedelta(hours=1))

    assert refusal.value.status == 429
    assert refusal.value.facts == {"retry_after_s": 23 * 3600}


def test_a_closed_address_opens_when_the_first_failure_is_a_day_old() -> None:
    user = demba()
    for _ in range(20):
        with pytest.raises(WrongCredentials):
            sign_in(email=user.email, password="wrong", at=NINE)

    assert sign_in(email=user.email, password=PASSWORD, at=NINE + timedelta(days=1)) == user


def test_signing_in_does_not_forget_the_failures() -> None:
    user = demba()
    for _ in range(19):
        with pytest.raises(WrongCredentials):
            sign_in(email=user.email, password="wrong", at=NINE)
    sign_in(email=user.email, password=PASSWORD, at=NINE)
    with pytest.raises(WrongCredentials):
        sign_in(email=user.email, password="wrong", at=NINE)

    with pytest.raises(TooManyTries):
        sign_in(email=user.email, password=PASSWORD, at=NINE)


def test_failures_at_once_are_all_counted() -> None:
    user = demba()

    at_the_same_time(*[lambda: sign_in(email=user.email, password="wrong", at=NINE)] * 10)

    tally = Tally.objects.get(kind="sign_in_failed", identifier=identifier_of(user.email))
    assert len(tally.recent) == 10


def test_the_address_itself_is_not_kept_with_its_failures() -> None:
    email = new_email()
    with pytest.raises(WrongCredentials):
        sign_in(email=email, password="wrong", at=NINE)

    tally = Tally.objects.get(kind="sign_in_failed", identifier=identifier_of(email))
    assert len(tally.identifier) == 32
    assert email.encode() not in bytes(tally.identifier)


class Dawdling(MD5PasswordHasher):
    """While it checks a password, a stranger uses up the day's tries."""

    email = ""

    def verify(self, password: str, encoded: str) -> bool:
        for _ in range(20):
            count_failure(kind="sign_in_failed", email=self.email, at=NINE)
        return super().verify(password, encoded)


def test_no_password_is_accepted_after_the_twentieth_failure_was_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    user = demba()
    monkeypatch.setattr(Dawdling, "email", user.email)

    with override_settings(PASSWORD_HASHERS=[f"{__name__}.Dawdling"]), pytest.raises(TooManyTries):
        sign_in(email=user.email, password=PASSWORD, at=NINE)


def test_many_at_once_with_the_right_password_all_get_in() -> None:
    user = demba()

    results = at_the_same_time(*[lambda: sign_in(email=user.email, password=PASSWORD, at=NINE)] * 25)

    assert results == [user] * 25
