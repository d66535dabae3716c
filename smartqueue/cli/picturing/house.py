"""A SmartQueue of the pictures' own, with demo data: it comes and goes with them, beside the one that is there."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from smartqueue.cli.engines import remove_data
from smartqueue.cli.instance import engines_at_hand, prepare_django
from smartqueue.cli.processes import PlainError, wait_until
from smartqueue.cli.supervisor import ending_on_signals, take_port
from smartqueue.cli.up import answers

PORT = 8399
"""Always the same where it is free: addresses stand in pictures."""
READY_WITHIN_S = 120.0
LEFT_TO_THE_OTHER = (
    "DATABASE_URL", "DATABASE_APP_URL", "DATABASE_PLATFORM_URL", "REDIS_URL", "SECRET_KEY", "SMARTQUEUE_DEMO",
)  # fmt: skip


@contextmanager
def scratch_house() -> Iterator[str]:
    """`smartqueue up` in a temporary folder, with Django set up in this process too; gone with the block.

    Yields:
        Its address.

    Raises:
        PlainError: it does not start; its last words are in the text.
    """
    home = Path(tempfile.mkdtemp(prefix="smartqueue-screens-"))
    home.chmod(0o755)  # PostgreSQL's user has to walk through
    port, log = free_port(), home / "up.log"
    for name in LEFT_TO_THE_OTHER:
        os.environ.pop(name, None)
    os.environ |= {"SMARTQUEUE_HOME": str(home), "HOST": "127.0.0.1", "PORT": str(port), "SMARTQUEUE_STYLEGUIDE": "1"}
    os.environ["SMARTQUEUE_ALLOW_LOOPBACK"] = "1"  # where the webhook's receiver stands
    own = {"WEB_PROCESSES": "1", "SMARTQUEUE_END_WITH_PARENT": str(os.getpid())}
    with log.open("wb") as said:
        up = subprocess.Popen(
            [sys.executable, "-m", "smartqueue.cli.main", "up"], env=os.environ | own, stdout=said, stderr=said
        )
    try:
        url = f"http://127.0.0.1:{port}"
        with httpx.Client(timeout=2, trust_env=False) as client:
            wait_until(
                lambda: answers(client, f"{url}/healthz") or up.poll() is not None, seconds=READY_WITHIN_S, pause_s=0.1
            )
            if up.poll() is not None or not answers(client, f"{url}/healthz"):
                raise PlainError(f"The instance for the pictures does not start:\n{log.read_text()[-2000:]}")
        with ending_on_signals(), engines_at_hand():
            prepare_django()
            yield url
    finally:
        up.terminate()
        up.wait(timeout=60)
        remove_data(home)


def free_port() -> int:
    """`PORT`, or any other when it is taken."""
    try:
        held = take_port("127.0.0.1", PORT)
    except PlainError:
        held = take_port("127.0.0.1", 0)
    with held:
        return int(held.getsockname()[1])
