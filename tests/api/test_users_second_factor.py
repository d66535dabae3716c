"""POST jwt/token/ for somebody with a second factor: the API is no way around it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from smartqueue.accounts.models import RefreshToken
from smartqueue.journal.models import Entry
from smartqueue.kernel.clock import now
from tests.accounts.conftest import quick_hashing  # noqa: F401 - a fixture
from tests.accounts.device import Device
from tests.accounts.people import PASSWORD, another_code, demba
from tests.accounts.phone import Phone
from tests.accounts.test_passkeys import add
from tests.cast import Api, at_the_same_time


@pytest.fixture
def phone() -> Phone:
    return Phone(demba(), at=now() - timedelta(hours=1))


@pytest.fixture
def enter(api: Callable[..., Api]) -> Callable[..., Any]:
    def send(user: Any, password: str = PASSWORD, **more: Any) -> Any:
        return api().post("users/jwt/token/", json={"email": user.email, "password": password, **more})

    return send


def failures_of(user: Any) -> list[Any]:
    failed = Entry.objects.using("platform").filter(object_id=user.id, fact="user.sign_in_failed")
    return [entry.data for entry in failed.order_by("id")]


@pytest.mark.parametrize("nothing", [{}, {"otp": " "}])
def test_the_password_alone_opens_nothing(enter: Any, phone: Phone, nothing: Any) -> None:
    answer = enter(phone.user, **nothing)

    assert answer.status_code in (400, 401)
    assert answer.json()["code"] == ("invalid" if nothing else "second_factor_required")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer") if not nothing else True
    assert not RefreshToken.objects.filter(user=phone.user).exists()
    assert failures_of(phone.user) == []


def test_with_the_code_of_the_phone_somebody_is_in_once(enter: Any, phone: Phone) -> None:
    otp = phone.code(now())

    assert enter(phone.user, otp=otp).status_code == 200

    again = enter(phone.user, otp=otp)
    assert (again.status_code, again.json()["code"]) == (401, "second_factor_refused")
    assert failures_of(phone.user) == [{"reason": "second_factor_refused"}]
    assert otp not in again.text


def test_a_recovery_code_opens_too_and_of_two_at_once_one_is_in(enter: Any, phone: Phone) -> None:
    code = phone.recovery_codes[0]

    answers = at_the_same_time(*[lambda: enter(phone.user, otp=code).status_code] * 2)

    assert sorted(answers) == [200, 401]


def test_whether_somebody_has_a_second_factor_only_the_password_tells(enter: Any, phone: Phone) -> None:
    answers = [enter(user, "wrong", otp=phone.code(now())) for user in (phone.user, demba())]

    assert {answer.json()["code"] for answer in answers} == {"wrong_credentials"}
    assert answers[0].json() == answers[1].json()


def test_after_twenty_wrong_codes_the_right_one_waits(enter: Any, phone: Phone) -> None:
    from smartqueue.accounts.actions import tallies

    for _try in range(20):
        tallies.count_failure(kind="second_factor_failed", email=phone.user.email, at=now())

    answer = enter(phone.user, otp=phone.code(now()))

    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 86_000


def test_whoever_has_only_passkeys_signs_in_with_the_password_as_before(enter: Any) -> None:
    user = demba()
    add(user, Device())

    assert enter(user).status_code == 200
    assert enter(user, otp=another_code("123456")).status_code == 200
