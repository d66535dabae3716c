"""One key, one effect: the first answer comes again, byte by byte, to the same caller for the same request."""

from datetime import timedelta
from uuid import uuid4

import pytest

from smartqueue.customers.models import Customer
from smartqueue.devices.models import Pairing
from smartqueue.feedback.models import Feedback
from smartqueue.journal.models import Entry, RememberedAnswer
from smartqueue.kernel.clock import now
from smartqueue.queueing.models import Ticket
from smartqueue.tenants.scope import in_tenant
from tests.architecture.endpoints import EXAMPLES, TENANT, endpoints, footprint, make_world
from tests.cast import at_the_same_time

POSTS = [
    endpoint
    for endpoint in endpoints()
    if endpoint.method == "POST" and not endpoint.template.startswith(("users/", "inbound/"))
]
"""What comes in signed has its own name for a repeat (`webhook-id`): tests/webhooks/test_inbound.py."""

PAIRING_CODE = "BCDFGHJK"  # as in the examples

# What has to happen first, so that the example is accepted: moves of the first ticket, by the agent.
BEFORE = {
    "recall": ["call"], "start-service": ["call"], "close": ["call"], "pause": ["call"], "resume": ["call", "pause"],
    "mark-no-show": ["call"], "put-back": ["call"], "undo": ["call"], "release": ["call", "pause"],
}  # fmt: skip


@pytest.fixture
def world():
    return make_world("Deux fois")


@pytest.fixture
def post(world):
    def run(endpoint, key=None, *, role=None, body=None, world=world):
        role = role or doer(endpoint)
        path = endpoint.path(world.slug, world.rows)
        headers = {"Idempotency-Key": key} if key else {}
        return world.api(role).post(path, json=endpoint.body(world.rows) if body is None else body, headers=headers)

    return run


def doer(endpoint):
    """Tickets are moved by the one in whose hands they are."""
    return "agent" if "tickets/{id}" in endpoint.template or "/me/" in endpoint.template else (
        "anybody" if EXAMPLES[endpoint.name].least == "anybody" else "admin"
    )  # fmt: skip


def ready(world, endpoint):
    """Bring the ticket where the move is allowed; the queue asks for no pause between two calls."""
    manager, agent = world.api("manager"), world.api("agent")
    base = f"tenants/{world.slug}/"
    manager.patch(f"{base}queues/{world.rows['queue']}/", json={"recall_gap_s": 0, "no_show_grace_s": 0})
    for move in BEFORE.get(endpoint.template.split("/")[-2], []) if "tickets/{id}" in endpoint.template else []:
        answer = agent.post(f"{base}tickets/{world.rows['ticket']}/{move}/", json={})
        assert answer.status_code == 200, answer.content
    if endpoint.template.endswith("/feedback/"):  # a visit that is over, and nothing said of it yet
        Feedback.objects.using("platform").filter(tenant=world.tenant).delete()
        ticket = f"{base}tickets/{world.rows['ticket']}/"
        assert agent.post(f"{ticket}call/", json={"reason": "Signature"}).status_code == 200
        assert agent.post(f"{ticket}close/", json={}).status_code == 200
    if endpoint.template.endswith("/release/"):
        body = {"agent_id": world.rows["agent"], "reason": "Signature"}
        assert manager.post(f"{base}tickets/{world.rows['ticket']}/transfer/", json=body).status_code == 200
    if endpoint.template.endswith("/pair/"):
        Pairing.objects.using("platform").filter(code=PAIRING_CODE).delete()
        Pairing.objects.using("platform").create(
            code=PAIRING_CODE, secret_hash=uuid4().bytes, kind=endpoint.template.split("/")[-3].removesuffix("s"),
            expires_at=now() + timedelta(minutes=5),
        )  # fmt: skip


def named(name):
    (found,) = [endpoint for endpoint in POSTS if endpoint.name == name]
    return found


TAKE = named(f"POST {TENANT}tickets/")
PAUSE_QUEUE = named(f"POST {TENANT}queues/{{id}}/pause/")
CALL_NEXT = named(f"POST {TENANT}agents/me/call-next/")


@pytest.mark.parametrize("endpoint", POSTS, ids=[endpoint.name for endpoint in POSTS])
def test_a_replay_has_the_first_answer_and_no_effect(endpoint, world, post):
    ready(world, endpoint)
    key = str(uuid4())

    first = post(endpoint, key)
    after_first = footprint(world.tenant.id)
    second = post(endpoint, key)

    assert first.status_code in {200, 201, 202}, first.content
    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert second["Content-Type"] == first["Content-Type"] == "application/json"
    assert (first.get("Idempotency-Replayed"), second["Idempotency-Replayed"]) == (None, "true")
    assert footprint(world.tenant.id) == after_first


@pytest.mark.parametrize("endpoint", POSTS, ids=[endpoint.name for endpoint in POSTS])
def test_a_key_for_another_body_is_refused(endpoint, world, post):
    ready(world, endpoint)
    key = str(uuid4())
    assert post(endpoint, key).status_code in {200, 201, 202}
    before = footprint(world.tenant.id)

    other = post(endpoint, key, body=endpoint.body(world.rows) | {"other": 1})

    assert (other.status_code, other["Content-Type"], other.json()["code"]) == (
        422, "application/problem+json", "idempotency_key_reused",
    )  # fmt: skip
    assert footprint(world.tenant.id) == before


def test_a_key_for_another_address_is_refused(world, post):
    assert post(PAUSE_QUEUE, "k").status_code == 200

    other = post(named(f"POST {TENANT}queues/{{id}}/open/"), "k")

    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_an_empty_answer_is_replayed_as_it_was(world, post):
    for _n in range(2):
        assert post(CALL_NEXT).status_code == 200
        assert world.api("agent").post(
            f"tenants/{world.slug}/tickets/{in_hand(world)}/close/", json={}
        ).status_code == 200  # fmt: skip

    first, second = post(CALL_NEXT, "k"), post(CALL_NEXT, "k")
    post(TAKE)
    third = post(CALL_NEXT, "k")

    assert [(answer.status_code, answer.content) for answer in (first, second, third)] == [(204, b"")] * 3
    assert not any(answer.has_header("Content-Type") for answer in (first, second, third))
    assert third["Idempotency-Replayed"] == "true"


def in_hand(world):
    with in_tenant(world.tenant.id):
        return Ticket.objects.get(status__in=["called", "serving"]).id


def test_the_same_words_of_two_callers_are_two_keys(world, post):
    answers = [post(TAKE, "my key", role=role) for role in ("admin", "manager", "agent")]

    assert [answer.status_code for answer in answers] == [201] * 3
    assert len({answer.json()["id"] for answer in answers}) == 3
    assert not any(answer.has_header("Idempotency-Replayed") for answer in answers)


def test_the_same_words_in_two_tenants_are_two_keys(world, post):
    other = make_world("Ailleurs")

    first, second = post(TAKE, "my key"), post(TAKE, "my key", world=other)

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] != second.json()["id"]


def test_a_refused_request_is_not_remembered(world, post):
    opened = named(f"POST {TENANT}queues/{{id}}/open/")
    post(PAUSE_QUEUE)
    refused = post(TAKE, "k")
    before = footprint(world.tenant.id)["journal_rememberedanswer"]
    post(opened)
    accepted = post(TAKE, "k")
    replayed = post(TAKE, "k")

    assert (refused.status_code, refused.json()["code"]) == (409, "queue_paused")
    assert before[0] == 0
    assert (accepted.status_code, accepted.has_header("Idempotency-Replayed")) == (201, False)
    assert replayed.content == accepted.content


@pytest.mark.parametrize("body", [{"queue_id": "x"}, {"queue_id": str(uuid4()), "channel": "web"}, b"{", []])
def test_nothing_is_remembered_of_what_cannot_be(world, post, body):
    refused = post(TAKE, "k", body=body)

    assert refused.status_code in {400, 404}
    assert footprint(world.tenant.id)["journal_rememberedanswer"][0] == 0
    assert post(TAKE, "k").status_code == 201


def test_a_replay_asks_again_whether_one_may(world, post):
    """The role is asked before the memory: who may not any more gets no answer from before."""
    assert post(PAUSE_QUEUE, "k", role="manager").status_code == 200
    with in_tenant(world.tenant.id):
        world.manager.membership.delete()

    assert post(PAUSE_QUEUE, "k", role="manager").status_code == 404


@pytest.mark.parametrize("endpoint", [TAKE, CALL_NEXT, PAUSE_QUEUE], ids=lambda one: one.name)
def test_one_key_at_the_same_time_has_one_effect(endpoint, world, post):
    key = str(uuid4())
    with in_tenant(world.tenant.id):
        facts = Entry.objects.filter(tenant_id=world.tenant.id).count()

    answers = at_the_same_time(*[lambda: post(endpoint, key)] * 6)

    assert {answer.status_code for answer in answers} == {answers[0].status_code}
    assert {answer.content for answer in answers} == {answers[0].content}
    assert sorted(answer.get("Idempotency-Replayed", "") for answer in answers) == ["", *["true"] * 5]
    with in_tenant(world.tenant.id):
        assert Entry.objects.filter(tenant_id=world.tenant.id).count() == facts + 1
        assert RememberedAnswer.objects.filter(tenant_id=world.tenant.id).count() == 1


def test_without_a_key_a_request_is_what_it_says(world, post):
    first, second = post(TAKE), post(TAKE)

    assert first.json()["id"] != second.json()["id"]
    assert footprint(world.tenant.id)["journal_rememberedanswer"][0] == 0


def test_a_customer_comes_with_the_ticket_or_not_at_all(world, post):
    post(PAUSE_QUEUE)
    body = {"queue_id": world.rows["queue"], "channel": "sms", "phone": "78 123 45 67"}

    refused = [post(TAKE, key, body=body) for key in (None, "k")]

    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [(409, "queue_paused")] * 2
    with in_tenant(world.tenant.id):
        assert not Customer.objects.filter(tenant_id=world.tenant.id, phone="+221781234567").exists()
