"""A tenant's own history as a log, and the backtest over it."""

import csv
import gzip

from click.testing import CliRunner

from tests.cast import NINE
from tests.forecast.stream import later, number_all


def sits(person, opened_at, closed_at):
    from smartqueue.queueing.models import AgentSession
    from smartqueue.tenants.scope import in_tenant

    with in_tenant(person.tenant.id):
        AgentSession.objects.create(
            tenant_id=person.tenant.id, agent=person.agent, counter_id=person.agent.counter_id,
            opened_at=opened_at, closed_at=closed_at,
        )  # fmt: skip


def test_history_tells_of_lines_and_counters_in_the_sites_time(bank, tellers, binta, fatou, take, call):
    from smartqueue.forecast.queries.history import history
    from smartqueue.tenants.scope import in_tenant

    sits(binta, later(minutes=-5), None)
    sits(fatou, later(minutes=-4), later(minutes=1, seconds=30))
    first, second = take(), take(at=later(minutes=1))
    call(binta, later(minutes=2))
    number_all(later(minutes=3))
    with in_tenant(bank.id):
        rows = [row for row in history(bank.id) if row.queue_id == tellers.id]

    tickets = [(row.event, row.ticket_id) for row in rows if row.ticket_id]
    local = NINE.replace(tzinfo=None)  # Dakar's clock shows UTC
    assert tickets == [("issued", first), ("issued", second), ("called", first)]
    assert [row.at - local for row in rows if row.ticket_id] == [later(minutes=n) - NINE for n in (0, 1, 2)]
    counters = [((row.at - local).total_seconds(), row.value) for row in rows if row.event == "counters"]
    assert counters == [(-300, 1.0), (-240, 2.0), (90, 1.0)]
    assert rows == sorted(rows, key=lambda row: row.at)


def test_a_tenant_sees_only_its_own_history(bank, cheikh, take):
    from smartqueue.forecast.queries.history import history
    from smartqueue.tenants.scope import in_tenant

    take()
    number_all(later(minutes=1))
    with in_tenant(cheikh.tenant.id):
        assert list(history(bank.id)) == []


def test_what_is_exported_can_be_played_back(bank, binta, take, call, tmp_path):
    from smartqueue.cli.forecast import command

    take()
    call(binta, later(minutes=6))
    number_all(later(minutes=7))
    out = tmp_path / "own_events.csv.gz"

    done = CliRunner().invoke(command, ["export", bank.slug, str(out)], catch_exceptions=False)
    played = CliRunner().invoke(command, ["backtest", str(out)], catch_exceptions=False)

    assert done.exit_code == 0
    with gzip.open(out, "rt", encoding="utf-8") as file:
        assert {"issued", "called"} <= {row["event"] for row in csv.DictReader(file)}
    assert "1 tickets scored; they waited 6.0 min on average." in played.stdout
    assert "Rows left out" not in played.stderr


def test_a_tenant_that_is_not_there_is_said_so(bank, tmp_path):
    from smartqueue.cli.forecast import command

    done = CliRunner().invoke(command, ["export", "nobody-at-all", str(tmp_path / "x.csv")])

    assert done.exit_code == 1
    assert "No such tenant: nobody-at-all." in done.stderr
