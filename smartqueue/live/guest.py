"""Somebody who watches: subscriptions of one client, whatever the line it came by."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

from smartqueue.live.channel import Key, Subscription
from smartqueue.live.cuts import of_ticket
from smartqueue.live.doors import Door, Grant, Refused
from smartqueue.live.house import House
from smartqueue.live.outbox import Event, Outbox, Send

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
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
        "_door", "_frame", "_house", "_is_look_due", "_listening", "_notice", "_on_end", "_outbox", "_overdue",
        "_overdue_notice", "_phone", "_preface", "_subscriptions", "_task", "_timer", "has_ended",
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
        self._preface = ""
        self._notice = self._overdue_notice = ""
        self._phone: Key | None = None
        self._listening: set[Key] = set()
        self._is_look_due = False
        self.has_ended = False

    def settle(self, grant: Grant, since: Since) -> None:
        """Watch what is granted; each queue begins with a snapshot."""
        self._watch(grant, since)
        if not self._door.is_public:
            self._ask_again_later(self._house.limits.ask_again_s)

    def _watch(self, grant: Grant, since: Since) -> None:
        self._say_preface(grant)
        lines = grant.lines
        for name in self._subscriptions.keys() - lines.keys():
            self._house.hub.leave(self._subscriptions.pop(name))
        for name, (tenant_id, queue_id, ticket_id) in lines.items():
            if name in self._subscriptions:
                continue
            seen = since.get(queue_id) if isinstance(since, Mapping) else since if len(lines) == 1 else None
            subscription = self._subscriptions[name] = Subscription(
                (tenant_id, queue_id), grant.view, self._write, since=seen, ticket_id=ticket_id,
                on_gone=self._look if self._door.names_tickets else lambda: self._end(404),
            )  # fmt: skip
            self._house.hub.watch(subscription)
        self._listen(grant)

    def _say_preface(self, grant: Grant) -> None:
        """What has changed while the client did not read is said when its rights are asked again."""
        preface = self._door.preface(grant)
        if preface != self._preface and self._outbox.is_free:
            self._preface = preface
            self._outbox.write(self._frame(preface, 0))

    def _listen(self, grant: Grant) -> None:
        """For messages: to the page of a ticket, or to a person who has signed in."""
        if grant.ticket_id and self._phone is None:
            self._phone = (grant.tenant_id, grant.ticket_id)
            self._house.notices.join(self._phone, self._tell)
        wanted = set(grant.customers)
        for key in self._listening - wanted:
            self._house.hub.forget(key, self._heard)
        for key in wanted - self._listening:
            self._house.hub.listen(key, self._heard)
        self._listening = wanted

    def _tell(self, notice: str) -> None:
        if notice == self._notice:
            return
        if not self._outbox.is_free:
            self._overdue_notice = notice
            return
        self._notice = notice
        self._outbox.write(self._frame(notice, 0))

    def _heard(self, _key: Key) -> None:
        self._look()

    def _look(self) -> None:
        """Ask the door soon; what comes meanwhile is asked for together."""
        if not self._is_look_due:
            self._is_look_due = True
            if self._task is None or self._task.done():
                self._ask_again_later(LOOK_EVERY_S)

    def _write(self, subscription: Subscription, message: str, seq: int) -> bool:
        if not self._outbox.is_free:
            if subscription not in self._overdue:
                self._overdue.append(subscription)
            return False
        if self._door.names_tickets and subscription.ticket_id:
            message = of_ticket(subscription.ticket_id, message)
        self._outbox.write(self._frame(message, seq))
        return True

    def _catch_up(self) -> None:
        overdue, self._overdue = self._overdue, []
        for subscription in overdue:
            self._house.hub.deliver(subscription)
        notice, self._overdue_notice = self._overdue_notice, ""
        if notice:
            self._tell(notice)

    def answer(self, event: Event) -> None:
        """Something that is not about a queue; a client that does not read goes without."""
        if self._outbox.is_free:
            self._outbox.write(event)

    def leave(self) -> None:
        """Hear no more; may be called twice."""
        for subscription in self._subscriptions.values():
            self._house.hub.leave(subscription)
        self._subscriptions.clear()
        if self._phone:
            self._house.notices.part(self._phone, self._tell)
        for key in self._listening:
            self._house.hub.forget(key, self._heard)
        self._listening = set()
        self._outbox.shut()
        if self._timer:
            self._timer.cancel()
        if self._task:
            self._task.cancel()

    def _end(self, status: int) -> None:
        if not self.has_ended:
            self.has_ended = True
            self._on_end(status)

    def _ask_again_later(self, later_s: float) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(later_s, self._ask_again)

    def _ask_again(self) -> None:
        self._task = asyncio.create_task(self._judge())

    async def _judge(self) -> None:
        """Whoever may not watch any more goes; what somebody serves, or has, may have changed too."""
        self._is_look_due = False
        try:
            self._watch(await self._house.hub.ask(self._door.open), None)
        except Refused as refusal:
            self._end(refusal.status)
            return
        except Exception as error:  # the database is away: nobody is put out for that
            logger.warning("a guest's rights could not be asked again (%s)", error)
        self._ask_again_later(LOOK_EVERY_S if self._is_look_due else self._house.limits.ask_again_s)


def since_of(hello: Mapping[str, Any]) -> Since:
    """What a client says it has seen; anything odd counts as nothing."""
    since = hello.get("since")
    if isinstance(since, dict):
        return {queue_id: seq for queue_id, seq in since.items() if _is_number(seq)}
    return since if _is_number(since) else None


def _is_number(seq: Any) -> bool:
    return isinstance(seq, int) and not isinstance(seq, bool) and 0 <= seq < 2**53
