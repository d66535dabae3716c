"""Messages as the transports' tests hand them over."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import override_settings

from smartqueue.kernel.ids import uuid7
from smartqueue.notifications.transports.base import Call, Handed, Outgoing, Transport, TransportFault
from smartqueue.outbound.deadline import Deadline

DEMBA = "+221771234567"
TURN = "A-147: guichet 3, c'est à vous."
PATIENCE_S = 20.0


@contextmanager
def loopback() -> Iterator[None]:
    """The sandbox stands on this machine."""
    with override_settings(OUTBOUND_LOOPBACK=True):
        yield


def message(**more: Any) -> Outgoing:
    """A message to Demba: it is his turn."""
    told = {"id": uuid7(), "to": DEMBA, "kind": "your_turn", "language": "fr", "subject": "", "body": TURN, **more}
    return Outgoing(**told)


def sent(transport: Transport, outgoing: Outgoing | None = None, *, seconds: float = PATIENCE_S) -> Handed:
    with loopback():
        return transport.send(outgoing or message(), Deadline(seconds))


def refused(transport: Transport, outgoing: Outgoing | None = None, *, seconds: float = PATIENCE_S) -> TransportFault:
    with loopback(), pytest.raises(TransportFault) as fault:
        transport.send(outgoing or message(), Deadline(seconds))
    return fault.value


def called(told: dict[str, Any]) -> Call:
    """A request to one of our hooks, as the sandbox remembers it."""
    query = dict(parse_qsl(urlsplit(told["url"]).query, keep_blank_values=True))
    headers = {name.lower(): value for name, value in told["headers"].items()}
    return Call(told["method"], told["url"], headers, query, told["content"].encode())
