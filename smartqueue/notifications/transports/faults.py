"""What HTTP says in the same words everywhere, as what became of a message."""

import time
from email.utils import parsedate_to_datetime

from smartqueue.notifications.states import Outcome
from smartqueue.notifications.transports.base import TransportFault
from smartqueue.outbound.http import Answer

LONGEST_WAIT_S = 3_600.0
PERHAPS_TAKEN = (500, 502, 504)
"""Who stands in front of a provider answers so as well when the provider itself has done its work."""


def asked_to_wait_s(answer: Answer) -> float | None:
    """`Retry-After` in seconds, given as such or as a date (RFC 9110 § 10.2.3); never more than an hour."""
    told = answer.headers.get("retry-after", "").strip()
    if told.isdigit():
        return min(float(told), LONGEST_WAIT_S)
    try:
        left = parsedate_to_datetime(told).timestamp() - time.time()
    except ValueError:
        return None
    return min(max(left, 0.0), LONGEST_WAIT_S)


def fault_of(answer: Answer, *, said: str = "", otherwise: Outcome = Outcome.REFUSED_MESSAGE) -> TransportFault:
    """What an answer other than 2xx means where the provider does not say it better.

    Args:
        said: the provider's own words; else the beginning of its answer.
        otherwise: for a 4xx that says nothing in particular.
    """
    match answer.status:
        case 401 | 403:
            outcome = Outcome.NO_ACCOUNT
        case 402:
            outcome = Outcome.NO_CREDIT
        case 408 | 425 | 429:
            outcome = Outcome.BUSY
        case 413:
            outcome = Outcome.TOO_LONG
        case status if status >= 500:
            outcome = Outcome.THEIR_TROUBLE
        case status if status < 400:
            outcome = Outcome.NOT_UNDERSTOOD
        case _:
            outcome = otherwise
    words = said or answer.body[:150].decode("utf-8", "replace")
    perhaps = answer.status in PERHAPS_TAKEN
    return TransportFault(
        outcome, is_unknown=perhaps, retry_after_s=asked_to_wait_s(answer), said=f"{answer.status} {words}"
    )
