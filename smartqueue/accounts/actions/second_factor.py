"""The second factor: six digits from a phone every 30 seconds (TOTP, RFC 6238), and codes for when it is lost."""

import hmac
import secrets
from datetime import datetime
from functools import partial
from typing import Literal
from uuid import UUID

import pyotp
from django.db import transaction
from django.utils.translation import gettext as _
from pyotp.exceptions import OTPVerificationError

from smartqueue.accounts.actions import letters, tallies
from smartqueue.accounts.errors import SecondFactorIsOn, SecondFactorRefused, SecondFactorRequired
from smartqueue.accounts.models import RecoveryCode, SecondFactor, User
from smartqueue.accounts.queries import SEALED_FOR, key_for, secret_of
from smartqueue.accounts.states import RECOVERY_CODES, TallyKind
from smartqueue.kernel.errors import Invalid
from smartqueue.kernel.sealed import seal

ALPHABET = "bcdfghjkmnpqrstvwxyz23456789"
"""Of recovery codes: nothing that resembles something else, and no words. Ten of them are 48 bits."""
CLOCKS_DIFFER = 1
"""Steps of 30 s by which a phone's clock may be wrong, either way."""
KIND = TallyKind.SECOND_FACTOR_FAILED

Passed = Literal["totp", "recovery"]


def begin_second_factor(*, user: User, at: datetime) -> None:
    """Make a secret, which does nothing until `confirm_second_factor` has seen a code of it.

    Raises:
        SecondFactorIsOn: there is one already.
    """
    secret = seal(SEALED_FOR, pyotp.random_base32().encode())
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(id=user.id)
        if SecondFactor.objects.filter(user=user).exclude(on_since=None).exists():
            raise SecondFactorIsOn
        fresh = {"secret": secret, "created_at": at, "last_step": 0}
        SecondFactor.objects.update_or_create(user=user, defaults=fresh)


def confirm_second_factor(*, user: User, code: str, at: datetime) -> list[str]:
    """Turn it on with a first code: the phone has the secret.

    Returns:
        Ten recovery codes, `bcdfg-hjkmn`, to be shown once: they are kept hashed.

    Raises:
        SecondFactorRefused: the code is wrong, or none was begun.
        SecondFactorIsOn: there is one already.
        TooManyTries: 20 wrong codes within a day.
    """
    with transaction.atomic(durable=True):
        User.objects.select_for_update(no_key=True).get(id=user.id)
        factor = SecondFactor.objects.select_for_update().filter(user=user).first()
        if factor and factor.on_since:
            raise SecondFactorIsOn
        tallies.refuse_if_full(kind=KIND, email=user.email, at=at)
        step = _step_of(factor, normal(code), at) if factor else None
        if factor is None or step is None:
            tallies.add_failure(kind=KIND, email=user.email, at=at)
        else:
            factor.on_since, factor.last_step = at, step
            factor.save(update_fields=["on_since", "last_step"])
            codes = _make_recovery_codes(user)
            letters.write(user, letters.SECOND_FACTOR_ON)
    if step is None:
        raise SecondFactorRefused(user.id)
    return codes


def pass_second_factor(*, user: User, code: str, at: datetime) -> Passed | None:
    """Ask for the second factor of somebody whose first was right.

    One try at a time for each person: a code passes once, and no code passes after the twentieth failure of a day.

    Args:
        code: six digits or a recovery code, with or without spaces and hyphens.

    Returns:
        Which one it was; None for a person who has no second factor.

    Raises:
        SecondFactorRequired: there is one, and `code` is empty.
        SecondFactorRefused: wrong, or used before.
        TooManyTries: 20 failures within a day.
    """
    with transaction.atomic(durable=True):  # the failure must outlive the refusal
        factor = SecondFactor.objects.select_for_update().filter(user=user).exclude(on_since=None).first()
        if factor is None:
            return None
        if not code.strip():
            raise SecondFactorRequired(user.id)
        tallies.refuse_if_full(kind=KIND, email=user.email, at=at)
        passed = _use(factor, normal(code), at)
        if passed is None:
            tallies.add_failure(kind=KIND, email=user.email, at=at)
    if passed is None:
        raise SecondFactorRefused(user.id)
    return passed


def remove_second_factor(*, user: User, proof: str, at: datetime) -> None:
    """Turn it off.

    Args:
        proof: the password, or six digits of the second factor itself.

    Raises:
        Invalid: the proof is wrong.
        TooManyTries: 20 wrong ones within a day.
    """
    _prove(user, proof, at)
    with transaction.atomic():
        SecondFactor.objects.filter(user=user).delete()
        RecoveryCode.objects.filter(user=user).delete()
        letters.write(user, letters.SECOND_FACTOR_OFF)


def take_second_factor_away(*, user: User, using: str) -> bool:
    """Turn it off for somebody who has lost their phone and their codes; who asks was made sure of elsewhere.

    Args:
        using: the connection whose transaction is open. The letter to the person leaves once that has committed.

    Returns:
        Whether there was one.
    """
    gone, _rows = SecondFactor.objects.using(using).filter(user=user).delete()
    RecoveryCode.objects.using(using).filter(user=user).delete()
    if gone:
        transaction.on_commit(partial(letters.write, user, letters.SECOND_FACTOR_TAKEN_AWAY), using=using)
    return bool(gone)


def renew_recovery_codes(*, user: User, proof: str, at: datetime) -> list[str]:
    """Ten new recovery codes; those before no longer count.

    Raises:
        Invalid: the proof is wrong, or there is no second factor to recover.
        TooManyTries: as in `remove_second_factor`.
    """
    _prove(user, proof, at)
    with transaction.atomic():
        if not SecondFactor.objects.select_for_update().filter(user=user).exclude(on_since=None).exists():
            raise Invalid(proof=_("Your second factor is off."))
        return _make_recovery_codes(user)


def normal(code: str) -> str:
    return "".join(code.split()).replace("-", "").lower()


def _use(factor: SecondFactor, code: str, at: datetime) -> Passed | None:
    step = _step_of(factor, code, at)
    if step is not None:
        factor.last_step = step
        factor.save(update_fields=["last_step"])
        return "totp"
    unused = RecoveryCode.objects.filter(user=factor.user_id, code_hash=_hash_of(factor.user_id, code), used_at=None)
    return "recovery" if unused.update(used_at=at) else None


def _step_of(factor: SecondFactor, code: str, at: datetime) -> int | None:
    """The step of 30 s that a code belongs to; None for a wrong one, and for one of a step that was used."""
    if not (len(code) == 6 and code.isdecimal() and code.isascii()):
        return None
    totp = pyotp.TOTP(secret_of(factor))
    try:
        step = totp.verify_and_get_timecode(code, for_time=at, valid_window=CLOCKS_DIFFER)
    except OTPVerificationError:
        return None
    return step if step > factor.last_step else None


def _make_recovery_codes(user: User) -> list[str]:
    codes = ["".join(secrets.choice(ALPHABET) for _sign in range(10)) for _one in range(RECOVERY_CODES)]
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, code_hash=_hash_of(user.id, code)) for code in codes)
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def _hash_of(user_id: UUID, code: str) -> bytes:
    return hmac.digest(key_for("recovery"), f"{user_id}:{code}".encode(), "sha256")


def _prove(user: User, proof: str, at: datetime) -> None:
    """Six digits are the second factor's; anything else is taken for the password, which is never that short."""
    if len(normal(proof)) == 6 and normal(proof).isdecimal():
        try:
            if pass_second_factor(user=user, code=proof, at=at):
                return
        except SecondFactorRefused as refusal:
            raise Invalid(proof=str(refusal)) from None
    tallies.refuse_if_full(kind=TallyKind.SIGN_IN_FAILED, email=user.email, at=at)
    if not user.check_password(proof):
        tallies.count_failure(kind=TallyKind.SIGN_IN_FAILED, email=user.email, at=at)
        raise Invalid(proof=_("This is not your password."))
