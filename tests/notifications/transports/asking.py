"""What the tests of transports share: a message, and what becomes of handing it over."""

import socket
from uuid import uuid4

from smartqueue.notifications.transports.base import Handed, Outgoing, TransportFault
from smartqueue.outbound.deadline import Deadline

DEMBA = "+221771234567"
VALUES = {
    "ticket_number": "A042", "queue_name": "Guichets", "service_name": "Retrait", "ticket_url": "https://sq.example/t/x/",
    "counter_name": "Guichet 3", "organisation_name": "Banque du Fleuve", "site_name": "Dakar Plateau",
    "customer_name": "Demba Fall",
}  # fmt: skip


def outgoing(**other):
    usual = {
        "id": uuid4(), "to": DEMBA, "kind": "your_turn", "language": "fr", "subject": "C'est à vous",
        "body": "Ticket A042 : allez au guichet 3. Ñu ngi lay xaar ŋ", "link": "https://sq.example/t/x/", "life_s": 300,
        "is_urgent": True, "values": VALUES,
    }  # fmt: skip
    return Outgoing(**usual | other)


def handed(transport, message=None, seconds=20) -> Handed:
    return transport.send(message or outgoing(), Deadline(seconds))


def fault(transport, message=None, seconds=20) -> TransportFault:
    """The fault that comes of it; it is an error of the test if there is none."""
    try:
        got = handed(transport, message, seconds)
    except TransportFault as refusal:
        return refusal
    raise AssertionError(f"was taken: {got}")


def seen(refusal: TransportFault):
    """What a sender goes by."""
    return refusal.outcome, refusal.retry_helps, refusal.is_unknown, refusal.retry_after_s


def closed_port() -> int:
    """A port of this machine where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]
