"""WhatsApp by Meta's Cloud API: templates outside the 24-hour window, free words, buttons and lists inside it.

Shapes: developers.facebook.com, WhatsApp Cloud API, "Messages" and "Webhooks", as kept in the project's notes.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from smartqueue.notifications.states import MessageChannel, Outcome, Provider
from smartqueue.notifications.states.variables import variables_of
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
)
from smartqueue.outbound.deadline import Deadline
from smartqueue.outbound.http import Answer

MOST_BUTTONS, MOST_LINES = 3, 10
LONGEST_TEXT, LONGEST_MENU = 4_096, 1_024
BUTTON_LETTERS, LINE_LETTERS, MORE_LETTERS = 20, 24, 72

_SAID = frozenset(
    {"text", "interactive", "button", "image", "audio", "video", "document", "location", "contacts", "sticker"}
)
_OUTCOMES: dict[int, Outcome] = {
    **dict.fromkeys((0, 190, 10, 200, 131005, 131031, 131045, 133010), Outcome.NO_ACCOUNT),
    **dict.fromkeys((4, 80007, 130429, 131048, 131056, 133016), Outcome.BUSY),
    **dict.fromkeys((1, 2, 131000, 131016, 131057, 133004), Outcome.THEIR_TROUBLE),
    **dict.fromkeys((130472, 131021, 131026, 131030, 131050), Outcome.REFUSED_RECIPIENT),
    131042: Outcome.NO_CREDIT,
    131047: Outcome.WINDOW_CLOSED,
}
"""Meta's error codes; 132xxx are all about templates, and what is not here is a message that is refused."""


class MetaWhatsApp(Transport):
    """One number of a WhatsApp Business account."""

    provider = Provider.META_WHATSAPP
    channel = MessageChannel.WHATSAPP
    base_url = "https://graph.facebook.com/v23.0"
    signs = True
    fields = (
        Field("phone_number_id", _("Phone number ID"), _("Digits, from the page “API setup” of your app."),
              pattern=r"\d{5,20}"),
        Field("access_token", _("Access token"), _("Of a system user, so that it does not end after a day."),
              is_secret=True, longest=600),
        Field("app_secret", _("App secret"), _("It proves that reports and messages come from Meta."),
              is_secret=True, pattern=r"[0-9a-f]{16,64}"),
        Field("verify_token", _("Verify token"), _("Choose a word; type the same one where you enter our address."),
              is_secret=True),
        Field("templates", _("Templates"), _("As JSON, if yours have other names: message → name, languages."),
              is_required=False, longest=4_000, is_advanced=True),
    )  # fmt: skip

    def send(self, message: Outgoing, deadline: Deadline) -> Handed:
        told = shown(message) if message.is_window_open else self._template(message)
        return self._post(calling.number(message), {**told, "biz_opaque_callback_data": str(message.id)}, deadline)

    def read(self, call: Call) -> Reading:
        if call.method == "GET":
            return self._handshake(call)
        secret = self.secrets.get("app_secret", "").encode()
        expected = f"sha256={hmac.new(secret, call.body, hashlib.sha256).hexdigest()}"
        given = call.headers.get("x-hub-signature-256", "")
        if not secret or not hmac.compare_digest(expected.encode(), given.encode()):
            raise Forged
        values = list(self._own_values(call.body))
        reports = [report for value in values for one in _list(value, "statuses") if (report := _report(one))]
        inbound = [said for value in values for one in _list(value, "messages") if (said := _inbound(one))]
        return Reading(reports, inbound)

    def _handshake(self, call: Call) -> Reading:
        """Meta asks once, when the address is entered, whether we know the word."""
        word = self.secrets.get("verify_token", "")
        given = call.query.get("hub.verify_token", "")
        is_asked = call.query.get("hub.mode") == "subscribe"
        if not (word and is_asked and hmac.compare_digest(word.encode(), given.encode())):
            raise Forged
        return Reading(answer=call.query.get("hub.challenge", "").encode())

    def _own_values(self, body: bytes) -> Iterator[Mapping[str, Any]]:
        """What is about this number: one delivery may hold several accounts, and one app serve several tenants."""
        try:
            told = json.loads(body)
        except (ValueError, RecursionError):
            return
        for entry in _list(told, "entry"):
            for change in _list(entry, "changes"):
                value = _dict(change, "value")
                if _dict(value, "metadata").get("phone_number_id") == self.settings.get("phone_number_id"):
                    yield value

    def _template(self, message: Outgoing) -> dict[str, Any]:
        named = template_of(self.settings.get("templates"), message.kind, message.language)
        if named is None:
            raise TransportFault(Outcome.REFUSED_TEMPLATE, said="no template for this message")
        values = [{"type": "text", "text": value} for value in values_of(message, named.places)]
        told = {"name": named.name, "language": {"code": named.language},
                "components": [{"type": "body", "parameters": values}]}  # fmt: skip
        return {"type": "template", "template": told}

    def _post(self, to: str, message: Mapping[str, Any], deadline: Deadline) -> Handed:
        told = {"messaging_product": "whatsapp", "recipient_type": "individual", "to": to.lstrip("+"), **message}
        headers = {
            "authorization": f"Bearer {self.secrets.get('access_token', '')}",
            "content-type": "application/json",
        }
        url = f"{self.base}/{self.settings.get('phone_number_id')}/messages"
        answer = calling.ask("POST", url, deadline, headers=headers, content=json.dumps(told).encode())
        if not answer.is_ok:
            raise _refusal(answer)
        taken = _list(calling.told(answer), "messages")
        if not (taken and isinstance(taken[0].get("id"), str)):
            raise calling.not_understood(answer)
        return Handed(provider_id=taken[0]["id"][:200])


def values_of(message: Outgoing, places: Sequence[str] = ()) -> list[str]:
    """What stands in a template's {{1}}, {{2}} …: WhatsApp refuses empty values, line breaks and runs of spaces.

    Args:
        places: of the template, in its order; without them all places of the message's kind, as the house lists them.
    """
    names = places or [one.name for one in variables_of(message.kind)]
    given = (" ".join(str(message.values.get(name, "")).split()) for name in names)
    return [value or "-" for value in given]


@dataclass(frozen=True, slots=True)
class Named:
    """An approved template: its name and language there, and which of our values it takes."""

    name: str
    language: str
    places: Sequence[str] = ()


def template_of(templates: object, kind: str, language: str) -> Named | None:
    """The approved template for a message.

    Args:
        templates: what the tenant has written: kind → {"name", "languages", "places"} or the name alone, as JSON or
            read. What it does not name is called `smartqueue_<kind>`.

    Returns:
        None if the tenant's list cannot be read.
    """
    kept = read_map(templates)
    if kept is None:
        return None
    usual = f"smartqueue_{kind.replace('.', '_')}"
    own = kept.get(kind) or usual
    if isinstance(own, str):
        return Named(own, language)
    languages = _words_of(own, "languages")
    # fr also finds fr_FR. What is not there in Wolof goes out in the first language that is.
    fitting = [one for one in languages if one.split("_")[0] == language]
    name = own.get("name") if isinstance(own, dict) else None
    return Named(str(name or usual), (fitting or languages or [language])[0], _words_of(own, "places"))


def read_map(text: object) -> dict[str, Any] | None:
    """A setting that is a JSON object; None if it is something else."""
    if not text:
        return {}
    try:
        told = json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


def shown(message: Outgoing) -> dict[str, Any]:
    """Words of our own: with choices as buttons or a list where the message has some that WhatsApp can show, else as
    they are written.

    Raises:
        TransportFault: too long.
    """
    options, intro = choices_of(message), str(message.values.get("intro", ""))
    if not (options and intro) or len(options) > MOST_LINES or len(intro) > LONGEST_MENU:
        return _words(message.body)
    with override(message.language):
        return menu_of(intro, options, gettext("Choose"))


def choices_of(message: Outgoing) -> list[tuple[str, str]]:
    """Key and label of every choice that an answer to a person has beside its words."""
    found: object = message.values.get("options")
    pairs = [tuple(map(str, one)) for one in found if isinstance(one, list | tuple)] if isinstance(found, list) else []
    return [(pair[0], pair[1]) for pair in pairs if len(pair) == 2 and all(pair)]


def menu_of(text: str, options: Sequence[tuple[str, str]], button: str) -> dict[str, Any]:
    """An interactive message: up to three short choices are buttons, up to ten a list.

    Args:
        options: what comes back as `Inbound.text` when it is tapped, and what stands on it. What is longer than a line
            goes on in its small print.
        button: what opens a list.
    """
    if len(options) <= MOST_BUTTONS and all(len(label) <= BUTTON_LETTERS for _id, label in options):
        buttons = [{"type": "reply", "reply": {"id": name, "title": label}} for name, label in options]
        return _interactive("button", text, {"buttons": buttons})
    rows = [_row(name, label) for name, label in options]
    return _interactive("list", text, {"button": button[:BUTTON_LETTERS], "sections": [{"rows": rows}]})


def _row(name: str, label: str) -> dict[str, str]:
    if len(label) <= LINE_LETTERS:
        return {"id": name, "title": label}
    cut = label.rfind(" ", 1, LINE_LETTERS + 1)
    cut = cut if cut > 0 else LINE_LETTERS
    return {"id": name, "title": label[:cut], "description": label[cut:].strip()[:MORE_LETTERS]}


def _interactive(kind: str, text: str, action: dict[str, Any]) -> dict[str, Any]:
    return {"type": "interactive", "interactive": {"type": kind, "body": {"text": text}, "action": action}}


def _words(text: str) -> dict[str, Any]:
    if len(text) > LONGEST_TEXT:
        raise TransportFault(Outcome.TOO_LONG)
    return {"type": "text", "text": {"body": text, "preview_url": False}}


def _refusal(answer: Answer) -> TransportFault:
    error = _dict(calling.told(answer), "error")
    if not isinstance(error.get("code"), int):
        return calling.refusal(answer)
    return calling.refusal(answer, outcome=outcome_of(error["code"]), said=_said(error))


def outcome_of(code: int) -> Outcome:
    """What Meta's number means."""
    if 132000 <= code < 133000:
        return Outcome.REFUSED_TEMPLATE
    return _OUTCOMES.get(code, Outcome.REFUSED_MESSAGE)


def _said(error: Mapping[str, Any]) -> str:
    details = _dict(error, "error_data").get("details")
    return f"{error.get('code')} {details or error.get('message') or error.get('title') or ''}".strip()


def _report(status: Mapping[str, Any]) -> Report | None:
    name, word = status.get("id"), status.get("status")
    if not isinstance(name, str) or not isinstance(word, str):
        return None
    errors = _list(status, "errors")
    error = errors[0] if errors else {}
    code = error.get("code")
    return Report(
        # A message has each state once: the same words again are the same event.
        event_id=f"{name}:{word}"[:250],
        provider_id=name[:200],
        has_arrived={"delivered": True, "read": True, "played": True, "failed": False}.get(word),
        said=(f"{word} {_said(error)}" if error else word)[:200],
        outcome=outcome_of(code) if isinstance(code, int) else None,
        notification_id=_uuid(status.get("biz_opaque_callback_data")),
    )


def _inbound(message: Mapping[str, Any]) -> Inbound | None:
    """Text, or the id of what was tapped. A picture or a voice is an empty text: its sender hears what we understand.
    Reactions and notes of the system are nothing that a person says to us."""
    if message.get("type") not in _SAID:
        return None
    sender, name = message.get("from"), message.get("id")
    if not (isinstance(sender, str) and sender.isdigit() and isinstance(name, str)):
        return None
    tapped = _dict(message, "interactive")
    text = (
        _dict(message, "text").get("body")
        or (_dict(tapped, "button_reply") or _dict(tapped, "list_reply")).get("id")
        or _dict(message, "button").get("payload")
        or ""
    )
    return Inbound(event_id=name[:250], sender=f"+{sender}", text=str(text), at=_instant(message.get("timestamp")))


def _instant(seconds: object) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(str(seconds)), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _uuid(text: object) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None


def _dict(told: object, name: str) -> Mapping[str, Any]:
    found = told.get(name) if isinstance(told, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _list(told: object, name: str) -> list[Mapping[str, Any]]:
    found = told.get(name) if isinstance(told, Mapping) else None
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _words_of(told: object, name: str) -> list[str]:
    found = told.get(name) if isinstance(told, Mapping) else None
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []
