"""Web processes as the supervisor starts them, each on a port of its own."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from smartqueue.cli.processes import Roster, wait_until
from smartqueue.cli.supervisor import listen, web_children
from smartqueue.cli.up import answers


@contextmanager
def running_live(environment: dict[str, str], folder: Path, *, small_buffers: bool = False) -> Iterator[str]:
    """One process on a port of its own; yields its base address. Its log is `folder/logs/web-1.log`.

    Args:
        small_buffers: the kernel takes little from the process that the other side does not read.
    """
    (folder / "run").mkdir()
    roster = Roster(folder)
    with listen("127.0.0.1", 0) as listener, ExitStack() as ending:
        if small_buffers:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16384)  # the accepted sockets inherit it
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        (child,) = web_children(listener, 1)
        child = replace(child, environment=environment, command=(*child.command, "--log-level", "warning"))
        ending.callback(roster.end, child)
        roster.start(child)
        with httpx.Client(timeout=10, trust_env=False) as client:
            ready = wait_until(lambda: answers(client, f"{url}/healthz") or not roster.is_alive(child.name), seconds=30)
        if not (ready and roster.is_alive(child.name)):
            pytest.fail(roster.last_words(child.name, 40))
        yield url
