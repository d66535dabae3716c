"""Threads that deliver. A task wakes them and goes home: a receiver that hangs holds up no worker of Celery's."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime

from django.db import connections

from smartqueue.webhooks.actions.delivering import Attempt, Outcome, claim, knock, note

logger = logging.getLogger(__name__)

THREADS, FOR_FAILING = 64, 16
"""Sending waits for others most of the time. Endpoints that are failing have their own, so that no number of dead
receivers takes the threads of those that live."""

AT_THE_DATABASE = 3
"""Threads that note at once: fewer than a process has connections, so that none waits for one in vain."""


class Courier:
    """Delivers until nothing is due. Several processes may have one each.

    Args:
        clock: gives the instant of each claim, try and note.
        threads: at most so many tries under way, for endpoints that answer and for those that are failing.
    """

    def __init__(self, clock: Callable[[], datetime], *, threads: tuple[int, int] = (THREADS, FOR_FAILING)) -> None:
        self._clock = clock
        self._room = {False: threads[0], True: threads[1]}
        self._threads = threads
        self._changed = threading.Condition()
        self._claiming = threading.Lock()
        self._database = threading.BoundedSemaphore(AT_THE_DATABASE)

    def wake(self) -> int:
        """Begin with what is due now, as far as there is room; returns how many tries were begun, at once."""
        begun = 0
        for failing in (False, True):
            with self._claiming:  # the second to wake it looks again: what it came for may be newer than the first look
                with self._changed:
                    room = self._room[failing]
                attempts = claim(at=self._clock(), most=room, failing=failing) if room else []
                with self._changed:
                    self._room[failing] -= len(attempts)
            for attempt in attempts:
                threading.Thread(target=self._run, args=(attempt, failing), name="courier", daemon=True).start()
            begun += len(attempts)
        return begun

    def wait(self, seconds: float) -> bool:
        """Whether nothing was under way within so many seconds."""
        with self._changed:
            return self._changed.wait_for(self._is_idle, timeout=seconds)

    def _is_idle(self) -> bool:
        return (self._room[False], self._room[True]) == self._threads

    def _run(self, attempt: Attempt | None, failing: bool) -> None:
        """One try, and then whatever else is due: who delivers does not wait to be woken."""
        try:
            while attempt is not None:
                outcome = knock(attempt, at=self._clock())
                attempt = self._noted(attempt, outcome, failing)
        except Exception:
            logger.exception("a delivery is tried again when its lease has run out")
        finally:
            with self._changed:
                self._room[failing] += 1
                self._changed.notify_all()

    def _noted(self, attempt: Attempt, outcome: Outcome, failing: bool) -> Attempt | None:
        """Note one try and claim the next. No connection is kept while a receiver is waited for."""
        with self._database:
            try:
                note(attempt, outcome, at=self._clock())
                return next(iter(claim(at=self._clock(), most=1, failing=failing)), None)
            finally:
                connections.close_all()
