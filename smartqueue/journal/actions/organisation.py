"""What an administrator changes about the own organisation: on the platform's connection, which alone may write a
tenant, and recorded in the same transaction there."""

from base64 import b64decode, b64encode
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from smartqueue.journal.actions.drafts import Draftable
from smartqueue.journal.actions.platform import PLATFORM, record_by_staff
from smartqueue.journal.states import Actor, AuditKind
from smartqueue.tenants.actions import judge_brand, set_brand, set_organisation
from smartqueue.tenants.models import Logo, Tenant


def change_organisation(*, tenant_id: UUID, values: dict[str, Any], actor: Actor, at: datetime) -> bool:
    """Name, type, language, time zone, days of retention: `tenants.actions.set_organisation`, and its fact.

    Returns:
        Whether anything is different now; otherwise nothing is written.

    Raises:
        Invalid: a value that cannot be.
    """
    with transaction.atomic(using=PLATFORM):
        return _told("tenant.updated", set_organisation(tenant_id=tenant_id, values=values), tenant_id, actor, at)


def change_brand(
    *, tenant_id: UUID, actor: Actor, at: datetime, fact: str = "tenant.brand_changed", **wanted: Any
) -> bool:
    """Colour and logo: `tenants.actions.set_brand`, and its fact.

    Args:
        wanted: `colour`, `logo` as for `set_brand`; what is left out stays as it is.

    Raises:
        Invalid: no colour, one that cannot be read, or no PNG or JPEG of at most 64 kB.
    """
    with transaction.atomic(using=PLATFORM):
        return _told(fact, set_brand(tenant_id=tenant_id, **wanted), tenant_id, actor, at)


def _told(fact: str, changed: dict[str, Any], tenant_id: UUID, actor: Actor, at: datetime) -> bool:
    if changed:
        record_by_staff(
            fact,
            kind=AuditKind.UPDATE,
            tenant_id=tenant_id,
            object_type="tenant",
            object_id=tenant_id,
            actor=actor,
            at=at,
            before={name: before for name, (before, _after) in changed.items()},
            after={name: after for name, (_before, after) in changed.items()},
        )
    return bool(changed)


class BrandDraft(Draftable):
    """Colour and logo of a tenant's pages. The object is the tenant; a picture travels as base64."""

    object_type = "tenant"
    fields = ("colour", "logo")
    using = PLATFORM
    hidden = ("logo",)

    def now(self, object_id: UUID, *, lock: bool = False) -> dict[str, Any]:
        tenants = Tenant.objects.using(self.using)
        tenant = (tenants.select_for_update(no_key=True) if lock else tenants).get(id=object_id)
        logo = Logo.objects.using(self.using).filter(tenant_id=object_id).first() if tenant.logo_version else None
        return {"colour": tenant.brand_colour, "logo": b64encode(bytes(logo.image)).decode() if logo else ""}

    def judge(self, object_id: UUID, values: dict[str, Any]) -> dict[str, Any]:
        columns = judge_brand(**picture_of(values))
        return values | ({"colour": columns["brand_colour"]} if "colour" in values else {})

    def apply(self, object_id: UUID, values: dict[str, Any], *, actor: Actor, at: datetime) -> None:
        change_brand(tenant_id=object_id, actor=actor, at=at, **picture_of(values))


def picture_of(values: dict[str, Any]) -> dict[str, Any]:
    """Drafted values as `set_brand` takes them: the logo in bytes."""
    return values | ({"logo": b64decode(values["logo"])} if "logo" in values else {})
