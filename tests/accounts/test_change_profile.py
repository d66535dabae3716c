"""What people change about themselves."""

import pytest

from smartqueue.accounts.actions import change_profile
from smartqueue.accounts.models import User
from smartqueue.kernel.errors import Invalid
from tests.accounts.people import demba


def test_what_is_given_is_changed_and_named() -> None:
    user = demba()

    changed = change_profile(user=user, phone="77 123 45 67", language="wo")

    kept = User.objects.get(id=user.id)
    assert changed == ["language", "phone"]
    assert (kept.full_name, kept.phone, kept.language) == ("Demba Sow", "+221771234567", "wo")


def test_what_stays_the_same_is_no_change() -> None:
    user = demba(phone="+221771234567")

    assert change_profile(user=user, full_name="Demba Sow", phone="771234567") == []


def test_a_phone_can_be_taken_away() -> None:
    user = demba(phone="+221771234567")

    assert change_profile(user=user, phone="") == ["phone"]
    assert User.objects.get(id=user.id).phone == ""


def test_what_is_no_phone_changes_nothing() -> None:
    user = demba()

    with pytest.raises(Invalid):
        change_profile(user=user, full_name="Autre", phone="12")

    assert User.objects.get(id=user.id).full_name == "Demba Sow"
