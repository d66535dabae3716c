"""Whose address a provider calls."""

from uuid import UUID

from django.db import connection

from smartqueue.notifications.models import Integration


def tenant_of_hook(key: str) -> UUID | None:
    """The active tenant whose integration has this secret address; the one question that needs no scope."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT notifications_tenant_of_hook(%s)", [key])
        row = cursor.fetchone()
    return row[0] if row else None


def integration_of_hook(*, provider: str, key: str) -> Integration | None:
    """What is connected at this address, with its tenant; in the tenant's scope."""
    return Integration.objects.select_related("tenant").filter(provider=provider, hook_key=key).first()
