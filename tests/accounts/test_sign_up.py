"""Opening an account."""

from datetime import timedelta
from typing import Any

import pytest

from smartqueue.accounts.actions import normal_phone, sign_in, sign_up
from smartqueue.accounts.errors import EmailNotVerified, TooManyTries
from smartqueue.accounts.models import EmailCode, User
from smartqueue.kernel.errors import Invalid
from tests.accounts.people import PASSWORD, code_for, demba, letters_to, new_email
from tests.cast import NINE, at_the_same_time


def up(email: str, at: Any = NINE, **other: Any) -> Any:
    about = {"password": PASSWORD, "full_name": "Demba Sow", "phone": "77 123 45 67", "language": "fr"}
    return sign_up(email=email, at=at, **about | other)


def test_a_new_person_gets_a_code_and_waits_for_it() -> None:
    email = new_email()

    user = up(f"  {email.upper()} ", language="wo")

    kept = User.objects.get(id=user.id)
    assert (kept.email, kept.full_name, kept.phone, kept.language) == (email, "Demba Sow", "+221771234567", "wo")
    assert (kept.email_verified, kept.is_active, kept.is_staff, kept.is_superuser) == (False, True, False, False)
    assert kept.check_password(PASSWORD)
    assert len(letters_to(email)) == 1


def test_the_code_is_kept_as_a_hash_only() -> None:
    user = up(new_email())
    code = code_for(user.email)

    kept = EmailCode.objects.get(user=user)

    assert len(kept.code_hash) == 32
    assert code.encode() not in bytes(kept.code_hash)
    assert kept.expires_at == NINE + timedelta(minutes=10)


def test_an_address_with_an_account_gets_a_note_and_nothing_changes() -> None:
    user = demba()

    again = up(user.email.upper(), password="un autre mot", full_name="Voleur")

    kept = User.objects.get(id=user.id)
    [note] = letters_to(user.email)
    assert again is None
    assert (kept.full_name, kept.check_password(PASSWORD)) == ("Demba Sow", True)
    assert "Voleur" not in note.subject + note.body
    assert not EmailCode.objects.filter(user=user).exists()


def test_of_two_at_once_with_one_address_one_opens_it() -> None:
    email = new_email()

    results = at_the_same_time(lambda: up(email), lambda: up(email))

    assert sorted(type(result).__name__ for result in results) == ["NoneType", "User"]
    assert User.objects.filter(email=email).count() == 1
    assert len(letters_to(email, 2)) == 2


@pytest.mark.parametrize("password", ["court", "password1", "8437264983", ""])
def test_a_weak_password_is_refused_with_its_rules(password: str) -> None:
    email = new_email()

    with pytest.raises(Invalid) as refusal:
        up(email, password=password)

    rules = refusal.value.facts["errors"]["password"]
    assert all(set(rule) == {"code", "message"} for rule in rules)
    assert not User.objects.filter(email=email).exists()


def test_a_password_that_is_the_address_is_refused() -> None:
    email = new_email()

    with pytest.raises(Invalid) as refusal:
        up(email, password=email)

    assert [rule["code"] for rule in refusal.value.facts["errors"]["password"]] == ["password_too_similar"]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ""),
        ("   ", ""),
        ("77 123 45 67", "+221771234567"),
        ("+221 77 123 45 67", "+221771234567"),
        ("00221771234567", "+221771234567"),
        ("33 821 00 00", "+221338210000"),
        ("+33 6 12 34 56 78", "+33612345678"),
    ],
)
def test_a_phone_number_is_kept_in_one_form(typed: str, kept: str) -> None:
    assert normal_phone(typed) == kept


@pytest.mark.parametrize("typed", ["12", "abc", "+221", "+999 1234567", "7" * 30, "77 123 45 67 89", "\ud800"])
def test_what_is_no_phone_number_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as refusal:
        normal_phone(typed)

    assert [error["code"] for error in refusal.value.facts["errors"]["phone"]] == ["invalid_phone"]


def test_the_fourth_within_a_quarter_of_an_hour_is_refused_known_or_not() -> None:
    for email in (demba().email, new_email()):
        for minute in range(3):
            up(email, at=NINE + timedelta(minutes=minute))

        with pytest.raises(TooManyTries) as refusal:
            up(email, at=NINE + timedelta(minutes=3))

        assert refusal.value.facts == {"retry_after_s": 12 * 60}
        up(email, at=NINE + timedelta(minutes=15))


def test_nobody_signs_in_before_the_code() -> None:
    user = up(new_email())

    with pytest.raises(EmailNotVerified):
        sign_in(email=user.email, password=PASSWORD, at=NINE)
