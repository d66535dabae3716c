"""`bench order`: its calls are the product's, its targets are fixed beforehand, its record is read whole."""

import gzip
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from smartqueue.cli.benching.order import (
    RATES,
    STRATEGIES,
    TARGETS_S,
    Record,
    Trial,
    drawn,
    made,
    measured,
    play,
    recorded,
    set_stage,
    targets_for,
    waits_of,
    within,
)
from tests.cast import NINE

QUEUE = {
    "wait_target_s": 900,
    "elevated_target_s": 600,
    "urgent_target_s": 300,
    "elevated_rate": 2.0,
    "urgent_rate": 4.0,
}
TRIAL = Trial(targets_s=(900, 600), elevated_rate=2.0, share=0.15, seeds=(1, 2))


@pytest.fixture
def db() -> Iterator[psycopg.Connection[Any]]:
    from django.db import connections

    name = connections["default"].settings_dict["NAME"]
    url = os.environ["SQ_TEST_SUPERUSER"].replace("/postgres?", f"/{name}?")
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def minutes(*numbers: float) -> list[datetime]:
    return [NINE + timedelta(minutes=one) for one in numbers]


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("urgent_first", [False, True])
def test_the_calls_are_those_of_the_product(db, bank, make_queue, make_agent, take, ticket, strategy, urgent_first):
    from smartqueue.queueing.actions.hot import call_next_ticket, close_ticket

    queue = make_queue(strategy=strategy, urgent_first=urgent_first)
    agent = make_agent("Binta Ba", queue)
    who = {"tenant_id": bank.id, "user_id": agent.user.id, "actor": agent.actor}
    rng = Random(f"{strategy} {urgent_first}")
    came = [NINE + timedelta(seconds=at) for at in sorted(rng.sample(range(3600), 24))]
    lanes = rng.choices([0, 5, 10], [6, 3, 1], k=24)
    calls = [NINE + timedelta(seconds=at) for at in sorted(rng.sample(range(900, 5400), 22))]
    ids, happened, coming = [], {}, 0
    for at in calls:
        while coming < len(came) and came[coming] <= at:
            ids.append(take(queue, at=came[coming], priority=lanes[coming]))
            coming += 1
        ticket_id = call_next_ticket(at=at, **who)
        if ticket_id is not None:
            happened[ticket_id] = at
            close_ticket(ticket_id=ticket_id, at=at, **who)

    record = Record([("line", at) for at in came], [("line", at) for at in calls])
    set_stage(db, record)
    called = play(db, record, lanes, QUEUE | {"strategy": strategy, "urgent_first": urgent_first})

    assert len(happened) > 15
    assert called[:coming] == [happened.get(ticket_id) for ticket_id in ids]


def test_each_line_begins_anew_and_a_call_for_nobody_is_for_nobody(db):
    record = Record(
        [("one", at) for at in minutes(5, 6)] + [("two", at) for at in minutes(0, 1)],
        [("one", at) for at in minutes(4, 7)] + [("two", at) for at in minutes(2, 3, 9)],
    )
    set_stage(db, record)

    called = play(db, record, [0, 5, 0, 5], QUEUE | {"strategy": "priority", "urgent_first": False})

    assert called == [None, *minutes(7, 3, 2)]
    assert waits_of(record, called) == [120.0, 60.0, 180.0, 60.0]


def test_a_reach_of_84_percent_of_fifo_sets_the_targets(db):
    """A hundred people at once, a call a minute: 84 wait no longer than 84 minutes."""
    record = Record([("line", NINE)] * 100, [("line", at) for at in minutes(*range(1, 101))])
    set_stage(db, record)

    assert targets_for(db, record) == (126 * 60, 84 * 60)
    assert (within([1.0, 2.0, 3.0, 4.0], 0.5), within([7.0], 0.99)) == (2.0, 7.0)


def test_deadlines_help_priority_people_at_little_cost_to_the_others(db):
    record = made(seed=7)
    set_stage(db, record)
    trial = Trial(targets_for(db, record), RATES[0], 0.15, (1, 2))

    found = {strategy: measured(db, record, trial, strategy) for strategy in ("fifo", "sla", "priority")}

    assert found["fifo"].in_target < found["sla"].in_target <= found["priority"].in_target
    assert found["fifo"].others_p99_s <= found["sla"].others_p99_s < found["priority"].others_p99_s


def test_nobody_with_priority_makes_all_orders_one(db):
    record = made(seed=3)
    set_stage(db, record)
    nobody = Trial((900, 600), RATES[0], 0.0, (1,))

    assert len({measured(db, record, nobody, strategy) for strategy in STRATEGIES}) == 1
    assert drawn(record, 0.15, 1) == drawn(record, 0.15, 1) != drawn(record, 0.15, 2)


def test_the_defaults_are_those_of_a_new_queue():
    from smartqueue.queueing.models import Queue

    queue = Queue()
    assert (queue.wait_target_s, queue.elevated_target_s) == TARGETS_S
    assert (queue.elevated_rate, queue.urgent_rate) == RATES


def test_a_record_is_read_by_queue_and_day(tmp_path: Path):
    events = tmp_path / "town_events.csv.gz"
    with gzip.open(events, "wt") as file:
        file.write(
            "at,queue,event,ticket,value\n2020-01-02T08:00:00,q1,counters,,2\n2020-01-02T08:00:00,q1,issued,1,\n"
            "2020-01-02T08:05:00,q1,called,1,\n2020-01-02T08:06:00,q1,issued,2,\n2020-01-03T08:00:00,q1,called,3,\n"
        )

    record = recorded(events)

    assert record.people == [
        ("q1 2020-01-02", datetime(2020, 1, 2, 8, 0, tzinfo=UTC)),
        ("q1 2020-01-02", datetime(2020, 1, 2, 8, 6, tzinfo=UTC)),
        ("q1 2020-01-03", datetime(2020, 1, 3, 8, 0, tzinfo=UTC)),
    ]
    assert [line for line, _at in record.turns] == ["q1 2020-01-02", "q1 2020-01-03"]


def test_one_target_alone_is_refused():
    from smartqueue.cli.bench import command

    refused = CliRunner().invoke(command, ["order", "--target-s", "900"])

    assert (refused.exit_code, "Give both targets, or none." in refused.output) == (2, True)
