"""What stands in the Authorization header, and what does not get in by it."""

import base64
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest
from django.conf import settings

from smartqueue.accounts.actions import make_access_token
from smartqueue.accounts.queries import key_for, read_access_token
from tests.accounts.people import demba, start

WHO = uuid4()


def now() -> datetime:
    return datetime.now(UTC)


def claims(**other: Any) -> dict[str, Any]:
    good = {
        "user_id": str(WHO),
        "jti": str(uuid4()),
        "typ": "access",
        "aud": "smartqueue",
        "iss": "smartqueue",
        "iat": now(),
        "exp": now() + timedelta(minutes=1),
    }
    return {name: value for name, value in (good | other).items() if value is not None}


def signed(**other: Any) -> str:
    return jwt.encode(claims(**other), key_for("access"), "HS256")


def test_a_token_of_ours_is_read() -> None:
    token = make_access_token(user_id=WHO, claims={"role": "agent", "scopes": ["read:queue"]}, at=now())

    read = read_access_token(token)

    assert read is not None
    assert set(read) == {"user_id", "role", "scopes", "iat", "exp", "jti", "typ", "aud", "iss"}
    assert (read["user_id"], read["role"], read["scopes"]) == (str(WHO), "agent", ["read:queue"])
    assert read["exp"] - read["iat"] == 600


def test_further_claims_cannot_replace_who_it_is() -> None:
    token = make_access_token(user_id=WHO, claims={"user_id": str(uuid4()), "typ": "refresh", "exp": 1}, at=now())

    read = read_access_token(token)

    assert read is not None
    assert read["user_id"] == str(WHO)


def test_the_hand_made_token_of_these_tests_is_good_as_it_is() -> None:
    assert read_access_token(signed()) is not None


@pytest.mark.parametrize(
    "other",
    [
        {"exp": now() - timedelta(seconds=2)},
        {"exp": None},
        {"exp": "soon"},
        {"exp": [1]},
        {"iat": now() + timedelta(hours=1)},
        {"iat": None},
        {"nbf": now() + timedelta(hours=1)},
        {"aud": "another"},
        {"aud": None},
        {"iss": "another"},
        {"iss": None},
        {"typ": "refresh"},
        {"typ": None},
        {"jti": None},
        {"user_id": None},
        {"user_id": "1"},
        {"user_id": 1},
        {"user_id": [str(WHO)]},
        {"user_id": ""},
    ],
    ids=lambda other: next(iter(other)),  # no instant in a name: every worker must collect the same
)
def test_a_claim_that_is_not_right_closes_the_door(other: dict[str, Any]) -> None:
    assert read_access_token(signed(**other)) is None


def encoded(part: Any) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part, default=lambda at: int(at.timestamp())).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "", None, 7])
def test_a_token_without_a_signature_is_nothing(alg: Any) -> None:
    head, body = encoded({"alg": alg, "typ": "JWT"}), encoded(claims())

    assert read_access_token(f"{head}.{body}.") is None


@pytest.mark.filterwarnings("ignore")  # PyJWT finds the key short for SHA-512, which is not what must refuse it
def test_another_algorithm_with_our_key_is_nothing() -> None:
    head, body = encoded({"alg": "HS512", "typ": "JWT"}), encoded(claims())
    signature = hmac.digest(key_for("access"), f"{head}.{body}".encode(), "sha512")

    assert read_access_token(f"{head}.{body}.{encoded(signature)}") is None


@pytest.mark.parametrize("purpose", ["refresh", "code", "identifier"])
def test_a_key_for_another_purpose_does_not_sign(purpose: str) -> None:
    assert len(key_for(purpose)) == 32
    assert read_access_token(jwt.encode(claims(), key_for(purpose), "HS256")) is None


def test_the_secret_key_itself_does_not_sign() -> None:
    assert read_access_token(jwt.encode(claims(), settings.SECRET_KEY, "HS256")) is None


def test_a_refresh_token_opens_nothing() -> None:
    assert read_access_token(start(demba(), now()).refresh) is None


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "é.é.é",
        "\x00",
        "\ud800",
        "\udcff.\udcff.\udcff",
        "Bearer",
        "=.=.=",
        encoded(b"\xff\xfe") + ".e30.",
        encoded(b"[]") + ".e30.e30",
        encoded(b"[" * 2000) + ".e30.",
        encoded(b'{"alg":' + b"9" * 2500 + b"}") + ".e30.",
        encoded({"alg": "HS256"}) + "." + encoded(b"[]") + ".",
        "a" * 100_000,
        None,
        7,
        b"\xff",
    ],
    ids=lambda garbage: repr(garbage)[:20],
)
def test_garbage_is_no_token_and_no_crash(garbage: Any) -> None:
    assert read_access_token(garbage) is None


@pytest.mark.parametrize("body", [b"[]", b"7", b"null", b'"a"', b"{", b"\xff", b"[" * 1500])
def test_a_good_signature_under_a_bad_body_is_no_crash(body: bytes) -> None:
    token = jwt.api_jws.encode(body, key_for("access"), "HS256")

    assert read_access_token(token) is None


def test_every_changed_character_spoils_it() -> None:
    token = signed()
    for place in range(0, len(token) - 1, 7):  # the last one carries unused bits
        other = "A" if token[place] != "A" else "B"
        assert read_access_token(token[:place] + other + token[place + 1 :]) is None
