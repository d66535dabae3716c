from datetime import time

import pytest
from django.db import IntegrityError

from smartqueue.journal.models import Entry
from smartqueue.journal.states import SYSTEM
from smartqueue.kernel.errors import Invalid
from smartqueue.kernel.refusing import constraint_of
from smartqueue.sites.actions import set_hours, set_service_hours
from smartqueue.sites.models import OpeningHours, ServiceHours
from smartqueue.sites.states import Interval, week
from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE, at_the_same_time


def hours_of(site):
    return [
        (row.weekday, f"{row.opens:%H:%M}", f"{row.closes:%H:%M}") for row in OpeningHours.objects.filter(site=site)
    ]


def test_setting_hours_replaces_the_whole_week(scope, site):
    set_hours(site=site, hours=week({"5": "14:30-16:30 08:00-12:30"}), actor=SYSTEM, at=NINE)

    assert hours_of(site) == [(5, "08:00", "12:30"), (5, "14:30", "16:30")]


def test_the_change_is_written_down_with_before_and_after(scope, site, moussa):
    set_hours(site=site, hours=week({"1": "08:00-12:00"}), actor=moussa.actor, at=NINE)

    entry = Entry.objects.get(object_id=site.id)
    assert (entry.fact, entry.actor_id, entry.at, len(entry.before["hours"]), entry.after) == (
        "site.hours_changed",
        moussa.user.id,
        NINE,
        7,
        {"hours": [{"weekday": 1, "opens": "08:00:00", "closes": "12:00:00"}]},
    )


def test_the_same_week_again_writes_nothing(scope, site):
    rows = set(OpeningHours.objects.filter(site=site).values_list("id"))

    set_hours(site=site, hours=week({"1-7": "00:00-00:00"}), actor=SYSTEM, at=NINE)

    assert set(OpeningHours.objects.filter(site=site).values_list("id")) == rows
    assert not Entry.objects.filter(object_id=site.id).exists()


@pytest.mark.parametrize(
    "pattern",
    [
        "08:00-12:00 11:59-13:00",
        "08:00-12:00 08:00-12:00",
        "08:00-16:00 09:00-10:00",
        "22:00-02:00 23:00-23:30",
        "00:00-00:00 09:00-10:00",
    ],
)
def test_hours_that_overlap_are_refused_and_nothing_changes(scope, site, pattern):
    before = hours_of(site)

    with pytest.raises(Invalid) as refusal:
        set_hours(site=site, hours=week({"1": pattern}), actor=SYSTEM, at=NINE)

    assert refusal.value.facts["errors"].keys() == {"hours"}
    assert hours_of(site) == before


def test_hours_that_touch_are_two_intervals(scope, site):
    set_hours(site=site, hours=week({"1": "08:00-12:00 12:00-16:00"}), actor=SYSTEM, at=NINE)

    assert hours_of(site) == [(1, "08:00", "12:00"), (1, "12:00", "16:00")]


@pytest.mark.parametrize("weekday", [0, 8, -1])
def test_a_weekday_that_does_not_exist_is_refused(scope, site, weekday):
    with pytest.raises(Invalid):
        set_hours(site=site, hours=[Interval(weekday, time(8), time(9))], actor=SYSTEM, at=NINE)


def test_postgresql_refuses_overlapping_hours_too(bank, site):
    with pytest.raises(IntegrityError) as refusal, in_tenant(bank.id):
        OpeningHours.objects.create(tenant=bank, site=site, weekday=1, opens="23:00", closes="01:00")

    assert constraint_of(refusal.value) == "opening_hours_apart"


def test_two_weeks_set_at_once_are_never_mixed(bank, site):
    def replace(pattern):
        def run():
            with in_tenant(bank.id):
                set_hours(site=site, hours=week({"1-7": pattern}), actor=SYSTEM, at=NINE)

        return run

    results = at_the_same_time(*(replace(f"{hour:02}:00-{hour:02}:30") for hour in range(6, 12)))

    with in_tenant(bank.id):
        hours = hours_of(site)
    assert results == [None] * 6
    assert len(hours) == 7
    assert len({opens for _weekday, opens, _closes in hours}) == 1


def test_a_services_hours_are_replaced_and_written_down(scope, service):
    set_service_hours(service=service, hours=week({"1": "08:00-12:00"}), actor=SYSTEM, at=NINE)
    set_service_hours(service=service, hours=week({"2": "09:00-12:00"}), actor=SYSTEM, at=NINE)

    assert [(row.weekday, row.opens) for row in ServiceHours.objects.filter(service=service)] == [(2, time(9))]
    assert Entry.objects.filter(object_id=service.id, fact="service.hours_changed").count() == 2
