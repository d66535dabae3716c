"""kill -9 of the worker while people come and are called: each is promised a wait once, and every call settles one."""

import subprocess
import sys

import pytest
from celery import current_app

from smartqueue.cli.processes import wait_until
from smartqueue.forecast.models import Estimate, Learnt
from smartqueue.journal.models import Stream
from smartqueue.journal.states import SYSTEM
from smartqueue.kernel.clock import now
from smartqueue.queueing.actions.agents import set_agent_status
from smartqueue.queueing.actions.hot import call_next_ticket, close_ticket, issue_ticket
from smartqueue.queueing.queries.outlook import waits_of
from smartqueue.tenants.scope import in_tenant

TICKETS, KILLS = 40, 2
WORDS = ("worker", "--pool", "threads", "--concurrency", "2", "--without-gossip", "--without-mingle", "--purge")


@pytest.fixture
def worker(worker_environment, tmp_path):
    """`worker()`: begins a worker and waits until it works."""
    running = []
    command = [sys.executable, "-W", "ignore", "-m", "celery", "-A", "smartqueue.config.celery", *WORDS]

    def begin():
        log = tmp_path / f"worker-{len(running)}.log"
        with log.open("wb") as said:
            words = [*command, "--loglevel", "INFO"]
            running.append(
                subprocess.Popen(words, env=worker_environment, stdout=said, stderr=said, cwd=tmp_path)
            )  # fmt: skip
        assert wait_until(lambda: b" ready." in log.read_bytes(), seconds=90), log.read_text()
        return running[-1]

    yield begin
    for process in running:
        process.kill()
        process.wait()


def test_a_killed_worker_promises_nothing_twice_and_a_counter_that_closes_is_noticed(bank, tellers, binta, worker):
    def come_and_be_called(count):
        for _n in range(count):
            issue_ticket(tenant_id=bank.id, queue_id=tellers.id, channel="kiosk", actor=SYSTEM, at=now())
        for _n in range(count // 2):
            who = {"tenant_id": bank.id, "actor": binta.actor, "at": now()}
            ticket_id = call_next_ticket(agent_id=binta.agent.id, queue_id=tellers.id, **who)
            close_ticket(ticket_id=ticket_id, **who)

    def endings():
        with in_tenant(bank.id):
            return list(Estimate.objects.values_list("ending", flat=True))

    def is_followed():
        current_app.send_task("journal.relay", kwargs={"everything": True}, expires=10)
        with in_tenant(bank.id):
            last = Stream.objects.get(queue_id=tellers.id).last_seq
            return Learnt.objects.filter(subject_id=tellers.id, seq=last).exists() and len(endings()) == TICKETS

    def quality():
        with in_tenant(bank.id):
            return waits_of([tellers.id])[tellers.id].quality

    each = TICKETS // (KILLS + 1)
    for _kill in range(KILLS):
        process = worker()
        come_and_be_called(each)
        seen = len(endings())
        assert wait_until(lambda seen=seen: len(endings()) > seen, seconds=60)
        process.kill()
        process.wait()
    worker()
    come_and_be_called(TICKETS - KILLS * each)

    assert wait_until(is_followed, seconds=90)
    assert sorted(endings()) == ["called"] * endings().count("called") + ["open"] * endings().count("open")
    assert endings().count("called") == KILLS * (each // 2) + (TICKETS - KILLS * each) // 2
    assert quality() in ("rough", "good")
    with in_tenant(bank.id):
        set_agent_status(agent_id=binta.agent.id, status="paused", reason="", actor=binta.actor, at=now())
    assert wait_until(lambda: quality() == "none", seconds=60)
