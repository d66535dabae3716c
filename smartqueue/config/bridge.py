"""HTTP from the event loop to Django's WSGI application in threads, with one hop each way for an ordinary request."""

import asyncio
import contextvars
import io
from functools import partial
from typing import Any

from a2wsgi import WSGIMiddleware
from a2wsgi.wsgi import build_environ

Message = dict[str, Any]


class Bridge(WSGIMiddleware):
    """a2wsgi, and beside its way a shorter one: four hops between loop and thread for each request make long tails.

    A request whose body has come whole crosses twice: into the thread, and back with the whole answer. An answer that
    streams goes part by part; a body that comes in parts (an upload) takes a2wsgi's way.
    """

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return await super().__call__(scope, receive, send)
        first = await receive()
        if first["type"] != "http.request":
            return None
        if first.get("more_body"):
            return await super().__call__(scope, _again(first, receive), send)
        environ = build_environ(scope, io.BytesIO(first.get("body", b"")))  # type: ignore[arg-type]
        loop = asyncio.get_running_loop()
        run = partial(contextvars.copy_context().run, self._run, environ, loop, send)
        for message in await loop.run_in_executor(self.executor, run):
            await send(message)
        return None

    def _run(self, environ: Any, loop: asyncio.AbstractEventLoop, send: Any) -> list[Message]:
        """In a thread. Returns the messages that are still to be sent."""
        start: Message = {}

        def start_response(status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> None:
            lines = [(name.lower().encode("latin1"), value.encode("latin1")) for name, value in headers]
            start.update(type="http.response.start", status=int(status[:3]), headers=lines)

        answer: Any = self.app(environ, start_response)  # type: ignore[arg-type]
        try:
            if not getattr(answer, "streaming", False):
                return [start, {"type": "http.response.body", "body": b"".join(answer)}]
            parts = ({"type": "http.response.body", "body": part, "more_body": True} for part in answer)
            for message in (start, *parts):  # each waits until the last one has left for the network
                asyncio.run_coroutine_threadsafe(send(message), loop).result()
            return [{"type": "http.response.body", "body": b""}]
        finally:
            answer.close()


def _again(first: Message, receive: Any) -> Any:
    """A `receive` that gives the message that was already read once more."""
    unread = [first]

    async def read() -> Message:
        return unread.pop() if unread else await receive()

    return read
