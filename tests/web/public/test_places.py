"""Finding where to go: organisations, sites, the lines of a site."""

import math
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from smartqueue.kernel.clock import now


@pytest.fixture
def reader(browser):
    return browser(**{"accept-language": "en"})


@pytest.fixture
def make_site(bank):
    from smartqueue.sites.models import Site
    from smartqueue.tenants.scope import in_tenant

    def make(name, **fields):
        with in_tenant(bank.id):
            return Site.objects.create(
                **{"tenant": bank, "name": name, "code": uuid4().hex[:8].upper(), "observes_holidays": False} | fields
            )

    return make


@pytest.fixture
def open_hours(bank):
    """Every day of a site or service from then until then."""
    from smartqueue.sites.models import OpeningHours, ServiceHours, Site
    from smartqueue.tenants.scope import in_tenant

    def set_them(of, opens, closes):
        kind, name = (OpeningHours, "site") if isinstance(of, Site) else (ServiceHours, "service")
        with in_tenant(bank.id):
            kind.objects.filter(**{name: of}).delete()
            kind.objects.bulk_create(
                kind(tenant=bank, weekday=day, opens=opens, closes=closes, **{name: of}) for day in range(1, 8)
            )

    return set_them


def names(page):
    return [site.name for site, _ in page.context["rows"]]


def metres(one, other):
    """Distance on the sphere, by the angle between two vectors: another way than the query's."""

    def vector(latitude, longitude):
        up, along = math.radians(latitude), math.radians(longitude)
        return math.cos(up) * math.cos(along), math.cos(up) * math.sin(along), math.sin(up)

    return 6_371_009 * math.acos(sum(a * b for a, b in zip(vector(*one), vector(*other), strict=True)))


def asked(doing):
    """Statements that read rows."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        doing()
    return [
        query["sql"]
        for query in queries.captured_queries
        if query["sql"].startswith(("SELECT", "\n")) and "set_config" not in query["sql"]
    ]


def test_the_home_page_lists_active_organisations_and_finds_them_without_accents(reader, make_tenant):
    mark = uuid4().hex[:8]
    shown = make_tenant(f"Hôpital Général {mark}")
    hidden = make_tenant(f"Hopital fermé {mark}", is_active=False)

    page = reader.get(f"/?q=HOPITAL general {mark}").content.decode()
    closed = reader.get(f"/?q=ferme {mark}").content.decode()

    assert f'href="/{shown.slug}/"' in page
    assert hidden.slug not in page + closed
    assert "No organisation has this name" in closed


def test_the_home_page_shows_the_tickets_that_this_browser_took(browser, place, tellers):
    customer = browser()
    mine = customer.take(place, tellers)["Location"]

    assert f'href="{mine}"' in customer.get("/").content.decode()
    assert mine not in browser().get("/").content.decode()


@pytest.mark.parametrize("slug", ["nowhere", "docs-x", "a" * 60])
def test_an_unknown_organisation_is_not_found(reader, slug):
    assert reader.get(f"/{slug}/").status_code == 404


def test_another_tenants_site_is_not_found(reader, place, site, cheikh):
    answers = [reader.get(path) for path in (f"/{cheikh.tenant.slug}/sites/{site.code}/", place.replace("DKR1", "X"))]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert site.name not in answers[0].content.decode()
    assert site.name not in reader.get(f"/{cheikh.tenant.slug}/").content.decode()


def test_no_site_and_no_queue_say_what_to_do(reader, bank, make_site):
    nothing = reader.get(f"/{bank.slug}/").content.decode()
    empty = make_site("Agence vide")

    assert "No place is open to the public yet" in nothing
    assert "No tickets are given here online" in reader.get(f"/{bank.slug}/sites/{empty.code}/").content.decode()


def test_sites_are_found_by_name_street_commune_and_code(reader, bank, make_site):
    from smartqueue.sites.models import Division

    thies = Division.objects.filter(level="commune", name__startswith="Thi").first()
    here = make_site("Agence de la Gare", address="Route de Mbour", commune=thies, code="GARE1")
    make_site("Agence Plateau")
    make_site("Ancienne gare", is_active=False)

    for words in ("gare", "ROUTE de mbour", "gare1", *([thies.name[:5]] if thies else [])):
        assert names(reader.get(f"/{bank.slug}/", {"q": words})) == [here.name], words
    assert names(reader.get(f"/{bank.slug}/", {"q": "nulle part"})) == []
    assert names(reader.get(f"/{bank.slug}/", {"q": "%"})) == []


def test_the_nearest_comes_first_and_its_distance_is_right(reader, bank, make_site):
    make_site("A without a point")
    make_site("B Thiès", latitude=14.7910, longitude=-16.9359)
    make_site("C Plateau", latitude=14.6708, longitude=-17.4381)

    here = (14.6937, -17.4441)  # Dakar, Médina
    page = reader.get(f"/{bank.slug}/?near={here[0]},{here[1]}")

    assert names(page) == ["C Plateau", "B Thiès", "A without a point"]
    near, far, nowhere = (site.distance_m for site, _ in page.context["rows"])
    assert near == pytest.approx(metres(here, (14.6708, -17.4381)), abs=2)
    assert far == pytest.approx(metres(here, (14.7910, -16.9359)), abs=2)
    assert nowhere is None
    assert names(reader.get(f"/{bank.slug}/")) == ["A without a point", "B Thiès", "C Plateau"]


@pytest.mark.parametrize("near", ["", "x", "1", "1,2,3", "nan,1", "91,0", "0,181", "1e999,0", "1,2" * 99, "1,\x00"])
def test_a_position_that_is_none_is_no_position(reader, bank, make_site, near):
    make_site("Agence Plateau", latitude=14.6708, longitude=-17.4381)
    page = reader.get(f"/{bank.slug}/", {"near": near})

    assert page.status_code == 400 if "\0" in near else page.context["near"] is None


def test_two_hundred_sites_come_page_by_page(reader, bank):
    from smartqueue.sites.models import Site
    from smartqueue.tenants.scope import in_tenant

    with in_tenant(bank.id):
        Site.objects.bulk_create(Site(tenant=bank, name=f"Agence {n:03}", code=f"N{n}") for n in range(200))

    seen = [name for page in range(1, 9) for name in names(reader.get(f"/{bank.slug}/?page={page}"))]

    assert seen == [f"Agence {n:03}" for n in range(200)]
    assert names(reader.get(f"/{bank.slug}/?page=99")) == seen[-25:]


def test_a_site_says_until_when_it_is_open_and_when_it_opens(reader, bank, make_site, open_hours):
    open_now, shut_now = make_site("A"), make_site("B")
    make_site("C")
    today = now()
    open_hours(open_now, "00:00", "23:59" if today.hour < 23 else "00:00")
    later = (today + timedelta(hours=20)).replace(minute=0, second=0, microsecond=0)
    open_hours(shut_now, later.time(), (later + timedelta(hours=1)).time())
    page = reader.get(f"/{bank.slug}/")

    hours = {site.name: opening for site, opening in page.context["rows"]}
    assert (hours["A"].is_open, hours["B"].is_open, hours["C"].is_open) == (True, False, False)
    assert hours["B"].next_opening == later
    assert hours["C"].next_opening is None
    assert f"opens {later:%H:%M}" in page.content.decode() or f"opens {later:%A %H:%M}" in page.content.decode()


def test_many_openings_at_once_are_the_same_as_one_by_one(bank, site, make_site, open_hours):
    from smartqueue.sites.queries import opening, openings
    from smartqueue.tenants.scope import in_tenant

    office = make_site("Office")
    open_hours(office, "08:00", "16:00")
    with in_tenant(bank.id):
        for hour in (3, 9, 15, 16, 23):
            at = datetime(2026, 3, 4, hour, tzinfo=UTC)
            many = openings([site.id, office.id], at)
            assert many[office.id] == opening(office.id, at)
            assert many[site.id].is_open == opening(site.id, at).is_open


def test_a_queue_shows_how_many_wait_and_claims_no_range(reader, place, tellers, make_queue, take):
    make_queue(name="Conseil")
    for _ in range(3):
        take()
    page = reader.get(place)

    assert [(line.name, line.waiting) for line, _, _ in page.context["rows"]] == [("Guichets", 3), ("Conseil", 0)]
    words = page.content.decode()
    assert ("3 people wait" in words, "nobody waits" in words, " min" in words) == (True, True, False)


def test_what_cannot_be_taken_is_greyed_with_its_reason(reader, place, make_queue, open_hours, take):
    later = (now() + timedelta(hours=2)).replace(second=0, microsecond=0)
    closed = make_queue(name="Crédit")
    open_hours(closed.service, later.time(), (later + timedelta(hours=1)).time())
    make_queue(name="En pause", status="paused")
    full = make_queue(name="Plein", capacity=1)
    take(full, at=now())
    make_queue(name="VIP", kind="vip")
    make_queue(name="Ancienne", is_active=False)
    page = reader.get(place)

    words = page.content.decode()
    told = {line.name: at for line, at, _ in page.context["rows"] if not line.takes_tickets}
    assert told == {"Crédit": later, "En pause": None, "Plein": None}
    assert f"Opens {later:%H:%M}" in words or f"Opens {later:%A %H:%M}" in words
    assert ("No new tickets right now" in words, ">Full<" in words) == (True, True)
    assert words.count('type="radio"') == 1, "the tellers'"


def test_a_link_to_a_queue_chooses_it(reader, place, tellers, make_queue):
    other = make_queue(name="Conseil")

    chosen = [reader.get(f"{place}?queue={wanted}").context["chosen"] for wanted in (other.id, "x", "")]

    assert chosen == [str(other.id), "", ""]


@pytest.mark.parametrize("rows", [1, 3])
def test_lists_ask_the_database_as_often_for_one_row_as_for_three(
    reader, bank, place, site, make_site, make_queue, rows
):
    for n in range(rows):
        make_queue()
        if n:
            make_site(f"Agence {n}")

    assert len(asked(lambda: reader.get(f"/{bank.slug}/"))) == 4  # tenant, how many, rows, hours
    assert len(asked(lambda: reader.get(place))) == 4  # tenant, site, lines, hours; nothing is shut
    assert len(asked(lambda: reader.get("/"))) == 1


def test_pages_with_forms_are_kept_by_nobody_and_not_compressed(reader, bank, place, tellers):
    for path in ("/", place):
        page = reader.get(path, headers={"accept-encoding": "gzip"})
        assert "no-store" in page["Cache-Control"], path
        assert "Content-Encoding" not in page.headers
