"""Confirming an address."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from smartqueue.accounts.actions import request_password_reset, send_code, verify_email
from smartqueue.accounts.errors import CodeRefused, TooManyTries
from smartqueue.accounts.models import EmailCode, User
from tests.accounts.people import another_code, code_for, demba, letters_to, new_email
from tests.cast import NINE, at_the_same_time


@pytest.fixture
def waiting() -> Any:
    """Somebody whose code is on its way."""
    user = demba(email_verified=False)
    send_code(email=user.email, at=NINE)
    return user


def is_verified(user: Any) -> bool:
    return User.objects.get(id=user.id).email_verified


def test_the_code_confirms_the_address(waiting: Any) -> None:
    verify_email(email=f" {waiting.email.upper()}", code=code_for(waiting.email), at=NINE + timedelta(minutes=9))

    assert is_verified(waiting)


def test_a_code_works_once(waiting: Any) -> None:
    code = code_for(waiting.email)
    verify_email(email=waiting.email, code=code, at=NINE)

    with pytest.raises(CodeRefused):
        verify_email(email=waiting.email, code=code, at=NINE)


def test_a_code_is_good_for_ten_minutes(waiting: Any) -> None:
    with pytest.raises(CodeRefused):
        verify_email(email=waiting.email, code=code_for(waiting.email), at=NINE + timedelta(minutes=10))

    assert not is_verified(waiting)


def test_the_right_code_is_refused_after_five_wrong_ones(waiting: Any) -> None:
    code = code_for(waiting.email)
    for _ in range(5):
        with pytest.raises(CodeRefused):
            verify_email(email=waiting.email, code=another_code(code), at=NINE)

    with pytest.raises(CodeRefused):
        verify_email(email=waiting.email, code=code, at=NINE)

    assert not is_verified(waiting)


def test_the_fifth_try_may_be_the_right_one(waiting: Any) -> None:
    code = code_for(waiting.email)
    for _ in range(4):
        with pytest.raises(CodeRefused):
            verify_email(email=waiting.email, code=another_code(code), at=NINE)

    verify_email(email=waiting.email, code=code, at=NINE)

    assert is_verified(waiting)


def test_only_the_newest_code_counts(waiting: Any) -> None:
    old = code_for(waiting.email)
    send_code(email=waiting.email, at=NINE + timedelta(minutes=1))
    new = code_for(waiting.email, 2)

    if old != new:
        with pytest.raises(CodeRefused):
            verify_email(email=waiting.email, code=old, at=NINE + timedelta(minutes=1))
    verify_email(email=waiting.email, code=new, at=NINE + timedelta(minutes=1))


def test_the_code_of_a_new_password_confirms_nothing(waiting: Any) -> None:
    EmailCode.objects.filter(user=waiting).delete()
    request_password_reset(email=waiting.email, at=NINE)

    with pytest.raises(CodeRefused):
        verify_email(email=waiting.email, code=code_for(waiting.email, 2), at=NINE)


def test_somebody_elses_code_is_refused(waiting: Any) -> None:
    other = demba(email_verified=False)
    send_code(email=other.email, at=NINE)
    code = code_for(other.email)
    if code == code_for(waiting.email):  # one in a million
        return

    with pytest.raises(CodeRefused):
        verify_email(email=waiting.email, code=code, at=NINE)


def test_an_unknown_address_is_refused_like_a_wrong_code(waiting: Any) -> None:
    with pytest.raises(CodeRefused) as wrong:
        verify_email(email=waiting.email, code=another_code(code_for(waiting.email)), at=NINE)
    with pytest.raises(CodeRefused) as unknown:
        verify_email(email=new_email(), code="123456", at=NINE)

    assert (str(wrong.value), wrong.value.facts) == (str(unknown.value), unknown.value.facts)


def test_a_closed_account_is_not_confirmed(waiting: Any) -> None:
    code = code_for(waiting.email)
    User.objects.filter(id=waiting.id).update(is_active=False)

    with pytest.raises(CodeRefused):
        verify_email(email=waiting.email, code=code, at=NINE)


def test_of_two_right_tries_at_once_one_succeeds(waiting: Any) -> None:
    code = code_for(waiting.email)

    results = at_the_same_time(*[lambda: verify_email(email=waiting.email, code=code, at=NINE)] * 2)

    assert Counter(type(result).__name__ for result in results) == {"User": 1, "CodeRefused": 1}
    assert is_verified(waiting)


def test_twelve_wrong_tries_at_once_are_five_tries(waiting: Any) -> None:
    wrong = another_code(code_for(waiting.email))

    results = at_the_same_time(*[lambda: verify_email(email=waiting.email, code=wrong, at=NINE)] * 12)

    assert Counter(type(result).__name__ for result in results) == {"CodeRefused": 12}
    assert EmailCode.objects.get(user=waiting).tries == 5


def test_the_fifth_try_at_once_with_the_right_code_is_one_try(waiting: Any) -> None:
    EmailCode.objects.filter(user=waiting).update(tries=4)
    code = code_for(waiting.email)
    wrong = another_code(code)

    at_the_same_time(
        lambda: verify_email(email=waiting.email, code=wrong, at=NINE),
        lambda: verify_email(email=waiting.email, code=code, at=NINE),
    )

    kept = EmailCode.objects.get(user=waiting)
    assert kept.tries == 5
    assert is_verified(waiting) == (kept.used_at is not None)


def test_twenty_wrong_codes_a_day_close_the_address_to_codes(waiting: Any) -> None:
    at = NINE
    for _ in range(20):
        with pytest.raises(CodeRefused):
            verify_email(email=waiting.email, code="12345x", at=at)
    at += timedelta(minutes=20)
    send_code(email=waiting.email, at=at)

    with pytest.raises(TooManyTries) as refusal:
        verify_email(email=waiting.email, code=code_for(waiting.email, 2), at=at)

    assert refusal.value.facts == {"retry_after_s": 24 * 3600 - 20 * 60}


def test_a_try_cannot_be_rolled_back_by_its_refusal(waiting: Any) -> None:
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        verify_email(email=waiting.email, code="000000", at=NINE)


@pytest.mark.parametrize("change", [{"email_verified": True}, {"is_active": False, "email_verified": False}])
def test_no_code_is_sent_to_who_waits_for_none(change: dict[str, bool]) -> None:
    user = demba(**change)

    send_code(email=user.email, at=NINE)

    assert letters_to(user.email, patience_s=0.2) == []


def test_three_messages_a_quarter_of_an_hour_at_any_mixture(waiting: Any) -> None:
    request_password_reset(email=waiting.email, at=NINE)
    send_code(email=waiting.email, at=NINE + timedelta(minutes=14))

    with pytest.raises(TooManyTries):
        request_password_reset(email=waiting.email, at=NINE + timedelta(minutes=14))

    assert len(letters_to(waiting.email, 4, patience_s=0.3)) == 3


def test_ten_asking_at_once_get_three_messages() -> None:
    user = demba(email_verified=False)

    results = at_the_same_time(*[lambda: send_code(email=user.email, at=NINE)] * 10)

    assert Counter(type(result).__name__ for result in results) == {"NoneType": 3, "TooManyTries": 7}
    assert len(letters_to(user.email, 4, patience_s=0.3)) == 3


def test_an_unknown_address_uses_up_its_messages_too() -> None:
    email = new_email()
    for _ in range(3):
        send_code(email=email, at=NINE)

    with pytest.raises(TooManyTries):
        send_code(email=email, at=NINE)
