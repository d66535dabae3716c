"""Signing in with a code from the mailbox, instead of a password."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from smartqueue.accounts.actions import tallies
from smartqueue.accounts.actions.codes import make_code, right_code, use
from smartqueue.accounts.errors import CodeRefused, SignInCodeRefused
from smartqueue.accounts.models import User
from smartqueue.accounts.queries import user_by_email
from smartqueue.accounts.states import CodePurpose, TallyKind


def request_sign_in_code(*, email: str, binding: str, at: datetime) -> UUID | None:
    """Send a code to sign in with; for an unknown address nothing happens, and nobody learns it.

    An unconfirmed address that has a password gets none: whoever opened the account may not be who reads the mail,
    and their password would go on working. Choosing another password is the way in.

    Args:
        binding: an unguessable text that stays with the browser that asks.

    Returns:
        Whose address it is, for the journal; the answer to the person must not depend on it.

    Raises:
        TooManyTries: three messages within 15 minutes were asked for, whether or not the address is known.
    """
    tallies.count(kind=TallyKind.MAIL_SENT, email=email, at=at)
    user = user_by_email(email)
    if user and user.is_active and (user.email_verified or not user.has_usable_password()):
        make_code(user, purpose=CodePurpose.SIGN_IN, at=at, binding=binding)
    return user.id if user else None


def sign_in_with_code(*, email: str, code: str, binding: str, at: datetime) -> User:
    """Check a code that was sent for signing in. It also confirms the address.

    Raises:
        SignInCodeRefused: wrong, used, older than 10 minutes, tried 5 times, never sent, asked for by another browser.
        TooManyTries: 20 wrong codes within a day.
    """
    try:
        entered = right_code(email=email, purpose=CodePurpose.SIGN_IN, code=code, at=at, binding=binding)
        with transaction.atomic():
            use(entered, at=at)
            user = User.objects.select_for_update(no_key=True).get(id=entered.user_id)
            if not user.is_active:
                raise CodeRefused
            user.email_verified, user.last_login = True, at
            user.save(update_fields=["email_verified", "last_login"])
    except CodeRefused:
        known = user_by_email(email)
        raise SignInCodeRefused(known.id if known else None) from None
    return user
