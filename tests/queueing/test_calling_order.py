"""Four calling orders, one strict class, and the same answer everywhere that asks for the order."""

from datetime import timedelta

import pytest

from smartqueue.queueing.actions.hot import call_next_ticket
from smartqueue.queueing.queries import show_tickets
from tests.cast import NINE
from tests.queueing.conftest import later

NORMAL, ELEVATED, URGENT = 0, 5, 10


@pytest.mark.parametrize(
    ("fields", "arrivals", "order"),
    [
        ({"strategy": "fifo"}, [(0, URGENT), (1, NORMAL), (2, ELEVATED)], [0, 1, 2]),
        ({"strategy": "priority"}, [(0, NORMAL), (1, ELEVATED), (2, URGENT), (3, URGENT)], [2, 3, 1, 0]),
        # Deadlines: 15, 10 and 5 minutes after arrival.
        ({"strategy": "sla"}, [(0, NORMAL), (4, ELEVATED), (11, URGENT)], [1, 0, 2]),
        # At minute 12: waits of 12, 5 and 4 minutes, weighing 1, 2 and 4.
        ({"strategy": "mixed"}, [(0, NORMAL), (7, ELEVATED), (8, URGENT)], [2, 0, 1]),
        ({"strategy": "mixed", "urgent_first": True}, [(0, NORMAL), (11.9, URGENT)], [1, 0]),
        ({"strategy": "fifo", "urgent_first": True}, [(0, NORMAL), (1, ELEVATED), (2, URGENT)], [2, 0, 1]),
    ],
)
def test_who_comes_before_whom(make_queue, make_agent, take, line, fields, arrivals, order):
    queue = make_queue(**fields)
    agents = [make_agent(f"Agent {n}", queue) for n in range(len(arrivals))]
    taken = [take(queue, at=NINE + timedelta(minutes=minute), priority=priority) for minute, priority in arrivals]
    at, expected = later(minutes=12), [taken[place] for place in order]

    assert line(queue, at=at) == expected
    views = {view.id: view for view in show_tickets(tenant_id=queue.tenant_id, ids=taken, at=at)}
    assert [views[ticket_id].people_ahead for ticket_id in expected] == list(range(len(taken)))
    for ticket_id in taken:
        [alone] = show_tickets(tenant_id=queue.tenant_id, ids=[ticket_id], at=at)
        assert alone == views[ticket_id]
    called = [
        call_next_ticket(tenant_id=queue.tenant_id, agent_id=a.agent.id, queue_id=queue.id, actor=a.actor, at=at)
        for a in agents
    ]
    assert called == expected
