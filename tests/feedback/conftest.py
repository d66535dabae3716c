"""Visits that are over, by the real actions, in every way in which a visit ends."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.cast import NINE, Person


@pytest.fixture
def visit_over(bank: Any, binta: Person, tellers: Any, take: Callable[..., Any]) -> Callable[..., Any]:
    """`visit_over("closed", at=NINE) -> ticket`: somebody came to Binta's tellers and was gone minutes later; an
    expired one was called and forgotten for two days."""
    from smartqueue.queueing.actions import hot, tickets
    from smartqueue.queueing.models import Ticket
    from smartqueue.tenants.scope import in_tenant

    def make(how: str = "closed", *, at: datetime = NINE, **options: Any) -> Any:
        ticket_id = take(at=at, **options)
        who = {"tenant_id": bank.id, "actor": binta.actor}
        later = {"ticket_id": ticket_id, "agent_id": None, "actor": binta.actor, "at": at + timedelta(minutes=9)}
        if how != "cancelled":
            hot.call_ticket(**who, ticket_id=ticket_id, agent_id=binta.agent.id, reason="-", at=at)
        if how == "closed":
            hot.close_ticket(**who, ticket_id=ticket_id, at=at + timedelta(minutes=9))
        with in_tenant(bank.id):
            if how == "no_show":
                tickets.mark_no_show(**later)
            elif how == "cancelled":
                tickets.cancel_ticket(**later, reason="")
            elif how == "expired":
                tickets.expire_leftovers(tenant_id=bank.id, at=at + timedelta(days=2))
            return Ticket.objects.get(id=ticket_id)

    return make


@pytest.fixture
def answer(bank: Any) -> Callable[..., Any]:
    """`answer(ticket, csat=4, at=…, **more) -> feedback`, by the real action."""
    from smartqueue.feedback.actions import Answer, give_feedback
    from smartqueue.journal.states import Actor, ActorKind
    from smartqueue.tenants.scope import in_tenant

    def give(ticket: Any, csat: int = 4, *, at: datetime | None = None, **more: Any) -> Any:
        with in_tenant(bank.id):
            return give_feedback(
                token=ticket.token,
                answer=Answer(csat=csat, **more),
                language="fr",
                channel="web",
                actor=Actor(kind=ActorKind.CUSTOMER),
                at=at or ticket.ended_at + timedelta(minutes=1),
            )

    return give


@pytest.fixture
def told(bank: Any) -> Callable[[Any], list[Any]]:
    """The journal's entries about an answer, oldest first."""
    from smartqueue.journal.models import Entry
    from smartqueue.tenants.scope import in_tenant

    def get(feedback_id: Any) -> list[Any]:
        with in_tenant(bank.id):
            return list(Entry.objects.filter(object_type="feedback", object_id=feedback_id).order_by("id"))

    return get
