"""Somebody waits elsewhere: what they agree to is kept while it is needed, and nothing of it longer."""

from datetime import timedelta
from uuid import uuid4

import pytest

from smartqueue.kernel.errors import Invalid
from smartqueue.queueing import errors
from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE, at_the_same_time
from tests.forecast.journeys import AWAY, NEAR, PLATEAU, be_at, hear, journey, look, mapped, plan, told

__all__ = ["be_at", "hear", "journey", "look", "mapped", "plan", "told"]


def later(**parts):
    return NINE + timedelta(**parts)


@pytest.fixture(autouse=True)
def _counter_is_open(binta):
    """Without one nobody is told minutes."""


@pytest.fixture
def mine(take, mapped):
    return take(channel="web")


@pytest.fixture
def traces(bank):
    """Everything that anybody could read of a ticket but its journey's row: facts and messages."""
    from smartqueue.journal.models import Entry
    from smartqueue.notifications.models import Notification

    def read():
        with in_tenant(bank.id):
            entries = [str([e.data, e.before, e.after, e.endpoint, e.actor_label]) for e in Entry.objects.all()]
            return "".join(entries) + "".join(str(row.values) + row.body for row in Notification.objects.all())

    return read


def test_a_position_is_refused_until_its_owner_agrees(mine, plan, be_at, journey):
    from smartqueue.forecast.errors import ConsentMissing, JourneyNotFound

    with pytest.raises(JourneyNotFound):
        be_at(mine, AWAY)
    plan(mine, minutes=20)
    with pytest.raises(ConsentMissing):
        be_at(mine, AWAY)
    assert journey(mine).latitude is None

    plan(mine, minutes=None)
    assert be_at(mine, AWAY) is True
    assert (journey(mine).latitude, journey(mine).consented_at) == (AWAY[0], NINE)


def test_the_database_keeps_no_position_without_consent(bank, mine, plan, journey):
    from django.db import IntegrityError

    from smartqueue.forecast.models import Journey

    plan(mine, minutes=20)
    with pytest.raises(IntegrityError, match="journey_position_by_consent"), in_tenant(bank.id):
        Journey.objects.filter(ticket_id=mine).update(latitude=14.7, longitude=-17.4, position_at=NINE)


def test_only_the_newest_position_is_known_and_one_in_ten_seconds(mine, plan, be_at, journey):
    plan(mine, minutes=None)
    kept = [be_at(mine, (14.5 + n / 8, -17.44), at=later(seconds=seconds)) for n, seconds in enumerate((0, 9, 10, 5))]

    assert kept == [True, False, True, False]
    assert (journey(mine).latitude, journey(mine).position_at) == (14.75, later(seconds=10))


def test_two_positions_at_once_are_one(mine, plan, be_at, journey):
    plan(mine, minutes=None)

    kept = at_the_same_time(*[lambda n=n: be_at(mine, (14.70 + n / 100, -17.44)) for n in range(4)])

    assert sorted(kept) == [False, False, False, True]
    assert journey(mine).latitude == 14.70 + kept.index(True) / 100


@pytest.mark.parametrize(
    ("place", "wrong"),
    [
        ((91.0, 0.0), {"latitude"}),
        ((0.0, -180.5), {"longitude"}),
        ((float("nan"), float("inf")), {"latitude", "longitude"}),
    ],
)
def test_what_is_not_on_earth_is_refused_by_field(mine, plan, be_at, journey, place, wrong):
    plan(mine, minutes=None)
    with pytest.raises(Invalid) as refused:
        be_at(mine, place)

    assert set(refused.value.facts["errors"]) == wrong
    assert journey(mine).position_at is None


def test_a_plan_needs_minutes_or_an_agreement_and_a_way_that_is_offered(bank, mine, plan, journey, site):
    from smartqueue.forecast.errors import SiteNotOnMap

    for options, field in (
        ({"minutes": 0}, "minutes"), ({"minutes": 241}, "minutes"), ({"minutes": 5, "mode": "ter"}, "mode"),
        ({"minutes": 5, "mode": "rocket"}, "mode"),
    ):  # fmt: skip
        with pytest.raises(Invalid) as refused:
            plan(mine, **options)
        assert set(refused.value.facts["errors"]) == {field}
    site.latitude = site.longitude = None
    with in_tenant(bank.id):
        site.save()
    with pytest.raises(SiteNotOnMap):
        plan(mine, minutes=None)

    assert journey(mine) is None


def test_whoever_does_not_wait_goes_nowhere(bank, mine, plan, be_at, binta, tellers, journey, ticket):
    from smartqueue.forecast.actions.journeys import set_out
    from smartqueue.journal.states import SYSTEM
    from smartqueue.queueing.actions import tickets
    from smartqueue.queueing.errors import IllegalMove

    plan(mine, minutes=None)
    with in_tenant(bank.id):
        tickets.cancel_ticket(ticket_id=mine, agent_id=None, reason="", actor=SYSTEM, at=NINE)
    with pytest.raises(IllegalMove):
        plan(mine, minutes=None)
    with pytest.raises(IllegalMove):
        be_at(mine, AWAY)
    with pytest.raises(IllegalMove), in_tenant(bank.id):
        set_out(ticket_id=mine, at=NINE)
    with pytest.raises(errors.TicketNotFound):
        be_at(uuid4(), AWAY)


def test_another_tenants_ticket_is_absent(cheikh, mine, plan):
    from smartqueue.forecast.actions.journeys import forget_journey, move, plan_journey, set_out
    from smartqueue.forecast.errors import JourneyNotFound
    from smartqueue.forecast.queries.journeys import journey_of
    from smartqueue.journal.states import SYSTEM
    from smartqueue.travel.states import Point

    plan(mine, minutes=None)
    with in_tenant(cheikh.tenant.id):
        assert journey_of(mine, at=NINE) is None
        with pytest.raises(errors.TicketNotFound):
            plan_journey(ticket_id=mine, mode="pied", minutes=5, agrees=False, actor=SYSTEM, at=NINE)
        with pytest.raises(errors.TicketNotFound):
            move(ticket_id=mine, point=Point(*AWAY), at=NINE)
        with pytest.raises(errors.TicketNotFound):
            set_out(ticket_id=mine, at=NINE)
        with pytest.raises(JourneyNotFound):
            forget_journey(ticket_id=mine, actor=SYSTEM, at=NINE)


def test_coming_near_from_outside_is_arriving(mine, plan, be_at, journey, ticket):
    plan(mine, minutes=None)
    be_at(mine, NEAR)
    assert (ticket(mine).here_at, journey(mine).arrived_at) == (None, None), "who is inside still has to leave first"
    be_at(mine, AWAY, at=later(minutes=10))
    be_at(mine, NEAR, at=later(minutes=30), accuracy_m=900.0)
    assert ticket(mine).here_at is None, "too rough to tell"

    be_at(mine, NEAR, at=later(minutes=31), accuracy_m=20.0)
    assert ticket(mine).here_at == later(minutes=31)
    assert (journey(mine).arrived_at, journey(mine).latitude) == (later(minutes=31), None)


def test_an_arrival_after_setting_out_teaches_the_way_and_forgets_where_it_began(
    bank, mine, plan, be_at, look, journey, hear, outlook_of, tellers, told
):
    from smartqueue.travel.models import TravelLesson

    outlook_of(tellers, p10=[600], p50=[1200], p90=[1800])
    plan(mine, minutes=None)
    be_at(mine, AWAY)
    look(NINE)
    assert len(told(mine)) == 1
    be_at(mine, (AWAY[0] - 0.001, AWAY[1]), at=later(minutes=2))
    assert journey(mine).set_out_at is None, "a hundred metres are a walk round the house"
    be_at(mine, (AWAY[0] - 0.005, AWAY[1]), at=later(minutes=4))
    assert journey(mine).set_out_at == later(minutes=2)
    assert (journey(mine).origin_latitude, journey(mine).origin_longitude) == (14.719, -17.444)
    be_at(mine, NEAR, at=later(minutes=32))
    for _ in range(2):
        hear("ticket.checked_in")

    with in_tenant(bank.id):
        assert [row.trips for row in TravelLesson.objects.all()] == [1]
    row = journey(mine)
    assert (row.origin_latitude, row.origin_longitude, row.latitude, row.longitude) == (None,) * 4


def test_a_touch_teaches_nothing_because_it_may_come_from_anywhere(bank, mine, plan, be_at, journey, hear):
    from smartqueue.forecast.actions.journeys import set_out
    from smartqueue.journal.states import SYSTEM
    from smartqueue.queueing.actions.tickets import check_in_ticket
    from smartqueue.travel.models import TravelLesson

    plan(mine, minutes=None)
    be_at(mine, AWAY)
    with in_tenant(bank.id):
        set_out(ticket_id=mine, at=NINE)
        check_in_ticket(ticket_id=mine, actor=SYSTEM, at=later(minutes=20))
    hear("ticket.checked_in")

    with in_tenant(bank.id):
        assert TravelLesson.objects.count() == 0
    assert (journey(mine).arrived_at, journey(mine).origin_latitude) == (later(minutes=20), None)


@pytest.mark.parametrize("fact", ["cancelled", "closed", "no_show"])
def test_at_the_end_of_the_visit_the_place_is_forgotten(bank, mine, plan, be_at, journey, hear, binta, tellers, fact):
    from smartqueue.queueing.actions import hot, tickets

    plan(mine, minutes=None)
    be_at(mine, AWAY)
    who = {"agent_id": binta.agent.id, "actor": binta.actor}
    with in_tenant(bank.id):
        if fact == "cancelled":
            tickets.cancel_ticket(ticket_id=mine, reason="", at=later(minutes=1), **who)
        else:
            hot.call_next_ticket(tenant_id=bank.id, queue_id=tellers.id, at=later(minutes=1), **who)
    if fact == "no_show":
        with in_tenant(bank.id):
            tickets.mark_no_show(ticket_id=mine, at=later(minutes=30), **who)
    if fact == "closed":
        hot.close_ticket(tenant_id=bank.id, ticket_id=mine, actor=binta.actor, at=later(minutes=9))
    hear(f"ticket.{fact}")

    row = journey(mine)
    assert (row.latitude, row.longitude, row.position_at) == (None, None, None)
    assert row.ended_at is not None


def test_the_sweeper_forgets_what_no_handler_has(mine, plan, be_at, journey):
    from smartqueue.forecast.actions.journeys import forget_old_positions

    plan(mine, minutes=None)
    be_at(mine, AWAY)
    forget_old_positions(at=later(hours=24))
    assert journey(mine).latitude == AWAY[0]

    assert forget_old_positions(at=later(hours=24, seconds=1)) >= 1
    row = journey(mine)
    assert (row.latitude, row.longitude, row.position_at) == (None, None, None)


def test_whoever_is_erased_is_erased_here_too(bank, take, mapped, plan, be_at, journey):
    from smartqueue.customers.actions import customer_by_phone, forget_customer
    from smartqueue.journal.states import SYSTEM

    with in_tenant(bank.id):
        demba = customer_by_phone(tenant_id=bank.id, phone="771234567", actor=SYSTEM, at=NINE)
    his, others = take(channel="web", customer_id=demba.id), take(channel="web")
    for ticket_id in (his, others):
        plan(ticket_id, minutes=None)
        be_at(ticket_id, AWAY)
    with in_tenant(bank.id):
        forget_customer(customer=demba, actor=SYSTEM, at=NINE)

    assert (journey(his), journey(others).latitude) == (None, AWAY[0])


def test_taken_back_nothing_is_left_but_that_it_was_given(bank, mine, plan, be_at, journey):
    from smartqueue.forecast.actions.journeys import forget_journey
    from smartqueue.journal.models import Entry
    from smartqueue.journal.states import SYSTEM

    plan(mine, minutes=None)
    be_at(mine, AWAY)
    with in_tenant(bank.id):
        forget_journey(ticket_id=mine, actor=SYSTEM, at=NINE)
        said = list(Entry.objects.filter(object_id=mine, fact__startswith="journey.").values_list("fact", "data"))

    assert journey(mine) is None
    assert sorted(said) == [
        ("journey.forgotten", {}), ("journey.planned", {"mode": "transport", "with_position": True})
    ]  # fmt: skip


def test_no_fact_and_no_message_says_where_somebody_is(
    mine, plan, be_at, look, hear, traces, outlook_of, tellers
):  # fmt: skip
    from smartqueue.notifications.actions.presence import seen_here

    outlook_of(tellers, p10=[600], p50=[1200], p90=[1800])
    plan(mine, minutes=None)
    be_at(mine, (14.718273, -17.441928))
    look(NINE)
    seen_here(mine)
    hear("ticket.leave_now")
    be_at(mine, NEAR, at=later(minutes=20))
    hear("ticket.checked_in")

    words = traces()
    assert "travel_min" in words, "this would see it"
    assert [
        trace for trace in ("14.71", "17.44", "14.66", str(PLATEAU[0]), "latitude", "origin") if trace in words
    ] == []


@pytest.fixture
def far_first(take, mapped, plan, be_at, outlook_of, tellers):
    """Four people wait; the first is an hour away by bus, and one counter is open."""
    outlook_of(tellers, p10=[60, 120, 240, 360], p50=[120, 300, 600, 900], p90=[240, 600, 900, 1200])
    line = [take(at=later(seconds=n), channel="web") for n in range(4)]
    plan(line[0], minutes=60)
    return line


def test_somebody_far_is_passed_over_when_the_turn_comes_and_gets_the_place_back(
    bank, far_first, look, line, journey, hear
):
    from smartqueue.journal.states import SYSTEM
    from smartqueue.queueing.actions.tickets import check_in_ticket

    one, two, three, last = far_first
    look(later(minutes=1))
    assert (line(), journey(one).away_passes) == ([two, one, three, last], 1)
    with in_tenant(bank.id):
        check_in_ticket(ticket_id=one, actor=SYSTEM, at=later(minutes=2))
    hear("ticket.checked_in")

    assert line() == far_first
    look(later(minutes=9))
    assert line() == far_first, "whoever is here is not passed over"


def test_it_happens_five_times_and_no_more(bank, far_first, look, journey, take, line):
    from smartqueue.journal.states import SYSTEM
    from smartqueue.queueing.actions.tickets import cancel_ticket

    far = far_first[0]
    for n in range(8):
        take(at=later(seconds=10 + n), channel="web")
    for n in range(8):
        look(later(minutes=3 * n + 1))
        for before in line()[: line().index(far)]:  # they have their turn and go
            with in_tenant(bank.id):
                cancel_ticket(ticket_id=before, agent_id=None, reason="", actor=SYSTEM, at=later(minutes=3 * n + 2))

    assert (journey(far).away_passes, line()[0]) == (5, far)


@pytest.mark.parametrize("minutes", [3, 10])
def test_whoever_may_still_come_in_time_is_not_passed_over(
    take, mapped, plan, look, line, outlook_of, tellers, minutes
):
    outlook_of(tellers, p10=[60, 120], p50=[300, 600], p90=[600, 900])
    one, two = take(channel="web"), take(at=later(seconds=1), channel="web")
    plan(one, minutes=minutes)
    look(later(minutes=1))

    assert line() == [one, two]


def test_whoever_has_set_out_long_enough_ago_is_not_passed_over(bank, far_first, look, line):
    from smartqueue.forecast.actions.journeys import set_out

    with in_tenant(bank.id):
        set_out(ticket_id=far_first[0], at=NINE)
    look(later(minutes=56))

    assert line(at=later(minutes=56)) == far_first


def test_people_who_are_all_away_do_not_pass_each_other_round(far_first, plan, look, line, journey):
    _one, two, three, last = far_first
    plan(two, minutes=60)
    look(later(minutes=1))
    assert line()[0] == three, "the first who can come stands first"

    for ticket_id in (three, last):
        plan(ticket_id, minutes=60)
    before = line()
    look(later(minutes=5))
    assert line() == before, "where nobody can come nobody is moved"


@pytest.fixture
def line(bank, tellers):
    from smartqueue.queueing.queries import waiting_in_calling_order

    def read(at=NINE):
        with in_tenant(bank.id):
            return waiting_in_calling_order(tellers.id, at=at)

    return read
