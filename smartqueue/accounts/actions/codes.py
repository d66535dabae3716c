"""Six digits by e-mail: sent, tried, used once."""

import hmac
import secrets
from datetime import datetime

from django.db import transaction
from django.db.models import F

from smartqueue.accounts.actions import letters, tallies
from smartqueue.accounts.errors import CodeRefused
from smartqueue.accounts.models import EmailCode, User
from smartqueue.accounts.queries import key_for, newest_code, user_by_email
from smartqueue.accounts.states import CODE_LIFETIME, MOST_TRIES, CodePurpose, TallyKind


def send_code(*, email: str, at: datetime) -> None:
    """Send a new code to an address that waits for one; for any other address nothing happens, and nobody learns it.

    Raises:
        TooManyTries: three messages within 15 minutes were asked for, whether or not the address is known.
    """
    tallies.count(kind=TallyKind.MAIL_SENT, email=email, at=at)
    user = user_by_email(email)
    if user and user.is_active and not user.email_verified:
        make_code(user, purpose=CodePurpose.VERIFY_EMAIL, at=at)


def verify_email(*, email: str, code: str, at: datetime) -> User:
    """Confirm an address with the code that was sent to it.

    Raises:
        CodeRefused: wrong, used, older than 10 minutes, tried 5 times, or never sent.
        TooManyTries: 20 wrong codes within a day.
    """
    entered = right_code(email=email, purpose=CodePurpose.VERIFY_EMAIL, code=code, at=at)
    with transaction.atomic():
        use(entered, at=at)
        user = User.objects.select_for_update(no_key=True).get(id=entered.user_id)
        user.email_verified = True
        user.save(update_fields=["email_verified"])
    return user


def make_code(user: User, *, purpose: str, at: datetime, binding: str = "") -> None:
    """Store a new code and send it. The codes before it no longer count.

    Args:
        binding: what only the browser that asked for the code holds; the code is worth nothing without it.
    """
    code = f"{secrets.randbelow(1_000_000):06d}"
    with transaction.atomic():
        made = EmailCode(user=user, purpose=purpose, expires_at=at + CODE_LIFETIME, created_at=at)
        made.code_hash = hash_of(made, binding + code)
        made.save(force_insert=True)
        letters.write_code(user, purpose=purpose, code=code)


def right_code(*, email: str, purpose: str, code: str, at: datetime, binding: str = "") -> EmailCode:
    """Spend one try of the newest code; the try counts even though the refusal follows.

    Raises:
        CodeRefused, TooManyTries: as in `verify_email`.
    """
    tallies.refuse_if_full(kind=TallyKind.CODE_FAILED, email=email, at=at)
    newest = newest_code(email=email, purpose=purpose) or EmailCode(code_hash=b"")
    with transaction.atomic(durable=True):
        # One statement: PostgreSQL looks again at a row that another try has just changed.
        live = EmailCode.objects.filter(id=newest.id, tries__lt=MOST_TRIES, used_at=None, expires_at__gt=at)
        had_a_try = live.update(tries=F("tries") + 1) == 1
    is_right = hmac.compare_digest(bytes(newest.code_hash), hash_of(newest, binding + code))
    if not (had_a_try and is_right):
        tallies.count_failure(kind=TallyKind.CODE_FAILED, email=email, at=at)
        raise CodeRefused
    return newest


def use(code: EmailCode, *, at: datetime) -> None:
    """Use up a right code.

    Raises:
        CodeRefused: somebody was quicker.
    """
    if not EmailCode.objects.filter(id=code.id, used_at=None).update(used_at=at):
        raise CodeRefused


def hash_of(made: EmailCode, code: str) -> bytes:
    """Bound to its row, so that the hash of one code says nothing about another."""
    return hmac.digest(key_for("code"), f"{made.id}:{made.user_id}:{made.purpose}:{code}".encode(), "sha256")
