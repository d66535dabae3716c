"""Who belongs where."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import DatabaseError, connection
from psycopg_pool import PoolTimeout

from smartqueue.tenants.models import Logo, Membership, Tenant
from smartqueue.tenants.scope import ask, in_tenant
from smartqueue.tenants.states import Scope, scopes_of


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
        .filter(user_id=user_id, tenant__is_active=True)
        .order_by("created_at", "id")
    )


def active_tenant(slug: str) -> Tenant | None:
    """By its address; None also for one that is not active."""
    return Tenant.objects.filter(slug=slug, is_active=True).first()


def logo_of(tenant_id: UUID) -> Logo | None:
    with in_tenant(tenant_id):
        return Logo.objects.first()


def active_tenant_ids() -> list[UUID]:
    return list(Tenant.objects.filter(is_active=True).order_by("id").values_list("id", flat=True))


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
