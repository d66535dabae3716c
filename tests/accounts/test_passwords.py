"""Choosing another password."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from smartqueue.accounts.actions import change_password, request_password_reset, reset_password, sign_in
from smartqueue.accounts.errors import CodeRefused, RefreshTokenRefused, TooManyTries, WrongCredentials
from smartqueue.accounts.models import EmailCode, RefreshToken, User
from smartqueue.kernel.errors import Invalid
from tests.accounts.people import PASSWORD, another_code, code_for, demba, letters_to, new_email, start, turn
from tests.cast import NINE, at_the_same_time

NEW = "yassa au poulet"


@pytest.fixture
def forgetful() -> Any:
    user = demba()
    request_password_reset(email=user.email, at=NINE)
    return user


def reset(user: Any, code: str, new: str = NEW) -> Any:
    return reset_password(email=user.email, code=code, new_password=new, at=NINE)


def test_the_code_lets_choose_a_password_and_ends_every_sign_in(forgetful: Any) -> None:
    tokens = start(forgetful, NINE)

    reset(forgetful, code_for(forgetful.email))

    assert User.objects.get(id=forgetful.id).check_password(NEW)
    with pytest.raises(RefreshTokenRefused):
        turn(tokens.refresh, NINE)
    assert len(letters_to(forgetful.email, 2)) == 2


def test_who_reads_the_mail_has_confirmed_the_address() -> None:
    user = demba(email_verified=False)
    request_password_reset(email=user.email, at=NINE)

    reset(user, code_for(user.email))

    assert sign_in(email=user.email, password=NEW, at=NINE) == user


def test_a_new_password_opens_a_closed_address(forgetful: Any) -> None:
    for _ in range(20):
        with pytest.raises(WrongCredentials):
            sign_in(email=forgetful.email, password="wrong", at=NINE)

    reset(forgetful, code_for(forgetful.email))

    assert sign_in(email=forgetful.email, password=NEW, at=NINE) == forgetful


def test_a_weak_password_does_not_use_up_the_code(forgetful: Any) -> None:
    with pytest.raises(Invalid):
        reset(forgetful, code_for(forgetful.email), "court")

    assert EmailCode.objects.get(user=forgetful).tries == 0
    reset(forgetful, code_for(forgetful.email))


def test_a_wrong_code_changes_nothing(forgetful: Any) -> None:
    with pytest.raises(CodeRefused):
        reset(forgetful, another_code(code_for(forgetful.email)))

    assert User.objects.get(id=forgetful.id).check_password(PASSWORD)


def test_of_two_at_once_with_one_code_one_succeeds(forgetful: Any) -> None:
    code = code_for(forgetful.email)

    results = at_the_same_time(*[lambda: reset(forgetful, code)] * 2)

    assert Counter(type(result).__name__ for result in results) == {"User": 1, "CodeRefused": 1}


def test_no_code_goes_to_a_closed_or_unknown_address() -> None:
    for email in (demba(is_active=False).email, new_email()):
        request_password_reset(email=email, at=NINE)

        assert letters_to(email, patience_s=0.2) == []


def test_an_account_closed_after_the_code_was_sent_stays_closed(forgetful: Any) -> None:
    code = code_for(forgetful.email)
    User.objects.filter(id=forgetful.id).update(is_active=False)

    with pytest.raises(CodeRefused):
        reset(forgetful, code)


def change(user: Any, current: str = PASSWORD, new: str = NEW, session: Any = None) -> None:
    change_password(user=user, current=current, new=new, session=session, at=NINE)


def test_changing_the_password_ends_every_other_sign_in() -> None:
    user = demba()
    here, elsewhere = start(user, NINE), start(user, NINE)
    session = turn(here.refresh, NINE)

    change(user, session=session.family)

    turn(session.refresh, NINE)
    with pytest.raises(RefreshTokenRefused):
        turn(elsewhere.refresh, NINE)
    assert sign_in(email=user.email, password=NEW, at=NINE) == user
    assert len(letters_to(user.email)) == 1


def test_a_wrong_password_is_counted_like_a_failed_sign_in() -> None:
    user = demba()
    for _ in range(20):
        with pytest.raises(Invalid) as refusal:
            change(user, current="wrong")
    assert [error["code"] for error in refusal.value.facts["errors"]["current"]] == ["wrong_password"]

    with pytest.raises(TooManyTries):
        change(user)


def test_the_new_password_keeps_the_rules() -> None:
    user = demba()

    with pytest.raises(Invalid) as refusal:
        change(user, new="12345678")

    assert set(refusal.value.facts["errors"]) == {"new"}
    assert User.objects.get(id=user.id).check_password(PASSWORD)


def test_of_two_changes_at_once_one_succeeds() -> None:
    user = demba()

    results = at_the_same_time(
        lambda: change(User.objects.get(id=user.id), new=NEW),
        lambda: change(User.objects.get(id=user.id), new="mafé et riz blanc"),
    )

    assert Counter(type(result).__name__ for result in results) == {"NoneType": 1, "Invalid": 1}


@pytest.mark.parametrize("round_", range(5))
def test_an_exchange_during_the_change_leaves_nothing_alive(round_: int) -> None:
    user = demba()
    tokens = start(user, NINE)

    at_the_same_time(lambda: turn(tokens.refresh, NINE), lambda: change(user))

    assert not RefreshToken.objects.filter(user=user, revoked_at=None).exists()


def test_a_code_for_a_password_is_good_for_ten_minutes(forgetful: Any) -> None:
    with pytest.raises(CodeRefused):
        reset_password(
            email=forgetful.email, code=code_for(forgetful.email), new_password=NEW, at=NINE + timedelta(minutes=10)
        )
