"""Invitations: who gets which letter, and the link by which a password is chosen once."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from smartqueue.accounts.actions import welcome
from smartqueue.accounts.errors import InvitationRefused, TooManyTries
from smartqueue.accounts.models import User
from smartqueue.kernel.errors import Invalid
from tests.cast import NINE, at_the_same_time

PASSWORD = "teranga-2026-ndeye"


@pytest.fixture
def invited():
    """A new person and the token of their link."""
    user = welcome.invited_person(
        email=f" {uuid4().hex[:12]}@Example.sn ", full_name="Ndeye Sy", language="wo", at=NINE
    )
    return user, welcome.Invitation().make_token(user)


def test_somebody_new_is_made_without_a_password_in_the_language_of_the_letter(invited):
    user, _token = invited

    assert (user.email, user.language, user.password) == (user.email.strip().lower(), "wo", "!")
    assert not user.check_password("!")
    again = welcome.invited_person(email=user.email, full_name="Xx", language="fr", at=NINE)
    assert (again.id, again.full_name) == (user.id, "Ndeye Sy")


def test_three_letters_within_a_quarter_of_an_hour_known_or_not(invited):
    user, _token = invited
    for _n in range(2):
        welcome.invited_person(email=user.email, full_name="", language="fr", at=NINE)

    with pytest.raises(TooManyTries):
        welcome.invited_person(email=user.email, full_name="", language="fr", at=NINE)

    welcome.invited_person(email=user.email, full_name="", language="fr", at=NINE + timedelta(minutes=16))


def test_of_two_who_use_the_link_at_once_one_sets_the_password(invited):
    user, token = invited
    choices = [PASSWORD, PASSWORD + "-2"]

    answers = at_the_same_time(
        *[lambda one=one: welcome.accept_invitation(user=user, token=token, password=one) for one in choices]
    )

    assert sorted(type(answer).__name__ for answer in answers) == ["InvitationRefused", "User"]
    kept = User.objects.get(id=user.id)
    assert [kept.check_password(one) for one in choices].count(True) == 1
    assert kept.email_verified


def test_a_weak_password_is_refused_and_the_link_still_works(invited):
    user, token = invited

    with pytest.raises(Invalid) as refused:
        welcome.accept_invitation(user=user, token=token, password="12345678")

    assert list(refused.value.facts["errors"]) == ["password"]
    assert welcome.accept_invitation(user=user, token=token, password=PASSWORD).check_password(PASSWORD)


def test_a_link_ends_after_three_days_and_opens_nobody_else(invited, monkeypatch):
    user, token = invited
    other = welcome.invited_person(email=f"{uuid4().hex}@example.sn", full_name="", language="fr", at=NINE)

    for person, words in ((other, token), (user, token[:-1]), (user, ""), (None, token)):
        with pytest.raises(InvitationRefused):
            welcome.accept_invitation(user=person, token=words, password=PASSWORD)
    old = welcome.Invitation()
    monkeypatch.setattr(old, "_now", lambda: datetime.now(UTC).replace(tzinfo=None) - timedelta(days=4))
    assert not welcome.invitation_stands(user, old.make_token(user))
    assert welcome.invitation_stands(user, token)


def test_a_link_never_changes_a_password_that_is_set(invited):
    user, _token = invited
    user.set_password(PASSWORD)
    user.save()

    assert not welcome.invitation_stands(user, welcome.Invitation().make_token(user))
