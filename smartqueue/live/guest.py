"""Somebody who watches: subscriptions of one client, whatever the line it came by."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from smartqueue.live.channel import Subscription
from smartqueue.live.doors import Door, Grant, Refused
from smartqueue.live.house import House
from smartqueue.live.outbox import Event, Outbox, Send

logger = logging.getLogger(__name__)

Since = Mapping[str, int] | int | None
"""The last number seen: of the only queue, or by queue."""


class Guest:
    """Args:
    house: of the process.
    door: by which it came; asked again every minute.
    send: ASGI's.
    frame: makes an ASGI event of a message and its number.
    on_end: told once that the guest has to go, with a reason as a status (401, 403, 404, 408).
    """

    __slots__ = (
        "_door", "_frame", "_house", "_on_end", "_outbox", "_overdue", "_subscriptions", "_task", "_timer",
        "_told", "has_ended",
    )  # fmt: skip

    def __init__(
        self,
        house: House,
        door: Door,
        send: Send,
        frame: Callable[[str, int], Event],
        on_end: Callable[[int], None],
    ) -> None:
        self._house, self._door, self._frame, self._on_end = house, door, frame, on_end
        self._outbox = Outbox(send, slow_s=house.limits.slow_s, on_free=self._catch_up, on_slow=lambda: self._end(408))
        self._subscriptions: dict[str, Subscription] = {}
        self._overdue: list[Subscription] = []
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._told = False
        self.has_ended = False

    def settle(self, grant: Grant, since: Since) -> None:
        """Watch what is granted; each queue begins with a snapshot."""
        self._watch(grant, since)
        if not self._door.is_public:
            self._ask_again_later()

    def _watch(self, grant: Grant, since: Since) -> None:
        if self._door.has_many and (not self._told or set(grant.queue_ids) != self._subscriptions.keys()):
            told = {"type": "queues", "queue_ids": grant.queue_ids, "agent_id": grant.agent_id}
            self.answer(self._frame(orjson.dumps(told).decode(), 0))
            self._told = True
        for queue_id in self._subscriptions.keys() - set(grant.queue_ids):
            self._house.hub.leave(self._subscriptions.pop(queue_id))
        for queue_id in grant.queue_ids:
            if queue_id in self._subscriptions:
                continue
            seen = since.get(queue_id) if isinstance(since, Mapping) else since if len(grant.queue_ids) == 1 else None
            subscription = self._subscriptions[queue_id] = Subscription(
                (grant.tenant_id, queue_id), grant.view, self._write, since=seen, ticket_id=grant.ticket_id,
                on_gone=lambda: self._end(404),
            )  # fmt: skip
            self._house.hub.watch(subscription)

    def _write(self, subscription: Subscription, message: str, seq: int) -> bool:
        if not self._outbox.is_free:
            if subscription not in self._overdue:
                self._overdue.append(subscription)
            return False
        self._outbox.write(self._frame(message, seq))
        return True

    def _catch_up(self) -> None:
        overdue, self._overdue = self._overdue, []
        for subscription in overdue:
            self._house.hub.deliver(subscription)

    def answer(self, event: Event) -> None:
        """Something that is not about a queue; a client that does not read goes without."""
        if self._outbox.is_free:
            self._outbox.write(event)

    def leave(self) -> None:
        """Hear no more; may be called twice."""
        for subscription in self._subscriptions.values():
            self._house.hub.leave(subscription)
        self._subscriptions.clear()
        self._outbox.shut()
        if self._timer:
            self._timer.cancel()
        if self._task:
            self._task.cancel()

    def _end(self, status: int) -> None:
        if not self.has_ended:
            self.has_ended = True
            self._on_end(status)

    def _ask_again_later(self) -> None:
        later_s = self._house.limits.ask_again_s
        self._timer = asyncio.get_running_loop().call_later(later_s, self._ask_again)

    def _ask_again(self) -> None:
        self._task = asyncio.create_task(self._judge())

    async def _judge(self) -> None:
        """Whoever may not watch any more goes; what somebody serves may have changed too."""
        try:
            self._watch(await self._house.hub.ask(self._door.open), None)
        except Refused as refusal:
            self._end(refusal.status)
            return
        except Exception as error:  # the database is away: nobody is put out for that
            logger.warning("a guest's rights could not be asked again (%s)", error)
        self._ask_again_later()


def since_of(hello: Mapping[str, Any]) -> Since:
    """What a client says it has seen; anything odd counts as nothing."""
    since = hello.get("since")
    if isinstance(since, dict):
        return {queue_id: seq for queue_id, seq in since.items() if _is_number(seq)}
    return since if _is_number(since) else None


def _is_number(seq: Any) -> bool:
    return isinstance(seq, int) and not isinstance(seq, bool) and 0 <= seq < 2**53
