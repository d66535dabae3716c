"""The same data for networks that break sockets: server-sent events, and plain polling with an ETag.

ASGI, not Django's views: an open stream must not hold a thread.
"""

import asyncio
import hashlib
import logging
from collections.abc import Mapping
from typing import Any

import orjson
from django.http import HttpRequest, QueryDict
from django.utils.translation import get_language_from_request, gettext, gettext_noop, override

from smartqueue.live.doors import Door, Refused, Visitor
from smartqueue.live.guest import Guest
from smartqueue.live.house import House
from smartqueue.live.notices import notice_message, read_notices
from smartqueue.live.outbox import Event, Send
from smartqueue.live.sockets import UNAVAILABLE, Receive

Scope = Mapping[str, Any]
logger = logging.getLogger(__name__)

ANSWER_WITHIN_S = 10.0
RETRY_MS = 3000
ONE, MANY = b"application/json", b"application/x-ndjson"
PRIVATE = [(b"cache-control", b"no-store"), (b"referrer-policy", b"no-referrer")]
KEPT_BY_ITS_OWNER = [(b"cache-control", b"private, no-cache"), (b"vary", b"cookie, authorization"), PRIVATE[1]]
STREAM = [(b"content-type", b"text/event-stream"), (b"x-accel-buffering", b"no"), *PRIVATE]
# A comment keeps proxies awake, a named event tells the page: EventSource hides comments from it.
HEARTBEAT: Event = {"type": "http.response.body", "body": b": here\nevent: here\ndata: 1\n\n", "more_body": True}
SENTENCES = {
    401: ("not_authenticated", gettext_noop("Sign in first.")),
    403: ("forbidden", gettext_noop("You may not do this.")),
    404: ("not_found", gettext_noop("There is nothing here.")),
    405: ("method_not_allowed", gettext_noop("This address does not know that method.")),
    429: ("too_many_requests", gettext_noop("Too many connections from your network. Try again in a moment.")),
    503: ("unavailable", gettext_noop("The service is not available at the moment. Try again soon.")),
}


def frame(message: str, seq: int) -> Event:
    return {"type": "http.response.body", "body": f"id: {seq}\ndata: {message}\n\n".encode(), "more_body": True}


class Plain:
    """The ASGI application of one address below `/live/`."""

    methods = frozenset({"GET", "HEAD"})

    def __init__(self, house: House, door: type[Door]) -> None:
        self._house, self._door = house, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        visitor = Visitor.of(scope)
        try:
            if scope["method"] not in self.methods:
                raise Refused(405)
            door = self._door(visitor, scope["url_route"]["kwargs"])
            if not door.is_public:
                await self.serve(door, scope, receive, send)
                return
            self._house.welcome(visitor.address)
            try:
                await self.serve(door, scope, receive, send)
            finally:
                self._house.goodbye(visitor.address)
        except Refused as refusal:
            await refuse(refusal.status, visitor, send)
        except UNAVAILABLE as error:
            logger.warning("a request is sent away: %s", error)
            await refuse(503, visitor, send)

    async def serve(self, door: Door, scope: Scope, receive: Receive, send: Send) -> None:
        raise NotImplementedError


class Poll(Plain):
    """One state of each queue, by the hub's way: however many ask, a queue is read at most four times a second.

    A door with many queues answers a line of JSON each, after one that names them; a ticket whose page has something
    to say, a second line.
    """

    async def serve(self, door: Door, scope: Scope, receive: Receive, send: Send) -> None:
        grant = await self._house.hub.ask(door.open)
        if grant.ticket_id:
            self._note(grant.ticket_id, scope)
        heard: dict[str, bytes] = {}
        wanted = len(grant.lines) + door.has_many
        is_whole: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        async def keep(event: Event) -> None:
            body: bytes = event["body"]
            told = orjson.loads(body)
            if told["type"] in ("queues", "me", "snapshot"):
                heard.setdefault(told.get("ticket_id") or told.get("queue_id", ""), body)
            if len(heard) == wanted and not is_whole.done():
                is_whole.set_result(None)

        def on_end(status: int) -> None:
            if not is_whole.done():
                is_whole.set_exception(Refused(status))

        guest = Guest(self._house, door, keep, lambda message, _seq: {"body": message.encode()}, on_end)
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                guest.settle(grant, None)
                await is_whole
        except TimeoutError as late:
            raise Refused(503) from late
        finally:
            guest.leave()
        lines = [heard[name] for name in sorted(heard)]
        if grant.ticket_id:
            lines += await self._notice_of(grant.tenant_id, grant.ticket_id)
        await answer(Visitor.of(scope), send, b"\n".join(lines), MANY if door.has_many or len(lines) > 1 else ONE)

    async def _notice_of(self, tenant_id: str, ticket_id: str) -> list[bytes]:
        found = await self._house.hub.ask(lambda: read_notices(tenant_id, [ticket_id]))
        return [notice_message(notice).encode() for notice in found]

    def _note(self, ticket_id: str, scope: Scope) -> None:
        """`?here=1` says that the page is visible, `?here=0` that it is not any more."""
        match QueryDict(scope.get("query_string", b"")).get("here"):
            case "1":
                self._house.presence.here(ticket_id)
            case "0":
                self._house.presence.away(ticket_id)


async def answer(visitor: Visitor, send: Send, body: bytes, media_type: bytes) -> None:
    """200 with the body, or 304 when the client has it. The tag is the body's own: equal bytes, equal tag."""
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    known = visitor.headers.get("if-none-match", "").split(",")
    is_known = tag in [word.strip().removeprefix("W/") for word in known]
    headers = [(b"etag", tag.encode()), *KEPT_BY_ITS_OWNER]
    if not is_known:
        headers += [(b"content-type", media_type), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 304 if is_known else 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if is_known else body})


class Stream(Plain):
    """Server-sent events: `id` is the number, which a browser sends back as `Last-Event-ID`."""

    methods = frozenset({"GET"})

    async def serve(self, door: Door, scope: Scope, receive: Receive, send: Send) -> None:
        grant = await self._house.hub.ask(door.open)
        await receive()  # the request itself
        await send({"type": "http.response.start", "status": 200, "headers": STREAM})
        await send({"type": "http.response.body", "body": b"retry: %d\n\n" % RETRY_MS, "more_body": True})
        is_over = asyncio.Event()
        guest = Guest(self._house, door, send, frame, lambda _status: is_over.set())
        leaving = asyncio.create_task(_left(receive, is_over))
        try:
            guest.settle(grant, _since(scope))
            while not is_over.is_set():
                try:
                    async with asyncio.timeout(self._house.limits.heartbeat_s):
                        await is_over.wait()
                except TimeoutError:
                    guest.answer(HEARTBEAT)
        finally:
            leaving.cancel()
            guest.leave()
        async with asyncio.timeout(1):
            await send({"type": "http.response.body", "body": b""})


async def _left(receive: Receive, is_over: asyncio.Event) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    is_over.set()


def _since(scope: Scope) -> int | None:
    """The browser's own `Last-Event-ID`, or `?since=` of a page that opens a new stream."""
    asked = QueryDict(scope.get("query_string", b"")).get("since", "")
    last = Visitor.of(scope).headers.get("last-event-id", asked)
    return int(last) if last.isascii() and last.isdigit() and len(last) < 16 else None


async def refuse(status: int, visitor: Visitor, send: Send) -> None:
    """problem+json in the reader's language."""
    request = HttpRequest()
    request.META["HTTP_ACCEPT_LANGUAGE"] = visitor.headers.get("accept-language", "")
    code, sentence = SENTENCES.get(status, SENTENCES[503])
    with override(get_language_from_request(request)):
        said = {"type": "about:blank", "status": status, "code": code, "title": gettext(sentence)}
    body = orjson.dumps(said)
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode()), *PRIVATE]
    if status == 429:
        headers.append((b"retry-after", b"5"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def nothing_here(scope: Scope, receive: Receive, send: Send) -> None:
    await refuse(404, Visitor.of(scope), send)
