"""Customers: who may, found, shown, corrected, handed over, forgotten."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE, at_the_same_time


@pytest.fixture
def base(bank):
    return f"/{bank.slug}/manage/customers/"


@pytest.fixture
def make_customer(bank):
    from smartqueue.customers.models import Customer

    def make(**fields):
        with in_tenant(bank.id):
            return Customer.objects.create(tenant=bank, **fields)

    return make


@pytest.fixture
def demba(make_customer):
    return make_customer(
        full_name="Demba Sow", phone="+221771234521", email="demba@example.sn", notes="prefers mornings",
        metadata={"commune": "Pikine"}, preferences={"sms": True},
    )  # fmt: skip


@pytest.fixture
def facts(bank):
    """What the journal holds of a customer, oldest first: fact, data, before and after as one text."""
    from smartqueue.journal.models import Entry

    def read(customer_id):
        with in_tenant(bank.id):
            rows = Entry.objects.filter(object_id=customer_id).order_by("id")
            return [(row.fact, row.data, json.dumps([row.before, row.after])) for row in rows]

    return read


def text_of(answer):
    return " ".join(answer.content.decode().split())


@pytest.mark.parametrize(
    ("path", "method"),
    [("", "get"), ("new/", "get"), ("{}/", "get"), ("{}/edit/", "get"), ("{}/forget/", "get"), ("new/", "post"),
     ("{}/edit/", "post"), ("{}/export/", "post"), ("{}/forget/", "post")],
)  # fmt: skip
def test_who_may(base, path, method, visit, awa, binta, cheikh, demba):
    address = base + path.format(demba.id)

    def ask(person):
        return getattr(visit(person), method)(address)

    assert (ask(None).status_code, ask(None)["Location"].startswith("/sign-in/")) == (302, True)
    assert (ask(cheikh).status_code, ask(binta).status_code) == (404, 403)
    assert ask(awa).status_code in (200, 303, 400)


@pytest.mark.parametrize("path", ["{}/", "{}/edit/", "{}/forget/"])
def test_nobody_is_found_at_another_address(base, path, visit, awa):
    assert visit(awa).get(base + path.format(uuid4())).status_code == 404


def test_found_by_name_or_phone_and_nobody_else(base, visit, awa, demba, make_customer):
    make_customer(full_name="Aïssatou Diallo", phone="+221761112233", language="wo")
    client = visit(awa)

    def names(query):
        page = text_of(client.get(f"{base}?{query}"))
        return [name for name in ("Demba Sow", "Aïssatou Diallo") if name in page]

    assert names("") == ["Demba Sow", "Aïssatou Diallo"]
    assert names("q=demba") == ["Demba Sow"]
    assert names("q=76 111 22 33") == ["Aïssatou Diallo"]
    assert names("language=wo") == ["Aïssatou Diallo"]
    assert names("q=nobody+at+all") == []


def test_the_list_masks_phones_and_asks_as_much_for_one_as_for_three(base, visit, awa, demba, make_customer, take):
    client = visit(awa)

    def asked():
        with CaptureQueriesContext(connection) as queries:
            page = text_of(client.get(base))
        assert ("+221 77 *** ** 21" in page, "771234521" in page) == (True, False)
        return len(queries)

    take(customer_id=demba.id)
    one = asked()
    for name in ("Un", "Deux"):
        take(customer_id=make_customer(full_name=name).id)
    assert (asked(), one) == (one, 10)


def test_a_person_with_visits(base, visit, awa, demba, take, bank, binta):
    from smartqueue.queueing.actions.hot import call_next_ticket

    mine, other = take(customer_id=demba.id), take()
    call_next_ticket(tenant_id=bank.id, agent_id=binta.agent.id, actor=binta.actor, at=NINE + timedelta(minutes=7))
    client = visit(awa)
    page = text_of(client.get(f"{base}{demba.id}/"))

    assert [word in page for word in ("Demba Sow", "+221771234521", "Pikine", "A001", "7 min", "Called")] == [True] * 6
    assert "A002" not in page
    assert mine != other


def test_a_visit_costs_as_much_as_three(base, visit, awa, demba, take):
    client = visit(awa)

    def asked():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"{base}{demba.id}/").status_code == 200
        return len(queries)

    take(customer_id=demba.id)
    one = asked()
    take(customer_id=demba.id)
    take(customer_id=demba.id)
    assert (asked(), one) == (one, 10)


def form_of(**changed):
    whole = {"full_name": "Demba Sow", "phone": "77 123 45 21", "email": "", "language": "wo", "channels": ["sms"]}
    return whole | changed


def test_corrected_with_every_refusal_beside_its_field(base, visit, awa, demba, make_customer, bank, facts):
    from smartqueue.customers.models import Customer

    make_customer(full_name="Fama", phone="+221770000000")
    client, address = visit(awa), f"{base}{demba.id}/edit/"
    wrong = client.post(address, form_of(phone="12", full_name="Kept Name"))
    assert (wrong.status_code, 'value="Kept Name"' in text_of(wrong)) == (400, True)
    taken = client.post(address, form_of(phone="77 000 00 00"))
    assert (taken.status_code, "already has this phone" in text_of(taken)) == (409, True)
    assert client.post(address, form_of(channels=["sms", "whatsapp"])).status_code == 303
    with in_tenant(bank.id):
        now = Customer.objects.get(id=demba.id)

    assert (now.language, now.email, now.preferences, now.metadata) == (
        "wo", "", {"sms": True, "whatsapp": True}, {"commune": "Pikine"}
    )  # fmt: skip
    assert [fact for fact, _, _ in facts(demba.id)] == ["customer.updated"]


def test_two_new_customers_with_one_phone_at_once_are_one(base, visit, awa, moussa, bank):
    from smartqueue.customers.models import Customer

    answers = at_the_same_time(
        lambda: visit(awa).post(f"{base}new/", form_of()).status_code,
        lambda: visit(moussa).post(f"{base}new/", form_of()).status_code,
    )
    with in_tenant(bank.id):
        known = Customer.objects.count()

    assert (sorted(answers), known) == ([303, 409], 1)


def test_a_copy_holds_all_of_the_person_and_nobody_else(base, visit, awa, demba, take, facts, make_customer):
    make_customer(full_name="Fama Ndoye")
    take(customer_id=demba.id)
    take()
    answer = visit(awa).post(f"{base}{demba.id}/export/")
    told = answer.json()

    assert answer["Content-Disposition"] == f'attachment; filename="customer-{demba.id}.json"'
    assert told["customer"] | {"created_at": 0} == {
        "full_name": "Demba Sow", "phone": "+221771234521", "email": "demba@example.sn", "language": "fr",
        "preferences": {"sms": True}, "metadata": {"commune": "Pikine"}, "notes": "prefers mornings", "created_at": 0,
    }  # fmt: skip
    assert [(visit["number"], visit["queue"]) for visit in told["visits"]] == [("A001", "Guichets")]
    assert facts(demba.id) == [("customer.exported", {}, "[null, null]")]


def test_forgotten_by_a_word_and_the_numbers_stay(base, visit, awa, demba, take, ticket, bank, facts):
    from smartqueue.customers.models import Customer

    ticket_id = take(customer_id=demba.id)
    client, address = visit(awa), f"{base}{demba.id}/forget/"
    for wrong in ("", "yes"):
        assert client.post(address, {"word": wrong}).status_code == 400
    with in_tenant(bank.id):
        assert Customer.objects.filter(id=demba.id).exists()
    done = client.post(address, {"word": " forget "}, follow=True)

    with in_tenant(bank.id):
        assert not Customer.objects.filter(id=demba.id).exists()
    assert (ticket(ticket_id).number, ticket(ticket_id).customer_id) == ("A001", None)
    assert ("is forgotten" in text_of(done), "Demba Sow" in text_of(done)) == (True, False)
    ((fact, data, values),) = facts(demba.id)
    assert (fact, data) == ("customer.deleted", {})
    assert not any(word in values for word in ("Demba", "1234521", "demba@", "mornings", "Pikine"))


def test_forgotten_twice_at_once(base, visit, awa, moussa, demba, facts):
    answers = at_the_same_time(
        *[
            lambda person=person: visit(person).post(f"{base}{demba.id}/forget/", {"word": "forget"}).status_code
            for person in (awa, moussa)
        ]
    )

    assert set(answers) <= {303, 404}
    assert 303 in answers
