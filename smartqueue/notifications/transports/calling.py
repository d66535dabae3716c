"""What the SMS providers have in common: forms and JSON over HTTP, and phone numbers."""

import hashlib
import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

import phonenumbers

from smartqueue.kernel.errors import Invalid
from smartqueue.kernel.phones import normalise
from smartqueue.notifications.states import Outcome
from smartqueue.notifications.states.sms import measured
from smartqueue.notifications.transports.base import Call, Forged, Outgoing, TransportFault
from smartqueue.notifications.transports.faults import fault_of
from smartqueue.outbound.deadline import Deadline, NoAnswer
from smartqueue.outbound.http import Answer, call

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
LONGEST_NAME, LONGEST_TEXT = 120, 1_600
"""Letters of a name that a provider gives, and of a text that a person sends (ten SMS): what is longer is cut."""


def ask(
    method: str, url: str, deadline: Deadline, *, headers: Mapping[str, str] | None = None, content: bytes = b""
) -> Answer:
    """One question to a provider, whatever the answer's status.

    Raises:
        TransportFault: there was no answer.
    """
    try:
        return call(method, url, deadline=deadline, headers=headers, content=content)
    except NoAnswer as silence:
        raise TransportFault.of(silence) from None


def refusal(answer: Answer, *, outcome: Outcome | None = None, said: str = "") -> TransportFault:
    """What an answer other than 2xx means.

    Args:
        outcome: what the provider's own code says; None leaves it to the status.
        said: the provider's own words.
    """
    fault = fault_of(answer, said=said)
    if outcome is not None:
        fault.outcome = outcome
    return fault


def told(answer: Answer) -> dict[str, Any]:
    """The JSON object of an answer; an empty one if it is none."""
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def not_understood(answer: Answer) -> TransportFault:
    """A good status around something that is not the protocol: it may have been taken."""
    words = answer.body[:150].decode("utf-8", "replace")
    return TransportFault(Outcome.NOT_UNDERSTOOD, is_unknown=True, said=f"{answer.status} {words}")


def basic(user: str, password: str) -> str:
    """The header `Authorization` of RFC 7617."""
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"


def form(fields: Mapping[str, str]) -> bytes:
    return urlencode(fields).encode()


def number(message: Outgoing) -> str:
    """Where a message goes, in E.164.

    Raises:
        TransportFault: it is no phone number.
    """
    try:
        return normalise(message.to)
    except Invalid:
        raise TransportFault(Outcome.REFUSED_RECIPIENT, said="No phone number") from None


def national(message: Outgoing) -> str:
    """The number without the code of its country, digits only.

    Raises:
        TransportFault: it is no phone number.
    """
    return phonenumbers.national_significant_number(phonenumbers.parse(number(message)))


def sender(raw: str) -> str:
    """Who has written, in E.164; '' for a short code or a name, which nobody can answer. Some gateways leave out the
    plus."""
    for written in (raw, f"+{raw.lstrip('0')}"):
        try:
            return normalise(written)
        except Invalid:
            continue
    return ""


def parts(message: Outgoing) -> int:
    """SMS that a message becomes."""
    return max(measured(message.body).parts, 1)


def form_in(request: Call) -> dict[str, str]:
    """The fields of a provider's request: of its form, or of its query where it asks with GET. Blank ones stay.

    Raises:
        Forged: it is none that anybody sends.
    """
    if request.method == "GET":
        return dict(request.query)
    try:
        return dict(parse_qsl(request.body.decode(), keep_blank_values=True, max_num_fields=200))
    except ValueError:
        raise Forged from None


def object_in(request: Call) -> dict[str, Any]:
    """The JSON object of a provider's request.

    Raises:
        Forged: it is none.
    """
    try:
        found = json.loads(request.body)
    except (ValueError, RecursionError):
        raise Forged from None
    if not isinstance(found, dict):
        raise Forged
    return found


def clean(raw: str, longest: int = LONGEST_NAME) -> str:
    """What a database takes: without NUL and halves of surrogate pairs, and not longer than `longest` letters."""
    return raw.encode("utf-8", "ignore").decode().replace("\0", "")[:longest]


def digest(*words: str) -> str:
    """A name for an event to which its provider gives none: the same words are the same event."""
    return hashlib.sha256("\0".join(words).encode("utf-8", "surrogatepass")).hexdigest()
