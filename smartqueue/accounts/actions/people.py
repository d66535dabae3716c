"""Signing up, signing in, and what people change about themselves."""

from datetime import datetime

import phonenumbers
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils.translation import gettext as _

from smartqueue.accounts.actions import letters, tallies
from smartqueue.accounts.actions.codes import make_code
from smartqueue.accounts.actions.passwords import check_rules
from smartqueue.accounts.errors import EmailNotVerified, WrongCredentials
from smartqueue.accounts.models import User
from smartqueue.accounts.queries import normal_email, user_by_email
from smartqueue.accounts.states import CodePurpose, TallyKind
from smartqueue.kernel.errors import Invalid

HOME_REGION = "SN"


def sign_up(*, email: str, password: str, full_name: str, phone: str, language: str, at: datetime) -> User | None:
    """Open an account, whose address then waits for its code.

    Args:
        phone: in national or international form, or empty.
        language: of the letters and pages: fr, wo, en.

    Returns:
        The new user; None when the address has an account, to which a note is sent. The two must be answered alike.

    Raises:
        Invalid: the password breaks the rules, or the phone number cannot exist.
        TooManyTries: three messages within 15 minutes were asked for with this address.
    """
    fields = {"full_name": full_name, "phone": normal_phone(phone), "language": language}
    email = normal_email(email)
    check_rules(password, user=User(email=email, **fields), field="password")
    tallies.count(kind=TallyKind.MAIL_SENT, email=email, at=at)
    hashed = make_password(password)  # before looking: it is most of the time that this takes
    with transaction.atomic():
        user, is_new = User.objects.get_or_create(email=email, defaults={"password": hashed, **fields})
        if is_new:
            make_code(user, purpose=CodePurpose.VERIFY_EMAIL, at=at)
        else:
            letters.write(user, letters.ALREADY_HERE)
    return user if is_new else None


def sign_in(*, email: str, password: str, at: datetime) -> User:
    """Check an address and its password. An unknown address takes as long as a known one.

    After 20 failures within a day the address is refused, known or not; choosing a new password by e-mail frees it,
    so that a stranger cannot lock somebody out. Tries that run at the same instant may pass the limit together, but no
    right password is accepted after the twentieth failure was counted.

    Raises:
        WrongCredentials: unknown address, wrong password, closed account.
        EmailNotVerified: right password, unconfirmed address.
        TooManyTries: 20 failures within a day.
    """
    tallies.refuse_if_full(kind=TallyKind.SIGN_IN_FAILED, email=email, at=at)
    user = user_by_email(email)
    if user is None:
        make_password(password)
    if user is None or not user.check_password(password) or not user.is_active:
        tallies.count_failure(kind=TallyKind.SIGN_IN_FAILED, email=email, at=at)
        raise WrongCredentials(user.id if user else None)
    tallies.refuse_if_full(kind=TallyKind.SIGN_IN_FAILED, email=email, at=at)
    if not user.email_verified:
        raise EmailNotVerified(user.id)
    User.objects.filter(id=user.id).update(last_login=at)
    return user


def change_profile(
    *, user: User, full_name: str | None = None, phone: str | None = None, language: str | None = None
) -> list[str]:
    """Change what a person may change about themselves; None leaves it as it is.

    Returns:
        The names of the fields that are different now.

    Raises:
        Invalid: the phone number cannot exist.
    """
    wanted = {"full_name": full_name, "phone": None if phone is None else normal_phone(phone), "language": language}
    changed = {name: value for name, value in wanted.items() if value is not None and value != getattr(user, name)}
    for name, value in changed.items():
        setattr(user, name, value)
    if changed:
        user.save(update_fields=changed)
    return sorted(changed)


def normal_phone(phone: str) -> str:
    """A phone number as E.164, `+221771234567`; without a country it is read as Senegalese. Empty stays empty.

    Raises:
        Invalid: no such number can exist.
    """
    if not phone.strip():
        return ""
    try:
        number = phonenumbers.parse(phone, HOME_REGION)
    except phonenumbers.NumberParseException:
        number = phonenumbers.PhoneNumber()
    if not phonenumbers.is_valid_number(number):
        message = _("This is not a phone number. Give it as +221 77 123 45 67.")
        raise Invalid(phone={"code": "invalid_phone", "message": message})
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
