"""From what happened in a line to what is promised: read in order, promised once, settled at the call, learnt from."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from tests.cast import NINE
from tests.forecast.stream import later


def places(promised: Callable[..., Any], *ticket_ids: UUID) -> list[int]:
    return [promised(ticket_id).place for ticket_id in ticket_ids]


def test_who_takes_a_ticket_is_promised_a_wait_and_the_call_settles_it(binta, take, call, follow, promised):
    ticket_id = take()
    read = follow(later(seconds=5))
    before = promised(ticket_id)
    call(binta, later(minutes=7))
    follow(later(minutes=8))
    after = promised(ticket_id)

    assert read == 1
    assert (before.place, before.asked_at, before.ending, before.wait_s) == (1, NINE, "open", None)
    assert 0 < before.p10_s <= before.p50_s <= before.p90_s
    assert (before.naive_s, before.les_s, before.served_s, before.quality) == (0, None, 300, "rough")
    assert before.features is not None
    assert (after.ending, after.wait_s, after.ended_at) == ("called", 420, later(minutes=7))
    assert (after.features, after.p50_s) == (None, before.p50_s)


def test_who_walks_up_to_a_free_counter_teaches_nothing_about_waiting(binta, take, call, follow, promised, bank):
    from smartqueue.forecast.models import Learnt
    from smartqueue.tenants.scope import in_tenant

    def labels() -> int:
        with in_tenant(bank.id):
            return int(Learnt.objects.get(subject="tenant").state["regression"]["labels"])

    at_once = take()
    call(binta, later(seconds=4))
    follow(later(seconds=5))
    taught = labels()
    waited = take(at=later(seconds=10))
    call(binta, later(seconds=15))
    follow(later(seconds=20))

    assert (taught, labels()) == (0, 1)
    assert [promised(one).wait_s for one in (at_once, waited)] == [4, 5]
    assert [promised(one).features for one in (at_once, waited)] == [None, None]


def test_nothing_is_read_twice(binta, take, call, follow, bank, tellers, caplog):
    from smartqueue.forecast.models import Learnt
    from smartqueue.tenants.scope import in_tenant

    caplog.set_level("INFO", "smartqueue.forecast")
    take()
    call(binta, later(minutes=1))
    reads = [follow(later(minutes=2)), follow(later(minutes=2)), follow(later(minutes=2))]
    with in_tenant(bank.id):
        learnt = Learnt.objects.get(subject="queue", subject_id=tellers.id)
        others = set(Learnt.objects.exclude(id=learnt.id).values_list("subject", "subject_id", "seq"))

    # Created, called, closed; then what following has said itself: the wait is other now.
    assert reads[0] == 3
    assert reads[1] in (0, 1)
    assert reads[2] == 0
    assert learnt.seq == sum(reads)
    assert others == {("tenant", bank.id, 0), ("service", tellers.service_id, 0)}
    assert [record.getMessage() for record in caplog.records if "cannot be" in record.getMessage()] == []


def test_places_are_those_of_the_moment_although_they_are_heard_of_later(binta, take, call, follow, promised):
    first = take()
    follow(later(seconds=5))
    second = take(at=later(seconds=10))
    called = call(binta, later(seconds=20))
    third, fourth = take(at=later(seconds=30)), take(at=later(seconds=40))
    follow(later(minutes=1))

    assert called == first
    assert places(promised, first, second, third, fourth) == [1, 2, 2, 3]
    assert promised(fourth).naive_s == 2 * 300


def test_what_has_no_number_yet_does_not_disturb_the_places(bank, make_queue, make_agent, take, call, follow, promised):
    from smartqueue.forecast.actions.following import follow_tenant
    from tests.forecast.stream import number_all

    served = make_queue(strategy="priority")
    khady = make_agent("Khady Sow", served)
    first = take(served)
    follow(later(seconds=5))
    second = take(served, at=later(seconds=10))
    number_all(later(seconds=11))
    call(khady, later(seconds=20), served)
    take(served, at=later(seconds=30), priority=10)
    take(served, at=later(seconds=31), priority=10)
    follow_tenant(tenant_id=bank.id, at=later(seconds=40))

    assert places(promised, first, second) == [1, 2]


def test_in_a_queue_with_priorities_the_place_is_the_real_one(make_queue, make_agent, take, follow, promised):
    served = make_queue(strategy="priority")
    make_agent("Khady Sow", served)
    ordinary = [take(served, at=later(seconds=second)) for second in (0, 10)]
    urgent, elevated, last = (
        take(served, at=later(seconds=20 + 10 * n), priority=priority) for n, priority in enumerate((10, 5, 0))
    )
    follow(later(minutes=1))

    assert places(promised, *ordinary, urgent, elevated, last) == [1, 2, 1, 2, 5]


def test_the_last_wait_is_what_the_next_one_is_compared_with(binta, take, call, follow, promised):
    take()
    call(binta, later(minutes=4))
    second = take(at=later(minutes=5))
    follow(later(minutes=6))
    third = take(at=later(minutes=6))
    follow(later(minutes=7))

    assert (promised(second).les_s, promised(third).les_s) == (240, 240)


def test_a_call_that_was_undone_has_not_been(binta, take, call, follow, move, promised):
    from smartqueue.queueing.actions import tickets

    ticket_id = take()
    call(binta, later(minutes=2), closes=False)
    follow(later(minutes=2))
    called = promised(ticket_id)
    move(tickets.undo, ticket_id, at=later(minutes=2, seconds=5))
    follow(later(minutes=3))
    undone = promised(ticket_id)
    call(binta, later(minutes=9))
    follow(later(minutes=9))

    assert (called.ending, called.wait_s) == ("called", 120)
    assert (undone.ending, undone.wait_s, undone.features) == ("open", None, None)
    assert (promised(ticket_id).ending, promised(ticket_id).wait_s) == ("called", 540)


def test_who_is_put_back_was_called_all_the_same(binta, take, call, follow, move, promised):
    from smartqueue.queueing.actions import tickets
    from smartqueue.queueing.states import Place

    ticket_id = take()
    call(binta, later(minutes=2), closes=False)
    move(tickets.put_back, ticket_id, at=later(minutes=3), agent_id=None, place=Place.LAST)
    call(binta, later(minutes=9))
    follow(later(minutes=10))

    assert (promised(ticket_id).ending, promised(ticket_id).wait_s) == ("called", 120)


def test_who_leaves_has_left_unless_that_was_undone(binta, take, follow, move, promised):
    from smartqueue.queueing.actions import tickets

    gone, stays = take(), take()
    for ticket_id in (gone, stays):
        move(tickets.cancel_ticket, ticket_id, at=later(minutes=1), agent_id=None, reason="")
    follow(later(minutes=1))
    before = promised(stays)
    move(tickets.undo, stays, at=later(minutes=1, seconds=5))
    follow(later(minutes=2))

    assert (promised(gone).ending, promised(gone).ended_at) == ("left", later(minutes=1))
    assert (before.ending, promised(stays).ending, promised(stays).ended_at) == ("left", "open", None)
    assert promised(stays).features is not None


def test_who_is_transferred_is_promised_something_anew(
    binta, make_queue, make_agent, take, call, follow, move, promised
):
    from smartqueue.queueing.actions import tickets

    loans = make_queue(name="Prêts")
    khady = make_agent("Khady Sow", loans)
    waiting = take(loans)
    ticket_id = take()
    move(
        tickets.transfer_ticket, ticket_id, at=later(minutes=5), agent_id=None, to_queue_id=loans.id, reason=""
    )  # fmt: skip
    follow(later(minutes=6))
    there = promised(ticket_id, loans)
    assert call(khady, later(minutes=7), loans) == waiting
    assert call(khady, later(minutes=8), loans) == ticket_id
    follow(later(minutes=9))

    assert promised(ticket_id).ending == "left"
    assert (there.place, there.asked_at, there.ending) == (2, later(minutes=5), "open")
    assert (promised(ticket_id, loans).ending, promised(ticket_id, loans).wait_s) == ("called", 180)


def test_a_transfer_that_was_undone_leaves_the_first_promise(binta, make_queue, take, follow, move, promised):
    from smartqueue.queueing.actions import tickets

    loans, ticket_id = make_queue(name="Prêts"), take()
    move(
        tickets.transfer_ticket, ticket_id, at=later(minutes=5), agent_id=None, to_queue_id=loans.id, reason=""
    )  # fmt: skip
    follow(later(minutes=5))
    move(tickets.undo, ticket_id, at=later(minutes=5, seconds=5))
    follow(later(minutes=6))

    assert [promised(ticket_id, queue).ending for queue in (None, loans)] == ["open", "left"]


def test_what_is_heard_long_after_is_learnt_and_promised_to_nobody(bank, binta, take, call, follow, promised, tellers):
    from smartqueue.forecast.models import Estimate, Learnt
    from smartqueue.tenants.scope import in_tenant

    take()
    call(binta, later(minutes=2))
    fresh = take(at=later(minutes=50))
    follow(later(minutes=60))
    with in_tenant(bank.id):
        seq = Learnt.objects.get(subject="queue", subject_id=tellers.id).seq
        made = list(Estimate.objects.values_list("ticket_id", "place"))

    assert (seq, made) == (4, [(fresh, 1)])


def test_a_long_stream_is_followed_in_pieces(bank, binta, take, call, follow, promised, monkeypatch):
    from smartqueue.forecast.actions import following

    monkeypatch.setattr(following, "FACTS_AT_ONCE", 1)  # the least for one stream is 50
    tickets = [take(at=later(seconds=n)) for n in range(120)]
    read = follow(later(minutes=3))

    assert read == 120
    assert places(promised, *tickets) == list(range(1, 121))


def test_another_tenants_lines_are_left_alone(bank, take, follow, cheikh, binta):
    from smartqueue.forecast.models import Estimate, Learnt
    from smartqueue.tenants.scope import in_tenant

    take()
    follow(later(minutes=1))
    with in_tenant(cheikh.tenant.id):
        theirs = (Estimate.objects.count(), Learnt.objects.count())
    with in_tenant(bank.id):
        ours = Estimate.objects.count()

    assert (theirs, ours) == ((0, 0), 1)


def test_following_asks_the_same_number_of_questions_for_one_queue_and_for_three(
    bank, binta, make_queue, make_agent, take, follow
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from smartqueue.forecast.actions.following import follow_tenant
    from tests.forecast.stream import number_all

    queues = [make_queue() for _n in range(3)]
    make_agent("Khady Sow", *queues)
    for queue in queues:
        take(queue)
    follow(later(seconds=1))
    follow(later(seconds=2))
    asked = []
    for count in (1, 3):
        for queue in queues[:count]:
            take(queue, at=later(seconds=10))
        number_all(later(seconds=11))
        with CaptureQueriesContext(connection) as queries:
            assert follow_tenant(tenant_id=bank.id, at=later(seconds=12)) == count
        asked.append(len(queries))

    assert asked == [17, 17]
