"""Hours in the back office: the week, single dates, holidays, another week for a while; of services, too."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from smartqueue.kernel.clock import now
from tests.cast import at_the_same_time
from tests.web.manage.ground import form_of, questions, stored, text_of


@pytest.fixture
def here(bank, site):
    return f"/{bank.slug}/manage/sites/{site.id}/"


@pytest.fixture
def client(visit, moussa):
    return visit(moussa)


def week_of(bank, **where):
    from smartqueue.sites.models import OpeningHours

    rows = stored(bank, OpeningHours, **where)
    return sorted((row.weekday, f"{row.opens:%H:%M}", f"{row.closes:%H:%M}") for row in rows)


def today():
    return now().date()


def test_a_preset_fills_the_form_and_stores_nothing(client, bank, here):
    before = week_of(bank)
    page = client.get(f"{here}hours/?preset=bank")

    sent = form_of(page)
    assert (sent["day5-0-opens"], sent["day5-0-closes"], sent["day5-1-opens"]) == ("08:00", "12:30", "14:30")
    assert (sent["day5-2-opens"], sent["day7-0-opens"]) == ("", "")
    assert "not saved yet" in text_of(page)
    assert week_of(bank) == before
    assert client.post(f"{here}hours/", sent).status_code == 303
    assert week_of(bank) == [
        *((day, "08:00", "16:00") for day in range(1, 5)), (5, "08:00", "12:30"), (5, "14:30", "16:30"),
    ]  # fmt: skip


def test_one_day_is_copied_to_all_and_then_saved(client, bank, here):
    before = week_of(bank)
    typed = {"day3-0-opens": "09:00", "day3-0-closes": "11:00", "day3-1-opens": "12:00", "day3-1-closes": "13:00"}
    page = client.post(f"{here}hours/", typed | {"day1-0-opens": "07:00", "day1-0-closes": "08:00", "copy": "3"})

    sent = form_of(page)
    assert (page.status_code, sent["day1-0-opens"], sent["day7-1-closes"]) == (200, "09:00", "13:00")
    assert week_of(bank) == before
    client.post(f"{here}hours/", sent)
    assert week_of(bank) == [
        (day, *pair) for day in range(1, 8) for pair in (("09:00", "11:00"), ("12:00", "13:00"))
    ]  # fmt: skip


def test_faults_stand_on_their_day_and_nothing_is_lost(client, bank, here):
    before = week_of(bank)
    typed = {
        "day1-0-opens": "08:00",
        "day2-0-opens": "08:00", "day2-0-closes": "12:00", "day2-1-opens": "11:00", "day2-1-closes": "15:00",
        "day3-0-opens": "noon", "day3-0-closes": "13:00",
        "day4-0-opens": "08:00", "day4-0-closes": "12:00",
    }  # fmt: skip
    page = client.post(f"{here}hours/", typed)

    sent = form_of(page)
    assert (page.status_code, text_of(page).count('class="error"')) == (400, 3)
    assert {name: sent[name] for name in typed} == typed
    assert week_of(bank) == before


def test_two_who_save_the_week_at_once_leave_one_of_the_two(visit, moussa, bank, here):
    weeks = [{"day1-0-opens": f"0{n}:00", "day1-0-closes": "12:00"} for n in (7, 8)]
    clients = [visit(moussa) for _n in range(2)]
    answers = at_the_same_time(
        *(
            lambda sent=sent, client=client: client.post(f"{here}hours/", sent)
            for client, sent in zip(clients, weeks, strict=True)
        )
    )

    assert [answer.status_code for answer in answers] == [303, 303]
    assert week_of(bank) in ([(1, "07:00", "12:00")], [(1, "08:00", "12:00")])


def test_a_single_day_is_added_seen_and_taken_back(client, bank, here):
    from smartqueue.sites.models import OpeningException

    day = today() + timedelta(days=2)
    sent = {"date": day.isoformat(), "opens": "10:00", "closes": "12:00", "reason": "Stocktaking"}
    assert client.post(f"{here}dates/", sent).status_code == 303
    again = client.post(f"{here}dates/", sent | {"opens": "11:00", "closes": "14:00"})

    (row,) = stored(bank, OpeningException)
    assert (again.status_code, form_of(again)["closes"]) == (409, "14:00")
    assert "These hours overlap" in text_of(again)
    page = text_of(client.get(f"{here}hours/"))
    assert ("10:00–12:00" in page, page.count("around the clock"), "Stocktaking" in page) == (True, 6, True)
    client.post(f"{here}dates/{row.id}/remove/")
    assert stored(bank, OpeningException) == []


def test_faults_of_a_single_day(client, bank, here):
    from smartqueue.sites.models import OpeningException

    page = client.post(f"{here}dates/", {"date": "soon", "opens": "10:00", "closes": "", "reason": "x" * 121})

    assert (page.status_code, text_of(page).count('class="error"')) == (400, 3)
    assert form_of(page) == {"date": "soon", "opens": "10:00", "closes": "", "reason": "x" * 121}
    assert stored(bank, OpeningException) == []


def test_a_holiday_is_an_ordinary_day_when_the_tenant_says_so(client, bank, here):
    from smartqueue.sites.models import HolidayOverride, PublicHoliday

    holiday = PublicHoliday.objects.filter(date__gt=today()).order_by("date").first()
    page = text_of(client.get(f"{here}dates/"))
    assert holiday.name_en in page
    for word, kept in (("no", [False]), ("yes", [True]), ("", [])):
        client.post(f"{here}holidays/", {"date": holiday.date.isoformat(), "is_holiday": word})
        assert [one.is_holiday for one in stored(bank, HolidayOverride)] == kept
    own = today() + timedelta(days=3)
    client.post(f"{here}holidays/", {"date": own.isoformat(), "is_holiday": "yes", "name": "Magal"})
    assert "Magal" in text_of(client.get(f"{here}dates/"))


@pytest.mark.parametrize("sent", [{"date": "soon", "is_holiday": "no"}, {"date": "2026-13-45", "is_holiday": "yes"},
                                  {"date": "2030-01-01", "is_holiday": "perhaps"}, {}])  # fmt: skip
def test_a_word_on_a_holiday_that_means_nothing_is_refused(client, bank, here, sent):
    from smartqueue.sites.models import HolidayOverride

    assert client.post(f"{here}holidays/", sent).status_code == 404
    assert stored(bank, HolidayOverride) == []


def test_another_week_counts_for_a_while_and_is_taken_back_as_one(client, bank, here):
    from smartqueue.sites.models import HoursProfile, ProfileHours

    first, last = today() + timedelta(days=1), today() + timedelta(days=3)
    sent = {"name": "Ramadan", "first": first.isoformat(), "last": last.isoformat()}
    hours = {f"day{day}-0-{end}": at for day in range(1, 8) for end, at in (("opens", "08:00"), ("closes", "14:00"))}
    assert client.post(f"{here}profiles/new/", sent | hours).status_code == 303

    page = text_of(client.get(f"{here}hours/"))
    assert (page.count("08:00–14:00"), page.count("around the clock")) == (3, 4)
    assert "Ramadan" in text_of(client.get(f"{here}dates/"))
    twice = client.post(f"{here}profiles/new/", sent | hours | {"name": "Encore"})
    assert (twice.status_code, form_of(twice)["name"]) == (400, "Encore")
    assert "Another profile of this site covers some of these days." in text_of(twice)
    (profile,) = stored(bank, HoursProfile)
    client.post(f"{here}profiles/{profile.id}/take-back/")
    assert (stored(bank, HoursProfile), stored(bank, ProfileHours)) == ([], [])
    assert text_of(client.get(f"{here}hours/")).count("around the clock") == 7


def test_faults_of_another_week(client, bank, here):
    from smartqueue.sites.models import HoursProfile

    wrong = {"name": "", "first": "2030-03-10", "last": "2030-03-01", "day1-0-opens": "08:00", "day1-0-closes": "12:00"}
    page = client.post(f"{here}profiles/new/", wrong)
    assert (page.status_code, text_of(page).count('class="error"')) == (400, 1)
    page = client.post(f"{here}profiles/new/", wrong | {"name": "Ramadan"})
    assert (page.status_code, form_of(page)["day1-0-opens"]) == (400, "08:00")
    assert "The last day comes before the first." in text_of(page)
    assert stored(bank, HoursProfile) == []


def test_the_hours_of_a_service(client, bank, tellers):
    from smartqueue.sites.models import ServiceHours

    page = f"/{bank.slug}/manage/services/{tellers.service_id}/hours/"
    assert client.post(page, {"day2-0-opens": "09:00", "day2-0-closes": "10:00"}).status_code == 303
    (row,) = stored(bank, ServiceHours)
    assert (row.weekday, row.opens, row.closes) == (2, time(9), time(10))
    assert client.post(page, {}).status_code == 303
    assert stored(bank, ServiceHours) == []


def test_pages_of_hours_cost_the_same_for_one_and_for_three(client, bank, here, site):
    from smartqueue.journal.states import SYSTEM
    from smartqueue.sites.actions.profiles import apply_profile
    from smartqueue.sites.models import OpeningException
    from smartqueue.sites.states import PRESETS
    from smartqueue.tenants.scope import in_tenant

    def add(n):
        day = today() + timedelta(days=10 * n)
        with in_tenant(bank.id):
            OpeningException.objects.create(tenant=bank, site=site, date=day)
            apply_profile(
                site=site, hours=PRESETS["bank"], first=day, last=day, name=f"n{n}", actor=SYSTEM,
                at=datetime(2026, 1, 1, tzinfo=UTC),
            )  # fmt: skip

    add(1)
    first = [questions(client, here + page) for page in ("hours/", "dates/")]
    add(2)
    add(3)

    assert [questions(client, here + page) for page in ("hours/", "dates/")] == first == [10, 14]


def test_the_day_at_the_site_is_the_sites():
    from smartqueue.sites.models import Site
    from smartqueue.web.manage.sites import local_day

    late = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    assert local_day(Site(time_zone="Africa/Dakar"), late) == date(2026, 3, 2)
    assert local_day(Site(time_zone="Africa/Nairobi"), late) == date(2026, 3, 3)
