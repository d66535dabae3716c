"""The wait that people are shown: read off what is published, at their place in the calling order."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from smartqueue.journal.models import Entry
from smartqueue.queueing.actions.queues import set_queue_status
from smartqueue.queueing.queries import queue_statistics, show_ticket, show_tickets
from smartqueue.queueing.queries.board import board
from smartqueue.queueing.queries.dashboard import lines_now
from smartqueue.queueing.queries.kiosk import tiles
from smartqueue.queueing.queries.outlook import Waits
from smartqueue.queueing.queries.public import public_lines
from smartqueue.queueing.states import AgentStatus, QueueStatus
from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE

P50, P90, TAIL = [60, 150, 270], [100, 240, 420], [0, 90, 140]
NO_WAIT = (None, None, None, "none")


@pytest.fixture
def publish(outlook_of, tellers):
    return lambda queue=tellers, **values: outlook_of(queue, **{"p50": P50, "p90": P90, "tail": TAIL} | values)


@pytest.fixture
def shown(bank):
    """What these tickets show: the middle, both ends of the range, and what they rest on."""

    def read(ids):
        views = show_tickets(tenant_id=bank.id, ids=ids, at=NINE)
        return [(view.eta_seconds, view.eta_low_seconds, view.eta_high_seconds, view.eta_quality) for view in views]

    return read


@pytest.fixture
def joining(bank, site, tellers):
    """What five readers say to whoever would join the tellers' line now: each must say the same."""

    def read():
        with in_tenant(bank.id):
            line = {one.id: one for one in public_lines(site.id, at=NINE)}[tellers.id]
            [tile] = tiles([tellers.id], at=NINE)
            stats = queue_statistics(tellers.id, at=NINE)
            now = {one.id: one for one in lines_now(at=NINE)}[tellers.id]
            seen = board(tenant_id=bank.id, queue_id=tellers.id, since=None, phones=False, at=NINE)
        wait = seen.joining
        said = [
            *((one.eta_seconds, one.eta_low_seconds, one.eta_high_seconds, one.eta_quality) for one in (line, tile)),
            tuple(stats[f"eta_{name}"] for name in ("seconds", "low_seconds", "high_seconds", "quality")),
            (now.eta_s, now.eta_s, now.eta_high_s, now.eta_quality),
            (wait.middle, wait.middle, wait.high, seen.waits.quality) if wait else NO_WAIT,
        ]
        assert said == said[:1] * 5
        return said[0]

    return read


def set_status(bank, queue, status):
    from smartqueue.journal.states import SYSTEM

    with in_tenant(bank.id):
        set_queue_status(queue_id=queue.id, status=status, actor=SYSTEM, at=NINE)


def test_the_estimate_stands_at_the_place_in_line_and_goes_on_beyond_the_last_that_is_known(
    take, binta, publish, shown, bank
):
    taken = [take() for _ in range(5)]
    assert shown(taken) == [NO_WAIT] * 5, "nothing is published yet"
    publish()

    expected = [(p50, p50, p90, "good") for p50, p90 in ((60, 100), (150, 240), (270, 420), (360, 560), (450, 700))]
    assert shown(taken) == expected
    assert [shown([ticket_id])[0] for ticket_id in taken] == expected, "alone as among others"


def test_the_place_is_that_of_the_real_calling_order(make_queue, make_agent, take, outlook_of, shown):
    queue = make_queue(strategy="priority")
    make_agent("Khady", queue)
    late, urgent = take(queue), take(queue, at=NINE + timedelta(minutes=1), priority=10)
    outlook_of(queue, p50=[60, 150])

    assert [eta for eta, *_rest in shown([late, urgent])] == [150, 60]


def test_whoever_would_join_now_is_told_the_wait_behind_the_last_everywhere_alike(take, binta, publish, joining):
    publish(quality="rough")
    assert joining() == (60, 60, 100, "rough")
    for _ in range(3):
        take()
    assert joining() == (360, 360, 560, "rough")


def test_without_an_open_counter_no_minutes_are_named(take, make_agent, tellers, publish, shown, joining, bank):
    from smartqueue.queueing.models import Agent

    publish()
    mine = take()
    assert (shown([mine]), joining()) == ([NO_WAIT], NO_WAIT), "nobody is there"
    agents = [
        make_agent("En pause", tellers, status=AgentStatus.PAUSED),
        make_agent("Parti", tellers, status=AgentStatus.OFFLINE),
    ]
    assert (shown([mine]), joining()) == ([NO_WAIT], NO_WAIT), "one is on a break, one has left"
    for status in (AgentStatus.AVAILABLE, AgentStatus.BUSY):
        with in_tenant(bank.id):
            Agent.objects.filter(id=agents[0].agent.id).update(status=status)
        assert (shown([mine])[0], joining()) == ((60, 60, 100, "good"), (150, 150, 240, "good"))


def test_an_outlook_that_claims_nothing_names_no_minutes(take, binta, publish, shown, joining):
    publish(p50=[], p90=[], p10=[], tail=[0, 0, 0])

    assert (shown([take()]), joining()) == ([NO_WAIT], NO_WAIT)


@pytest.mark.parametrize("status", [QueueStatus.PAUSED, QueueStatus.CLOSED])
def test_a_queue_that_lets_nobody_in_names_minutes_to_those_in_line(
    take, binta, bank, tellers, publish, shown, joining, status
):
    publish()
    mine = take()
    set_status(bank, tellers, status)

    assert (shown([mine]), joining()) == ([(60, 60, 100, "good")], NO_WAIT)


def test_who_does_not_wait_has_no_estimate(called, publish, shown):
    publish()

    assert shown([called]) == [NO_WAIT]


def test_each_queue_has_an_outlook_of_its_own(bank, take, make_queue, make_agent, tellers, binta, publish, shown):
    other = make_queue()
    make_agent("Khady", other)
    publish(other)

    assert shown([take(), take(other)]) == [NO_WAIT, (60, 60, 100, "good")]
    seen = [board(tenant_id=bank.id, queue_id=one.id, since=None, phones=True, at=NINE) for one in (tellers, other)]
    assert [one.waits.at(1) for one in seen] == [None, (30, 60, 100)]


def test_the_board_has_ranges_for_staff_and_the_waits_for_phones(take, binta, bank, tellers, publish):
    for _ in range(4):
        take()
    publish()

    seen = board(tenant_id=bank.id, queue_id=tellers.id, since=None, phones=True, at=NINE)

    etas = [(row["eta_seconds"], row["eta_low_seconds"], row["eta_high_seconds"]) for row in seen.line.first]
    assert etas == [(60, 60, 100), (150, 150, 240), (270, 270, 420), (360, 360, 560)]
    assert [(wait.middle, wait.high) for wait in map(seen.waits.at, (1, 4))] == [(60, 100), (360, 560)]
    assert board(tenant_id=bank.id, queue_id=tellers.id, since=None, phones=True, at=NINE).waits == seen.waits


def test_at_risk_is_who_will_wait_beyond_the_target_by_the_middle_of_the_estimate(
    bank, tellers, make_queue, make_agent, take, outlook_of
):
    queue = make_queue(wait_target_s=300)
    make_agent("Khady", queue)
    for _ in range(4):
        take(queue, at=NINE - timedelta(seconds=60))
    outlook_of(queue, p50=[100, 200, 240, 241], p90=[1000] * 4)

    with in_tenant(bank.id):
        at_risk = {one.id: one.at_risk for one in lines_now(at=NINE)}[queue.id]
    seen = board(tenant_id=bank.id, queue_id=queue.id, since=None, phones=False, at=NINE)
    assert (at_risk, seen.line.at_risk) == (1, 1)


def test_one_or_three_tickets_are_one_round_trip(bank, take, binta, publish):
    publish()
    taken = [take() for _ in range(3)]

    for ids in (taken[:1], taken):
        with CaptureQueriesContext(connection) as asked:
            assert len(show_tickets(tenant_id=bank.id, ids=ids, at=NINE)) == len(ids)
        assert len(asked) == 1


def test_another_tenant_sees_no_outlook(bank, cheikh, tellers, binta, take, publish):
    publish()
    mine = take()

    with in_tenant(cheikh.tenant.id), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM queueing_wait(%s, 1)", [tellers.id])
        assert cursor.fetchall() == [(None, None, "none")]
    assert show_ticket(tenant_id=cheikh.tenant.id, ticket_id=mine, at=NINE) is None


def test_a_new_outlook_is_a_fact_of_the_queue_without_a_ticket(bank, tellers, binta, take, publish):
    take()
    publish(is_news=True)
    publish(p50=[], p90=[], p10=[], is_news=True)

    with in_tenant(bank.id):
        facts = list(Entry.objects.filter(fact="ticket.eta_updated", queue_id=tellers.id).order_by("id"))
    assert [(one.object_type, one.object_id, one.version, one.data["next_s"]) for one in facts] == [
        ("queue", tellers.id, None, 60),
        ("queue", tellers.id, None, None),
    ]


def test_who_reads_while_it_is_published_sees_the_old_one_or_the_new_one_whole(bank, tellers, binta, take, publish):
    """No reader sees the middle of one outlook beside the end of another."""
    mine = take()
    publish(p50=[60], p90=[61])
    over = threading.Event()

    def read():
        seen = set()
        while not over.is_set():
            view = show_ticket(tenant_id=bank.id, ticket_id=mine, at=NINE)
            now = board(tenant_id=bank.id, queue_id=tellers.id, since=None, phones=True, at=NINE)
            seen |= {(view.eta_seconds, view.eta_high_seconds), now.waits.at(1)[1:]}
        return seen

    def write():
        try:
            for number in range(40):
                publish(p50=[60 + number], p90=[61 + number])
        finally:
            over.set()

    from tests.cast import at_the_same_time

    seen = at_the_same_time(read, read, write)
    assert not isinstance(seen[2], Exception), seen[2]
    pairs = seen[0] | seen[1]
    assert pairs
    assert {high - middle for middle, high in pairs} == {1}


WAITS = st.lists(st.integers(0, 20_000), max_size=12)


@settings(max_examples=60, deadline=None)
@given(by_place=WAITS, tail=st.integers(0, 900), place=st.integers(-2, 40))
def test_sql_reads_an_outlook_as_python_does(by_place, tail, place):
    wait = Waits(by_place, by_place, by_place, (tail, tail, tail), "good").at(place)

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT queueing_eta(%s::integer[], %s, %s), queueing_eta(NULL, 1, 1)", [by_place, tail, place])
        assert cursor.fetchone() == (wait and wait.middle, None)
