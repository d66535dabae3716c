"""A screen or a phone: a real client of the protocol."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

PATIENCE_S = 10.0


class Screen:
    """One socket; every frame that ever came is kept in `frames`."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.frames: list[str] = []

    @classmethod
    @contextmanager
    def open(cls, base: str, path: str, token: str | None = None, **options: Any) -> Iterator["Screen"]:
        """Args: base: `http://…` of a process. path: below it. token: of a person."""
        words = [Subprotocol("smartqueue.v1")] + ([Subprotocol(f"smartqueue.bearer.{token}")] if token else [])
        address = base.replace("http", "ws", 1) + path
        with connect(
            address, subprotocols=words, proxy=None, compression=None, close_timeout=1, max_size=None, **options
        ) as connection:
            yield cls(connection)

    def say(self, message: Any) -> None:
        self.connection.send(message if isinstance(message, str | bytes) else orjson.dumps(message).decode())

    def hear(self, timeout: float = PATIENCE_S) -> dict[str, Any]:
        """The next message. Raises: TimeoutError, ConnectionClosed."""
        frame = self.connection.recv(timeout=timeout)
        assert isinstance(frame, str)
        self.frames.append(frame)
        message: dict[str, Any] = orjson.loads(frame)
        return message

    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first message that is wanted."""
        while not wanted(message := self.hear()):
            pass
        return message

    def silent(self, seconds: float) -> bool:
        """Nothing comes for so long."""
        try:
            self.hear(seconds)
        except TimeoutError:
            return True
        return False

    def close_code(self, timeout: float = PATIENCE_S) -> int | None:
        """With which code the server closes."""
        try:
            while True:
                self.hear(timeout)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else None
