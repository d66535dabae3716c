"""Queues, tickets and agents: what a role may beyond having the scope. `tests/architecture/test_strangers.py` asks the
stranger, the member without scope and nobody at every address; here is who may act for whom."""

from uuid import uuid4

import pytest

from smartqueue.queueing.models import Agent, Ticket
from smartqueue.tenants.scope import in_tenant


@pytest.fixture
def base(bank):
    return f"tenants/{bank.slug}/"


def status_of(ticket_id, tenant):
    with in_tenant(tenant.id):
        return Ticket.objects.get(id=ticket_id).status


def test_a_manager_calls_on_an_agents_behalf(api, base, awa, binta, take):
    ticket_id = take()

    called = api(awa).post(f"{base}agents/{binta.agent.id}/call-next/", json={})

    assert (called.status_code, called.json()["id"]) == (200, str(ticket_id))
    assert called.json()["agent"] == {"id": str(binta.agent.id), "name": "Binta Ba"}


@pytest.mark.parametrize(
    ("doing", "body"),
    [("call-next", {}), ("set-status", {"status": "paused"}), ("sign-in", {"counter_id": "{counter}"})],
)
def test_an_agent_acts_for_herself_only(api, base, bank, binta, fatou, take, doing, body):
    ticket_id = take()
    body = {name: value.format(counter=binta.agent.counter_id) for name, value in body.items()}

    refused = api(binta).post(f"{base}agents/{fatou.agent.id}/{doing}/", json=body)
    herself = api(binta).post(f"{base}agents/{binta.agent.id}/{doing}/", json=body)

    assert (refused.status_code, refused.json()["code"]) == (403, "not_your_counter")
    assert herself.status_code == 200
    assert status_of(ticket_id, bank) == ("called" if doing == "call-next" else "waiting")


def test_an_agent_cannot_call_a_ticket_to_anothers_counter(api, base, bank, binta, fatou, take):
    ticket_id = take()

    refused = api(binta).post(f"{base}tickets/{ticket_id}/call/", json={"agent_id": str(fatou.agent.id)})

    assert (refused.status_code, refused.json()["code"]) == (403, "not_your_counter")
    assert status_of(ticket_id, bank) == "waiting"


def test_a_manager_may_close_anybodys_ticket(api, base, bank, awa, binta, take):
    ticket_id = take()
    api(binta).post(f"{base}agents/me/call-next/", json={})

    closed = api(awa).post(f"{base}tickets/{ticket_id}/close/", json={})

    assert (closed.status_code, status_of(ticket_id, bank)) == (200, "closed")


def test_a_member_who_serves_nobody_is_no_agent(api, base, awa, take):
    take()

    for doing, body in (("call-next", {}), ("set-status", {"status": "paused"})):
        answer = api(awa).post(f"{base}agents/me/{doing}/", json=body)
        assert (answer.status_code, answer.json()["code"]) == (404, "agent_not_found")


def test_an_agent_who_has_left_calls_nobody(api, base, bank, binta, take):
    ticket_id = take()
    with in_tenant(bank.id):
        Agent.objects.filter(id=binta.agent.id).update(is_active=False)

    answer = api(binta).post(f"{base}agents/me/call-next/", json={})

    assert (answer.status_code, answer.json()["code"]) == (404, "agent_not_found")
    assert status_of(ticket_id, bank) == "waiting"


def test_the_role_is_the_databases_not_the_tokens(api, base, bank, awa):
    """The token was made when she was a manager; the next request knows better."""
    client = api(awa)
    client.person.membership.role = "manager"
    with in_tenant(bank.id):
        type(awa.membership).objects.filter(id=awa.membership.id).update(role="agent")

    assert client.get(f"{base}agents/").status_code == 403


def test_who_is_no_member_any_more_is_a_stranger(api, base, bank, awa):
    with in_tenant(bank.id):
        awa.membership.delete()

    assert api(awa).get(f"{base}queues/").status_code == 404


def test_a_blocked_person_is_nobody(api, base, awa):
    type(awa.user).objects.filter(id=awa.user.id).update(is_active=False)

    assert api(awa).get(f"{base}queues/").status_code == 401


def test_a_suspended_tenant_is_closed_to_its_own(api, base, bank, moussa):
    from smartqueue.tenants.models import Tenant

    Tenant.objects.using("platform").filter(id=bank.id).update(is_active=False)

    assert api(moussa).get(f"{base}queues/").status_code == 404


def test_cheikh_hires_into_his_own_tenant_only(api, cheikh, moussa, tellers, bank):
    """Somebody known elsewhere is hired as herself; her other tenant hears nothing of it."""
    hired = api(cheikh).post(
        f"tenants/{cheikh.tenant.slug}/agents/", json={"email": moussa.user.email, "name": "Moussa d'ailleurs"}
    )
    foreign = api(cheikh).post(
        f"tenants/{cheikh.tenant.slug}/agents/",
        json={"email": f"{uuid4().hex}@example.sn", "name": "X", "queue_ids": [str(tellers.id)]},
    )

    assert (hired.status_code, foreign.status_code) == (201, 404)
    with in_tenant(bank.id):
        assert not Agent.objects.filter(tenant_id=bank.id, user=moussa.user).exists()


def test_a_public_ticket_opens_nothing_else(api, bank, take, ticket):
    mine, other = ticket(take()), ticket(take())

    client, path = api(), f"public/tickets/{mine.token}/"

    assert client.get(path).json()["number"] == mine.number
    assert client.post(f"{path}cancel/", json={}).json()["status"] == "cancelled"
    assert status_of(other.id, bank) == "waiting"
    assert client.get(f"public/tickets/{mine.id}/").status_code == 404
    assert client.get(f"public/tickets/{mine.number}/").status_code == 404


def test_that_somebody_is_here_is_said_by_staff_and_by_the_owner(api, base, binta, take):
    """An agent at the door needs no counter in the matter: the ticket is in nobody's hand."""
    one, two = (str(take(channel="web")) for _n in range(2))
    before = api(binta).get(f"{base}tickets/{two}/").json()

    by_staff = api(binta).post(f"{base}tickets/{one}/check-in/", json={})
    by_owner = api().post(f"public/tickets/{before['token']}/check-in/", json={})

    assert before["is_here"] is False
    assert (by_staff.status_code, by_staff.json()["is_here"], by_staff.json()["version"]) == (200, True, 2)
    assert (by_owner.status_code, by_owner.json()["is_here"], by_owner.json()["version"]) == (200, True, 2)
    again = api().post(f"public/tickets/{before['token']}/check-in/", json={})
    assert (again.status_code, again.json()["version"]) == (200, 2)
    assert api().post(f"public/tickets/{before['token']}/check-in/", json={"x": 1}).status_code == 400
    api(binta).post(f"{base}tickets/{one}/cancel/", json={})
    over = api(binta).post(f"{base}tickets/{one}/check-in/", json={})
    assert (over.status_code, over.json()["ticket"]["status"]) == (409, "cancelled")
    assert api().post("public/tickets/nobodys-token-here-1234/check-in/", json={}).status_code == 404
