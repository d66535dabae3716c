"""WebSockets: `hello`, then a snapshot, then states; `ping` and `pong`; `position` of a ticket's owner."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson
from django.db import DatabaseError
from psycopg_pool import PoolTimeout

from smartqueue.live.doors import PROTOCOL, Door, Grant, Refused, Visitor, from_a_good_origin
from smartqueue.live.guest import Guest, since_of
from smartqueue.live.house import House
from smartqueue.live.outbox import Event, Send, last_words

logger = logging.getLogger(__name__)

LONGEST_MESSAGE = 4096
UNAVAILABLE = (DatabaseError, PoolTimeout)
AWAY = {"type": "away"}
PONG: Event = {"type": "websocket.send", "text": '{"type":"pong"}'}
Receive = Callable[[], Awaitable[Event]]


class BadMessage(Exception):
    """No JSON, no object, or too long."""


def frame(message: str, _seq: int) -> Event:
    return {"type": "websocket.send", "text": message}


class Socket:
    """The ASGI application of one address.

    Refusals are spoken after the handshake: a browser shows no code of a socket that was never opened.
    """

    def __init__(self, house: House, door: type[Door]) -> None:
        self._house, self._door = house, door

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        if (await receive())["type"] != "websocket.connect":
            return
        visitor = Visitor.of(scope)
        accepted = PROTOCOL if PROTOCOL in scope.get("subprotocols", ()) else None
        await send({"type": "websocket.accept", "subprotocol": accepted})
        door = self._door(visitor, scope["url_route"]["kwargs"])
        try:
            await self._serve(door, visitor, receive, send)
        except Refused as refusal:
            await last_words(send, {"type": "websocket.close", "code": refusal.close_code})
        except BadMessage:
            await last_words(send, {"type": "websocket.close", "code": 4400})
        except UNAVAILABLE as error:
            logger.warning("a socket is sent away: %s", error)
            await last_words(send, {"type": "websocket.close", "code": 1013})

    async def _serve(self, door: Door, visitor: Visitor, receive: Receive, send: Send) -> None:
        if not from_a_good_origin(visitor):
            raise Refused(403)
        if not door.is_public:
            await self._stay(door, receive, send)
            return
        self._house.welcome(visitor.address)
        try:
            await self._stay(door, receive, send)
        finally:
            self._house.goodbye(visitor.address)

    async def _stay(self, door: Door, receive: Receive, send: Send) -> None:
        """Until the client leaves, or has to."""
        grant = await self._house.hub.ask(door.open)
        hello = await self._hello(receive)
        if hello is None:
            return
        here = asyncio.current_task()
        assert here is not None
        ended: list[int] = []

        def on_end(status: int) -> None:
            ended.append(status)
            here.cancel()

        guest = Guest(self._house, door, send, frame, on_end)
        try:
            guest.settle(grant, since_of(hello))
            self._note(grant, guest, hello)
            while (event := await receive())["type"] == "websocket.receive":
                said = read_message(event)
                self._note(grant, guest, said)
                if said.get("type") == "ping":
                    guest.answer(PONG)
                elif said.get("type") == "position" and grant.ticket_id:
                    became = await self._house.positions.take(grant.tenant_id, grant.ticket_id, said)
                    guest.answer(_pong_about(became))
        except asyncio.CancelledError:
            if not ended:
                raise  # the process ends
            here.uncancel()
            raise Refused(ended[0]) from None
        finally:
            guest.leave()
            self._note(grant, guest, AWAY)

    def _note(self, grant: Grant, guest: Guest, said: Mapping[str, Any]) -> None:
        """A ticket's page says with `here` whether it is visible; `away` is a message of its own."""
        if grant.ticket_id is None:
            return
        if said.get("here") is True:
            self._house.presence.here(grant.ticket_id, guest)
        elif said.get("here") is False or said.get("type") == "away":
            self._house.presence.away(grant.ticket_id, guest)

    async def _hello(self, receive: Receive) -> dict[str, Any] | None:
        """The client's first message; an empty one when it says nothing in time, None when it has left."""
        try:
            async with asyncio.timeout(self._house.limits.hello_s):
                event = await receive()
        except TimeoutError:
            return {}
        return read_message(event) if event["type"] == "websocket.receive" else None


def _pong_about(position: str) -> Event:
    """What became of a position; a page that does not ask takes it for any other pong."""
    return {"type": "websocket.send", "text": f'{{"type":"pong","position":"{position}"}}'}


def read_message(event: Event) -> dict[str, Any]:
    """Raises: BadMessage."""
    text = event.get("text") or event.get("bytes") or b""
    if len(text) > LONGEST_MESSAGE:
        raise BadMessage
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadMessage from error
    if not isinstance(message, dict):
        raise BadMessage
    return message


async def nothing_here(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
    """Every other address: as an id that does not exist."""
    await receive()
    await send({"type": "websocket.accept"})
    await last_words(send, {"type": "websocket.close", "code": 4404})
