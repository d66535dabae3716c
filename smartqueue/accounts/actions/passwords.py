"""Choosing another password: with the old one, or with a code by e-mail."""

from datetime import datetime
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from smartqueue.accounts.actions import letters, tallies
from smartqueue.accounts.actions.codes import make_code, right_code, use
from smartqueue.accounts.actions.sessions import end_sessions_of
from smartqueue.accounts.errors import CodeRefused
from smartqueue.accounts.models import User
from smartqueue.accounts.queries import normal_email, user_by_email
from smartqueue.accounts.states import CodePurpose, TallyKind
from smartqueue.kernel.errors import Invalid


def request_password_reset(*, email: str, at: datetime) -> None:
    """Send a code to the address of an active user; for any other address nothing happens, and nobody learns it.

    Raises:
        TooManyTries: three messages within 15 minutes were asked for, whether or not the address is known.
    """
    tallies.count(kind=TallyKind.MAIL_SENT, email=email, at=at)
    user = user_by_email(email)
    if user and user.is_active:
        make_code(user, purpose=CodePurpose.RESET_PASSWORD, at=at)


def reset_password(*, email: str, code: str, new_password: str, at: datetime) -> User:
    """Choose a password with a code from the mailbox, which also confirms the address and ends every sign-in.

    Raises:
        Invalid: the password breaks the rules; the code has not been tried.
        CodeRefused: wrong, used, older than 10 minutes, tried 5 times, or never sent.
        TooManyTries: 20 wrong codes within a day.
    """
    check_rules(new_password, user=User(email=normal_email(email)), field="new_password")
    entered = right_code(email=email, purpose=CodePurpose.RESET_PASSWORD, code=code, at=at)
    hashed = make_password(new_password)
    with transaction.atomic():
        use(entered, at=at)
        user = User.objects.select_for_update(no_key=True).get(id=entered.user_id)
        if not user.is_active:
            raise CodeRefused
        user.email_verified = True
        _set_password(user, hashed, at=at)
        tallies.forget_failures(kind=TallyKind.SIGN_IN_FAILED, email=user.email)
    return user


def change_password(*, user: User, current: str, new: str, session: UUID | None, at: datetime) -> None:
    """Choose another password; every other sign-in ends.

    Args:
        session: the family of the sign-in that goes on.

    Raises:
        Invalid: `current` is wrong, or `new` breaks the rules.
        TooManyTries: 20 wrong passwords within a day.
    """
    tallies.refuse_if_full(kind=TallyKind.SIGN_IN_FAILED, email=user.email, at=at)
    if not user.check_password(current):
        tallies.count_failure(kind=TallyKind.SIGN_IN_FAILED, email=user.email, at=at)
        raise _wrong_current()
    check_rules(new, user=user, field="new")
    seen, hashed = user.password, make_password(new)
    with transaction.atomic():
        locked = User.objects.select_for_update(no_key=True).filter(id=user.id, password=seen, is_active=True).first()
        if locked is None:  # changed by another request since it was checked
            raise _wrong_current()
        _set_password(locked, hashed, at=at, but=session)
    user.password = hashed


def check_rules(password: str, *, user: User, field: str) -> None:
    """Hold a password against AUTH_PASSWORD_VALIDATORS.

    Args:
        user: what the password must not resemble.
        field: the field to name in the refusal.

    Raises:
        Invalid: with each rule that it breaks.
    """
    try:
        validate_password(password, user)
    except ValidationError as broken:
        rules = [{"code": rule.code or "invalid", "message": rule.messages[0]} for rule in broken.error_list]
        raise Invalid(**{field: rules}) from broken


def _set_password(user: User, hashed: str, *, at: datetime, but: UUID | None = None) -> None:
    user.password = hashed
    user.save(update_fields=["password", "email_verified"])
    end_sessions_of(user, at=at, but=but)
    letters.write(user, letters.PASSWORD_CHANGED)


def _wrong_current() -> Invalid:
    return Invalid(current={"code": "wrong_password", "message": _("This is not your password.")})
