"""Blocks of numbers in a device's hands: no number twice, none unaccounted for, whatever happens in between."""

import threading
from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection

from smartqueue.journal.models import Entry
from smartqueue.journal.states import SYSTEM
from smartqueue.queueing import errors
from smartqueue.queueing.actions.blocks import (
    issue_from_block,
    lease_block,
    return_block,
    token_of,
    void_leftover_blocks,
)
from smartqueue.queueing.actions.hot import call_next_ticket, close_ticket, issue_ticket
from smartqueue.queueing.actions.queues import set_queue_status
from smartqueue.queueing.errors import BlockNotSynced, NumberNotLeased
from smartqueue.queueing.models import DayCounter, NumberBlock, Ticket
from smartqueue.queueing.queries.blocks import open_blocks
from smartqueue.queueing.states import QueueStatus, TicketState
from smartqueue.sites.models import OpeningHours
from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE
from tests.queueing.conftest import later
from tests.races.scratch import application_on, broken_database, rewritten
from tests.races.world import Held, broken_invariants, build_world, together


@pytest.fixture
def kiosk():
    return uuid4()


@pytest.fixture
def lease(bank, tellers, kiosk):
    """Lease a block for the kiosk. After each test that does, the books are in order."""

    def run(size=20, at=NINE, queue=tellers, **options):
        given = {"tenant_id": bank.id, "device_id": kiosk, "actor": SYSTEM} | options
        with in_tenant(bank.id):
            return lease_block(queue_id=queue.id, size=size, at=at, **given)

    yield run
    assert broken_invariants(bank.id) == {}


@pytest.fixture
def issue(bank, kiosk):
    """Bring the ticket of a leased number; printed, unless told otherwise."""

    def run(block_id, sequence, at=NINE, arrived_at=None, **options):
        given = {"tenant_id": bank.id, "device_id": kiosk, "actor": SYSTEM, "is_printed": True} | options
        return issue_from_block(block_id=block_id, sequence=sequence, at=at, arrived_at=arrived_at or at, **given)

    return run


@pytest.fixture
def give_back(bank, kiosk):
    def run(block_id, used=None, at=NINE):
        with in_tenant(bank.id):
            return_block(tenant_id=bank.id, block_id=block_id, device_id=kiosk, used=used, actor=SYSTEM, at=at)

    return run


@pytest.fixture
def block(bank):
    def read(block_id):
        with in_tenant(bank.id):
            return NumberBlock.objects.get(id=block_id)

    return read


def test_a_block_is_a_stretch_of_the_days_numbers_that_nobody_else_gets(bank, take, ticket, lease, block):
    first = ticket(take()).sequence
    leased = block(lease())
    after = ticket(take()).sequence

    assert (first, leased.first, leased.last, after) == (1, 2, 21, 22)
    assert broken_invariants(bank.id) == {}


def test_a_device_that_has_enough_gets_no_more(lease, issue):
    block_id = lease(size=3, enough=2)
    assert lease(size=3, enough=2) is None
    issue(block_id, 1)
    assert lease(size=3, enough=2) is None
    issue(block_id, 2)
    assert lease(size=3, enough=2) is not None


def test_the_ticket_has_the_number_and_the_token_that_were_printed(bank, kiosk, lease, issue, ticket, facts):
    block_id = lease()
    with in_tenant(bank.id):
        (leased,) = open_blocks(kiosk)

    issued = ticket(issue(block_id, 7))

    assert (issued.number, issued.token, issued.channel) == ("A007", token_of(leased.secret, 7), "kiosk")
    assert len(issued.token) == 22
    assert facts(issued.id) == ["created"]


def test_a_number_brought_again_is_the_same_ticket(lease, issue, facts):
    block_id = lease()

    first, again = issue(block_id, 3), issue(block_id, 3, at=later(minutes=5))

    assert first == again
    assert facts(first) == ["created"]


@pytest.mark.parametrize("sequence", [0, 21, -1])
def test_a_number_outside_the_block_is_refused(lease, issue, sequence):
    block_id = lease()

    with pytest.raises(NumberNotLeased):
        issue(block_id, sequence)


def test_another_devices_block_and_another_tenants_do_not_exist(lease, issue, cheikh):
    block_id = lease()

    for stranger in ({"device_id": uuid4()}, {"tenant_id": cheikh.tenant.id}):
        with pytest.raises(NumberNotLeased):
            issue(block_id, 1, **stranger)
    with pytest.raises(errors.QueueNotFound):
        lease(tenant_id=cheikh.tenant.id)


def test_who_printed_a_number_first_stands_before_who_came_while_the_link_was_down(lease, issue, take, line, binta):
    """… also when the low-water mark has gone past that time (docs/decisions/0005)."""
    block_id = lease(at=NINE)
    called = []
    for minute in range(5, 40):
        take(at=later(minutes=minute))
        called.append(
            call_next_ticket(
                tenant_id=binta.tenant.id, agent_id=binta.agent.id, actor=binta.actor, at=later(minutes=minute)
            )
        )
        with in_tenant(binta.tenant.id):
            close_ticket(tenant_id=binta.tenant.id, ticket_id=called[-1], actor=binta.actor, at=later(minutes=minute))
    assert None not in called
    waiting = take(at=later(minutes=41))

    printed = issue(block_id, 1, arrived_at=later(minutes=2), at=later(minutes=45))

    assert line() == [printed, waiting]
    assert (
        call_next_ticket(tenant_id=binta.tenant.id, agent_id=binta.agent.id, actor=binta.actor, at=later(minutes=46))
        == printed
    )


def test_a_devices_clock_that_is_wrong_neither_jumps_the_line_nor_waits_in_the_future(lease, issue, ticket):
    block_id = lease(at=NINE)

    early = ticket(issue(block_id, 1, arrived_at=NINE - timedelta(days=400), at=later(minutes=1)))
    late = ticket(issue(block_id, 2, arrived_at=NINE + timedelta(days=400), at=later(minutes=1)))

    assert (early.created_at, late.created_at) == (NINE, later(minutes=1))


@pytest.mark.parametrize("status", [QueueStatus.CLOSED, QueueStatus.PAUSED])
def test_paper_counts_when_the_queue_was_closed_meanwhile_a_wish_does_not(
    moussa, tellers, lease, issue, ticket, status
):
    block_id = lease()
    with in_tenant(moussa.tenant.id):
        set_queue_status(queue_id=tellers.id, status=status, actor=moussa.actor, at=later())

    with pytest.raises((errors.QueueClosed, errors.QueuePaused)):
        issue(block_id, 1, is_printed=False)
    assert ticket(issue(block_id, 1)).status == TicketState.WAITING
    with pytest.raises((errors.QueueClosed, errors.QueuePaused)):
        lease(enough=1000)


def test_a_full_queue_refuses_a_wish_and_keeps_the_number(make_queue, lease, issue, ticket):
    queue = make_queue(capacity=1)
    block_id = lease(queue=queue)
    issue(block_id, 1, is_printed=False)

    with pytest.raises(errors.QueueFull):
        issue(block_id, 2, is_printed=False)
    assert ticket(issue(block_id, 2)).sequence == 2


def test_paper_that_comes_in_after_the_day_is_written_and_expired(bank, site, lease, issue, ticket, facts, line):
    with in_tenant(bank.id):
        OpeningHours.objects.filter(site=site).update(opens="08:00", closes="17:00")
    block_id = lease()

    evening = issue(block_id, 1, at=NINE.replace(hour=17, minute=30))  # within the hour of grace
    night = issue(block_id, 2, at=NINE.replace(hour=19))
    next_day = issue(block_id, 3, at=NINE + timedelta(days=1))

    assert [ticket(one).status for one in (evening, night, next_day)] == ["waiting", "expired", "expired"]
    assert facts(night) == ["created", "expired"]
    assert line() == [evening]
    with pytest.raises(NumberNotLeased):
        issue(block_id, 4, at=NINE + timedelta(days=1), is_printed=False)


def test_where_the_doors_never_close_midnight_is_no_end_for_who_came_just_before(lease, issue, ticket):
    block_id = lease(at=NINE.replace(hour=23, minute=50))

    soon = issue(block_id, 1, at=NINE.replace(hour=0, minute=20) + timedelta(days=1))
    late = issue(block_id, 2, at=NINE.replace(hour=3) + timedelta(days=1))

    assert [ticket(one).status for one in (soon, late)] == ["waiting", "expired"]


def test_what_a_device_gives_back_goes_to_the_counter_if_nothing_came_after(
    bank, lease, issue, give_back, block, take, ticket
):
    block_id = lease()
    issue(block_id, 1), issue(block_id, 3)

    give_back(block_id, used=[1, 3])

    returned = block(block_id)
    assert (returned.first, returned.last, returned.issued, returned.voided) == (1, 3, 2, [2])
    assert ticket(take()).sequence == 4


def test_what_is_given_back_after_others_got_numbers_is_voided(lease, issue, give_back, block, take, ticket):
    block_id = lease(size=4)
    issue(block_id, 1)
    take()

    give_back(block_id, used=[1])
    give_back(block_id, used=[1])

    assert (block(block_id).issued, block(block_id).voided) == (1, [2, 3, 4])
    assert ticket(take()).sequence == 6


def test_a_block_that_nobody_used_leaves_no_trace_in_the_numbers(lease, give_back, take, ticket):
    give_back(lease(), used=[])

    assert ticket(take()).number == "A001"


def test_a_block_with_printed_numbers_that_are_not_here_yet_is_not_taken_back(lease, give_back, block):
    block_id = lease()

    with pytest.raises(BlockNotSynced):
        give_back(block_id, used=[1, 2])
    assert block(block_id).returned_at is None


def test_the_night_voids_what_is_left_and_paper_still_counts(bank, kiosk, lease, issue, block, ticket):
    block_id = lease(size=5)
    issue(block_id, 1)
    assert void_leftover_blocks(tenant_id=bank.id, at=NINE.replace(hour=23)) == 0

    assert void_leftover_blocks(tenant_id=bank.id, at=NINE + timedelta(days=1)) == 1

    assert (block(block_id).issued, block(block_id).voided) == (1, [2, 3, 4, 5])
    assert broken_invariants(bank.id) == {}
    assert ticket(issue(block_id, 3, at=NINE + timedelta(days=1, hours=1))).status == "expired"
    assert (block(block_id).issued, block(block_id).voided) == (2, [2, 4, 5])


def test_the_journal_tells_of_the_lease_and_of_the_voided(bank, lease, give_back, take):
    block_id = lease(size=2)
    take()
    give_back(block_id, used=[])

    with in_tenant(bank.id):
        entries = list(Entry.objects.filter(object_id=block_id).order_by("id"))
    assert [entry.fact for entry in entries] == ["block.leased", "block.returned"]
    assert entries[-1].data["voided"] == [1, 2]
    assert "secret" not in entries[0].data


def test_a_stranger_sees_no_block(lease, kiosk, cheikh):
    lease()

    with in_tenant(cheikh.tenant.id):
        assert open_blocks(kiosk) == []
        assert not NumberBlock.objects.exists()
    assert not NumberBlock.objects.exists()


def test_what_a_device_has_is_one_question_however_much_it_has(bank, kiosk, make_queue, lease):
    from django.test.utils import CaptureQueriesContext

    for expected in (1, 3):
        while True:
            with in_tenant(bank.id), CaptureQueriesContext(connection) as asked:
                held = open_blocks(kiosk)
            if len(held) == expected:
                break
            lease(queue=make_queue())
        assert len(asked) == 1


# Races


def test_eight_devices_leasing_while_people_take_share_no_number():
    world = build_world()
    queue = world.queues[0].id

    def device(number):
        mine = uuid4()
        for turn in range(4):
            with in_tenant(world.id):
                block_id = lease_block(
                    tenant_id=world.id, queue_id=queue, device_id=mine, size=5, actor=SYSTEM, at=NINE, enough=1
                )
                (held,) = open_blocks(mine)
            used = list(range(held.first, held.last + 1))[: 5 if turn < 3 else number % 5]
            for sequence in used:
                issue_from_block(
                    tenant_id=world.id, block_id=block_id, device_id=mine, sequence=sequence, arrived_at=NINE,
                    actor=SYSTEM, at=NINE, is_printed=True,
                )  # fmt: skip
            with in_tenant(world.id):
                return_block(tenant_id=world.id, block_id=block_id, device_id=mine, used=used, actor=SYSTEM, at=NINE)
            connection.close()

    def taker():
        for _ in range(20):
            issue_ticket(tenant_id=world.id, queue_id=queue, channel="web", actor=SYSTEM, at=NINE)
            connection.close()

    together(*[partial(device, number) for number in range(8)], taker, taker)

    assert broken_invariants(world.id) == {}
    with in_tenant(world.id):
        tickets = Ticket.objects.count()
        voided = sum(len(each) for each in NumberBlock.objects.values_list("voided", flat=True))
        assert tickets == 8 * 15 + sum(number % 5 for number in range(8)) + 40
        assert DayCounter.objects.get().last_sequence == tickets + voided


def test_a_device_that_asks_twice_at_once_gets_one_block():
    world, device = build_world(), uuid4()

    def ask():
        with in_tenant(world.id):
            return lease_block(
                tenant_id=world.id, queue_id=world.queues[0].id, device_id=device, size=5, actor=SYSTEM, at=NINE
            )

    assert len([got for got in together(*[ask] * 6) if got]) == 1
    assert broken_invariants(world.id) == {}


def one_number_brought_by_many(world, device, block_id):
    def bring():
        return issue_from_block(
            tenant_id=world.id, block_id=block_id, device_id=device, sequence=2, arrived_at=NINE, actor=SYSTEM,
            at=NINE, is_printed=True,
        )  # fmt: skip

    return together(*[bring] * 8)


def leased_world():
    world, device = build_world(), uuid4()
    with in_tenant(world.id):
        block_id = lease_block(
            tenant_id=world.id, queue_id=world.queues[0].id, device_id=device, size=5, actor=SYSTEM, at=NINE
        )
    return world, device, block_id


def test_one_number_brought_by_many_at_once_is_one_ticket():
    world, device, block_id = leased_world()

    assert len(set(one_number_brought_by_many(world, device, block_id))) == 1
    assert broken_invariants(world.id) == {}


def test_twin_without_the_blocks_lock_sees_two_bring_it():
    """The same race without the lock: the number's unique constraint is what is left."""
    signature = (
        "queueing_issue_from_block"
        "(uuid, uuid, uuid, uuid, integer, text, timestamptz, text, uuid, boolean, timestamptz, jsonb)"
    )
    with broken_database() as name, application_on(name):
        rewritten(name, signature, ("x.device_id = p_device FOR UPDATE;", "x.device_id = p_device;"))
        for _ in range(10):
            try:
                one_number_brought_by_many(*leased_world())
            except IntegrityError:
                return
    pytest.fail("without its lock the race was run ten times and nobody met")


def test_a_block_returned_while_its_number_is_being_written_counts_it_once():
    world, device, block_id = leased_world()

    def bring():
        return issue_from_block(
            tenant_id=world.id, block_id=block_id, device_id=device, sequence=1, arrived_at=NINE, actor=SYSTEM,
            at=NINE, is_printed=True,
        )  # fmt: skip

    def give_back():
        with in_tenant(world.id):
            return_block(tenant_id=world.id, block_id=block_id, device_id=device, used=None, actor=SYSTEM, at=NINE)

    with Held(world.id, bring) as held:
        returning = threading.Thread(target=give_back)
        returning.start()
        held.until_someone_waits()
    returning.join(timeout=9)

    with in_tenant(world.id):
        row = NumberBlock.objects.get()
        assert (row.issued, row.voided) == (1, [2, 3, 4, 5])
    assert broken_invariants(world.id) == {}


def test_a_crash_in_the_middle_leaves_the_number_with_the_device():
    world, device, block_id = leased_world()
    bring = partial(
        issue_from_block, tenant_id=world.id, block_id=block_id, device_id=device, sequence=1, arrived_at=NINE,
        actor=SYSTEM, at=NINE, is_printed=True,
    )  # fmt: skip

    def fail_after_writing():
        with in_tenant(world.id):
            bring()
            raise RuntimeError("power")

    with pytest.raises(RuntimeError, match="power"):
        fail_after_writing()

    with in_tenant(world.id):
        assert not Ticket.objects.exists()
        assert NumberBlock.objects.get().issued == 0
    assert broken_invariants(world.id) == {}
    bring()
    assert broken_invariants(world.id) == {}


def test_i2_sees_a_number_that_is_neither_a_ticket_nor_leased_nor_voided():
    unchecked = "ALTER TABLE queueing_numberblock DROP CONSTRAINT number_block_accounted"
    with broken_database(unchecked) as name, application_on(name):
        world, _device, _block_id = leased_world()
        assert broken_invariants(world.id) == {}
        with in_tenant(world.id):
            NumberBlock.objects.update(returned_at=NINE, voided=[1, 2, 4, 5])
        assert set(broken_invariants(world.id)) == {"I2"}


def test_the_database_refuses_blocks_that_overlap_and_books_that_do_not_add_up():
    world, _device, _block_id = leased_world()

    with pytest.raises(IntegrityError, match="number_blocks_apart"), in_tenant(world.id):
        NumberBlock.objects.create(
            tenant=world.tenant, queue=world.queues[0], device_id=uuid4(), day=NINE.date(), first=5, last=9,
            leased_at=NINE,
        )  # fmt: skip
    with pytest.raises(IntegrityError, match="number_block_accounted"), in_tenant(world.id):
        NumberBlock.objects.update(returned_at=NINE, voided=[1, 2])
