"""Who belongs where."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection, connections
from django.db.models import Case, CharField, Count, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, NullIf
from psycopg_pool import PoolTimeout

from smartqueue.tenants.errors import KeyNotFound, MemberNotFound
from smartqueue.tenants.models import ApiKey, Draft, Logo, Membership, Tenant
from smartqueue.tenants.scope import ask, in_tenant
from smartqueue.tenants.states import MemberState, Scope, scopes_of


@dataclass(frozen=True)
class Entrance:
    """A person at the door of a tenant. `role` is None for a stranger, who is then shown nothing."""

    tenant_id: UUID
    locale: str
    time_zone: str
    user_active: bool
    role: str | None

    @property
    def scopes(self) -> frozenset[Scope]:
        return scopes_of(self.role or "")


def enter(*, slug: str, user_id: UUID) -> Entrance | None:
    """Find a tenant and the person's role in it; inside a transaction, its rows are open from here on.

    Args:
        slug: as in the address.
        user_id: of the signed-in person.

    Returns:
        None when there is no such active tenant or no such user.
    """
    rows = ask("SELECT * FROM tenants_enter(%s, %s)", [slug, user_id])
    return Entrance(*rows[0]) if rows else None


def memberships_of(user_id: UUID) -> list[Membership]:
    """Every tenant of a person, oldest first. Crosses tenants, so it is asked on the platform connection."""
    return list(
        Membership.objects.using("platform")
        .select_related("tenant")
        .filter(user_id=user_id, tenant__is_active=True, is_active=True)
        .order_by("created_at", "id")
    )


def every_membership_of(user_id: UUID) -> list[Membership]:
    """Also those that were put out, and those in suspended tenants; oldest first, on the platform connection."""
    rows = Membership.objects.using("platform").select_related("tenant").filter(user_id=user_id)
    return list(rows.order_by("created_at", "id"))


def active_tenant(slug: str) -> Tenant | None:
    """By its address; None also for one that is not active. Inside `as_drafted`, as it is drafted."""
    tenant = Tenant.objects.filter(slug=slug, is_active=True).first()
    for name, value in _drafted.get().get(slug, {}).items():
        setattr(tenant, name, value)
    return tenant


_drafted: ContextVar[dict[str, dict[str, Any]]] = ContextVar("drafted", default={})  # noqa: B039 - never written to


@contextmanager
def as_drafted(slug: str, values: dict[str, Any]) -> Iterator[None]:
    """Inside, `active_tenant` shows a tenant with these values, which nobody has published: for a preview."""
    before = _drafted.set({slug: values})
    try:
        yield
    finally:
        _drafted.reset(before)


@dataclass(frozen=True)
class Key:
    """A program at the door of a tenant. Not `at_home`: the address is another's, and nothing is open."""

    tenant_id: UUID
    id: UUID
    name: str
    scopes: frozenset[Scope]
    at_home: bool


def enter_by_key(*, slug: str, secret_hash: bytes, at: datetime) -> Key | None:
    """Find the key with this hash, and open its tenant's rows if the address is its tenant's. One round trip.

    Returns:
        None for no key, one that was revoked or has expired, or a tenant that is not active.
    """
    rows = ask("SELECT * FROM tenants_enter_by_key(%s, %s, %s)", [slug, secret_hash, at])
    if not rows:
        return None
    tenant_id, key_id, name, scopes, at_home = rows[0]
    return Key(tenant_id, key_id, name, frozenset(map(Scope, scopes)), at_home)


def hash_of_key(secret: str) -> bytes:
    """What is kept of a key: 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(secret.encode()).digest()


def api_keys() -> QuerySet[ApiKey]:
    """Every key of the tenant in scope, revoked ones too."""
    return ApiKey.objects.all()


def key_or_refuse(key_id: UUID) -> ApiKey:
    """
    Raises:
        KeyNotFound: there is none in scope.
    """
    key = ApiKey.objects.filter(id=key_id).first()
    if key is None:
        raise KeyNotFound
    return key


def drafts() -> QuerySet[Draft]:
    """What waits to be published in the tenant in scope."""
    return Draft.objects.all()


def draft_of(object_type: str, object_id: UUID) -> Draft | None:
    return Draft.objects.filter(object_type=object_type, object_id=object_id).first()


def members() -> QuerySet[Any, Any]:
    """Everybody of the tenant in scope, with `shown` (the name here), `email` and `state`."""
    return Membership.objects.select_related("user").annotate(
        shown=Coalesce(
            NullIf("name", Value("")), NullIf("user__full_name", Value("")), "user__email", output_field=CharField()
        ),
        email=F("user__email"),
        state=Case(
            When(is_active=False, then=Value(MemberState.INACTIVE.value)),
            When(last_seen_at=None, then=Value(MemberState.INVITED.value)),
            default=Value(MemberState.ACTIVE.value),
            output_field=CharField(),
        ),
    )


def member_or_refuse(membership_id: UUID) -> Any:
    """
    Raises:
        MemberNotFound: there is none in scope.
    """
    member = members().filter(id=membership_id).first()
    if member is None:
        raise MemberNotFound
    return member


def names_of(user_ids: Iterable[UUID]) -> dict[UUID, str]:
    """User → the name here, for members of the tenant in scope; one query."""
    return dict(members().filter(user_id__in=set(user_ids)).values_list("user_id", "shown"))


def logo_of(tenant_id: UUID) -> Logo | None:
    with in_tenant(tenant_id):
        return Logo.objects.first()


def active_tenant_ids() -> list[UUID]:
    return list(Tenant.objects.filter(is_active=True).order_by("id").values_list("id", flat=True))


def retention_of(tenant_id: UUID) -> int:
    """Days for which a tenant keeps what tells who came."""
    return Tenant.objects.values_list("retention_days", flat=True).get(id=tenant_id)


def database_answers() -> bool:
    """Whether PostgreSQL answers the application's role now."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return True
    except (DatabaseError, PoolTimeout):
        return False


def tenants_by_slug(slugs: Sequence[str] = ()) -> list[Tenant]:
    """These tenants, or all of them."""
    tenants = Tenant.objects.order_by("slug")
    return list(tenants.filter(slug__in=slugs) if slugs else tenants)


def people_in(tenant_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many members each has; across tenants, so as the platform."""
    rows = Membership.objects.filter(tenant_id__in=tenant_ids).values("tenant_id").annotate(people=Count("id"))
    return {row["tenant_id"]: row["people"] for row in rows.order_by()}


@dataclass(frozen=True)
class TableSize:
    """One table with its indexes; `rows` is PostgreSQL's own estimate."""

    name: str
    rows: int
    size_bytes: int


LARGEST = """
SELECT relname, greatest(reltuples, 0)::bigint, pg_total_relation_size(oid) FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 3 DESC, 1 LIMIT %s
"""


def largest_tables(most: int = 8) -> list[TableSize]:
    """The tables that take most room, largest first."""
    with connections["platform"].cursor() as cursor:
        cursor.execute(LARGEST, [most])
        return [TableSize(*row) for row in cursor.fetchall()]


def tenants_like(words: str, *, most: int = 200) -> list[UUID]:
    """Ids of tenants whose name or address contains the words."""
    found = Tenant.objects.filter(Q(name__icontains=words) | Q(slug__icontains=words)).order_by("id")
    return list(found.values_list("id", flat=True)[:most])


def tenants_named(tenant_ids: Sequence[UUID]) -> dict[UUID, str]:
    """What these tenants are called."""
    return dict(Tenant.objects.filter(id__in=set(tenant_ids)).values_list("id", "name"))
