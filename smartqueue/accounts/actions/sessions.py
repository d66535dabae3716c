"""Sign-ins as chains of refresh tokens: each is exchanged once; one that comes back ends the chain.

Exchanging and revoking lock the user's row: nothing is added to a chain while it is being ended.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import jwt
from django.conf import settings
from django.db import transaction

from smartqueue.accounts.errors import RefreshTokenRefused, RefreshTokenReused, WrongCredentials
from smartqueue.accounts.models import Browser, RefreshToken, User
from smartqueue.accounts.queries import ALGORITHM, AUDIENCE, ISSUER, key_for, read_refresh_token
from smartqueue.kernel.ids import uuid7


@dataclass(frozen=True)
class Session:
    """A sign-in after its first or a later exchange.

    Attributes:
        family: names the sign-in; `sid` in access tokens.
        tenant_id: the tenant named at sign-in; whether the person still belongs there, the caller asks.
        refresh: the token to exchange next.
    """

    user: User
    tenant_id: UUID | None
    family: UUID
    refresh: str


@dataclass(frozen=True)
class Tokens:
    access: str
    refresh: str


def issue_tokens(
    *,
    user: User,
    tenant_id: UUID | None,
    role: str | None,
    scopes: Iterable[str],
    ip: str | None,
    user_agent: str,
    at: datetime,
) -> Tokens:
    """Begin a sign-in, for a person whose password was just checked.

    Args:
        user: as `sign_in` returned it.
        tenant_id: the tenant they work in, with their `role` and `scopes` there; None outside every tenant.
        ip: where from; `user_agent`: with what.

    Raises:
        WrongCredentials: the password was changed or the account closed since it was checked.
    """
    with transaction.atomic():
        seen = User.objects.select_for_update(no_key=True).filter(id=user.id, is_active=True, password=user.password)
        if not seen.exists():
            raise WrongCredentials(user.id)
        session = _next(user, family=uuid7(), tenant_id=tenant_id, ip=ip, user_agent=user_agent, at=at)
    return Tokens(access_token(session=session, role=role, scopes=scopes, at=at), session.refresh)


def rotate(*, refresh: str, ip: str | None, user_agent: str, at: datetime) -> Session:
    """Exchange a refresh token for the next one. Of two at the same instant, exactly one succeeds.

    Raises:
        RefreshTokenReused: it was exchanged before; every token of that sign-in is revoked now.
        RefreshTokenRefused: not ours, too old, revoked, or the account was closed.
    """
    claims = read_refresh_token(refresh)
    if claims is None:
        raise RefreshTokenRefused
    with transaction.atomic(durable=True):  # the revocation must outlive the refusal
        user = _locked(claims.user_id)
        live = RefreshToken.objects.filter(id=claims.id, used_at=None, revoked_at=None, expires_at__gt=at)
        taken = live.update(used_at=at) if user and user.is_active else 0
        token = RefreshToken.objects.filter(id=claims.id).first()
        if user is None or token is None:
            raise RefreshTokenRefused
        if taken:
            return _next(user, family=token.family, tenant_id=token.tenant_id, ip=ip, user_agent=user_agent, at=at)
        if token.used_at is not None:
            _end(RefreshToken.objects.filter(family=token.family), at)
    if token.used_at is not None:
        raise RefreshTokenReused(token.user_id, token.tenant_id)
    raise RefreshTokenRefused


def blacklist(*, refresh: str, at: datetime) -> RefreshToken | None:
    """Sign out: end the sign-in that a refresh token belongs to, used or not.

    Returns:
        The token, or None when that sign-in had ended before.

    Raises:
        RefreshTokenRefused: not a token of ours.
    """
    claims = read_refresh_token(refresh)
    if claims is None:
        raise RefreshTokenRefused
    with transaction.atomic():
        _locked(claims.user_id)
        token = RefreshToken.objects.filter(id=claims.id).first()
        ended = _end(RefreshToken.objects.filter(family=token.family), at) if token else 0
    return token if ended else None


def end_sessions_of(user: User, *, at: datetime, but: UUID | None = None) -> None:
    """End every sign-in of a user whose row the caller has locked; `but` is the family that goes on.

    Browsers are only forgotten: what ends their sessions is the other password, or `sign_out_everywhere`.
    """
    Browser.objects.filter(user=user).delete()
    tokens = RefreshToken.objects.filter(user=user)
    _end(tokens.exclude(family=but) if but else tokens, at)


def access_token(*, session: Session, role: str | None, scopes: Iterable[str], at: datetime) -> str:
    """A signed token for the client's use; the server asks the database what the person may do.

    Args:
        role: in the session's tenant, as the database says now; None when they do not belong there any more.
        scopes: that follow from the role.
    """
    tenant_id = str(session.tenant_id) if session.tenant_id and role else None
    claims = {
        "tenant_id": tenant_id,
        "role": role if tenant_id else None,
        "scopes": sorted(scopes) if tenant_id else [],
        "sid": str(session.family),
    }
    return make_access_token(user_id=session.user.id, claims=claims, at=at)


def make_access_token(*, user_id: UUID, claims: dict[str, Any], at: datetime) -> str:
    """A signed access token; ten minutes.

    Args:
        claims: what else the client may want to know, JSON-ready; they cannot replace who it is and how long.
    """
    return _signed(
        "access", user_id=user_id, jti=uuid7(), at=at, exp=at + settings.ACCESS_TOKEN_LIFETIME, claims=claims
    )


def _next(
    user: User, *, family: UUID, tenant_id: UUID | None, ip: str | None, user_agent: str, at: datetime
) -> Session:
    row = RefreshToken.objects.create(
        family=family,
        user=user,
        tenant_id=tenant_id,
        expires_at=at + settings.REFRESH_TOKEN_LIFETIME,
        created_at=at,
        ip=ip,
        user_agent=user_agent[:300],
    )
    refresh = _signed("refresh", user_id=user.id, jti=row.id, at=at, exp=row.expires_at, claims={})
    return Session(user=user, tenant_id=tenant_id, family=family, refresh=refresh)


def _signed(kind: str, *, user_id: UUID, jti: UUID, at: datetime, exp: datetime, claims: dict[str, Any]) -> str:
    about = {"typ": kind, "aud": AUDIENCE, "iss": ISSUER, "iat": at, "exp": exp, "jti": str(jti)}
    return jwt.encode({**claims, "user_id": str(user_id), **about}, key_for(kind), ALGORITHM)


def _locked(user_id: UUID) -> User | None:
    return User.objects.select_for_update(no_key=True).filter(id=user_id).first()


def _end(tokens: Any, at: datetime) -> int:
    """How many of them had still been good for an exchange; all are revoked."""
    alive = tokens.filter(used_at=None, revoked_at=None, expires_at__gt=at).update(revoked_at=at)
    tokens.filter(revoked_at=None).update(revoked_at=at)
    return int(alive)


def end_sessions_in(user_id: UUID, *, tenant_id: UUID, at: datetime) -> None:
    """End a person's sign-ins in one tenant; those elsewhere go on. A browser's session belongs to the person, and
    opens nothing of a tenant to which they do not belong."""
    _locked(user_id)
    _end(RefreshToken.objects.filter(user_id=user_id, tenant_id=tenant_id), at)
