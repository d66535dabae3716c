"""What has been told: on a ticket's open page, to its owner elsewhere, to a person who has signed in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import OuterRef, Subquery

from smartqueue.customers.models import Customer
from smartqueue.customers.states import masked, masked_phone
from smartqueue.notifications.models import Notification, Stop, Watch
from smartqueue.notifications.states import PAGE, MessageChannel, MessageKind, NotificationState
from smartqueue.queueing.models import Ticket
from smartqueue.queueing.states import LIVE

NOTICES = (MessageKind.POSITION_REACHED, MessageKind.COME_BACK, MessageKind.QUEUE_NEWS, MessageKind.URGENT)
"""What a page shows in words. Calls and ends are not among them: the page itself changes with the ticket's state."""
HANDED_OVER = (NotificationState.SENT, NotificationState.DELIVERED)
TO_PHONES = (MessageChannel.SMS, MessageChannel.WHATSAPP)
MOST_SHOWN = 20


class Notice(NamedTuple):
    """The newest thing that a ticket's page has to say."""

    ticket_id: UUID
    kind: str
    text: str
    at: datetime


def notices(ticket_ids: Sequence[UUID | str], *, at: datetime) -> list[Notice]:
    """The newest notice of each of these tickets that is still of use at `at`; in the tenant's scope, one query."""
    rows = (
        Notification.objects.filter(
            ticket_id__in=ticket_ids, channel=PAGE, kind__in=NOTICES, expires_at__gt=at, status__in=HANDED_OVER
        )
        .exclude(body="")
        .order_by("ticket_id", "-id")
        .distinct("ticket_id")
    )
    return [Notice(*row) for row in rows.values_list("ticket_id", "kind", "body", "created_at")]


class Address(NamedTuple):
    """Where a ticket's owner can be written to, and by which channel."""

    channel: str
    address: str


@dataclass(frozen=True, slots=True)
class Told:
    """What the page of a ticket shows of messages. Addresses are masked.

    Attributes:
        near_at: "tell me when so many are ahead", as chosen and not yet told.
        address: where messages about this ticket go; empty when its owner left none.
        is_stopped: whether the owner has said that nothing may go there.
        wrote_at: when the last message was handed over to a provider; what was only simulated does not count.
        wrote_to: where, empty for a push.
    """

    notice: Notice | None
    near_at: int | None
    address: str
    is_stopped: bool
    wrote_at: datetime | None
    wrote_to: str


def told_of(ticket_id: UUID, *, at: datetime) -> Told:
    """In the tenant's scope, two queries; a third where its owner has left an address."""
    near_at, addresses = _asked_of(ticket_id)
    told = list(
        Notification.objects.filter(ticket_id=ticket_id, status__in=HANDED_OVER, is_simulated=False)
        .order_by("-id")
        .values_list("channel", "address", "sent_at", "kind", "body", "created_at", "expires_at")[:MOST_SHOWN]
    )
    shown = [row for row in told if row[0] == PAGE and row[3] in NOTICES and row[4] and row[6] > at]
    sent = next((row for row in told if row[0] != PAGE), None)
    return Told(
        notice=Notice(ticket_id, *shown[0][3:6]) if shown else None,
        near_at=near_at,
        address=masked_address(addresses[0]) if addresses else "",
        is_stopped=bool(addresses) and are_stopped(addresses),
        wrote_at=sent[2] if sent else None,
        wrote_to=masked_address(Address(*sent[:2])) if sent else "",
    )


def addresses_of(ticket_id: UUID) -> list[Address]:
    """Of the ticket's owner; one query."""
    return _asked_of(ticket_id)[1]


def _asked_of(ticket_id: UUID) -> tuple[int | None, list[Address]]:
    """What the owner has asked for and left: people ahead, and addresses."""
    watch = Watch.objects.filter(ticket_id=OuterRef("pk"), told_at=None).values("people_ahead")
    rows = Ticket.objects.filter(id=ticket_id).values_list(Subquery(watch), "customer__phone", "customer__email")
    near_at, phone, email = rows.first() or (None, "", "")
    to_phone = [Address(channel, phone) for channel in TO_PHONES if phone]
    return near_at, [*to_phone, Address(MessageChannel.EMAIL, email)] if email else to_phone


def are_stopped(addresses: Sequence[Address]) -> bool:
    """Whether nothing may go to any of them; one query."""
    rows = Stop.objects.filter(address__in=[one.address for one in addresses])
    return set(addresses) <= {Address(*row) for row in rows.values_list("channel", "address")}


def masked_address(to: Address) -> str:
    if to.channel == MessageChannel.PUSH:
        return ""
    if to.channel == MessageChannel.EMAIL:
        return str(masked({"email": to.address})["email"]) if to.address else ""
    return masked_phone(to.address)


class OwnTicket(NamedTuple):
    """A live ticket of somebody who has signed in."""

    tenant_id: UUID
    queue_id: UUID
    id: UUID
    number: str
    token: str
    organisation: str
    site: str
    service: str


class OwnMessage(NamedTuple):
    """That something was told to somebody who has signed in; not in which words."""

    id: UUID
    kind: str
    channel: str
    status: str
    at: datetime
    ticket_id: UUID | None


@dataclass(frozen=True, slots=True)
class Mine:
    """What a signed-in person has at all organisations.

    Attributes:
        customers: (tenant, customer) of each organisation that knows the person.
    """

    customers: list[tuple[UUID, UUID]]
    tickets: list[OwnTicket]
    messages: list[OwnMessage]


def mine(email: str) -> Mine:
    """Of the person with this e-mail address, which must be proved to be theirs: a customer with the same address is
    that person. Crosses tenants, so it is asked on the platform connection; three queries.
    """
    customers = list(
        Customer.objects.using("platform")
        .filter(email__iexact=email, tenant__is_active=True)
        .order_by("-id")
        .values_list("tenant_id", "id")[:MOST_SHOWN]
    )
    ids = [customer_id for _tenant_id, customer_id in customers]
    tickets = (
        Ticket.objects.using("platform")
        .filter(customer_id__in=ids, status__in=LIVE)
        .order_by("-id")
        .values_list(
            "tenant_id", "queue_id", "id", "number", "token", "tenant__name", "queue__site__name", "service__name"
        )
    )
    messages = (
        Notification.objects.using("platform")
        .filter(customer_id__in=ids)
        .order_by("-id")
        .values_list("id", "kind", "channel", "status", "created_at", "ticket_id")
    )
    return Mine(
        customers,
        [OwnTicket(*row) for row in tickets[:MOST_SHOWN]],
        [OwnMessage(*row) for row in messages[:MOST_SHOWN]],
    )


def concerned(notification_id: UUID) -> tuple[UUID | None, UUID | None]:
    """Ticket and customer of a notification of the tenant in scope."""
    row = Notification.objects.filter(id=notification_id).values_list("ticket_id", "customer_id").first()
    return row or (None, None)
