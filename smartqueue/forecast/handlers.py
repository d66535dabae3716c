"""Reactions to facts of tickets and queues: people who wait elsewhere are looked at soon, welcomed, forgotten."""

from functools import partial
from typing import cast
from uuid import UUID

from django.db import transaction

from smartqueue.forecast.actions.journeys import end_journey, look_soon, welcome
from smartqueue.forecast.actions.poking import poke_recompute
from smartqueue.journal.models import Entry
from smartqueue.journal.states import SYSTEM


def look_at_line(entry: Entry) -> None:
    """A call, a transfer, a new outlook: the moment to leave may have moved for those who wait elsewhere."""
    left = entry.data.get("from_queue_id")
    look_soon(queue_ids=[one for one in (entry.queue_id, UUID(left) if left else None) if one], at=entry.at)


def welcome_arrival(entry: Entry) -> None:
    """`ticket.checked_in`: whoever was passed over gets the place back."""
    welcome(ticket_id=cast(UUID, entry.object_id), actor=SYSTEM, at=entry.at)


def forget_way(entry: Entry) -> None:
    """The visit is over: where its owner was is forgotten."""
    end_journey(ticket_id=cast(UUID, entry.object_id), at=entry.at)


def count_counters_again(entry: Entry) -> None:
    """Somebody serves, or serves no more, or serves other queues: how long one waits there is worked out anew, soon."""
    transaction.on_commit(partial(poke_recompute, cast(UUID, entry.tenant_id)))
