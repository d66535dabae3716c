"""The table of speeds: examples with known answers, hours that change on the way, days that differ."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smartqueue.travel.states import HourClass, Mode, Point, Zone

PLATEAU, SAM_NOTAIRE = Point(14.66222, -17.43972), Point(14.77534, -17.38887)
THIES, THIES_NORTH, TOUBA = Point(14.791, -16.926), Point(14.83, -16.926), Point(14.85, -15.88)
TUESDAY = datetime(2026, 10, 6, tzinfo=UTC)
MONDAY, FRIDAY, SATURDAY, SUNDAY = (TUESDAY + timedelta(days=n) for n in (-1, 3, 4, 5))


def hour(day, hours, minutes=0):
    return day + timedelta(hours=hours, minutes=minutes)


@pytest.fixture
def way(scope):
    """`way(mode, at)`, from Plateau to Sam Notaire unless told otherwise."""
    from smartqueue.travel.queries import ways

    def ask(mode, at, origin=PLATEAU, destination=SAM_NOTAIRE, **options):
        return ways.way(origin=origin, destination=destination, mode=mode, at=at, **options)

    return ask


@pytest.mark.parametrize(
    ("mode", "at", "minutes"),
    [
        (Mode.CAR, hour(TUESDAY, 6), 47), (Mode.CAR, hour(TUESDAY, 13), 54), (Mode.CAR, hour(TUESDAY, 17), 97),
        (Mode.TRANSIT, hour(TUESDAY, 7), 111), (Mode.WALK, hour(TUESDAY, 7), 229), (Mode.WALK, hour(SUNDAY, 1), 229),
        (Mode.TAXI, hour(TUESDAY, 13), 56), (Mode.CAR, hour(TUESDAY, 2), 33),
    ],
)  # fmt: skip
def test_from_plateau_to_sam_notaire(way, mode, at, minutes):
    found = way(mode, at)

    assert round(found.minutes) == minutes
    assert found.source == "table"
    assert found.distance_km == pytest.approx(13.71 * (1.25 if mode == Mode.WALK else 1.35), rel=0.002)


def test_what_it_takes_in_eight_cases_of_ten(way):
    peak, quiet, foot = (way(*one) for one in ((Mode.CAR, hour(TUESDAY, 17)), (Mode.CAR, hour(TUESDAY, 2)),
                                               (Mode.WALK, hour(TUESDAY, 17))))  # fmt: skip
    near = way(Mode.CAR, hour(TUESDAY, 17), destination=Point(14.6640, -17.4397))

    assert peak.p80_minutes == pytest.approx(peak.minutes * 1.4)
    assert quiet.p80_minutes == pytest.approx(quiet.minutes * 1.25)
    assert foot.p80_minutes == pytest.approx(foot.minutes * 1.25)
    assert near.minutes < 4
    assert near.p80_minutes == pytest.approx(near.minutes + 5)


def test_a_way_that_begins_before_the_rush_is_slowed_when_it_begins(way):
    """From 16:30 by car: 4 min to the car, 26 min at 22 km/h, the rest at 12 km/h."""
    km = 13.7065 * 1.35
    expected = 30 + (km - 22 * 26 / 60) / 12 * 60

    found = way(Mode.CAR, hour(TUESDAY, 16, 30))

    assert found.minutes == pytest.approx(expected, rel=0.001)
    assert found.minutes * 1.25 < found.p80_minutes < found.minutes * 1.4


def test_a_way_over_midnight_goes_on_into_the_next_day(way):
    late = way(Mode.WALK, hour(SATURDAY, 23))
    assert round(late.minutes) == 229
    # Sunday's night is quick again after Saturday's evening at 26 km/h.
    assert way(Mode.CAR, hour(SATURDAY, 23, 50)).minutes < way(Mode.CAR, hour(SATURDAY, 23)).minutes


def test_whoever_has_less_than_800_metres_walks(way):
    there = Point(PLATEAU.latitude + 0.0070, PLATEAU.longitude)
    by_car, on_foot = (way(mode, hour(TUESDAY, 17), destination=there) for mode in (Mode.CAR, Mode.WALK))

    assert by_car == on_foot
    assert by_car.mode == Mode.WALK
    assert on_foot.minutes == pytest.approx(0.778 * 1.25 / 4.5 * 60, rel=0.01)
    assert way(Mode.CAR, hour(TUESDAY, 17), destination=Point(PLATEAU.latitude + 0.0073, PLATEAU.longitude)) != (
        way(Mode.WALK, hour(TUESDAY, 17), destination=Point(PLATEAU.latitude + 0.0073, PLATEAU.longitude))
    )


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("ends", [(PLATEAU, SAM_NOTAIRE), (THIES, THIES_NORTH), (THIES, TOUBA), (PLATEAU, TOUBA)])
def test_every_mode_leads_everywhere(way, mode, ends):
    found = way(mode, hour(TUESDAY, 9), *ends)
    assert 0 < found.minutes < found.p80_minutes


def test_zones_follow_the_ends(way):
    """4.3 km in Thiès by car at peak, and 112 km to Touba at 60 km/h."""
    town, far = way(Mode.CAR, hour(TUESDAY, 8), THIES, THIES_NORTH), way(Mode.CAR, hour(TUESDAY, 8), THIES, TOUBA)

    assert town.minutes == pytest.approx(3 + 4.337 * 1.35 / 22 * 60, rel=0.005)
    assert far.minutes == pytest.approx(5 + far.distance_km, rel=0.001)
    # No BRT outside the Dakar region: the bus of there.
    assert way(Mode.BRT, hour(TUESDAY, 8), THIES, THIES_NORTH) == way(
        Mode.TRANSIT, hour(TUESDAY, 8), THIES, THIES_NORTH
    )


def test_rush_hours_are_those_of_the_sites_clock(way):
    at = hour(TUESDAY, 5)  # eight in Nairobi
    assert round(way(Mode.CAR, at, time_zone="Africa/Nairobi").minutes) > 60 > way(Mode.CAR, at).minutes


def test_the_region_of_dakar_holds_its_communes_and_no_other(scope):
    from smartqueue.sites.models import Division
    from smartqueue.travel.states.ground import in_dakar

    communes = Division.objects.filter(level="commune").exclude(latitude=None).select_related("parent")
    inside = {one.code for one in communes if in_dakar(Point(one.latitude, one.longitude))}

    assert inside == {one.code for one in communes if one.parent.parent_id == "SN-DK"}
    assert len(inside) > 30


def test_the_days_that_differ_are_the_houses_holidays(scope):
    from smartqueue.sites.models import PublicHoliday
    from smartqueue.travel.states.traffic import day_of

    known = set(PublicHoliday.objects.filter(country="SN").values_list("date", flat=True))
    days = [date(2025, 1, 1) + timedelta(days=n) for n in range(7 * 365 + 2)]

    assert {day for day in days if day_of(day).is_holiday} == known
    assert sum(day_of(day).is_ramadan for day in days if day.year == 2027) == 29


@pytest.mark.parametrize(
    ("local", "zone", "hours"),
    [
        (hour(SATURDAY, 11), Zone.DAKAR, HourClass.AFTERNOON), (hour(SATURDAY, 9), Zone.DAKAR, HourClass.SHOULDER),
        (hour(SUNDAY, 8), Zone.DAKAR, HourClass.SHOULDER), (hour(SUNDAY, 23), Zone.DAKAR, HourClass.NIGHT),
        (datetime(2026, 4, 3, 8, tzinfo=UTC), Zone.DAKAR, HourClass.AM_PEAK),  # Friday
        (datetime(2026, 4, 6, 8, tzinfo=UTC), Zone.DAKAR, HourClass.SHOULDER),  # Easter Monday
        (datetime(2026, 4, 6, 8, tzinfo=UTC), Zone.TOWN, HourClass.OFFPEAK),
        (datetime(2026, 2, 24, 16, tzinfo=UTC), Zone.DAKAR, HourClass.PM_PEAK),  # Ramadan
        (datetime(2026, 2, 24, 19, 30, tzinfo=UTC), Zone.DAKAR, HourClass.NIGHT),
        (datetime(2026, 2, 24, 21, tzinfo=UTC), Zone.DAKAR, HourClass.NIGHT),
        (hour(TUESDAY, 19, 59), Zone.DAKAR, HourClass.PM_PEAK), (hour(TUESDAY, 20), Zone.DAKAR, HourClass.SHOULDER),
        (hour(TUESDAY, 8), Zone.TOWN, HourClass.PEAK), (hour(TUESDAY, 12), Zone.TOWN, HourClass.OFFPEAK),
        (hour(TUESDAY, 8), Zone.INTERURBAN, HourClass.ALL),
    ],
)  # fmt: skip
def test_hours_on_days_that_differ(local, zone, hours):
    from smartqueue.travel.states.traffic import hours_at

    assert hours_at(zone, local) == hours


@pytest.mark.parametrize(
    ("mode", "zone", "local", "there", "factor"),
    [
        (Mode.CAR, Zone.DAKAR, hour(MONDAY, 8), PLATEAU, 0.95), (Mode.CAR, Zone.DAKAR, hour(MONDAY, 11), PLATEAU, 1),
        (Mode.CAR, Zone.DAKAR, hour(FRIDAY, 14), PLATEAU, 0.85), (Mode.WALK, Zone.DAKAR, hour(FRIDAY, 14), PLATEAU, 1),
        (Mode.TER, Zone.DAKAR, hour(MONDAY, 8), PLATEAU, 1),
        (Mode.TAXI, Zone.DAKAR, datetime(2026, 5, 25, 12, tzinfo=UTC), PLATEAU, 0.8),  # before Tabaski
        (Mode.CAR, Zone.INTERURBAN, datetime(2026, 7, 30, 12, tzinfo=UTC), TOUBA, 0.7),  # before the Magal
        (Mode.CAR, Zone.INTERURBAN, datetime(2026, 7, 30, 12, tzinfo=UTC), THIES, 1),
    ],
)  # fmt: skip
def test_what_a_day_leaves_of_the_speed(mode, zone, local, there, factor):
    from smartqueue.travel.states.traffic import day_factor

    assert day_factor(zone, mode, local, there) == pytest.approx(factor)


POINTS = st.builds(Point, st.floats(-90, 90), st.floats(-180, 180))
INSTANTS = st.datetimes(datetime(2024, 1, 1), datetime(2033, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(POINTS, POINTS, st.sampled_from(list(Mode)), INSTANTS, st.sampled_from(["Africa/Dakar", "Europe/Paris"]))
@settings(max_examples=300, deadline=None)
def test_any_way_at_any_time_ends(origin, destination, mode, at, time_zone):
    """Without the database: nothing own, nothing learnt."""
    from smartqueue.travel.models import TravelRules
    from smartqueue.travel.queries.ways import Roads

    (found,) = Roads(TravelRules(), {}, {}).ways(
        origin=origin, destinations=[destination], mode=mode, at=at, time_zone=time_zone
    )

    assert 0 <= found.minutes <= found.p80_minutes - 4.999
    assert found.distance_km < 40_000


def test_leaving_later_never_means_being_there_much_earlier(scope):
    """Speeds change at once at the edges, so who leaves later drives the same road at the same hours, or later ones:
    only the minutes to the car and the bend of a class may differ."""
    from smartqueue.travel.queries.ways import roads, way

    known = roads()
    for mode in (Mode.CAR, Mode.TRANSIT):
        ends = {"origin": PLATEAU, "destination": SAM_NOTAIRE, "mode": mode, "known": known}
        there = [minute + way(at=hour(TUESDAY, 0, minute), **ends).minutes for minute in range(0, 1440, 5)]
        assert all(later > earlier - 0.01 for earlier, later in pairwise(there))
