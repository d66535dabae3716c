"""Deciding that somebody is told: rows only. Sending is `actions.sending`'s work, after the commit."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from smartqueue.customers.models import Customer
from smartqueue.journal.actions import record
from smartqueue.journal.states import Actor, AuditKind
from smartqueue.kernel.errors import Invalid
from smartqueue.notifications.actions.facts import tell
from smartqueue.notifications.models import Notification
from smartqueue.notifications.queries.plan import Message, Person, Plan, plan
from smartqueue.notifications.queries.rules import Desk, desk_of
from smartqueue.notifications.queries.tickets import in_the_line, language_of, link_to, ticket_to_tell, values_of
from smartqueue.notifications.queries.truth import still_true
from smartqueue.notifications.states import PAGE, URGENCY, MessageKind, NotificationState
from smartqueue.notifications.states.variables import Value
from smartqueue.queueing.errors import TicketNotFound
from smartqueue.queueing.models import Ticket
from smartqueue.queueing.queries import queue_or_refuse

USUAL_URGENCY = 5
LONGEST_NEWS = 160


def create_notifications(
    *, tenant_id: UUID, cause: str, kind: str, ticket: Ticket | None, customer: Customer | None = None,
    addresses: Mapping[str, str] | None = None, language: str, values: Mapping[str, Value], at: datetime,
    past: Collection[str] = (), version: int | None = None, desk: Desk | None = None,
) -> Notification | None:  # fmt: skip
    """Write down that a person is to be told, by the first channel that works; inside the tenant's transaction.

    Whoever comes second with the same cause, kind and person gets the row of the first, whatever channel it chose: two
    at once wait for each other.

    Args:
        cause: what it is about, at most 80 signs: `entry:123`. Another cause is another message.
        customer: whom; None means the ticket's.
        addresses: channel → address, instead of the customer's own. They count as left for this.
        values: of the kind's variables (`queries.tickets.values_of`).
        past: channels that are not enough, or that have failed.
        version: of the ticket, of which the message speaks; None means the one it has.
        desk: where many are told, what is the same for all (`queries.rules.desk_of`).

    Returns:
        The row: PENDING, or SENT by an open page, or FAILED with `why_not` where only ways were left that must not be
        gone. None where there is no way to the person, or this kind is switched off.
    """
    whom = Person(ticket, customer or (ticket.customer if ticket else None), addresses)
    with transaction.atomic():
        _one_at_a_time(tenant_id, cause, kind)
        if before := _row_before(cause, kind, whom, past):
            return before
        known = desk or desk_of(tenant_id)
        made = plan(desk=known, message=Message(kind, language, values), person=whom, at=at, past=past)
        if made is None:
            return None
        row = _row(made, cause=cause, kind=kind, language=language, values=values, at=at)
        row.tenant_id, row.ticket, row.customer = tenant_id, ticket, whom.customer
        row.ticket_version = version or (ticket.version if ticket else None)
        row.link = link_to(ticket) if ticket else ""
        row.save(force_insert=True)
        _tell_of(row, at)
        return row


def fall_back(*, notification: Notification, at: datetime) -> Notification | None:
    """After a message has failed for good: the same by the next channel, if it is still of use and still true.

    Inside the tenant's transaction; the failed row need not be saved yet.
    """
    if at >= notification.expires_at or not still_true(notification):
        return None
    tried = Notification.objects.filter(cause=notification.cause, kind=notification.kind, **_whose(notification))
    past = {*tried.values_list("channel", flat=True), notification.channel, PAGE}
    return create_notifications(
        tenant_id=notification.tenant_id,
        cause=notification.cause,
        kind=notification.kind,
        ticket=notification.ticket,
        customer=notification.customer,
        language=notification.language,
        values=notification.values,
        at=at,
        past=past,
        version=notification.ticket_version,
    )


def announce_news(*, tenant_id: UUID, queue_id: UUID, news: str, is_urgent: bool, actor: Actor, at: datetime) -> int:
    """Tell everybody in a line something, each by the channel that works.

    Args:
        news: 1 to 160 signs on one line, as a member wrote it; it stands in the wording of `queue_news` or `urgent`.

    Returns:
        How many people are told.

    Raises:
        Invalid: under `text`.
        QueueNotFound: it is no queue of this tenant.
    """
    said = _one_line(news)
    with transaction.atomic():
        queue = queue_or_refuse(queue_id)
        entry = record(
            "news.announced", kind=AuditKind.SEND, tenant_id=tenant_id, object_type="queue", object_id=queue.id,
            actor=actor, at=at, data={"is_urgent": is_urgent}, after={"news": said},
        )  # fmt: skip
        desk, told = desk_of(tenant_id), 0
        known: set[UUID] = set()
        for ticket in in_the_line(queue.id):
            if ticket.customer_id in known:  # with another ticket in this line
                continue
            known |= {ticket.customer_id} if ticket.customer_id else set()
            row = _tell_news(ticket, said, is_urgent, cause=f"entry:{entry.id}:{ticket.id}", desk=desk, at=at)
            told += row is not None and row.status != NotificationState.FAILED
        return told


def tell_one(
    *, tenant_id: UUID, ticket_id: UUID, news: str, is_urgent: bool, actor: Actor, at: datetime
) -> Notification | None:
    """Tell the owner of one ticket something; None where there is no way to this person.

    Raises:
        Invalid: under `text`.
        TicketNotFound: it is no ticket of this tenant.
    """
    said = _one_line(news)
    with transaction.atomic():
        ticket = ticket_to_tell(ticket_id)
        if ticket is None:
            raise TicketNotFound
        entry = record(
            "news.told", kind=AuditKind.SEND, tenant_id=tenant_id, object_type="ticket",
            object_id=ticket.id, actor=actor, at=at, data={"is_urgent": is_urgent}, after={"news": said},
        )  # fmt: skip
        return _tell_news(ticket, said, is_urgent, cause=f"entry:{entry.id}", desk=desk_of(tenant_id), at=at)


def _tell_news(
    ticket: Ticket, news: str, is_urgent: bool, *, cause: str, desk: Desk, at: datetime
) -> Notification | None:
    return create_notifications(
        tenant_id=ticket.tenant_id,
        cause=cause,
        kind=MessageKind.URGENT if is_urgent else MessageKind.QUEUE_NEWS,
        ticket=ticket,
        language=language_of(ticket),
        values=values_of(ticket, news=news),
        at=at,
        desk=desk,
    )


def _one_line(news: str) -> str:
    said = " ".join(news.split())
    if not said or len(said) > LONGEST_NEWS or not said.isprintable():
        raise Invalid(text=_("From 1 to {most} characters.").format(most=LONGEST_NEWS))
    return said


def _one_at_a_time(tenant_id: UUID, cause: str, kind: str) -> None:
    """Two who want to tell of the same thing might choose two channels, and no constraint would see it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 5))", [f"{tenant_id} {cause} {kind}"])


def _row_before(cause: str, kind: str, whom: Person, past: Collection[str]) -> Notification | None:
    rows = Notification.objects.filter(cause=cause, kind=kind).exclude(address="").exclude(channel__in=past)
    if whom.ticket:
        rows = rows.filter(ticket_id=whom.ticket.id)
    elif whom.customer:
        rows = rows.filter(customer_id=whom.customer.id)
    else:
        rows = rows.filter(address__in=list((whom.addresses or {}).values()))
    return rows.order_by("id").first()


def _whose(notification: Notification) -> dict[str, Any]:
    if notification.ticket_id:
        return {"ticket_id": notification.ticket_id}
    if notification.customer_id:
        return {"customer_id": notification.customer_id}
    return {"address": notification.address}


def _row(
    made: Plan, *, cause: str, kind: str, language: str, values: Mapping[str, Value], at: datetime
) -> Notification:
    """As the plan says; an open page has been told with that."""
    row = Notification(
        cause=cause, kind=kind, channel=made.channel, language=language, address=made.address, subject=made.subject,
        body=made.body, values=dict(values), urgency=URGENCY.get(kind, USUAL_URGENCY), parts=made.parts,
        cost_xof=made.cost_xof, created_at=at, due_at=made.due_at, expires_at=made.expires_at, why_not=made.why_not,
    )  # fmt: skip
    if made.why_not:
        row.status = NotificationState.FAILED
        row.history = [{"at": at.isoformat(), "status": "failed", "why_not": str(made.why_not)}]
    elif made.channel == PAGE:
        row.status, row.sent_at = NotificationState.SENT, at
        row.history = [{"at": at.isoformat(), "status": "sent"}]
    return row


def _tell_of(row: Notification, at: datetime) -> None:
    """Who has to know: the senders of what waits, the page of what it is to show, auditors of what nobody got."""
    if row.status == NotificationState.PENDING:
        from smartqueue.notifications.actions.sending import wake_senders  # here, because it asks `fall_back` of us

        wake_senders()
    elif row.channel == PAGE:
        tell(row, "message.shown", at)
    else:
        tell(row, "message.failed", at)
