"""Another priority for somebody who waits."""

import pytest

from smartqueue.tenants.scope import in_tenant
from tests.cast import at_the_same_time
from tests.queueing.conftest import later


@pytest.fixture
def change(bank, awa):
    from smartqueue.queueing.actions.priority import change_priority

    def make(ticket_id, priority):
        with in_tenant(bank.id):
            change_priority(ticket_id=ticket_id, priority=priority, actor=awa.actor, at=later(minutes=5))

    return make


def test_it_stands_in_another_lane_with_its_arrival(change, take, ticket, facts, tellers):
    ticket_id = take()
    change(ticket_id, 10)
    now = ticket(ticket_id)

    assert (now.priority, now.lane, now.line_at, now.version) == (10, 10, now.created_at, 2)
    assert facts(ticket_id) == ["created", "priority_changed"]


def test_the_same_priority_again_is_no_fact(change, take, facts):
    ticket_id = take()
    change(ticket_id, 0)

    assert facts(ticket_id) == ["created"]


def test_somebody_who_was_put_back_first_stays_first(change, take, line, called, move):
    from smartqueue.queueing.actions.tickets import put_back

    other = take(priority=10)
    move(put_back, called, place="first", at=later(minutes=1))
    change(called, 5)

    assert line(at=later(minutes=5)) == [called, other]


def test_only_who_waits_may_change(change, called):
    from smartqueue.queueing.errors import IllegalMove

    with pytest.raises(IllegalMove):
        change(called, 5)


def test_an_urgent_ticket_is_found_though_its_lane_was_searched_past_it(change, take, binta, bank, make_queue):
    """The mark of a lane is lowered for whoever comes into it late."""
    from smartqueue.queueing.actions.hot import call_next_ticket
    from smartqueue.queueing.models import LowWater

    early = take()
    with in_tenant(bank.id):
        LowWater.objects.filter(lane=10).update(line_at=later(minutes=30))
    change(early, 10)

    assert (
        call_next_ticket(tenant_id=bank.id, agent_id=binta.agent.id, actor=binta.actor, at=later(minutes=31)) == early
    )


def test_called_and_moved_at_once_one_of_them_is_second(change, take, binta, bank, ticket, facts):
    from smartqueue.queueing.actions.hot import call_next_ticket

    ticket_id = take()
    at_the_same_time(
        lambda: call_next_ticket(tenant_id=bank.id, agent_id=binta.agent.id, actor=binta.actor, at=later(minutes=6)),
        lambda: change(ticket_id, 10),
    )
    told = facts(ticket_id)

    assert told in (
        ["created", "called"],
        ["created", "priority_changed", "called"],
        ["created", "priority_changed"],  # it was locked, so nobody seemed to wait
    )
    assert ticket(ticket_id).version == len(told)
