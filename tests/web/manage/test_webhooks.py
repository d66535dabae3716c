"""The pages of webhooks and sources: who may, what is shown once, what is refused, and what the log says."""

import re
from uuid import uuid4

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from smartqueue.kernel.clock import now
from smartqueue.tenants.scope import in_tenant
from smartqueue.webhooks.models import Delivery, Endpoint, InboundSource

OPEN = "https://41.82.1.1/smartqueue"


@pytest.fixture
def base(bank):
    return f"/{bank.slug}/manage/webhooks/"


def text_of(answer):
    return answer.content.decode()


def rows_of(bank, model=Endpoint):
    with in_tenant(bank.id):
        return list(model.objects.order_by("id"))


def secret_in(answer):
    return re.search(r'value="(whsec_[^"]+)"', text_of(answer))[1]


@pytest.fixture
def webhook(base, visit, moussa, bank):
    visit(moussa).post(base + "new/", {"url": OPEN, "facts": ["ticket.called"]})
    return rows_of(bank)[0]


def sent(endpoint, n, **values):
    fields = {"fact": "ticket.called", "status": "failed", "due_at": now(), "created_at": now()} | values
    with in_tenant(endpoint.tenant_id):
        return Delivery.objects.create(tenant_id=endpoint.tenant_id, endpoint=endpoint, entry_id=n, **fields)


@pytest.mark.parametrize(
    "path",
    ["", "new/", "{id}/", "{id}/edit/", "{id}/rotate-secret/", "{id}/test/", "{id}/on/", "{id}/off/", "{id}/remove/",
     "{id}/deliveries/{delivery}/replay/", "in/", "in/new/", "in/{source}/rotate-secret/", "in/{source}/remove/"],
)  # fmt: skip
def test_who_may(base, path, visit, moussa, awa, cheikh, bank, webhook):
    delivery = sent(webhook, 0)
    visit(moussa).post(base + "in/new/", {"name": "Caisse", "rights": ["issue"]})
    (source,) = rows_of(bank, InboundSource)
    ids = {"id": webhook.id, "delivery": delivery.id, "source": source.id}
    address = base + path.format(**ids)
    for method in ("get", "post"):
        assert getattr(visit(None), method)(address)["Location"] == f"/sign-in/?next={address}"
        assert getattr(visit(cheikh), method)(address).status_code == 404
        assert getattr(visit(awa), method)(address).status_code == 403
    if "{" in path:
        foreign = f"/{cheikh.tenant.slug}/manage/webhooks/" + path
        for chosen in (ids, {name: uuid4() for name in ids}):
            method = visit(cheikh).get if path == "{id}/" else visit(cheikh).post
            assert method(foreign.format(**chosen)).status_code == 404
    assert [row.is_active for row in rows_of(bank)] == [True]
    assert len(rows_of(bank, InboundSource)) == 1


def test_a_webhook_is_made_shown_once_changed_turned_off_and_removed(base, bank, visit, moussa, cheikh):
    person = visit(moussa)
    assert "No webhook yet" in text_of(person.get(base))

    made = person.post(base + "new/", {"url": OPEN, "description": "Caisse", "facts": ["ticket.called"]})

    secret = secret_in(made)
    assert (made.status_code, "no-store" in made["Cache-Control"]) == (201, True)
    (row,) = rows_of(bank)
    page = text_of(person.get(base))
    assert all(words in page for words in ("Caisse", OPEN, "Somebody was called", "nothing delivered yet"))
    assert secret not in page + text_of(person.get(f"{base}{row.id}/")) + text_of(person.get(f"{base}{row.id}/edit/"))
    assert OPEN not in text_of(visit(cheikh).get(f"/{cheikh.tenant.slug}/manage/webhooks/"))

    assert person.post(f"{base}{row.id}/edit/", {"url": OPEN + "/2", "facts": []}).status_code == 303
    assert "Everything that happens" in text_of(person.get(f"{base}{row.id}/"))
    other = person.post(f"{base}{row.id}/rotate-secret/")
    assert secret_in(other) != secret
    assert "24 hours" in text_of(other)
    assert "still works" in text_of(person.post(f"{base}{row.id}/rotate-secret/", follow=True))

    person.post(f"{base}{row.id}/off/")
    assert "Turned off by hand" in text_of(person.get(f"{base}{row.id}/"))
    assert "turned off" in text_of(person.post(f"{base}{row.id}/test/", follow=True))
    person.post(f"{base}{row.id}/on/")
    assert rows_of(bank)[0].is_active
    person.post(f"{base}{row.id}/remove/")
    assert rows_of(bank) == []


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"url": "http://example.com/"}, "url", "https://"),
        ({"url": "https://127.0.0.1/"}, "url", "public addresses only"),
        ({"url": "https://169.254.169.254/latest/"}, "url", "public addresses only"),
        ({"url": "https://[::1]/"}, "url", "public addresses only"),
        ({"url": "https://no-such-name.invalid/"}, "url", "leads nowhere"),
        ({"url": "javascript:alert(1)"}, "url", "whole address"),
        ({"url": ""}, "url", "required"),
        ({"url": OPEN, "facts": ["ticket.eaten"]}, "facts", "not one of the available choices"),
    ],
)
def test_a_mistake_is_said_beside_its_field(base, bank, visit, moussa, typed, field, words):
    with override_settings(OUTBOUND_LOOPBACK=False):
        answer = visit(moussa).post(base + "new/", typed)

    assert answer.status_code == 400
    assert f'id="id_{field}_error"' in text_of(answer)
    assert words in text_of(answer)
    assert rows_of(bank) == []


def test_the_log_says_what_became_of_each_fact_and_sends_it_again(base, visit, moussa, bank, webhook, cheikh):
    line = {"at": now().isoformat(), "status": 500, "ms": 12, "error": ""}
    failed = sent(webhook, -1, tries=8, history=[line])
    dead = sent(webhook, -2, tries=1, history=[line | {"status": None, "error": "timeout"}], fact="ticket.closed")
    under_way = sent(webhook, -3, status="pending")
    person, log = visit(moussa), f"{base}{webhook.id}/"

    page = text_of(person.get(log))
    assert all(words in page for words in ("500 · 12 ms", "No answer within 10 seconds", "On its way"))
    narrowed = text_of(person.get(log + "?fact=ticket.closed&status=failed"))
    assert "No answer within" in narrowed
    assert "500 · 12 ms" not in narrowed

    person.post(log, {"deed": "replay", "row": [str(failed.id), str(dead.id), str(uuid4())]})
    with in_tenant(bank.id):
        assert set(Delivery.objects.values_list("status", "tries")) == {("pending", 0)}
    assert "still on its way" in text_of(person.post(f"{log}deliveries/{under_way.id}/replay/", follow=True))


@pytest.mark.parametrize(("path", "make"), [("", "endpoint"), ("{id}/", "delivery"), ("in/", "source")])
def test_a_list_costs_the_same_for_one_row_and_for_three(base, visit, moussa, bank, webhook, path, make):
    person, asked = visit(moussa), []

    def more(n):
        if make == "endpoint":
            person.post(base + "new/", {"url": f"{OPEN}/{n}", "facts": []})
        elif make == "delivery":
            sent(webhook, n)
        else:
            person.post(base + "in/new/", {"name": f"Caisse {n}", "rights": ["issue"]})

    for n in range(3):
        more(n)
        if n != 1:
            with CaptureQueriesContext(
                connection,
            ) as captured:
                assert person.get(base + path.format(id=webhook.id)).status_code == 200
            asked.append(len(captured))

    assert asked[0] == asked[1]


def test_a_source_is_made_shown_once_and_removed(base, bank, visit, moussa, cheikh, tellers):
    person = visit(moussa)
    assert "No source yet" in text_of(person.get(base + "in/"))
    assert person.post(base + "in/new/", {"name": "Caisse"}).status_code == 400

    made = person.post(base + "in/new/", {"name": "Caisse", "rights": ["issue", "cancel"]})

    (row,) = rows_of(bank, InboundSource)
    assert (made.status_code, f"/api/v1/inbound/{row.key}/" in text_of(made)) == (201, True)
    secret = secret_in(made)
    page = text_of(person.get(base + "in/"))
    assert "Take tickets" in page
    assert secret not in page
    assert "Caisse" not in text_of(visit(cheikh).get(f"/{cheikh.tenant.slug}/manage/webhooks/in/"))
    assert secret_in(person.post(f"{base}in/{row.id}/rotate-secret/")) != secret
    person.post(f"{base}in/{row.id}/remove/")
    assert rows_of(bank, InboundSource) == []
