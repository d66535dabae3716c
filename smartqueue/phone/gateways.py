"""USSD gateways: what they ask, as a hop, and what they want to hear."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from smartqueue.journal.states import Actor
from smartqueue.kernel.errors import Invalid
from smartqueue.kernel.phones import normalise
from smartqueue.notifications.actions.conversations import conversation_of
from smartqueue.notifications.actions.replies import tell_of_lost_screen
from smartqueue.notifications.models import Integration
from smartqueue.notifications.states import Provider
from smartqueue.phone.limits import may_speak
from smartqueue.phone.sessions import Caller, dial, hear
from smartqueue.phone.words import plain
from smartqueue.queueing.states import Channel

GATEWAYS = (Provider.AFRICASTALKING_USSD, Provider.HTTP_USSD)
LONGEST_TYPED = 500
ALL = "all"


class NotUnderstood(Exception):
    """A gateway's request without what it needs."""


@dataclass(frozen=True, slots=True)
class Hop:
    """One request of a gateway.

    Attributes:
        typed: the last input, or all of them joined by `*`.
        number: counts the hops; '' where the gateway does not.
    """

    session: str
    phone: str
    typed: str
    number: str = ""
    dialled: str = ""


def comes_from_gateway(settings: Mapping[str, Any], address: str) -> bool:
    """Whether a request comes from where this gateway is; from anywhere, where that was not said."""
    allowed = str(settings.get("gateway_ips") or "").split()
    try:
        return not allowed or any(ip_address(address) in ip_network(one, strict=False) for one in allowed)
    except ValueError:
        return False


def answer(row: Integration, form: Mapping[str, str], actor: Actor, at: datetime) -> str:
    """What the gateway hears. Inside the tenant's transaction.

    Raises:
        NotUnderstood: no session, or no phone number.
    """
    if row.provider == Provider.AFRICASTALKING_USSD and "status" in form and "text" not in form:
        _ended(row, form, actor, at)
        return ""
    hop = _hop(row, form)
    if not may_speak(tenant_id=row.tenant_id, channel=Channel.USSD, phone=hop.phone):
        with override("fr"):
            return _worded(row, plain(_("Too many tries. Wait a minute, then dial again.")), is_end=True)
    caller = _caller(row, hop, actor)
    says_all = row.provider == Provider.AFRICASTALKING_USSD or row.settings.get("inputs") == ALL
    reply = dial(caller, hop.typed, at) if says_all else hear(caller, hop.typed, at, hop=hop.number)
    return _worded(row, reply.text, is_end=reply.is_end)


def _worded(row: Integration, text: str, *, is_end: bool) -> str:
    name, usual = ("end", "END") if is_end else ("go_on", "CON")
    word = row.settings.get(name, usual) if row.provider == Provider.HTTP_USSD else usual
    return f"{word} {text}" if word else text


def _hop(row: Integration, form: Mapping[str, str]) -> Hop:
    names = row.settings
    if row.provider == Provider.AFRICASTALKING_USSD:
        session, phone, typed = form.get("sessionId", ""), form.get("phoneNumber", ""), form.get("text", "")
        number, dialled = "", form.get("serviceCode", "")
    else:
        phone = form.get(names.get("phone_field") or "msisdn", "")
        typed = form.get(names.get("text_field") or "input", "")
        field = names.get("session_field", "sessionId")
        session = form.get(field, "") if field else phone
        number = form.get(names["hop_field"], "") if names.get("hop_field") and field else ""
        dialled = ""
    if not session or len(typed) > LONGEST_TYPED:
        raise NotUnderstood
    try:
        known = normalise(phone if phone.startswith(("+", "0")) or len(phone) <= 9 else f"+{phone}")
    except Invalid:
        raise NotUnderstood from None
    return Hop(session, known, typed, number[:20], str(names.get("short_code") or dialled)[:20])


def _caller(row: Integration, hop: Hop, actor: Actor) -> Caller:
    session = f"{row.provider}:{hop.phone}:{hop.session}"
    return Caller(row.tenant_id, row.tenant.name, Channel.USSD, hop.phone, session, actor, hop.dialled)


def _ended(row: Integration, form: Mapping[str, str], actor: Actor, at: datetime) -> None:
    """The gateway says how a session ended. If its last screen may not have been seen, its ticket goes out by SMS."""
    caller = _caller(row, _hop(row, {**form, "text": ""}), actor)
    talk = conversation_of(channel=caller.kept_as, session=caller.session)
    ticket_id = talk.state.get("ticket") if talk else None
    if talk and ticket_id and form.get("status") != "Success":
        tell_of_lost_screen(tenant_id=row.tenant_id, ticket_id=ticket_id, cause=f"ussd:{talk.id}", at=at)
