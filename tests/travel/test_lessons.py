"""What check-ins teach, and the modes and lines of a tenant's own."""

import math
from datetime import timedelta

import pytest

from smartqueue.tenants.scope import in_tenant
from smartqueue.travel.states import HourClass, Mode, Point, Zone
from smartqueue.travel.states.table import Line
from tests.cast import NINE, at_the_same_time
from tests.travel.test_ways import PLATEAU, SAM_NOTAIRE, THIES, TUESDAY, hour

AFTERNOON = hour(TUESDAY, 13)


@pytest.fixture
def learn(bank):
    from smartqueue.travel.actions.lessons import learn_trip

    def make(ratio, minutes=None, mode=Mode.CAR, left_at=AFTERNOON):
        with in_tenant(bank.id):
            table = 54.474 if minutes is None else minutes
            arrived_at = left_at + timedelta(minutes=table * ratio)
            return learn_trip(
                tenant_id=bank.id, origin=PLATEAU, destination=SAM_NOTAIRE, mode=mode, left_at=left_at,
                arrived_at=arrived_at,
            )  # fmt: skip

    return make


@pytest.fixture
def by_car(bank):
    from smartqueue.travel.queries.ways import way

    def ask(at=AFTERNOON, mode=Mode.CAR):
        with in_tenant(bank.id):
            return way(origin=PLATEAU, destination=SAM_NOTAIRE, mode=mode, at=at)

    return ask


def test_twenty_trips_move_the_estimate_half_way(learn, by_car):
    before = by_car().minutes
    for _trip in range(20):
        assert learn(1.44)

    after = by_car().minutes

    assert after / before == pytest.approx(1.2, rel=0.002)
    assert by_car(mode=Mode.TAXI).minutes == pytest.approx(before + 2, rel=0.001)  # another mode knows nothing of it
    assert by_car(hour(TUESDAY, 10)).minutes == pytest.approx(4 + 13.7065 * 1.35 / 18 * 60, rel=0.002)


def test_the_estimate_comes_to_what_trips_take(learn, by_car):
    """The comparison is with the table, not with the corrected estimate: it does not chase itself."""
    before = by_car().minutes
    for _trip in range(300):
        learn(1.5)
    assert by_car().minutes / before == pytest.approx(1.5 ** (300 / 320), rel=0.002)


@pytest.mark.parametrize("ratio", [0.19, 5.1, 0, -1])
def test_what_was_no_such_trip_teaches_nothing(learn, by_car, bank, ratio):
    from smartqueue.travel.models import TravelLesson

    before = by_car()
    assert not learn(ratio)
    assert by_car() == before
    with in_tenant(bank.id):
        assert not TravelLesson.objects.exists()


def test_two_at_once_are_both_counted(learn, bank):
    from smartqueue.travel.models import TravelLesson

    assert at_the_same_time(*[lambda: learn(2.0)] * 8) == [True] * 8

    with in_tenant(bank.id):
        (row,) = TravelLesson.objects.all()
    assert (row.trips, row.zone, row.mode, row.hours) == (8, Zone.DAKAR, Mode.CAR, HourClass.AFTERNOON)
    assert row.log_ratio_sum == pytest.approx(8 * math.log(2), rel=0.001)


def test_a_lesson_of_one_organisation_is_not_anothers(learn, by_car, cheikh):
    from smartqueue.travel.queries.ways import way

    before = by_car().minutes
    learn(2.0)
    with in_tenant(cheikh.tenant.id):
        theirs = way(origin=PLATEAU, destination=SAM_NOTAIRE, mode=Mode.CAR, at=AFTERNOON)
    assert theirs.minutes == before < by_car().minutes


@pytest.fixture
def put(bank, moussa):
    from smartqueue.travel.actions.speeds import set_speed

    def make(line, mode=Mode.CAR, hours=HourClass.AFTERNOON, zone=Zone.DAKAR):
        with in_tenant(bank.id):
            return set_speed(
                tenant_id=bank.id, zone=zone, mode=mode, hours=hours, line=line, actor=moussa.actor, at=NINE
            )  # fmt: skip

    return make


def test_a_line_of_ones_own_counts_and_goes_back(put, by_car, bank, moussa):
    from smartqueue.journal.models import Entry
    from smartqueue.travel.actions.speeds import reset_speed

    before = by_car().minutes
    put(Line(44.0, 0.0, 1.35))
    assert by_car().minutes == pytest.approx((before - 4) / 2)
    put(Line(44.0, 1.0, 1.35))
    with in_tenant(bank.id):
        for _twice in range(2):
            reset_speed(
                tenant_id=bank.id, zone="dakar_region", mode="voiture", hours="afternoon", actor=moussa.actor, at=NINE
            )
        facts = list(Entry.objects.filter(object_type="travelspeed").order_by("id").values_list("fact", "after"))

    assert by_car().minutes == before
    assert [fact for fact, _after in facts] == ["travelspeed.created", "travelspeed.updated", "travelspeed.deleted"]
    assert facts[1][1] == {"overhead_min": 1.0}


def test_two_who_change_one_line_at_once_leave_one(put, bank):
    from smartqueue.travel.models import TravelSpeed

    results = at_the_same_time(*[lambda n=n: put(Line(10.0 + n, 4.0, 1.35)) for n in range(4)])

    assert not [one for one in results if isinstance(one, Exception)]
    with in_tenant(bank.id):
        assert TravelSpeed.objects.count() == 1


@pytest.mark.parametrize("line", [Line(0, 4, 1.3), Line(201, 4, 1.3), Line(20, -1, 1.3), Line(20, 4, 0.9),
                                  Line(float("nan"), 4, 1.3)])  # fmt: skip
def test_a_speed_that_cannot_be_is_refused(put, line):
    from smartqueue.kernel.errors import Invalid

    with pytest.raises(Invalid):
        put(line)


def test_a_line_that_the_table_does_not_have(put):
    from smartqueue.travel.errors import NoSuchLine

    for where in ({"mode": "bateau"}, {"hours": HourClass.ALL}, {"mode": Mode.TER, "zone": Zone.TOWN}):
        with pytest.raises(NoSuchLine):
            put(Line(20.0, 4.0, 1.3), **where)


def test_the_other_modes_are_offered_where_their_speeds_are_set(put, bank, site):
    from smartqueue.travel.queries.ways import modes_offered
    from smartqueue.travel.states import USUAL_MODES

    def offered(point):
        with in_tenant(bank.id):
            return modes_offered(point)

    thies, nowhere = (type(site)(latitude=lat, longitude=lon) for lat, lon in (THIES, (None, None)))
    dakar = type(site)(latitude=PLATEAU.latitude, longitude=PLATEAU.longitude)
    assert offered(dakar) == offered(nowhere) == offered(None) == list(USUAL_MODES)

    put(Line(24.0, 9.0, 1.4), mode=Mode.BRT)

    assert offered(dakar) == offered(None) == [*USUAL_MODES, Mode.BRT]
    assert offered(thies) == list(USUAL_MODES)


def test_any_number_of_ways_costs_three_queries(bank):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from smartqueue.travel.queries.ways import roads

    for count in (1, 3):
        with in_tenant(bank.id), CaptureQueriesContext(connection) as asked:
            places = [Point(14.7 + n / 100, -17.4) for n in range(count)]
            assert len(roads().ways(origin=PLATEAU, destinations=places, mode=Mode.CAR, at=AFTERNOON)) == count
        assert len([one for one in asked if "travel_" in one["sql"]]) == 3
