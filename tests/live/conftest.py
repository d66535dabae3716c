"""Two web processes on two ports, so that a test chooses which one it talks to; the relay is run by hand."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from smartqueue.cli.engines import Engines
from smartqueue.cli.processes import Roster
from tests.devices.conftest import claim, pair
from tests.live.clients import Screen
from tests.live.processes import running_live
from tests.servers import running_worker

__all__ = ["claim", "pair"]

Open = Callable[..., Screen]


@pytest.fixture(scope="session")
def two_webs(worker_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Base addresses of two processes; both over this worker's database."""
    with ExitStack() as running:
        folders = [tmp_path_factory.mktemp("live") for _ in range(2)]
        yield tuple(running.enter_context(running_live(worker_environment, folder)) for folder in folders)


@pytest.fixture
def own_web(
    worker_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., str]]:
    """`own_web(NAME="value")`: a process of one test's own."""
    with ExitStack() as running:

        def start(*, small_buffers: bool = False, **variables: str) -> str:
            folder, environment = tmp_path_factory.mktemp("live"), worker_environment | variables
            return running.enter_context(running_live(environment, folder, small_buffers=small_buffers))

        yield start


@pytest.fixture
def watch(two_webs: tuple[str, str]) -> Iterator[Open]:
    """`watch(path, person=None, since=None, web=0)`: a socket that has said hello; closed with the test."""
    with ExitStack() as opened:

        def connect(path: str, person: Any = None, *, since: Any = None, web: int | str = 0, **options: Any) -> Screen:
            base = web if isinstance(web, str) else two_webs[web]
            screen = opened.enter_context(Screen.open(base, path, person and person.token, **options))
            if since is not False:
                screen.say({"type": "hello", "since": since})
            return screen

        yield connect


@pytest.fixture
def relay() -> Callable[[], None]:
    """Number what has been committed, and announce it, as the worker does."""
    from smartqueue.config import wiring
    from smartqueue.journal.actions.relay import AT_ONCE, relay_entries
    from smartqueue.kernel.clock import now

    def run() -> None:
        while relay_entries(timetable={}, at=now(), announce=wiring.AT_ONCE) >= AT_ONCE:
            pass

    return run


@pytest.fixture
def token_of(ticket: Callable[..., Any]) -> Callable[..., str]:
    return lambda ticket_id: ticket(ticket_id).token


@pytest.fixture
def call(tellers: Any) -> Callable[..., Any]:
    """An agent calls the next person of the tellers' queue."""
    from smartqueue.kernel.clock import now
    from smartqueue.queueing.actions import hot

    def make(person: Any, queue: Any = None) -> Any:
        return hot.call_next_ticket(
            tenant_id=person.tenant.id,
            agent_id=person.agent.id,
            queue_id=(queue or tellers).id,
            actor=person.actor,
            at=now(),
        )

    return make


@pytest.fixture
def close() -> Callable[..., Any]:
    """Whatever the agent holds is done."""
    from smartqueue.kernel.clock import now
    from smartqueue.queueing.actions import hot

    def make(person: Any, ticket_id: Any) -> Any:
        return hot.close_ticket(
            tenant_id=person.tenant.id, ticket_id=ticket_id, user_id=person.user.id, actor=person.actor, at=now()
        )

    return make


@pytest.fixture
def transfer(bank: Any) -> Callable[..., None]:
    from smartqueue.kernel.clock import now
    from smartqueue.queueing.actions.tickets import transfer_ticket
    from smartqueue.tenants.scope import in_tenant

    def make(person: Any, ticket_id: Any, queue: Any, reason: str = "Crédit") -> None:
        with in_tenant(bank.id):
            transfer_ticket(
                ticket_id=ticket_id, agent_id=None, to_queue_id=queue.id, reason=reason, actor=person.actor, at=now()
            )

    return make


@pytest.fixture
def queue_path(bank: Any, tellers: Any) -> str:
    return f"/ws/tenants/{bank.slug}/queues/{tellers.id}/"


@pytest.fixture
def worker(worker_environment: dict[str, str], tmp_path: Path) -> Iterator[None]:
    with running_worker(worker_environment, tmp_path):
        yield


@pytest.fixture
def own_valkey() -> Iterator[Engines]:
    """A Valkey of one test's own, which it may kill and start again on the same port."""
    home = Path(tempfile.mkdtemp(prefix="sq-live-"))
    (home / "run").mkdir()
    engines = Engines(home, Roster(home))
    engines.start_valkey()
    try:
        yield engines
    finally:
        engines.stop()
        shutil.rmtree(home)
