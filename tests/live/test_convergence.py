"""T7, small: 200 clients, changes without a pause, lines cut at random; two seconds after the end all are right.

Beside them run two kinds of twins that leave out a half of the protocol. They must be wrong, or this test sees nothing.
"""

import asyncio
import os
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import httpx
import orjson
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.chaos.clients import tell

GOING_S = 20.0 if os.environ.get("SMARTQUEUE_FULL") else 10.0
SETTLED_AFTER_S = 2.0
SEED = 20261121
CUT_AFTER_S = (0.3, 4.0)
COME, GO = {"ticket.created", "ticket.put_back"}, {"ticket.called", "ticket.cancelled"}


class Client:
    """The whole protocol: `hello` with the last number, what is older than one's own is dropped, states are whole."""

    def __init__(self, address, words):
        self.address, self.words = address, words
        self.seq, self.line = None, None
        self.cuts = 0

    @property
    def since(self):
        return self.seq

    async def before(self):
        pass

    def take_in(self, message):
        if message["type"] != "snapshot" and self.seq is not None and message["seq"] < self.seq:
            return
        self.seq = message["seq"]
        self.show(message)

    def show(self, message):
        self.line = [row["number"] for row in message["waiting"]]

    async def live(self, chance, ends_at):
        """Until `ends_at` the line is cut again and again; then it stays."""
        while True:
            with suppress(ConnectionClosed, OSError, InvalidHandshake, TimeoutError):
                await self.before()
                async with connect(self.address, subprotocols=self.words, proxy=None, compression=None) as line:
                    await line.send(orjson.dumps({"type": "hello", "since": self.since}).decode())
                    cut_at = asyncio.get_running_loop().time() + chance.uniform(*CUT_AFTER_S)
                    async with asyncio.timeout_at(cut_at if cut_at < ends_at else None):
                        async for frame in line:
                            self.take_in(orjson.loads(frame))
            self.cuts += 1
            await asyncio.sleep(chance.uniform(0, 0.2))


class Phone(Client):
    def show(self, message):
        self.line = (message["status"], message["position"])


class Follower(Client):
    """Lives on facts: whole only if every fact comes, once."""

    def take_in(self, message):
        if self.seq is None or message.get("gap"):
            self.line = {row["number"] for row in message["waiting"]}
        elif message["seq"] >= self.seq:
            self.apply(message["facts"])
        self.seq = message["seq"]

    def apply(self, facts):
        for fact in facts:
            if fact["name"] in COME:
                self.line.add(fact["number"])
            elif fact["name"] in GO:
                self.line.discard(fact["number"])


class EventsOnly(Follower):
    """Twin: comes back without saying what it has seen, and goes on with the facts that come."""

    since = None

    def take_in(self, message):
        if message["type"] == "snapshot" and self.line is not None:
            return
        super().take_in(message)


class SnapshotFirst(Follower):
    """Twin: fetches the line first, and subscribes afterwards."""

    since = None

    def __init__(self, address, words, fetch):
        super().__init__(address, words)
        self.fetch = fetch

    async def before(self):
        whole = await asyncio.to_thread(self.fetch)
        self.seq, self.line = whole["seq"], {row["number"] for row in whole["waiting"]}

    def take_in(self, message):
        if message["type"] == "state":
            super().take_in(message)


@pytest.fixture
def busy(bank, tellers, make_agent, take, call, close, relay):
    """`busy(going)`: people come, are called and leave, from two threads; a third one numbers and announces."""

    def work(going):
        agents = [make_agent(f"Agent {number}", tellers) for number in range(2)]
        errors = []

        def turn(doing, pause_s):
            from django.db import connections

            try:
                while going():
                    doing()
                    time.sleep(pause_s)
            except Exception as error:
                errors.append(error)
            finally:
                connections.close_all()

        def serve(agent):
            ticket_id = call(agent)
            if ticket_id:
                close(agent, ticket_id)

        doings = [(take, 0.008), (lambda: serve(agents[0]), 0.016), (lambda: serve(agents[1]), 0.016), (relay, 0.05)]
        threads = [threading.Thread(target=turn, args=pair) for pair in doings]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=GOING_S + 30)
        relay()
        return errors

    return work


def test_everybody_is_right_two_seconds_after_the_last_change(
    two_webs, bank, tellers, binta, take, token_of, relay, busy, queue_path, capsys
):
    from smartqueue.kernel.clock import now
    from smartqueue.queueing.queries import show_tickets

    mine = [take() for _ in range(40)]
    relay()
    chance = random.Random(SEED)
    staff = ["smartqueue.v1", f"smartqueue.bearer.{binta.token}"]
    plain = f"{two_webs[0]}/live/tenants/{bank.slug}/queues/{tellers.id}/"
    http = httpx.Client(trust_env=False, timeout=10, headers={"Authorization": f"Bearer {binta.token}"})

    def web(number):
        return two_webs[number % 2].replace("http", "ws", 1)

    screens = [Client(web(n) + queue_path, staff) for n in range(120)]
    followers = [Follower(web(n) + queue_path, staff) for n in range(40)]
    phones = [Phone(f"{web(n)}/ws/tickets/{token_of(mine[n])}/", ["smartqueue.v1"]) for n in range(40)]
    deaf = [EventsOnly(web(n) + queue_path, staff) for n in range(20)]
    early = [SnapshotFirst(web(n) + queue_path, staff, lambda: http.get(plain).json()) for n in range(20)]
    everybody = [*screens, *followers, *phones, *deaf, *early]
    ends_at = time.monotonic() + GOING_S

    def going():
        return time.monotonic() < ends_at

    async def story():
        loop_ends_at = asyncio.get_running_loop().time() + ends_at - time.monotonic()
        lives = [asyncio.create_task(client.live(random.Random(chance.random()), loop_ends_at)) for client in everybody]
        with ThreadPoolExecutor(1) as pool:
            errors = await asyncio.get_running_loop().run_in_executor(pool, busy, going)
        await asyncio.sleep(SETTLED_AFTER_S)
        for life in lives:
            life.cancel()
        await asyncio.gather(*lives, return_exceptions=True)
        return errors

    errors = asyncio.run(story())
    http.close()

    from smartqueue.queueing.queries import waiting_in_calling_order
    from smartqueue.tenants.scope import in_tenant

    with in_tenant(bank.id):
        waiting = waiting_in_calling_order(tellers.id, at=now())
    line = [view.number for view in show_tickets(tenant_id=bank.id, ids=waiting, at=now())]
    places = [(view.status, view.position) for view in show_tickets(tenant_id=bank.id, ids=mine, at=now())]
    wrong = {
        "screens": sum(client.line != line[:200] for client in screens),
        "followers": sum(client.line != set(line) for client in followers),
        "phones": sum(client.line != place for client, place in zip(phones, places, strict=True)),
    }
    wrong_twins = {
        "events only": sum(client.line != set(line) for client in deaf),
        "snapshot, then subscribe": sum(client.line != set(line) for client in early),
    }
    cuts = sum(client.cuts for client in everybody)
    facts = screens[0].seq
    tell(capsys, f"\n{len(everybody)} clients, {cuts} cuts, {facts} facts: wrong {wrong}, of 20 twins {wrong_twins}")
    assert errors == []
    assert cuts > 200
    assert screens[0].seq > 200
    assert wrong == {"screens": 0, "followers": 0, "phones": 0}
    assert min(wrong_twins.values()) > 0
