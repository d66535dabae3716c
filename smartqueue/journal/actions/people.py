"""What super-admins do to the account of one person who cannot do it: with a reason, told in the platform's log and in
that of every organisation to which the person belongs.

Everything runs on the platform connection, in one transaction with its facts.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from smartqueue.accounts.actions import second_factor as factors
from smartqueue.accounts.actions import sign_out_everywhere
from smartqueue.accounts.models import User
from smartqueue.journal.actions.platform import PLATFORM, record_by_staff
from smartqueue.journal.actions.staff import lock_super_admins
from smartqueue.journal.errors import AlreadyDone, OwnAccount
from smartqueue.journal.states import Actor, AuditKind
from smartqueue.kernel.errors import NotFound
from smartqueue.tenants.queries import every_membership_of
from smartqueue.tenants.routers import as_platform


def take_second_factor_away(*, user_id: UUID, reason: str, actor: Actor, at: datetime) -> User:
    """Turn somebody's second factor off; they get a letter.

    Raises:
        NotFound: there is nobody with this id.
        OwnAccount: one's own is turned off with a proof, on one's own page.
        AlreadyDone: it is off.
        Forbidden: whoever asks is no super-admin any more.
    """
    with _account(user_id, actor) as user:
        if not factors.take_second_factor_away(user=user, using=PLATFORM):
            raise AlreadyDone
        _note("user.second_factor_off", AuditKind.PERMISSION_CHANGE, user, reason, actor, at)
    return user


def end_sign_ins(*, user_id: UUID, reason: str, actor: Actor, at: datetime) -> User:
    """Sign somebody out everywhere.

    Raises:
        NotFound, OwnAccount, Forbidden: as above.
    """
    with _account(user_id, actor) as user:
        sign_out_everywhere(user=user, at=at)
        _note("user.signed_out_everywhere", AuditKind.UPDATE, user, reason, actor, at)
    return user


def set_account_open(*, user_id: UUID, is_open: bool, reason: str, actor: Actor, at: datetime) -> User:
    """Close somebody's account, which ends every sign-in, or open it again. Memberships stay.

    Raises:
        AlreadyDone: it is so.
        NotFound, OwnAccount, Forbidden: as above.
    """
    with _account(user_id, actor) as user:
        if not User.objects.filter(id=user.id, is_active=not is_open).update(is_active=is_open):
            raise AlreadyDone
        if not is_open:
            sign_out_everywhere(user=user, at=at)
        fact = "user.reactivated" if is_open else "user.deactivated"
        changed = {"before": {"is_active": not is_open}, "after": {"is_active": is_open}}
        _note(fact, AuditKind.PERMISSION_CHANGE, user, reason, actor, at, **changed)
    return user


@contextmanager
def _account(user_id: UUID, actor: Actor) -> Iterator[User]:
    """Somebody else's account, locked; two who do the same at once take turns."""
    if user_id == actor.user_id:
        raise OwnAccount
    with as_platform(), transaction.atomic(using=PLATFORM):
        lock_super_admins(actor)
        user = User.objects.select_for_update(no_key=True).filter(id=user_id).first()
        if user is None:
            raise NotFound
        yield user


def _note(
    fact: str, kind: AuditKind, user: User, reason: str, actor: Actor, at: datetime, *,
    before: dict[str, Any] | None = None, after: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    for tenant_id in (None, *(one.tenant_id for one in every_membership_of(user.id))):
        record_by_staff(
            fact, kind=kind, tenant_id=tenant_id, object_type="user", object_id=user.id, actor=actor, at=at,
            before=before, after=(after or {}) | {"reason": reason},
        )  # fmt: skip
