"""Phones that show a ticket's page, told to the room that chooses how its owner is reached."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from smartqueue.notifications.actions.presence import gone, seen_here

logger = logging.getLogger(__name__)

SAY_EVERY_S = 14.0
"""A little less than the pages' own rhythm of 15 s."""
MOST_KEPT = 10_000


class Presence:
    """Of one process. Only a page that says itself that it is visible counts: a phone that has lost its network, or
    lies in a pocket, falls silent, and its owner gets a message.

    What is said goes to Valkey in one thread of its own, in the order in which it was said. Another process may hold
    another page of the same ticket: it says so again within 15 s.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="presence")
        self._open: dict[str, set[object]] = {}
        self._said_at: dict[str, float] = {}

    def here(self, ticket_id: str, page: object | None = None) -> None:
        """The ticket's page is open and visible.

        Args:
            page: who says so, when it will also say when that ends; None for a single request.
        """
        if page is not None:
            self._open.setdefault(ticket_id, set()).add(page)
        now = asyncio.get_running_loop().time()
        if now - self._said_at.get(ticket_id, now - SAY_EVERY_S) < SAY_EVERY_S:
            return
        if len(self._said_at) >= MOST_KEPT:
            self._said_at.clear()  # costs one word too many for each
        self._said_at[ticket_id] = now
        self._say(seen_here, ticket_id)

    def away(self, ticket_id: str, page: object | None = None) -> None:
        """This page is visible no more; the ticket's page is open no more when none of this process is."""
        pages = self._open.get(ticket_id, set())
        if page is not None and page not in pages:
            return
        pages.discard(page)
        if not pages:
            self._open.pop(ticket_id, None)
            self._said_at.pop(ticket_id, None)
            self._say(gone, ticket_id)

    def _say(self, word: Callable[[UUID], None], ticket_id: str) -> None:
        self._thread.submit(word, UUID(ticket_id))

    def stop(self) -> None:
        """End the thread, after what was said."""
        self._thread.shutdown()
