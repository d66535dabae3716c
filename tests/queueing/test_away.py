"""Somebody who waits elsewhere is passed over while far, not lost, and stands where they stood when they come."""

from datetime import timedelta

import pytest

from smartqueue.journal.states import SYSTEM
from smartqueue.queueing import errors
from smartqueue.queueing.actions import away, hot, tickets
from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE, at_the_same_time
from tests.queueing.conftest import later


@pytest.fixture
def four(take):
    """In the order of their arrival."""
    return [take(at=later(minutes=minute), channel="web") for minute in range(4)]


@pytest.fixture
def do(bank):
    def run(action, ticket_id, **options):
        with in_tenant(bank.id):
            return action(ticket_id=ticket_id, actor=SYSTEM, **{"at": later(minutes=5)} | options)

    return run


def test_whoever_is_far_lets_the_next_one_go_first_and_it_is_not_their_own_deferral(
    bank, four, do, ticket, line, facts
):
    from smartqueue.journal.models import Entry

    one, two, three, last = four
    do(away.pass_over_away, one, people=2)

    assert line() == [two, three, one, last]
    assert (ticket(one).deferrals, facts(one)) == (0, ["created", "deferred"])
    with in_tenant(bank.id):
        told = Entry.objects.get(object_id=one, fact="ticket.deferred").data
    assert (told["people"], told["rule"]) == (2, "away")


def test_nobody_is_passed_over_where_nobody_is_behind_or_who_does_not_wait(four, do, binta, tellers, bank):
    with pytest.raises(errors.NobodyBehind):
        do(away.pass_over_away, four[-1], people=1)
    hot.call_next_ticket(
        tenant_id=bank.id, agent_id=binta.agent.id, queue_id=tellers.id, actor=SYSTEM, at=later(hours=1)
    )
    for action, options in ((away.pass_over_away, {"people": 1}), (away.return_from_away, {}), (away.step_out, {})):
        with pytest.raises(errors.IllegalMove):
            do(action, four[0], at=later(hours=1), **options)


def test_another_priority_is_never_passed(take, do, line):
    low, high = take(), take(priority=5, at=later(minutes=1))

    for ticket_id in (low, high):
        with pytest.raises(errors.NobodyBehind):
            do(away.pass_over_away, ticket_id, people=1)


def test_whoever_comes_stands_where_they_stood(four, do, ticket, line, facts):
    one, two, three, last = four
    for minute in (5, 6):
        do(away.pass_over_away, one, people=1, at=later(minutes=minute))
    do(tickets.check_in_ticket, one, at=later(minutes=7))
    assert line() == [two, three, one, last]

    assert do(away.return_from_away, one, at=later(minutes=8)) is True
    assert line() == four
    assert ticket(one).line_at == ticket(one).created_at
    assert facts(one) == ["created", "deferred", "deferred", "checked_in", "returned"]
    assert do(away.return_from_away, one, at=later(minutes=9)) is False, "there is nothing to give back twice"


def test_what_the_owner_gave_away_is_not_given_back(four, do, line):
    """Let two pass by oneself, then passed over once: back to where the own word had put it."""
    one, two, three, last = four
    do(tickets.defer_ticket, one, people=1)
    do(away.pass_over_away, one, people=1)
    do(away.return_from_away, one)
    assert line() == [two, one, three, last]

    do(away.pass_over_away, one, people=1)
    do(tickets.defer_ticket, one, people=1, at=later(minutes=6))
    assert do(away.return_from_away, one) is False
    assert line() == [two, three, last, one]


def test_the_low_water_mark_does_not_hide_whoever_comes_back(bank, four, do, ticket, binta, tellers):
    """The mark is raised past everybody's place; the one who returns to an earlier one is called next all the same."""
    from smartqueue.queueing.models import LowWater

    one = four[0]
    do(away.pass_over_away, one, people=2)
    with in_tenant(bank.id):
        LowWater.objects.filter(queue=tellers, lane=0).update(line_at=ticket(four[1]).line_at)
    do(away.return_from_away, one)

    with in_tenant(bank.id):
        assert LowWater.objects.get(queue=tellers, lane=0).line_at == ticket(one).line_at
    called = hot.call_next_ticket(
        tenant_id=bank.id, agent_id=binta.agent.id, queue_id=tellers.id, actor=SYSTEM, at=later(hours=1)
    )
    assert called == one


def test_called_and_passed_over_at_once_is_one_of_both(bank, four, do, ticket, binta, tellers):
    outcome = at_the_same_time(
        lambda: hot.call_next_ticket(
            tenant_id=bank.id, agent_id=binta.agent.id, queue_id=tellers.id, actor=SYSTEM, at=later(hours=1)
        ),
        lambda: do(away.pass_over_away, four[0], people=1, at=later(hours=1)),
    )

    assert outcome[0] in four[:2]
    was_called = outcome[0] == four[0]
    assert isinstance(outcome[1], errors.IllegalMove) is was_called
    assert (ticket(four[0]).status == "called") is was_called


def test_whoever_steps_out_is_at_the_site_no_more(take, do, ticket, facts):
    inside, outside = take(channel="kiosk"), take(channel="web")
    for ticket_id in (inside, outside):
        do(away.step_out, ticket_id)

    assert (ticket(inside).here_at, facts(inside)) == (None, ["created", "stepped_out"])
    assert facts(outside) == ["created"]
    assert ticket(inside).line_at == NINE + timedelta()
