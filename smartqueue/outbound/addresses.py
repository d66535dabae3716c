"""Where an address from outside may lead: to the internet (ASVS 5.0, 1.3.6)."""

import re
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from django.conf import settings

from smartqueue.outbound.deadline import NoAnswer

Address = IPv4Address | IPv6Address
_WRAPPING = [ip_network(one) for one in ("2002::/16", "2001::/32", "64:ff9b::/96", "64:ff9b:1::/48", "::/96")]
"""6to4, Teredo, NAT64 and what is written as IPv4 in IPv6; but `::1` is this machine."""
_NAME = re.compile(r"(?=.{1,253}\Z)(?!-)[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?\Z", re.IGNORECASE)
PORTS = (443, 8443)
LONGEST_URL = 1000
"""Push services give long ones."""


def this_machine_too() -> bool:
    """Whether 127.0.0.1 may be called: on a developer's machine, where receivers and sandboxes stand beside us."""
    return bool(settings.OUTBOUND_LOOPBACK)


def public_address(host: str, port: int) -> str:
    """The address to connect to: looked up once, judged, and used as it is, so that a second look-up cannot lead
    elsewhere.

    Raises:
        NoAnswer: no such name, or one that leads into a private network, even if only with one of its addresses.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NoAnswer(NoAnswer.NOT_FOUND) from None
    addresses = [ip_address(str(sockaddr[0]).split("%")[0]) for *_kind, sockaddr in found]
    if not addresses or not all(map(is_open, addresses)):
        raise NoAnswer(NoAnswer.NOT_ALLOWED)
    return str(addresses[0])


def is_open(address: Address) -> bool:
    """Routable on the internet. Ways of wrapping IPv4 into IPv6 are judged by what is inside, or refused."""
    inner: Address = address
    if isinstance(address, IPv6Address):
        if not address.is_loopback and any(address in network for network in _WRAPPING):
            return False
        inner = address.ipv4_mapped or address
    if inner.is_loopback:
        return this_machine_too()
    return inner.is_global and not inner.is_multicast


def judge_url(url: str) -> None:
    """Whether a URL has the shape of one that we call: https, an ordinary port, a name, no user and password. Where it
    leads is judged again at every call, when its name has been looked up.

    Raises:
        NoAnswer: `not_understood` for no URL at all, `no_tls` for http, else `not_allowed`.
    """
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise NoAnswer(NoAnswer.NOT_UNDERSTOOD)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise NoAnswer(NoAnswer.NOT_UNDERSTOOD) from None
    if parts.scheme not in ("https", "http") or not host:
        raise NoAnswer(NoAnswer.NOT_UNDERSTOOD)
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise NoAnswer(NoAnswer.NOT_ALLOWED)
    written = _written(host)
    if written is None and not _NAME.match(host):
        raise NoAnswer(NoAnswer.NOT_UNDERSTOOD)
    here = this_machine_too() and (host == "localhost" or (written is not None and written.is_loopback))
    if here:
        return
    if parts.scheme != "https":
        raise NoAnswer(NoAnswer.NO_TLS)
    if (port or 443) not in PORTS:
        raise NoAnswer(NoAnswer.NOT_ALLOWED)
    if written is not None and not is_open(written):
        raise NoAnswer(NoAnswer.NOT_ALLOWED)
    # Digits alone, or 0x…: inet_aton reads them as an address, and so do the resolvers of many systems.
    last = host.rstrip(".").rpartition(".")[2]
    if written is None and (last.isdigit() or last.lower().startswith("0x") or "." not in host.rstrip(".")):
        raise NoAnswer(NoAnswer.NOT_ALLOWED)


def _written(host: str) -> Address | None:
    """The address that a host is written as; None for a name."""
    try:
        return ip_address(host.strip("[]").split("%")[0])
    except ValueError:
        return None
