"""Days that reports are about: people who came, waited and were served through the real actions, and what pages say."""

import re
from datetime import timedelta
from html import unescape

import pytest

from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE

OWN = "?period=own&first=2026-03-01&last=2026-03-03"
TAG = re.compile(r"<[^>]+>")


@pytest.fixture
def address(bank):
    return f"/{bank.slug}/manage/reports/"


@pytest.fixture
def counted():
    """`counted()`: the rollup has followed."""
    from smartqueue.reporting.actions import calculate_queue_metrics

    return lambda: calculate_queue_metrics(at=NINE + timedelta(days=30))


@pytest.fixture
def served(bank, take, binta):
    """`served(queue, at=NINE, waited_min=12)`: somebody came, waited and was served for five minutes."""
    from smartqueue.queueing.actions.hot import call_next_ticket, close_ticket
    from smartqueue.queueing.actions.tickets import start_service

    def make(queue=None, at=NINE, waited_min=12):
        who = {"tenant_id": bank.id, "user_id": binta.user.id, "actor": binta.actor}
        ticket_id = take(queue, at=at)
        called = at + timedelta(minutes=waited_min)
        assert call_next_ticket(at=called, **who) == ticket_id
        with in_tenant(bank.id):
            start_service(ticket_id=ticket_id, agent_id=None, actor=binta.actor, at=called)
        close_ticket(ticket_id=ticket_id, at=called + timedelta(minutes=5), **who)

    return make


@pytest.fixture
def days(served, take, tellers, make_queue, counted):
    """Three days: two served on Monday, one on Tuesday, one person who still waits elsewhere."""
    served()
    served(at=NINE + timedelta(hours=2), waited_min=24)
    served(at=NINE + timedelta(days=1), waited_min=66)
    take(make_queue(name="Prêts"), channel="web")
    counted()


def text_of(answer):
    return unescape(answer.content.decode())


def tables_of(page):
    """Each table of a report as {first cell: the others}."""
    found = []
    for table in re.findall(r'<table class="report-table" data-table.*?</table>', page, re.S):
        rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in re.findall(r"<tr.*?</tr>", table, re.S)]
        found.append({TAG.sub("", row[0]): [TAG.sub("", cell) for cell in row[1:]] for row in rows})
    return found
