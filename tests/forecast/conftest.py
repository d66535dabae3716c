"""What tests of following share: time passes, somebody calls, facts are numbered and followed."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from tests.cast import NINE, Person
from tests.forecast.stream import number_all


@pytest.fixture
def follow(bank: Any) -> Callable[..., int]:
    """What the relay and the follower do: every fact of this tenant gets its number, and is followed."""
    from smartqueue.forecast.actions.following import follow_tenant

    def run(at: datetime = NINE) -> int:
        number_all(at)
        return follow_tenant(tenant_id=bank.id, at=at)

    return run


@pytest.fixture
def promised(bank: Any) -> Callable[..., Any]:
    """What was promised to a ticket; in the line in which it was taken unless told otherwise."""
    from smartqueue.forecast.models import Estimate
    from smartqueue.tenants.scope import in_tenant

    def get(ticket_id: UUID, queue: Any = None) -> Any:
        with in_tenant(bank.id):
            rows = Estimate.objects.filter(ticket_id=ticket_id, **({"queue": queue} if queue else {}))
            return rows.order_by("id").first()

    return get


@pytest.fixture
def call(tellers: Any) -> Callable[..., UUID]:
    """Somebody calls the next of a queue and closes the visit at once; whom?"""
    from smartqueue.queueing.actions import hot

    def do(person: Person, at: datetime, queue: Any = None, *, closes: bool = True) -> UUID:
        who = {"tenant_id": person.tenant.id, "actor": person.actor, "at": at}
        ticket_id = hot.call_next_ticket(agent_id=person.agent.id, queue_id=(queue or tellers).id, **who)
        assert ticket_id is not None
        if closes:
            hot.close_ticket(ticket_id=ticket_id, **who)
        return ticket_id

    return do


@pytest.fixture
def move(bank: Any, binta: Person) -> Callable[..., None]:
    """Run an action on a ticket as Binta, in the bank's scope."""
    from smartqueue.tenants.scope import in_tenant

    def run(action: Callable[..., None], ticket_id: UUID, *, at: datetime, **options: Any) -> None:
        with in_tenant(bank.id):
            action(ticket_id=ticket_id, actor=binta.actor, at=at, **options)

    return run
