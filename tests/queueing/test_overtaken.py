"""Why was I overtaken: who came later and was called before, and by which rule."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from tests.cast import NINE
from tests.queueing.conftest import later


@pytest.fixture
def why(bank):
    """`why(ticket)`: people by rule, most first; None where nobody has overtaken it."""
    from smartqueue.queueing.queries.overtaken import overtaken
    from smartqueue.tenants.scope import in_tenant

    def ask(ticket_id):
        with in_tenant(bank.id):
            found = overtaken(ticket_id)
        return None if found is None else {str(rule): people for rule, people in found.by_rule.items()}

    return ask


@pytest.fixture
def sentence(bank):
    from smartqueue.queueing.queries.overtaken import overtaken
    from smartqueue.tenants.scope import in_tenant

    def say(ticket_id):
        with in_tenant(bank.id), override("en"):
            return overtaken(ticket_id).sentence

    return say


@pytest.fixture
def next_one(bank, binta):
    """The agent calls, and closes at once so that the hand is free."""
    from smartqueue.queueing.actions import hot

    def call(minute, *, queue=None, chosen=None):
        asked = {"tenant_id": bank.id, "agent_id": binta.agent.id, "actor": binta.actor, "at": later(minutes=minute)}
        if chosen:
            hot.call_ticket(**asked, ticket_id=chosen, reason="Un vol à prendre")
            called = chosen
        else:
            called = hot.call_next_ticket(**asked, queue_id=queue.id)
        hot.close_ticket(tenant_id=bank.id, ticket_id=called, actor=binta.actor, at=later(minutes=minute))
        return called

    return call


@pytest.fixture
def line_of(make_queue, bank, binta):
    """A queue of a calling order, which Binta serves."""
    from smartqueue.queueing.models import Eligibility
    from smartqueue.tenants.scope import in_tenant

    def make(**fields):
        queue = make_queue(**fields)
        with in_tenant(bank.id):
            Eligibility.objects.create(tenant=bank, agent=binta.agent, queue=queue)
        return queue

    return make


def test_in_the_order_of_arrival_nobody_overtakes(tellers, take, next_one, why):
    early, mine, _later = take(), take(at=later(minutes=1)), take(at=later(minutes=2))

    assert next_one(3, queue=tellers) == early
    assert why(mine) is None


@pytest.mark.parametrize("strategy", ["priority", "sla", "mixed"])
def test_who_has_priority_is_said_to_have_priority(line_of, take, next_one, why, sentence, strategy):
    queue = line_of(strategy=strategy, elevated_target_s=60, elevated_rate=100)
    mine = take(queue)
    vips = [take(queue, at=later(minutes=n), priority=5) for n in (1, 2)]

    assert [next_one(n, queue=queue) for n in (30, 31)] == vips
    assert why(mine) == {"priority": 2}
    assert sentence(mine) == "2 people were called before you: they have priority."


def test_the_urgent_who_stand_above_all_have_priority_too(line_of, take, next_one, why):
    queue = line_of(urgent_first=True)
    mine, urgent = take(queue), take(queue, at=later(minutes=1), priority=10)

    assert next_one(2, queue=queue) == urgent
    assert why(mine) == {"priority": 1}


def test_who_was_chosen_is_said_to_be_chosen_and_the_reason_stays_inside(take, next_one, why, sentence):
    mine, other = take(), take(at=later(minutes=1))

    next_one(2, chosen=other)

    assert why(mine) == {"chosen": 1}
    assert sentence(mine) == "1 person was called before you: an agent chose that person."


def test_who_came_back_after_a_call_is_said_to_have_come_back(bank, tellers, binta, take, next_one, why, move, line):
    from smartqueue.queueing.actions import hot, tickets
    from smartqueue.queueing.states import Place

    mine, other = take(), take(at=later(minutes=1))
    hot.call_ticket(
        tenant_id=bank.id, ticket_id=other, agent_id=binta.agent.id, reason="Appelé", actor=binta.actor,
        at=later(minutes=2),
    )  # fmt: skip
    assert why(mine) == {"chosen": 1}
    move(tickets.put_back, other, place=Place.FIRST, at=later(minutes=3))

    assert why(mine) is None, "it waits again, so it has not gone before"
    assert next_one(4, queue=tellers) == other
    assert why(mine) == {"returned": 1}


def test_whom_i_let_pass_is_said_to_be_let_pass(tellers, take, next_one, why, move):
    from smartqueue.queueing.actions import tickets

    mine, other, third = take(), take(at=later(minutes=1)), take(at=later(minutes=2))
    move(tickets.defer_ticket, mine, people=1, agent_id="anybody", at=later(minutes=3))

    assert next_one(4, queue=tellers) == other
    assert why(mine) == {"let_pass": 1}
    assert why(third) is None


def test_who_went_first_while_i_was_on_the_way_is_told_even_when_i_am_back(tellers, take, next_one, why, move, line):
    from smartqueue.queueing.actions import away

    mine, other, third = take(channel="web"), take(at=later(minutes=1)), take(at=later(minutes=2))
    move(away.pass_over_away, mine, people=1, agent_id="anybody", at=later(minutes=3))
    assert next_one(4, queue=tellers) == other
    assert why(mine) == {"away": 1}

    move(away.return_from_away, mine, agent_id="anybody", at=later(minutes=5))
    assert line(tellers) == [mine, third]
    assert why(mine) == {"away": 1}


def test_who_was_put_back_last_is_told_so(bank, tellers, binta, take, next_one, why, move):
    from smartqueue.queueing.actions import hot, tickets
    from smartqueue.queueing.states import Place

    mine, other = take(), take(at=later(minutes=1))
    hot.call_next_ticket(
        tenant_id=bank.id, agent_id=binta.agent.id, queue_id=tellers.id, actor=binta.actor, at=later(minutes=2)
    )
    assert why(mine) is None, "it has been called itself"
    move(tickets.put_back, mine, place=Place.LAST, at=later(minutes=3))

    assert next_one(4, queue=tellers) == other
    assert why(mine) == {"moved_back": 1}


def test_who_was_called_in_this_line_before_i_was_sent_here_has_not_overtaken_me(
    tellers, line_of, take, next_one, why, move
):
    from smartqueue.queueing.actions import tickets

    elsewhere = line_of()
    mine = take(elsewhere)
    take(at=later(minutes=1))
    next_one(2, queue=tellers)
    move(tickets.transfer_ticket, mine, agent_id=None, to_queue_id=tellers.id, reason="", at=later(minutes=3))
    after = take(at=later(minutes=4))
    assert why(mine) is None

    next_one(5, chosen=after)
    assert why(mine) == {"chosen": 1}


def test_several_rules_are_one_sentence(line_of, take, next_one, why, sentence):
    queue = line_of(strategy="priority")
    mine = take(queue)
    for n in (1, 2):
        take(queue, at=later(minutes=n), priority=5)
        next_one(10 + n, queue=queue)
    next_one(13, chosen=take(queue, at=later(minutes=3)))

    assert why(mine) == {"priority": 2, "chosen": 1}
    assert sentence(mine) == (
        "3 people who came after you were called before you: 2 have priority, 1 was chosen by the agent."
    )


def test_other_lines_other_days_and_other_tenants_do_not_count(bank, line_of, tellers, take, next_one, why, cheikh):
    from smartqueue.queueing.queries.overtaken import overtaken
    from smartqueue.tenants.scope import in_tenant

    queue = line_of(strategy="priority")
    mine, beside = take(queue), take()
    take(queue, at=later(minutes=1), priority=5)
    next_one(2, queue=queue)
    take(queue, at=later(minutes=3), priority=5)
    tomorrow = take(queue, at=NINE + timedelta(days=1))

    assert (why(mine), why(beside), why(tomorrow)) == ({"priority": 1}, None, None)
    with in_tenant(cheikh.tenant.id):
        assert overtaken(mine) is None


def test_it_is_two_questions_for_one_and_for_three(bank, line_of, take, next_one, why):
    queue = line_of(strategy="priority")
    mine = take(queue)

    asked = []
    for people in (1, 3):
        for n in range(people):
            next_one(10 * people + n, chosen=take(queue, at=later(minutes=5 * people + n)))
        with CaptureQueriesContext(connection) as seen:
            why(mine)
        asked.append(len([query for query in seen if "queueing_ticket" in query["sql"]]))

    assert asked == [2, 2]


def test_who_came_before_me_has_not_overtaken_me_whatever_the_rule(line_of, take, next_one, why):
    queue = line_of(strategy="priority")
    early = take(queue, priority=5)
    mine = take(queue, at=later(minutes=1))

    assert next_one(2, queue=queue) == early
    assert why(mine) is None
