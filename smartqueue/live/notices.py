"""What is told on open ticket pages: read for all phones of a process together."""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from uuid import UUID

import orjson

from smartqueue.kernel.clock import now
from smartqueue.live.channel import Key
from smartqueue.live.cuts import PHONE_BYTES
from smartqueue.live.hub import Hub
from smartqueue.notifications.queries.told import Notice, notices
from smartqueue.tenants.scope import in_tenant

logger = logging.getLogger(__name__)

READ_EVERY_S = 0.25
LOOK_AGAIN_S = 30.0
Tell = Callable[[str], None]


def notice_message(notice: Notice) -> str:
    """At most `PHONE_BYTES` long: words that would make it longer are cut. The page has them all."""
    told = {"type": "notice", "kind": notice.kind, "at": notice.at.isoformat(timespec="seconds"), "text": notice.text}
    message, words = orjson.dumps(told), notice.text
    while len(message) > PHONE_BYTES:
        words = words[:-1]
        message = orjson.dumps(told | {"text": f"{words.rstrip()}…"})
    return message.decode()


class Notices:
    """Phones by ticket, and those of them that may have something to hear.

    A read is one query for each tenant, however many phones there are; at most one in `READ_EVERY_S`. All phones are
    looked at again every `LOOK_AGAIN_S`: a message of Valkey may be lost.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._phones: dict[Key, set[Tell]] = {}
        self._wanted: set[Key] = set()
        self._task: asyncio.Task[None] | None = None
        self._again: asyncio.TimerHandle | None = None

    def join(self, key: Key, tell: Tell) -> None:
        """`tell` is given the newest notice of this tenant's ticket, now and whenever there may be another; the same
        one may come twice."""
        if key not in self._phones:
            self._phones[key] = set()
            self._hub.listen(key, self._want)
        self._phones[key].add(tell)
        self._want(key)
        self._look_again_later()

    def part(self, key: Key, tell: Tell) -> None:
        """Hear no more; parting twice does nothing."""
        phones = self._phones.get(key)
        if phones is None:
            return
        phones.discard(tell)
        if not phones:
            del self._phones[key]
            self._hub.forget(key, self._want)

    def _want(self, key: Key) -> None:
        self._wanted.add(key)
        if self._task is None:
            self._task = asyncio.create_task(self._read_while_wanted())

    async def _read_while_wanted(self) -> None:
        try:
            while wanted := self._wanted & self._phones.keys():
                self._wanted = set()
                await self._read(wanted)
                await asyncio.sleep(READ_EVERY_S)
        except Exception as error:
            logger.warning("what is told on pages could not be read (%s); it is tried again", error)
        finally:
            self._task = None

    async def _read(self, wanted: set[Key]) -> None:
        by_tenant: dict[str, list[str]] = {}
        for tenant_id, ticket_id in wanted:
            by_tenant.setdefault(tenant_id, []).append(ticket_id)
        for tenant_id, ids in by_tenant.items():
            for notice in await self._hub.ask(partial(read_notices, tenant_id, ids)):
                message = notice_message(notice)
                for tell in tuple(self._phones.get((tenant_id, str(notice.ticket_id)), ())):
                    tell(message)

    def _look_again_later(self) -> None:
        if self._again is None:
            self._again = asyncio.get_running_loop().call_later(LOOK_AGAIN_S, self._look_again)

    def _look_again(self) -> None:
        self._again = None
        for key in self._phones:
            self._want(key)
        if self._phones:
            self._look_again_later()


def read_notices(tenant_id: str, ticket_ids: list[str]) -> list[Notice]:
    """Asks the database: in a thread."""
    with in_tenant(UUID(tenant_id)):
        return notices(ticket_ids, at=now())
