"""Answers to people who have written to us, and what a lost screen had said."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from smartqueue.notifications.actions.outgoing import create_notifications
from smartqueue.notifications.models import Notification
from smartqueue.notifications.queries.tickets import language_of, people_ahead, ticket_to_tell, values_of
from smartqueue.notifications.states import REPLY, MessageChannel, MessageKind
from smartqueue.notifications.states.sms import measured

LIFE = timedelta(minutes=10)
URGENCY = 1


def reply(
    *, tenant_id: UUID, channel: str, address: str, body: str, cause: str, language: str, at: datetime,
    options: Sequence[tuple[str, str]] = (), intro: str = "",
) -> Notification:  # fmt: skip
    """Answer a message; inside the transaction that took it in, so that neither is there without the other.

    Args:
        address: E.164, of whoever has written.
        cause: names the message that is answered: a second answer to it is the first.
        body: everything, with the choices in words.
        options: key and label, for a channel that shows choices as buttons under `intro`.
    """
    parts = max(1, measured(body).parts) if channel == MessageChannel.SMS else 1
    row = Notification(
        tenant_id=tenant_id, cause=cause[:80], kind=REPLY, channel=channel, language=language, address=address,
        body=body, values={"options": list(options), "intro": intro} if options else {}, urgency=URGENCY, parts=parts,
        created_at=at, due_at=at, expires_at=at + LIFE,
    )  # fmt: skip
    Notification.objects.bulk_create([row], ignore_conflicts=True)
    transaction.on_commit(_wake)
    return Notification.objects.get(cause=row.cause, kind=REPLY, channel=channel, address=address)


def tell_of_lost_screen(*, tenant_id: UUID, ticket_id: UUID, cause: str, at: datetime) -> Notification | None:
    """A ticket was taken on a screen that its owner may not have seen: say it by message, once."""
    ticket = ticket_to_tell(ticket_id)
    if ticket is None:
        return None
    ahead = people_ahead(ticket_id, at)
    more = {} if ahead is None else {"people_ahead": ahead}
    return create_notifications(
        tenant_id=tenant_id, cause=cause[:80], kind=MessageKind.TICKET_JOINED, ticket=ticket,
        language=language_of(ticket), values=values_of(ticket, **more), at=at,
    )  # fmt: skip


def _wake() -> None:
    from smartqueue.notifications.actions.sending import wake_senders

    wake_senders()
