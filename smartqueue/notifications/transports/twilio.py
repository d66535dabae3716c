"""SMS by Twilio, and what its WhatsApp shares: sign-in, errors, reports, signatures.

https://www.twilio.com/docs/messaging/api/message-resource, …/docs/usage/webhooks/webhooks-security.
"""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from smartqueue.notifications.states import MessageChannel, Outcome, Provider
from smartqueue.notifications.transports import calling
from smartqueue.notifications.transports.base import (
    Call,
    Field,
    Forged,
    Handed,
    Inbound,
    Outgoing,
    Reading,
    Report,
    Transport,
    TransportFault,
)  # fmt: skip
from smartqueue.outbound.deadline import Deadline
from smartqueue.outbound.http import Answer

OURS = "notification"
"""What we add to the address of reports: Twilio calls it back as it is, before it has answered us if need be."""
SIGNATURE = "x-twilio-signature"
_CLOCKS_DIFFER = timedelta(minutes=2)
_ARRIVED = {"delivered": True, "read": True, "undelivered": False, "failed": False, "canceled": False}
_OUTCOMES: dict[int, Outcome] = {
    **dict.fromkeys((20003, 20005, 20006, 20008, 20404, 30002, 70051), Outcome.NO_ACCOUNT),
    **dict.fromkeys((14107, 20429, 21611, 30001, 30022, 63018, 63038), Outcome.BUSY),
    **dict.fromkeys(
        (21211, 21214, 21217, 21219, 21265, 21401, 21407, 21408, 21421, 21604, 21608, 21612, 21614,
         30003, 30004, 30005, 30006, 63003, 63024), Outcome.REFUSED_RECIPIENT,
    ),
    **dict.fromkeys((21610, 63049), Outcome.RECIPIENT_GONE),
    **dict.fromkeys(
        (21212, 21603, 21606, 21607, 21659, 21660, 21661, 21701, 21702, 21703, 21704, 21705, 21706, 30034, 63007),
        Outcome.REFUSED_SENDER,
    ),
    **dict.fromkeys((21605, 21617), Outcome.TOO_LONG),
    **dict.fromkeys((21602, 21619, 30007), Outcome.REFUSED_MESSAGE),
    **dict.fromkeys((20500, 20503, 30008, 30009), Outcome.THEIR_TROUBLE),
    **dict.fromkeys((63016,), Outcome.WINDOW_CLOSED),
    **dict.fromkeys((21656, 63005, 63021, 63027, 63028, 63040, 63041, 63042), Outcome.REFUSED_TEMPLATE),
}  # fmt: skip
"""Twilio's error codes, of answers and of reports. What is not here goes by its HTTP status."""


class TwilioAccount(Transport):
    """One account, for one of its channels. A channel adds its fields and says what it posts.

    Attributes:
        prefix: what stands before a phone number on this channel.
    """

    base_url = "https://api.twilio.com"
    signs = True
    prefix: ClassVar[str] = ""

    def post(self, message: Outgoing, form: Mapping[str, str], deadline: Deadline, *, parts: int = 1) -> Handed:
        """Create a message of these fields; the recipient and the address of reports are added.

        Raises:
            TransportFault: with the reason.
        """
        fields = {"To": self.prefix + calling.number(message), **form}
        if message.report_to:
            fields["StatusCallback"] = with_query(message.report_to, {OURS: str(message.id)})
        headers = {**self._headers(), "content-type": calling.FORM}
        answer = calling.ask("POST", self._messages(), deadline, headers=headers, content=calling.form(fields))
        told = calling.told(answer)
        if not answer.is_ok:
            raise _refusal(answer, told)
        if not told.get("sid"):
            raise calling.not_understood(answer)
        if told.get("error_code"):
            outcome = outcome_of(told["error_code"]) or Outcome.REFUSED_MESSAGE
            raise TransportFault(outcome, said=str(told["error_code"]))
        return Handed(str(told["sid"]), parts)

    def find(self, message: Outgoing, deadline: Deadline) -> Handed | None:
        """Among the messages to this number, the one of these words that is not older than the notification.

        Not asked by `DateSent`: a message that still waits there has none.
        """
        query = urlencode({"To": self.prefix + calling.number(message), "PageSize": "50"})
        answer = calling.ask("GET", f"{self._messages()}?{query}", deadline, headers=self._headers())
        if not answer.is_ok:
            raise _refusal(answer, calling.told(answer))
        since = made_at(message.id)
        rows = calling.told(answer).get("messages")
        for row in [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else ():
            if row.get("status") in ("failed", "undelivered", "canceled") or not self.is_it(message, row):
                continue
            if since is None or parsedate_to_datetime(row["date_created"]) >= since - _CLOCKS_DIFFER:
                return Handed(str(row["sid"]), calling.parts(message))
        return None

    def is_it(self, message: Outgoing, row: Mapping[str, Any]) -> bool:
        """Whether a message that Twilio shows says what ours says."""
        return row.get("body") == message.body

    def read(self, call: Call) -> Reading:
        form = signed_form(call, self.secrets.get("auth_token", ""))
        if form.get("AccountSid") != self.settings.get("account_sid"):
            raise Forged
        sid = calling.clean(form.get("MessageSid") or form.get("SmsSid", ""))
        if status := form.get("MessageStatus"):
            return Reading(reports=[_report(call, sid, status, form.get("ErrorCode", ""))])
        person = calling.sender(form.get("From", "").removeprefix(self.prefix))
        if not (sid and person and "Body" in form):
            return Reading()
        text = form.get("ButtonPayload") or form.get("ListId") or form["Body"]
        said = Inbound(sid, person, calling.clean(text, calling.LONGEST_TEXT))
        return Reading(inbound=[said], answer=b"<Response/>", answer_type="text/xml")

    def _messages(self) -> str:
        return f"{self.base}/2010-04-01/Accounts/{self.settings['account_sid']}/Messages.json"

    def _headers(self) -> dict[str, str]:
        return {"authorization": calling.basic(self.settings["account_sid"], self.secrets["auth_token"])}


ACCOUNT_FIELDS = (
    Field("account_sid", _("Account SID"), _("Begins with AC."), pattern="AC[0-9a-fA-F]{32}"),
    Field("auth_token", _("Auth token"), _("It also proves that reports come from Twilio."), is_secret=True),
)


class TwilioSms(TwilioAccount):
    """SMS from a number, a name, or a messaging service."""

    provider = Provider.TWILIO_SMS
    channel = MessageChannel.SMS
    fields = (
        *ACCOUNT_FIELDS,
        Field("sender", _("Sender"), _("A number of yours such as +221…, a name of up to 11 letters, or the SID of a "
              "messaging service, which begins with MG."),
              pattern=r"\+[1-9][0-9]{6,14}|MG[0-9a-fA-F]{32}|[0-9A-Za-z ]{1,11}"),
    )  # fmt: skip

    def send(self, message: Outgoing, deadline: Deadline) -> Handed:
        sender = str(self.settings.get("sender", ""))
        is_service = sender.startswith("MG") and len(sender) == 34
        form = {"MessagingServiceSid" if is_service else "From": sender, "Body": message.body}
        return self.post(message, form, deadline, parts=calling.parts(message))


def signature(token: str, url: str, form: Iterable[tuple[str, str]] = ()) -> str:
    """What Twilio writes into X-Twilio-Signature for a request to this URL with these fields."""
    words = url + "".join(name + value for name, value in sorted(set(form)))
    return b64encode(hmac.new(token.encode(), words.encode(), hashlib.sha1).digest()).decode()


def signed_form(call: Call, token: str) -> dict[str, str]:
    """The fields of a request that Twilio has signed; of a JSON body, none.

    Raises:
        Forged: the signature is not there or not right.
    """
    given = call.headers.get(SIGNATURE, "").encode("latin-1", "replace")
    is_json = "json" in call.headers.get("content-type", "")
    try:
        pairs = [] if is_json or call.method == "GET" else parse_qsl(
            call.body.decode(), keep_blank_values=True, max_num_fields=200
        )  # fmt: skip
    except ValueError:
        raise Forged from None
    hashed = hashlib.sha256(call.body).hexdigest().encode()
    if is_json and not hmac.compare_digest(hashed, call.query.get("bodySHA256", "").lower().encode()):
        raise Forged
    right = [hmac.compare_digest(given, signature(token, url, pairs).encode()) for url in _as_called(call.url)]
    if not token or not any(right):
        raise Forged
    return dict(call.query) if call.method == "GET" else dict(pairs)


def _as_called(url: str) -> list[str]:
    """The URL with and without its port: which of them Twilio signs depends on the scheme and on the product."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    others = [urlunsplit(parts._replace(netloc=one)) for one in (f"{host}:{port}", host)]
    return [url, *(one for one in others if one != url)]


def with_query(url: str, more: Mapping[str, str]) -> str:
    """The URL with these fields at the end of its query."""
    return f"{url}{'&' if '?' in url else '?'}{urlencode(more)}"


def made_at(notification: UUID) -> datetime | None:
    """When a notification was made: its id is a UUIDv7 (RFC 9562 § 5.7), whose first 48 bits are milliseconds."""
    return datetime.fromtimestamp((notification.int >> 80) / 1000, UTC) if notification.version == 7 else None


def outcome_of(code: Any) -> Outcome | None:
    """What one of Twilio's error codes means; None for one that we do not know."""
    return _OUTCOMES.get(int(code)) if str(code).isdecimal() else None


def _refusal(answer: Answer, told: Mapping[str, Any]) -> TransportFault:
    code = told.get("code", "")
    return calling.refusal(answer, outcome=outcome_of(code), said=f"{code} {told.get('message', '')}".strip())


def _report(call: Call, sid: str, status: str, code: str) -> Report:
    arrived, status = _ARRIVED.get(status.lower()), calling.clean(status)
    failed = outcome_of(code) or Outcome.THEIR_TROUBLE if arrived is False else None
    said = f"{status} {calling.clean(code)}".strip()
    return Report(f"{sid}:{status}", sid, arrived, said, failed, _ours(call.query.get(OURS, "")))


def _ours(written: str) -> UUID | None:
    try:
        return UUID(written) if written else None
    except ValueError:
        return None
