"""The house as a browser meets it: real web processes on a free port, over this worker's database."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from smartqueue.cli.processes import Roster, wait_until
from smartqueue.cli.supervisor import listen, web_children
from smartqueue.cli.up import answers

READY_WITHIN_S = 30.0
PASSED_ON = ("PATH", "HOME", "LANG", "SMARTQUEUE_HOME", "DATABASE_URL", "REDIS_URL", "SECRET_KEY")
WebProcesses = Callable[..., str]


@pytest.fixture(scope="session")
def worker_environment() -> dict[str, str]:
    """What a process needs to be part of this worker's house; taken before any test blanks its own environment."""
    return {name: os.environ[name] for name in PASSED_ON if os.environ.get(name)} | {
        "DJANGO_SETTINGS_MODULE": "smartqueue.config.settings",
        "PYTHONPATH": str(Path(__file__).parents[1]),
    }


@contextmanager
def running_web(count: int, environment: dict[str, str], folder: Path) -> Iterator[str]:
    """Start `count` uvicorn processes on one socket, as `smartqueue up` does; they end with the block.

    Args:
        environment: their whole environment.
        folder: their logs and process numbers go there.

    Yields:
        The base address, such as `http://127.0.0.1:34567`.
    """
    (folder / "run").mkdir()
    roster = Roster(folder)
    with listen("127.0.0.1", 0) as listener, ExitStack() as ending:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        children = [replace(child, environment=environment) for child in web_children(listener, count)]
        ending.callback(roster.end, *children)
        for child in children:
            roster.start(child)
        with httpx.Client(timeout=10, trust_env=False) as client:
            ready = wait_until(
                lambda: answers(client, f"{url}/healthz") or not all(map(roster.is_alive, roster.running)),
                seconds=READY_WITHIN_S,
            )
        if not (ready and all(map(roster.is_alive, roster.running))):
            pytest.fail("\n".join(roster.last_words(child.name, 40) for child in children))
        yield url


@pytest.fixture
def web_processes(
    worker_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WebProcesses]:
    """`web_processes(n, NAME="value") -> base url`: processes of one test's own, with these variables on top."""
    with ExitStack() as running:

        def start(count: int = 1, **variables: str) -> str:
            folder = tmp_path_factory.mktemp("web")
            return running.enter_context(running_web(count, worker_environment | variables, folder))

        yield start


@pytest.fixture(scope="session")
def live_server_url(worker_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base address of two web processes that all tests of this worker share."""
    with running_web(2, worker_environment, tmp_path_factory.mktemp("live")) as url:
        yield url


@contextmanager
def running_worker(environment: dict[str, str], folder: Path) -> Iterator[None]:
    """A Celery worker with the house's own wiring. It hands over every test's facts: for one test or module only.

    Args:
        environment: its whole environment.
        folder: its log goes there.
    """
    words = ("worker", "--pool", "threads", "--concurrency", "2", "--without-gossip", "--without-mingle", "--purge")
    command = [sys.executable, "-W", "ignore", "-m", "celery", "-A", "smartqueue.config.celery", *words]
    log = folder / "worker.log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [*command, "--loglevel", "INFO"], env=environment, stdout=said, stderr=said, cwd=folder
        )
    try:
        assert wait_until(lambda: b" ready." in log.read_bytes(), seconds=60), log.read_text()
        yield
    finally:
        process.kill()
        process.wait()
