"""Another week for a stretch of dates: what comes before what, one at a time, taken back as one."""

from datetime import date, time

import pytest

from smartqueue.kernel.errors import Invalid, NotFound
from smartqueue.sites.errors import ProfilesOverlap
from smartqueue.sites.states import Interval
from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE, at_the_same_time

MONDAY, TUESDAY, NEXT_MONDAY = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 9)
MORNINGS = [Interval(day, time(8), time(13)) for day in range(1, 6)]


@pytest.fixture
def apply(bank, site, moussa):
    from smartqueue.sites.actions.profiles import apply_profile

    def make(first=MONDAY, last=TUESDAY, **changed):
        given = {"site": site, "hours": MORNINGS, "name": "Ramadan", "actor": moussa.actor, "at": NINE} | changed
        with in_tenant(bank.id):
            return apply_profile(first=first, last=last, **given)

    return make


@pytest.fixture
def hours_on(bank, site):
    """Local hours of a day, as the queue engine is told."""
    from smartqueue.sites.queries import open_intervals

    def ask(day):
        with in_tenant(bank.id):
            spells = open_intervals(site.id, day)
        return [(f"{one.opens_at:%H:%M}", f"{one.closes_at:%H:%M}") for one in spells]

    return ask


def test_a_profile_counts_on_its_days_and_no_other(apply, hours_on):
    apply()

    assert hours_on(MONDAY) == hours_on(TUESDAY) == [("08:00", "13:00")]
    assert hours_on(date(2026, 3, 1)) == hours_on(date(2026, 3, 4)) == [("00:00", "00:00")]


def test_a_weekday_without_hours_in_the_profile_is_closed(apply, hours_on):
    apply(first=date(2026, 3, 7), last=date(2026, 3, 8))

    assert hours_on(date(2026, 3, 7)) == []


def test_single_dates_and_holidays_come_before_it(apply, hours_on, bank, site, moussa):
    from smartqueue.sites.actions import add_exception
    from smartqueue.sites.actions.rows import change_ground, decide_holiday
    from smartqueue.sites.models import Site
    from smartqueue.sites.queries.office import days_ahead

    given = {"actor": moussa.actor, "at": NINE}
    apply(last=NEXT_MONDAY)
    with in_tenant(bank.id):
        change_ground(Site, site.id, {"observes_holidays": True}, **given)
        decide_holiday(tenant_id=bank.id, date=TUESDAY, is_holiday=True, name="Magal", **given)
        add_exception(tenant_id=bank.id, site=site, date=NEXT_MONDAY, opens=time(10), closes=time(11), **given)

    assert (hours_on(MONDAY), hours_on(TUESDAY), hours_on(NEXT_MONDAY)) == (
        [("08:00", "13:00")], [], [("10:00", "11:00")],
    )  # fmt: skip
    with in_tenant(bank.id):
        days = days_ahead(site.id, MONDAY, 8)
    assert [(one.why, one.reason) for one in (days[0], days[1], days[7])] == [
        ("profile", "Ramadan"), ("holiday", "Magal"), ("date", ""),
    ]  # fmt: skip


def test_the_preview_says_for_each_day_what_the_queue_engine_says(apply, hours_on, bank, site):
    from smartqueue.sites.queries.office import days_ahead

    apply()
    with in_tenant(bank.id):
        days = days_ahead(site.id, date(2026, 2, 27), 14)

    assert len(days) == 14
    assert [one.hours for one in days] == [hours_on(one.date) for one in days]


def test_two_profiles_never_cover_one_day_even_when_they_come_at_once(apply, bank):
    from smartqueue.sites.models import HoursProfile, ProfileHours

    results = at_the_same_time(lambda: apply(name="one"), lambda: apply(first=TUESDAY, last=NEXT_MONDAY, name="two"))

    assert sorted(type(one).__name__ for one in results) == ["HoursProfile", "ProfilesOverlap"]
    with in_tenant(bank.id):
        assert (HoursProfile.objects.count(), ProfileHours.objects.count()) == (1, len(MORNINGS))
    with pytest.raises(ProfilesOverlap):
        apply(first=TUESDAY, last=TUESDAY)


def test_it_is_taken_back_as_one_with_a_fact_for_each(apply, hours_on, bank, site, moussa):
    from smartqueue.journal.models import Entry
    from smartqueue.sites.actions.profiles import take_back_profile

    profile = apply()
    given = {"site_id": site.id, "actor": moussa.actor, "at": NINE}
    with in_tenant(bank.id):
        take_back_profile(profile_id=profile.id, **given)

    assert hours_on(MONDAY) == [("00:00", "00:00")]
    with in_tenant(bank.id):
        facts = list(Entry.objects.filter(object_id=profile.id).order_by("id"))
        with pytest.raises(NotFound):
            take_back_profile(profile_id=profile.id, **given)
    assert [fact.fact for fact in facts] == ["hoursprofile.created", "hoursprofile.deleted"]
    assert facts[0].after["hours"][0] == "1 08:00–13:00"


def test_days_in_the_wrong_order_and_impossible_hours_are_refused(apply, bank):
    from smartqueue.sites.models import HoursProfile

    with pytest.raises(Invalid):
        apply(first=TUESDAY, last=MONDAY)
    with pytest.raises(Invalid):
        apply(hours=[*MORNINGS, Interval(1, time(12), time(14))])
    with in_tenant(bank.id):
        assert HoursProfile.objects.count() == 0


def test_nobody_takes_back_anothers_profile(apply, cheikh, site, moussa):
    from smartqueue.sites.actions.profiles import take_back_profile

    profile = apply()
    with in_tenant(cheikh.tenant.id), pytest.raises(NotFound):
        take_back_profile(profile_id=profile.id, site_id=site.id, actor=cheikh.actor, at=NINE)
