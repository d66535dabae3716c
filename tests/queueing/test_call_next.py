"""Calling: who comes next, and what happens when several ask at once."""

from datetime import timedelta

import pytest

from smartqueue.queueing.actions.hot import call_next_ticket, call_ticket
from smartqueue.queueing.errors import AgentBusy, AgentOffline, AgentPaused, NotEligible, ReasonNeeded
from tests.cast import NINE, at_the_same_time


def call(person, queue=None, at=NINE):
    return call_next_ticket(
        tenant_id=person.tenant.id,
        agent_id=person.agent.id,
        queue_id=queue.id if queue else None,
        actor=person.actor,
        at=at,
    )


def test_the_first_to_come_is_the_first_to_be_called(binta, tellers, take, ticket):
    first, _second = take(at=NINE), take(at=NINE + timedelta(minutes=1))

    called = call(binta, tellers)

    assert called == first
    row = ticket(first)
    assert (row.status, row.agent_id, row.counter_id, row.version) == (
        "called", binta.agent.id, binta.agent.counter_id, 2,
    )  # fmt: skip
    assert row.call_reason["rule"] == "fifo"


def test_two_agents_calling_at_once_get_two_people(binta, fatou, tellers, take):
    first, second = take(), take()

    called = at_the_same_time(lambda: call(binta, tellers), lambda: call(fatou, tellers))

    assert set(called) == {first, second}


def test_nobody_waiting_is_no_error(binta, tellers):
    assert call(binta, tellers) is None


def test_an_agent_with_a_customer_calls_nobody_else(binta, tellers, take):
    take(), take()
    call(binta, tellers)

    with pytest.raises(AgentBusy):
        call(binta, tellers)


def test_one_agent_clicking_at_once_gets_one_person(binta, tellers, take):
    for _ in range(4):
        take()

    results = at_the_same_time(*[lambda: call(binta, tellers)] * 4)

    assert sum(isinstance(result, AgentBusy) for result in results) == 3


@pytest.mark.parametrize(("status", "refusal"), [("paused", AgentPaused), ("busy", AgentBusy)])
def test_an_agent_who_is_not_available_calls_nobody(make_agent, tellers, take, status, refusal):
    take()
    agent = make_agent("Ousmane", tellers, status=status)

    with pytest.raises(refusal):
        call(agent, tellers)


def test_an_agent_serves_only_the_queues_he_is_eligible_for(make_queue, binta, take):
    other = make_queue()
    take(other)

    with pytest.raises(NotEligible):
        call(binta, other)


def test_without_a_queue_the_longest_wait_of_all_his_queues_comes_first(make_queue, make_agent, take):
    one, two = make_queue(), make_queue()
    agent = make_agent("Ousmane", one, two)
    take(one, at=NINE)
    earlier = take(two, at=NINE - timedelta(minutes=5))

    assert call(agent) == earlier


def test_a_chosen_ticket_out_of_order_needs_a_reason(binta, tellers, take, ticket):
    take(at=NINE)
    chosen = take(at=NINE + timedelta(minutes=1))
    common = {"tenant_id": binta.tenant.id, "agent_id": binta.agent.id, "ticket_id": chosen, "actor": binta.actor}

    with pytest.raises(ReasonNeeded):
        call_ticket(**common, reason="", at=NINE)
    assert call_ticket(**common, reason="Femme enceinte", at=NINE) == chosen
    assert ticket(chosen).call_reason["reason"] == "Femme enceinte"


def test_someone_who_has_gone_home_calls_nobody(binta, tellers, take):
    from smartqueue.queueing.actions.agents import set_agent_status
    from smartqueue.tenants.scope import in_tenant

    take()
    with in_tenant(binta.tenant.id):
        set_agent_status(agent_id=binta.agent.id, status="offline", reason="", actor=binta.actor, at=NINE)

    with pytest.raises(AgentOffline):
        call(binta, tellers)
