"""One HTTP call to somebody outside: to the address that was judged, no redirects, one deadline, a short answer."""

import os
import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import httpcore
import httpx

from smartqueue.outbound.addresses import judge_url, public_address
from smartqueue.outbound.deadline import Deadline, NoAnswer

LONGEST_ANSWER = 64 * 1024
_now = threading.local()
"""The deadline of the call that this thread is at."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `headers` by lower-case name."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_ok(self) -> bool:
        return 200 <= self.status < 300


def call(
    method: str, url: str, *, deadline: Deadline, headers: Mapping[str, str] | None = None, content: bytes = b"",
    longest: int = LONGEST_ANSWER,
) -> Answer:  # fmt: skip
    """Ask, and read the answer to its end.

    Args:
        deadline: for all of it: look-up, connection, question and answer.
        longest: bytes of the answer that are read; what is longer is no answer.

    Raises:
        NoAnswer: there was none, or the URL is none that may be called.
    """
    judge_url(url)
    _now.deadline = deadline
    asked = [(name.encode(), value.encode("latin-1")) for name, value in (headers or {}).items()]
    try:
        with _pool().stream(method, url, headers=asked, content=content) as answer:
            body = b""
            for chunk in answer.iter_stream():
                body += chunk
                if len(body) > longest:
                    raise NoAnswer(NoAnswer.TOO_LONG, is_unknown=True)
            told = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}
            return Answer(answer.status, told, body)
    except (httpcore.ConnectTimeout, httpcore.PoolTimeout):
        raise NoAnswer(NoAnswer.TIMEOUT) from None
    except httpcore.TimeoutException:
        raise NoAnswer(NoAnswer.TIMEOUT, is_unknown=True) from None
    except httpcore.ConnectError as error:
        raise NoAnswer(_why_not_connected(error)) from None
    except (httpcore.ReadError, httpcore.WriteError):
        raise NoAnswer(NoAnswer.CLOSED, is_unknown=True) from None
    except (httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
        raise NoAnswer(_why_not_understood(error), is_unknown=True) from None


def _why_not_connected(error: Exception) -> str:
    words = str(error).upper()
    if "CERTIFICATE" in words or "HOSTNAME" in words:
        return NoAnswer.BAD_CERTIFICATE
    return NoAnswer.NO_TLS if "SSL" in words or "TLS" in words else NoAnswer.UNREACHABLE


def _why_not_understood(error: Exception) -> str:
    """A connection that ends before or within the answer is to httpcore a protocol error like any other."""
    return NoAnswer.CLOSED if re.search("disconnected|closed connection", str(error)) else NoAnswer.NOT_UNDERSTOOD


class _Stream(httpcore.NetworkStream):
    """A connection of which every wait ends with the deadline of the call that uses it: who sends a byte now and then
    holds nobody longer."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, timeout=_now.deadline.left_s)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, timeout=_now.deadline.left_s)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, timeout=_now.deadline.left_s))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Pinned(httpcore.SyncBackend):
    """Connects to the address that was judged; name and certificate stay those of the URL."""

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:  # fmt: skip
        address = public_address(host, port)
        return _Stream(super().connect_tcp(address, port, timeout=_now.deadline.left_s))


_pools: dict[int, httpcore.ConnectionPool] = {}
_making = threading.Lock()


def _pool() -> httpcore.ConnectionPool:
    """Connections are kept for a moment, and never shared with a child process."""
    here = os.getpid()
    with _making:
        if here not in _pools:
            _pools[here] = httpcore.ConnectionPool(
                ssl_context=httpx.create_ssl_context(), max_connections=100, max_keepalive_connections=20,
                keepalive_expiry=20, retries=0, network_backend=_Pinned(),
            )  # fmt: skip
        return _pools[here]
