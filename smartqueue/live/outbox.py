"""Writing to one client without waiting for it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any

logger = logging.getLogger(__name__)

Event = dict[str, Any]
Send = Callable[[Event], Awaitable[None]]
LAST_WORDS_S = 5.0


class Outbox:
    """One client's way out: a message is written at once while the network takes it, and never queued.

    While the client does not read, it owes nothing but a mark on what is overdue; when it reads again it is given the
    newest state (`on_free`). So a slow client costs the others nothing and the process no memory.

    Args:
        send: ASGI's; waits while too much lies unsent.
        slow_s: a client that does not read for so long is cut off.
        on_free: called when the client reads again.
        on_slow: called once, when it has not.
    """

    __slots__ = ("_blocked", "_on_free", "_on_slow", "_send", "_slow_s", "_timer", "is_closed")

    def __init__(self, send: Send, *, slow_s: float, on_free: Callable[[], None], on_slow: Callable[[], None]) -> None:
        self._send, self._slow_s, self._on_free, self._on_slow = send, slow_s, on_free, on_slow
        self._blocked: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.is_closed = False

    @property
    def is_free(self) -> bool:
        """Whether a message may be written now."""
        return self._blocked is None and not self.is_closed

    def write(self, event: Event) -> None:
        """Write one ASGI event; only when free.

        The coroutine of `send` is run here, not in a task: for a client that reads, it ends without waiting for
        anything. Five thousand tasks for each change of a queue would cost more than the writing.
        """
        sending: Coroutine[Any, Any, None] = self._send(event)  # type: ignore[assignment]
        try:
            awaited = sending.send(None)
        except StopIteration:
            return
        except Exception as gone:
            self._closed(gone)
            return
        loop = asyncio.get_running_loop()
        self._blocked = loop.create_task(self._wait(sending, awaited))
        self._timer = loop.call_later(self._slow_s, self._too_slow)

    async def _wait(self, sending: Coroutine[Any, Any, None], awaited: Any) -> None:
        try:
            await _Rest(sending, awaited)
        except Exception as gone:
            self._closed(gone)
        finally:
            self._blocked = None
            if self._timer:
                self._timer.cancel()
                self._timer = None
        if not self.is_closed:
            self._on_free()

    def _closed(self, gone: Exception) -> None:
        self.is_closed = True
        logger.debug("a client was gone while we wrote to it: %r", gone)

    def _too_slow(self) -> None:
        self.shut()
        self._on_slow()

    def shut(self) -> None:
        """Nothing more is written."""
        self.is_closed = True
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self._blocked:
            self._blocked.cancel()


class _Rest:
    """The rest of a coroutine that was started outside a task and waits for `awaited`."""

    def __init__(self, sending: Coroutine[Any, Any, None], awaited: Any) -> None:
        self._sending, self._awaited = sending, awaited

    def __await__(self) -> Generator[Any, Any, None]:
        awaited = self._awaited
        try:
            while True:
                try:
                    answer = yield awaited
                except BaseException as error:
                    awaited = self._sending.throw(error)
                else:
                    awaited = self._sending.send(answer)
        except StopIteration:
            return


async def last_words(send: Send, event: Event) -> None:
    """A closing event to a client that may not be reading; then the connection is cut, whatever still lies unsent."""
    try:
        async with asyncio.timeout(LAST_WORDS_S):
            await send(event)
    except Exception as error:
        logger.debug("a client could not be told that it is cut off: %r", error)
        # ASGI has no word for it: without this, what is unsent waits for a client that may never read.
        transport = getattr(getattr(send, "__self__", None), "transport", None)
        if transport is not None:
            transport.abort()
