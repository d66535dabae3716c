"""Exchanging refresh tokens, and ending sign-ins."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest
from django.db import transaction

from smartqueue.accounts.actions import blacklist, issue_tokens, make_access_token
from smartqueue.accounts.errors import RefreshTokenRefused, RefreshTokenReused, WrongCredentials
from smartqueue.accounts.models import RefreshToken, User
from smartqueue.accounts.queries import key_for, read_access_token
from tests.accounts.people import demba, start, turn
from tests.cast import NINE, at_the_same_time


def test_a_sign_in_is_kept_with_where_it_came_from() -> None:
    user, tenant_id = demba(), uuid4()

    start(user, NINE, tenant_id)

    kept = RefreshToken.objects.get(user=user)
    assert (kept.tenant_id, kept.ip, kept.user_agent) == (tenant_id, "192.0.2.7", "phone")
    assert kept.expires_at == NINE + timedelta(days=14)


def test_the_access_token_says_what_the_client_may_want_to_know() -> None:
    user, tenant_id = demba(), uuid4()

    tokens = issue_tokens(
        user=user,
        tenant_id=tenant_id,
        role="agent",
        scopes={"write:queue", "read:queue"},
        ip=None,
        user_agent="",
        at=datetime.now(UTC),
    )

    claims = read_access_token(tokens.access)
    assert claims is not None
    assert claims["user_id"] == str(user.id)
    assert claims["tenant_id"] == str(tenant_id)
    assert claims["role"] == "agent"
    assert claims["scopes"] == ["read:queue", "write:queue"]
    assert claims["exp"] - claims["iat"] == 600


def test_each_exchange_gives_the_next_token_of_the_same_sign_in() -> None:
    user, tenant_id = demba(), uuid4()
    first = start(user, NINE, tenant_id)

    second = turn(first.refresh, NINE + timedelta(minutes=10))
    third = turn(second.refresh, NINE + timedelta(minutes=20))

    assert len({first.refresh, second.refresh, third.refresh}) == 3
    assert (second.family, second.tenant_id) == (third.family, third.tenant_id)
    assert third.tenant_id == tenant_id
    assert third.user == user


def test_a_token_that_comes_back_ends_its_sign_in_and_no_other() -> None:
    user = demba()
    first, elsewhere = start(user, NINE), start(user, NINE)
    second = turn(first.refresh, NINE)

    with pytest.raises(RefreshTokenReused) as refusal:
        turn(first.refresh, NINE)

    assert (refusal.value.status, refusal.value.code) == (401, "refresh_token_reused")
    assert refusal.value.user_id == user.id
    with pytest.raises(RefreshTokenRefused):
        turn(second.refresh, NINE)
    turn(elsewhere.refresh, NINE)


def test_a_token_from_long_before_ends_its_sign_in_too() -> None:
    first = start(demba(), NINE)
    last = first
    for _ in range(3):
        last = turn(last.refresh, NINE)

    with pytest.raises(RefreshTokenReused):
        turn(first.refresh, NINE + timedelta(days=15))

    with pytest.raises(RefreshTokenRefused):
        turn(last.refresh, NINE)


@pytest.mark.parametrize("round_", range(5))
def test_of_two_exchanges_at_once_one_succeeds_and_the_sign_in_ends(round_: int) -> None:
    user = demba()
    first = start(user, NINE)

    results = at_the_same_time(*[lambda: turn(first.refresh, NINE)] * 2)

    assert Counter(type(result).__name__ for result in results) == {"Session": 1, "RefreshTokenReused": 1}
    assert RefreshToken.objects.filter(user=user).count() == 2
    assert not RefreshToken.objects.filter(user=user, revoked_at=None).exists()


@pytest.mark.parametrize("round_", range(5))
def test_signing_out_during_an_exchange_leaves_nothing_alive(round_: int) -> None:
    user = demba()
    first = start(user, NINE)

    at_the_same_time(
        lambda: turn(first.refresh, NINE),
        lambda: blacklist(refresh=first.refresh, at=NINE),
        lambda: blacklist(refresh=first.refresh, at=NINE),
    )

    assert not RefreshToken.objects.filter(user=user, revoked_at=None).exists()


@pytest.mark.parametrize("end", [turn, lambda refresh, at: blacklist(refresh=refresh, at=at)], ids=["turn", "end"])
def test_exchanging_and_ending_take_turns(end: Callable[..., Any]) -> None:
    """Else a token made during the end of its sign-in would outlive it."""
    user = demba()
    first = start(user, NINE)
    thread = threading.Thread(target=at_the_same_time, args=[lambda: end(first.refresh, NINE)])

    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(id=user.id)
        thread.start()
        thread.join(timeout=0.3)
        untouched = RefreshToken.objects.filter(user=user, used_at=None, revoked_at=None).count()
        waits = thread.is_alive()
    thread.join(timeout=10)

    assert (waits, untouched) == (True, 1)
    assert not thread.is_alive()


def test_a_token_is_good_for_fourteen_days() -> None:
    first = start(demba(), NINE)

    with pytest.raises(RefreshTokenRefused):
        turn(first.refresh, NINE + timedelta(days=14))

    turn(first.refresh, NINE + timedelta(days=14, seconds=-1))


def test_a_closed_account_gets_no_next_token() -> None:
    user = demba()
    first = start(user, NINE)
    User.objects.filter(id=user.id).update(is_active=False)

    with pytest.raises(RefreshTokenRefused):
        turn(first.refresh, NINE)

    assert RefreshToken.objects.filter(user=user).count() == 1


def test_an_erased_person_gets_no_next_token() -> None:
    user = demba()
    first = start(user, NINE)
    user.delete()

    with pytest.raises(RefreshTokenRefused):
        turn(first.refresh, NINE)


def test_an_access_token_is_not_exchanged() -> None:
    user = demba()

    for token in (start(user, NINE).access, make_access_token(user_id=user.id, claims={}, at=NINE), "", "a.b.c"):
        with pytest.raises(RefreshTokenRefused):
            turn(token, NINE)


def test_a_token_signed_by_another_is_not_exchanged() -> None:
    user = demba()
    claims = jwt.decode(start(user, NINE).refresh, options={"verify_signature": False})

    for key in (b"x" * 32, key_for("access")):
        with pytest.raises(RefreshTokenRefused):
            turn(jwt.encode(claims, key, "HS256"), NINE)


def test_one_persons_token_cannot_name_another_person() -> None:
    user, other = demba(), demba()
    claims = jwt.decode(start(user, NINE).refresh, options={"verify_signature": False})
    forged: Any = jwt.encode({**claims, "user_id": str(other.id)}, b"y" * 32, "HS256")

    with pytest.raises(RefreshTokenRefused):
        turn(forged, NINE)


def test_no_sign_in_begins_with_a_password_that_was_changed_meanwhile() -> None:
    user = demba()
    checked = User.objects.get(id=user.id)
    user.set_password("un tout autre mot")
    user.save()

    with pytest.raises(WrongCredentials):
        start(checked, NINE)


def test_signing_out_ends_the_sign_in_once() -> None:
    user = demba()
    first = start(user, NINE)
    second = turn(first.refresh, NINE)

    ended = blacklist(refresh=first.refresh, at=NINE)  # an older token of it will do

    assert ended is not None
    assert ended.user_id == user.id
    assert blacklist(refresh=second.refresh, at=NINE) is None
    with pytest.raises(RefreshTokenRefused):
        turn(second.refresh, NINE)


@pytest.mark.parametrize("token", ["", "a.b.c", "\ud800"])
def test_signing_out_with_something_else_is_refused(token: str) -> None:
    with pytest.raises(RefreshTokenRefused):
        blacklist(refresh=token, at=NINE)
