"""One watched queue in one process: its ring of facts, its reads one after another, and who hears of them."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Protocol

import orjson

from smartqueue.live.cuts import Places, View, facts_for, phone_message, state_for
from smartqueue.queueing.queries.board import MOST_FACTS, Board, Elsewhere, Fact

logger = logging.getLogger(__name__)

READ_EVERY_S = 0.25
STATISTICS_EVERY_S = 5.0
TRY_AGAIN_S = 1.0
Key = tuple[str, str]
"""Tenant and queue, as text."""


class Subscription:
    """One client's interest in one queue.

    Args:
        key: of the queue; changes when the ticket of a phone is transferred.
        view: what the client may see.
        write: gives the client a message; False when it does not read at the moment.
        since: the last number that the client has seen; None when it knows nothing.
        ticket_id: of a phone.
        on_gone: called when the queue does not exist any more.
    """

    __slots__ = ("key", "on_gone", "sent", "seq", "since", "ticket_id", "view", "write")

    def __init__(
        self,
        key: Key,
        view: View,
        write: "Callable[[Subscription, str, int], bool]",
        *,
        since: int | None = None,
        ticket_id: str | None = None,
        on_gone: Callable[[], None] = lambda: None,
    ) -> None:
        self.key, self.view, self.write, self.since, self.ticket_id = key, view, write, since, ticket_id
        self.on_gone = on_gone
        self.seq: int | None = None
        self.sent: Any = None


class Source(Protocol):
    """What a channel needs of its hub."""

    async def read(self, key: Key, *, since: int | None, phones: bool) -> Board | None: ...

    async def find(self, key: Key, ids: list[str]) -> list[Elsewhere]: ...

    async def statistics(self, key: Key) -> dict[str, object]: ...

    def watch(self, subscription: Subscription) -> None: ...

    def leave(self, subscription: Subscription) -> None: ...

    def look_at(self, key: Key) -> None: ...


class Ring:
    """The newest facts of a stream, without a gap."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.start: int | None = None  # everything after this number is in `facts`

    def add(self, board: Board) -> list[Fact]:
        """Take the board's facts in; returns those that are new here."""
        last = self.facts[-1].seq if self.facts else self.start
        if self.start is None or last is None or board.since < self.start or board.since > last:
            self.facts, self.start = board.facts, board.since
            return self.facts if last is None else [fact for fact in board.facts if fact.seq > last]
        fresh = [fact for fact in board.facts if fact.seq > last]
        self.facts = (self.facts + fresh)[-MOST_FACTS:]
        if len(self.facts) == MOST_FACTS:
            self.start = self.facts[0].seq - 1
        return fresh

    def after(self, seq: int) -> list[Fact] | None:
        """Facts after this number; None when some of them are not here any more."""
        if self.start is None or seq < self.start:
            return None
        return self.facts[max(0, len(self.facts) - (self.facts[-1].seq - seq)) :] if self.facts else []


class Channel:
    """Reads of one queue are serial, at most one in `READ_EVERY_S`; a wish that comes meanwhile is never lost."""

    def __init__(self, key: Key, source: Source) -> None:
        self.key = key
        self._source = source
        self._subscriptions: set[Subscription] = set()
        self._newcomers: set[Subscription] = set()
        self._ring = Ring()
        self._board: Board | None = None
        self._places: Places | None = None
        self._away: dict[str, Elsewhere] = {}  # watched tickets that stand in this line no more
        self._states: dict[View, bytes] = {}
        self._is_wanted = False
        self._reading: asyncio.Task[None] | None = None
        self._read_at = -READ_EVERY_S
        self._statistics_at = -STATISTICS_EVERY_S
        self._counting: asyncio.TimerHandle | asyncio.Task[None] | None = None

    def join(self, subscription: Subscription) -> None:
        """The snapshot comes from a read that begins after this."""
        self._subscriptions.add(subscription)
        self._newcomers.add(subscription)
        self.want()

    def part(self, subscription: Subscription) -> bool:
        """Returns whether nobody is left."""
        self._subscriptions.discard(subscription)
        self._newcomers.discard(subscription)
        if self._subscriptions:
            return False
        if self._counting:
            self._counting.cancel()
        return True

    def knows(self, seq: int) -> bool:
        """Whether a fact of this number has been read already."""
        return self._board is not None and self._board.seq >= seq

    def want(self) -> None:
        """Read soon: at once, or when the least time between two reads is over."""
        self._is_wanted = True
        if self._reading is None:
            self._reading = asyncio.create_task(self._read_while_wanted())

    def look_again(self, every_s: float) -> None:
        """Read although nothing was heard, unless it was read a short while ago: busy queues need no look."""
        if asyncio.get_running_loop().time() - self._read_at >= every_s:
            self.want()

    async def _read_while_wanted(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._is_wanted and self._subscriptions:
                pause_s = self._read_at + READ_EVERY_S - loop.time()
                if pause_s > 0:
                    await asyncio.sleep(pause_s)
                self._is_wanted = False
                self._read_at = loop.time()
                try:
                    await self._read()
                except Exception as error:
                    logger.warning("queue %s could not be read (%s); it is tried again", self.key[1], error)
                    self._is_wanted = True
                    await asyncio.sleep(TRY_AGAIN_S)
        finally:
            self._reading = None

    async def _read(self) -> None:
        newcomers, self._newcomers = self._newcomers, set()
        phones = {s.ticket_id for s in self._subscriptions if s.ticket_id is not None}
        try:
            seen = await self._source.read(self.key, since=self._facts_wanted(newcomers), phones=bool(phones))
            places = await self._placed(seen, phones) if seen else None
        except Exception:
            self._newcomers |= newcomers & self._subscriptions
            raise
        if seen is None or places is None:
            for subscription in list(self._subscriptions):
                subscription.on_gone()
            return
        self._spread(seen, places)

    async def _placed(self, seen: Board, phones: set[str]) -> Places:
        """Everybody's place. Only a ticket that this channel sees for the first time costs a question of its own."""
        if self._board is None or seen.since > self._board.seq:
            self._away = {}  # facts are missing: what was known of those who have left may be old
        self._away |= {ticket.id: ticket for ticket in seen.gone}
        self._away = {ticket_id: self._away[ticket_id] for ticket_id in phones & self._away.keys()}
        places = Places(seen, self._away)
        if missing := [ticket_id for ticket_id in phones if ticket_id not in places]:
            self._away |= {ticket.id: ticket for ticket in await self._source.find(self.key, missing)}
        return places

    def _facts_wanted(self, newcomers: set[Subscription]) -> int | None:
        """Since which number facts are needed: ours, or that of a client who has been away longer than the ring."""
        wanted = [self._board.seq] if self._board else []
        start = self._ring.start
        wanted += [s.since for s in newcomers if s.since is not None and (start is None or s.since < start)]
        return min(wanted, default=None)

    def _spread(self, seen: Board, places: Places) -> None:
        fresh = self._ring.add(seen)
        self._board, self._places, self._states = seen, places, {}
        cache: dict[Any, str] = {}
        for subscription in list(self._subscriptions):
            if subscription not in self._newcomers:
                self._tell(subscription, cache)
        for fact in fresh:  # who was transferred here has left another line
            if left := fact.data.get("from_queue_id"):
                self._source.look_at((self.key[0], left))
        if any(s.view == View.COUNTS for s in self._subscriptions):
            self._count_soon()

    def catch_up(self, subscription: Subscription) -> None:
        """A client reads again: the newest state, if it is not the one it has."""
        if self._board and subscription in self._subscriptions and subscription not in self._newcomers:
            self._tell(subscription, {})

    def _tell(self, subscription: Subscription, cache: dict[Any, str]) -> None:
        assert self._board is not None
        seq = self._board.seq
        if subscription.ticket_id:
            self._tell_phone(subscription, subscription.ticket_id, seq)
            return
        state = self._states.get(subscription.view)
        if state is None:
            state = self._states[subscription.view] = orjson.dumps(state_for(subscription.view, self._board))
        if subscription.seq == seq and subscription.sent == state:
            return
        known = subscription.since if subscription.seq is None else subscription.seq
        kind = "snapshot" if subscription.seq is None else "state"
        mark = (kind, subscription.view, known)
        message = cache.get(mark)
        if message is None:
            message = cache[mark] = self._message(kind, subscription.view, known, state)
        if subscription.write(subscription, message, seq):
            subscription.seq, subscription.sent = seq, state

    def _message(self, kind: str, view: View, known: int | None, state: bytes) -> str:
        """The head with the facts, then the state, which is encoded once for everybody."""
        assert self._board is not None
        seq = self._board.seq
        missed = [] if known is None or known > seq else self._ring.after(known)
        head: dict[str, Any] = {"type": kind, "queue_id": self.key[1], "seq": seq}
        head |= {"facts": [], "gap": True} if missed is None else {"facts": facts_for(view, missed)}
        return (orjson.dumps(head)[:-1] + b"," + state[1:]).decode()

    def _tell_phone(self, subscription: Subscription, ticket_id: str, seq: int) -> None:
        places = self._places
        assert places is not None
        tail = places.waiting_tail(ticket_id)
        if tail is None:
            if ticket_id not in places:
                return  # joined while we read; its own read follows
            if moved := places.new_queue(ticket_id, self.key[1]):
                self._source.leave(subscription)
                subscription.key = (self.key[0], moved)
                subscription.seq = None  # numbers of another stream: a snapshot begins anew
                self._source.watch(subscription)
                return
            tail = places.tail_of(ticket_id)
        if subscription.seq is None:
            kind = "snapshot"
        elif subscription.sent == tail:
            return
        else:
            kind = "state"
        if subscription.write(subscription, phone_message(kind, seq, tail), seq):
            subscription.seq, subscription.sent = seq, tail

    # The dashboard's figures, at most once in STATISTICS_EVERY_S

    def _count_soon(self) -> None:
        if self._counting is None:
            loop = asyncio.get_running_loop()
            due = max(loop.time(), self._statistics_at + STATISTICS_EVERY_S)
            self._counting = loop.call_at(due, self._count)

    def _count(self) -> None:
        self._statistics_at = asyncio.get_running_loop().time()
        self._counting = asyncio.create_task(self._tell_statistics())

    async def _tell_statistics(self) -> None:
        try:
            counted = await self._source.statistics(self.key)
        except Exception as error:
            logger.warning("queue %s could not be counted (%s)", self.key[1], error)
            return
        finally:
            self._counting = None
        seq = self._board.seq if self._board else 0
        message = orjson.dumps(
            {"type": "stats.updated", "queue_id": self.key[1], "seq": seq, "stats": counted}
        ).decode()
        for subscription in list(self._subscriptions):
            if subscription.view == View.COUNTS and subscription.seq is not None:
                subscription.write(subscription, message, seq)
