"""For `bench live`: clients that only note when a message came, and the bare broadcast to compare with.

python -m smartqueue.cli.benching.sockets listen    reads one JSON line: host, port, (path, protocols) of each socket
python -m smartqueue.cli.benching.sockets cast      a `websockets` server; broadcasts each line that it reads

Both are processes of their own, spoken to by lines. Times are of the clock that all processes share.
"""

import asyncio
import base64
import os
import sys
import time
from typing import Any

import orjson
import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve

AT_ONCE = 50
HELLO = b'{"type":"hello","since":null}'


class Listener(asyncio.Protocol):
    """One socket: the handshake by hand, then nothing but the time and the number of each message."""

    def __init__(self, request: bytes, arrivals: dict[int, list[float]], opened: "asyncio.Future[None]") -> None:
        self._request, self._arrivals, self._opened = request, arrivals, opened
        self._buffer = b""
        self._is_open = False

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._is_open:
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            if not end:
                return
            if b" 101 " not in head:
                raise ConnectionError(head.decode("latin-1"))
            self._is_open, self._buffer = True, rest
            mask = b"\0\0\0\0"
            self._transport.write(bytes([0x81, 0x80 | len(HELLO)]) + mask + HELLO)
        while (frame := self._frame()) is not None:
            code, payload = frame
            if code == 0x9:
                self._transport.write(bytes([0x8A, 0x80 | len(payload)]) + b"\0\0\0\0" + payload)
            elif code == 0x1:
                self._note(payload)

    def _frame(self) -> tuple[int, bytes] | None:
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        length, start = buffer[1], 2
        if length == 126:
            length, start = int.from_bytes(buffer[2:4], "big"), 4
        elif length == 127:
            length, start = int.from_bytes(buffer[2:10], "big"), 10
        if len(buffer) < start + length:
            return None
        self._buffer = buffer[start + length :]
        return buffer[0] & 0x0F, buffer[start : start + length]

    def _note(self, payload: bytes) -> None:
        number = payload.partition(b'"seq":')[2]
        seq = int(number[: min(found for end in (b",", b"}") if (found := number.find(end)) >= 0)])
        self._arrivals.setdefault(seq, []).append(time.monotonic())
        if not self._opened.done():
            self._opened.set_result(None)


def handshake(host: str, path: str, protocols: list[str]) -> bytes:
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {host}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        "Sec-WebSocket-Version: 13",
        *([f"Sec-WebSocket-Protocol: {', '.join(protocols)}"] if protocols else []),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def listen() -> None:
    """Open all sockets, say so, and answer each further line with what has come since the last one."""
    loop = asyncio.get_running_loop()
    wanted = orjson.loads(await loop.run_in_executor(None, sys.stdin.readline))
    host, port = wanted["host"], wanted["port"]
    arrivals: dict[int, list[float]] = {}
    turn = asyncio.Semaphore(AT_ONCE)

    async def come(path: str, protocols: list[str]) -> None:
        async with turn:
            opened = loop.create_future()
            request = handshake(f"{host}:{port}", path, protocols)
            await loop.create_connection(lambda: Listener(request, arrivals, opened), host, port)
            async with asyncio.timeout(60):
                await opened

    await asyncio.gather(*(come(path, protocols) for path, protocols in wanted["sockets"]))
    print("open", flush=True)
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(orjson.dumps({str(seq): times for seq, times in arrivals.items()}).decode(), flush=True)
        arrivals.clear()


async def cast() -> None:
    """The bare server: says its port, then sends every line to everybody."""
    connections: set[ServerConnection] = set()

    async def come(connection: ServerConnection) -> None:
        await connection.recv()
        connections.add(connection)
        await connection.send('{"seq":0}')
        await connection.wait_closed()
        connections.discard(connection)

    async with serve(come, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            broadcast(connections, line.rstrip("\n"))


if __name__ == "__main__":
    uvloop.run({"listen": listen, "cast": cast}[sys.argv[1]]())
