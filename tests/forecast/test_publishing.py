"""What is published of a line, and when somebody is told that it has moved."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from tests.cast import NINE, Person
from tests.forecast.stream import later


@pytest.fixture
def recompute(bank: Any) -> Callable[[datetime], int]:
    from smartqueue.forecast.actions.following import recompute_tenant
    from tests.forecast.stream import number_all

    def run(at: datetime) -> int:
        number_all(at)
        return recompute_tenant(tenant_id=bank.id, at=at)

    return run


@pytest.fixture
def shown(bank: Any, tellers: Any) -> Callable[..., Any]:
    """What is published of a queue."""
    from smartqueue.queueing.queries.outlook import NOTHING, waits_of
    from smartqueue.tenants.scope import in_tenant

    def get(queue: Any = None) -> Any:
        queue_id = (queue or tellers).id
        with in_tenant(bank.id):
            return waits_of([queue_id]).get(queue_id, NOTHING)

    return get


@pytest.fixture
def news(bank: Any, tellers: Any) -> Callable[[], list[datetime]]:
    """When the watchers of the tellers' queue were told that the wait has moved."""
    from smartqueue.journal.models import Entry
    from smartqueue.tenants.scope import in_tenant

    def get() -> list[datetime]:
        with in_tenant(bank.id):
            entries = Entry.objects.filter(fact="ticket.eta_updated", object_id=tellers.id).order_by("id")
            return list(entries.values_list("at", flat=True))

    return get


@pytest.fixture
def set_status(bank: Any) -> Callable[..., None]:
    from smartqueue.queueing.actions.agents import set_agent_status
    from smartqueue.tenants.scope import in_tenant

    def run(person: Person, status: Any, at: datetime) -> None:
        with in_tenant(bank.id):
            set_agent_status(agent_id=person.agent.id, status=status, reason="", actor=person.actor, at=at)

    return run


def test_the_first_ticket_brings_an_outlook_for_everybody_who_may_come(binta, take, follow, shown, news):
    take()
    follow(later(seconds=2))
    waits = shown()
    first, last, beyond = waits.at(1), waits.at(30), waits.at(130)

    assert (waits.quality, len(waits.p50), waits.made_at) == ("rough", 30, later(seconds=2))
    assert first.low <= first.middle <= first.high < last.high < beyond.high
    assert news() == [later(seconds=2)]


def test_while_nobody_serves_nothing_is_claimed_and_a_counter_that_opens_is_news(
    make_agent, tellers, take, follow, recompute, shown, news, set_status, promised
):
    binta = make_agent("Binta Ba", tellers, status="paused")
    ticket_id = take()
    follow(later(seconds=2))
    before = shown()
    set_status(binta, "available", later(minutes=1))
    recompute(later(minutes=1))
    opened = shown()
    set_status(binta, "paused", later(minutes=1, seconds=5))
    recompute(later(minutes=1, seconds=5))

    assert (before.quality, before.at(1), promised(ticket_id).p50_s) == ("none", None, None)
    assert (promised(ticket_id).quality, promised(ticket_id).served_s) == ("none", None)
    assert (opened.quality, opened.at(1) is None) == ("rough", False)
    assert (shown().quality, shown().at(1)) == ("none", None)
    assert news() == [later(minutes=1), later(minutes=1, seconds=5)]


def test_what_has_not_moved_is_not_published_again(binta, take, follow, recompute, shown, news):
    take()
    follow(later(seconds=2))
    made_at = shown().made_at
    for second in (30, 35, 60):
        recompute(later(seconds=second))

    assert (shown().made_at, news()) == (made_at, [made_at])


def test_a_wait_that_moves_is_told_once_and_not_again_at_once(
    bank, binta, make_agent, tellers, take, follow, recompute, shown, news
):
    for n in range(6):
        take(at=later(seconds=n))
    follow(later(seconds=10))
    alone = shown().at(6)
    for name in ("Fatou Ndiaye", "Khady Sow"):
        make_agent(name, tellers)
    recompute(later(seconds=25))
    too_soon = shown().at(6)
    recompute(later(seconds=31))
    recompute(later(seconds=32))

    assert too_soon == alone
    assert shown().at(6).middle < 0.6 * alone.middle
    assert news() == [later(seconds=10), later(seconds=31)]


def test_a_line_that_outgrows_what_is_published_is_published_without_a_word(
    binta, take, follow, shown, news, monkeypatch
):
    from smartqueue.forecast.actions import publishing

    monkeypatch.setattr(publishing, "has_moved", lambda *_seconds: False)
    take()
    follow(later(seconds=5))
    for n in range(31):
        take(at=later(seconds=10 + n))
    follow(later(minutes=1))

    assert (len(shown().p50), news()) == (52, [later(seconds=5)])


def test_a_line_of_hundreds_is_published_up_to_the_four_hundredth_and_then_by_a_step(bank, binta, take, follow, shown):
    for n in range(450):
        take(at=later(milliseconds=n))
    follow(later(minutes=1))
    waits = shown()

    assert len(waits.p50) == 400
    assert waits.tail[1] > 0
    assert waits.at(450).middle == waits.p50[-1] + 50 * waits.tail[1]


def test_nobody_who_watches_an_empty_line_is_told(binta, take, call, follow, recompute, shown, news):
    recompute(NINE)

    assert (shown().quality, news()) == ("rough", [])


def test_a_queue_of_which_nothing_can_be_said_gets_no_row(tellers, take, follow, shown, news):
    take()
    follow(later(seconds=2))

    assert (shown().made_at, news()) == (None, [])


def test_recomputing_asks_the_same_number_of_questions_for_one_queue_and_for_two_more(
    bank, make_queue, make_agent, take, follow
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from smartqueue.forecast.actions.following import recompute_tenant

    asked = []
    for count in (1, 2):
        queues = [make_queue() for _n in range(count)]
        make_agent(f"Khady {count}", *queues)
        for queue in queues:
            take(queue)
        follow(later(seconds=1))
        follow(later(seconds=2))
        with CaptureQueriesContext(connection) as queries:
            recompute_tenant(tenant_id=bank.id, at=later(seconds=5))
        asked.append(len(queries))

    assert asked == [12, 12]


def test_all_tenants_in_play_are_looked_at(bank, binta, take, shown):
    from smartqueue.forecast.actions import following
    from tests.forecast.stream import number_all

    take()
    number_all(later(seconds=1))
    following.recompute(at=later(seconds=2))
    by_recomputing = shown().quality
    ticket_ids: list[UUID] = [take(at=later(seconds=3))]
    number_all(later(seconds=4))
    read = following.follow(at=later(seconds=5))

    assert (by_recomputing, len(ticket_ids), read >= 1) == ("rough", 1, True)
