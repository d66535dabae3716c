"""Messages as the room of notifications leaves them, and the relay with the doors' own handler: for tests here and of
the pages."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest


@pytest.fixture
def message(bank: Any, ticket: Callable[..., Any]) -> Callable[..., Any]:
    """`message(ticket_id, …)`: a row and its fact, in one transaction."""
    from smartqueue.kernel.clock import now
    from smartqueue.notifications.actions.facts import tell
    from smartqueue.notifications.models import Notification
    from smartqueue.tenants.scope import in_tenant

    def make(ticket_id: Any, happened: str = "shown", **fields: Any) -> Any:
        at = now()
        given = {
            "tenant_id": bank.id, "ticket_id": ticket_id, "customer_id": ticket(ticket_id).customer_id,
            "cause": f"test:{at.timestamp()}", "kind": "queue_news", "channel": "page", "language": "en",
            "address": str(ticket_id), "body": "The till opens again at ten.", "status": "sent", "created_at": at,
            "due_at": at, "expires_at": at + timedelta(hours=1), "sent_at": at,
        }  # fmt: skip
        with in_tenant(bank.id):
            row = Notification.objects.create(**given | fields)
            tell(row, f"message.{happened}", at)
        return row

    return make


@pytest.fixture
def telling_relay() -> Callable[[], None]:
    """As the worker does it, with nobody else listening: other tests' facts are not this one's business."""
    from smartqueue.config import wiring
    from smartqueue.journal.actions.relay import relay_entries
    from smartqueue.kernel.clock import now
    from smartqueue.live.handlers import tell_owner

    ours = {fact: [tell_owner] for fact, handlers in wiring.LATER.items() if tell_owner in handlers}

    def run() -> None:
        while relay_entries(timetable=ours, at=now(), announce=wiring.AT_ONCE, everything=False):
            pass

    return run
