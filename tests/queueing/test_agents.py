"""Agents: at a counter, on a break, gone home; which queues; which role."""

import pytest

from smartqueue.journal.models import Entry
from smartqueue.queueing import errors
from smartqueue.queueing.actions import agents
from smartqueue.queueing.models import AgentSession, Eligibility
from smartqueue.sites.models import Counter
from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE, at_the_same_time
from tests.queueing.conftest import later


@pytest.fixture
def desk(bank, site):
    with in_tenant(bank.id):
        return Counter.objects.create(tenant=bank, site=site, name="Guichet 7")


def sign_in(person, counter, at=NINE):
    with in_tenant(person.tenant.id):
        return agents.sign_in_at_counter(agent_id=person.agent.id, counter_id=counter.id, actor=person.actor, at=at)


def set_status(person, status, at=NINE, reason=""):
    with in_tenant(person.tenant.id):
        return agents.set_agent_status(
            agent_id=person.agent.id, status=status, reason=reason, actor=person.actor, at=at
        )


def sessions(person):
    with in_tenant(person.tenant.id):
        rows = AgentSession.objects.filter(agent=person.agent).order_by("opened_at")
        return [(row.counter_id, row.opened_at, row.closed_at) for row in rows]


def test_an_agent_sits_down_moves_and_goes_home(binta, desk, site):
    with in_tenant(binta.tenant.id):
        other = Counter.objects.create(tenant=binta.tenant, site=site, name="Guichet 8")
    agent = sign_in(binta, desk)
    assert (agent.status, agent.counter_id) == ("available", desk.id)

    sign_in(binta, other, at=later(hours=1))
    agent = set_status(binta, "offline", at=later(hours=2))

    assert (agent.status, agent.counter_id) == ("offline", None)
    assert sessions(binta) == [(desk.id, NINE, later(hours=1)), (other.id, later(hours=1), later(hours=2))]


def test_one_counter_one_agent(binta, fatou, desk):
    sign_in(binta, desk)

    with pytest.raises(errors.CounterTaken):
        sign_in(fatou, desk)


def test_a_counter_that_is_not_there_is_refused_by_name(binta, cheikh):
    with in_tenant(binta.tenant.id), pytest.raises(errors.CounterNotFound):
        agents.sign_in_at_counter(agent_id=binta.agent.id, counter_id=cheikh.tenant.id, actor=binta.actor, at=NINE)


def test_two_agents_at_once_at_one_counter(binta, fatou, desk):
    results = at_the_same_time(lambda: sign_in(binta, desk), lambda: sign_in(fatou, desk))

    assert sorted(isinstance(result, errors.CounterTaken) for result in results) == [False, True]


def test_with_a_customer_one_neither_moves_nor_goes_home(called, binta, desk):
    with pytest.raises(errors.AgentBusy):
        sign_in(binta, desk)
    with pytest.raises(errors.AgentBusy):
        set_status(binta, "offline")


def test_available_needs_a_counter(binta):
    set_status(binta, "offline")

    with pytest.raises(errors.AgentOffline):
        set_status(binta, "available")


def test_a_break_has_a_reason_and_its_fact(binta):
    agent = set_status(binta, "paused", reason="Déjeuner")

    assert (agent.status, agent.status_reason, agent.status_since) == ("paused", "Déjeuner", NINE)
    with in_tenant(binta.tenant.id):
        entry = Entry.objects.filter(object_id=binta.agent.id).latest("id")
    assert (entry.fact, entry.data["status"]) == ("agent.status_updated", "paused")


def test_these_queues_and_no_others(binta, tellers, make_queue):
    other = make_queue()
    with in_tenant(binta.tenant.id):
        agents.set_eligible_queues(agent_id=binta.agent.id, queue_ids=[other.id], actor=binta.actor, at=NINE)
        served = set(Eligibility.objects.filter(agent=binta.agent).values_list("queue_id", flat=True))
        entry = Entry.objects.filter(object_id=binta.agent.id).latest("id")

    assert served == {other.id}
    assert (entry.kind, entry.before, entry.after) == (
        "permission_change", {"queue_ids": [str(tellers.id)]}, {"queue_ids": [str(other.id)]},
    )  # fmt: skip


def test_another_tenants_queue_cannot_be_served(binta, cheikh):
    with in_tenant(binta.tenant.id), pytest.raises(errors.QueueNotFound):
        agents.set_eligible_queues(agent_id=binta.agent.id, queue_ids=[cheikh.tenant.id], actor=binta.actor, at=NINE)


def test_whoever_is_hired_becomes_a_member_once(bank, moussa, tellers):
    from smartqueue.tenants.models import Membership

    with in_tenant(bank.id):
        agent = agents.hire_agent(
            tenant_id=bank.id, user=moussa.user, name="Moussa", queue_ids=[tellers.id], actor=moussa.actor, at=NINE
        )
        assert Membership.objects.get(user=moussa.user).role == "admin"
        assert agent.status == "offline"
        with pytest.raises(errors.AlreadyAgent):
            agents.hire_agent(
                tenant_id=bank.id, user=moussa.user, name="Moussa", queue_ids=[], actor=moussa.actor, at=NINE
            )


def set_active(person, is_active, at=NINE):
    with in_tenant(person.tenant.id):
        return agents.set_agent_active(agent_id=person.agent.id, is_active=is_active, actor=person.actor, at=at)


def test_who_stops_serving_leaves_the_counter_to_somebody_else(binta, fatou, desk):
    sign_in(binta, desk)

    agent = set_active(binta, False, at=later(hours=1))

    assert (agent.is_active, agent.status, agent.counter_id) == (False, "offline", None)
    assert sessions(binta) == [(desk.id, NINE, later(hours=1))]
    assert sign_in(fatou, desk).counter_id == desk.id
    assert set_active(binta, True).is_active


def test_over_the_api_too_whoever_stops_serving_is_not_left_at_the_counter(api, moussa, binta, desk):
    sign_in(binta, desk)

    answer = api(moussa).patch(f"tenants/{binta.tenant.slug}/agents/{binta.agent.id}/", json={"is_active": False})

    assert (answer.status_code, answer.json()["counter"], answer.json()["status"]) == (200, None, "offline")
    assert answer.json()["is_active"] is False


def test_a_call_and_a_dismissal_at_once_leave_no_ticket_in_an_empty_hand(bank, binta, tellers, take):
    from smartqueue.queueing.actions.hot import call_next_ticket
    from smartqueue.queueing.models import Ticket

    ticket_id = take()

    answers = at_the_same_time(
        lambda: set_active(binta, False),
        lambda: call_next_ticket(
            tenant_id=bank.id, agent_id=binta.agent.id, queue_id=tellers.id, actor=binta.actor, at=NINE
        ),
    )

    with in_tenant(bank.id):
        held, agent = Ticket.objects.get(id=ticket_id), type(binta.agent).objects.get(id=binta.agent.id)
    dismissed = not isinstance(answers[0], Exception)
    assert (agent.is_active, held.status) == ((False, "waiting") if dismissed else (True, "called")), answers


def test_a_call_without_a_queue_goes_where_the_weighed_wait_is_longest(bank, binta, make_queue, take, tellers, ticket):
    from smartqueue.queueing.actions.hot import call_next_ticket

    other = make_queue(name="Prêts")
    with in_tenant(bank.id):
        agents.set_eligible_queues(
            agent_id=binta.agent.id, queue_ids=[tellers.id, other.id], weights={other.id: 3}, actor=binta.actor, at=NINE
        )
    longest, heavier = take(at=NINE), take(other, at=later(minutes=6))

    called = call_next_ticket(tenant_id=bank.id, agent_id=binta.agent.id, actor=binta.actor, at=later(minutes=10))

    assert called == heavier  # 4 minutes, three times: longer than 10
    assert ticket(longest).status == "waiting"


def test_weights_are_kept_told_and_bounded(bank, binta, tellers):
    from django.db import IntegrityError

    def weigh(weights):
        with in_tenant(bank.id):
            agents.set_eligible_queues(
                agent_id=binta.agent.id, queue_ids=[tellers.id], weights=weights, actor=binta.actor, at=NINE
            )

    weigh({tellers.id: 4})
    weigh(None)
    weigh({tellers.id: 4})

    with in_tenant(bank.id):
        assert Eligibility.objects.get(agent=binta.agent).weight == 4
        (fact,) = Entry.objects.filter(fact="agent.queues_changed")
    queues = [str(tellers.id)]
    assert fact.before == {"queue_ids": queues, "weights": {str(tellers.id): 1}}
    assert fact.after == {"queue_ids": queues, "weights": {str(tellers.id): 4}}
    with pytest.raises(IntegrityError):
        weigh({tellers.id: 11})
