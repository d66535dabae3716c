"""Transfer over HTTP: exactly one target; to an agent or a counter the ticket is parked for whoever sits there."""

from uuid import uuid4

import pytest


@pytest.fixture
def post(api, bank):
    """`post(person, "transfer", ticket_id, agent_id=…) -> response`."""

    def send(person, move, ticket_id, **body):
        shown = {name: value if isinstance(value, dict) else str(value) for name, value in body.items()}
        return api(person).post(f"tenants/{bank.slug}/tickets/{ticket_id}/{move}/", json=shown)

    return send


@pytest.fixture
def called(binta, take, tellers):
    """Binta has called someone just now: what the API does happens now."""
    from smartqueue.kernel.clock import now
    from smartqueue.queueing.actions import hot

    ticket_id = take(at=now())
    hot.call_next_ticket(
        tenant_id=binta.tenant.id, agent_id=binta.agent.id, queue_id=tellers.id, actor=binta.actor, at=now()
    )
    return ticket_id


@pytest.mark.parametrize("target", ["agent_id", "counter_id"])
def test_to_a_colleague_or_to_who_sits_at_a_counter(post, api, called, binta, fatou, bank, target):
    targets = {"agent_id": fatou.agent.id, "counter_id": fatou.agent.counter_id}

    answer = post(binta, "transfer", called, **{target: targets[target]}, reason="Signature")

    shown = answer.json()
    assert (answer.status_code, shown["status"], shown["reason"]) == (200, "paused", "Signature")
    assert shown["for_agent"] == {"id": str(fatou.agent.id), "name": "Fatou Ndiaye"}
    listed = api(binta).get(f"tenants/{bank.slug}/tickets/").json()["results"]
    assert [ticket["for_agent"] for ticket in listed] == [shown["for_agent"]]
    refused = post(binta, "resume", called)
    assert (refused.status_code, refused.json()["code"]) == (403, "kept_for_another")
    resumed = post(fatou, "resume", called).json()
    assert (resumed["status"], resumed["agent"]["id"], resumed["for_agent"]) == ("serving", str(fatou.agent.id), None)


@pytest.mark.parametrize("targets", [(), ("queue_id", "agent_id"), ("agent_id", "counter_id")])
def test_one_target_and_no_more(post, called, binta, fatou, tellers, ticket, targets):
    ids = {"queue_id": tellers.id, "agent_id": fatou.agent.id, "counter_id": fatou.agent.counter_id}

    answer = post(binta, "transfer", called, **{name: ids[name] for name in targets}, reason="x")

    assert (answer.status_code, answer.json()["code"], list(answer.json()["errors"])) == (400, "invalid", ["queue_id"])
    assert ticket(called).status == "called"


def test_what_is_refused_has_a_name(post, api, called, binta, fatou, cheikh, bank, ticket, make_agent):
    ousmane = make_agent("Ousmane Sow")
    seat = fatou.agent.counter_id
    api(fatou).post(f"tenants/{bank.slug}/agents/me/set-status/", json={"status": "offline"})

    def refusal(person, **target):
        answer = post(person, "transfer", called, **target, reason="x")
        return answer.status_code, answer.json()["code"]

    assert refusal(binta, agent_id=uuid4()) == (404, "agent_not_found")
    assert refusal(binta, counter_id=uuid4()) == (404, "counter_not_found")
    assert refusal(binta, counter_id=seat) == (409, "nobody_at_counter")
    assert refusal(binta, agent_id=fatou.agent.id) == (409, "colleague_away")
    assert refusal(binta, agent_id=binta.agent.id) == (409, "same_agent")
    assert refusal(ousmane, agent_id=ousmane.agent.id) == (403, "not_your_ticket")
    assert refusal(cheikh, agent_id=ousmane.agent.id) == (404, "not_found")
    assert refusal(None, agent_id=ousmane.agent.id) == (401, "not_authenticated")
    assert (ticket(called).status, ticket(called).version) == ("called", 2)
    shown = post(binta, "transfer", called, agent_id=fatou.agent.id, reason="x").json()["ticket"]
    assert (shown["id"], shown["status"]) == (str(called), "called")


def test_a_manager_and_the_giver_open_it_to_everybody_and_nobody_else(post, called, binta, fatou, awa, make_agent):
    for opener in (awa, binta):
        assert post(awa, "transfer", called, agent_id=fatou.agent.id, reason="x").status_code == 200
        stranger = post(make_agent("Ousmane Sow"), "release", called)
        answer = post(opener, "release", called)

        assert (stranger.status_code, stranger.json()["code"]) == (403, "not_your_ticket")
        assert (answer.status_code, answer.json()["status"], answer.json()["for_agent"]) == (200, "paused", None)


def test_a_manager_resumes_it_for_the_addressee_only(post, called, binta, fatou, awa):
    post(binta, "transfer", called, agent_id=fatou.agent.id, reason="x")

    other = post(awa, "resume", called, agent_id=binta.agent.id)
    right = post(awa, "resume", called, agent_id=fatou.agent.id)

    assert (other.status_code, other.json()["code"]) == (403, "kept_for_another")
    assert (right.status_code, right.json()["agent"]["name"]) == (200, "Fatou Ndiaye")
