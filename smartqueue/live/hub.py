"""One hub per process: hears which queues have moved, reads each once, and tells everybody here who watches it."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from uuid import UUID

import orjson
from django.db import connections
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from smartqueue.kernel.clock import now
from smartqueue.live.channel import Channel, Key, Subscription
from smartqueue.live.publish import CHANNEL
from smartqueue.queueing.queries import queue_statistics
from smartqueue.queueing.queries.board import Board, Elsewhere, board, tickets_elsewhere
from smartqueue.tenants.scope import in_tenant

logger = logging.getLogger(__name__)

LOOK_AGAIN_S = 5.0
HEARTBEAT_S = 5.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.05, 1.0
THREADS = 3
Answer = TypeVar("Answer")
Wake = Callable[[Key], None]


class Hub:
    """Whoever watches a queue in this process, and the one subscription that hears of all queues.

    Everything runs in the event loop but the reads, which have threads of their own.

    Args:
        redis_url: of Valkey.
        look_again_s: a watched queue is read this often even when nothing was heard: a message of Valkey may be lost,
            and some changes (an agent's break, a transfer out of the queue) move no stream of the queue.
    """

    def __init__(self, redis_url: str, *, look_again_s: float = LOOK_AGAIN_S) -> None:
        self._redis_url = redis_url
        self._look_again_s = look_again_s
        self._channels: dict[Key, Channel] = {}
        self._listeners: dict[Key, set[Wake]] = {}
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="live")
        self._tasks: list[asyncio.Task[None]] = []
        self.is_listening = False

    def start(self) -> None:
        """Begin to listen, with the first client: there is a running loop then."""
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._look_again())]

    async def stop(self) -> None:
        """End the hub's tasks and threads. Nobody may be watching."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        self._threads.shutdown()

    def watch(self, subscription: Subscription) -> None:
        """From now on the subscription hears of its queue; its snapshot is read after this moment."""
        self.start()
        channel = self._channels.get(subscription.key)
        if channel is None:
            channel = self._channels[subscription.key] = Channel(subscription.key, self)
        channel.join(subscription)

    def leave(self, subscription: Subscription) -> None:
        """Hear no more. Leaving twice does nothing."""
        channel = self._channels.get(subscription.key)
        if channel and channel.part(subscription):
            del self._channels[subscription.key]

    def deliver(self, subscription: Subscription) -> None:
        """The client reads again: what it has missed."""
        if channel := self._channels.get(subscription.key):
            channel.catch_up(subscription)

    def look_at(self, key: Key) -> None:
        """Read this queue, if anybody here watches it."""
        if channel := self._channels.get(key):
            channel.want()

    def listen(self, key: Key, wake: Wake) -> None:
        """`wake` is called when something is announced under this tenant's id that is no queue's: a ticket's or a
        customer's message; and whenever something may have been missed."""
        self.start()
        self._listeners.setdefault(key, set()).add(wake)

    def forget(self, key: Key, wake: Wake) -> None:
        """Listen no more. Forgetting twice does nothing."""
        if wakes := self._listeners.get(key):
            wakes.discard(wake)
            if not wakes:
                del self._listeners[key]

    # Reading

    async def ask(self, question: Callable[[], Answer]) -> Answer:
        """Ask the database in one of the hub's threads."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, _asked, question)

    async def read(self, key: Key, *, since: int | None, phones: bool) -> Board | None:
        """The order message of a queue: one statement."""
        tenant_id, queue_id = key
        return await self.ask(
            lambda: board(tenant_id=tenant_id, queue_id=queue_id, since=since, phones=phones, at=now())
        )

    async def find(self, key: Key, ids: Sequence[str]) -> list[Elsewhere]:
        """Tickets that are watched under a queue but not on its board."""
        return await self.ask(lambda: tickets_elsewhere(tenant_id=key[0], ids=ids))

    async def statistics(self, key: Key) -> dict[str, object]:
        """The day so far, for the dashboard."""

        def question() -> dict[str, object]:
            with in_tenant(UUID(key[0])):
                return queue_statistics(UUID(key[1]), at=now())

        return await self.ask(question)

    # Listening

    async def _listen(self) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                await self._hear()
                pause_s = FIRST_PAUSE_S
            except Exception as error:
                logger.warning("the live channel is cut (%s); it is opened again", error)
            if self.is_listening:
                pause_s = FIRST_PAUSE_S
            self.is_listening = False
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _hear(self) -> None:
        """One connection to Valkey, from its beginning to its end."""
        valkey = Redis.from_url(
            self._redis_url, socket_connect_timeout=2, socket_timeout=2, retry=Retry(NoBackoff(), 0), protocol=2
        )
        try:
            async with valkey, valkey.pubsub() as channel:
                await channel.subscribe(CHANNEL)
                is_answered = True
                while True:
                    message = await channel.get_message(timeout=HEARTBEAT_S)
                    if message is None:
                        if not is_answered:
                            raise ConnectionError("Valkey does not answer")
                        await channel.ping()
                        is_answered = False
                        continue
                    is_answered = True
                    if message["type"] == "subscribe":
                        self.is_listening = True
                        self._look_at_all()  # what was announced while nobody listened
                    elif message["type"] == "message":
                        self._heard(message["data"])
        finally:
            await valkey.aclose()

    def _heard(self, data: bytes) -> None:
        for tenant_id, moved_id, seq in orjson.loads(data):
            key = (tenant_id, moved_id)
            channel = self._channels.get(key)
            if channel and not channel.knows(seq):
                channel.want()
            for wake in tuple(self._listeners.get(key, ())):
                wake(key)

    def _look_at_all(self) -> None:
        for channel in self._channels.values():
            channel.want()
        for key, wakes in tuple(self._listeners.items()):
            for wake in tuple(wakes):
                wake(key)

    async def _look_again(self) -> None:
        while True:
            await asyncio.sleep(self._look_again_s / 5)
            for channel in self._channels.values():
                channel.look_again(self._look_again_s)


def _asked(question: Callable[[], Answer]) -> Answer:
    try:
        return question()
    finally:
        connections.close_all()  # back to the pool
