"""When a site is open: one table, asked of SQL (`sites_is_open`) and of the spells that Python joins."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from smartqueue.journal.states import SYSTEM
from smartqueue.sites.actions import add_exception, set_hours, set_service_hours
from smartqueue.sites.models import HolidayOverride, Service, Site
from smartqueue.sites.queries import Spell, closes_at, is_open, next_opening, open_intervals, opening
from smartqueue.sites.states import PRESETS, Interval, week
from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE

BANK = {"1-4": "08:00-16:00", "5": "08:00-12:30 14:30-16:30"}
ALWAYS = {"1-7": "00:00-00:00"}
MONDAY, FRIDAY = date(2026, 3, 2), date(2026, 3, 6)
LABOUR_DAY = date(2026, 5, 1)
"""A Friday, and a public holiday."""


def instant(text: str, zone: str = "Africa/Dakar") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.fixture
def branch(scope):
    """A site of the bank's with this week; everything inside the bank's scope."""
    codes = iter(range(100))

    def make(hours=BANK, exceptions=(), overrides=(), **fields):
        site = Site.objects.create(tenant=scope, name="Agence", code=f"A{next(codes)}", **fields)
        set_hours(site=site, hours=week(hours), actor=SYSTEM, at=NINE)
        for day, opens, closes in exceptions:
            add_exception(tenant_id=scope.id, site=site, date=day, opens=opens, closes=closes, actor=SYSTEM, at=NINE)
        for day, is_holiday in overrides:
            HolidayOverride.objects.create(tenant=scope, date=day, is_holiday=is_holiday)
        return site

    return make


TABLE = [
    # several intervals a day
    ({}, "2026-03-02T08:00", True),
    ({}, "2026-03-02T07:59:59.999999", False),
    ({}, "2026-03-02T15:59:59", True),
    ({}, "2026-03-02T16:00", False),
    ({}, "2026-03-06T12:29", True),
    ({}, "2026-03-06T13:00", False),
    ({}, "2026-03-06T14:30", True),
    ({}, "2026-03-07T10:00", False),
    # past midnight
    ({"hours": {"5": "20:00-02:00"}}, "2026-03-06T23:59", True),
    ({"hours": {"5": "20:00-02:00"}}, "2026-03-07T01:59", True),
    ({"hours": {"5": "20:00-02:00"}}, "2026-03-07T02:00", False),
    ({"hours": {"5": "20:00-02:00"}}, "2026-03-06T01:00", False),
    ({"hours": {"1": "18:00-00:00"}}, "2026-03-02T23:59", True),
    ({"hours": {"1": "18:00-00:00"}}, "2026-03-03T00:00", False),
    # around the clock, no hours, not active
    ({"hours": ALWAYS}, "2026-03-02T00:00", True),
    ({"hours": ALWAYS}, "2026-03-08T23:59:59", True),
    ({"hours": {"1": "00:00-00:00"}}, "2026-03-03T00:00", False),
    ({"hours": {}}, "2026-03-02T09:00", False),
    ({"hours": ALWAYS, "is_active": False}, "2026-03-02T09:00", False),
    # exceptions: closed, other hours, more than one, past midnight
    ({"exceptions": [(MONDAY, None, None)]}, "2026-03-02T09:00", False),
    ({"exceptions": [(MONDAY, None, None)]}, "2026-03-03T09:00", True),
    ({"exceptions": [(MONDAY, time(10), time(11))]}, "2026-03-02T09:00", False),
    ({"exceptions": [(MONDAY, time(10), time(11))]}, "2026-03-02T10:00", True),
    ({"exceptions": [(MONDAY, time(10), time(11)), (MONDAY, time(17), time(18))]}, "2026-03-02T17:30", True),
    ({"exceptions": [(MONDAY, time(22), time(3))]}, "2026-03-03T02:00", True),
    ({"hours": {"1": "22:00-03:00"}, "exceptions": [(MONDAY, None, None)]}, "2026-03-03T02:00", False),
    ({"hours": {}, "exceptions": [(MONDAY, time(9), time(10))]}, "2026-03-02T09:30", True),
    # holidays, and who has the last word
    ({}, "2026-05-01T09:00", False),
    ({"observes_holidays": False}, "2026-05-01T09:00", True),
    ({"country": "FR"}, "2026-05-01T09:00", True),
    ({"overrides": [(LABOUR_DAY, False)]}, "2026-05-01T09:00", True),
    ({"overrides": [(MONDAY, True)]}, "2026-03-02T09:00", False),
    ({"overrides": [(MONDAY, True)], "observes_holidays": False}, "2026-03-02T09:00", True),
    ({"exceptions": [(LABOUR_DAY, time(9), time(10))]}, "2026-05-01T09:30", True),
    ({"exceptions": [(LABOUR_DAY, time(9), time(10))], "overrides": [(LABOUR_DAY, True)]}, "2026-05-01T09:30", True),
    ({"hours": {"4": "20:00-03:00"}}, "2026-05-01T02:00", True),
]


@pytest.mark.parametrize(("facts", "at", "expected"), TABLE)
def test_a_site_is_open_or_not(branch, facts, at, expected):
    site, at = branch(**facts), instant(at)

    answers = is_open(site.id, at), opening(site.id, at).is_open

    assert answers == (expected, expected)


PARIS = "Europe/Paris"
SUMMER_BEGINS, SUMMER_ENDS = date(2026, 3, 29), date(2026, 10, 25)
PARIS_TABLE = [
    ("2026-03-28T07:59+01:00", False),
    ("2026-03-28T08:00+01:00", True),
    ("2026-03-29T07:30+01:00", True),  # 08:30 by the clock, which has jumped
    ("2026-03-29T08:00+02:00", True),
    ("2026-03-29T07:59+02:00", False),
    ("2026-03-29T16:00+02:00", False),
    ("2026-10-25T08:00+01:00", True),
    ("2026-10-25T07:59+01:00", False),
    ("2026-10-25T15:59+01:00", True),
    ("2026-10-25T16:00+01:00", False),
]


@pytest.mark.parametrize(("at", "expected"), PARIS_TABLE)
def test_hours_follow_the_clock_of_the_place_on_the_days_it_changes(branch, at, expected):
    site = branch({"1-7": "08:00-16:00"}, time_zone=PARIS, country="FR")

    assert is_open(site.id, datetime.fromisoformat(at)) is expected


@pytest.mark.parametrize(
    ("day", "pattern", "hours"),
    [
        (SUMMER_BEGINS, "00:00-00:00", 23),
        (SUMMER_ENDS, "00:00-00:00", 25),
        (SUMMER_BEGINS - timedelta(days=1), "22:00-06:00", 7),
        (SUMMER_ENDS - timedelta(days=1), "22:00-06:00", 9),
    ],
)
def test_a_day_of_23_or_25_hours_is_that_long(branch, day, pattern, hours):
    site = branch({"1-7": pattern}, time_zone=PARIS, country="FR")

    (spell,) = open_intervals(site.id, day)

    assert spell.closes_at - spell.opens_at == timedelta(hours=hours)


def test_hours_inside_the_skipped_hour_are_no_hours(branch):
    site = branch({"7": "02:30-03:15"}, time_zone=PARIS, country="FR")

    assert open_intervals(site.id, SUMMER_BEGINS) == []


def test_the_same_week_is_another_instant_elsewhere(branch):
    at = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)

    assert [is_open(branch(time_zone=zone).id, at) for zone in ("Africa/Dakar", PARIS)] == [False, True]


def test_the_intervals_of_a_day_are_instants_in_order(branch):
    site = branch()

    assert open_intervals(site.id, FRIDAY) == [
        Spell(instant("2026-03-06T08:00"), instant("2026-03-06T12:30")),
        Spell(instant("2026-03-06T14:30"), instant("2026-03-06T16:30")),
    ]


@pytest.mark.parametrize(
    ("facts", "at", "closes", "opens_next"),
    [
        ({}, "2026-03-02T09:00", "2026-03-02T16:00", "2026-03-03T08:00"),
        ({}, "2026-03-06T13:00", None, "2026-03-06T14:30"),
        ({}, "2026-03-07T13:00", None, "2026-03-09T08:00"),
        ({}, "2026-04-30T17:00", None, "2026-05-04T08:00"),
        (
            {"hours": {"5": "20:00-02:00", "6": "02:00-04:00"}},
            "2026-03-06T21:00",
            "2026-03-07T04:00",
            "2026-03-13T20:00",
        ),
        ({"hours": ALWAYS, "observes_holidays": False}, "2026-03-02T09:00", None, None),
        ({"hours": {}}, "2026-03-02T09:00", None, None),
        ({"is_active": False}, "2026-03-02T09:00", None, None),
        (
            {"hours": {}, "exceptions": [(date(2026, 3, 16), time(8), time(9))]},
            "2026-03-02T08:00",
            None,
            "2026-03-16T08:00",
        ),
        ({"hours": {}, "exceptions": [(date(2026, 3, 16), time(8), time(9))]}, "2026-03-02T07:59", None, None),
    ],
)
def test_a_site_says_when_it_closes_and_opens_again(branch, facts, at, closes, opens_next):
    site, at = branch(**facts), instant(at)

    assert (closes_at(site.id, at), next_opening(site.id, at)) == (
        closes and instant(closes),
        opens_next and instant(opens_next),
    )


@pytest.mark.parametrize(
    ("pattern", "at", "expected"),
    [
        ({}, "2026-03-02T09:00", True),
        ({"1": "10:00-12:00"}, "2026-03-02T09:59", False),
        ({"1": "10:00-12:00"}, "2026-03-02T10:00", True),
        ({"1": "10:00-12:00"}, "2026-03-02T12:00", False),
        ({"2": "10:00-12:00"}, "2026-03-02T10:30", False),
        ({"1": "06:00-20:00"}, "2026-03-02T07:00", False),  # the site is closed
        ({"7": "22:00-09:00"}, "2026-03-02T08:30", True),
        ({"7": "22:00-09:00"}, "2026-03-02T09:00", False),
    ],
)
def test_a_service_with_hours_is_offered_inside_them_and_the_sites(branch, scope, pattern, at, expected):
    site = branch()
    service = Service.objects.create(tenant=scope, name="Devises", code="fx")
    set_service_hours(service=service, hours=week(pattern), actor=SYSTEM, at=NINE)

    assert is_open(site.id, instant(at), service.id) is expected


def test_outside_the_tenants_scope_nothing_is_open(site, cheikh):
    with in_tenant(cheikh.tenant.id):
        answers = is_open(site.id, NINE), open_intervals(site.id, MONDAY), opening(site.id, NINE).next_opening

    assert answers == (False, [], None)


def test_asking_reads_a_handful_of_index_pages(site, bank):
    from django.db import connection

    with in_tenant(bank.id), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT sites_is_open(%s, NULL, %s)", [site.id, NINE])
        first = cursor.fetchone()
        cursor.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT sites_is_open(%s, NULL, %s)", [site.id, NINE])
        plan = cursor.fetchone()[0][0]

    assert first
    assert plan["Plan"]["Shared Hit Blocks"] < 40


@pytest.mark.parametrize("name", PRESETS)
def test_each_preset_is_a_week_that_can_be_set(branch, name):
    site = branch()

    rows = set_hours(site=site, hours=PRESETS[name], actor=SYSTEM, at=NINE)

    assert [Interval(row.weekday, row.opens, row.closes) for row in rows] == list(PRESETS[name])


def test_a_week_written_short_means_its_intervals():
    assert week({"1-2": "08:00-12:00", "5": "14:30-16:30"}) == (
        Interval(1, time(8), time(12)),
        Interval(2, time(8), time(12)),
        Interval(5, time(14, 30), time(16, 30)),
    )
