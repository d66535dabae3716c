"""From the commit to the handler: a real broker, a real worker, and what happens without either.

Why one poke may cover many facts: the wish is noted after the commit and forgotten before the message is sent, so the
last message is always sent after the last commit, and the relay that it starts sees them all. What slips through all
the same (a lost message, a killed process) is the sweeper's.
"""

import itertools
import queue
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from celery import current_app

from smartqueue.cli.processes import wait_until
from smartqueue.journal.actions.poke import POKE_EVERY_S, Poker, send_poke
from tests.journal.conftest import running_celery

WORKER = ("worker", "--pool", "threads", "--concurrency", "2", "--without-gossip", "--without-mingle", "--purge")
DEADLINE_S = 30.0
# Nobody listens on port 1.
BROKEN_BROKER = "redis://127.0.0.1:1/0"


@pytest.fixture(scope="module")
def worker(worker_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A Celery worker without a clock: whatever it hands over was announced by a poke."""
    folder = tmp_path_factory.mktemp("worker")
    with running_celery(worker_environment, folder, *WORKER, "--loglevel", "INFO") as process:
        log = folder / "worker.log"
        ready = wait_until(lambda: b" ready." in log.read_bytes() or process.poll() is not None, seconds=30)
        assert ready, log.read_text()
        assert process.poll() is None, log.read_text()
        yield


@pytest.mark.usefixtures("worker", "settled")
def test_a_fact_reaches_its_handler_without_the_sweeper(happen, effects):
    entry = happen()

    assert wait_until(lambda: effects(entry) == 1, seconds=DEADLINE_S)


@pytest.mark.usefixtures("worker", "settled")
def test_facts_of_one_moment_all_reach_their_handler(happen, effects):
    entries = [happen() for _ in range(20)]

    assert wait_until(lambda: all(effects(entry) for entry in entries), seconds=DEADLINE_S)
    assert [effects(entry) for entry in entries] == [1] * 20


def test_the_last_message_is_sent_after_the_last_commit(poked):
    """Wishes that come while a message is being sent are followed by one more message, and only one."""
    poker, sent, go_on = poked
    poker.poke()
    assert sent.get(timeout=5) == 1
    for _ in range(5):
        poker.poke()
    go_on.set()

    assert sent.get(timeout=5) == 2
    with pytest.raises(queue.Empty):
        sent.get(timeout=3 * POKE_EVERY_S)


def test_a_thread_that_is_gone_is_started_again(poked):
    """As after a fork, which takes no thread along."""
    poker, sent, go_on = poked
    go_on.set()
    poker._thread = threading.Thread()
    poker.poke()

    assert sent.get(timeout=5) == 1


@pytest.fixture
def poked() -> tuple[Poker, "queue.Queue[int]", threading.Event]:
    """A poker, the numbers of the messages it sends, and what lets the first of them end."""
    sent: queue.Queue[int] = queue.Queue()
    go_on, numbers = threading.Event(), itertools.count(1)

    def send() -> None:
        sent.put(next(numbers))
        go_on.wait(timeout=5)

    return Poker(send), sent, go_on


def test_a_fact_that_is_taken_back_pokes_nobody(bank, monkeypatch):
    from django.db import transaction

    from smartqueue.journal.actions import add
    from smartqueue.journal.states import SYSTEM
    from smartqueue.sites.models import ServiceCategory
    from smartqueue.tenants.scope import in_tenant
    from tests.cast import NINE

    pokes: list[str] = []
    monkeypatch.setattr("smartqueue.journal.actions.poke_relay", lambda: pokes.append("poke"))
    for taken_back in (True, False):
        with in_tenant(bank.id):
            add(ServiceCategory(tenant=bank, name="Guichet"), actor=SYSTEM, at=NINE)
            transaction.set_rollback(taken_back)
        assert pokes == ([] if taken_back else ["poke"])


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
    assert took_s < 3

    beat = ("beat", "--schedule", str(tmp_path / "beat"), "--pidfile", "", "--loglevel", "INFO")
    with (
        running_celery(worker_environment, tmp_path, *WORKER, "--loglevel", "INFO"),
        running_celery(worker_environment, tmp_path, *beat),
    ):
        assert wait_until(lambda: not pending(tellers.id), seconds=20)


def pending(queue_id: Any) -> int:
    from smartqueue.journal.models import Entry

    return Entry.objects.using("platform").filter(queue_id=queue_id, dispatched_at=None).count()


def test_a_broker_that_is_gone_is_worth_a_line_in_the_log(monkeypatch, caplog):
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError("nobody there")

    monkeypatch.setattr(current_app, "send_task", refuse)
    send_poke()

    assert "the sweeper will hand the facts over" in caplog.text
