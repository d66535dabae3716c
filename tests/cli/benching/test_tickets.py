"""Generated tickets in PostgreSQL: 2,000 of them, written as the owner of the tables and as a superuser."""

import os
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from click.testing import CliRunner
from rich.progress import Progress

LAST = date(2026, 3, 31)
Make = Callable[..., Any]


@pytest.fixture
def urls() -> dict[str, str]:
    """Of this worker's database."""
    from django.db import connections

    name = connections["default"].settings_dict["NAME"]
    owner = os.environ["SQ_TEST_OWNER"].replace("/smartqueue?", f"/{name}?")
    return {"owner": owner, "superuser": os.environ["SQ_TEST_SUPERUSER"].replace("/postgres?", f"/{name}?")}


@pytest.fixture
def make(urls: dict[str, str]) -> Make:
    from smartqueue.cli.benching.tickets import make_all

    def make(role: str = "superuser", tickets: int = 2000, **said: Any) -> Any:
        options = {"tenants": 3, "days": 30, "seed": 1, "until": LAST, "prefix": f"g{uuid4().hex[:8]}"} | said
        return make_all(urls[role], tickets=tickets, progress=Progress(disable=True), **options)

    return make


def asked(url: str, question: str, made: Any) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as db:
        return db.execute(question, {"tenants": [house.tenant_id for house in made.houses]}).fetchall()


@pytest.mark.parametrize("role", ["owner", "superuser"])
def test_two_thousand_tickets_hold_together(make: Make, urls: dict[str, str], role: str) -> None:
    made = make(role)

    ((n, tenants, first, last, live),) = asked(
        urls["superuser"],
        "SELECT count(*), count(DISTINCT tenant_id), min(day), max(day), count(*) FILTER (WHERE ended_at IS NULL)"
        " FROM queueing_ticket WHERE tenant_id = ANY(%(tenants)s)",
        made,
    )
    assert (n, tenants, live) == (made.tickets, 3, 0)
    assert n == pytest.approx(2000, rel=0.1)
    assert LAST - timedelta(days=30) < first
    assert last == LAST
    assert asked(urls["superuser"], UNHOUSED, made) == [(0,)]
    assert asked(urls["superuser"], WRONG_DAY, made) == [(0,)]
    assert asked(urls["superuser"], WRONG_COUNTER, made) == [(0,)]


UNHOUSED = """
SELECT count(*) FROM queueing_ticket t
LEFT JOIN queueing_queue q ON q.tenant_id = t.tenant_id AND q.id = t.queue_id AND q.service_id = t.service_id
LEFT JOIN queueing_queue o ON o.tenant_id = t.tenant_id AND o.id = t.origin_id AND o.site_id = q.site_id
LEFT JOIN queueing_agent a ON a.tenant_id = t.tenant_id AND a.id = t.agent_id
LEFT JOIN sites_counter c ON c.tenant_id = t.tenant_id AND c.id = t.counter_id AND c.site_id = q.site_id
WHERE t.tenant_id = ANY(%(tenants)s)
  AND (o.id IS NULL OR t.number NOT LIKE o.prefix || '%%'
    OR (t.called_at IS NOT NULL AND (a.id IS NULL OR c.id IS NULL)))
"""
WRONG_DAY = """
SELECT count(*) FROM queueing_ticket t JOIN queueing_queue q ON q.id = t.origin_id JOIN sites_site s ON s.id = q.site_id
WHERE t.tenant_id = ANY(%(tenants)s) AND (t.created_at AT TIME ZONE s.time_zone)::date <> t.day
"""
WRONG_COUNTER = """
SELECT count(*) FROM (SELECT origin_id, day, max(sequence) AS n FROM queueing_ticket
    WHERE tenant_id = ANY(%(tenants)s) GROUP BY 1, 2) t
FULL JOIN (SELECT * FROM queueing_daycounter WHERE tenant_id = ANY(%(tenants)s)) c
    ON c.queue_id = t.origin_id AND c.day = t.day
WHERE t.n IS DISTINCT FROM c.last_sequence
"""


def test_the_watch_over_tickets_is_on_again_afterwards(make: Make, urls: dict[str, str]) -> None:
    made = make("owner", tickets=100)

    off = "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'queueing_ticket'::regclass AND tgenabled <> 'O'"
    assert asked(urls["owner"], off, made) == [(0,)]


def test_agents_were_there_and_had_their_break(make: Make, urls: dict[str, str]) -> None:
    made = make(tenants=1, tickets=1000)

    ((sessions, agents),) = asked(
        urls["superuser"],
        "SELECT count(*), count(DISTINCT agent_id) FROM queueing_agentsession WHERE tenant_id = ANY(%(tenants)s)",
        made,
    )
    statuses = asked(
        urls["superuser"],
        "SELECT after ->> 'status', count(*) FROM journal_entry WHERE tenant_id = ANY(%(tenants)s)"
        " AND fact = 'agent.status_updated' AND endpoint = 'generated' AND dispatched_at IS NOT NULL GROUP BY 1",
        made,
    )
    staff = sum(len(seats) for branch in made.houses[0].branches for seats in branch.staff)
    open_days = 26  # of March 2026 from the second on, without Sundays
    assert (agents, sessions) == (staff, staff * open_days)
    counts = dict(statuses)
    assert counts["offline"] == sessions
    assert counts["available"] == sessions + counts["paused"]
    assert 0 < counts["paused"] <= sessions


def test_the_largest_of_forty_organisations_has_a_fifth() -> None:
    from smartqueue.cli.benching.ground import shares

    sizes = shares(40)

    assert sum(sizes) == pytest.approx(1)
    assert sizes[0] == pytest.approx(0.2, abs=0.02)
    assert sizes == sorted(sizes, reverse=True)


def test_the_same_seed_makes_the_same_tickets(make: Make, urls: dict[str, str]) -> None:
    question = """
        SELECT number, day, created_at, called_at, ended_at, status, channel FROM queueing_ticket
        WHERE tenant_id = ANY(%(tenants)s) ORDER BY 1, 2, 3, 4
    """
    once, again, other = (
        asked(urls["superuser"], question, make(tenants=1, tickets=200, seed=seed)) for seed in (3, 3, 4)
    )

    assert once == again
    assert once != other


def test_the_command_says_what_it_made_and_refuses_to_do_it_twice(
    urls: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from smartqueue.cli.benching.tickets import command
    from smartqueue.config import environment

    monkeypatch.setenv("DATABASE_URL", urls["owner"])
    monkeypatch.setenv("REDIS_URL", os.environ["SQ_TEST_REDIS"])
    environment.load.cache_clear()
    words = ["--tickets", "100", "--tenants", "1", "--days", "7", "--prefix", f"g{uuid4().hex[:8]}"]

    first, second = (CliRunner().invoke(command, words) for _ in range(2))

    environment.load.cache_clear()
    assert (first.exit_code, second.exit_code) == (0, 1), first.output
    assert "tickets of 1 organisations over 7 days" in first.output
    assert "Choose another --prefix" in second.output
