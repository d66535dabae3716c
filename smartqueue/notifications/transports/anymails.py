"""E-mail by SendGrid, Mailgun and Brevo: django-anymail writes the request, our own guarded way out sends it.

Anymail would call with `requests`: any address, redirects followed, proxies and .netrc of the machine heeded, a limit
only for each read. Here its session has one way out, `_Guarded`, which is `outbound.http`: nothing escapes the guard.

Reports: https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features,
https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks, https://developers.brevo.com/docs/transactional-webhooks.
"""

import hashlib
import hmac
import json
import time
import warnings
from base64 import b64decode
from collections.abc import Mapping
from email.utils import formataddr
from typing import Any, ClassVar
from uuid import UUID

import requests
from anymail.exceptions import (
    AnymailAPIError,
    AnymailError,
    AnymailInvalidAddress,
    AnymailNotSupportedWarning,
    AnymailRecipientsRefused,
)
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from django.core.mail import EmailMessage, get_connection
from django.utils.translation import gettext_lazy as _
from requests.adapters import BaseAdapter

from smartqueue.notifications.states import MessageChannel, Outcome, Provider
from smartqueue.notifications.transports import calling
from smartqueue.notifications.transports.base import (
    Call,
    Field,
    Forged,
    Handed,
    Outgoing,
    Reading,
    Report,
    Transport,
    TransportFault,
)
from smartqueue.notifications.transports.email import message_id, one_line, stop_headers
from smartqueue.outbound.deadline import Deadline
from smartqueue.outbound.http import Answer

OURS = "notification"
"""Under this name the provider keeps our id, and tells it in its reports."""
OLDEST_S, EARLIEST_S = 25 * 3600, 300
"""How old a signed report may be, and how far ahead of our clock. SendGrid and Mailgun repeat one for up to a day and
do not say whether they sign it anew; a report that is heard twice has no effect, so its age opens nothing."""
SENDER = Field("sender", _("Sender"), _("The address that your customers see."), pattern=r"[^@\s<>,;]+@[^@\s<>,;]+")
API_KEY = Field("api_key", _("API key"), is_secret=True)


class _Guarded(BaseAdapter):
    """What `requests` calls with; keeps the last answer."""

    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self.deadline = deadline
        self.answer: Answer | None = None

    def send(self, request: requests.PreparedRequest, *_ignored: Any, **_more: Any) -> requests.Response:
        # The length is written anew; an answer that is packed could be larger than it looks.
        left_out = ("content-length", "accept-encoding", "connection")
        headers = {name: _text(value) for name, value in request.headers.items() if name.lower() not in left_out}
        content = _text(request.body or "").encode()
        method, url = request.method or "POST", request.url or ""
        answer = self.answer = calling.ask(method, url, self.deadline, headers=headers, content=content)
        told = requests.Response()
        told.status_code, told.url, told.request, told.encoding = answer.status, url, request, "utf-8"
        told._content = answer.body
        # Without its Location a redirect leads nowhere.
        told.headers.update({name: value for name, value in answer.headers.items() if name != "location"})
        return told

    def close(self) -> None:
        pass


class Mailer(Transport):
    """One account at a provider that anymail knows."""

    channel = MessageChannel.EMAIL
    backend: ClassVar[str]
    """Of anymail."""

    def send(self, message: Outgoing, deadline: Deadline) -> Handed:
        guard = _Guarded(deadline)
        mail = self.mail(message)
        try:
            self._connection(guard).send_messages([mail])
        except (AnymailRecipientsRefused, AnymailInvalidAddress) as error:
            raise TransportFault(Outcome.REFUSED_RECIPIENT, said=type(error).__name__) from None
        except AnymailAPIError as error:
            raise self._fault(guard.answer, error) from None
        except (AnymailError, ValueError) as error:  # it cannot be written as this provider wants it
            raise TransportFault(Outcome.REFUSED_MESSAGE, said=type(error).__name__) from None
        if guard.answer is None:  # anymail takes a letter to nobody for sent
            raise TransportFault(Outcome.REFUSED_RECIPIENT, said="no address")
        status: Any = getattr(mail, "anymail_status", None)
        return Handed(provider_id=self.name_of(status.message_id, guard.answer)[:200])

    def mail(self, message: Outgoing) -> EmailMessage:
        """The letter, with what anymail reads besides."""
        sender = str(self.settings.get("sender", ""))
        headers = {"Auto-Submitted": "auto-generated", **stop_headers(message, sender)}
        mail = EmailMessage(
            one_line(message.subject), message.body, formataddr((one_line(message.sender_name), sender)), [message.to],
            headers=headers | self.more_headers(message, sender),
        )  # fmt: skip
        read_by_anymail: Any = mail
        read_by_anymail.metadata, read_by_anymail.tags = {OURS: str(message.id)}, [message.kind]
        return mail

    def more_headers(self, message: Outgoing, sender: str) -> dict[str, str]:
        """A name of the letter that is the same at every try."""
        return {"Message-ID": message_id(sender, str(message.id))}

    def options(self) -> dict[str, Any]:
        """What the backend needs besides the key."""
        return {}

    def name_of(self, told: str | None, answer: Answer | None) -> str:
        """The letter's name at the provider, as its reports call it."""
        return (told or "").strip("<>")

    def refused(self, answer: Answer, words: str) -> Outcome | None:
        """What the provider's own words mean; None leaves it to the status."""
        return None

    def _connection(self, guard: _Guarded) -> Any:
        session = requests.Session()
        session.trust_env = False  # no proxy and no .netrc of this machine
        session.adapters.clear()
        session.mount("http", guard)
        with warnings.catch_warnings():
            # "Not supported" means that nobody of anymail has an account there to test with; the stand-in is our test.
            warnings.simplefilter("ignore", AnymailNotSupportedWarning)
            connection: Any = get_connection(
                self.backend, api_key=self.secrets.get("api_key", ""), api_url=f"{self.base}/", **self.options()
            )
        connection.session = session
        return connection

    def _fault(self, answer: Answer | None, error: AnymailAPIError) -> TransportFault:
        if answer is None:
            return TransportFault(Outcome.NOT_UNDERSTOOD, said=type(error).__name__)
        if answer.is_ok:
            return calling.not_understood(answer)
        words = answer.body[:600].decode("utf-8", "replace")
        return calling.refusal(answer, outcome=self.refused(answer, words), said=words)


class SendGrid(Mailer):
    provider = Provider.SENDGRID
    backend = "anymail.backends.sendgrid.EmailBackend"
    base_url = "https://api.sendgrid.com/v3"
    signs = True
    fields = (
        API_KEY,
        SENDER,
        Field("webhook_key", _("Verification key"),
              _("SendGrid shows it under “Signed event webhook”. Without it no report is believed."),
              is_required=False, pattern=r"[A-Za-z0-9+/=]{100,200}"),
    )  # fmt: skip

    def mail(self, message: Outgoing) -> EmailMessage:
        return _untracked(super().mail(message))

    def options(self) -> dict[str, Any]:
        return {"generate_message_id": False}

    def name_of(self, told: str | None, answer: Answer | None) -> str:
        return answer.headers.get("x-message-id", "") if answer else ""

    def refused(self, answer: Answer, words: str) -> Outcome | None:
        if "credits" in words.lower():
            return Outcome.NO_CREDIT
        for error in _rows(_json(answer.body), "errors"):
            field = str(error.get("field"))
            if field.startswith("from"):
                return Outcome.REFUSED_SENDER
            if field.startswith("personalizations"):
                return Outcome.REFUSED_RECIPIENT
        return None

    def read(self, call: Call) -> Reading:
        stamp = call.headers.get("x-twilio-email-event-webhook-timestamp", "")
        key = _public_key(str(self.settings.get("webhook_key", "")))
        try:
            given = b64decode(call.headers.get("x-twilio-email-event-webhook-signature", ""), validate=True)
            key.verify(given, stamp.encode() + call.body, ECDSA(SHA256()))
        except (InvalidSignature, ValueError):
            raise Forged from None
        _judge_age(stamp)
        told = _json(call.body)
        return Reading([report for one in told if (report := _sendgrid(one))] if isinstance(told, list) else ())


class Mailgun(Mailer):
    provider = Provider.MAILGUN
    backend = "anymail.backends.mailgun.EmailBackend"
    base_url = "https://api.mailgun.net/v3"
    signs = True
    fields = (
        Field("domain", _("Domain"), _("As it is called at Mailgun: mg.example.sn"), pattern=r"[a-zA-Z0-9.-]{3,253}"),
        API_KEY,
        SENDER,
        Field("signing_key", _("Webhook signing key"), _("Without it no report is believed."), is_secret=True,
              is_required=False),
    )  # fmt: skip

    def mail(self, message: Outgoing) -> EmailMessage:
        return _untracked(super().mail(message))

    def options(self) -> dict[str, Any]:
        return {"sender_domain": str(self.settings.get("domain", ""))}

    def refused(self, answer: Answer, words: str) -> Outcome | None:
        if answer.status == 404:
            return Outcome.NO_ACCOUNT
        if answer.status != 400:
            return None
        lower = words.lower()
        if "'to' parameter" in lower or "to parameter" in lower:
            return Outcome.REFUSED_RECIPIENT
        return Outcome.REFUSED_SENDER if "'from' parameter" in lower or "from parameter" in lower else None

    def read(self, call: Call) -> Reading:
        told = _json(call.body)
        signed, event = _row(told, "signature"), _row(told, "event-data")
        stamp, name, given = (str(signed.get(one, "")) for one in ("timestamp", "token", "signature"))
        key = self.secrets.get("signing_key", "").encode()
        right = hmac.new(key, f"{stamp}{name}".encode(), hashlib.sha256).hexdigest()
        if not key or not name or not hmac.compare_digest(right.encode(), given.encode()):
            raise Forged
        _judge_age(stamp)
        report = _mailgun(event, name)
        return Reading([report] if report else ())


class Brevo(Mailer):
    """Brevo signs nothing: the secret part of our address is all that proves a report."""

    provider = Provider.BREVO
    backend = "anymail.backends.brevo.EmailBackend"
    base_url = "https://api.brevo.com/v3"
    fields = (API_KEY, SENDER)

    def more_headers(self, message: Outgoing, sender: str) -> dict[str, str]:
        """Brevo takes a letter of one key once within a quarter of an hour
        (https://developers.brevo.com/changelog/email-api-now-supports-idempotency)."""
        return {"idempotencyKey": str(message.id)}

    def refused(self, answer: Answer, words: str) -> Outcome | None:
        told = _json(answer.body)
        code = told.get("code") if isinstance(told, dict) else ""
        if code == "not_enough_credits":
            return Outcome.NO_CREDIT
        lower = words.lower()
        if answer.status == 400 and "sender" in lower:
            return Outcome.REFUSED_SENDER
        return Outcome.REFUSED_RECIPIENT if answer.status == 400 and " to" in lower and "email" in lower else None

    def read(self, call: Call) -> Reading:
        told = _json(call.body)
        events = told if isinstance(told, list) else [told]
        return Reading([report for one in events if (report := _brevo(one))])


def _untracked(mail: EmailMessage) -> EmailMessage:
    """No counting of who opens and clicks, and no links that lead through the provider."""
    for name in ("track_opens", "track_clicks"):
        setattr(mail, name, False)
    return mail


_SENDGRID = {"delivered": True, "open": True, "click": True, "spamreport": True, "bounce": False, "dropped": False}
_MAILGUN = {
    "delivered": True, "opened": True, "clicked": True, "complained": True, "unsubscribed": True, "failed": False,
    "rejected": False,
}  # fmt: skip
_BREVO = {
    "delivered": True, "opened": True, "unique_opened": True, "proxy_open": True, "unique_proxy_open": True,
    "click": True, "spam": True, "complaint": True, "unsubscribed": True, "hard_bounce": False, "soft_bounce": False,
    "blocked": False, "invalid_email": False, "error": False,
}  # fmt: skip
"""Whoever has opened a letter has it. What is not here is on its way."""


def _sendgrid(event: Any) -> Report | None:
    if not isinstance(event, Mapping) or not isinstance(event.get("event"), str):
        return None
    name, word = str(event.get("sg_message_id", "")).split(".")[0], str(event["event"])
    own = event.get("sg_event_id")
    event_id = str(own) if own else calling.digest(name, word, str(event.get("timestamp")), str(event.get("email")))
    reason = event.get("reason") or event.get("response") or ""
    return _report(event_id, name, _SENDGRID.get(word), word, reason, event.get(OURS))


def _mailgun(event: Mapping[str, Any], token: str) -> Report | None:
    """The signature is over time and token, not over the event: so the token is the event's name, and says one thing
    only."""
    if not isinstance(event.get("event"), str):
        return None
    word = str(event["event"])
    arrived = None if (word, event.get("severity")) == ("failed", "temporary") else _MAILGUN.get(word)
    name = str(_row(_row(event, "message"), "headers").get("message-id", "")).strip("<>")
    status = _row(event, "delivery-status")
    reason = status.get("message") or status.get("description") or event.get("reason") or ""
    return _report(token, name, arrived, word, reason, _row(event, "user-variables").get(OURS))


def _brevo(event: Any) -> Report | None:
    if not isinstance(event, Mapping) or not isinstance(event.get("event"), str):
        return None
    word, name = str(event["event"]), str(event.get("message-id", "")).strip("<>")
    moment = str(event.get("ts_epoch") or event.get("ts_event") or event.get("date"))
    event_id = calling.digest(name, word, moment, str(event.get("email")))
    ours = _row({"told": _json(str(event.get("X-Mailin-custom", "")))}, "told").get(OURS)
    return _report(event_id, name, _BREVO.get(word), word, event.get("reason") or "", ours)


def _report(event_id: str, name: str, arrived: bool | None, word: str, reason: object, ours: object) -> Report:
    try:
        known = UUID(str(ours))
    except ValueError:
        known = None
    outcome = Outcome.REFUSED_RECIPIENT if arrived is False else None
    return Report(event_id[:250], name[:200], arrived, f"{word} {reason}".strip()[:200], outcome, known)


def _judge_age(stamp: str) -> None:
    """
    Raises:
        Forged: too old, from the future, or no time at all.
    """
    age = time.time() - int(stamp) if stamp.isascii() and stamp.isdigit() and len(stamp) < 16 else None
    if age is None or not -EARLIEST_S <= age <= OLDEST_S:
        raise Forged


def _public_key(text: str) -> EllipticCurvePublicKey:
    """SendGrid's verification key: base64 of a SubjectPublicKeyInfo.

    Raises:
        Forged: there is none, or it is none: nothing can be believed.
    """
    try:
        key = load_der_public_key(b64decode(text, validate=True))
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise Forged from None
    if not isinstance(key, EllipticCurvePublicKey):
        raise Forged
    return key


def _text(words: Any) -> str:
    """Of what `requests` holds as either; anymail hands it no streams."""
    return words.decode() if isinstance(words, bytes) else str(words)


def _json(body: bytes | str) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _row(told: object, name: str) -> Mapping[str, Any]:
    found = told.get(name) if isinstance(told, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _rows(told: object, name: str) -> list[Mapping[str, Any]]:
    found = told.get(name) if isinstance(told, Mapping) else None
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []
