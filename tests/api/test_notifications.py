"""Messages over HTTP: the list, telling by hand, the rules, and what a ticket's owner may ask for."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from smartqueue.kernel.clock import now
from smartqueue.notifications.models import Notification, PushSubscription, Watch
from smartqueue.notifications.transports.webpush import public_key
from smartqueue.tenants.scope import in_tenant
from tests.notifications.routing import make_customer, messages

KEYS = {"p256dh": "B" * 87, "auth": "a" * 22}


@pytest.fixture
def base(bank):
    return f"tenants/{bank.slug}/"


@pytest.fixture
def waiting(bank, take):
    """A ticket that was taken just now, by somebody with a phone."""
    return take(at=now(), customer_id=make_customer(bank).id)


def sent(tenant, ticket_id=None, **fields):
    at = fields.pop("at", now())
    with in_tenant(tenant.id):
        return Notification.objects.create(**{
            "tenant": tenant, "cause": f"test:{uuid4()}", "kind": "your_turn", "channel": "sms", "language": "fr",
            "address": "+221771234521", "body": "Venez", "status": "sent", "sent_at": at, "provider": "twilio_sms",
            "provider_id": "SM1", "history": [{"at": at.isoformat(), "status": "sent", "provider": "twilio_sms"}],
            "created_at": at, "due_at": at, "expires_at": at, "ticket_id": ticket_id,
        } | fields)  # fmt: skip


def counted(call):
    with CaptureQueriesContext(connection) as queries:
        answer = call()
    assert answer.status_code == 200, answer.content
    return answer.json(), sum(one["sql"].startswith("SELECT") for one in queries)


def test_the_list_is_newest_first_at_one_number_of_queries(api, bank, awa, cheikh, base, waiting):
    sent(cheikh.tenant)
    sent(bank, waiting)
    one, queries_of_one = counted(lambda: api(awa).get(f"{base}notifications/"))
    for _n in range(2):
        last = sent(bank, waiting)
    three, queries_of_three = counted(lambda: api(awa).get(f"{base}notifications/"))

    assert (len(one["results"]), len(three["results"]), queries_of_one, queries_of_three) == (1, 3, 2, 2)
    told = three["results"][0]
    assert (told["id"], told["to"], told["ticket"]) == (
        str(last.id), "+221 77 *** ** 21", {"id": str(waiting), "number": "A001"},
    )  # fmt: skip
    assert "history" not in told
    assert "+221771234521" not in str(three)


def test_the_list_is_filtered_and_goes_page_by_page(api, bank, awa, base, waiting):
    sent(bank, kind="missed", channel="email", address="demba@example.sn", at=now() - timedelta(days=2))
    sent(bank, waiting, status="failed", why_not="expired")
    sent(bank)

    def listed(query):
        return [(one["kind"], one["status"]) for one in api(awa).get(f"{base}notifications/{query}").json()["results"]]

    assert listed("?kind=missed") == listed("?channel=email") == [("missed", "sent")]
    assert listed("?status=failed") == listed(f"?ticket={waiting}") == [("your_turn", "failed")]
    a_day_ago = (now() - timedelta(days=1)).isoformat().replace("+", "%2B")
    assert listed(f"?to={a_day_ago}") == [("missed", "sent")]
    assert len(listed(f"?from={a_day_ago}")) == 2
    first = api(awa).get(f"{base}notifications/?limit=2").json()
    assert (len(first["results"]), bool(first["next"])) == (2, True)
    for wrong in ("?channel=pigeon", "?status=x", "?ticket=x", "?sms=1", "?kind="):
        assert api(awa).get(f"{base}notifications/{wrong}").status_code == 400


def test_one_message_shows_its_history(api, bank, awa, base):
    row = sent(bank)

    told, queries = counted(lambda: api(awa).get(f"{base}notifications/{row.id}/"))

    assert (told["provider_id"], [line["status"] for line in told["history"]], queries) == ("SM1", ["sent"], 2)


def test_telling_one_person(api, bank, awa, base, waiting, take):
    body = {"ticket_id": str(waiting), "kind": "urgent", "text": "Revenez au guichet 3"}

    answer = api(awa).post(f"{base}notifications/", json=body)

    assert (answer.status_code, answer.json()["kind"], answer.json()["status"]) == (201, "urgent", "pending")
    assert "Revenez au guichet 3" in answer.json()["body"]
    [row] = messages(bank)
    assert (row.ticket_id, str(row.id)) == (waiting, answer.json()["id"])
    nobody = api(awa).post(f"{base}notifications/", json=body | {"ticket_id": str(take(at=now()))})
    assert (nobody.status_code, nobody.json()["code"]) == (409, "nobody_to_tell")
    for wrong in ({"kind": "your_turn"}, {"text": ""}, {"text": "x" * 161}, {"ticket_id": "x"}, {"to": "+221"}):
        assert api(awa).post(f"{base}notifications/", json=body | wrong).status_code == 400
    assert len(messages(bank)) == 1


def test_telling_a_line(api, bank, awa, base, waiting, tellers):
    answer = api(awa).post(f"{base}queues/{tellers.id}/announce/", json={"text": "Pause", "is_urgent": True})

    assert (answer.status_code, answer.json()) == (200, {"told": 1})
    assert [(row.kind, row.ticket_id) for row in messages(bank)] == [("urgent", waiting)]


def test_the_rules_are_read_and_changed(api, moussa, base):
    before = api(moussa).get(f"{base}notification-rules/")
    changed = api(moussa).patch(f"{base}notification-rules/", json={"quiet_from": "22:30", "budget_xof": 1_000})

    assert before.json() == {
        "quiet_from": "21:00:00", "quiet_to": "08:00:00", "kinds_off": [], "fold_accents": True, "near_at": 3,
        "budget_xof": None, "cap_xof": 100_000, "countries": [],
    }  # fmt: skip
    assert changed.json() == before.json() | {"quiet_from": "22:30:00", "budget_xof": 1_000}
    assert api(moussa).get(f"{base}notification-rules/").json() == changed.json()
    refused = api(moussa).patch(f"{base}notification-rules/", json={"cap_xof": 10, "kinds_off": ["thanks"]})
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["cap_xof"])
    assert api(moussa).get(f"{base}notification-rules/").json() == changed.json()


@pytest.fixture
def mine(bank, waiting, ticket):
    return f"public/tickets/{ticket(waiting).token}/"


def test_the_owner_of_a_ticket_wishes_to_be_told_and_takes_it_back(api, bank, mine, waiting):
    asked = api().post(f"{mine}watch/", json={"people_ahead": 2})

    assert (asked.status_code, asked.json()) == (200, {"people_ahead": 2})
    assert asked["Cache-Control"] == "no-store"
    assert api().post(f"{mine}watch/", json={"people_ahead": 51}).status_code == 400
    assert api().post("public/tickets/nobody/watch/", json={"people_ahead": 2}).status_code == 404
    assert api().delete(f"{mine}watch/").status_code == 204
    with in_tenant(bank.id):
        [row] = Watch.objects.filter(ticket_id=waiting)
        assert row.told_at is not None


def test_the_owners_browser_is_kept_and_forgotten(api, bank, mine, waiting):
    body = {"endpoint": "https://push.example.com/abc", "keys": KEYS}

    assert api().get("public/push-key/").json() == {"key": public_key()}
    assert [api().post(f"{mine}push/", json=body).status_code for _n in range(2)] == [201, 201]
    with in_tenant(bank.id):
        [row] = PushSubscription.objects.filter(ticket_id=waiting)
        assert (row.endpoint, row.keys, row.provider) == (body["endpoint"], KEYS, "webpush")
    for wrong in ({"endpoint": "http://10.0.0.1/"}, {"keys": {}}, {"keys": KEYS | {"auth": "x"}}, {"provider": "fcm"}):
        assert api().post(f"{mine}push/", json=body | wrong).status_code == 400
    assert api().delete(f"{mine}push/?endpoint=https%3A%2F%2Fpush.example.com%2Fabc").status_code == 204
    assert api().delete(f"{mine}push/").status_code == 400
    with in_tenant(bank.id):
        assert not PushSubscription.objects.exists()
