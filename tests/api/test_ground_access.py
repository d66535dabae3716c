"""Who may do what with ground data: the same questions to every endpoint."""

from uuid import uuid4

import pytest

from smartqueue.customers.models import Customer
from smartqueue.notifications.models import MessageTemplate
from smartqueue.sites.models import Counter, HolidayOverride, OpeningException, ServiceCategory
from smartqueue.tenants.scope import in_tenant

WEEK = {"hours": [{"weekday": 1, "opens": "08:00", "closes": "16:00"}]}


@pytest.fixture
def rows(bank, site, service):
    """One row of each kind, as the places of an address."""
    with in_tenant(bank.id):
        made = {
            "counter": Counter.objects.create(tenant=bank, site=site, name="G1"),
            "category": ServiceCategory.objects.create(tenant=bank, name="Espèces"),
            "override": HolidayOverride.objects.create(tenant=bank, date="2026-04-06", is_holiday=False),
            "exception": OpeningException.objects.create(tenant=bank, site=site, date="2026-12-24"),
            "customer": Customer.objects.create(tenant=bank, full_name="Demba Ka"),
            "template": MessageTemplate.objects.create(tenant=bank, kind="ticket.called", channel="sms", body="Tour"),
        }
    return {name: str(row.id) for name, row in (made | {"site": site, "service": service}).items()}


# method, address, body, answer to an admin, to a manager, to an agent
ENDPOINTS = [
    ("GET", "sites/", None, 200, 200, 200),
    ("POST", "sites/", {"name": "Thiès", "code": "THIES1"}, 201, 403, 403),
    ("GET", "sites/{site}/", None, 200, 200, 200),
    ("PATCH", "sites/{site}/", {"name": "Thiès"}, 200, 403, 403),
    ("DELETE", "sites/{site}/", None, 204, 403, 403),
    ("GET", "sites/{site}/hours/", None, 200, 200, 200),
    ("PUT", "sites/{site}/hours/", WEEK, 200, 403, 403),
    ("GET", "sites/{site}/opening/", None, 200, 200, 200),
    ("GET", "sites/{site}/exceptions/", None, 200, 200, 200),
    ("POST", "sites/{site}/exceptions/", {"date": "2026-12-31"}, 201, 403, 403),
    ("GET", "sites/{site}/exceptions/{exception}/", None, 200, 200, 200),
    ("DELETE", "sites/{site}/exceptions/{exception}/", None, 204, 403, 403),
    ("GET", "holiday-overrides/", None, 200, 200, 200),
    ("POST", "holiday-overrides/", {"date": "2026-12-31", "is_holiday": True}, 201, 403, 403),
    ("PATCH", "holiday-overrides/{override}/", {"name": "Pont"}, 200, 403, 403),
    ("DELETE", "holiday-overrides/{override}/", None, 204, 403, 403),
    ("GET", "counters/", None, 200, 200, 200),
    ("POST", "counters/", {"site_id": "{site}", "name": "G2"}, 201, 403, 403),
    ("PATCH", "counters/{counter}/", {"name": "G3"}, 200, 403, 403),
    ("DELETE", "counters/{counter}/", None, 204, 403, 403),
    ("GET", "service-categories/", None, 200, 200, 200),
    ("POST", "service-categories/", {"name": "Crédit"}, 201, 403, 403),
    ("PATCH", "service-categories/{category}/", {"name": "Prêts"}, 200, 403, 403),
    ("DELETE", "service-categories/{category}/", None, 204, 403, 403),
    ("GET", "services/", None, 200, 200, 200),
    ("POST", "services/", {"name": "Devises", "code": "fx", "category_id": "{category}"}, 201, 403, 403),
    ("PATCH", "services/{service}/", {"name": "Dépôt"}, 200, 403, 403),
    ("DELETE", "services/{service}/", None, 204, 403, 403),
    ("GET", "services/{service}/hours/", None, 200, 200, 200),
    ("PUT", "services/{service}/hours/", WEEK, 200, 403, 403),
    ("GET", "customers/", None, 200, 200, 200),
    ("POST", "customers/", {"full_name": "Awa Ba"}, 201, 201, 403),
    ("GET", "customers/{customer}/", None, 200, 200, 200),
    ("PATCH", "customers/{customer}/", {"notes": "Sourd"}, 200, 200, 403),
    ("DELETE", "customers/{customer}/", None, 204, 204, 403),
    ("GET", "notification-templates/", None, 200, 200, 403),
    ("POST", "notification-templates/", {"kind": "a", "channel": "sms", "body": "b"}, 201, 403, 403),
    ("PATCH", "notification-templates/{template}/", {"body": "c"}, 200, 403, 403),
    ("DELETE", "notification-templates/{template}/", None, 204, 403, 403),
]
NAMES = [f"{method} {address}" for method, address, *_rest in ENDPOINTS]
each_endpoint = pytest.mark.parametrize(
    ("method", "address", "body", "admin", "manager", "agent"), ENDPOINTS, ids=NAMES
)


def filled(body, rows):
    if not isinstance(body, dict):
        return body
    return {name: value.format(**rows) if isinstance(value, str) else value for name, value in body.items()}


@each_endpoint
def test_each_role_may_what_its_scopes_say(
    api, bank, moussa, awa, make_person, rows, method, address, body, admin, manager, agent
):
    binta = make_person(bank, "agent", "Binta Ba")
    path = f"tenants/{bank.slug}/{address.format(**rows)}"

    answers = [api(person).request(method, path, json=filled(body, rows)) for person in (binta, awa)]
    answers = (
        [*answers, api(moussa).request(method, path, json=filled(body, rows))] if manager in {200, 403} else answers
    )

    expected = [agent, manager, admin][: len(answers)]
    assert [answer.status_code for answer in answers] == expected, [answer.content for answer in answers]


@each_endpoint
def test_a_stranger_is_told_that_there_is_nothing_and_nobody_to_sign_in(
    api, bank, cheikh, rows, method, address, body, admin, manager, agent
):
    path = f"tenants/{bank.slug}/{address.format(**rows)}"

    stranger, nobody = (api(person).request(method, path, json=filled(body, rows)) for person in (cheikh, None))

    assert (stranger.status_code, stranger.json()["code"]) == (404, "not_found")
    assert (nobody.status_code, nobody.json()["code"]) == (401, "not_authenticated")


@pytest.mark.parametrize(
    ("method", "address", "body"),
    [endpoint[:3] for endpoint in ENDPOINTS if "{" in endpoint[1]],
    ids=[name for name in NAMES if "{" in name],
)
def test_another_tenants_row_is_as_absent_as_one_that_never_was(api, cheikh, rows, method, address, body):
    absent = {name: str(uuid4()) for name in rows}
    base = f"tenants/{cheikh.tenant.slug}/"

    foreign, none = (
        api(cheikh).request(method, base + address.format(**places), json=body) for places in (rows, absent)
    )

    assert foreign.status_code == 404
    assert foreign.json() == none.json()


@pytest.mark.parametrize(
    ("address", "body", "field"),
    [
        ("counters/", {"site_id": "{site}", "name": "G9"}, "site_id"),
        ("services/", {"name": "Devises", "code": "fx", "category_id": "{category}"}, "category_id"),
    ],
)
def test_another_tenants_id_in_a_body_is_an_absent_one(api, cheikh, rows, address, body, field):
    absent = {name: str(uuid4()) for name in rows}

    foreign, none = (
        api(cheikh).post(f"tenants/{cheikh.tenant.slug}/{address}", json=filled(body, places))
        for places in (rows, absent)
    )

    assert (foreign.status_code, foreign.json()["errors"][field][0]["code"]) == (400, "does_not_exist")
    assert foreign.json() == none.json()
