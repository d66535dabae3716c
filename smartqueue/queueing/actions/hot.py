"""Issue, call, close: one SQL statement each (migration 0004), a transaction of its own unless one is open."""

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction

from smartqueue.journal.actions import poke_relay
from smartqueue.journal.states import Actor
from smartqueue.kernel.errors import RuleBroken
from smartqueue.kernel.ids import token, uuid7
from smartqueue.kernel.refusing import refusing
from smartqueue.queueing.errors import REFUSALS, AgentBusy
from smartqueue.queueing.states import Channel, Outcome, Priority
from smartqueue.tenants.scope import ask


def issue_ticket(
    *,
    tenant_id: UUID,
    queue_id: UUID,
    channel: Channel,
    actor: Actor,
    at: datetime,
    priority: Priority = Priority.NORMAL,
    service_id: UUID | None = None,
    customer_id: UUID | None = None,
    language: str = "",
) -> UUID:
    """Give the next number of a queue.

    The number comes from the day's counter row, which is locked from there to the commit and touched last.

    Args:
        queue_id: the line to stand in.
        service_id: what the person comes for; the queue's own service when None.
        at: the instant of arrival, timezone-aware; the site's local day of it numbers the ticket.

    Returns:
        The ticket's id.

    Raises:
        QueueNotFound, QueueClosed, QueuePaused, SiteClosed, QueueFull: nothing was written.
    """
    ticket_id = uuid7()
    answer, *_ = _ask(
        "SELECT queueing_issue(%s, %s, %s, %s, %s, %s, %s::smallint, %s, %s, %s, %s)",
        [tenant_id, ticket_id, token(), queue_id, service_id, channel, priority, language, customer_id, at],
        actor,
    )
    if answer != "ok":
        raise REFUSALS[answer]
    transaction.on_commit(poke_relay)
    return ticket_id


def call_next_ticket(
    *,
    tenant_id: UUID,
    actor: Actor,
    at: datetime,
    agent_id: UUID | None = None,
    user_id: UUID | None = None,
    queue_id: UUID | None = None,
) -> UUID | None:
    """Call the next waiting person to the agent's counter.

    Agents calling at the same instant get different tickets: each takes the first that nobody else has locked.

    Args:
        agent_id: who calls; None means the agent whom `user_id` is.
        user_id: the person who must be that agent; None for someone who may call on an agent's behalf.
        queue_id: the line to draw from; None draws from every queue the agent serves, first where
            the longest wait, times the weight of the queue for this agent, is longest.

    Returns:
        The ticket's id, or None when nobody is waiting.

    Raises:
        AgentNotFound, NotYourCounter, AgentOffline, AgentPaused, AgentBusy, NotEligible, QueueNotFound.
    """
    return _call(tenant_id, [agent_id, user_id, queue_id, None, ""], actor, at)


def call_ticket(
    *,
    tenant_id: UUID,
    ticket_id: UUID,
    reason: str,
    actor: Actor,
    at: datetime,
    agent_id: UUID | None = None,
    user_id: UUID | None = None,
) -> UUID:
    """Call a chosen ticket; out of order it needs a reason. `agent_id` and `user_id` as in `call_next_ticket`.

    Raises:
        ReasonNeeded: others are before this ticket and no reason was given.
        IllegalMove: it is not waiting.
        TicketNotFound, AgentNotFound, NotYourCounter, AgentOffline, AgentPaused, AgentBusy, NotEligible.
    """
    called = _call(tenant_id, [agent_id, user_id, None, ticket_id, reason], actor, at)
    assert called is not None
    return called


def close_ticket(
    *,
    tenant_id: UUID,
    ticket_id: UUID,
    actor: Actor,
    at: datetime,
    user_id: UUID | None = None,
    outcome: Outcome = Outcome.SERVED,
    reason: str = "",
) -> None:
    """End a visit and free the agent.

    Args:
        user_id: the person in whose hands the ticket must be; None for someone who may close anybody's.

    Raises:
        TicketNotFound, NotYourTicket, IllegalMove: nothing was written.
    """
    answer, *_ = _ask(
        "SELECT queueing_close(%s, %s, %s, %s, %s, %s, %s)",
        [tenant_id, ticket_id, user_id, outcome, reason, at],
        actor,
    )
    if answer != "ok":
        raise _refusal(answer, ticket_id)
    transaction.on_commit(poke_relay)


def _call(tenant_id: UUID, who_and_what: list[Any], actor: Actor, at: datetime) -> UUID | None:
    with refusing(one_ticket_per_agent=AgentBusy):
        answer, ticket_id = _ask(
            "SELECT * FROM queueing_call(%s, %s, %s, %s, %s, %s, %s, %s)", [tenant_id, *who_and_what, at], actor
        )
    if answer == "nobody":
        return None
    if answer != "ok":
        raise _refusal(answer, ticket_id)
    transaction.on_commit(poke_relay)
    return ticket_id  # type: ignore[no-any-return]


def _refusal(answer: str, ticket_id: UUID | None) -> RuleBroken:
    """409s name the ticket they are about, so that the surface can show it as it is now."""
    refusal = REFUSALS[answer]
    return refusal(ticket_id=ticket_id) if ticket_id and refusal.status == 409 else refusal()


def _ask(statement: str, values: list[Any], actor: Actor) -> tuple[Any, ...]:
    rows = ask(statement, [*values, orjson.dumps(actor).decode()])
    return rows[0]
