"""When to leave: computed from the wait and the way, told once, and told again only when it is news."""

from datetime import timedelta

import pytest

from smartqueue.forecast.states import Stage
from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE, at_the_same_time
from tests.forecast.journeys import AWAY, be_at, hear, journey, look, mapped, plan, told
from tests.notifications.desk import desk, make_desk

__all__ = ["be_at", "desk", "hear", "journey", "look", "make_desk", "mapped", "plan", "told"]


def later(**parts):
    return NINE + timedelta(**parts)


@pytest.fixture
def seen(bank):
    from smartqueue.forecast.queries.journeys import journey_of

    def read(ticket_id, at=NINE):
        with in_tenant(bank.id):
            return journey_of(ticket_id, at=at)

    return read


@pytest.fixture(autouse=True)
def _counter_is_open(binta):
    """Without one nobody is told minutes."""


@pytest.fixture
def mine(take, tellers):
    return take(channel="web")


def test_the_moment_to_leave_is_the_early_end_of_the_wait_less_a_slow_way_and_the_margin(
    mine, plan, seen, outlook_of, tellers
):
    outlook_of(tellers, p10=[3600], p50=[4200], p90=[5400])
    plan(mine, minutes=20)

    way = seen(mine)

    assert way.leave_at == later(minutes=60 - 25 - 8)
    assert (way.travel_low_min, way.travel_high_min) == (20, 25)
    assert (way.turn_from, way.turn_to) == (later(minutes=70), later(minutes=90))
    assert (way.stage, way.is_due) == (Stage.LATER, False)


@pytest.mark.parametrize("nothing", ["published", "open"])
def test_without_an_open_counter_nothing_is_claimed(
    bank, mine, plan, look, told, seen, outlook_of, tellers, binta, nothing
):
    outlook_of(tellers, p50=[] if nothing == "published" else [60])
    if nothing == "open":
        binta.agent.status = "offline"
        with in_tenant(bank.id):
            binta.agent.save()
    plan(mine)

    assert look(NINE) == 1
    assert (seen(mine).stage, seen(mine).leave_at, told(mine)) == (Stage.UNKNOWN_WAIT, None, [])


def test_when_it_is_time_it_is_told_once(mine, plan, look, told, journey, outlook_of, tellers):
    outlook_of(tellers, p10=[60 * (25 + 8)], p50=[2400], p90=[3600])
    plan(mine, minutes=20)

    assert [look(later(minutes=m)) for m in (0, 1, 3, 6)] == [1, 0, 1, 1], "looked at as often as it is due"
    (fact,) = told(mine)
    assert fact.data == {
        "leave_at": NINE.isoformat(), "travel_min": 25, "low_min": 40, "high_min": 60,
    }  # fmt: skip
    assert (fact.version, fact.queue_id) == (None, None), "it is no move of the ticket, and no screen hears of it"
    assert journey(mine).told_at == NINE


def test_a_minute_before_it_is_not_told_and_the_clock_comes_by_at_that_minute(
    mine, plan, look, told, journey, outlook_of, tellers
):
    outlook_of(tellers, p10=[60 * (25 + 8 + 1)], p50=[2400], p90=[3600])
    plan(mine, minutes=20)
    look(NINE)

    assert told(mine) == []
    assert journey(mine).due_at == later(minutes=1)


@pytest.mark.parametrize(
    ("p10_min", "minute", "times"),
    [
        pytest.param(20, 9, 1, id="never twice in ten minutes"),
        pytest.param(11, 10, 1, id="not when it has moved by a minute only"),
        pytest.param(10, 10, 1, id="not when it is where it was"),
        pytest.param(19, 11, 2, id="again when it has moved by more than five minutes"),
        pytest.param(40, 11, 1, id="not when there is time again"),
    ],
)
def test_it_is_told_again_only_when_it_has_moved(
    mine, plan, look, told, outlook_of, tellers, p10_min, minute, times
):  # fmt: skip
    outlook_of(tellers, p10=[1200], p50=[2400], p90=[3600])
    plan(mine, minutes=20)  # 25 minutes at most, and eight before: 13 minutes late already
    look(NINE)
    outlook_of(tellers, p10=[60 * p10_min], p50=[2400], p90=[3600])
    look(later(minutes=minute))

    assert len(told(mine)) == times


def test_whoever_has_set_out_has_come_or_is_called_is_not_told(
    bank, mine, plan, look, told, take, outlook_of, tellers, binta, hear
):
    from smartqueue.forecast.actions.journeys import set_out
    from smartqueue.journal.states import SYSTEM
    from smartqueue.queueing.actions.hot import call_next_ticket
    from smartqueue.queueing.actions.tickets import check_in_ticket

    outlook_of(tellers, p10=[600], p50=[2400], p90=[3600])
    second, third = take(channel="web"), take(channel="web")
    for ticket_id in (mine, second, third):
        plan(ticket_id)
    call_next_ticket(tenant_id=bank.id, agent_id=binta.agent.id, queue_id=tellers.id, actor=binta.actor, at=NINE)
    with in_tenant(bank.id):
        set_out(ticket_id=second, at=NINE)
        check_in_ticket(ticket_id=third, actor=SYSTEM, at=NINE)
    hear("ticket.checked_in")

    assert look(later(minutes=1)) == 2
    assert [told(ticket_id) for ticket_id in (mine, second, third)] == [[], [], []]


def test_two_clocks_at_once_tell_once(bank, mine, plan, look, told, take, outlook_of, tellers):
    outlook_of(tellers, p10=[600], p50=[2400], p90=[3600])
    plan(mine)

    looked = at_the_same_time(*[lambda: look(NINE)] * 4)

    assert (sum(looked), len(told(mine))) == (1, 1)


def test_a_look_that_died_is_taken_up_again_and_tells_once(bank, mine, plan, look, told, journey, outlook_of, tellers):
    from smartqueue.forecast.actions import leaving

    outlook_of(tellers, p10=[600], p50=[2400], p90=[3600])
    plan(mine)
    assert leaving._claim(bank.id, NINE) == [mine]  # and here its process is killed

    assert (look(NINE), look(later(seconds=29)), told(mine)) == (0, 0, [])
    assert look(later(seconds=30)) == 1
    assert len(told(mine)) == 1


def test_between_fact_and_message_nothing_is_lost_and_nothing_is_doubled(
    bank, mine, plan, look, outlook_of, tellers, hear, desk
):
    """The relay hands the fact over at least once: a worker that died meanwhile is followed by another."""
    from smartqueue.notifications.actions.presence import seen_here

    outlook_of(tellers, p10=[1200], p50=[2400], p90=[3600])
    plan(mine)
    look(NINE)
    assert [row.kind for row in desk.rows()] == []

    seen_here(mine)
    for _ in range(2):
        hear("ticket.leave_now")

    (row,) = desk.rows()
    assert (row.kind, row.channel, row.status) == ("come_back", "page", "sent")
    assert (row.values["time"], row.values["wait_low_min"], row.values["wait_high_min"]) == ("09:25", 40, 60)


def test_what_comes_too_late_is_not_told(bank, mine, plan, look, outlook_of, tellers, hear, desk, binta):
    from smartqueue.notifications.actions.presence import seen_here
    from smartqueue.queueing.actions.hot import call_next_ticket

    outlook_of(tellers, p10=[1200], p50=[2400], p90=[3600])
    plan(mine)
    look(NINE)
    seen_here(mine)
    call_next_ticket(tenant_id=bank.id, agent_id=binta.agent.id, queue_id=tellers.id, actor=binta.actor, at=NINE)
    hear("ticket.leave_now")

    assert desk.rows() == []


def test_the_way_is_computed_from_the_position_and_anew_from_another_one(
    mine, mapped, plan, be_at, look, journey, seen, outlook_of, tellers
):
    outlook_of(tellers, p10=[7200], p50=[7800], p90=[9000])
    plan(mine, minutes=None)
    assert seen(mine).stage == Stage.UNKNOWN_WAY
    be_at(mine, AWAY)
    look(NINE)
    far = journey(mine).travel_s
    nearer = tuple((a + b) / 2 for a, b in zip(AWAY, (mapped.latitude, mapped.longitude), strict=True))
    be_at(mine, nearer, at=later(minutes=1))

    assert look(later(minutes=1)) == 1, "a new position is looked at at once"
    assert 0 < journey(mine).travel_s < far
    assert journey(mine).travel_p80_s >= journey(mine).travel_s
    assert seen(mine, later(minutes=1)).stage == Stage.LATER


def test_a_call_in_the_line_has_those_looked_at_whom_it_may_concern(
    bank, take, plan, look, journey, outlook_of, tellers, make_queue, binta, hear
):
    from smartqueue.queueing.actions.hot import call_next_ticket

    other = make_queue()
    for queue in (tellers, other):
        outlook_of(queue, p10=[2400], p50=[3000], p90=[3600])
    take()
    soon, far, elsewhere = take(channel="web"), take(channel="web"), take(other, channel="web")
    for ticket_id, minutes in ((soon, 60), (far, 5), (elsewhere, 30)):
        plan(ticket_id, minutes=minutes)
    look(NINE)
    call_next_ticket(
        tenant_id=bank.id, agent_id=binta.agent.id, queue_id=tellers.id, actor=binta.actor, at=later(seconds=20)
    )
    hear("ticket.called")

    assert [journey(one).due_at <= later(seconds=20) for one in (soon, far, elsewhere)] == [True, False, False]


def test_every_tenants_clock_goes_round_and_sees_its_own(
    bank, mine, plan, told, outlook_of, tellers, cheikh, journey
):  # fmt: skip
    from smartqueue.forecast.actions.leaving import watch_journeys, watch_tenant

    outlook_of(tellers, p10=[600], p50=[2400], p90=[3600])
    plan(mine)

    assert watch_tenant(tenant_id=cheikh.tenant.id, at=NINE) == 0
    assert journey(mine).due_at == NINE
    assert watch_journeys(at=NINE) >= 1
    assert len(told(mine)) == 1
