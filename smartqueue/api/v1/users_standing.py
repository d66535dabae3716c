"""Where a signed-in person stands, and what the journal gets to know about people."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from rest_framework.request import Request

from smartqueue.accounts.errors import RefreshTokenReused, SignInRefused
from smartqueue.accounts.models import User
from smartqueue.api.v1.base import actor_of
from smartqueue.journal.actions import record
from smartqueue.journal.models import Entry
from smartqueue.journal.states import AuditKind
from smartqueue.kernel.errors import NotFound
from smartqueue.kernel.ids import uuid7
from smartqueue.tenants.models import Membership, Tenant
from smartqueue.tenants.queries import memberships_of
from smartqueue.tenants.scope import in_tenant
from smartqueue.tenants.states import Role, Scope


@dataclass(frozen=True)
class Standing:
    """A person's memberships, oldest first, and the one that a sign-in is in."""

    user: User
    memberships: list[Membership]
    current: Membership | None

    @classmethod
    def by_slug(cls, user: User, slug: str | None) -> "Standing":
        """The named tenant, else the first one.

        Raises:
            NotFound: the person does not belong to a tenant of that name, or there is none.
        """
        memberships = memberships_of(user.id)
        if slug is None:
            return cls(user, memberships, memberships[0] if memberships else None)
        named = [membership for membership in memberships if membership.tenant.slug == slug]
        if not named:
            raise NotFound
        return cls(user, memberships, named[0])

    @classmethod
    def by_id(cls, user: User, tenant_id: UUID | None) -> "Standing":
        """The tenant of a sign-in, where the person still belongs to it."""
        memberships = memberships_of(user.id)
        return cls(user, memberships, next((one for one in memberships if one.tenant_id == tenant_id), None))

    @property
    def tenant(self) -> Tenant | None:
        return self.current.tenant if self.current else None

    @property
    def tenant_id(self) -> UUID | None:
        return self.current.tenant_id if self.current else None

    @property
    def role(self) -> Role | None:
        return Role(self.current.role) if self.current else None

    @property
    def scopes(self) -> list[Scope]:
        return sorted(self.current.scopes) if self.current else []


def note(
    request: Request,
    fact: str,
    kind: AuditKind,
    *,
    user_id: UUID | None,
    tenant_id: UUID | None,
    at: datetime,
    by_user: bool = True,
    data: dict[str, Any] | None = None,
) -> None:
    """Record a fact about a user in one tenant, or outside all of them.

    Args:
        by_user: False when it was not proved that the user did it.
        data: never a password, a code, a token or an address.
    """
    actor = actor_of(request, user_id=user_id if by_user else None)
    if tenant_id is not None:
        with in_tenant(tenant_id):
            record(
                fact,
                kind=kind,
                tenant_id=tenant_id,
                object_type="user",
                object_id=user_id,
                actor=actor,
                at=at,
                data=data,
            )
        return
    Entry.objects.using("platform").create(  # the application's role may not write outside a tenant
        fact=fact,
        kind=kind,
        object_type="user",
        object_id=user_id,
        at=at,
        actor_kind=actor.kind,
        actor_id=actor.user_id,
        ip=actor.ip,
        user_agent=actor.user_agent,
        endpoint=actor.endpoint,
        data=data or {},
    )


def note_refusal(request: Request, refusal: SignInRefused, at: datetime) -> None:
    """A failed sign-in, in every tenant of the person whose address it was."""
    # For an unknown address the same question is asked in vain, so that both take as long.
    memberships = memberships_of(refusal.user_id or uuid7())
    tenants: list[UUID | None] = [one.tenant_id for one in memberships]
    for tenant_id in tenants or [None]:
        note(
            request,
            "user.sign_in_failed",
            AuditKind.LOGIN_FAILED,
            user_id=refusal.user_id,
            tenant_id=tenant_id,
            at=at,
            by_user=False,
            data={"reason": refusal.code},
        )


def note_reuse(request: Request, refusal: RefreshTokenReused, at: datetime) -> None:
    note(
        request,
        "user.sign_in_failed",
        AuditKind.LOGIN_FAILED,
        user_id=refusal.user_id,
        tenant_id=refusal.tenant_id,
        at=at,
        by_user=False,
        data={"reason": refusal.code},
    )
