"""A super-admin inside a tenant: for an hour, seen on every page, and named in the tenant's audit log."""

from datetime import datetime, timedelta
from uuid import UUID

from django.http import HttpRequest

from smartqueue.journal.states import SUPPORT as SUPPORT

KEPT = "support"
LASTS = timedelta(hours=1)


def enter_support(request: HttpRequest, tenant_id: UUID, *, at: datetime) -> None:
    """Open one tenant to this session. The caller has asked who may and has recorded the fact."""
    request.session[KEPT] = {"tenant": str(tenant_id), "until": (at + LASTS).isoformat()}


def leave_support(request: HttpRequest) -> UUID | None:
    """Close it again; says which tenant it was."""
    kept = request.session.pop(KEPT, None)
    return UUID(kept["tenant"]) if kept else None


def supports(request: HttpRequest, tenant_id: UUID, *, at: datetime) -> bool:
    """Whether this person is in this tenant as support now. Somebody who is no super-admin any more is not."""
    kept = request.session.get(KEPT)
    if not kept or not getattr(request.user, "is_superuser", False):
        return False
    return bool(kept["tenant"] == str(tenant_id) and at < datetime.fromisoformat(kept["until"]))
