"""kill -9 of the worker while webhooks go out: every one arrives, and whatever comes twice comes under the same id."""

import subprocess
import sys
from collections import Counter, defaultdict

import pytest
from celery import current_app
from django.test import override_settings

from smartqueue.cli.processes import wait_until
from smartqueue.journal.states import SYSTEM
from smartqueue.kernel.clock import now
from smartqueue.queueing.actions.hot import issue_ticket
from smartqueue.queueing.actions.tickets import cancel_ticket
from smartqueue.tenants.scope import in_tenant
from smartqueue.webhooks.actions.endpoints import add_endpoint
from smartqueue.webhooks.models import Delivery
from tests.webhooks.receiver import Answer, receiving

TICKETS, KILLS = 60, 3
WORDS = ("worker", "--pool", "threads", "--concurrency", "2", "--without-gossip", "--without-mingle")


@pytest.fixture
def worker(worker_environment, tmp_path):
    """`worker()`: begins a worker that may call this machine, and waits until it works."""
    running = []
    environment = worker_environment | {"SMARTQUEUE_ALLOW_LOOPBACK": "1"}
    command = [sys.executable, "-W", "ignore", "-m", "celery", "-A", "smartqueue.config.celery", *WORDS]

    def begin():
        log = tmp_path / f"worker-{len(running)}.log"
        with log.open("wb") as said:
            running.append(
                subprocess.Popen(
                    [*command, "--loglevel", "INFO"], env=environment, stdout=said, stderr=said, cwd=tmp_path
                )
            )
        assert wait_until(lambda: b" ready." in log.read_bytes(), seconds=90), log.read_text()
        return running[-1]

    yield begin
    for process in running:
        process.kill()
        process.wait()


def test_a_killed_worker_loses_nothing_and_says_nothing_under_two_names(bank, moussa, tellers, worker):
    with override_settings(OUTBOUND_LOOPBACK=True), receiving(lambda got: Answer(wait_s=0.1)) as box:
        with in_tenant(bank.id):
            add_endpoint(tenant_id=bank.id, url=box.url, facts=[], actor=moussa.actor, at=now())
        process = worker()
        for _n in range(TICKETS):
            ticket_id = issue_ticket(tenant_id=bank.id, queue_id=tellers.id, channel="kiosk", actor=SYSTEM, at=now())
            with in_tenant(bank.id):
                cancel_ticket(ticket_id=ticket_id, agent_id=None, reason="", actor=SYSTEM, at=now())

        def count(status):
            with in_tenant(bank.id):
                return Delivery.objects.filter(status=status).count()

        def poke():  # there is no clock in this house
            current_app.send_task("journal.relay", kwargs={"everything": True})
            current_app.send_task("webhooks.deliver")

        for kill in range(1, KILLS + 1):
            assert wait_until(lambda kill=kill: poke() or len(box.got) >= 20 * kill, seconds=90, pause_s=0.5)
            process.kill()
            process.wait()
            process = worker()
        done = wait_until(lambda: poke() or count("delivered") == 2 * TICKETS, seconds=180, pause_s=0.5)

    with in_tenant(bank.id):
        rows = {row.message_id: row for row in Delivery.objects.all()}
    assert done, Counter(row.status for row in rows.values())
    times = Counter(got.id for got in box.accepted)
    assert set(times) == set(rows)
    assert max(times.values()) <= 1 + KILLS
    assert sum(times.values()) - len(rows) <= 4 * KILLS  # at most what was under way
    order = defaultdict(list)
    for got in box.accepted:
        order[got.said["data"]["ticket_id"]].append(got.said["data"]["version"])
    assert all(versions == sorted(versions) for versions in order.values())
