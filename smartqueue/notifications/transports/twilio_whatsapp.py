"""WhatsApp by Twilio: its messages API with `whatsapp:` before numbers. Outside the 24-hour window Twilio fills a
content template (https://www.twilio.com/docs/content); inside it takes words of our own. Its lists and buttons are
templates too, which somebody would have to make before: choices stand in the words, with the number to type."""

import json
from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from smartqueue.notifications.states import MessageChannel, Outcome, Provider
from smartqueue.notifications.transports.base import Field, Handed, Outgoing, Transport, TransportFault
from smartqueue.notifications.transports.meta import read_map, values_of
from smartqueue.notifications.transports.twilio import ACCOUNT_FIELDS, TwilioAccount
from smartqueue.outbound.deadline import Deadline

LONGEST_TEXT = 1_600


class TwilioWhatsApp(TwilioAccount):
    """One sender of a Twilio account."""

    provider = Provider.TWILIO_WHATSAPP
    channel = MessageChannel.WHATSAPP
    prefix = "whatsapp:"
    fields = (
        *ACCOUNT_FIELDS,
        Field("sender", _("Sender"), _("Your WhatsApp number, such as +221…"), pattern=r"\+[1-9][0-9]{6,14}"),
        Field(
            "templates", _("Templates"),
            _("As JSON: message → the template's Content SID, or language → SID, or content_sid and places."),
            is_required=False, longest=4_000, is_advanced=True,
        ),
    )  # fmt: skip

    def send(self, message: Outgoing, deadline: Deadline) -> Handed:
        told = words(message.body) if message.is_window_open else self._template(message)
        return self.post(message, {"From": self._sender, **told}, deadline)

    find = Transport.find
    """Twilio shows the words that a template became, not which one it was, and two messages about one ticket may hold
    the same values: nobody can tell which of them it has. A report tells, for it hands our own id back."""

    @property
    def _sender(self) -> str:
        return f"whatsapp:{self.settings.get('sender', '')}"

    def _template(self, message: Outgoing) -> dict[str, str]:
        sid, places = content_of(self.settings.get("templates"), message.kind, message.language)
        if not sid:
            raise TransportFault(Outcome.REFUSED_TEMPLATE, said="no template for this message")
        filled = {str(number): value for number, value in enumerate(values_of(message, places), 1)}
        return {"ContentSid": sid, "ContentVariables": json.dumps(filled, ensure_ascii=False)}


def content_of(templates: object, kind: str, language: str) -> tuple[str, Sequence[str]]:
    """The Content SID of a message's template, and which of our values it takes; '' for none.

    Args:
        templates: what the tenant has written: kind → SID, or {language: SID}, or {"content_sid", "places"} with
            either of the two as `content_sid`.
    """
    own = (read_map(templates) or {}).get(kind)
    places: Sequence[str] = ()
    if isinstance(own, dict) and "content_sid" in own:
        found = own.get("places")
        places = [one for one in found if isinstance(one, str)] if isinstance(found, list) else ()
        own = own["content_sid"]
    if isinstance(own, dict):
        own = own.get(language) or next(iter(own.values()), "")
    return (own, places) if isinstance(own, str) else ("", ())


def words(text: str) -> dict[str, str]:
    """Words of our own, as Twilio takes them.

    Raises:
        TransportFault: too long.
    """
    if len(text) > LONGEST_TEXT:
        raise TransportFault(Outcome.TOO_LONG)
    return {"Body": text}
