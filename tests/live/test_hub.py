"""The hub by itself, in this process, over the real database and the real Valkey: how often it reads, and what."""

import asyncio
import itertools
import os
import time

import pytest

from smartqueue.cli.processes import wait_until


@pytest.fixture
def counting_hub():
    """A hub that notes when it reads. It looks again so rarely that only what it hears makes it read."""
    from smartqueue.live.hub import Hub

    class CountingHub(Hub):
        def __init__(self):
            super().__init__(os.environ["REDIS_URL"], look_again_s=600)
            self.reads = []

        async def read(self, key, **how):
            self.reads.append(time.monotonic())
            return await super().read(key, **how)

    return CountingHub


@pytest.fixture
def in_loop(counting_hub):
    """Run a coroutine function with a hub; the hub ends with it."""

    def run(story):
        async def whole():
            hub = counting_hub()
            try:
                return await story(hub)
            finally:
                await hub.stop()

        return asyncio.run(whole())

    return run


async def aside(doing, *words):
    """In a thread, which gives its connections back."""

    def whole():
        from django.db import connections

        try:
            doing(*words)
        finally:
            connections.close_all()

    await asyncio.to_thread(whole)


class Reader:
    """A subscription of staff that keeps what it is given."""

    def __init__(self, bank, queue, ticket_id=None):
        from smartqueue.live.channel import Subscription
        from smartqueue.live.cuts import View

        self.messages = []
        view = View.PHONE if ticket_id else View.STAFF
        self.subscription = Subscription((str(bank.id), str(queue.id)), view, self.write, ticket_id=ticket_id)

    def write(self, _subscription, message, seq):
        self.messages.append((seq, message))
        return True

    async def until(self, seq):
        async with asyncio.timeout(10):
            while not self.messages or self.messages[-1][0] < seq:
                await asyncio.sleep(0.01)


async def listening(hub):
    async with asyncio.timeout(5):
        while not hub.is_listening:
            await asyncio.sleep(0.01)


def test_a_queue_is_read_at_most_every_250_ms_at_once_first_and_never_too_few(bank, tellers, take, relay, in_loop):
    """Twelve changes within about a second, told to a hub with 50 screens."""

    async def story(hub):
        readers = [Reader(bank, tellers) for _ in range(50)]
        for reader in readers:
            hub.watch(reader.subscription)
        await listening(hub)
        await readers[0].until(0)
        await asyncio.sleep(0.4)  # a quiet moment before: the first change must not wait
        before, heard = len(hub.reads), len(readers[0].messages)
        began = time.monotonic()
        for _ in range(12):
            await aside(take)
            await aside(relay)
            await asyncio.sleep(0.05)
        ended = time.monotonic()
        await asyncio.gather(*(reader.until(12) for reader in readers))
        reads = hub.reads[before:]
        return began, ended, reads, readers[0].messages[heard][0], [reader.messages[-1][0] for reader in readers]

    began, ended, reads, first, last = in_loop(story)

    assert last == [12] * 50
    assert first <= 2  # one that waited would have seen three or more
    assert min(late - early for early, late in itertools.pairwise(reads)) > 0.24
    assert 2 <= len(reads) <= (ended - began) / 0.25 + 2


def test_a_queue_that_nobody_watches_is_not_read(bank, tellers, make_queue, take, relay, in_loop):
    other = make_queue(name="Autre")

    async def story(hub):
        reader = Reader(bank, tellers)
        hub.watch(reader.subscription)
        await listening(hub)
        await reader.until(0)
        await asyncio.sleep(0.3)
        before = len(hub.reads)
        await aside(take, other)
        await aside(relay)
        await asyncio.sleep(0.5)
        quiet = len(hub.reads) - before
        hub.leave(reader.subscription)
        hub.leave(reader.subscription)
        await aside(take)
        await aside(relay)
        await asyncio.sleep(0.5)
        return quiet, len(hub.reads) - before

    assert in_loop(story) == (0, 0)


def test_many_who_come_at_once_share_a_read_that_began_after_they_came(bank, tellers, take, in_loop):
    take()

    async def story(hub):
        hub.start()
        await listening(hub)
        readers = [Reader(bank, tellers) for _ in range(200)]
        for reader in readers:
            hub.watch(reader.subscription)
        await asyncio.gather(*(reader.until(0) for reader in readers))
        return len(hub.reads), {len(reader.messages) for reader in readers}

    reads, messages = in_loop(story)

    assert reads <= 2
    assert messages == {1}


def test_screens_of_one_audience_are_given_the_very_same_bytes(bank, tellers, take, relay, in_loop):
    async def story(hub):
        readers = [Reader(bank, tellers) for _ in range(3)]
        for reader in readers:
            hub.watch(reader.subscription)
        await listening(hub)
        await asyncio.gather(*(reader.until(0) for reader in readers))
        await aside(take)
        await aside(relay)
        await asyncio.gather(*(reader.until(1) for reader in readers))
        return {id(reader.messages[-1][1]) for reader in readers}

    assert len(in_loop(story)) == 1


@pytest.mark.parametrize("tickets", [1, 3])
@pytest.mark.parametrize("phones", [False, True])
def test_an_order_message_is_one_statement(bank, tellers, binta, take, call, relay, tickets, phones):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from smartqueue.kernel.clock import now
    from smartqueue.queueing.queries.board import board

    for _ in range(tickets + 1):
        take()
    call(binta)
    relay()
    with CaptureQueriesContext(connection) as asked:
        seen = board(tenant_id=bank.id, queue_id=tellers.id, since=0, phones=phones, at=now())

    assert len(asked) == 1
    assert (seen.line.total, len(seen.in_hand), len(seen.facts), seen.seq) == (tickets, 1, tickets + 2, tickets + 2)


def test_the_board_of_another_tenant_is_not_there(bank, tellers, cheikh, take, relay):
    from smartqueue.kernel.clock import now
    from smartqueue.queueing.queries.board import board, tickets_elsewhere

    mine = take()
    relay()

    assert board(tenant_id=cheikh.tenant.id, queue_id=tellers.id, since=0, phones=True, at=now()) is None
    assert tickets_elsewhere(tenant_id=cheikh.tenant.id, ids=[str(mine)]) == []
    assert [ticket.status for ticket in tickets_elsewhere(tenant_id=bank.id, ids=[str(mine)])] == ["waiting"]


def test_number_and_line_come_from_one_snapshot_while_people_come(bank, tellers, take, relay):
    """Whatever happens during a read: every fact up to its number is in its line."""
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connections

    from smartqueue.kernel.clock import now
    from smartqueue.queueing.queries.board import board

    going = True

    def come():
        while going:
            take()
            relay()
        connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(come)
        wrong = []
        seen = None
        deadline = time.monotonic() + 2
        while time.monotonic() < deadline:
            seen = board(tenant_id=bank.id, queue_id=tellers.id, since=None, phones=False, at=now())
            if seen.line.total < seen.seq:
                wrong.append((seen.line.total, seen.seq))
        going = False
        coming.result(timeout=10)

    assert wrong == []
    assert seen.seq > 20


def test_a_database_that_is_away_costs_a_moment_and_no_screen(bank, tellers, take, relay, in_loop, caplog):
    """The first read fails as it would without a connection; the wish is not forgotten."""
    from django.db import OperationalError

    async def story(hub):
        whole, failed = hub.read, []

        async def fail_once(key, **how):
            if not failed:
                failed.append(key)
                raise OperationalError("the server is gone")
            return await whole(key, **how)

        hub.read = fail_once
        reader = Reader(bank, tellers)
        hub.watch(reader.subscription)
        await reader.until(0)
        return len(failed), len(reader.messages)

    assert in_loop(story) == (1, 1)
    assert "it is tried again" in caplog.text


def test_the_ring_knows_what_it_knows():
    from smartqueue.live.channel import Ring
    from smartqueue.queueing.queries.board import Board, Fact

    def seen(since, seq):
        facts = [Fact(n, "ticket.created", "ticket", "x", {}, None) for n in range(since + 1, seq + 1)]
        return Board(seq, since, "open", 0, None, [], None, [], [], facts, [])

    ring = Ring()
    assert ring.after(0) is None
    assert ring.add(seen(3, 5))[-1].seq == 5
    assert [fact.seq for fact in ring.after(3)] == [4, 5]
    assert (ring.after(2), ring.after(5)) == (None, [])
    assert [fact.seq for fact in ring.add(seen(5, 7))] == [6, 7]
    assert [fact.seq for fact in ring.after(4)] == [5, 6, 7]
    assert [fact.seq for fact in ring.add(seen(1, 8))] == [8], "older ones were asked for; only one is news"
    assert [fact.seq for fact in ring.after(1)] == [2, 3, 4, 5, 6, 7, 8]
    ring.add(seen(8, 508))
    assert (len(ring.after(8)), ring.after(7)) == (500, None)
    ring.add(seen(600, 650))
    assert (ring.after(599), ring.after(600)[0].seq) == (None, 601)


def test_a_process_that_stops_leaves_no_thread(counting_hub, bank, tellers):
    import threading

    async def story():
        hub = counting_hub()
        reader = Reader(bank, tellers)
        hub.watch(reader.subscription)
        await reader.until(0)
        hub.leave(reader.subscription)
        await hub.stop()

    asyncio.run(story())

    assert wait_until(lambda: not [t for t in threading.enumerate() if t.name.startswith("live")], seconds=3)
