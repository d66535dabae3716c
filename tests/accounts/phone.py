"""The app on a person's phone that shows a code every 30 seconds."""

from datetime import datetime
from typing import Any

import pyotp


class Phone:
    """A person's second factor, turned on at an instant.

    Attributes:
        recovery_codes: the ten that were shown.
    """

    def __init__(self, user: Any, *, at: datetime) -> None:
        from smartqueue.accounts.actions import begin_second_factor, confirm_second_factor
        from smartqueue.accounts.queries import begun_second_factor

        begin_second_factor(user=user, at=at)
        self.user, self.secret = user, begun_second_factor(user.id) or ""
        self.recovery_codes = confirm_second_factor(user=user, code=self.code(at), at=at)

    def code(self, at: datetime) -> str:
        return pyotp.TOTP(self.secret).at(at)
