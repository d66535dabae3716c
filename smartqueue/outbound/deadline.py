"""One instant that all steps of one call share."""

import time
from typing import Final


class NoAnswer(Exception):
    """Nothing came back, or nothing may be asked there.

    Attributes:
        code: one of the constants below.
        is_unknown: the request may have arrived: who asks again may cause a thing twice.
    """

    NOT_FOUND: Final = "not_found"
    NOT_ALLOWED: Final = "not_allowed"
    UNREACHABLE: Final = "unreachable"
    TIMEOUT: Final = "timeout"
    CLOSED: Final = "closed"
    BAD_CERTIFICATE: Final = "bad_certificate"
    NO_TLS: Final = "no_tls"
    NOT_UNDERSTOOD: Final = "not_understood"
    TOO_LONG: Final = "too_long"

    def __init__(self, code: str, *, is_unknown: bool = False) -> None:
        super().__init__(code)
        self.code, self.is_unknown = code, is_unknown


class Deadline:
    """An instant, `seconds` from now."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    @property
    def left_s(self) -> float:
        """Seconds that are left.

        Raises:
            NoAnswer: none are.
        """
        left = self._until - time.monotonic()
        if left <= 0:
            raise NoAnswer(NoAnswer.TIMEOUT, is_unknown=True)
        return left
