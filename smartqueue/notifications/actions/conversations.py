"""What a person with a keypad is in the middle of.

A conversation is a means and no fact: what a person does to a ticket is recorded where it is done.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from smartqueue.notifications.models import Conversation

MOST_HOPS = 40
"""Hops of one conversation that are remembered; a longer one forgets its first ones."""


def locked_conversation(
    *, tenant_id: UUID, channel: str, address: str, session: str, at: datetime, idle: timedelta
) -> Conversation:
    """The conversation of this name, begun if there is none, or anew after a silence.

    Until the transaction ends, no other hop of this phone begins, in whatever conversation: so what a hop has read of
    the phone's tickets still holds when it writes.

    Args:
        address: the phone, E.164.
        session: its name, unique within tenant and channel.
        idle: the silence after which what was said before counts no more.

    Returns:
        The row; it carries the language that this phone last chose, '' if it never did.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"phone:{tenant_id}:{address}"])
    row = Conversation.objects.filter(channel=channel, session=session).first()
    if row is None:
        before = Conversation.objects.filter(address=address, channel=channel).order_by("-touched_at").first()
        row = Conversation(
            tenant_id=tenant_id, channel=channel, address=address, session=session,
            language=before.language if before else "", started_at=at, touched_at=at,
        )  # fmt: skip
        row.save(force_insert=True)
    elif at - row.touched_at > idle:
        begin_anew(row, at=at)
    return row


def begin_anew(row: Conversation, *, at: datetime) -> None:
    """Forget what was said; the language stays."""
    row.state, row.hops, row.started_at = {}, [], at


def keep_hop(row: Conversation, *, hop: dict[str, Any], state: dict[str, Any], language: str, at: datetime) -> None:
    """What was said and answered, in the transaction of what it did."""
    row.hops = [*row.hops, hop][-MOST_HOPS:]
    row.state, row.language, row.touched_at = state, language, at
    row.save(update_fields=["hops", "state", "language", "started_at", "touched_at"])


def conversation_of(*, channel: str, session: str) -> Conversation | None:
    """One that has begun, in the tenant's scope."""
    return Conversation.objects.filter(channel=channel, session=session).first()
