"""Lists of queues, tickets, agents and the audit log: whose rows, how many queries, filters, pages, search."""

from datetime import timedelta
from itertools import chain
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from smartqueue.customers.models import Customer
from smartqueue.journal.models import Entry
from smartqueue.tenants.scope import in_tenant
from tests.architecture.endpoints import make_world
from tests.cast import NINE


@pytest.fixture
def base(bank):
    return f"tenants/{bank.slug}/"


def counted(call):
    """The rows of an answer, and how many statements it took."""
    with CaptureQueriesContext(connection) as queries:
        answer = call()
    assert answer.status_code == 200, answer.content
    return answer.json()["results"], len(queries)


@pytest.fixture
def makers(bank, tellers, make_queue, make_agent, take):
    with in_tenant(bank.id):
        customer = Customer.objects.create(tenant=bank, full_name="Demba")
    return {
        "tickets/": lambda: take(customer_id=customer.id),
        "queues/": make_queue,
        "agents/": lambda: make_agent(f"Agent {uuid4().hex[:4]}", tellers),
        "audit-log/": take,
    }


@pytest.mark.parametrize(
    ("kind", "expected", "already"), [("tickets/", 5, 0), ("queues/", 4, 1), ("agents/", 6, 0), ("audit-log/", 4, 0)]
)
def test_a_list_costs_the_same_for_one_row_and_for_three(api, base, moussa, cheikh, makers, kind, expected, already):
    make_world("Autre")  # rows that must not appear
    client, path = api(moussa), f"{base}{kind}"
    for _n in range(1 - already):
        makers[kind]()

    one, for_one = counted(lambda: client.get(path))
    makers[kind](), makers[kind]()
    three, for_three = counted(lambda: client.get(path))

    assert (len(one), len(three)) == (1, 3)
    assert (for_one, for_three) == (expected, expected)


def walked(client, path):
    """Ids seen page by page to the end, from there back to the start, and to the end once more."""

    def walk(page, way):
        for _page in range(20):
            yield [row["id"] for row in (page["results"] if way == "next" else reversed(page["results"]))]
            last.append(page)
            if not page[way]:
                return
            page = client.get(page[way].partition("/api/v1/")[2]).json()

    last = [client.get(path).json()]
    return [list(chain(*walk(last[-1], way))) for way in ("next", "previous", "next")]


@pytest.mark.parametrize(
    ("kind", "orderings"),
    [
        ("tickets/", ["", "created_at", "-created_at"]),
        ("queues/", ["", "name", "-name", "created_at"]),
        ("agents/", ["", "name", "-created_at"]),
        ("audit-log/", [""]),
    ],
)
def test_every_row_is_seen_once_forward_and_back(api, base, moussa, makers, kind, orderings):
    """Tickets all arrived at the same instant: the hardest case for a cursor."""
    for _n in range(6 if kind == "queues/" else 7):
        makers[kind]()
    client = api(moussa)
    everything = {row["id"] for row in client.get(f"{base}{kind}").json()["results"]}

    for ordering in orderings:
        forward, backward, again = walked(
            client, f"{base}{kind}?limit=2" + (f"&ordering={ordering}" if ordering else "")
        )
        assert len(forward) == len(set(forward)), ordering
        assert set(forward) == everything, ordering
        assert (backward, again) == (forward[::-1], forward), ordering


def numbers(answer):
    assert answer.status_code == 200, answer.content
    return [row["number"] for row in answer.json()["results"]]


def test_tickets_are_filtered(api, base, bank, moussa, binta, make_queue, take):
    other = make_queue(name="Autre")
    with in_tenant(bank.id):
        demba = Customer.objects.create(tenant=bank, full_name="Demba Ka")
    take(at=NINE)  # A001
    take(other, at=NINE + timedelta(days=1), channel="web", priority=10, customer_id=demba.id)  # B001
    take(at=NINE + timedelta(minutes=1), priority=5)  # A002
    client = api(moussa)
    client.post(f"{base}agents/{binta.agent.id}/call-next/", json={})  # the elevated waits no longer: fifo calls A001

    def found(query):
        return numbers(client.get(f"{base}tickets/?{query}"))

    assert found("") == ["A002", "B001", "A001"]
    assert found(f"queue={other.id}") == ["B001"]
    assert found(f"site={other.site_id}") == ["A002", "B001", "A001"]
    assert found(f"site={uuid4()}") == []
    assert found(f"service={other.service_id}") == ["B001"]
    assert found(f"agent={binta.agent.id}") == ["A001"]
    assert found(f"customer={demba.id}") == ["B001"]
    assert found("status=called") == ["A001"]
    assert found("status=called&status=waiting") == ["A002", "B001", "A001"]
    assert found("status=closed") == []
    assert found("channel=web") == ["B001"]
    assert found("priority=5") == ["A002"]
    assert found("priority=0") == ["A001"]
    assert found("day=2026-03-03") == ["B001"]
    assert found("number=a002") == ["A002"]
    assert found("number=A00") == []
    assert found("ordering=created_at") == ["A001", "A002", "B001"]


def test_tickets_are_found_by_number_and_by_who_holds_them(api, base, bank, moussa, take):
    for name, phone in (("Aïssatou Ndiaye", "+221771234567"), ("Modou Fall", "+221781112233")):
        with in_tenant(bank.id):
            customer = Customer.objects.create(tenant=bank, full_name=name, phone=phone)
        take(customer_id=customer.id)
    take()
    make_world("Aissatou Ndiaye")  # another tenant's
    client = api(moussa)

    def found(text):
        return numbers(client.get(f"{base}tickets/?search={text}"))

    assert found("A003") == found("a003") == ["A003"]
    assert found("Aïssatou") == found("aissatou ndiaye") == found("AISSATU NDIAY") == ["A001"]
    assert found("modou") == found("78 111 22 33") == ["A002"]
    assert found("Zzyzx") == []


def test_queues_are_filtered(api, base, moussa, make_queue, tellers):
    vip = make_queue(name="Salon VIP", kind="vip", status="paused")
    shut = make_queue(name="Ancienne", is_active=False)
    client = api(moussa)

    def found(query):
        return {row["name"] for row in client.get(f"{base}queues/?{query}").json()["results"]}

    assert found("") == {"Guichets", "Salon VIP", "Ancienne"}
    assert found("kind=vip") == found("status=paused") == found("name=salon") == {"Salon VIP"}
    assert found("is_active=false") == {"Ancienne"}
    assert found(f"service={shut.service_id}") == {"Ancienne"}
    assert found(f"site={vip.site_id}&is_active=true") == {"Guichets", "Salon VIP"}
    assert found(f"site={uuid4()}") == set()


def test_agents_are_filtered(api, base, bank, moussa, make_agent, make_queue, tellers, take):
    vip = make_queue()
    make_agent("Binta", tellers), make_agent("Fatou", tellers, vip, status="paused"), make_agent("Ousmane")
    client = api(moussa)

    def found(query):
        return {row["name"] for row in client.get(f"{base}agents/?{query}").json()["results"]}

    assert found("") == {"Binta", "Fatou", "Ousmane"}
    assert found("status=paused") == found(f"queue={vip.id}") == {"Fatou"}
    assert found(f"queue={tellers.id}") == {"Binta", "Fatou"}
    assert found(f"site={tellers.site_id}") == {"Binta", "Fatou", "Ousmane"}
    assert found("is_active=false") == found(f"site={uuid4()}") == set()


def test_an_agent_with_a_ticket_in_hand_is_shown_busy(api, base, moussa, binta, take):
    ticket_id = take()
    client = api(moussa)
    client.post(f"{base}agents/{binta.agent.id}/call-next/", json={})

    (row,) = client.get(f"{base}agents/").json()["results"]

    assert (row["status"], row["ticket_id"]) == ("busy", str(ticket_id))


def test_the_audit_log_is_filtered(api, base, bank, moussa, binta, take):
    first, _second = take(), take()
    client = api(moussa)
    api(binta).post(f"{base}agents/me/call-next/", json={})

    def found(query):
        answer = client.get(f"{base}audit-log/?{query}")
        assert answer.status_code == 200, answer.content
        return [row["fact"] for row in answer.json()["results"]]

    assert found("") == ["ticket.called", "ticket.created", "ticket.created"]
    assert found("kind=call") == found("fact=ticket.called") == found(f"actor={binta.user.id}") == ["ticket.called"]
    assert found("kind=call&kind=create") == ["ticket.called", "ticket.created", "ticket.created"]
    assert found(f"object={first}") == ["ticket.called", "ticket.created"]
    assert found("object_type=ticket&ip=127.0.0.1") == ["ticket.called"]
    assert found("ip=10.0.0.1") == found("object_type=queue") == found(f"object={uuid4()}") == []


def test_the_audit_log_has_before_and_after(api, base, bank, moussa, tellers):
    api(moussa).patch(f"{base}queues/{tellers.id}/", json={"name": "Caisses"})

    (row,) = api(moussa).get(f"{base}audit-log/?object={tellers.id}").json()["results"]

    assert (row["kind"], row["fact"], row["before"], row["after"]) == (
        "update", "queue.updated", {"name": "Guichets"}, {"name": "Caisses"},
    )  # fmt: skip
    assert (row["actor_id"], row["ip"], row["endpoint"]) == (
        str(moussa.user.id), "127.0.0.1", f"PATCH /api/v1/{base}queues/{tellers.id}/",
    )  # fmt: skip
    with in_tenant(bank.id):
        assert Entry.objects.filter(tenant_id=bank.id).count() == 1


def test_a_change_that_changes_nothing_is_no_fact(api, base, bank, moussa, tellers):
    answer = api(moussa).patch(f"{base}queues/{tellers.id}/", json={"name": "Guichets"})

    assert answer.status_code == 200
    assert api(moussa).get(f"{base}audit-log/").json()["results"] == []
