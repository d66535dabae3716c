"""What the tests of single actions share: someone is already at the counter, and moves run in the bank's scope.

Django is set up after conftests are loaded, so imports of its models stand inside the fixtures.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.cast import NINE, Person


def later(**parts: float) -> datetime:
    return NINE + timedelta(**parts)


@pytest.fixture
def called(binta: Person, take: Callable[..., UUID], tellers: Any) -> UUID:
    """Binta has called someone at nine."""
    from smartqueue.queueing.actions import hot

    ticket_id = take()
    hot.call_next_ticket(
        tenant_id=binta.tenant.id, agent_id=binta.agent.id, queue_id=tellers.id, actor=binta.actor, at=NINE
    )
    return ticket_id


@pytest.fixture
def serving(called: UUID, move: Callable[..., None]) -> UUID:
    """… who has arrived a minute later."""
    from smartqueue.queueing.actions import tickets

    move(tickets.start_service, called, at=later(minutes=1))
    return called


@pytest.fixture
def move(bank: Any, binta: Person) -> Callable[..., None]:
    """Run an action on a ticket as Binta, in the bank's scope."""
    from smartqueue.tenants.scope import in_tenant

    def run(action: Callable[..., None], ticket_id: UUID, *, at: datetime = NINE, **options: Any) -> None:
        given = {"ticket_id": ticket_id, "agent_id": binta.agent.id, "actor": binta.actor, "at": at} | options
        if given["agent_id"] == "anybody":
            del given["agent_id"]
        with in_tenant(bank.id):
            action(**given)

    return run


@pytest.fixture
def line(bank: Any, tellers: Any) -> Callable[..., list[UUID]]:
    """Who waits, first to be called first."""
    from smartqueue.queueing.queries import waiting_in_calling_order
    from smartqueue.tenants.scope import in_tenant

    def read(queue: Any = None, at: datetime = NINE) -> list[UUID]:
        with in_tenant(bank.id):
            return waiting_in_calling_order((queue or tellers).id, at=at)

    return read


@pytest.fixture
def facts(bank: Any) -> Callable[[UUID], list[str]]:
    """The facts of a ticket, oldest first, without `ticket.`"""
    from smartqueue.journal.models import Entry
    from smartqueue.tenants.scope import in_tenant

    def read(ticket_id: UUID) -> list[str]:
        with in_tenant(bank.id):
            entries = Entry.objects.filter(object_id=ticket_id).order_by("version")
            return [fact.removeprefix("ticket.") for fact in entries.values_list("fact", flat=True)]

    return read
