"""Recall, arrive, park, absent, back in line, elsewhere, gone: each move and what refuses it."""

from datetime import timedelta

import pytest

from smartqueue.queueing import errors
from smartqueue.queueing.actions import hot, tickets
from smartqueue.queueing.states import Place
from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE
from tests.queueing.conftest import later


def test_a_recall_counts_and_keeps_its_distance(called, move, ticket):
    with pytest.raises(errors.TooSoon):
        move(tickets.recall_ticket, called, at=later(seconds=9))
    move(tickets.recall_ticket, called, at=later(seconds=10))

    row = ticket(called)
    assert (row.status, row.recalls, row.called_at, row.last_call_at) == ("called", 1, NINE, later(seconds=10))


def test_walking_is_kept_apart_from_waiting_and_serving(serving, move, ticket, binta):
    hot.close_ticket(
        tenant_id=binta.tenant.id, ticket_id=serving, user_id=binta.user.id, actor=binta.actor, at=later(minutes=5)
    )

    row = ticket(serving)
    assert (row.called_at, row.started_at, row.ended_at) == (NINE, later(minutes=1), later(minutes=5))
    assert (row.status, row.outcome) == ("closed", "served")


def test_closing_frees_the_agent(serving, binta, tellers, take):
    waiting = take()
    hot.close_ticket(tenant_id=binta.tenant.id, ticket_id=serving, actor=binta.actor, at=later(minutes=5))

    assert (
        hot.call_next_ticket(
            tenant_id=binta.tenant.id,
            agent_id=binta.agent.id,
            queue_id=tellers.id,
            actor=binta.actor,
            at=later(minutes=5),
        )
        == waiting
    )


def test_a_waiting_ticket_cannot_be_closed(binta, take):
    with pytest.raises(errors.IllegalMove):
        hot.close_ticket(tenant_id=binta.tenant.id, ticket_id=take(), actor=binta.actor, at=NINE)


def test_nobody_closes_another_agents_ticket(serving, fatou):
    with pytest.raises(errors.NotYourTicket):
        hot.close_ticket(
            tenant_id=fatou.tenant.id, ticket_id=serving, user_id=fatou.user.id, actor=fatou.actor, at=NINE
        )


@pytest.mark.parametrize(
    "action", [tickets.recall_ticket, tickets.start_service, tickets.pause_ticket, tickets.mark_no_show]
)
def test_nobody_moves_another_agents_ticket(called, fatou, move, action):
    options = {"reason": ""} if action is tickets.pause_ticket else {}
    with pytest.raises(errors.NotYourTicket):
        move(action, called, agent_id=fatou.agent.id, at=later(minutes=1), **options)


def test_a_parked_ticket_frees_its_agent_and_its_pause_is_no_service(serving, move, ticket, binta, fatou):
    move(tickets.pause_ticket, serving, reason="Formulaire", at=later(minutes=2))
    assert ticket(serving).status == "paused"

    move(tickets.resume_ticket, serving, agent_id="anybody", agent=fatou.agent, at=later(minutes=12))

    row = ticket(serving)
    assert (row.status, row.agent_id, row.counter_id) == ("serving", fatou.agent.id, fatou.agent.counter_id)
    assert (row.paused_s, row.paused_at, row.started_at) == (600, None, later(minutes=1))


def test_an_agent_with_a_customer_resumes_nobody(serving, move, binta, tellers, take):
    move(tickets.pause_ticket, serving, reason="", at=later(minutes=2))
    take()
    hot.call_next_ticket(
        tenant_id=binta.tenant.id, agent_id=binta.agent.id, queue_id=tellers.id, actor=binta.actor, at=later(minutes=2)
    )

    with pytest.raises(errors.AgentBusy):
        move(tickets.resume_ticket, serving, agent_id="anybody", agent=binta.agent, at=later(minutes=3))


def test_absent_only_after_the_grace(called, move, ticket):
    with pytest.raises(errors.TooSoon):
        move(tickets.mark_no_show, called, at=later(seconds=29))
    move(tickets.mark_no_show, called, at=later(seconds=30))

    assert (ticket(called).status, ticket(called).ended_at) == ("no_show", later(seconds=30))


@pytest.mark.parametrize(("place", "where"), [(Place.FIRST, 0), (Place.ARRIVAL, 1), (Place.LAST, 3)])
def test_put_back_first_last_or_at_the_arrival(make_queue, make_agent, take, move, line, ticket, place, where):
    queue = make_queue(strategy="fifo")
    ousmane = make_agent("Ousmane Sow", queue)
    chosen = take(queue, at=NINE)
    others = [take(queue, at=NINE - timedelta(minutes=5)), *[take(queue, at=later(minutes=n)) for n in (1, 2)]]
    hot.call_ticket(
        tenant_id=queue.tenant_id, agent_id=ousmane.agent.id, ticket_id=chosen, reason="x", actor=ousmane.actor,
        at=later(minutes=3),
    )  # fmt: skip

    move(tickets.put_back, chosen, agent_id=ousmane.agent.id, place=place, at=later(minutes=4))

    # Arrivals are kept in the order in which the counter row gave them, whatever the clock of a taker said.
    assert line(queue, at=later(minutes=4)).index(chosen) == (where if place != Place.ARRIVAL else 0)
    row = ticket(chosen)
    assert (row.status, row.agent_id, row.counter_id, row.called_at) == ("waiting", None, None, None)
    assert set(line(queue)) == {chosen, *others}


def test_the_last_put_back_first_comes_first(make_queue, make_agent, take, move, line):
    queue = make_queue()
    agent = make_agent("Ousmane Sow", queue)
    one, two, three = take(queue), take(queue), take(queue)
    for ticket_id in (one, two):
        hot.call_ticket(
            tenant_id=queue.tenant_id, agent_id=agent.agent.id, ticket_id=ticket_id, reason="x", actor=agent.actor,
            at=NINE,
        )  # fmt: skip
        move(tickets.put_back, ticket_id, agent_id=agent.agent.id, place=Place.FIRST, at=NINE)

    assert line(queue) == [two, one, three]


def test_letting_two_people_pass(take, move, line, ticket):
    one, two, three, four = (take(at=later(seconds=n)) for n in range(4))

    move(tickets.defer_ticket, one, agent_id="anybody", people=2)

    assert line() == [two, three, one, four]
    assert (ticket(one).deferrals, ticket(one).created_at) == (1, NINE)


def test_nobody_behind_nobody_to_let_pass(take, move):
    with pytest.raises(errors.NobodyBehind):
        move(tickets.defer_ticket, take(), agent_id="anybody", people=1)


def test_letting_pass_is_limited(take, move):
    one, *_ = [take(at=later(seconds=n)) for n in range(5)]
    for _ in range(3):
        move(tickets.defer_ticket, one, agent_id="anybody", people=1)

    with pytest.raises(errors.DeferralsUsedUp):
        move(tickets.defer_ticket, one, agent_id="anybody", people=1)


def test_a_transfer_keeps_number_and_arrival(serving, move, ticket, make_queue, line):
    other = make_queue()

    move(tickets.transfer_ticket, serving, to_queue_id=other.id, reason="Conseil", at=later(minutes=3))

    row = ticket(serving)
    assert (row.number, row.created_at, row.queue_id, row.status) == ("A001", NINE, other.id, "waiting")
    assert (row.service_id, row.agent_id) == (other.service_id, None)
    assert line(other) == [serving]


def test_a_transferred_person_stands_where_the_arrival_says(make_queue, take, move, line):
    other = make_queue()
    early = take(at=NINE)
    there = take(other, at=later(minutes=1))

    move(tickets.transfer_ticket, early, to_queue_id=other.id, reason="x", at=later(minutes=3))

    assert line(other) == [early, there]


@pytest.mark.parametrize("fields", [{"status": "closed"}, {"status": "paused"}, {"is_active": False}])
def test_no_transfer_into_a_queue_that_is_not_open(make_queue, take, move, fields):
    with pytest.raises(errors.QueueClosed):
        move(tickets.transfer_ticket, take(), to_queue_id=make_queue(**fields).id, reason="x")


def test_no_transfer_into_another_tenant(cheikh, take, move):
    with pytest.raises(errors.QueueNotFound):
        move(tickets.transfer_ticket, take(), to_queue_id=cheikh.tenant.id, reason="x")


def test_no_transfer_to_where_one_is(take, tellers, move):
    with pytest.raises(errors.SameQueue):
        move(tickets.transfer_ticket, take(), to_queue_id=tellers.id, reason="x")


def test_whoever_leaves_is_out_of_the_line(take, move, line, ticket, facts):
    one, two = take(), take()

    move(tickets.cancel_ticket, one, agent_id=None, reason="Trop long")

    assert line() == [two]
    assert (ticket(one).status, ticket(one).reason) == ("cancelled", "Trop long")
    assert facts(one) == ["created", "cancelled"]


def test_a_ticket_of_another_tenant_does_not_exist(cheikh, take):
    ticket_id = take()
    with in_tenant(cheikh.tenant.id), pytest.raises(errors.TicketNotFound):
        tickets.cancel_ticket(ticket_id=ticket_id, agent_id=None, reason="", actor=cheikh.actor, at=NINE)
