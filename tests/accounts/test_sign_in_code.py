"""Signing in with a code from the mailbox."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from smartqueue.accounts.actions import request_password_reset, request_sign_in_code, sign_in_with_code
from smartqueue.accounts.errors import SignInCodeRefused, TooManyTries
from smartqueue.accounts.models import EmailCode, User
from tests.accounts.people import another_code, code_for, demba, letters_to, new_email
from tests.cast import NINE, at_the_same_time


@pytest.fixture
def user() -> Any:
    return demba()


def ask(email: str, binding: str = "this browser", at: Any = NINE) -> Any:
    return request_sign_in_code(email=email, binding=binding, at=at)


def enter(user: Any, code: str, binding: str = "this browser", at: Any = NINE) -> Any:
    return sign_in_with_code(email=user.email, code=code, binding=binding, at=at)


def test_the_code_signs_in(user: Any) -> None:
    assert ask(f" {user.email.upper()}") == user.id

    assert enter(user, code_for(user.email)) == user
    assert User.objects.get(id=user.id).last_login == NINE


def test_a_code_works_once(user: Any) -> None:
    ask(user.email)
    code = code_for(user.email)
    enter(user, code)

    with pytest.raises(SignInCodeRefused) as refusal:
        enter(user, code)
    assert refusal.value.user_id == user.id


def test_of_two_at_once_with_one_code_one_gets_in(user: Any) -> None:
    ask(user.email)
    code = code_for(user.email)

    results = at_the_same_time(*[lambda: enter(user, code)] * 2)

    assert Counter(type(result).__name__ for result in results) == {"User": 1, "SignInCodeRefused": 1}


def test_a_code_is_worth_nothing_in_another_browser(user: Any) -> None:
    ask(user.email)

    with pytest.raises(SignInCodeRefused):
        enter(user, code_for(user.email), binding="another browser")


def test_a_code_of_another_purpose_opens_nothing(user: Any) -> None:
    request_password_reset(email=user.email, at=NINE)
    code = code_for(user.email)
    ask(user.email)

    with pytest.raises(SignInCodeRefused):
        enter(user, code if code != code_for(user.email, 2) else another_code(code), binding="")


def test_only_the_newest_code_counts_and_for_ten_minutes(user: Any) -> None:
    ask(user.email)
    first = code_for(user.email)
    ask(user.email)
    second = code_for(user.email, 2)

    if first != second:
        with pytest.raises(SignInCodeRefused):
            enter(user, first)
    with pytest.raises(SignInCodeRefused):
        enter(user, second, at=NINE + timedelta(minutes=10))
    assert enter(user, second, at=NINE + timedelta(minutes=9)) == user


def test_five_wrong_tries_use_up_the_code(user: Any) -> None:
    ask(user.email)
    code = code_for(user.email)
    for _try in range(5):
        with pytest.raises(SignInCodeRefused):
            enter(user, another_code(code))

    with pytest.raises(SignInCodeRefused):
        enter(user, code)


@pytest.mark.parametrize("known", [True, False])
def test_three_letters_in_a_quarter_of_an_hour_are_enough(known: bool) -> None:
    email = demba().email if known else new_email()
    for _letter in range(3):
        ask(email)

    with pytest.raises(TooManyTries):
        ask(email)
    ask(email, at=NINE + timedelta(minutes=15))


def test_no_code_goes_to_a_closed_or_unknown_address() -> None:
    for email in (demba(is_active=False).email, new_email()):
        ask(email)

        assert letters_to(email, patience_s=0.2) == []
        with pytest.raises(SignInCodeRefused):
            sign_in_with_code(email=email, code="123456", binding="this browser", at=NINE)


def test_somebody_who_was_invited_comes_in_and_has_confirmed_the_address() -> None:
    user = demba(password=None, email_verified=False)
    ask(user.email)

    enter(user, code_for(user.email))

    assert User.objects.get(id=user.id).email_verified


def test_an_account_that_a_stranger_opened_with_this_address_is_not_confirmed_by_a_code() -> None:
    """Their password would go on working, for the owner of the mailbox would have vouched for it."""
    user = demba(email_verified=False)
    ask(user.email)

    assert letters_to(user.email, patience_s=0.2) == []
    assert not EmailCode.objects.filter(user=user).exists()


def test_an_account_closed_after_the_code_was_sent_stays_closed(user: Any) -> None:
    ask(user.email)
    code = code_for(user.email)
    User.objects.filter(id=user.id).update(is_active=False)

    with pytest.raises(SignInCodeRefused):
        enter(user, code)
