"""What codes are for, what is counted per address, and how often is too often."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

CODE_LIFETIME = timedelta(minutes=10)
MOST_TRIES = 5  # per code: a guess succeeds with 5 in a million
FIRST_FACTOR_LASTS = timedelta(minutes=5)
"""How long a right password waits for the second factor."""
RECOVERY_CODES = 10
MOST_PASSKEYS = 20
SESSION_LASTS = timedelta(days=7)
"""A browser's sign-in ends then, however much it was used."""


class CodePurpose(models.TextChoices):
    VERIFY_EMAIL = "verify_email", _("Confirm the e-mail address")
    RESET_PASSWORD = "reset_password", _("Choose a new password")
    SIGN_IN = "sign_in", _("Sign in")


class TallyKind(models.TextChoices):
    """What is counted per address, whether or not somebody has it: so that a limit tells nothing."""

    MAIL_SENT = "mail_sent", _("Messages asked for")
    CODE_FAILED = "code_failed", _("Wrong codes")
    SIGN_IN_FAILED = "sign_in_failed", _("Failed sign-ins")
    SECOND_FACTOR_FAILED = "second_factor_failed", _("Wrong second factors")


@dataclass(frozen=True)
class Limit:
    """At most `most` within any stretch of that length."""

    most: int
    within: timedelta


LIMITS: dict[str, Limit] = {
    TallyKind.MAIL_SENT: Limit(3, timedelta(minutes=15)),
    TallyKind.CODE_FAILED: Limit(20, timedelta(days=1)),
    TallyKind.SIGN_IN_FAILED: Limit(20, timedelta(days=1)),
    TallyKind.SECOND_FACTOR_FAILED: Limit(20, timedelta(days=1)),
}
