"""POST register/, verify-email/, resend-code/, password-reset/, password-reset/confirm/."""

from collections.abc import Callable
from typing import Any

import pytest

from smartqueue.accounts.models import User
from smartqueue.journal.models import Entry
from tests.accounts.conftest import quick_hashing  # noqa: F401 - a fixture
from tests.accounts.people import PASSWORD, another_code, code_for, demba, letters_to, new_email
from tests.cast import Api

NEW = "yassa au poulet"


@pytest.fixture
def anybody(api: Callable[..., Api]) -> Api:
    return api()


def facts_of(user: Any) -> list[tuple[str, str, Any]]:
    """Recorded outside every tenant."""
    entries = Entry.objects.using("platform").filter(object_id=user.id, tenant=None).order_by("id")
    return [(entry.fact, entry.kind, entry.data) for entry in entries]


def test_from_sign_up_to_sign_in(anybody: Api) -> None:
    email = new_email()

    made = anybody.post(
        "users/register/",
        json={"email": email, "password": PASSWORD, "full_name": "Demba Sow", "phone": "77 123 45 67"},
    )
    confirmed = anybody.post("users/verify-email/", json={"email": email, "code": code_for(email)})
    signed_in = anybody.post("users/jwt/token/", json={"email": email, "password": PASSWORD})

    assert (made.status_code, made.json()) == (202, {"email": email, "expires_in_s": 600})
    assert (confirmed.status_code, confirmed.content) == (204, b"")
    assert signed_in.status_code == 200
    user = User.objects.get(email=email)
    assert signed_in.json()["user"] == {
        "id": str(user.id),
        "email": email,
        "email_verified": True,
        "phone": "+221771234567",
        "full_name": "Demba Sow",
        "language": "fr",
        "is_superuser": False,
    }
    assert facts_of(user) == [
        ("user.created", "create", {}),
        ("user.email_verified", "update", {}),
        ("user.signed_in", "login", {}),
    ]


def answer(response: Any, email: str) -> tuple[int, str, set[str]]:
    return response.status_code, response.content.decode().replace(email, "…"), set(response.headers)


@pytest.mark.parametrize("path", ["register", "resend-code", "password-reset"])
def test_nobody_learns_whether_an_address_has_an_account(anybody: Api, path: str) -> None:
    emails = [
        new_email(),
        demba().email,
        demba(email_verified=False).email,
        demba(is_active=False).email,
    ]
    more = {"password": PASSWORD} if path == "register" else {}

    for _ in range(4):  # the fourth is one too many, for all of them
        answers = [answer(anybody.post(f"users/{path}/", json={"email": email, **more}), email) for email in emails]
        assert len({status for status, _body, _headers in answers}) == 1
        if answers[0][0] == 202:
            assert answers == [answers[0]] * len(emails)

    assert answers[0][0] == 429


@pytest.mark.parametrize("path", ["verify-email", "password-reset/confirm"])
def test_nobody_learns_it_from_a_code_either(anybody: Api, path: str) -> None:
    waiting = demba(email_verified=False)
    anybody.post("users/resend-code/", json={"email": waiting.email})
    wrong = another_code(code_for(waiting.email))
    more = {"new_password": NEW} if "reset" in path else {}

    answers = [
        answer(anybody.post(f"users/{path}/", json={"email": email, "code": wrong, **more}), email)
        for email in (new_email(), demba().email, waiting.email, demba(is_active=False).email)
    ]

    assert answers == [answers[0]] * 4
    assert answers[0][0] == 400
    assert '"code":"code_refused"' in answers[0][1]


def test_too_many_messages_say_when_to_come_back(anybody: Api) -> None:
    email = new_email()
    for _ in range(3):
        anybody.post("users/resend-code/", json={"email": email})

    refused = anybody.post("users/resend-code/", json={"email": email})

    assert refused.status_code == 429
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.json()["code"] == "too_many_tries"
    assert 0 < int(refused.headers["Retry-After"]) <= 900


def test_a_forgotten_password_is_replaced(anybody: Api) -> None:
    user = demba()
    anybody.post("users/password-reset/", json={"email": user.email})

    confirmed = anybody.post(
        "users/password-reset/confirm/",
        json={"email": user.email, "code": code_for(user.email), "new_password": NEW},
    )

    assert confirmed.status_code == 204
    assert anybody.post("users/jwt/token/", json={"email": user.email, "password": NEW}).status_code == 200
    assert anybody.post("users/jwt/token/", json={"email": user.email, "password": PASSWORD}).status_code == 401
    assert facts_of(user)[0] == ("user.password_reset", "update", {})


def test_neither_codes_nor_passwords_nor_addresses_stand_in_the_journal(anybody: Api) -> None:
    user = demba()
    anybody.post("users/password-reset/", json={"email": user.email})
    code = code_for(user.email)
    anybody.post("users/password-reset/confirm/", json={"email": user.email, "code": code, "new_password": NEW})
    anybody.post("users/jwt/token/", json={"email": user.email, "password": "à côté"})

    rows = Entry.objects.using("platform").filter(object_id=user.id).values("data", "before", "after", "actor_label")
    written = str(list(rows))

    assert rows
    assert not any(secret in written for secret in (code, NEW, "à côté", user.email))


@pytest.mark.parametrize(
    ("path", "body", "fields"),
    [
        ("register", {}, {"email", "password"}),
        ("register", {"email": "x", "password": PASSWORD}, {"email"}),
        ("register", {"email": "a@example.sn", "password": "court"}, {"password"}),
        ("register", {"email": "a@example.sn", "password": PASSWORD, "phone": "12"}, {"phone"}),
        ("register", {"email": "a@example.sn", "password": PASSWORD, "language": "de"}, {"language"}),
        ("register", {"email": "a@example.sn", "password": PASSWORD, "is_superuser": True}, {"is_superuser"}),
        ("register", {"email": "a@example.sn", "password": PASSWORD, "email_verified": True}, {"email_verified"}),
        ("verify-email", {"email": "a@example.sn", "code": "12345"}, {"code"}),
        ("verify-email", {"email": "a@example.sn", "code": "1234567"}, {"code"}),
        ("verify-email", {"email": "a@example.sn", "code": "123456\n7"}, {"code"}),
        ("verify-email", {"email": "a@example.sn", "code": "١٢٣٤٥٦"}, {"code"}),
        ("resend-code", {"email": ["a@example.sn"]}, {"email"}),
        ("resend-code", {"email": "a" * 250 + "@example.sn"}, {"email"}),
        ("resend-code", [], {"body"}),
        ("password-reset", {"email": None}, {"email"}),
        ("password-reset/confirm", {"email": "a@example.sn", "code": "123456"}, {"new_password"}),
        (
            "password-reset/confirm",
            {"email": "a@example.sn", "code": "123456", "new_password": "court"},
            {"new_password"},
        ),
    ],
)
def test_a_bad_value_is_named(anybody: Api, path: str, body: Any, fields: set[str]) -> None:
    refused = anybody.post(f"users/{path}/", json=body)

    assert refused.status_code == 400
    assert refused.json()["code"] == "invalid"
    assert set(refused.json()["errors"]) == fields
    for errors in refused.json()["errors"].values():
        assert all(set(error) == {"code", "message"} for error in errors)


@pytest.mark.parametrize(
    "path",
    ["register", "verify-email", "resend-code", "password-reset", "password-reset/confirm", "jwt/token", "jwt/refresh"],
)
def test_a_form_instead_of_json_is_refused(anybody: Api, path: str) -> None:
    response = anybody.client.post(f"/api/v1/users/{path}/", {"email": "a@example.sn"})

    assert response.status_code == 415


def test_a_stale_token_does_not_keep_anybody_out(anybody: Api) -> None:
    response = anybody.post(
        "users/resend-code/", json={"email": new_email()}, headers={"Authorization": "Bearer a.b.c"}
    )

    assert response.status_code == 202


def test_the_letter_comes_in_the_language_that_was_chosen(anybody: Api) -> None:
    email = new_email()

    anybody.post("users/register/", json={"email": email, "password": PASSWORD, "language": "wo"})

    assert len(letters_to(email)) == 1
    assert User.objects.get(email=email).language == "wo"
