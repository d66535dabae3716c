"""The poke: after a commit, ask a worker to run the relay now."""

import logging
import threading
import time
from collections.abc import Callable

from celery import current_app

logger = logging.getLogger(__name__)

POKE_EVERY_S = 0.1


class Poker:
    """One thread per process that talks to the broker, so that no request ever waits for one.

    `wanted` is set after a commit and cleared before a message is sent: every fact is followed by a message that was
    sent after it, and however many facts a moment brings, they share one.

    Args:
        send: sends the message; must not raise.
        every_s: not sooner than this after the last one.
    """

    def __init__(self, send: Callable[[], None], every_s: float = POKE_EVERY_S) -> None:
        self.send = send
        self.every_s = every_s
        self.wanted = threading.Event()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def poke(self) -> None:
        """Returns at once; never raises."""
        self.wanted.set()
        if self._thread is None or not self._thread.is_alive():  # the first poke, or the first one after a fork
            with self._starting:
                if self._thread is None or not self._thread.is_alive():
                    self._thread = threading.Thread(target=self._run, name="poker", daemon=True)
                    self._thread.start()

    def _run(self) -> None:
        while True:
            self.wanted.wait()
            self.wanted.clear()
            self.send()
            time.sleep(self.every_s)


def send_poke() -> None:
    """A broker that does not answer costs nothing: the sweeper finds what no poke announced."""
    try:
        current_app.send_task("journal.relay", expires=60)
    except Exception as error:
        logger.warning("the relay could not be poked (%s); the sweeper will hand the facts over", error)


poke_relay = Poker(send_poke).poke
