"""A proxy that makes answers ambiguous: it cuts, delays and resets connections around what may have committed."""

import asyncio
import random
import socket
import struct
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field

FATES = {"cut after": 0.05, "cut before": 0.05, "delayed": 0.02, "reset": 0.01}
LONGEST_MESSAGE = 1 << 20


@dataclass
class Message:
    """One HTTP/1.1 request or response, as it came over the wire."""

    head: bytes
    body: bytes

    @property
    def key(self) -> str:
        return self.header(b"idempotency-key")

    def header(self, name: bytes) -> str:
        for line in self.head.split(b"\r\n")[1:]:
            found, _, value = line.partition(b":")
            if found.strip().lower() == name:
                return value.strip().decode()
        return ""

    @classmethod
    async def read(cls, reader: asyncio.StreamReader) -> "Message":
        head = await reader.readuntil(b"\r\n\r\n")
        return cls(head, await reader.readexactly(int(cls(head, b"").header(b"content-length") or 0)))

    def __bytes__(self) -> bytes:
        return self.head + self.body


@dataclass
class CuttingProxy:
    """Forwards to `upstream`, and draws a fate for every request.

    Attributes:
        delay_s: how long a delayed request waits; half of them on the way in, half on the way out.
        fates: how often each fate was met.
        hidden: Idempotency-Key → the bodies that the server has answered and no client has seen.
    """

    upstream: tuple[str, int]
    chance: random.Random
    delay_s: float
    port: int = 0
    fates: Counter[str] = field(default_factory=Counter)
    hidden: dict[str, list[bytes]] = field(default_factory=dict)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of a client, until it or its fate ends it."""
        async with closing(writer):
            up_reader, up_writer = await asyncio.open_connection(*self.upstream, limit=LONGEST_MESSAGE)
            async with closing(up_writer):
                while await self.forward(await Message.read(reader), writer, up_reader, up_writer):
                    pass

    async def forward(
        self,
        request: Message,
        writer: asyncio.StreamWriter,
        up_reader: asyncio.StreamReader,
        up_writer: asyncio.StreamWriter,
    ) -> bool:
        """Meet one request's fate; False when the connection has to end."""
        fate = self.draw()
        if fate == "cut before":
            return False
        if fate == "delayed" and self.chance.random() < 0.5:
            await asyncio.sleep(self.delay_s)
        up_writer.write(bytes(request))
        response = await Message.read(up_reader)
        if fate in {"cut after", "reset"}:
            self.hidden.setdefault(request.key, []).append(response.body)
            return self.cut(writer, response, reset=fate == "reset")
        if fate == "delayed":
            await asyncio.sleep(self.delay_s)
        writer.write(bytes(response))
        await writer.drain()
        return True

    def draw(self) -> str:
        fate = self.chance.choices([*FATES, "kept"], [*FATES.values(), 1 - sum(FATES.values())])[0]
        self.fates[fate] += 1
        return fate

    def cut(self, writer: asyncio.StreamWriter, response: Message, *, reset: bool) -> bool:
        """End the connection: with a reset, or after the first half of the answer."""
        if reset:
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        elif self.chance.random() < 0.5:
            writer.write(bytes(response)[: len(bytes(response)) // 2])
        return False


@asynccontextmanager
async def closing(writer: asyncio.StreamWriter) -> AsyncIterator[None]:
    """Close a connection with the block; that the other side has closed it first is no news."""
    try:
        with suppress(asyncio.IncompleteReadError, OSError):
            yield
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


@contextmanager
def cutting(upstream: tuple[str, int], *, seed: int, delay_s: float) -> Iterator[CuttingProxy]:
    """A proxy in a thread of its own, for the length of the block."""
    proxy = CuttingProxy(upstream, random.Random(seed), delay_s)
    ready, loop = threading.Event(), asyncio.new_event_loop()

    async def run(end: asyncio.Event) -> None:
        server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0, limit=LONGEST_MESSAGE, backlog=512)
        proxy.port = server.sockets[0].getsockname()[1]
        ready.set()
        await end.wait()
        server.close()
        # Again, while there are any: a connection that was accepted meanwhile has a task of its own.
        while left := [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]:
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    ending = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(run(ending)), name="proxy")
    thread.start()
    try:
        assert ready.wait(timeout=10)
        yield proxy
    finally:
        loop.call_soon_threadsafe(ending.set)
        thread.join(timeout=10)
        loop.close()
