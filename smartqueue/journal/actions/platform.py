"""What platform staff do, recorded on their own connection: `sq_platform` sees every tenant, and none may be meant."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from smartqueue.journal.actions import record
from smartqueue.journal.models import Entry
from smartqueue.journal.states import Actor, AuditKind
from smartqueue.tenants.models import Tenant
from smartqueue.tenants.routers import as_platform

PLATFORM = "platform"


def suspend_tenant(*, tenant_id: UUID, actor: Actor, at: datetime, reason: str = "") -> bool:
    """Close a tenant's doors: from the next request on, nobody enters it. Its rows stay.

    Args:
        actor: the member of staff.
        at: the instant, timezone-aware.
        reason: for the audit log, which the tenant reads when it is open again.

    Returns:
        Whether it was active until now; False also for a tenant that does not exist. Then nothing is written.
    """
    return _set_active(False, fact="tenant.suspended", tenant_id=tenant_id, actor=actor, at=at, reason=reason)


def reactivate_tenant(*, tenant_id: UUID, actor: Actor, at: datetime, reason: str = "") -> bool:
    """Open a suspended tenant's doors again.

    Returns:
        Whether it was suspended until now; otherwise nothing is written.
    """
    return _set_active(True, fact="tenant.reactivated", tenant_id=tenant_id, actor=actor, at=at, reason=reason)


def _set_active(is_active: bool, *, fact: str, tenant_id: UUID, actor: Actor, at: datetime, reason: str) -> bool:
    with transaction.atomic(using=PLATFORM):
        tenants = Tenant.objects.using(PLATFORM).filter(id=tenant_id, is_active=not is_active)
        if not tenants.update(is_active=is_active):
            return False
        record_by_staff(
            fact,
            kind=AuditKind.STATUS_CHANGE,
            tenant_id=tenant_id,
            object_type="tenant",
            object_id=tenant_id,
            actor=actor,
            at=at,
            before={"is_active": not is_active},
            after={"is_active": is_active} | ({"reason": reason} if reason else {}),
        )
    return True


def record_by_staff(fact: str, **facts: Any) -> Entry:
    """`record`, on the platform connection, in the transaction that is open there.

    Args:
        facts: as for `record`. `tenant_id`: whose audit trail shows it; None for what belongs to no tenant.
    """
    with as_platform():
        return record(fact, **facts)
