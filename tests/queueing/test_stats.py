"""Statistics of a queue: the line now, the local day so far."""

import pytest

from smartqueue.queueing import errors
from smartqueue.queueing.actions import hot, tickets
from smartqueue.queueing.queries import queue_statistics
from smartqueue.tenants.scope import in_tenant
from tests.queueing.conftest import later


def test_a_day_in_numbers(bank, tellers, binta, serving, take, move, make_queue):
    elsewhere = make_queue()
    take(elsewhere)
    waiting = take(at=later(minutes=2))
    move(tickets.cancel_ticket, take(at=later(minutes=2)), agent_id=None, reason="", at=later(minutes=3))
    hot.close_ticket(tenant_id=bank.id, ticket_id=serving, actor=binta.actor, at=later(minutes=5))

    with in_tenant(bank.id):
        stats = queue_statistics(tellers.id, at=later(minutes=12))

    assert stats == {
        "waiting": 1, "called": 0, "serving": 0, "paused": 0,
        "issued_today": 3, "closed_today": 1, "no_show_today": 0, "cancelled_today": 1, "expired_today": 0,
        "longest_wait_s": 600, "average_wait_s": 0, "average_service_s": 240, "percent_in_target": 100.0,
        "open_counters": 1,
        "eta_seconds": None, "eta_low_seconds": None, "eta_high_seconds": None, "eta_quality": "none",
    }  # fmt: skip
    assert waiting


def test_yesterday_is_not_today(bank, tellers, take):
    take()
    with in_tenant(bank.id):
        stats = queue_statistics(tellers.id, at=later(days=1))

    assert (stats["issued_today"], stats["waiting"]) == (0, 1)


def test_another_tenants_queue_has_no_statistics(cheikh, tellers):
    with in_tenant(cheikh.tenant.id), pytest.raises(errors.QueueNotFound):
        queue_statistics(tellers.id, at=later())
