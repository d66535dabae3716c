"""Where a tenant's settings may lead: to the internet, never into our own network (ASVS 5.0, 1.3.6)."""

import socket
import time
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings

from smartqueue.notifications.states import Outcome

Address = IPv4Address | IPv6Address
_WRAPPING = [ip_network(one) for one in ("2002::/16", "2001::/32", "64:ff9b::/96", "64:ff9b:1::/48", "::/96")]
"""6to4, Teredo, NAT64 and what is written as IPv4 in IPv6; but `::1` is this machine."""


class TransportFault(Exception):
    """A message was not handed over.

    Attributes:
        outcome: why.
    """

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome


class Deadline:
    """An instant that all steps of one sending share."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    @property
    def left_s(self) -> float:
        """Seconds that are left.

        Raises:
            TransportFault: none are.
        """
        left = self._until - time.monotonic()
        if left <= 0:
            raise TransportFault(Outcome.TIMEOUT)
        return left


def public_address(host: str, port: int) -> str:
    """The address to connect to: looked up once, judged, and used as it is, so that a second look-up cannot lead
    elsewhere. On a developer's machine (DEBUG) this machine counts too.

    Raises:
        TransportFault: no such name, or one that leads into a private network, even if only with one of its addresses.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise TransportFault(Outcome.NOT_FOUND) from None
    addresses = [ip_address(str(sockaddr[0]).split("%")[0]) for *_kind, sockaddr in found]
    if not addresses or not all(map(_is_open, addresses)):
        raise TransportFault(Outcome.NOT_ALLOWED)
    return str(addresses[0])


def _is_open(address: Address) -> bool:
    """Routable on the internet. Ways of wrapping IPv4 into IPv6 are judged by what is inside, or refused."""
    inner: Address = address
    if isinstance(address, IPv6Address):
        if not address.is_loopback and any(address in network for network in _WRAPPING):
            return False
        inner = address.ipv4_mapped or address
    if inner.is_loopback:
        return bool(settings.DEBUG)
    return inner.is_global and not inner.is_multicast
