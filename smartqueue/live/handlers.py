"""Reactions to facts of messages: whoever looks at a page, or has signed in, is told that there is one."""

from functools import partial
from uuid import UUID

from django.db import transaction

from smartqueue.journal.models import Entry
from smartqueue.live.publish import announce
from smartqueue.notifications.queries.told import concerned
from smartqueue.notifications.states import PAGE


def tell_owner(entry: Entry) -> None:
    """A message was told, delivered or failed: the doors of its ticket and of its customer look.

    It writes nothing. What it says goes out after the commit, holds ids only, is harmless when said twice, and never
    raises; where it is not heard, the doors look again by themselves.
    """
    assert entry.tenant_id is not None
    assert entry.object_id is not None
    ticket_id, customer_id = concerned(entry.object_id)
    moved: dict[tuple[UUID, UUID], int] = {}
    if ticket_id and entry.data.get("channel") == PAGE:
        moved[entry.tenant_id, ticket_id] = entry.id
    if customer_id:
        moved[entry.tenant_id, customer_id] = entry.id
    if moved:
        transaction.on_commit(partial(announce, moved))
