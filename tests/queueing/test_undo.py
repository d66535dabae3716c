"""Undo: the last action, within ten seconds, exactly as it was."""

import pytest

from smartqueue.queueing import errors
from smartqueue.queueing.actions import hot, tickets
from smartqueue.queueing.models import Ticket
from tests.cast import NINE
from tests.queueing.conftest import later

KEPT = [field.attname for field in Ticket._meta.concrete_fields if field.attname != "version"]


def picture(row):
    return {name: getattr(row, name) for name in KEPT}


@pytest.mark.parametrize(
    ("action", "options"),
    [
        (tickets.recall_ticket, {}),
        (tickets.start_service, {}),
        (tickets.pause_ticket, {"reason": "Formulaire"}),
        (tickets.mark_no_show, {}),
        (tickets.put_back, {"place": "last"}),
        (tickets.cancel_ticket, {"reason": "Parti"}),
    ],
)
def test_a_move_is_taken_back_exactly(called, move, ticket, facts, action, options):
    before = picture(ticket(called))
    move(action, called, at=later(seconds=40), **options)

    move(tickets.undo, called, agent_id="anybody", at=later(seconds=45))

    assert picture(ticket(called)) == before
    assert facts(called)[-1] == "reopened"


def test_a_call_is_taken_back(called, move, ticket, line):
    move(tickets.undo, called, agent_id="anybody", at=later(seconds=5))

    row = ticket(called)
    assert (row.status, row.agent_id, row.called_at, row.call_reason) == ("waiting", None, None, None)
    assert line() == [called]


def test_a_close_is_taken_back(serving, binta, move, ticket):
    before = picture(ticket(serving))
    hot.close_ticket(tenant_id=binta.tenant.id, ticket_id=serving, actor=binta.actor, at=later(minutes=5))

    move(tickets.undo, serving, agent_id="anybody", at=later(minutes=5, seconds=9))

    assert picture(ticket(serving)) == before


def test_a_transfer_is_taken_back(serving, make_queue, move, ticket):
    before = picture(ticket(serving))
    move(tickets.transfer_ticket, serving, to_queue_id=make_queue().id, reason="x", at=later(minutes=2))

    move(tickets.undo, serving, agent_id="anybody", at=later(minutes=2, seconds=1))

    assert picture(ticket(serving)) == before


def test_after_ten_seconds_it_is_too_late(called, move):
    with pytest.raises(errors.NothingToUndo):
        move(tickets.undo, called, agent_id="anybody", at=later(seconds=11))


def test_nobody_takes_back_what_another_did(called, move, fatou):
    with pytest.raises(errors.NothingToUndo):
        move(tickets.undo, called, agent_id="anybody", actor=fatou.actor, at=later(seconds=1))


def test_only_the_last_action_can_be_taken_back(called, move, take):
    other = take(at=later(seconds=1))
    move(tickets.cancel_ticket, other, agent_id=None, reason="", at=later(seconds=2))

    with pytest.raises(errors.NothingToUndo):
        move(tickets.undo, called, agent_id="anybody", at=later(seconds=3))


def test_an_undo_is_not_undone(called, move):
    move(tickets.undo, called, agent_id="anybody", at=later(seconds=1))

    with pytest.raises(errors.NothingToUndo):
        move(tickets.undo, called, agent_id="anybody", at=later(seconds=2))


def test_taking_a_ticket_is_not_undone(take, move):
    with pytest.raises(errors.NothingToUndo):
        move(tickets.undo, take(at=NINE), agent_id="anybody", at=later(seconds=1))
