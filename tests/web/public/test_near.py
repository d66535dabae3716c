"""Where one is served first: by the way and the wait, without a start by the wait, and in a browser."""

from datetime import timedelta
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe

from smartqueue.kernel.clock import now
from smartqueue.tenants.scope import in_tenant
from tests.web.shared.browser import DESK, PHONE

PLATEAU, PARCELLES, RUFISQUE = (14.66222, -17.43972), (14.7604, -17.4409), (14.7158, -17.2734)


@pytest.fixture
def make_place(bank, tellers, site):
    """`make_place(name, point, wait_s=600, …)`: a site open around the clock with one queue, and its outlook."""
    from smartqueue.journal.states import SYSTEM
    from smartqueue.queueing.actions.outlook import publish_outlook
    from smartqueue.queueing.models import Queue
    from smartqueue.sites.models import OpeningHours, Site

    with in_tenant(bank.id):  # only the places of the test
        Site.objects.filter(id=site.id).update(is_active=False)

    def make(name, point=(None, None), wait_s=600, opens="00:00", closes="00:00", service=None, **queue):
        with in_tenant(bank.id):
            place = Site.objects.create(
                tenant=bank, name=name, code=uuid4().hex[:8].upper(), latitude=point[0], longitude=point[1],
                observes_holidays=False,
            )  # fmt: skip
            OpeningHours.objects.bulk_create(
                OpeningHours(tenant=bank, site=place, weekday=day, opens=opens, closes=closes) for day in range(1, 8)
            )
            line = Queue.objects.create(
                **{"tenant": bank, "site": place, "service": service or tellers.service, "name": f"File {name}",
                   "prefix": "A"} | queue
            )  # fmt: skip
            if wait_s is not None:
                publish_outlook(
                    tenant_id=bank.id, queue_id=line.id, p10=[wait_s // 2], p50=[wait_s], p90=[wait_s * 2],
                    tail=[60, 60, 60], quality="good", counters=2, is_news=False, actor=SYSTEM, at=now(),
                )  # fmt: skip
        return place

    return make


@pytest.fixture
def reader(browser):
    return browser(**{"accept-language": "en"})


@pytest.fixture
def look(reader, bank):
    """`look(**asked)`: the names in order."""

    def get(**asked):
        return [row.choice.line.name for row in reader.get(f"/{bank.slug}/near/", asked).context["rows"]]

    return get


@pytest.fixture
def first(bank):
    from smartqueue.forecast.queries.nearest import served_first

    def ask(at=None, **asked):
        with in_tenant(bank.id):
            return served_first(at=at or now(), **asked)

    return ask


def near(point):
    return f"{point[0]:.2f},{point[1]:.2f}"


def test_the_longer_of_way_and_wait_decides(make_place, look, first):
    """On foot: Parcelles is 11 km off, Rufisque far away. A long wait next door loses against a short one further off
    only where the way is shorter than that wait."""
    from smartqueue.travel.states import Mode, Point

    make_place("Next door", PLATEAU, wait_s=3 * 3600)
    make_place("Further", PARCELLES, wait_s=600)
    make_place("Far", RUFISQUE, wait_s=60)

    at = now().replace(hour=2)  # no rush hour
    by_car, on_foot = (first(at, origin=Point(*PLATEAU), mode=mode) for mode in (Mode.CAR, Mode.WALK))

    assert [one.line.name for one in by_car] == ["Further", "Far", "Next door"]
    assert [one.line.name for one in on_foot] == ["Next door", "Further", "Far"]
    further, far, door = by_car
    assert further.served_s == further.travel_s > further.wait.middle
    assert door.served_s == door.wait.middle == 3 * 3600
    assert far.served_high_s == far.travel_high_s > far.travel_s
    assert (further.travels_longer, door.travels_longer) == (True, False)
    assert (door.way.mode, further.way.mode) == ("pied", "voiture")
    assert look() == ["Far", "Further", "Next door"]  # by the wait alone


def test_what_is_not_known_comes_last_and_is_not_invented(make_place, first, reader, bank):
    from smartqueue.travel.states import Mode, Point

    make_place("No counter", PLATEAU, wait_s=None)
    make_place("No point", wait_s=60)
    make_place("Known", PARCELLES, wait_s=7200)

    found = first(origin=Point(*PLATEAU), mode=Mode.CAR)
    assert [one.line.name for one in found] == ["Known", "No point", "No counter"]
    assert [(one.served_s, one.way is None) for one in found[1:]] == [(60, True), (None, False)]
    page = reader.get(f"/{bank.slug}/near/", {"near": near(PLATEAU), "mode": "voiture"}).content.decode()
    assert "way not known" in page
    assert "wait not known yet" in page


def test_only_who_takes_tickets_now_is_named(make_place, look, bank, cheikh, service):
    from smartqueue.sites.models import Site

    at = now()
    hour = f"{(at + timedelta(hours=2)):%H}:00"
    make_place("Open")
    make_place("Later", opens=hour, closes=f"{(at + timedelta(hours=3)):%H}:00")
    make_place("Paused", status="paused")
    make_place("Staff only", kind="vip")
    make_place("Full", capacity=1)
    closed_down = make_place("Closed down")
    with in_tenant(bank.id):
        Site.objects.filter(id=closed_down.id).update(is_active=False)
        full = Site.objects.get(name="Full")
    with in_tenant(cheikh.tenant.id):
        Site.objects.create(tenant=cheikh.tenant, name="Elsewhere", code="X")
    from smartqueue.journal.states import SYSTEM
    from smartqueue.queueing.actions.hot import issue_ticket
    from smartqueue.queueing.models import Queue

    with in_tenant(bank.id):
        line = Queue.objects.get(site=full)
    issue_ticket(tenant_id=bank.id, queue_id=line.id, channel="kiosk", actor=SYSTEM, at=at)

    assert look() == ["Open"]
    assert look(service=str(service.id)) == ["Open"]  # nobody offers it: it is no choice
    assert look(service="nonsense", mode="bateau", near="here", page="x") == ["Open"]


def test_one_service_and_its_own_hours(make_place, look, bank, service):
    from smartqueue.sites.models import ServiceHours

    make_place("Tellers")
    make_place("Withdrawals", service=service)
    assert look(service=str(service.id)) == ["Withdrawals"]

    hour = now().hour
    with in_tenant(bank.id):
        ServiceHours.objects.bulk_create(
            ServiceHours(tenant=bank, service=service, weekday=day, opens=f"{(hour + 2) % 24:02}:00",
                         closes=f"{(hour + 3) % 24:02}:00")
            for day in range(1, 8)
        )  # fmt: skip
    assert look(service=str(service.id)) == []


def test_the_best_of_a_sites_queues_stands_for_it(make_place, first, bank, service):
    from smartqueue.queueing.models import Queue

    place = make_place("Two lines", wait_s=1200)
    with in_tenant(bank.id):
        Queue.objects.create(tenant=bank, site=place, service=service, name="Unknown", prefix="B")
    (only,) = first()
    assert (only.line.queue, only.served_s) == ("File Two lines", 1200)


@pytest.mark.parametrize(
    ("words", "name"),
    [("rufisque est", "Rufisque Est"), ("THIES", "Thiès"), ("Guediawaye", "Guédiawaye"), ("grand yoff", "Grand Yoff"),
     ("mermoz", "Mermoz Sacré-Cœur")],
)  # fmt: skip
def test_a_commune_is_found_as_people_type_it(scope, words, name):
    from smartqueue.forecast.queries.nearest import starts_named
    from smartqueue.travel.queries.ways import metres_between
    from smartqueue.travel.states import Point

    first, *_others = starts_named(words)

    assert first.name.replace("-", " ").split()[0] == name.replace("-", " ").split()[0]
    assert metres_between(first.point, Point(*PLATEAU)) < 80_000


@pytest.mark.parametrize("words", ["", "  ", "xyzzy", "(((", "%", "\\", "a" * 5000, ".*"])
def test_words_that_name_no_place(scope, words):
    from smartqueue.forecast.queries.nearest import starts_named

    assert starts_named(words) == []


def test_one_of_several_places_is_chosen(make_place, reader, bank):
    make_place("Site", PLATEAU)
    address = f"/{bank.slug}/near/"

    page = reader.get(address, {"from": "Thiès"})
    chosen = page.context["others"][0]
    again = reader.get(address, {"from": chosen.name, "place": chosen.code})
    other = reader.get(address, {"from": "Rufisque", "place": chosen.code})

    assert again.context["start"] == chosen != page.context["start"]
    assert "Rufisque" in other.context["start"].name
    assert "We know no commune of this name" in reader.get(address, {"from": "Atlantis"}).content.decode()


def test_nothing_open_says_what_to_do(reader, bank):
    assert "No place takes tickets for this now" in reader.get(f"/{bank.slug}/near/").content.decode()
    assert reader.get("/nowhere-at-all/near/").status_code == 404


def test_one_site_and_three_cost_the_same(make_place, reader, bank):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def cost(**asked):
        with CaptureQueriesContext(connection) as queries:
            assert reader.get(f"/{bank.slug}/near/", asked).status_code == 200
        return len([one for one in queries if one["sql"].startswith(("SELECT", "\n", "WITH"))
                    and "set_config" not in one["sql"]])  # fmt: skip

    asked = {"near": near(PLATEAU), "mode": "taxi"}
    make_place("One", PLATEAU)
    cost()  # the tenant's slug is known from now on
    one = cost(**asked), cost()
    make_place("Two", PARCELLES)
    make_place("Three", RUFISQUE)

    assert (cost(**asked), cost()) == one == (9, 6)


def test_the_api_says_the_same(make_place, api, bank, cheikh):
    make_place("Near", PLATEAU, wait_s=900)
    make_place("Nowhere", wait_s=None)
    path = f"public/organisations/{bank.slug}/nearest/"

    near_by = api().get(f"{path}?latitude=14.6622&longitude=-17.4397&mode=voiture").json()["results"]
    plain = api().get(path).json()["results"]

    first, last = near_by
    assert (first["site"]["name"], first["eta_seconds"], first["eta_high_seconds"]) == ("Near", 900, 1800)
    assert (first["travel_mode"], first["travel_source"], first["served_seconds"]) == ("pied", "table", 900)
    assert [last[name] for name in ("eta_seconds", "travel_seconds", "served_seconds", "eta_quality")] == [
        None, None, None, "none",
    ]  # fmt: skip
    assert [one["travel_seconds"] for one in plain] == [None, None]
    assert api().get(f"public/organisations/{cheikh.tenant.slug}/nearest/").json() == {"results": []}
    assert api().get("public/organisations/nobody-here/nearest/").status_code == 404


@pytest.mark.parametrize(
    "query",
    ["latitude=14.6", "longitude=1", "latitude=91&longitude=0", "latitude=nan&longitude=0", "latitude=x&longitude=1",
     "mode=bateau", "service=x", "service=", "lat=1", "latitude=1e999&longitude=0"],
)  # fmt: skip
def test_the_api_refuses_what_it_does_not_understand(api, bank, query):
    answer = api().get(f"public/organisations/{bank.slug}/nearest/?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_a_phone_that_gives_its_position_sees_the_order_change(make_place, open_page, bank):
    """Without script by commune, then on touch; and the page is whole on a phone and a desk."""
    make_place("Agence Plateau", PLATEAU, wait_s=2400)
    make_place("Agence Parcelles Assainies Unité 26", PARCELLES, wait_s=300)
    address = f"/{bank.slug}/near/"

    page = open_page(address, viewport=PHONE, java_script_enabled=False)
    assert page.locator("ol > li strong").first.text_content() == "Agence Parcelles Assainies Unité 26"
    page.locator("#from").fill("dakar plateau")
    page.locator(".chip").nth(3).click()
    page.locator("#ask button.main").click()
    assert page.locator("ol > li strong").first.text_content() == "Agence Plateau"
    assert "mode=pied" in page.url

    page = open_page(
        f"{address}?mode=voiture", viewport=PHONE, permissions=["geolocation"],
        geolocation={"latitude": PARCELLES[0], "longitude": PARCELLES[1]},
    )  # fmt: skip
    page.locator("[data-here]").click()
    page.wait_for_url("**near=14.76%2C-17.44**")
    assert "mode=voiture" in page.url
    assert page.locator("ol > li strong").first.text_content() == "Agence Parcelles Assainies Unité 26"
    assert page.complaints == []
    found = Axe().run(page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in {"serious", "critical"}] == []
    for size in (PHONE, DESK):
        page.set_viewport_size(size)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
