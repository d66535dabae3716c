"""Lists: only the tenant's rows, filtered, in order, page by page, at a constant number of queries."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from smartqueue.customers.models import Customer
from smartqueue.notifications.models import MessageTemplate
from smartqueue.sites.actions import set_hours, set_service_hours
from smartqueue.sites.models import Counter, HolidayOverride, OpeningException, Service, ServiceCategory, Site
from smartqueue.sites.states import PRESETS
from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE


class Maker:
    """Makes the n-th row of each kind for a tenant."""

    def __init__(self, tenant, actor):
        self.tenant, self.actor = tenant, actor

    def sites(self, n):
        site = Site.objects.create(tenant=self.tenant, name=f"Agence {n}", code=f"S{n}")
        set_hours(site=site, hours=PRESETS["bank"], actor=self.actor, at=NINE)
        return site

    def services(self, n):
        category = ServiceCategory.objects.create(tenant=self.tenant, name=f"Catégorie {n}")
        service = Service.objects.create(tenant=self.tenant, name=f"Service {n}", code=f"s{n}", category=category)
        set_service_hours(service=service, hours=PRESETS["bank"], actor=self.actor, at=NINE)
        return service

    def counters(self, n):
        site = Site.objects.filter(tenant=self.tenant).first() or self.sites(0)
        return Counter.objects.create(tenant=self.tenant, site=site, name=f"G{n}")

    def exceptions(self, n):
        site = Site.objects.filter(tenant=self.tenant).first() or self.sites(0)
        return OpeningException.objects.create(tenant=self.tenant, site=site, date=f"2026-12-{n + 1:02}")

    def categories(self, n):
        return ServiceCategory.objects.create(tenant=self.tenant, name=f"Espèces {n}")

    def overrides(self, n):
        return HolidayOverride.objects.create(tenant=self.tenant, date=f"2026-12-{n + 1:02}", is_holiday=True)

    def customers(self, n):
        return Customer.objects.create(tenant=self.tenant, full_name=f"Demba {n}", preferences={"sms": True})

    def templates(self, n):
        return MessageTemplate.objects.create(tenant=self.tenant, kind=f"kind{n}", channel="sms", body="b")


LISTS = {
    "sites": ("sites/", 3),
    "services": ("services/", 3),
    "counters": ("counters/", 2),
    "exceptions": ("sites/{site}/exceptions/", 3),
    "categories": ("service-categories/", 2),
    "overrides": ("holiday-overrides/", 2),
    "customers": ("customers/", 2),
    "templates": ("notification-templates/", 2),
}


@pytest.fixture
def make(moussa, cheikh):
    """Rows of one kind for the bank, and one for the town hall that must not appear."""

    def run(kind, numbers):
        for person, wanted in ((cheikh, range(1)), (moussa, numbers)):
            with in_tenant(person.tenant.id):
                made = [getattr(Maker(person.tenant, person.actor), kind)(n) for n in wanted]
        return made

    return run


def counted(call):
    with CaptureQueriesContext(connection) as queries:
        answer = call()
    assert answer.status_code == 200, answer.content
    asked = [query["sql"] for query in queries if query["sql"].startswith("SELECT")]
    return answer.json()["results"], len(asked)


@pytest.mark.parametrize("kind", LISTS)
def test_a_list_has_the_tenants_rows_at_the_same_number_of_queries(api, bank, moussa, make, kind):
    address, expected = LISTS[kind]
    make_site = [] if kind in {"sites"} else make("sites", range(9, 10))
    site = make_site[0].id if make_site else ""
    path = f"tenants/{bank.slug}/{address.format(site=site)}"

    first = make(kind, range(1))
    one, queries_for_one = counted(lambda: api(moussa).get(path))
    connection.queries_log.clear()
    with in_tenant(bank.id):
        more = [getattr(Maker(bank, moussa.actor), kind)(n) for n in (1, 2)]
    three, queries_for_three = counted(lambda: api(moussa).get(path))

    assert [row["id"] for row in one] == [str(row.id) for row in first]
    assert {row["id"] for row in three} == {str(row.id) for row in [*first, *more]}
    assert (queries_for_one, queries_for_three) == (expected, expected)


def test_sites_and_services_come_with_their_hours(api, bank, moussa, make):
    make("sites", range(1))
    make("services", range(1))

    for path in ("sites", "services"):
        (row,) = api(moussa).get(f"tenants/{bank.slug}/{path}/").json()["results"]
        assert row["hours"][0] == {"weekday": 1, "opens": "08:00:00", "closes": "16:00:00"}
        assert len(row["hours"]) == 6


@pytest.mark.parametrize(("ordering", "names"), [("code", "012"), ("-name", "210")])
def test_a_list_is_ordered_and_comes_page_by_page(api, bank, moussa, make, ordering, names):
    make("sites", range(3))
    client, path, seen = api(moussa), f"tenants/{bank.slug}/sites/?limit=2&ordering={ordering}", []

    for _page in range(2):
        page = client.get(path).json()
        seen += [row["name"][-1] for row in page["results"]]
        path = (page["next"] or "").partition("/api/v1/")[2]

    assert ("".join(seen), path) == (names, "")


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("sites/?code=S1", ["Agence 1"]),
        ("sites/?is_active=false", []),
        ("sites/?is_active=true&code=S2", ["Agence 2"]),
        ("services/?code=s1", ["Service 1"]),
        ("services/?category_id={category}", ["Service 2"]),
        ("counters/?site_id={site}", ["G0", "G1", "G2"]),
        ("counters/?site_id={category}", []),
        ("customers/?language=wo", []),
        ("customers/?search=demba%201", ["Demba 1", "Demba 2", "Demba 0"]),
        ("customers/?created_from=2020-01-01T00:00:00Z&created_to=2020-01-02T00:00:00%2B00:00", []),
        ("customers/?created_to=2020-01-02T00:00:00+00:00", []),
        ("notification-templates/?kind=kind1", ["kind1"]),
        ("notification-templates/?channel=email", []),
        ("holiday-overrides/?date_from=2026-12-03&is_holiday=true", ["2026-12-03"]),
    ],
)
def test_a_list_is_filtered(api, bank, moussa, make, query, names):
    for kind in ("sites", "services", "counters", "customers", "templates", "overrides"):
        rows = make(kind, range(3))
        if kind == "sites":
            site = rows[0].id
        if kind == "services":
            category = rows[2].category_id
    path = f"tenants/{bank.slug}/{query.format(site=site, category=category)}"

    found = api(moussa).get(path).json()["results"]

    assert [row.get("name") or row.get("full_name") or row.get("kind") or row.get("date") for row in found] == names


@pytest.mark.parametrize(
    "query",
    [
        "sites/?is_active=maybe",
        "sites/?is_active=",
        "sites/?unknown=1",
        "sites/?ordering=latitude",
        "sites/?limit=0",
        "sites/?cursor=%FF",
        "sites/?code=%00",
        "counters/?site_id=7",
        "counters/?site_id=",
        "services/?category_id=x",
        "customers/?language=de",
        "customers/?phone=17",
        "customers/?search=a",
        "customers/?created_from=2026-01-01",
        "customers/?created_from=2026-01-01T09:00:00",
        "customers/?created_to=2026-13-01T09:00:00Z",
        "holiday-overrides/?date_from=tomorrow",
        "notification-templates/?channel=pigeon",
    ],
)
def test_a_parameter_that_cannot_be_is_refused_by_name(api, bank, moussa, query):
    answer = api(moussa).get(f"tenants/{bank.slug}/{query}")

    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert answer.json()["code"] == "invalid"


def test_customers_are_found_by_phone_in_any_spelling_best_match_first_and_page_by_page(api, bank, moussa):
    with in_tenant(bank.id):
        for n, name in enumerate(["Aïssatou Ndiaye", "Aissata Ndiaye", "Aïssatou Ndiaye", "Modou Fall"]):
            Customer.objects.create(tenant=bank, full_name=name, phone=f"+22177123456{n}")
    client, path, seen = api(moussa), f"tenants/{bank.slug}/customers/?limit=1&search=AISSATOU%20ndiaye", []

    for _page in range(4):
        if path:
            page = client.get(path).json()
            seen += [row["full_name"] for row in page["results"]]
            path = (page["next"] or "").partition("/api/v1/")[2]
    by_phone = client.get(f"tenants/{bank.slug}/customers/?phone=77%20123%2045%2063").json()["results"]

    assert seen == ["Aïssatou Ndiaye", "Aïssatou Ndiaye", "Aissata Ndiaye"]
    assert [row["full_name"] for row in by_phone] == ["Modou Fall"]
