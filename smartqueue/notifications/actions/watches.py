""" "Tell me when so many are ahead of me": said by the owner of a ticket, or by the house's rule; told once."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from smartqueue.kernel.errors import Invalid
from smartqueue.kernel.ids import uuid7
from smartqueue.notifications.models import Watch
from smartqueue.notifications.queries.tickets import ticket_to_tell
from smartqueue.queueing.errors import IllegalMove, TicketNotFound
from smartqueue.queueing.states import TicketState

MOST_AHEAD = 50


def watch(*, ticket_id: UUID, people_ahead: int, at: datetime) -> Watch:
    """Tell the ticket's owner when only so many are ahead. Asked anew, it is told anew.

    No journal entry: a wish about the own screen changes nobody's place.

    Args:
        people_ahead: 1 to 50.

    Raises:
        Invalid: under `people_ahead`.
        TicketNotFound: it is no ticket of this tenant.
        IllegalMove: the ticket does not wait.
    """
    if not 1 <= people_ahead <= MOST_AHEAD:
        raise Invalid(people_ahead=_("A whole number from 1 to {most}.").format(most=MOST_AHEAD))
    with transaction.atomic():
        ticket = ticket_to_tell(ticket_id)
        if ticket is None:
            raise TicketNotFound
        if ticket.status != TicketState.WAITING:
            raise IllegalMove(ticket_id=ticket_id)
        kept, _made = Watch.objects.update_or_create(
            ticket_id=ticket_id,
            tenant_id=ticket.tenant_id,
            defaults={"people_ahead": people_ahead, "told_at": None},
        )
        return kept


def unwatch(*, ticket_id: UUID) -> bool:
    """The owner does not want to be told any more: neither at this place nor at the usual one.

    Returns:
        False where there is nothing to tell anyway.
    """
    return bool(Watch.objects.filter(ticket_id=ticket_id, told_at=None).update(told_at=NEVER))


NEVER = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
"""Marks a watch that its owner has taken back: it counts as told."""

CLAIM = """
INSERT INTO notifications_watch AS w (id, tenant_id, ticket_id, people_ahead, told_at)
SELECT unnest(%(ids)s::uuid[]), %(tenant)s, unnest(%(tickets)s::uuid[]), unnest(%(wanted)s::smallint[]), %(at)s
ON CONFLICT (ticket_id, tenant_id) DO UPDATE SET told_at = excluded.told_at WHERE w.told_at IS NULL
RETURNING ticket_id
"""


def mark_told(*, tenant_id: UUID, wanted: Mapping[UUID, int], at: datetime) -> set[UUID]:
    """Take the right to tell these tickets' owners; two at once do not both get it.

    Args:
        wanted: ticket → the number of people ahead at which it is told.

    Returns:
        Those that are ours to tell.
    """
    if not wanted:
        return set()
    tickets = sorted(wanted)
    values: dict[str, Any] = {
        "ids": [uuid7() for _ in tickets], "tickets": tickets, "wanted": [wanted[one] for one in tickets],
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"tenant": tenant_id, "at": at, **values})
        return {ticket_id for (ticket_id,) in cursor.fetchall()}
