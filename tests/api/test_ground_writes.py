"""What a body may say, and what a write leaves behind."""

import pytest

from smartqueue.customers.models import Customer
from smartqueue.journal.models import Entry
from smartqueue.tenants.scope import in_tenant

SITE = {"name": "Agence Thiès", "code": "THIES1"}
LONG = "x" * 2001


@pytest.fixture
def at(api, bank, moussa):
    """Moussa's client and the bank's base address."""

    class Client:
        def __getattr__(self, method):
            return lambda path, json=None: getattr(api(moussa), method)(f"tenants/{bank.slug}/{path}", json=json)

    return Client()


def test_a_site_is_stored_as_it_was_given(at):
    body = SITE | {
        "code": "thies-1",
        "address": "Avenue Lamine Guèye",
        "commune": "sn-dk-dakar-grand-yoff",
        "phone": "33 951 00 00",
        "email": "thies@example.sn",
        "latitude": 14.79,
        "longitude": -16.93,
        "time_zone": "Africa/Dakar",
        "country": "SN",
        "observes_holidays": False,
        "is_active": True,
    }

    answer = at.post("sites/", json=body)

    stored = answer.json()
    assert answer.status_code == 201
    assert stored | body | {"code": "THIES-1", "phone": "+221339510000"} == stored
    assert stored["hours"] == []
    assert at.get(f"sites/{stored['id']}/").json() == stored


def test_a_new_site_is_written_down_with_who_and_from_where(at, bank, moussa):
    site_id = at.post("sites/", json=SITE).json()["id"]

    with in_tenant(bank.id):
        entry = Entry.objects.get(object_id=site_id)
    assert (entry.fact, entry.actor_id, entry.endpoint, entry.after["code"]) == (
        "site.created",
        moussa.user.id,
        f"POST /api/v1/tenants/{bank.slug}/sites/",
        "THIES1",
    )


def test_a_patch_changes_what_differs_and_writes_only_that_down(at, bank, site):
    at.patch(f"sites/{site.id}/", json={"name": site.name})
    answer = at.patch(f"sites/{site.id}/", json={"name": "Agence Médina", "code": site.code})

    with in_tenant(bank.id):
        entry = Entry.objects.get(object_id=site.id)
    assert answer.json()["name"] == "Agence Médina"
    assert (entry.before, entry.after) == ({"name": "Agence Plateau"}, {"name": "Agence Médina"})


REFUSED = [
    ("sites/", SITE | {"name": ""}, "name", "blank"),
    ("sites/", SITE | {"name": None}, "name", "null"),
    ("sites/", SITE | {"name": 5}, "name", "invalid"),
    ("sites/", SITE | {"name": LONG}, "name", "max_length"),
    ("sites/", {"code": "A"}, "name", "required"),
    ("sites/", SITE | {"code": "A B"}, "code", "invalid"),
    ("sites/", SITE | {"code": "THIES1\n2"}, "code", "invalid"),
    ("sites/", SITE | {"time_zone": "Mars/Olympus"}, "time_zone", "unknown_time_zone"),
    ("sites/", SITE | {"time_zone": "localtime"}, "time_zone", "unknown_time_zone"),
    ("sites/", SITE | {"latitude": 14.7}, "longitude", "incomplete"),
    ("sites/", SITE | {"latitude": 91, "longitude": 0}, "latitude", "max_value"),
    ("sites/", SITE | {"latitude": "nan", "longitude": 0}, "latitude", "invalid"),
    ("sites/", SITE | {"latitude": True, "longitude": 0}, "latitude", "invalid"),
    ("sites/", SITE | {"phone": "17"}, "phone", "invalid"),
    ("sites/", SITE | {"email": "nobody"}, "email", "invalid"),
    ("sites/", SITE | {"country": "sn"}, "country", "invalid"),
    ("sites/", SITE | {"commune": "SN-DK"}, "commune", "does_not_exist"),
    ("sites/", SITE | {"commune": ["x"]}, "commune", "does_not_exist"),
    ("sites/", SITE | {"is_active": "yes"}, "is_active", "invalid"),
    ("sites/", SITE | {"colour": "red"}, "colour", "unknown_field"),
    ("sites/", SITE | {"id": "00000000-0000-7000-8000-000000000000"}, "id", "unknown_field"),
    ("sites/", SITE | {"tenant_id": "00000000-0000-7000-8000-000000000000"}, "tenant_id", "unknown_field"),
    ("counters/", {"name": "G1", "site_id": "7"}, "site_id", "invalid"),
    ("counters/", {"name": "G1", "site_id": 7}, "site_id", "incorrect_type"),
    ("counters/", {"name": "G1", "site_id": None}, "site_id", "null"),
    ("service-categories/", {"name": "A", "position": 32768}, "position", "max_value"),
    ("service-categories/", {"name": "A", "position": -1}, "position", "min_value"),
    ("services/", {"name": "A", "code": "a", "duration_s": 0}, "duration_s", "min_value"),
    ("services/", {"name": "A", "code": "a", "duration_s": 2**31}, "duration_s", "max_value"),
    ("services/", {"name": "A", "code": "a", "price_xof": 2.5}, "price_xof", "invalid"),
    ("services/", {"name": "A", "code": "a", "price_xof": "5"}, "price_xof", "invalid"),
    ("services/", {"name": "A", "code": "a", "price_xof": True}, "price_xof", "invalid"),
    ("holiday-overrides/", {"date": "31/12/2026", "is_holiday": True}, "date", "invalid"),
    ("holiday-overrides/", {"date": 20261231, "is_holiday": True}, "date", "invalid"),
    ("sites/{site}/exceptions/", {"date": "2026-12-31", "opens": "08:00"}, "closes", "incomplete"),
    ("sites/{site}/exceptions/", {"date": "2026-12-31", "opens": "08:00+02:00", "closes": "9:00"}, "opens", "invalid"),
    ("customers/", {"phone": "77 123"}, "phone", "invalid"),
    ("customers/", {"language": "de"}, "language", "invalid_choice"),
    ("customers/", {"preferences": {"pigeon": True}}, "preferences.pigeon", "unknown_field"),
    ("customers/", {"preferences": {"sms": "yes"}}, "preferences.sms", "invalid"),
    ("customers/", {"preferences": []}, "preferences", "invalid"),
    ("customers/", {"metadata": [1]}, "metadata", "invalid"),
    ("customers/", {"metadata": {"a": "x" * 4096}}, "metadata", "max_length"),
    ("notification-templates/", {"kind": "A b", "channel": "sms", "body": "c"}, "kind", "invalid"),
    ("notification-templates/", {"kind": "a", "channel": "pigeon", "body": "c"}, "channel", "invalid_choice"),
    ("notification-templates/", {"kind": "a", "channel": "sms", "body": LONG}, "body", "max_length"),
    ("notification-templates/", {"kind": "a", "channel": "sms", "subject": "a\nb", "body": "c"}, "subject", "invalid"),
]  # fmt: skip


@pytest.mark.parametrize(("address", "body", "field", "code"), REFUSED)
def test_a_value_that_cannot_be_is_refused_by_its_name(at, site, address, body, field, code):
    answer = at.post(address.format(site=site.id), json=body)

    assert answer.status_code == 400, answer.content
    assert [error["code"] for error in answer.json()["errors"][field]] == [code]


@pytest.mark.parametrize("body", [[], "text", 5, None, b"{", b'{"name": "a\\u0000", "code": "A"}'])
def test_a_body_that_is_no_object_is_refused(at, body):
    assert at.post("sites/", json=body).status_code == 400


@pytest.mark.parametrize("value", [b"[" * 300 + b"]" * 300, b"1e999", b"-1e999", b'"\\ud800"'])
def test_metadata_that_could_not_be_given_back_is_refused(at, value):
    assert at.post("customers/", json=b'{"metadata": {"a": ' + value + b"}}").status_code == 400


def test_one_coordinate_of_a_site_cannot_be_taken_away(at, bank, site):
    at.patch(f"sites/{site.id}/", json={"latitude": 14.7, "longitude": -17.4})

    answers = [
        at.patch(f"sites/{site.id}/", json=body).status_code
        for body in ({"latitude": None}, {"latitude": 14.8}, {"latitude": None, "longitude": None})
    ]

    assert answers == [400, 200, 200]


@pytest.mark.parametrize(
    ("address", "body", "code"),
    [
        ("sites/", SITE, "already_exists"),
        ("counters/", {"site_id": "{site}", "name": "G1"}, "already_exists"),
        ("service-categories/", {"name": "A"}, "already_exists"),
        ("services/", {"name": "A", "code": "a"}, "already_exists"),
        ("holiday-overrides/", {"date": "2026-12-31", "is_holiday": True}, "already_exists"),
        ("sites/{site}/exceptions/", {"date": "2026-12-31"}, "hours_overlap"),
        ("customers/", {"phone": "771234567"}, "phone_taken"),
        ("notification-templates/", {"kind": "a", "channel": "sms", "body": "c"}, "already_exists"),
    ],
)
def test_what_is_there_already_is_not_stored_twice(at, site, address, body, code):
    address = address.format(site=site.id)
    body = {name: value.format(site=site.id) if isinstance(value, str) else value for name, value in body.items()}

    first, second = at.post(address, json=body), at.post(address, json=body)

    assert (first.status_code, second.status_code, second.json()["code"]) == (201, 409, code)


def test_hours_are_read_and_replaced_as_a_whole(at, site):
    week = {
        "hours": [
            {"weekday": 5, "opens": "14:30:00", "closes": "16:30:00"},
            {"weekday": 5, "opens": "08:00:00", "closes": "12:30:00"},
        ]
    }

    answer = at.put(f"sites/{site.id}/hours/", json=week)

    assert answer.json() == {"hours": week["hours"][::-1]} == at.get(f"sites/{site.id}/hours/").json()
    assert at.get(f"sites/{site.id}/").json()["hours"] == week["hours"][::-1]


@pytest.mark.parametrize(
    "hours",
    [
        [{"weekday": 1, "opens": "08:00", "closes": "12:00"}, {"weekday": 1, "opens": "11:00", "closes": "13:00"}],
        [{"weekday": 0, "opens": "08:00", "closes": "12:00"}],
        [{"weekday": 1, "opens": "24:00", "closes": "12:00"}],
        [{"weekday": 1, "opens": "08:00"}],
        [{"weekday": 1, "opens": "08:00", "closes": "12:00", "note": ""}],
        [{"weekday": 1, "opens": "08:00", "closes": "12:00"}] * 71,
        {},
        None,
    ],
)
@pytest.mark.parametrize("of", ["sites", "services"])
def test_a_week_that_cannot_be_is_refused_whole(at, site, service, of, hours):
    path = f"{of}/{(site if of == 'sites' else service).id}/hours/"
    before = at.get(path).json()

    answer = at.put(path, json={"hours": hours})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert at.get(path).json() == before


def test_a_site_says_whether_it_is_open(at, site):
    at.put(f"sites/{site.id}/hours/", json={"hours": [{"weekday": 1, "opens": "08:00", "closes": "16:00"}]})

    monday, sunday = (
        at.get(f"sites/{site.id}/opening/?at={moment}").json()
        for moment in ("2026-03-02T09:00:00%2B00:00", "2026-03-01T23:00:00-02:00")
    )

    assert monday == {
        "is_open": True,
        "closes_at": "2026-03-02T16:00:00+00:00",
        "next_opening": "2026-03-09T08:00:00+00:00",
    }
    assert sunday == {"is_open": False, "closes_at": None, "next_opening": "2026-03-02T08:00:00+00:00"}


@pytest.mark.parametrize("query", ["at=2026-03-02T09:00:00", "at=now", "at=", "when=1", "at=9999-12-31T23:59:59Z"])
def test_an_instant_that_cannot_be_is_refused(at, site, query):
    assert at.get(f"sites/{site.id}/opening/?{query}").status_code == 400


def test_now_is_the_instant_when_none_is_named(at, site):
    assert at.get(f"sites/{site.id}/opening/").json() == {"is_open": True, "closes_at": None, "next_opening": None}


def test_a_counter_stays_at_its_site(at, site):
    other = at.post("sites/", json=SITE).json()["id"]
    counter = at.post("counters/", json={"site_id": str(site.id), "name": "G1"}).json()["id"]

    answers = [at.patch(f"counters/{counter}/", json={"site_id": to}) for to in (other, str(site.id))]

    assert [answer.status_code for answer in answers] == [400, 200]
    assert answers[0].json()["errors"]["site_id"][0]["code"] == "immutable"


def test_what_others_refer_to_is_not_deleted(at, bank, tellers, take, binta):
    take()

    answers = [
        at.delete(path)
        for path in (
            f"sites/{tellers.site_id}/",
            f"services/{tellers.service_id}/",
            f"counters/{binta.agent.counter_id}/",
        )
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(409, "in_use")] * 3


def test_a_customer_is_forgotten_and_the_ticket_stays(at, bank, take, ticket):
    customer = at.post("customers/", json={"full_name": "Demba Ka"}).json()["id"]
    with in_tenant(bank.id):
        row = Customer.objects.get(id=customer)
    ticket_id = take(customer_id=row.id)

    answer = at.delete(f"customers/{customer}/")

    assert answer.status_code == 204
    assert ticket(ticket_id).customer_id is None


def test_a_customers_preferences_are_replaced_not_merged(at):
    customer = at.post("customers/", json={"preferences": {"sms": True, "email": False}}).json()

    changed = at.patch(f"customers/{customer['id']}/", json={"preferences": {"push": True}}).json()

    assert (customer["preferences"], changed["preferences"]) == ({"sms": True, "email": False}, {"push": True})


@pytest.mark.parametrize("method", ["put", "post"])
def test_one_row_is_changed_by_patch_alone(at, site, method):
    assert getattr(at, method)(f"sites/{site.id}/", json=SITE).status_code == 405


def test_a_queue_is_kept_off_kiosks_and_shown_there_again(at, tellers):
    path = f"queues/{tellers.id}/"
    assert at.get(path).json()["shown_at_kiosk"] is True

    assert at.patch(path, json={"shown_at_kiosk": False}).json()["shown_at_kiosk"] is False
    assert at.get(path).json()["shown_at_kiosk"] is False
    assert at.patch(path, json={"shown_at_kiosk": "perhaps"}).status_code == 400
