"""Ways to the sites: who may, what the table shows, what is changed, put back and tried."""

import pytest
from django.test import override_settings

from smartqueue.tenants.scope import in_tenant
from smartqueue.travel.models import TravelLesson, TravelRules, TravelSpeed
from tests.travel.engines import engines, osrm, standing
from tests.web.manage.ground import form_of, questions, stored, text_of
from tests.web.shared.browser import DESK, PHONE

__all__ = ["engines"]

LINE = "dakar_region/voiture/am_peak/"
NEW = {"speed_kmh": "11.5", "overhead_min": "6", "detour": "1.4"}
RULES = {"margin_min": "12", "near_m": "200", "engine": "table", "engine_url": ""}


@pytest.fixture
def base(bank):
    return f"/{bank.slug}/manage/travel/"


@pytest.fixture
def placed(bank, site):
    with in_tenant(bank.id):
        site.latitude, site.longitude = 14.66222, -17.43972
        site.save()
    return site


def test_who_may(base, bank, visit, awa, cheikh, binta):
    for path in ("", "rules/", LINE, LINE + "reset/", LINE + "forget/"):
        for method in ("get", "post") if not path.endswith(("reset/", "forget/")) else ("post",):
            sent = NEW | RULES if method == "post" else {}
            assert getattr(visit(None), method)(base + path, sent)["Location"].startswith("/sign-in/")
            assert getattr(visit(cheikh), method)(base + path, sent).status_code == 404
            for person in (awa, binta):
                assert getattr(visit(person), method)(base + path, sent).status_code == 403
    assert stored(bank, TravelSpeed) == stored(bank, TravelRules) == []


def test_the_table_of_each_zone(base, visit, moussa):
    dakar, town, far = (text_of(visit(moussa).get(base, {"zone": zone})) for zone in ("", "other_town", "interurban"))

    assert [page.count('class="speed') for page in (dakar, town, far)] == [7 * 6, 5 * 2, 3]
    assert dakar.count("not offered") == 3  # BRT, TER, motorbike
    assert "changed</span>" not in dakar


def test_a_line_is_changed_marked_and_put_back(base, bank, visit, moussa):
    client = visit(moussa)
    assert form_of(client.get(base + LINE)) == {"speed_kmh": "14.0", "overhead_min": "4.0", "detour": "1.35"}

    answer = client.post(base + LINE, NEW)

    assert (answer.status_code, answer["Location"]) == (303, f"{base}?zone=dakar_region")
    (row,) = stored(bank, TravelSpeed)
    assert (row.zone, row.mode, row.hours, row.speed_kmh) == ("dakar_region", "voiture", "am_peak", 11.5)
    page = text_of(client.get(base))
    assert (page.count("speed own"), page.count("changed</span>")) == (1, 1)
    assert client.post(base + LINE + "reset/").status_code == 303
    assert stored(bank, TravelSpeed) == []


def test_a_mode_is_offered_once_a_speed_is_saved(base, bank, visit, moussa, browser_at):
    client, address = visit(moussa), f"/{bank.slug}/near/"
    assert "By BRT" not in browser_at(address)
    brt = base + "dakar_region/brt/am_peak/"
    client.post(brt, form_of(client.get(brt)))
    assert "By BRT" in browser_at(address)
    assert text_of(client.get(base)).count("not offered") == 2


@pytest.fixture
def browser_at():
    from django.test import Client

    return lambda address: Client(headers={"Accept-Language": "en"}).get(address).content.decode()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"speed_kmh": "0"}, "speed_kmh"), ({"speed_kmh": "nan"}, "speed_kmh"), ({"speed_kmh": ""}, "speed_kmh"),
     ({"overhead_min": "241"}, "overhead_min"), ({"detour": "0.5"}, "detour")],
)  # fmt: skip
def test_what_cannot_be_is_said_beside_its_field(base, bank, visit, moussa, wrong, field):
    answer = visit(moussa).post(base + LINE, NEW | wrong)

    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == [field]
    assert stored(bank, TravelSpeed) == []


@pytest.mark.parametrize("line", ["moon/voiture/am_peak/", "interurban/pied/all/", "other_town/voiture/night/"])
def test_a_line_that_is_not_there(base, visit, moussa, line):
    assert visit(moussa).get(base + line).status_code == 404
    assert visit(moussa).post(base + line, NEW).status_code == 404
    assert visit(moussa).post(base + line + "reset/").status_code == 404


def test_what_trips_have_shown_is_seen_and_forgotten(base, bank, visit, moussa):
    with in_tenant(bank.id):
        TravelLesson.objects.create(
            tenant=bank, zone="dakar_region", mode="voiture", hours="am_peak", log_ratio_sum=8.0, trips=20
        )
    client = visit(moussa)

    assert "20 trips: +22 %" in text_of(client.get(base))
    assert "20 trips: the estimate is raised by 22 %." in text_of(client.get(base + LINE))
    assert client.post(base + LINE + "forget/").status_code == 303
    assert stored(bank, TravelLesson) == []
    assert "Nothing yet" in text_of(client.get(base + LINE))


def test_rules_are_kept_and_refused(base, bank, visit, moussa):
    client = visit(moussa)
    assert form_of(client.get(base + "rules/"))["margin_min"] == "8"

    assert client.post(base + "rules/", RULES)["Location"] == base
    wrong = client.post(base + "rules/", RULES | {"engine": "osrm"})
    with override_settings(OUTBOUND_LOOPBACK=False):
        inside = client.post(base + "rules/", RULES | {"engine": "osrm", "engine_url": "https://10.0.0.1"})

    assert [list(one.context["form"].errors) for one in (wrong, inside)] == [["engine_url"]] * 2
    (row,) = stored(bank, TravelRules)
    assert (row.margin_min, row.near_m, row.engine) == (12, 200, "table")


@pytest.mark.usefixtures("engines")
def test_a_way_is_tried_with_the_engine_and_without(base, bank, visit, moussa, placed):
    client = visit(moussa)
    way = {"start": "Rufisque Est", "site": str(placed.id), "mode": "voiture"}
    with standing(osrm) as stand:
        assert "by the table of speeds" in text_of(client.post(base, way))
        client.post(base + "rules/", RULES | {"engine": "osrm", "engine_url": stand.url})
        by_engine, by_bus = (text_of(client.post(base, way | {"mode": mode})) for mode in ("voiture", "transport"))
        stand.say = lambda _path, _body: (500, b"")
        silent = text_of(client.post(base, way | {"start": "Pikine Est"}))
        stand.say = osrm
        again = text_of(client.post(base, way | {"start": "Pikine Est"}))

    assert "by OSRM" in by_engine
    assert "17.2 km" in by_engine
    assert "by OSRM" in again
    for page in (by_bus, silent):
        assert "The engine gave no answer" in page


@pytest.mark.parametrize("wrong", [{"start": "Atlantis"}, {"start": ""}, {"site": "x"}, {"mode": "bateau"}])
def test_a_way_that_cannot_be_tried(base, visit, moussa, placed, wrong):
    way = {"start": "Rufisque Est", "site": str(placed.id), "mode": "voiture"} | wrong
    answer = visit(moussa).post(base, way)
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == list(wrong)


def test_one_own_line_and_three_cost_the_same(base, bank, visit, moussa, placed):
    client = visit(moussa)
    client.post(base + LINE, NEW)
    one = questions(client, base)
    for hours in ("night", "pm_peak"):
        client.post(f"{base}dakar_region/voiture/{hours}/", NEW)
    assert questions(client, base) == one


def test_the_pages_are_calm_on_a_phone_and_a_desk(base, browse, moussa, placed):
    from axe_playwright_python.sync_playwright import Axe

    page = browse(base, moussa, viewport=PHONE, language="en")
    for size in (PHONE, DESK):
        page.set_viewport_size(size)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator(".speed").first.click()
    page.locator("#id_speed_kmh").fill("39")
    page.locator("form.form button.main").click()
    page.locator(".speed.own").click()
    found = Axe().run(page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in {"serious", "critical"}] == []
    page.locator("[popovertarget=reset]").first.click()
    page.locator("dialog#reset form button").click()
    page.locator(".speeds").wait_for()
    assert page.locator(".speed.own").count() == 0
    assert page.complaints == []
