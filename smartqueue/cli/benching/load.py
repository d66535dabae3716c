"""Load over keep-alive connections: one loop over raw sockets, so that the client costs the machine little."""

import selectors
import socket
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

Request = bytes
COME_EVERY_S = 0.02
NextRequest = Callable[[bytes], Request]
"""From the last answer's body (b"" at the start) to the next request."""


@dataclass
class Measured:
    """What one run saw. Times in seconds."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        """Latency in milliseconds that `share` of the answers (0 to 1) did not exceed."""
        ordered = sorted(self.latencies)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


class Client:
    """One connection that asks again as soon as it is answered."""

    def __init__(self, address: tuple[str, int], following: NextRequest) -> None:
        self.socket = socket.create_connection(address, timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.following = following
        self.buffer = b""
        self.sent_at = 0.0

    def ask(self, last: bytes = b"") -> None:
        self.sent_at = time.perf_counter()
        self.socket.sendall(self.following(last))

    def answer(self) -> tuple[int, bytes] | None:
        """Status and body once the answer is whole, else None."""
        received = self.socket.recv(65536)
        if not received:
            raise ConnectionError("the server closed a connection under load")
        self.buffer += received
        head, separator, rest = self.buffer.partition(b"\r\n\r\n")
        if not separator:
            return None
        status = int(head[9:12])
        length = 0 if status == 204 else int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        if len(rest) < length:
            return None
        self.buffer = rest[length:]
        return status, rest[:length]


def run_load(address: tuple[str, int], clients: Sequence[NextRequest], *, seconds: float) -> Measured:
    """Closed loop: each client keeps one request in flight for so many seconds.

    Clients come one after another; what is measured begins when all are there.

    Args:
        address: of the server, on this machine.
        clients: one function per connection that makes its next request.
    """
    measured = Measured()
    coming, opened = list(clients), list[Client]()
    with selectors.DefaultSelector() as selector:
        begun, started, in_flight = time.perf_counter(), 0.0, 0
        while in_flight or coming:
            instant = time.perf_counter()
            if coming and instant - begun >= len(opened) * COME_EVERY_S:
                client = Client(address, coming.pop())
                selector.register(client.socket, selectors.EVENT_READ, client)
                opened.append(client)
                client.ask()
                in_flight += 1
                started = time.perf_counter()
            for key, _events in selector.select(timeout=COME_EVERY_S if coming else 10):
                client = key.data
                answered = client.answer()
                if answered is None:
                    continue
                instant = time.perf_counter()
                if not coming and client.sent_at >= started:
                    measured.latencies.append(instant - client.sent_at)
                    measured.statuses[answered[0]] += 1
                if coming or instant - started < seconds:
                    client.ask(answered[1])
                else:
                    in_flight -= 1
        measured.seconds = time.perf_counter() - started
    for client in opened:
        client.socket.close()
    return measured


def http_post(path: str, body: bytes, token: str) -> Request:
    """The bytes of a POST with a bearer token."""
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body
