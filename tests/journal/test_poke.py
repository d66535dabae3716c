"""From the commit to the handler: a real broker, a real worker, and what happens without either.

Why one poke may cover the facts of the next moment: the poke at t asks the worker to begin at t + 0.2 s. A fact that is
committed before then and finds the poke already sent is in the table when that relay looks, and the relay looks again
until it finds nothing. What slips through all the same (a lost message, a fast clock) is the sweeper's.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from celery import current_app

from smartqueue.cli.processes import wait_until
from tests.journal.conftest import running_celery

WORKER = ("worker", "--pool", "threads", "--concurrency", "2", "--without-gossip", "--without-mingle", "--purge")
DEADLINE_S = 10.0
# Nobody listens on port 1.
BROKEN_BROKER = "redis://127.0.0.1:1/0"


@pytest.fixture(scope="module")
def worker(worker_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A Celery worker without a clock: whatever it hands over was announced by a poke."""
    folder = tmp_path_factory.mktemp("worker")
    with running_celery(worker_environment, folder, *WORKER, "--loglevel", "INFO") as process:
        log = folder / "worker.log"
        ready = wait_until(lambda: b" ready." in log.read_bytes() or process.poll() is not None, seconds=30)
        assert ready and process.poll() is None, log.read_text()
        yield


@pytest.fixture
def window(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next fact finds that nobody has poked yet."""
    monkeypatch.setattr("smartqueue.journal.actions._poked_at", 0.0)


@pytest.mark.usefixtures("worker", "settled", "window")
def test_a_fact_reaches_its_handler_without_the_sweeper(happen, effects):
    entry = happen()

    assert wait_until(lambda: effects(entry) == 1, seconds=DEADLINE_S)


@pytest.mark.usefixtures("worker", "settled", "window")
def test_facts_of_the_moment_after_a_poke_are_covered_by_it(happen, effects, monkeypatch):
    pokes = counted(monkeypatch)

    entries = [happen() for _ in range(20)]

    assert wait_until(lambda: all(effects(entry) for entry in entries), seconds=DEADLINE_S)
    assert [effects(entry) for entry in entries] == [1] * 20
    assert len(pokes) < 20


def test_one_poke_covers_the_moment_and_starts_when_it_is_over(monkeypatch, window):
    from smartqueue.journal.actions import POKE_EVERY_S, poke_relay

    pokes, clock = counted(monkeypatch), [1000.0]
    monkeypatch.setattr("smartqueue.journal.actions.time.monotonic", lambda: clock[0])
    for later_s in (0, 0.1, 0.09, 0.02, 0.1, 0.3):
        clock[0] += later_s
        poke_relay()

    assert pokes == [{"countdown": POKE_EVERY_S, "expires": 60}] * 3


def test_a_fact_that_is_taken_back_pokes_nobody(bank, monkeypatch, window):
    from django.db import transaction

    from smartqueue.journal.actions import add
    from smartqueue.journal.states import SYSTEM
    from smartqueue.sites.models import ServiceCategory
    from smartqueue.tenants.scope import in_tenant
    from tests.cast import NINE

    pokes = counted(monkeypatch)
    with in_tenant(bank.id):
        add(ServiceCategory(tenant=bank, name="Guichet"), actor=SYSTEM, at=NINE)
        transaction.set_rollback(True)

    assert pokes == []


@pytest.mark.usefixtures("settled")
def test_without_a_broker_requests_succeed_and_the_sweeper_hands_over_when_it_is_back(
    web_processes, binta, tellers, bank, worker_environment, tmp_path, now_of
):
    import httpx

    url = web_processes(1, REDIS_URL=BROKEN_BROKER)
    path = f"{url}/api/v1/tenants/{bank.slug}/tickets/"
    with httpx.Client(headers={"Authorization": f"Bearer {binta.token}"}, trust_env=False, timeout=10) as client:
        began = time.monotonic()
        answers = [client.post(path, json={"queue_id": str(tellers.id), "channel": "kiosk"}) for _ in range(10)]
        took_s = time.monotonic() - began
    assert [answer.status_code for answer in answers] == [201] * 10
    assert took_s < 5

    beat = ("beat", "--schedule", str(tmp_path / "beat"), "--pidfile", "", "--loglevel", "INFO")
    with (
        running_celery(worker_environment, tmp_path, *WORKER, "--loglevel", "INFO"),
        running_celery(worker_environment, tmp_path, *beat),
    ):
        assert wait_until(lambda: not pending(tellers.id), seconds=20)


def pending(queue_id: Any) -> int:
    from smartqueue.journal.models import Entry

    return Entry.objects.using("platform").filter(queue_id=queue_id, dispatched_at=None).count()


def counted(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The pokes that this process sends from now on; they are sent all the same."""
    pokes: list[dict[str, Any]] = []
    send: Callable[..., Any] = current_app.send_task

    def counting(name: str, **options: Any) -> Any:
        assert name == "journal.relay"
        pokes.append(options)
        return send(name, **options)

    monkeypatch.setattr(current_app, "send_task", counting)
    return pokes


def test_a_broker_that_is_gone_costs_a_caller_little(monkeypatch, window, happen, caplog):
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError("nobody there")

    monkeypatch.setattr(current_app, "send_task", refuse)
    entries = [happen() for _ in range(3)]

    assert all(entry.id for entry in entries)
    assert "the sweeper will hand the facts over" in caplog.text
