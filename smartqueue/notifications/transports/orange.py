"""SMS by Orange, for Africa and the Middle East (https://developer.orange.com/apis/sms/getting-started).

Reports and messages of people come to an address that Orange is told by hand; they are not signed.
"""

import hashlib
import json
import threading
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_aware
from django.utils.translation import gettext_lazy as _

from smartqueue.notifications.states import MessageChannel, Outcome, Provider
from smartqueue.notifications.transports import calling
from smartqueue.notifications.transports.base import (
    Call,
    Field,
    Handed,
    Inbound,
    Outgoing,
    Reading,
    Report,
    Transport,
    TransportFault,
)
from smartqueue.outbound.deadline import Deadline
from smartqueue.outbound.http import Answer

RENEWED_BEFORE_S = 30.0
_ARRIVED = {"DeliveredToTerminal": True, "DeliveryImpossible": False}
_CODES = {
    "SVC0004": Outcome.REFUSED_RECIPIENT,
    "POL0010": Outcome.TOO_LONG,
    "POL0050": Outcome.NO_CREDIT,
    "POL1009": Outcome.NO_ACCOUNT,
    "POL1010": Outcome.NO_ACCOUNT,
    "POL9003": Outcome.TOO_LONG,
}
"""GSMA OneAPI, exceptions. Orange puts an empty account under several of them, so its words are looked at as well."""
_tokens: dict[str, tuple[str, float]] = {}
_tokens_lock = threading.Lock()


class OrangeSms(Transport):
    """One application of the developer portal, sending in one country."""

    provider = Provider.ORANGE_SMS
    channel = MessageChannel.SMS
    base_url = "https://api.orange.com"
    fields = (
        Field("client_id", _("Client ID"), _("From the page of your application."), pattern=r"[0-9A-Za-z_-]{8,100}"),
        Field("client_secret", _("Client secret"), is_secret=True),
        Field(
            "sender_address",
            _("Sender's number"),
            _("Orange gives one to each country; the code of the country and four zeros is usual."),
            pattern=r"\+[0-9]{4,15}",
            default="+2210000",
        ),
        Field(
            "sender_name",
            _("Sender's name"),
            _("Only a name that Orange has approved, up to 11 letters."),
            is_required=False,
            pattern=r"[0-9A-Za-z .-]{1,11}",
        ),
    )

    def send(self, message: Outgoing, deadline: Deadline) -> Handed:
        sender = f"tel:{self.settings['sender_address']}"
        asked = {
            "address": f"tel:{calling.number(message)}",
            "senderAddress": sender,
            "outboundSMSTextMessage": {"message": message.body},
        }
        if name := self.settings.get("sender_name"):
            asked["senderName"] = name
        url = f"{self.base}/smsmessaging/v1/outbound/{quote(sender, safe='')}/requests"
        answer = self._post(url, json.dumps({"outboundSMSMessageRequest": asked}).encode(), deadline)
        if not answer.is_ok:
            raise _refusal(answer)
        told = calling.told(answer).get("outboundSMSMessageRequest")
        if not isinstance(told, dict) or not told.get("resourceURL"):
            raise calling.not_understood(answer)
        return Handed(str(told["resourceURL"]).rstrip("/").rpartition("/")[2], calling.parts(message))

    def read(self, call: Call) -> Reading:
        told = calling.object_in(call)
        if isinstance(about := told.get("deliveryInfoNotification"), dict):
            return Reading(reports=_reports(about))
        said = told.get("inboundSMSMessageNotification")
        message = said.get("inboundSMSMessage") if isinstance(said, dict) else None
        return Reading(inbound=_inbound(message)) if isinstance(message, dict) else Reading()

    def _post(self, url: str, content: bytes, deadline: Deadline) -> Answer:
        """With the token that we have, and once more with a new one if it has ended before its time."""
        token, is_new = self._token(deadline)
        answer = self._post_with(token, url, content, deadline)
        if answer.status == 401 and not is_new:
            self._forget(token)
            token, _is_new = self._token(deadline)
            answer = self._post_with(token, url, content, deadline)
        return answer

    def _post_with(self, token: str, url: str, content: bytes, deadline: Deadline) -> Answer:
        headers = {"authorization": f"Bearer {token}", "accept": calling.JSON, "content-type": calling.JSON}
        return calling.ask("POST", url, deadline, headers=headers, content=content)

    def _token(self, deadline: Deadline) -> tuple[str, bool]:
        """A token, and whether it was made for us now. Kept in this process until shortly before it ends."""
        with _tokens_lock:
            token, until = _tokens.get(self._key, ("", 0.0))
        if time.monotonic() < until:
            return token, False
        asked_at = time.monotonic()
        headers = {
            "authorization": calling.basic(self.settings["client_id"], self.secrets["client_secret"]),
            "accept": calling.JSON,
            "content-type": calling.FORM,
        }
        url, content = f"{self.base}/oauth/v3/token", calling.form({"grant_type": "client_credentials"})
        try:
            answer = calling.ask("POST", url, deadline, headers=headers, content=content)
        except TransportFault as fault:
            fault.is_unknown = False  # no message was on its way yet
            raise
        told = calling.told(answer)
        if not answer.is_ok or not told.get("access_token"):
            raise _no_token(answer, told)
        token, lasts_s = str(told["access_token"]), _seconds(told.get("expires_in"))
        with _tokens_lock:
            _tokens[self._key] = (token, asked_at + lasts_s - RENEWED_BEFORE_S)
        return token, True

    def _forget(self, token: str) -> None:
        """Another thread may have put a new one there in the meantime."""
        with _tokens_lock:
            if _tokens.get(self._key, ("", 0.0))[0] == token:
                del _tokens[self._key]

    @property
    def _key(self) -> str:
        """Of the account with its secret: who types another one does not go on with what the former one has opened."""
        words = (self.base, self.settings["client_id"], self.secrets["client_secret"])
        return hashlib.sha256("\0".join(words).encode()).hexdigest()


def _seconds(written: Any) -> float:
    try:
        return min(max(float(written), 0.0), 86_400.0)
    except (TypeError, ValueError):
        return 0.0


def _no_token(answer: Answer, told: Mapping[str, Any]) -> TransportFault:
    words = f"{told.get('error', '')} {told.get('error_description', '')}".strip()
    wrong = Outcome.NO_ACCOUNT if answer.status in (400, 401, 403) else None
    fault = calling.not_understood(answer) if answer.is_ok else calling.refusal(answer, outcome=wrong, said=words)
    fault.is_unknown = False
    return fault


def _refusal(answer: Answer) -> TransportFault:
    """Orange answers with OneAPI's `requestError`, or in front of it with `code` and `message`."""
    told = calling.told(answer)
    error = told.get("requestError")
    error = error if isinstance(error, dict) else {}
    inner = next((one for one in error.values() if isinstance(one, dict)), {})
    code = str(inner.get("messageId") or told.get("code") or "")
    text = str(inner.get("text") or told.get("message") or "")
    about = inner.get("variables")
    words = f"{text} {' '.join(map(str, about if isinstance(about, list) else ()))}".strip()
    outcome = _CODES.get(code)
    if any(word in words.lower() for word in ("credit", "balance", "insufficient", "bundle")):
        outcome = Outcome.NO_CREDIT
    if answer.status == 401:
        outcome = Outcome.NO_ACCOUNT
    return calling.refusal(answer, outcome=outcome, said=f"{code} {words}".strip())


def _reports(about: Mapping[str, Any]) -> list[Report]:
    """One report or several about one message, whose name is in `callbackData`."""
    name, told = calling.clean(str(about.get("callbackData") or "")), about.get("deliveryInfo")
    rows = told if isinstance(told, list) else [told]
    statuses = [calling.clean(str(row.get("deliveryStatus", ""))) for row in rows if isinstance(row, dict)]
    return [
        Report(f"{name}:{status}", name, _ARRIVED.get(status), status, _outcome(status)) for status in statuses if name
    ]


def _outcome(status: str) -> Outcome | None:
    return Outcome.REFUSED_RECIPIENT if _ARRIVED.get(status) is False else None


def _inbound(message: Mapping[str, Any]) -> list[Inbound]:
    raw, text, at = (str(message.get(name) or "") for name in ("senderAddress", "message", "dateTime"))
    person = calling.sender(raw)
    if not person:
        return []
    event = calling.clean(str(message.get("messageId") or calling.digest(raw, text, at)))
    return [Inbound(event, person, calling.clean(text, calling.LONGEST_TEXT), _instant(at))]


def _instant(written: str) -> datetime | None:
    try:
        at = parse_datetime(written)
    except ValueError:
        return None
    return at if at and is_aware(at) else None
