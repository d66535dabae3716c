"""The rollup follows the journal: at once, late, after a death, over midnight."""

import os
import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from smartqueue.cli.processes import wait_until
from tests.cast import NINE, at_the_same_time
from tests.reporting.days import house
from tests.reporting.raw import differences, expected, stored

LATER = NINE + timedelta(hours=1)


def own_database() -> str:
    """The superuser's address of this worker's database."""
    from django.db import connections

    name = connections["default"].settings_dict["NAME"]
    return os.environ["SQ_TEST_SUPERUSER"].replace("/postgres?", f"/{name}?")


def queue_days(tenant: Any) -> dict[UUID, tuple[int, int]]:
    """Queue → issued and served."""
    return {key[0]: (row["issued"], row["served"]) for key, row in stored(tenant)["QueueDay"].items()}


def read_all() -> None:
    """Whatever other tests have left in the journal counts as read: a run looks at this test's entries only."""
    from smartqueue.journal.models import Entry
    from smartqueue.reporting.models import Watermark

    Watermark.objects.using("platform").update(entry_id=Entry.objects.using("platform").latest("id").id, seen=[])


def test_a_ticket_that_was_transferred_leaves_nothing_behind_in_the_queue_it_came_from(
    bank, tellers, make_queue, binta, take
):
    from smartqueue.queueing.actions.tickets import transfer_ticket
    from smartqueue.reporting.actions import calculate_queue_metrics
    from smartqueue.tenants.scope import in_tenant

    loans, ticket_id = make_queue(name="Prêts"), take()
    calculate_queue_metrics(at=LATER)
    before = queue_days(bank)
    with in_tenant(bank.id):
        transfer_ticket(
            ticket_id=ticket_id, agent_id=None, to_queue_id=loans.id, reason="", actor=binta.actor, at=LATER
        )  # fmt: skip

    calculate_queue_metrics(at=LATER)

    assert (before, queue_days(bank)) == ({tellers.id: (1, 0)}, {loans.id: (1, 0)})


def test_runs_at_the_same_time_while_people_come_end_with_the_truth(bank, tellers, make_queue, take, caplog):
    from smartqueue.reporting.actions import calculate_queue_metrics

    read_all()
    others = [make_queue() for _n in range(2)]
    takes = [lambda queue=queue: [take(queue) for _n in range(15)] for queue in (tellers, *others)]
    runs = [lambda: [calculate_queue_metrics(at=LATER) for _n in range(3)]] * 2

    results = at_the_same_time(*takes, *runs)
    calculate_queue_metrics(at=LATER)

    assert [one for one in results if isinstance(one, Exception)] == []
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []
    assert differences(stored(bank), expected(bank, LATER)) == []
    assert queue_days(bank) == {queue.id: (15, 0) for queue in (tellers, *others)}


def test_a_run_that_is_killed_between_two_tables_leaves_all_as_it_was(bank, tellers, take, binta):
    """Its connection dies while it waits for the last table; what it had written of the others is gone with it."""
    from smartqueue.reporting.actions import calculate_queue_metrics
    from smartqueue.reporting.models import Watermark

    take()
    calculate_queue_metrics(at=LATER)
    before, mark = stored(bank), Watermark.objects.using("platform").get()
    take()
    with psycopg.connect(own_database()) as blocker, psycopg.connect(own_database(), autocommit=True) as killer:
        blocker.execute("LOCK TABLE reporting_agentday IN ACCESS EXCLUSIVE MODE")
        waiting = (
            "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%reporting_agentday%'"
        )

        def kill() -> bool:
            found = killer.execute(waiting + " AND datname = current_database()").fetchall()
            return any(killer.execute("SELECT pg_terminate_backend(%s)", pid).fetchone() for pid in found)

        killed, _ran = at_the_same_time(
            lambda: wait_until(kill, seconds=30), lambda: calculate_queue_metrics(at=LATER)
        )  # fmt: skip
        blocker.rollback()
    after = stored(bank)
    calculate_queue_metrics(at=LATER)

    assert killed is True
    assert differences(after, before) == []
    assert Watermark.objects.using("platform").get().entry_id >= mark.entry_id
    assert differences(stored(bank), expected(bank, LATER)) == []
    assert queue_days(bank) == {tellers.id: (2, 0)}


@pytest.fixture
def seen_late(bank: Any, tellers: Any, make_queue: Any, take: Any) -> Any:
    """A ticket whose entry has a lower id than another one that was committed, and read, before it."""
    from smartqueue.reporting.actions import calculate_queue_metrics
    from smartqueue.tenants.scope import in_tenant

    def play(**options: Any) -> None:
        read_all()
        other, written, may_end = make_queue(), threading.Event(), threading.Event()

        def slow() -> None:
            with in_tenant(bank.id):
                take(tellers)
                written.set()
                assert may_end.wait(timeout=8)

        def quick() -> None:
            assert written.wait(timeout=8)
            take(other)
            calculate_queue_metrics(at=LATER, **options)
            may_end.set()

        assert at_the_same_time(slow, quick) == [None, None]
        calculate_queue_metrics(at=LATER + timedelta(seconds=30), **options)

    return play


def test_what_is_committed_late_is_counted_too(bank, tellers, seen_late):
    from smartqueue.reporting.actions import calculate_queue_metrics

    seen_late()

    assert queue_days(bank)[tellers.id] == (1, 0)
    assert differences(stored(bank), expected(bank, LATER)) == []
    calculate_queue_metrics(at=LATER + timedelta(minutes=3))
    assert differences(stored(bank), expected(bank, LATER)) == []


def test_a_twin_that_trusts_the_newest_id_loses_who_commits_late(bank, tellers, seen_late):
    seen_late(late_by=timedelta())

    assert tellers.id not in queue_days(bank)
    assert differences(stored(bank), expected(bank, LATER)) != []


def test_after_a_long_silence_the_journal_is_caught_up_with_in_portions(bank, tellers, take, monkeypatch):
    from smartqueue.reporting.actions import calculate_queue_metrics, keeping

    monkeypatch.setattr(keeping, "ENTRIES_AT_ONCE", 200)
    for _person in range(3):
        take()

    runs = 0
    while queue_days(bank) != {tellers.id: (3, 0)}:
        calculate_queue_metrics(at=LATER, late_by=timedelta(0))
        runs += 1
        assert runs < 1000


def test_a_portion_is_whole_days_and_none_is_lost(monkeypatch):
    from smartqueue.reporting.actions import rollup

    monkeypatch.setattr(rollup, "QUEUE_DAYS_AT_ONCE", 3)
    queues = [UUID(int=number) for number in range(2)]
    days = [date(2026, 11, number) for number in range(1, 6)]
    pairs = {(queue, day) for queue in queues for day in days}
    touched = rollup.Touched(queue_days=pairs, agent_days={days[0], days[4]}, answered={(queues[0], days[2])})

    parts = list(touched.portions())

    assert [len(part.queue_days) for part in parts] == [2, 2, 2, 2, 2]
    assert set().union(*(part.queue_days for part in parts)) == pairs
    assert [sorted(part.agent_days) for part in parts] == [[days[0]], [], [], [], [days[4]]]
    assert [len(part.answered) for part in parts] == [0, 0, 1, 0, 0]


def test_the_mark_passes_an_entry_two_minutes_after_it_was_the_newest(take):
    from smartqueue.reporting.actions import calculate_queue_metrics
    from smartqueue.reporting.models import Watermark

    def mark(at: datetime) -> int:
        calculate_queue_metrics(at=at)
        return Watermark.objects.using("platform").get().entry_id

    future = datetime(2030, 1, 1, tzinfo=UTC)  # after whatever other tests have noted
    mark(future - timedelta(hours=1))
    start = mark(future)
    take()
    early, late, passed = (mark(future + timedelta(seconds=seconds)) for seconds in (10, 129, 130))

    assert start == early == late < passed


def test_the_day_that_ends_in_one_time_zone_is_finished_there_only(make_tenant, make_person):
    """Tokyo's midnight is three in the afternoon in Dakar. Nothing happens after ten to; the stay lasts to midnight."""
    from smartqueue.reporting.actions import calculate_queue_metrics, finalise_yesterdays
    from smartqueue.reporting.models import AgentDay
    from smartqueue.tenants.scope import in_tenant

    made, at = house(make_tenant, make_person, seed=1, moves=0)
    with in_tenant(made.tenant.id):
        from smartqueue.queueing.models import AgentSession

        sites = dict(AgentSession.objects.values_list("agent_id", "counter__site__time_zone"))

    def signed_in(day: date) -> dict[Any, float]:
        with in_tenant(made.tenant.id):
            rows = AgentDay.objects.filter(day=day).values_list("agent_id", "signed_in_us")
            return {sites[agent_id]: us / 3.6e9 for agent_id, us in rows}

    assert set(sites.values()) == {"Africa/Dakar", "Asia/Tokyo"}
    calculate_queue_metrics(at=at + timedelta(hours=1))
    an_hour = signed_in(date(2026, 3, 2))
    finalise_yesterdays(at=datetime(2026, 3, 2, 15, 10, tzinfo=UTC))
    at_tokyos_midnight = signed_in(date(2026, 3, 2))
    finalise_yesterdays(at=datetime(2026, 3, 3, 0, 5, tzinfo=UTC))

    assert an_hour == pytest.approx({"Africa/Dakar": 1, "Asia/Tokyo": 1})
    assert at_tokyos_midnight["Asia/Tokyo"] == pytest.approx(3)
    assert signed_in(date(2026, 3, 2)) == pytest.approx({"Africa/Dakar": 12, "Asia/Tokyo": 3})


def test_a_change_of_the_wait_target_is_seen_on_the_same_day(bank, tellers, take, binta, awa):
    from smartqueue.journal.actions import change
    from smartqueue.queueing.actions.hot import call_next_ticket
    from smartqueue.queueing.models import Queue
    from smartqueue.reporting.actions import calculate_queue_metrics
    from smartqueue.reporting.models import QueueDay
    from smartqueue.tenants.scope import in_tenant

    def in_target() -> int:
        calculate_queue_metrics(at=LATER)
        with in_tenant(bank.id):
            return QueueDay.objects.get(queue=tellers).in_target

    take()
    call_next_ticket(
        tenant_id=bank.id, agent_id=binta.agent.id, queue_id=tellers.id, actor=binta.actor,
        at=NINE + timedelta(minutes=10),
    )  # fmt: skip
    before = in_target()
    with in_tenant(bank.id):
        change(Queue.objects.get(id=tellers.id), {"wait_target_s": 300}, actor=awa.actor, at=LATER)

    assert (before, in_target()) == (1, 0)


def test_nobody_reads_or_rebuilds_the_numbers_of_another_tenant(bank, tellers, take, cheikh):
    from smartqueue.reporting.actions import calculate_queue_metrics, rebuild
    from smartqueue.reporting.queries import Wanted, heat_map, origin_report, wait_report
    from smartqueue.tenants.scope import in_tenant

    take()
    calculate_queue_metrics(at=LATER)
    mine = stored(bank)
    with in_tenant(cheikh.tenant.id):
        wanted = Wanted(bank.id, NINE.date(), NINE.date())
        seen = (wait_report(wanted).total.issued, heat_map(wanted).cells, origin_report(wanted).issued)
    rebuild(tenant_id=cheikh.tenant.id, at=LATER)

    assert seen == (0, [], 0)
    assert len(mine["QueueDay"]) == 1
    assert differences(stored(bank), mine) == []
