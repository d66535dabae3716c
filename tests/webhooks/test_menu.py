"""T9, in a small version: a hundred events to five receivers of all kinds, over the day that patience lasts."""

import random
import time
from collections import Counter, defaultdict
from datetime import timedelta

import pytest

from smartqueue.journal.states import SYSTEM
from smartqueue.kernel.clock import now
from smartqueue.queueing.actions.tickets import cancel_ticket
from smartqueue.tenants.scope import in_tenant
from smartqueue.webhooks.actions import delivering
from smartqueue.webhooks.actions.courier import Courier
from smartqueue.webhooks.actions.endpoints import try_endpoint
from smartqueue.webhooks.states import DeliveryStatus, WhyOff
from tests.cast import NINE
from tests.webhooks.conftest import LATER, deliver, hand_over
from tests.webhooks.receiver import Answer

TICKETS = 50


def flaky(chance):
    """30 % refuse, 5 % ask for a pause, 3 % answer too late."""

    def answer(got):
        dice = chance.random()
        if dice < 0.30:
            return Answer(500)
        if dice < 0.35:
            return Answer(429, {"Retry-After": "60"})
        return Answer(wait_s=1.5) if dice < 0.38 else Answer()

    return answer


def test_every_event_arrives_in_order_at_whoever_lives(bank, add, receive, take, log, again, monkeypatch, tellers):
    monkeypatch.setattr(delivering, "CALL_S", 1.0)
    inner = receive()
    boxes = {
        "good": receive(),
        "flaky": receive(flaky(random.Random(9))),
        "redirecting": receive(lambda got: Answer(307, {"Location": inner.url + "/secret"})),
        "gone": receive(lambda got: Answer(410 if len(boxes["gone"].got) > 10 else 200)),
    }
    made = {name: add(box.url)[0] for name, box in boxes.items()} | {"dead": add("http://127.0.0.1:9/")[0]}
    tickets = [take() for _n in range(TICKETS)]
    with in_tenant(bank.id):
        for ticket_id in tickets:
            cancel_ticket(ticket_id=ticket_id, agent_id=None, reason="", actor=SYSTEM, at=NINE)
    hand_over(bank.id)

    at = LATER
    for _step in range(1000):  # the clock jumps to what is due next, and later in the day by ten minutes at least
        deliver(at, bank.id)
        due = [row.due_at for one in made.values() for row in log(one) if row.status == DeliveryStatus.PENDING]
        if not due:
            break
        at = max(min(due), at + timedelta(seconds=1 if at - LATER < timedelta(minutes=2) else 600))

    assert at - LATER <= timedelta(hours=25)
    assert not due
    for name in ("good", "flaky"):
        assert Counter(row.status for row in log(made[name])) == {"delivered": 2 * TICKETS}, name
        order = defaultdict(list)
        for got in boxes[name].accepted:
            order[got.said["data"]["ticket_id"]].append(got.said["data"]["version"])
        # What was answered too late has arrived and comes again, under the same id.
        assert {ticket_id: sorted(set(versions)) for ticket_id, versions in order.items()} == {
            str(ticket_id): [1, 2] for ticket_id in tickets
        }
        assert all(versions == sorted(versions) for versions in order.values())
        assert {got.id for got in boxes[name].got} == {row.message_id for row in log(made[name])}
    assert max(row.tries for one in made.values() for row in log(one)) <= 10
    assert len(boxes["good"].got) == 2 * TICKETS
    assert len(boxes["flaky"].got) > 2 * TICKETS
    assert inner.got == []
    reasons = {name: again(one).disabled_reason for name, one in made.items()}
    assert reasons == {
        "good": "", "flaky": "", "redirecting": WhyOff.FAILING, "gone": WhyOff.GONE, "dead": WhyOff.FAILING,
    }  # fmt: skip


@pytest.mark.parametrize("dead", [1, 12])
def test_receivers_that_hang_delay_nobody_else(bank, cheikh, add, receive, take, handed_over, dead):
    """By the real clock. A hanging receiver costs ten seconds; what its neighbour waits is printed and stays far
    below that."""
    hanging = receive(lambda got: Answer(wait_s=60))
    for n in range(dead):
        add(f"{hanging.url}/{n}")
    for _n in range(20):
        take()
    handed_over()
    quick = receive()
    neighbour, _secret = add(quick.url, tenant=cheikh.tenant)
    courier = Courier(now)
    courier.wake()

    waits = []
    for n in range(1, 16):
        began = time.monotonic()
        with in_tenant(cheikh.tenant.id):
            try_endpoint(endpoint_id=neighbour.id, actor=SYSTEM, at=now())
        while len(quick.got) < n and time.monotonic() - began < 30:
            courier.wake()
            time.sleep(0.02)  # as the clock would wake it
        waits.append(quick.got[n - 1].at - began)
    hanging.leaving.set()
    assert courier.wait(60)  # its threads know the real clock, and would deliver for later tests

    print(f"{dead} hanging: the neighbour waited {1000 * max(waits):.0f} ms at most")  # noqa: T201 - the figure
    assert len(hanging.got) >= dead
    assert max(waits) < 5
    assert sorted(waits)[len(waits) // 2] < 1
