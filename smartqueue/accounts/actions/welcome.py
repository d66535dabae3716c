"""Inviting somebody to an organisation by letter, and the link by which a new person chooses a password.

Whoever invites learns nothing about the address: known or not, there is one letter, one limit and one answer.
"""

from collections.abc import Callable
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from smartqueue.accounts.actions import letters, tallies
from smartqueue.accounts.actions.passwords import check_rules
from smartqueue.accounts.errors import InvitationRefused
from smartqueue.accounts.models import User
from smartqueue.accounts.queries import normal_email
from smartqueue.accounts.states import TallyKind

NO_PASSWORD = "!"  # noqa: S105 - Django's sign that there is none
INVITED: letters.Letter = (
    _("{organisation} invites you to SmartQueue"),
    _(
        "{organisation} has added you to its team on SmartQueue.\n\n"
        "Choose your password here:\n{link}\n\n"
        "The link works once, for three days. If you do not expect this, you have nothing to do."
    ),
)
ADDED: letters.Letter = (
    _("{organisation} has added you to its team"),
    _(
        "{organisation} has added you to its team on SmartQueue.\n\n"
        "Sign in as you are used to:\n{link}\n\n"
        "If you do not expect this, write to them."
    ),
)


class Invitation(PasswordResetTokenGenerator):
    """Django's signed token: dead once a password is set, and after PASSWORD_RESET_TIMEOUT, three days."""

    key_salt = "smartqueue.accounts.invitation"


_invitation = Invitation()


def invited_person(*, email: str, full_name: str, language: str, at: datetime) -> User:
    """The person with this address, made without a password if there is none. Who is known keeps what they have.

    Raises:
        TooManyTries: three letters within 15 minutes, whether or not the address is known.
    """
    address = normal_email(email)
    tallies.count(kind=TallyKind.MAIL_SENT, email=address, at=at)
    new = {"full_name": full_name, "language": language, "password": NO_PASSWORD}
    with transaction.atomic():
        return User.objects.get_or_create(email=address, defaults=new)[0]


def write_invitation(
    *, user: User, organisation: str, choose: Callable[[User, str], str], sign_in: str, again: bool = False,
    at: datetime | None = None,
) -> None:  # fmt: skip
    """The letter, once the transaction has committed.

    Args:
        organisation: its name.
        choose: user and token → the address where a password is chosen.
        sign_in: the address for who has a password already.
        again: it was sent before: count it against the limit, `at` that instant.

    Raises:
        TooManyTries: when it is sent again too often.
    """
    if again and at is not None:
        tallies.count(kind=TallyKind.MAIL_SENT, email=user.email, at=at)
    name = " ".join(organisation.split())
    if waits_for_password(user):
        letters.write(user, INVITED, organisation=name, link=choose(user, _invitation.make_token(user)))
    else:
        letters.write(user, ADDED, organisation=name, link=sign_in)


def waits_for_password(user: User) -> bool:
    """Whether this is somebody who was invited and has not chosen a password yet."""
    return user.password == NO_PASSWORD and user.is_active


def invitation_stands(user: User | None, token: str) -> bool:
    """Whether this link still lets this person choose a password."""
    return user is not None and waits_for_password(user) and _invitation.check_token(user, token)


def accept_invitation(*, user: User | None, token: str, password: str) -> User:
    """Choose the first password, which also confirms the address. Of two at once, one is heard.

    Raises:
        InvitationRefused: used, older than three days, or never sent.
        Invalid: the password breaks the rules; the link still works.
    """
    if user is None or not invitation_stands(user, token):
        raise InvitationRefused
    check_rules(password, user=user, field="password")
    hashed = make_password(password)
    with transaction.atomic():
        locked = User.objects.select_for_update(no_key=True).get(id=user.id)
        if not invitation_stands(locked, token):
            raise InvitationRefused
        locked.password, locked.email_verified = hashed, True
        locked.save(update_fields=["password", "email_verified"])
    return locked
