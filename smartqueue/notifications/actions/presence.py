"""Somebody looks at a ticket's page, or has looked away."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from smartqueue.notifications.queries.presence import LIFE_S, key_of, valkey

log = logging.getLogger(__name__)


def seen_here(ticket_id: UUID) -> None:
    """The page is open and visible: for the next 45 seconds nothing need be sent. Never raises; it may block for half
    a second, so call it from a thread."""
    with _in_vain():
        valkey().set(key_of(ticket_id), b"1", ex=LIFE_S)


def gone(ticket_id: UUID) -> None:
    """It is not any more. Never raises."""
    with _in_vain():
        valkey().delete(key_of(ticket_id))


@contextmanager
def _in_vain() -> Iterator[None]:
    """What is not noted costs one message too many, and nothing else."""
    try:
        yield
    except Exception as error:
        log.warning("an open page could not be noted (%s)", type(error).__name__)
