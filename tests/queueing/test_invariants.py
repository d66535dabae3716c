"""Each invariant sees the fault it is there for, and names it; the others stay silent.

The database here has lost what normally makes these faults impossible: triggers, unique indexes, constraints.
"""

from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest

from smartqueue.journal.states import SYSTEM
from smartqueue.queueing.actions.hot import call_next_ticket, issue_ticket
from smartqueue.queueing.actions.tickets import hand_over_ticket
from smartqueue.queueing.queries.invariants import QUESTIONS, check_acknowledged, check_invariants
from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE
from tests.races.scratch import application_on, broken_database, superuser_of
from tests.races.world import broken_invariants, build_world

WITHOUT_LAWS = (
    "ALTER TABLE queueing_ticket DISABLE TRIGGER USER",
    "ALTER TABLE queueing_ticket DROP CONSTRAINT ticket_number_once",
    "ALTER TABLE queueing_ticket DROP CONSTRAINT ticket_called_by_someone",
    "ALTER TABLE journal_entry DROP CONSTRAINT entry_one_per_version",
    "DROP INDEX one_ticket_per_agent",
    "DROP INDEX entry_stream",
)


@pytest.fixture(scope="module")
def lawless():
    """This module's database, as a superuser whom no policy holds."""
    with (
        broken_database(*WITHOUT_LAWS) as name,
        application_on(name),
        psycopg.connect(superuser_of(name), autocommit=True) as db,
    ):
        yield db


@pytest.fixture
def world(lawless):
    """Three people in line, the first of them called, and a neighbour whose data must never show."""
    worlds = [build_world(), build_world()]
    for each in worlds:
        each.tickets = [take(each, seconds) for seconds in range(3)]
        call(each, 0)
        assert broken_invariants(each.id) == {}
    return worlds[0]


def take(world, seconds):
    return issue_ticket(
        tenant_id=world.id, queue_id=world.queues[0].id, channel="kiosk", actor=SYSTEM,
        at=NINE + timedelta(seconds=seconds),
    )  # fmt: skip


def call(world, agent):
    return call_next_ticket(
        tenant_id=world.id, agent_id=world.agents[agent].agent.id, queue_id=world.queues[0].id, actor=SYSTEM, at=NINE
    )


ENTRY = """
INSERT INTO journal_entry (tenant_id, at, kind, fact, object_type, object_id, version, queue_id, actor_kind,
    actor_label, user_agent, endpoint, data, before, after, tries, stream_seq)
SELECT tenant_id, at, kind, %(fact)s, 'ticket', object_id, %(version)s, queue_id, 'system', '', '', '', '{}',
    jsonb_build_object('status', %(found)s::text), jsonb_build_object('status', %(left)s::text), 0, NULL
FROM journal_entry WHERE object_id = %(ticket)s AND version = 1
"""


def test_i1_a_ticket_that_two_agents_have_called(lawless, world):
    first = world.tickets[0]
    lawless.execute(
        ENTRY, {"fact": "ticket.called", "version": 3, "found": "called", "left": "called", "ticket": first}
    )
    lawless.execute(
        "UPDATE queueing_ticket SET version = 3, agent_id = %s WHERE id = %s", [world.agents[1].agent.id, first]
    )

    broken = broken_invariants(world.id)

    assert set(broken) == {"I1"}
    assert [row[:2] for row in broken["I1"]] == [(first, 3)]


def test_i2_a_number_given_twice(lawless, world):
    lawless.execute("UPDATE queueing_ticket SET sequence = 2 WHERE id = %s", [world.tickets[2]])

    assert set(broken_invariants(world.id)) == {"I2"}


def test_i2_a_number_left_out(lawless, world):
    lawless.execute("UPDATE queueing_ticket SET sequence = 4 WHERE id = %s", [world.tickets[2]])

    assert set(broken_invariants(world.id)) == {"I2"}


@pytest.mark.parametrize("step", [-1, 1])
def test_i2_a_counter_that_is_not_the_last_number(lawless, world, step):
    lawless.execute(
        "UPDATE queueing_daycounter SET last_sequence = last_sequence + %s WHERE tenant_id = %s", [step, world.id]
    )

    assert set(broken_invariants(world.id)) == {"I2"}


def test_i2_numbers_without_a_counter_and_a_counter_without_numbers(lawless, world):
    lawless.execute("UPDATE queueing_daycounter SET day = day + 1 WHERE tenant_id = %s", [world.id])

    broken = broken_invariants(world.id)

    assert set(broken) == {"I2"}
    assert len(broken["I2"]) == 2


def test_i3_an_acknowledged_ticket_that_is_not_there(world):
    lost = uuid4()
    with in_tenant(world.id):
        finding = check_acknowledged(tenant_id=world.id, taken=[*world.tickets, lost], called={})

    assert (finding.name, finding.broken) == ("I3", [(lost,)])


def test_i3_a_call_that_was_acknowledged_to_someone_else(world):
    first, second, _third = world.tickets
    binta, fatou = (person.agent.id for person in world.agents)
    with in_tenant(world.id):
        right = check_acknowledged(tenant_id=world.id, taken=world.tickets, called={first: binta})
        wrong = check_acknowledged(tenant_id=world.id, taken=[], called={first: fatou, second: binta})

    assert right.broken == []
    assert set(wrong.broken) == {(first, fatou), (second, binta)}


def test_i4_a_key_without_its_answer(lawless, world):
    lawless.execute(
        "INSERT INTO journal_rememberedanswer (id, tenant_id, caller, key, fingerprint, status, body, created_at)"
        " VALUES (gen_random_uuid(), %s, 'user:x', 'key', '', 0, '', now())",
        [world.id],
    )

    assert set(broken_invariants(world.id)) == {"I4"}


def test_i5b_a_ticket_kept_for_one_who_has_left(lawless, world):
    binta, fatou = (person.agent.id for person in world.agents)
    with in_tenant(world.id):
        hand_over_ticket(
            ticket_id=world.tickets[0], agent_id=binta, to_agent_id=fatou, reason="x", actor=SYSTEM, at=NINE
        )
    assert broken_invariants(world.id) == {}
    lawless.execute("UPDATE queueing_agent SET status = 'offline', counter_id = NULL WHERE id = %s", [fatou])

    broken = broken_invariants(world.id)

    assert broken == {"I5b": [(world.tickets[0], "paused", fatou)]}


def test_i5_an_agent_with_two_tickets_in_hand(lawless, world):
    call(world, 1)
    assert broken_invariants(world.id) == {}
    lawless.execute(
        "UPDATE queueing_ticket SET agent_id = %s WHERE id = %s", [world.agents[0].agent.id, world.tickets[1]]
    )

    broken = broken_invariants(world.id)

    assert set(broken) == {"I5"}
    assert set(broken["I5"][0][1]) == set(world.tickets[:2])


def test_i5_a_called_ticket_in_nobodys_hands(lawless, world):
    lawless.execute("UPDATE queueing_ticket SET agent_id = NULL WHERE id = %s", [world.tickets[0]])

    assert set(broken_invariants(world.id)) == {"I5"}


def test_i6_a_move_that_no_rule_allows(lawless, world):
    ticket = world.tickets[1]
    lawless.execute(
        ENTRY, {"fact": "ticket.closed", "version": 2, "found": "waiting", "left": "closed", "ticket": ticket}
    )
    lawless.execute(
        "UPDATE queueing_ticket SET status = 'closed', ended_at = created_at, version = 2 WHERE id = %s", [ticket]
    )

    broken = broken_invariants(world.id)

    assert broken == {"I6": [(ticket, 2, "waiting", "closed")]}


def test_i6_a_first_entry_that_is_not_waiting(lawless, world):
    ticket = world.tickets[1]
    lawless.execute('UPDATE journal_entry SET after = \'{"status": "called"}\' WHERE object_id = %s', [ticket])
    lawless.execute(
        "UPDATE queueing_ticket SET status = 'called', agent_id = %s, called_at = created_at WHERE id = %s",
        [world.agents[1].agent.id, ticket],
    )

    assert set(broken_invariants(world.id)) == {"I6"}


def test_i6_a_first_entry_that_names_no_state(lawless, world):
    lawless.execute("UPDATE journal_entry SET after = NULL WHERE object_id = %s", [world.tickets[1]])

    assert set(broken_invariants(world.id)) == {"I6"}


def test_i6_a_ticket_that_does_not_stand_where_its_journal_left_it(lawless, world):
    lawless.execute(
        "UPDATE queueing_ticket SET status = 'cancelled', ended_at = created_at WHERE id = %s", [world.tickets[1]]
    )

    assert broken_invariants(world.id) == {"I6": [(world.tickets[1], 1, "waiting", "cancelled")]}


def test_i6b_an_entry_that_found_something_else(lawless, world):
    ticket = world.tickets[1]
    lawless.execute(
        ENTRY, {"fact": "ticket.cancelled", "version": 2, "found": "called", "left": "cancelled", "ticket": ticket}
    )
    lawless.execute(
        "UPDATE queueing_ticket SET status = 'cancelled', ended_at = created_at, version = 2 WHERE id = %s", [ticket]
    )

    assert broken_invariants(world.id) == {"I6b": [(ticket, 2, "waiting", "called")]}


def test_i6b_an_entry_after_one_that_names_no_state(lawless, world):
    """Deferred and recalled change no state: what the next entry found is what the one before them left."""
    ticket = world.tickets[1]
    steps = [
        ("ticket.deferred", None, None),
        ("ticket.deferred", None, None),
        ("ticket.cancelled", "called", "cancelled"),
    ]
    for version, (fact, found, left) in enumerate(steps, start=2):
        lawless.execute(ENTRY, {"fact": fact, "version": version, "found": found, "left": left, "ticket": ticket})
    lawless.execute(
        "UPDATE queueing_ticket SET status = 'cancelled', ended_at = created_at, version = 4 WHERE id = %s", [ticket]
    )

    assert broken_invariants(world.id) == {"I6b": [(ticket, 4, "waiting", "called")]}


def test_i7_a_change_without_its_entry(lawless, world):
    lawless.execute("UPDATE queueing_ticket SET version = 2 WHERE id = %s", [world.tickets[1]])

    broken = broken_invariants(world.id)

    # A version that no entry describes has no known state either, so I6 names the ticket too.
    assert set(broken) == {"I6", "I7"}
    assert [row[0] for row in broken["I7"]] == [world.tickets[1]]


def test_i7_an_entry_written_twice(lawless, world):
    lawless.execute(
        ENTRY, {"fact": "ticket.deferred", "version": 1, "found": None, "left": None, "ticket": world.tickets[1]}
    )

    assert set(broken_invariants(world.id)) == {"I7"}


def test_i7_an_entry_of_a_ticket_that_is_gone(lawless, world):
    with lawless.transaction():
        lawless.execute("DELETE FROM queueing_ticket WHERE id = %s", [world.tickets[2]])
        lawless.execute("UPDATE queueing_daycounter SET last_sequence = 2 WHERE tenant_id = %s", [world.id])

    assert set(broken_invariants(world.id)) == {"I7"}


@pytest.mark.parametrize("numbers", [(1, 3), (2, 3), (1, 1)], ids=["gap", "late start", "twice"])
def test_i7b_a_stream_with_a_hole(lawless, world, numbers):
    for ticket, number in zip(world.tickets, numbers, strict=False):
        lawless.execute(
            "UPDATE journal_entry SET stream_seq = %s WHERE object_id = %s AND version = 1", [number, ticket]
        )

    assert set(broken_invariants(world.id)) == {"I7b"}


def test_every_question_is_asked_of_one_tenant_only(world):
    with in_tenant(world.id):
        findings = check_invariants(world.id)

    assert {finding.name for finding in findings} == set(QUESTIONS)
    assert all("%(tenant)s" in question for _says, question in QUESTIONS.values())
