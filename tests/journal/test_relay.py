"""The relay: each entry to each of its handlers, each effect once, whoever dies in between."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from smartqueue.queueing.actions.hot import call_next_ticket, close_ticket
from tests.cast import NINE, at_the_same_time
from tests.journal import timetable
from tests.journal.facts import HEARD

pytestmark = pytest.mark.usefixtures("settled")
LEASE = timedelta(seconds=10)


class Listener:
    """A handler that remembers what it heard, and raises while it is told to."""

    def __init__(self, name: str = "listener") -> None:
        self.__qualname__ = f"{name}-{uuid4().hex[:8]}"
        self.heard: list[int] = []
        self.refuses: set[int] = set()
        self.dies_at: int | None = None

    def __call__(self, entry: Any) -> None:
        self.heard.append(entry.id)
        if entry.id in self.refuses:
            raise ValueError("not now")
        if entry.id == self.dies_at:
            raise Killed


class Killed(BaseException):
    """Nothing catches it, as nothing catches SIGKILL."""


def test_each_entry_reaches_each_of_its_handlers(happen, relay, now_of):
    first, second, other = happen(), happen(), happen("test.other")
    one, two, three = Listener(), Listener(), Listener()

    relay({HEARD: [one, two], "test.other": [three]})

    assert (one.heard, two.heard, three.heard) == ([first.id, second.id], [first.id, second.id], [other.id])
    assert [(now_of(entry).dispatched_at, now_of(entry).tries) for entry in (first, second, other)] == [(NINE, 0)] * 3


def test_what_was_handed_over_is_not_handed_over_again(happen, relay):
    happen()
    listener = Listener()
    relay({HEARD: [listener]})

    assert relay({HEARD: [listener]}, NINE + timedelta(days=1)) == 0
    assert len(listener.heard) == 1


def test_a_fact_that_nobody_wants_to_hear_is_done_with(happen, relay, now_of):
    entry = happen("test.unheard")

    relay({HEARD: [Listener()], "test.unheard": []})

    assert now_of(entry).dispatched_at == NINE


def test_a_fact_whose_last_handler_was_removed_is_done_with(happen, tellers, relay, now_of):
    entry, listener = happen(queue_id=tellers.id), Listener()
    listener.refuses = {entry.id}
    relay({HEARD: [listener]})

    relay({})

    assert (now_of(entry).dispatched_at, now_of(entry).stream_seq) == (NINE, 1)


def test_a_handler_that_raises_is_tried_again_after_growing_pauses_and_the_others_are_not(happen, relay, now_of):
    entry = happen()
    willing, failing = Listener(), Listener()
    failing.refuses = {entry.id}
    pauses, at = [], NINE
    for _ in range(4):
        relay({HEARD: [failing, willing]}, at)
        pauses.append(int((now_of(entry).not_before - at).total_seconds()))
        assert relay({HEARD: [failing, willing]}, now_of(entry).not_before - timedelta(seconds=1)) == 0
        at = now_of(entry).not_before
    failing.refuses.clear()
    relay({HEARD: [failing, willing]}, at)

    assert pauses == [2, 4, 8, 16]
    assert (len(failing.heard), len(willing.heard)) == (5, 1)
    assert (now_of(entry).dispatched_at, now_of(entry).not_before) == (at, None)


def test_the_pause_never_exceeds_an_hour(happen, relay, now_of):
    from smartqueue.journal.models import Entry

    entry, failing = happen(), Listener()
    failing.refuses = {entry.id}
    Entry.objects.using("platform").filter(id=entry.id).update(tries=31_999)

    relay({HEARD: [failing]})

    assert (now_of(entry).tries, now_of(entry).not_before) == (32_000, NINE + timedelta(hours=1))


def test_a_failing_entry_holds_up_nobody(happen, relay, now_of):
    failing = Listener()
    entries = [happen() for _ in range(3)]
    failing.refuses = {entries[0].id}

    relay({HEARD: [failing]})

    assert [now_of(entry).dispatched_at for entry in entries] == [None, NINE, NINE]


def test_what_a_failed_handler_had_written_is_taken_back(happen, relay, effects):
    entry = happen()

    def writes_and_fails(entry: Any) -> None:
        timetable.leave_a_trace(entry)
        raise ValueError

    relay({HEARD: [writes_and_fails]})

    assert effects(entry) == 0


def test_a_relay_killed_after_the_effect_and_before_its_note_leaves_exactly_one_effect(
    happen, run_relay, relay, effects, now_of
):
    before, fatal, after = happen(), happen(), happen()

    died = run_relay(SQ_FAILPOINT=f"after_effect_before_note:{fatal.object_id}")

    assert died.returncode == -9, died.stderr
    assert [effects(entry) for entry in (before, fatal, after)] == [1, 1, 1]  # one commit for the batch
    assert [now_of(entry).dispatched_at for entry in (before, fatal, after)] == [None] * 3
    later = datetime.now(UTC) + LEASE
    relay(timetable.LATER, later)
    assert [effects(entry) for entry in (before, fatal, after)] == [1, 1, 1]
    assert [now_of(entry).dispatched_at for entry in (before, fatal, after)] == [later] * 3


def test_an_entry_that_kills_its_process_takes_no_other_with_it(happen, relay, now_of):
    listener = Listener()
    entries = [happen() for _ in range(5)]
    listener.dies_at = entries[2].id
    at = NINE
    for _ in range(4):
        try:
            relay({HEARD: [listener]}, at)
        except Killed:
            at = max(now_of(entry).not_before or at for entry in entries)

    assert [now_of(entry).dispatched_at is not None for entry in entries] == [True, True, False, True, True]


def test_new_entries_do_not_wait_for_the_leases_of_a_dead_relay(happen, relay, now_of):
    listener = Listener()
    listener.dies_at = happen().id
    with pytest.raises(Killed):
        relay({HEARD: [listener]})
    new = happen()

    relay({HEARD: [listener]})

    assert now_of(new).dispatched_at == NINE


def test_two_relays_at_once_hand_each_entry_over_once(happen, relay, now_of):
    entries = [happen() for _ in range(150)]
    listener = Listener()

    at_the_same_time(*[lambda: relay({HEARD: [listener]})] * 3)

    assert sorted(listener.heard) == [entry.id for entry in entries]
    assert {now_of(entry).tries for entry in entries} == {0}, "some were leased twice"


def test_while_a_handler_runs_the_relay_holds_no_transaction_open(happen, relay):
    from django.db import connections

    seen = []

    def look(entry: Any) -> None:
        seen.append(connections["platform"].in_atomic_block)

    happen()
    relay({HEARD: [look]})

    assert seen == [False]


def test_the_numbers_of_a_stream_have_no_gap_and_follow_the_versions_of_each_ticket(
    take, binta, fatou, tellers, make_queue, relay, of_journal, bank
):
    other = make_queue()
    for _ in range(3):
        take(tellers), take(other)
    relay({})
    for person in (binta, fatou):
        who = {"tenant_id": bank.id, "actor": person.actor, "at": NINE}
        ticket_id = call_next_ticket(agent_id=person.agent.id, queue_id=tellers.id, **who)
        close_ticket(ticket_id=ticket_id, **who)
    relay({})

    entries = of_journal(tellers.id)
    assert [entry.stream_seq for entry in entries] == [1, 2, 3, 4, 5, 6, 7]
    assert [entry.stream_seq for entry in of_journal(other.id)] == [1, 2, 3]
    for ticket_id in {entry.object_id for entry in entries}:
        versions = [entry.version for entry in entries if entry.object_id == ticket_id]
        assert versions == sorted(versions)


def test_a_failing_handler_does_not_hold_up_or_reorder_the_stream(happen, tellers, relay, of_journal):
    failing = Listener()
    entries = [happen(queue_id=tellers.id) for _ in range(3)]
    failing.refuses = {entries[0].id}

    relay({HEARD: [failing]})

    assert [(entry.id, entry.stream_seq) for entry in of_journal(tellers.id)] == [
        (entry.id, place) for place, entry in enumerate(entries, 1)
    ]


def test_takers_agents_and_three_relays_at_once_leave_a_stream_without_gaps(
    take, binta, fatou, tellers, relay, of_journal, bank
):
    from smartqueue.queueing.queries.invariants import check_invariants
    from smartqueue.tenants.scope import in_tenant

    def work(person: Any) -> None:
        who = {"tenant_id": bank.id, "actor": person.actor, "at": NINE}
        for _ in range(15):
            ticket_id = call_next_ticket(agent_id=person.agent.id, queue_id=tellers.id, **who)
            if ticket_id:
                close_ticket(ticket_id=ticket_id, **who)

    takes = [lambda: [take() for _ in range(15)]] * 2
    relays = [lambda: [relay({}) for _ in range(10)]] * 3
    results = at_the_same_time(*takes, lambda: work(binta), lambda: work(fatou), *relays)
    relay({})

    assert not [result for result in results if isinstance(result, Exception)]
    with in_tenant(bank.id):
        assert [finding for finding in check_invariants(bank.id) if finding.broken] == []
    assert [entry.stream_seq for entry in of_journal(tellers.id)] == list(range(1, len(of_journal(tellers.id)) + 1))


def test_a_suspended_tenant_s_facts_are_handed_over_too(happen, bank, relay, effects):
    from smartqueue.journal.actions.platform import suspend_tenant
    from smartqueue.journal.states import SYSTEM

    entry = happen()
    suspend_tenant(tenant_id=bank.id, actor=SYSTEM, at=NINE)

    relay(timetable.LATER)

    assert effects(entry) == 1


def test_facts_of_no_tenant_are_done_with_and_reach_no_handler(relay, now_of):
    from smartqueue.journal.actions.platform import record_by_staff
    from smartqueue.journal.states import SYSTEM, AuditKind

    listener = Listener()
    entry = record_by_staff(
        HEARD, kind=AuditKind.CREATE, tenant_id=None, object_type="holiday", object_id=None, actor=SYSTEM, at=NINE
    )

    relay({HEARD: [listener]})

    assert (now_of(entry).dispatched_at, now_of(entry).stream_seq, listener.heard) == (NINE, None, [])


def test_facts_of_a_deleted_tenant_are_done_with_and_stop_nobody(happen, make_tenant, tellers, relay, now_of):
    from django.db import connections

    gone = make_tenant()
    orphan, other = happen(tenant=gone, queue_id=uuid4()), happen(queue_id=tellers.id)
    with connections["owner"].cursor() as cursor:
        cursor.execute("DELETE FROM tenants_tenant WHERE id = %s", [gone.id])
    connections["owner"].close()
    listener = Listener()

    relay({HEARD: [listener]})

    assert listener.heard == [other.id]
    assert [now_of(entry).dispatched_at for entry in (orphan, other)] == [NINE, NINE]


def test_each_handler_runs_in_the_tenant_of_its_entry(happen, bank, cheikh, relay):
    from smartqueue.tenants.models import Membership

    seen = {}

    def look(entry: Any) -> None:
        seen[entry.tenant_id] = set(Membership.objects.values_list("tenant_id", flat=True))

    happen(), happen(tenant=cheikh.tenant)
    relay({HEARD: [look]})

    assert seen == {bank.id: set(), cheikh.tenant.id: {cheikh.tenant.id}}


def test_a_poke_s_relay_takes_what_is_new_and_the_sweeper_s_what_came_late_or_failed(happen, relay, monkeypatch):
    from smartqueue.journal.actions import relay as relay_module

    monkeypatch.setattr(relay_module, "LATE_BY", 0)
    monkeypatch.setattr(relay_module, "_reach", relay_module.Reach())
    listener = Listener()
    timetable = {HEARD: [listener]}
    late, failing, new = happen(), happen(), happen()
    relay_module._reach.id = late.id  # this one commits when the relay has already gone past it
    listener.refuses = {failing.id}

    assert relay_module.relay_entries(timetable=timetable, at=NINE, everything=False) == 2
    assert relay_module.relay_entries(timetable=timetable, at=NINE + timedelta(hours=1), everything=False) == 0
    poked = set(listener.heard)
    listener.refuses.clear()
    relay(timetable, NINE + timedelta(hours=2))

    assert poked == {failing.id, new.id}
    assert listener.heard[-2:] == [late.id, failing.id]


def test_a_backlog_larger_than_a_batch_is_worked_off(happen, relay, monkeypatch):
    from smartqueue.journal.actions import relay as relay_module

    monkeypatch.setattr(relay_module, "AT_ONCE", 3)
    monkeypatch.setattr(relay_module, "TRIED_AGAIN_AT_ONCE", 2)
    listener = Listener()
    entries = [happen().id for _ in range(10)]
    listener.refuses = set(entries)
    relay({HEARD: [listener]})
    assert set(listener.heard) == set(entries)
    listener.refuses.clear()
    listener.heard.clear()

    relay({HEARD: [listener]}, NINE + timedelta(hours=1))

    assert sorted(listener.heard) == entries


def test_the_sweeper_s_task_is_the_poke_s_task():
    from django.conf import settings

    every = {each["task"]: each["schedule"] for each in settings.CELERY_BEAT_SCHEDULE.values()}
    assert every["journal.relay"] == 3.0
