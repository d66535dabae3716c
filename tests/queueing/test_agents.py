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
