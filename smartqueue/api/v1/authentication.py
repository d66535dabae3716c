"""Who is calling: a bearer token says which person, or which program; the database says what they may do."""

from typing import Any, ClassVar
from uuid import UUID

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from smartqueue.accounts.queries import read_access_token
from smartqueue.tenants.queries import hash_of_key
from smartqueue.tenants.states import KEY_PREFIX

LONGEST_KEY = 100


class Person:
    """The signed-in person as far as the token goes. Role and scopes are asked from the database, never from claims."""

    is_authenticated = True
    is_active = True

    def __init__(self, user_id: UUID) -> None:
        self.id = self.pk = user_id


class BearerToken(BaseAuthentication):
    """`Authorization: Bearer <access token>`."""

    header: ClassVar[str] = 'Bearer realm="api"'

    def authenticate(self, request: Request) -> tuple[Any, dict[str, Any]] | None:
        scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        claims = read_access_token(token.strip())
        if claims is None:
            raise AuthenticationFailed
        return Person(UUID(claims["user_id"])), claims

    def authenticate_header(self, request: Request) -> str:
        return self.header


class Program:
    """Whoever holds an API key, as far as the key goes. Whose it is and what it may do, the database says."""

    is_authenticated = True
    is_active = True
    id = pk = None

    def __init__(self, secret_hash: bytes) -> None:
        self.secret_hash = secret_hash


class KeyToken(BearerToken):
    """`Authorization: Bearer sqk_…`: at the addresses of a tenant only."""

    def authenticate(self, request: Request) -> tuple[Any, dict[str, Any]] | None:
        scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        secret = token.strip()
        if scheme.lower() != "bearer" or not secret.startswith(KEY_PREFIX):
            return None
        if len(secret) > LONGEST_KEY:
            raise AuthenticationFailed
        return Program(hash_of_key(secret)), {}
