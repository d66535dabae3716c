"""Reading tokens and finding people, codes and tallies."""

import hashlib
import hmac
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from math import ceil
from typing import Any
from uuid import UUID

import jwt
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Q, QuerySet
from jwt.types import Options

from smartqueue.accounts.models import (
    Browser,
    EmailCode,
    Passkey,
    RecoveryCode,
    RefreshToken,
    SecondFactor,
    Tally,
    User,
)
from smartqueue.accounts.states import LIMITS
from smartqueue.kernel.sealed import unseal

ALGORITHM = "HS256"
ISSUER = AUDIENCE = "smartqueue"
ACCESS_CHECKS: Options = {"require": ["exp", "iat", "aud", "iss"]}
REFRESH_CHECKS: Options = {"require": ["aud", "iss"], "verify_exp": False, "verify_iat": False}
LONGEST_TOKEN = 4096  # ours have about 900 characters
SEALED_FOR = "accounts.second_factor"
MOST_SHOWN = 50


@dataclass(frozen=True)
class RefreshClaims:
    """What a refresh token says; whether it still counts, its row says."""

    id: UUID
    user_id: UUID


def key_for(purpose: str) -> bytes:
    """A key of 256 bits for one purpose, derived from SECRET_KEY: a token of one kind is never valid as another."""
    return _derived(settings.SECRET_KEY, purpose)


@cache
def _derived(secret_key: str, purpose: str) -> bytes:
    return hmac.new(secret_key.encode(), f"accounts:{purpose}".encode(), hashlib.sha256).digest()


def read_access_token(token: str) -> dict[str, Any] | None:
    """The claims of an access token that is ours and valid now; called on each request.

    Args:
        token: whatever stood in the header.

    Returns:
        The claims, `user_id` a UUID in text form; None for anything else. Never raises.
    """
    try:
        claims = _accepted(token, settings.SECRET_KEY)
    except Refused:
        return None
    return claims if claims["exp"] > time.time() else None


class Refused(Exception):
    """Raised rather than returned, so that the cache keeps only what was accepted."""


@lru_cache(maxsize=4096)
def _accepted(token: str, secret_key: str) -> dict[str, Any]:
    """A token's signature is checked once; whether it has expired, on every request."""
    claims = _read(token, "access", ACCESS_CHECKS)
    if claims is None:
        raise Refused
    return claims


def read_refresh_token(token: str) -> RefreshClaims | None:
    """Who a refresh token of ours belongs to, expired or not (its row knows); None for anything else."""
    claims = _read(token, "refresh", REFRESH_CHECKS)
    return RefreshClaims(id=UUID(claims["jti"]), user_id=UUID(claims["user_id"])) if claims else None


def _read(token: str, kind: str, checks: Options) -> dict[str, Any] | None:
    try:
        if len(token) > LONGEST_TOKEN:
            return None
        claims: dict[str, Any] = jwt.decode(
            token,
            key_for(kind),
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=ISSUER,
            options=checks,
        )
        for name in ("user_id", "jti"):
            UUID(claims[name])
    except Exception:  # PyJWT parses the header before the signature: what a stranger can cause there has no bounds
        return None
    return claims if claims.get("typ") == kind else None


def normal_email(email: str) -> str:
    """An address as it is kept and looked for."""
    return email.strip().lower()


def identifier_of(email: str) -> bytes:
    """What stands for an address in a tally."""
    return hmac.digest(key_for("identifier"), normal_email(email).encode(), "sha256")


def user_by_email(email: str) -> User | None:
    return User.objects.filter(email=normal_email(email)).first()


def user_by_id(user_id: UUID) -> User | None:
    """Also one whose account is closed."""
    return User.objects.filter(id=user_id).first()


def active_user(user_id: UUID) -> User | None:
    return User.objects.filter(id=user_id, is_active=True).first()


def newest_code(*, email: str, purpose: str) -> EmailCode | None:
    """The newest code of an active user, live or not."""
    return (
        EmailCode.objects.filter(user__email=normal_email(email), user__is_active=True, purpose=purpose)
        .order_by("-id")
        .first()
    )


def seconds_until_free(kind: str, recent: list[datetime], at: datetime) -> int:
    """Whole seconds until one more try fits under the limit of its kind; 0 when it fits now.

    Args:
        kind: of tally.
        recent: the instants counted so far, in any order.
        at: the instant of the try.
    """
    limit = LIMITS[kind]
    inside = sorted(instant for instant in recent if instant > at - limit.within)
    if len(inside) < limit.most:
        return 0
    return max(1, ceil((inside[-limit.most] + limit.within - at).total_seconds()))


def seconds_to_wait(*, kind: str, email: str, at: datetime) -> int:
    """Whole seconds until an address may be tried again; 0 when it may be now."""
    tally = Tally.objects.filter(identifier=identifier_of(email), kind=kind).first()
    return seconds_until_free(kind, tally.recent, at) if tally else 0


def has_second_factor(user_id: UUID) -> bool:
    """Whether a password is not enough for this person."""
    return SecondFactor.objects.filter(user=user_id).exclude(on_since=None).exists()


def second_factor_since(user_id: UUID) -> datetime | None:
    return SecondFactor.objects.filter(user=user_id).values_list("on_since", flat=True).first()


def begun_second_factor(user_id: UUID) -> str | None:
    """The secret of a second factor that waits for its first code, in base 32; None when none does."""
    factor = SecondFactor.objects.filter(user=user_id, on_since=None).first()
    return secret_of(factor) if factor else None


def secret_of(factor: SecondFactor) -> str:
    """In base 32.

    Raises:
        SealBroken: SECRET_KEY is another one than when it was kept.
    """
    return unseal(SEALED_FOR, factor.secret).decode()


def recovery_codes_left(user_id: UUID) -> int:
    return RecoveryCode.objects.filter(user=user_id, used_at=None).count()


def passkeys_of(user_id: UUID) -> list[Passkey]:
    """Oldest first."""
    return list(Passkey.objects.filter(user=user_id).order_by("id"))


@dataclass(frozen=True)
class SignedInPlace:
    """Somewhere a person is signed in.

    Attributes:
        session_key: of a browser; empty for a program that holds a refresh token.
        at: when a browser signed in; when a program last exchanged its token.
    """

    session_key: str
    at: datetime
    ip: str | None
    user_agent: str


def signed_in_places(user_id: UUID, *, at: datetime) -> list[SignedInPlace]:
    """Browsers whose session lives, and sign-ins with a token that can still be exchanged; newest first, 50 at most."""
    alive = Session.objects.filter(expire_date__gt=at).values("session_key")
    browsers = Browser.objects.filter(user=user_id, session_key__in=alive).order_by("-id")[:MOST_SHOWN]
    tokens = RefreshToken.objects.filter(user=user_id, used_at=None, revoked_at=None, expires_at__gt=at)
    places = [SignedInPlace(one.session_key, one.created_at, one.ip, one.user_agent) for one in browsers]
    places += [SignedInPlace("", one.created_at, one.ip, one.user_agent) for one in tokens.order_by("-id")[:MOST_SHOWN]]
    return sorted(places, key=lambda place: place.at, reverse=True)[:MOST_SHOWN]


def super_admins() -> QuerySet[User]:
    """Who has every right on the platform."""
    return User.objects.filter(is_superuser=True)


def people_like(words: str, *, most: int = 50) -> list[UUID]:
    """Ids of people whose address or name contains the words; as the platform."""
    found = User.objects.filter(Q(email__icontains=words) | Q(full_name__icontains=words))
    return list(found.order_by("id").values_list("id", flat=True)[:most])


def names_of(user_ids: Iterable[UUID]) -> dict[UUID, str]:
    """What to call these people: their name, or their address where they have none."""
    rows = User.objects.filter(id__in=set(user_ids)).values_list("id", "full_name", "email")
    return {id: name or email for id, name, email in rows}
