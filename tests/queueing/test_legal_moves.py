"""What PostgreSQL itself refuses about a ticket's life: every pair of states, by hand-written SQL."""

from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection

from smartqueue.journal.actions import record
from smartqueue.journal.states import SYSTEM, AuditKind
from smartqueue.kernel.refusing import constraint_of
from smartqueue.queueing.models import Ticket
from smartqueue.queueing.states import LEGAL_MOVES, LIVE, TicketState
from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE

EVERY_PAIR = [(before, after) for before in TicketState for after in TicketState]


@pytest.fixture
def stand(bank, tellers, binta):
    """A ticket standing in a state, as if its life had brought it there: inserted, which is no move."""

    def make(state=TicketState.WAITING, sequence=1, agent=binta, **columns):
        with in_tenant(bank.id):
            ticket = Ticket.objects.create(
                **{
                    "tenant": bank, "origin_id": tellers.id, "queue": tellers, "service_id": tellers.service_id,
                    "day": NINE.date(), "sequence": sequence, "number": f"A{sequence:03}", "channel": "kiosk",
                    "line_at": NINE, "created_at": NINE, "status": state,
                }
                | columns_of(state, agent)
                | columns
            )  # fmt: skip
            note(ticket.id, bank, 1)
        return ticket.id

    return make


def columns_of(state, agent):
    """What the check constraints want of a ticket in this state."""
    in_hand = {"agent_id": agent.agent.id, "counter_id": agent.agent.counter_id, "called_at": NINE}
    never_called = {"agent_id": None, "counter_id": None, "called_at": None}
    return {
        **(never_called if state == TicketState.WAITING else in_hand),
        "started_at": NINE if state == TicketState.SERVING else None,
        "ended_at": None if state in LIVE else NINE,
    }


def note(ticket_id, bank, version):
    record(
        "ticket.tested", kind=AuditKind.STATUS_CHANGE, tenant_id=bank.id, object_type="ticket", object_id=ticket_id,
        version=version, actor=SYSTEM, at=NINE,
    )  # fmt: skip


def change(ticket_id, bank, *, noted=2, version=2, **columns):
    """One UPDATE and its journal entry (None: without), committed as the application's role."""
    assignments = ", ".join(f"{column} = %s" for column in columns)
    with in_tenant(bank.id), connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE queueing_ticket SET {assignments}, version = %s WHERE id = %s",
            [*columns.values(), version, ticket_id],
        )
        assert cursor.rowcount == 1
        if noted:
            note(ticket_id, bank, noted)


@contextmanager
def refused_by(constraint):
    with pytest.raises(IntegrityError) as refusal:
        yield
    assert constraint_of(refusal.value) == constraint


@pytest.mark.parametrize(("before", "after"), EVERY_PAIR, ids=lambda state: state.value)
def test_the_database_accepts_exactly_the_legal_moves(bank, stand, binta, ticket, before, after):
    ticket_id = stand(before)
    move = {"status": after.value, **columns_of(after, binta)}

    if before == after or (before, after) in LEGAL_MOVES:
        change(ticket_id, bank, **move)
    else:
        with refused_by("ticket_legal_move"):
            change(ticket_id, bank, **move)

    assert ticket(ticket_id).status == (after if before == after or (before, after) in LEGAL_MOVES else before)


def test_every_state_is_left_or_entered_by_some_legal_move():
    assert {state for move in LEGAL_MOVES for state in move} == set(TicketState)
    assert len(EVERY_PAIR) == 64


@pytest.mark.parametrize("version", [0, 1, 3])
def test_a_version_that_is_not_the_next_one_is_refused(bank, stand, version):
    ticket_id = stand()

    with refused_by("ticket_version_steps"):
        change(ticket_id, bank, version=version, noted=None, reason="?")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("number", "A002"),
        ("sequence", 2),
        ("day", NINE.date() + timedelta(days=1)),
        ("token", "another"),
        ("created_at", NINE - timedelta(hours=1)),
        ("origin_id", uuid4()),
    ],
)
def test_number_day_token_and_arrival_never_change(bank, stand, column, value):
    ticket_id = stand()

    with refused_by("ticket_identity_kept"):
        change(ticket_id, bank, **{column: value})


def test_a_change_without_its_journal_entry_is_refused_at_the_commit(bank, stand, ticket):
    ticket_id = stand()

    with refused_by("ticket_is_recorded"):
        change(ticket_id, bank, noted=None, reason="nobody will know")

    assert ticket(ticket_id).reason == ""


def test_the_journal_entry_of_another_version_does_not_do(bank, stand):
    ticket_id = stand()

    with refused_by("ticket_is_recorded"):
        change(ticket_id, bank, noted=3, reason="too far")


def test_a_new_ticket_without_its_journal_entry_is_refused(bank, tellers):
    with refused_by("ticket_is_recorded"), in_tenant(bank.id):
        Ticket.objects.create(
            tenant=bank, origin_id=tellers.id, queue=tellers, service_id=tellers.service_id, day=NINE.date(),
            sequence=1, number="A001", channel="kiosk", line_at=NINE, created_at=NINE,
        )  # fmt: skip


def test_a_version_has_one_journal_entry_only(bank, stand):
    ticket_id = stand()

    with refused_by("entry_one_per_version"), in_tenant(bank.id):
        note(ticket_id, bank, 1)


@pytest.mark.parametrize("state", [TicketState.CALLED, TicketState.SERVING])
def test_an_agent_has_no_two_tickets_in_hand(bank, stand, fatou, state):
    stand(state)

    with refused_by("one_ticket_per_agent"):
        stand(TicketState.SERVING, sequence=2)
    stand(TicketState.SERVING, sequence=3, agent=fatou)


def test_parked_and_ended_tickets_do_not_hold_their_agent(stand):
    for sequence, state in enumerate((TicketState.PAUSED, TicketState.CLOSED, TicketState.CALLED), start=1):
        stand(state, sequence=sequence)


@pytest.mark.parametrize("state", TicketState)
def test_a_ticket_is_kept_for_an_agent_only_while_it_is_parked(bank, stand, fatou, ticket, state):
    ticket_id = stand(state)

    if state == TicketState.PAUSED:
        change(ticket_id, bank, for_agent_id=fatou.agent.id)
    else:
        with refused_by("ticket_kept_while_parked"):
            change(ticket_id, bank, for_agent_id=fatou.agent.id)

    assert ticket(ticket_id).for_agent_id == (fatou.agent.id if state == TicketState.PAUSED else None)


def test_a_number_is_given_once_a_day(stand):
    stand(sequence=7)

    with refused_by("ticket_number_once"):
        stand(sequence=7)
    stand(sequence=7, day=NINE.date() + timedelta(days=1))


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"status": "called", "agent_id": None}, "ticket_called_by_someone"),
        ({"status": "serving"}, "ticket_serving_started"),
        ({"status": "closed"}, "ticket_ended_or_live"),
        ({"ended_at": NINE}, "ticket_ended_or_live"),
        ({"called_at": NINE - timedelta(seconds=1)}, "ticket_times_in_order"),
        ({"lane": 5}, "ticket_lane_is_its_priority"),
        ({"priority": 7, "lane": 7}, "ticket_priority_known"),
    ],
)
def test_a_state_without_what_belongs_to_it_is_refused(bank, stand, columns, constraint):
    called = "status" in columns and columns["status"] != "called"
    ticket_id = stand(TicketState.CALLED if called else TicketState.WAITING)

    with refused_by(constraint):
        change(ticket_id, bank, **columns)
