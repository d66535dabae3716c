"""The second factor: turned on, asked for, replayed, lost, turned off."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from django.test import override_settings

from smartqueue.accounts.actions import (
    begin_second_factor,
    confirm_second_factor,
    pass_second_factor,
    remove_second_factor,
    renew_recovery_codes,
)
from smartqueue.accounts.errors import SecondFactorIsOn, SecondFactorRefused, SecondFactorRequired, TooManyTries
from smartqueue.accounts.models import RecoveryCode, SecondFactor, Tally
from smartqueue.accounts.queries import begun_second_factor, has_second_factor, identifier_of, recovery_codes_left
from smartqueue.kernel.errors import Invalid
from smartqueue.kernel.sealed import SealBroken
from tests.accounts.people import PASSWORD, another_code, demba, letters_to
from tests.accounts.phone import Phone
from tests.cast import NINE, at_the_same_time

LATER = NINE + timedelta(minutes=5)


@pytest.fixture
def phone() -> Phone:
    return Phone(demba(), at=NINE)


def enter(phone: Phone, code: str, at: Any = LATER) -> Any:
    return pass_second_factor(user=phone.user, code=code, at=at)


def test_a_code_of_the_phone_passes(phone: Phone) -> None:
    code = phone.code(LATER)

    assert enter(phone, f" {code[:3]} {code[3:]} ") == "totp"
    assert has_second_factor(phone.user.id)
    assert len(letters_to(phone.user.email)) == 1


def test_whoever_has_none_passes_without() -> None:
    assert pass_second_factor(user=demba(), code="", at=NINE) is None


def test_it_is_asked_for_only_after_its_first_code() -> None:
    user = demba()
    begin_second_factor(user=user, at=NINE)

    assert not has_second_factor(user.id)
    assert pass_second_factor(user=user, code="", at=NINE) is None


def test_without_a_code_it_is_asked_for_and_nothing_is_counted(phone: Phone) -> None:
    for nothing in ("", " "):
        with pytest.raises(SecondFactorRequired):
            enter(phone, nothing)

    assert not Tally.objects.filter(identifier=identifier_of(phone.user.email), kind="second_factor_failed").exists()


@pytest.mark.parametrize("wrong", ["000", "abcdef", "１２３４５６", "1234567", "-", "x" * 40])
def test_what_is_no_code_is_refused(phone: Phone, wrong: str) -> None:
    with pytest.raises(SecondFactorRefused):
        enter(phone, wrong)


def test_another_code_is_refused(phone: Phone) -> None:
    with pytest.raises(SecondFactorRefused) as refusal:
        enter(phone, another_code(phone.code(LATER)))

    assert refusal.value.user_id == phone.user.id


def test_clocks_may_differ_by_one_step_and_not_by_two(phone: Phone) -> None:
    step = timedelta(seconds=30)

    assert enter(phone, phone.code(LATER - step)) == "totp"
    assert enter(phone, phone.code(LATER + step)) == "totp"
    for apart in (-2, 2):
        with pytest.raises(SecondFactorRefused):
            enter(phone, phone.code(LATER + timedelta(hours=1) + apart * step), LATER + timedelta(hours=1))


def test_a_step_is_used_once_and_so_are_those_before_it(phone: Phone) -> None:
    before, code = phone.code(LATER - timedelta(seconds=30)), phone.code(LATER)
    enter(phone, code)

    for used in (code, before):
        with pytest.raises(SecondFactorRefused):
            enter(phone, used)


def test_the_code_that_turned_it_on_is_used() -> None:
    phone = Phone(demba(), at=NINE)

    with pytest.raises(SecondFactorRefused):
        enter(phone, phone.code(NINE), NINE)


def test_of_two_at_once_with_one_code_one_passes(phone: Phone) -> None:
    code = phone.code(LATER)

    results = at_the_same_time(*[lambda: enter(phone, code)] * 4)

    assert Counter(map(str, map(type, results))).most_common()[0][1] == 3
    assert results.count("totp") == 1


def test_a_recovery_code_stands_in_for_the_phone_once(phone: Phone) -> None:
    code = phone.recovery_codes[3]

    assert enter(phone, code.upper().replace("-", " ")) == "recovery"

    assert recovery_codes_left(phone.user.id) == 9
    with pytest.raises(SecondFactorRefused):
        enter(phone, code)
    assert enter(phone, phone.recovery_codes[4]) == "recovery"


def test_of_two_at_once_with_one_recovery_code_one_passes(phone: Phone) -> None:
    results = at_the_same_time(*[lambda: enter(phone, phone.recovery_codes[0])] * 4)

    assert results.count("recovery") == 1
    assert recovery_codes_left(phone.user.id) == 9


def test_somebody_elses_recovery_code_opens_nothing(phone: Phone) -> None:
    other = Phone(demba(), at=NINE)

    with pytest.raises(SecondFactorRefused):
        enter(phone, other.recovery_codes[0])


def test_neither_the_secret_nor_a_recovery_code_can_be_read_in_the_database(phone: Phone) -> None:
    kept = bytes(SecondFactor.objects.get(user=phone.user).secret)
    hashes = b"".join(bytes(one.code_hash) for one in RecoveryCode.objects.filter(user=phone.user))

    assert phone.secret.encode() not in kept
    assert len(hashes) == 10 * 32
    assert not any(code.replace("-", "").encode() in hashes for code in phone.recovery_codes)


def test_with_another_secret_key_nobody_passes_by_accident(phone: Phone) -> None:
    with override_settings(SECRET_KEY="another"), pytest.raises(SealBroken):
        enter(phone, phone.code(LATER))


def test_twenty_wrong_codes_a_day_close_it_even_for_the_right_one(phone: Phone) -> None:
    for _try in range(20):
        with pytest.raises(SecondFactorRefused):
            enter(phone, "000000x")

    with pytest.raises(TooManyTries):
        enter(phone, phone.code(LATER))
    assert enter(phone, phone.code(LATER + timedelta(days=1)), LATER + timedelta(days=1)) == "totp"


def test_of_many_tries_at_once_none_passes_the_limit(phone: Phone) -> None:
    results = at_the_same_time(*[lambda: enter(phone, "000000x")] * 25)

    assert Counter(type(result).__name__ for result in results) == {"SecondFactorRefused": 20, "TooManyTries": 5}


def test_a_wrong_first_code_turns_nothing_on() -> None:
    user = demba()
    begin_second_factor(user=user, at=NINE)
    code = pyotp.TOTP(begun_second_factor(user.id) or "").at(NINE)

    with pytest.raises(SecondFactorRefused):
        confirm_second_factor(user=user, code=another_code(code), at=NINE)

    assert not has_second_factor(user.id)
    assert len(confirm_second_factor(user=user, code=code, at=NINE)) == 10


def test_beginning_again_makes_another_secret_until_it_is_on(phone: Phone) -> None:
    user = demba()
    begin_second_factor(user=user, at=NINE)
    first = begun_second_factor(user.id)
    begin_second_factor(user=user, at=NINE)
    assert begun_second_factor(user.id) not in (None, first)

    with pytest.raises(SecondFactorIsOn):
        begin_second_factor(user=phone.user, at=NINE)
    with pytest.raises(SecondFactorIsOn):
        confirm_second_factor(user=phone.user, code=phone.code(LATER), at=LATER)
    assert begun_second_factor(phone.user.id) is None


def test_confirming_twice_at_once_makes_ten_codes_once() -> None:
    user = demba()
    begin_second_factor(user=user, at=NINE)
    code = pyotp.TOTP(begun_second_factor(user.id) or "").at(NINE)

    results = at_the_same_time(*[lambda: confirm_second_factor(user=user, code=code, at=NINE)] * 2)

    assert Counter(type(result).__name__ for result in results) == {"list": 1, "SecondFactorIsOn": 1}
    assert recovery_codes_left(user.id) == 10


@pytest.mark.parametrize("with_password", [True, False])
def test_it_is_turned_off_with_the_password_or_with_itself(phone: Phone, with_password: bool) -> None:
    remove_second_factor(user=phone.user, proof=PASSWORD if with_password else phone.code(LATER), at=LATER)

    assert not has_second_factor(phone.user.id)
    assert recovery_codes_left(phone.user.id) == 0
    assert len(letters_to(phone.user.email, 2)) == 2


@pytest.mark.parametrize("proof", ["wrong", "000000", ""])
def test_it_is_not_turned_off_without_proof(phone: Phone, proof: str) -> None:
    with pytest.raises(Invalid) as refusal:
        remove_second_factor(user=phone.user, proof=proof, at=LATER)

    assert set(refusal.value.facts["errors"]) == {"proof"}
    assert has_second_factor(phone.user.id)


def test_guessing_the_proof_is_counted_like_any_guess(phone: Phone) -> None:
    for _try in range(20):
        with pytest.raises(Invalid):
            remove_second_factor(user=phone.user, proof="wrong", at=LATER)

    with pytest.raises(TooManyTries):
        remove_second_factor(user=phone.user, proof=PASSWORD, at=LATER)


def test_new_recovery_codes_take_the_place_of_the_old(phone: Phone) -> None:
    codes = renew_recovery_codes(user=phone.user, proof=PASSWORD, at=LATER)

    assert len(set(codes)) == 10
    with pytest.raises(SecondFactorRefused):
        enter(phone, phone.recovery_codes[0])
    assert enter(phone, codes[0]) == "recovery"


def test_whoever_has_none_gets_no_recovery_codes() -> None:
    user = demba()
    with pytest.raises(Invalid):
        renew_recovery_codes(user=user, proof=PASSWORD, at=NINE)

    assert recovery_codes_left(user.id) == 0
