"""What super-admins open and close: organisations, each other's rights, their own way into a tenant.

Everything runs on the platform connection, in one transaction with its fact.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from smartqueue.accounts.actions import request_password_reset
from smartqueue.accounts.actions.welcome import NO_PASSWORD, invited_person, write_invitation
from smartqueue.accounts.errors import TooManyTries
from smartqueue.accounts.models import User
from smartqueue.accounts.queries import normal_email
from smartqueue.journal.actions.platform import PLATFORM, record_by_staff
from smartqueue.journal.errors import NotASuperAdmin, NotYourself, SlugTaken
from smartqueue.journal.states import Actor, AuditKind
from smartqueue.kernel.errors import Forbidden, Invalid, NotFound
from smartqueue.kernel.refusing import refusing
from smartqueue.tenants.models import Membership, Tenant
from smartqueue.tenants.routers import as_platform
from smartqueue.tenants.states import Role

logger = logging.getLogger(__name__)


def open_tenant(
    *, values: dict[str, Any], admin_email: str, admin_name: str, choose: Callable[[User, str], str], sign_in: str,
    actor: Actor, at: datetime,
) -> Tenant:  # fmt: skip
    """Make an organisation and its first administrator, who gets a letter, and chooses a password if they are new.

    Args:
        values: `name`, `slug`, `type`, `plan`, `locale`, `time_zone`.
        choose: user and token → the address where a password is chosen.
        sign_in: the address for who has a password already.

    Raises:
        SlugTaken: another organisation has that address.
        Invalid: a name or slug that cannot be.
        TooManyTries: three letters to this address within 15 minutes.
    """
    tenant = Tenant(**values)
    try:
        tenant.clean_fields()
    except ValidationError as refused:
        raise Invalid(**refused.message_dict) from refused
    with as_platform(), transaction.atomic(using=PLATFORM):
        with refusing(tenants_tenant_slug_key=SlugTaken), transaction.atomic(using=PLATFORM):
            tenant.save(force_insert=True)
        user = invited_person(email=admin_email, full_name=admin_name, language=tenant.locale, at=at)
        letter = partial(write_invitation, user=user, organisation=tenant.name, choose=choose, sign_in=sign_in)
        transaction.on_commit(letter, using=PLATFORM)
        membership = Membership.objects.create(tenant=tenant, user=user, role=Role.ADMIN)
        record_by_staff(
            "tenant.created", kind=AuditKind.CREATE, tenant_id=tenant.id, object_type="tenant", object_id=tenant.id,
            actor=actor, at=at, after={name: str(value) for name, value in values.items()},
        )  # fmt: skip
        record_by_staff(
            "member.role_changed", kind=AuditKind.PERMISSION_CHANGE, tenant_id=tenant.id, object_type="membership",
            object_id=membership.id, actor=actor, at=at, after={"role": str(Role.ADMIN), "user_id": str(user.id)},
        )  # fmt: skip
    return tenant


def make_super_admin(*, email: str, name: str, actor: Actor, at: datetime) -> User:
    """Give a person every right on the platform; who is new is written to, and chooses a password.

    Raises:
        Forbidden: whoever asks is no super-admin any more.
    """
    with as_platform(), transaction.atomic(using=PLATFORM):
        lock_super_admins(actor)
        person = _person(email, name, at=at)
        user = User.objects.select_for_update(no_key=True).get(id=person.id)
        if not user.is_superuser:
            _give(user, True, actor, at)
    return user


def remove_super_admin(*, user_id: UUID, actor: Actor, at: datetime) -> User:
    """Take the rights on the platform away; memberships stay.

    There is always one left: whoever asks is one, is asked again under the lock, and cannot remove themselves.

    Raises:
        NotYourself, NotASuperAdmin.
        Forbidden: whoever asks is no super-admin any more.
    """
    if user_id == actor.user_id:
        raise NotYourself
    with as_platform(), transaction.atomic(using=PLATFORM):
        lock_super_admins(actor)
        user = User.objects.filter(id=user_id, is_superuser=True).first()
        if user is None:
            raise NotASuperAdmin
        _give(user, False, actor, at)
    return user


def enter_as_support(*, tenant_id: UUID, reason: str, actor: Actor, at: datetime) -> Tenant:
    """Note that a super-admin enters a tenant. One fact, which the tenant's log and the platform's both show.

    Raises:
        NotFound: there is no such tenant, or it is suspended: then nobody is inside.
    """
    with as_platform(), transaction.atomic(using=PLATFORM):
        tenant = Tenant.objects.filter(id=tenant_id, is_active=True).first()
        if tenant is None:
            raise NotFound
        _record_support("support.entered", tenant_id, actor, at, after={"reason": reason})
    return tenant


def leave_support(*, tenant_id: UUID, actor: Actor, at: datetime) -> None:
    """Note that a super-admin has left."""
    with as_platform(), transaction.atomic(using=PLATFORM):
        _record_support("support.left", tenant_id, actor, at)


def _record_support(fact: str, tenant_id: UUID, actor: Actor, at: datetime, **values: Any) -> None:
    record_by_staff(
        fact, kind=AuditKind.PERMISSION_CHANGE, tenant_id=tenant_id, object_type="tenant", object_id=tenant_id,
        actor=actor, at=at, **values,
    )  # fmt: skip


def lock_super_admins(actor: Actor) -> None:
    """One at a time: two who remove each other would both succeed.

    Raises:
        Forbidden: whoever asks is no super-admin any more.
    """
    known = User.objects.select_for_update(no_key=True).filter(is_superuser=True, is_active=True).order_by("id")
    if actor.user_id not in [user.id for user in known]:
        raise Forbidden


def _give(user: User, is_super: bool, actor: Actor, at: datetime) -> None:
    User.objects.filter(id=user.id).update(is_superuser=is_super, is_staff=is_super)
    record_by_staff(
        "user.updated", kind=AuditKind.PERMISSION_CHANGE, tenant_id=None, object_type="user", object_id=user.id,
        actor=actor, at=at, before={"is_superuser": not is_super}, after={"is_superuser": is_super},
    )  # fmt: skip


def _person(email: str, name: str, *, at: datetime) -> User:
    """The person with this address. The letter to who is new leaves once the platform's transaction has committed."""
    values = {"full_name": name, "password": NO_PASSWORD}
    user, is_new = User.objects.get_or_create(email=normal_email(email), defaults=values)
    if is_new:
        transaction.on_commit(partial(_write, user.email, at), using=PLATFORM)
    return user


def _write(email: str, at: datetime) -> None:
    try:
        with transaction.atomic(using=PLATFORM):  # still on this connection, where the limit locks its row
            request_password_reset(email=email, at=at)
    except TooManyTries:  # three letters within a quarter of an hour: the sign-in page sends the next one
        logger.warning("an invitation was not sent: too many letters to this address")
