"""People who did not sign up themselves: invited by a tenant, or made at the command line."""

from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from smartqueue.accounts.actions.passwords import request_password_reset
from smartqueue.accounts.models import User


def invite_person(*, email: str, full_name: str, at: datetime) -> User:
    """The person with this address; whoever is new gets a code by e-mail to choose a password.

    Nobody else ever knows that password, and choosing it proves the address. Someone who is known keeps what they have.
    """
    address = email.strip().lower()
    with transaction.atomic():
        user, is_new = User.objects.get_or_create(email=address, defaults={"full_name": full_name, "password": "!"})
    if is_new:
        request_password_reset(email=address, at=at)
    return user


def make_user(*, email: str, password: str, full_name: str, check_password: bool = True) -> User:
    """For the command line: the person with this address, made with this password if there is none.

    Args:
        check_password: False for the demo, whose passwords are printed on the screen anyway.

    Raises:
        ValidationError: the password breaks the rules.
    """
    address = email.strip().lower()
    with transaction.atomic():
        known = User.objects.filter(email=address).first()
        if known is not None:
            return known
        if check_password:
            validate_password(password, User(email=address, full_name=full_name))
        return User.objects.create_user(address, password, full_name=full_name, email_verified=True)
