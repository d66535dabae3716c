"""SMS by Africa's Talking (https://developers.africastalking.com/docs/sms).

Its requests are not signed: that nobody knows the address is all the proof there is. A good status says only that the
request was understood; each recipient has a code of its own.
"""

from math import ceil
from typing import Any

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

TAKEN = frozenset({100, 101, 102})
"""Processed, sent, queued."""
SANDBOX_USER, SANDBOX_URL = "sandbox", "https://api.sandbox.africastalking.com"
_CODES: dict[int, Outcome] = {
    401: Outcome.BUSY,  # RiskHold: held back until somebody there has looked
    402: Outcome.REFUSED_SENDER,
    403: Outcome.REFUSED_RECIPIENT,
    404: Outcome.REFUSED_RECIPIENT,
    405: Outcome.NO_CREDIT,
    406: Outcome.RECIPIENT_GONE,
    407: Outcome.REFUSED_RECIPIENT,
    409: Outcome.RECIPIENT_GONE,
    500: Outcome.THEIR_TROUBLE,
    501: Outcome.THEIR_TROUBLE,
    502: Outcome.THEIR_TROUBLE,
}
_WORDS = {
    "InvalidSenderId": Outcome.REFUSED_SENDER,
    "InsufficientBalance": Outcome.NO_CREDIT,
    "InsufficientCredit": Outcome.NO_CREDIT,
    "InvalidPhoneNumber": Outcome.REFUSED_RECIPIENT,
    "UserIsInactive": Outcome.REFUSED_RECIPIENT,
    "NotNetworkSubcriber": Outcome.REFUSED_RECIPIENT,
    "NotNetworkSubscriber": Outcome.REFUSED_RECIPIENT,
    "UserDoesNotExist": Outcome.REFUSED_RECIPIENT,
    "UserAccountSuspended": Outcome.REFUSED_RECIPIENT,
    "UserNotSubscribedToProduct": Outcome.REFUSED_RECIPIENT,
    "UserInBlackList": Outcome.RECIPIENT_GONE,
    "UserInBlacklist": Outcome.RECIPIENT_GONE,
    "DoNotDisturbRejection": Outcome.RECIPIENT_GONE,
    "InvalidLinkId": Outcome.REFUSED_MESSAGE,
}
"""What stands in the place of recipients when all are refused, and in reports. One of them is written with a slip."""
_ARRIVED = {"success": True, "rejected": False, "failed": False, "absentsubscriber": False, "expired": False}


class AfricasTalkingSms(Transport):
    """One application of an account."""

    provider = Provider.AFRICASTALKING_SMS
    channel = MessageChannel.SMS
    base_url = "https://api.africastalking.com"
    fields = (
        Field("username", _("Username"), _("Of your application; “sandbox” sends nothing for real.")),
        Field("api_key", _("API key"), is_secret=True),
        Field(
            "sender",
            _("Sender"),
            _("A name or short code that Africa's Talking has approved. Leave it empty for theirs."),
            is_required=False,
            pattern=r"\+?[0-9]{3,15}|[0-9A-Za-z .-]{1,11}",
        ),
    )

    def __init__(self, settings: Any, secrets: Any) -> None:
        super().__init__(settings, secrets)
        if settings.get("username") == SANDBOX_USER and not settings.get("base_url"):
            self.base = SANDBOX_URL

    def send(self, message: Outgoing, deadline: Deadline) -> Handed:
        fields = {"username": self.settings["username"], "to": calling.number(message), "message": message.body}
        if sender := self.settings.get("sender"):
            fields["from"] = sender
        headers = {"apikey": self.secrets["api_key"], "accept": calling.JSON, "content-type": calling.FORM}
        url = f"{self.base}/version1/messaging"
        answer = calling.ask("POST", url, deadline, headers=headers, content=calling.form(fields))
        if not answer.is_ok:
            raise calling.refusal(answer)
        told = calling.told(answer).get("SMSMessageData")
        if not isinstance(told, dict):
            raise calling.not_understood(answer)
        return _judged(told, calling.parts(message))

    def read(self, call: Call) -> Reading:
        form = calling.form_in(call)
        event, status = calling.clean(form.get("id", "")), calling.clean(form.get("status", ""))
        if "text" in form and "from" in form:
            return self._said(form)
        if not (event and status):
            return Reading()
        arrived = _ARRIVED.get(status.lower())
        reason = calling.clean(form.get("failureReason", ""))
        outcome = _WORDS.get(reason, Outcome.THEIR_TROUBLE) if arrived is False else None
        said = f"{status} {reason}".strip()
        return Reading(reports=[Report(f"{event}:{status}", event, arrived, said, outcome)])

    def _said(self, form: dict[str, str]) -> Reading:
        person = calling.sender(form["from"])
        if not person:
            return Reading()
        event = calling.clean(form.get("id") or calling.digest(form["from"], form["text"], form.get("date", "")))
        return Reading(inbound=[Inbound(event, person, calling.clean(form["text"], calling.LONGEST_TEXT))])


def _judged(told: dict[str, Any], parts: int) -> Handed:
    """What became of the one recipient.

    Raises:
        TransportFault: it was refused, inside an answer that looks good.
    """
    recipients = told.get("Recipients")
    if not isinstance(recipients, list) or not recipients or not isinstance(recipients[0], dict):
        words = str(told.get("Message", ""))
        raise TransportFault(_WORDS.get(words, Outcome.REFUSED_MESSAGE), said=words)
    one = recipients[0]
    code = int(one["statusCode"]) if str(one.get("statusCode", "")).isdecimal() else 0
    if code not in TAKEN:
        outcome = _CODES.get(code) or _WORDS.get(str(one.get("status")), Outcome.REFUSED_MESSAGE)
        raise TransportFault(outcome, said=f"{code} {one.get('status', '')}")
    return Handed(str(one.get("messageId", "")), parts, _xof(str(one.get("cost", ""))))


def _xof(written: str) -> int | None:
    """`XOF 12.5000` → 13; None for another currency, or nothing."""
    currency, _space, amount = written.partition(" ")
    try:
        return ceil(float(amount)) if currency == "XOF" else None
    except (ValueError, OverflowError):
        return None
