"""By which channel a person is told, and in which words: the decision, without a write."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.db.models import Q

from smartqueue.customers.models import Customer
from smartqueue.kernel.errors import NotFound
from smartqueue.notifications.models import PushSubscription, Stop
from smartqueue.notifications.queries.presence import page_is_open
from smartqueue.notifications.queries.rules import Desk
from smartqueue.notifications.queries.wordings import Rendered, render
from smartqueue.notifications.states import CHEAPEST_FIRST, LIFE_S, PAGE, WEB_PUSH, MessageChannel, WhyNot
from smartqueue.notifications.states.reach import BY_PHONE, is_served, may_be_told
from smartqueue.notifications.states.sms import folded, measured
from smartqueue.notifications.states.variables import Value
from smartqueue.notifications.states.wording import Unreadable
from smartqueue.queueing.models import Ticket

USUAL_LIFE_S = 3_600
"""Of kinds that only a tenant's program knows."""


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a message is for.

    Attributes:
        addresses: channel → address, instead of the customer's own.
    """

    ticket: Ticket | None = None
    customer: Customer | None = None
    addresses: Mapping[str, str] | None = None

    @property
    def preferences(self) -> Mapping[str, bool]:
        return self.customer.preferences if self.customer else {}


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be said."""

    kind: str
    language: str
    values: Mapping[str, Value] = field(default_factory=dict)

    @property
    def life(self) -> timedelta:
        return timedelta(seconds=LIFE_S.get(self.kind, USUAL_LIFE_S))


@dataclass(frozen=True, slots=True)
class Plan:
    """One message by one channel to one address.

    Attributes:
        why_not: a `WhyNot` where it must not go out, else ''.
        cost_xof: what it is going to cost.
    """

    channel: str
    address: str
    due_at: datetime
    expires_at: datetime
    why_not: str = ""
    subject: str = ""
    body: str = ""
    parts: int = 1
    cost_xof: int = 0


def plan(*, desk: Desk, message: Message, person: Person, at: datetime, past: Collection[str] = ()) -> Plan | None:
    """The first channel of `CHEAPEST_FIRST` that works; those that are connected before those that are simulated, so
    that nobody is told in the outbox page who could have been told in truth.

    Args:
        past: channels that have been tried.

    Returns:
        None where there is no way at all; a plan with `why_not` where there were only ways that must not be gone.
    """
    if message.kind in desk.rules.kinds_off:
        return None
    refused: Plan | None = None
    for channel, address in _ways(desk, person, past):
        may = may_be_told(message.kind, channel, preferences=person.preferences, has_ticket=person.ticket is not None)
        if not may:
            continue
        planned = _by(channel, address, desk, message, at)
        if not planned.why_not:
            return planned
        refused = refused or planned
    return refused


def _ways(desk: Desk, person: Person, past: Collection[str]) -> Iterator[tuple[str, str]]:
    """Channels with an address, in the order in which they are tried."""
    if person.ticket and PAGE not in past and page_is_open(person.ticket.id):
        yield PAGE, str(person.ticket.id)
    known = {} if MessageChannel.PUSH in past else _push_addresses(person)
    known |= {channel: address for channel, address in _written(person).items() if channel not in past}
    simulated = []
    for channel in CHEAPEST_FIRST:
        if channel not in known:
            continue
        if _is_connected(desk, channel, known[channel]):
            yield channel, known[channel]
        # WhatsApp has a number only if its owner says so: nobody can see whether a simulated message would arrive.
        elif channel != MessageChannel.WHATSAPP or (not desk.accounts and person.preferences.get(channel)):
            simulated.append((channel, known[channel]))
    yield from simulated


def _written(person: Person) -> dict[str, str]:
    """Addresses that the person has given us."""
    if person.addresses is not None:
        return {str(channel): address for channel, address in person.addresses.items() if address}
    if person.customer is None:
        return {}
    phone, email = person.customer.phone, person.customer.email
    found = {MessageChannel.WHATSAPP: phone, MessageChannel.SMS: phone, MessageChannel.EMAIL: email}
    return {str(channel): address for channel, address in found.items() if address}


def _push_addresses(person: Person) -> dict[str, str]:
    """The latest browser or app that asked to be told."""
    mine = Q()
    if person.ticket:
        mine |= Q(ticket_id=person.ticket.id)
    if person.customer:
        mine |= Q(customer_id=person.customer.id)
    latest = PushSubscription.objects.filter(mine).order_by("-id").first() if mine else None
    return {str(MessageChannel.PUSH): push_address(latest)} if latest else {}


def push_address(row: PushSubscription) -> str:
    """A subscription as the address of a notification: of a browser JSON, the same for the same subscription; of an
    app its token."""
    if row.provider != WEB_PUSH:
        return row.endpoint
    told = {"endpoint": row.endpoint, **{name: row.keys.get(name, "") for name in ("auth", "p256dh")}}
    return json.dumps(told, sort_keys=True, separators=(",", ":"))


def _is_connected(desk: Desk, channel: str, address: str) -> bool:
    """Web Push needs no account."""
    return channel in desk.accounts or (channel == MessageChannel.PUSH and address.startswith("{"))


def _by(channel: str, address: str, desk: Desk, message: Message, at: datetime) -> Plan:
    due_at = at if channel == PAGE else desk.due_at(message.kind, at)
    way = Plan(channel, address, due_at, expires_at=at + message.life)
    if channel in BY_PHONE and not is_served(address, desk.rules.countries):
        return replace(way, why_not=WhyNot.COUNTRY)
    if channel not in (PAGE, MessageChannel.PUSH) and Stop.objects.filter(channel=channel, address=address).exists():
        return replace(way, why_not=WhyNot.STOPPED)
    words = _words(channel, message)
    if words is None:
        return replace(way, why_not=WhyNot.NO_WORDS)
    body = folded(words.body) if channel == MessageChannel.SMS and desk.rules.fold_accents else words.body
    parts = max(1, measured(body).parts) if channel == MessageChannel.SMS else 1
    why_not = WhyNot.EXPIRED if way.due_at >= way.expires_at else ""
    cost_xof = desk.price_xof(channel) * parts
    return replace(way, why_not=why_not, subject=words.subject, body=body, parts=parts, cost_xof=cost_xof)


def _words(channel: str, message: Message) -> Rendered | None:
    """A page shows the words of a push: a title and a line."""
    spoken = MessageChannel.PUSH if channel == PAGE else channel
    try:
        return render(kind=message.kind, channel=spoken, language=message.language, values=message.values)
    except (NotFound, Unreadable):
        return None
