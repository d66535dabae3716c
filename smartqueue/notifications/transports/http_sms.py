"""SMS by any gateway that takes HTTP: Yas, Expresso, an aggregator, a modem of one's own.

Its owner writes down what a request looks like, with the places {to}, {text}, {sender}, {id} and {key}. What stands in
a place is escaped for where it stands, so that no message can change the request around it; host and path have no
places, so the address that was judged when it was typed is the one that is called. Nothing here is a regular expression
of a tenant's: what is looked for in answers is looked for as it is written, in linear time.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus
from uuid import UUID

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

_PLACE = re.compile(r"\{(to|text|sender|id|key)\}")
_TYPES = {"form": calling.FORM, "json": calling.JSON, "text": "text/plain; charset=utf-8"}
_DELIVERED = "delivered, delivrd, success, ok, 1"
_FAILED = "failed, undelivered, undeliv, rejected, rejectd, expired, 2, 16"


def _with_default(name: str, label: Any, default: str) -> Field:
    return Field(name, label, is_required=False, is_advanced=True, default=default)


def _json_inside(value: str) -> str:
    """For between two quotation marks."""
    return json.dumps(value)[1:-1]


def _plain(value: str) -> str:
    """For a header: one line of ASCII."""
    return re.sub(r"[^\x20-\x7e]", "", value)


_ESCAPES: dict[str, Callable[[str], str]] = {"form": quote_plus, "json": _json_inside, "text": str}


class HttpSms(Transport):
    """One gateway, as its owner has described it."""

    provider = Provider.HTTP_SMS
    channel = MessageChannel.SMS
    fields = (
        Field("base_url", _("Address"), _("Where the gateway takes messages, https://…"), longest=300),
        Field("method", _("Method"), is_required=False, choices=[("POST", "POST"), ("GET", "GET")], default="POST"),
        Field(
            "query",
            _("Query"),
            _("What follows the ? of the address, for example: to={to}&text={text}&from={sender}"),
            is_required=False,
            longest=500,
        ),
        Field("body", _("Body"), _("For POST, with the same places."), is_required=False, longest=2_000),
        Field(
            "body_type",
            _("Type of the body"),
            is_required=False,
            choices=[("form", _("Form")), ("json", "JSON"), ("text", _("Plain text"))],
            default="form",
        ),
        Field(
            "headers",
            _("Headers"),
            _("One on each line, for example: Authorization: Bearer {key}"),
            is_required=False,
            longest=1_000,
        ),
        Field("key", _("Key or password"), _("Write {key} where it belongs."), is_secret=True, is_required=False),
        Field("sender", _("Sender"), is_required=False, longest=20),
        Field(
            "numbers",
            _("Phone numbers"),
            is_required=False,
            choices=[("plus", "+221771234567"), ("digits", "221771234567"), ("national", "771234567")],
            default="plus",
        ),
        Field(
            "good_answer",
            _("A good answer contains"),
            _("Empty if the status alone says it."),
            is_required=False,
            is_advanced=True,
        ),
        Field(
            "id_in_answer",
            _("The message's name in the answer"),
            _("In JSON the way to it, such as messages.0.id; else the words around it, such as OK: {id}"),
            is_required=False,
            is_advanced=True,
        ),
        _with_default("report_id", _("Reports: field of the name"), "id"),
        _with_default("report_status", _("Reports: field of the status"), "status"),
        _with_default("delivered_words", _("Reports: words for delivered"), _DELIVERED),
        _with_default("failed_words", _("Reports: words for failed"), _FAILED),
        _with_default("inbound_from", _("Messages of people: field of the number"), "from"),
        _with_default("inbound_text", _("Messages of people: field of the text"), "text"),
        _with_default("inbound_id", _("Messages of people: field of the name"), "id"),
    )

    def send(self, message: Outgoing, deadline: Deadline) -> Handed:
        values = self._values(message)
        url = self.base
        if query := self._set("query"):
            url += ("&" if "?" in url else "?") + _filled(query, values, lambda value: quote(value, safe=""))
        headers, content = _headers(self._set("headers"), values), b""
        method = "GET" if self._set("method") == "GET" else "POST"
        if method == "POST":
            kind = self._set("body_type")
            headers.setdefault("content-type", _TYPES.get(kind, calling.FORM))
            content = _filled(self._set("body"), values, _ESCAPES.get(kind, quote_plus)).encode()
        answer = calling.ask(method, url, deadline, headers=headers, content=content)
        if not answer.is_ok:
            raise calling.refusal(answer)
        words = answer.body.decode("utf-8", "replace")
        if self._set("good_answer") not in words:
            raise TransportFault(Outcome.REFUSED_MESSAGE, said=f"{answer.status} {words}")
        return Handed(self._name_in(answer, words), calling.parts(message))

    def read(self, call: Call) -> Reading:
        form = self._fields_of(call)
        name, status = (calling.clean(_found(form, self._set(field))) for field in ("report_id", "report_status"))
        if name and status:
            return Reading(reports=[self._report(name, status)])
        raw, text = (_found(form, self._set(field)) for field in ("inbound_from", "inbound_text"))
        person = calling.sender(raw)
        if not person or not text:
            return Reading()
        event = _found(form, self._set("inbound_id")) or calling.digest(raw, text, call.body.decode("latin-1"))
        return Reading(inbound=[Inbound(calling.clean(event), person, calling.clean(text, calling.LONGEST_TEXT))])

    def _set(self, name: str) -> str:
        """A setting; where nothing was typed, its default."""
        default = next((field.default for field in self.fields if field.name == name), "")
        return str(self.settings.get(name) or default)

    def _values(self, message: Outgoing) -> dict[str, str]:
        to, national = calling.number(message), calling.national(message)
        written = {"digits": to[1:], "national": national}.get(self._set("numbers"), to)
        key, sender = self.secrets.get("key", ""), self._set("sender")
        return {"to": written, "text": message.body, "sender": sender, "id": str(message.id), "key": key}

    def _name_in(self, answer: Answer, words: str) -> str:
        """The gateway's name for the message, '' if it gives none where it was said to be."""
        where = self._set("id_in_answer")
        if "{id}" in where:
            before, _place, after = where.partition("{id}")
            _head, found, rest = words.partition(before) if before else ("", "", words)
            name = rest.split(after)[0] if after else (rest.split() or [""])[0]
            return calling.clean(name.strip()) if found or not before else ""
        return calling.clean(_found(_parsed(answer.body), where)) if where else ""

    def _fields_of(self, call: Call) -> Any:
        is_json = "json" in call.headers.get("content-type", "") or call.body.lstrip().startswith(b"{")
        if call.method != "GET" and is_json:
            return calling.object_in(call)
        return calling.form_in(call)

    def _report(self, name: str, status: str) -> Report:
        arrived = None
        for field, meaning in (("delivered_words", True), ("failed_words", False)):
            if status.lower() in [word.strip().lower() for word in self._set(field).split(",")]:
                arrived = meaning
        outcome = Outcome.THEIR_TROUBLE if arrived is False else None
        return Report(f"{name}:{status}", name, arrived, status, outcome, _ours(name))


def _filled(template: str, values: Mapping[str, str], escape: Callable[[str], str]) -> str:
    """The template with its places filled; what a value says about places stays words."""
    return _PLACE.sub(lambda place: escape(values[place[1]]), template)


def _headers(template: str, values: Mapping[str, str]) -> dict[str, str]:
    """The headers that were written, one on each line; who sets `Host` or a length is not listened to."""
    lines = (line.partition(":") for line in template.splitlines())
    return {
        name.strip().lower(): _plain(_filled(value.strip(), values, str))
        for name, _colon, value in lines
        if re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", name.strip())
        and name.strip().lower() not in ("host", "content-length", "transfer-encoding", "connection")
    }


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _found(told: Any, way: str) -> str:
    """What lies at the end of a way such as `messages.0.id`; '' if nothing plain does. A name may itself have dots."""
    if isinstance(told, dict) and way in told:
        return _word(told[way])
    for step in way.split("."):
        if isinstance(told, list) and step.isdecimal() and int(step) < len(told):
            told = told[int(step)]
        elif isinstance(told, dict):
            told = told.get(step)
        else:
            return ""
    return _word(told)


def _word(value: Any) -> str:
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _ours(name: str) -> UUID | None:
    """Gateways that hand back what stood in {id} name our own notification."""
    try:
        return UUID(name)
    except ValueError:
        return None
