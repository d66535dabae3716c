"""The team and one agent: who may, today's figures, queues and status."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE, at_the_same_time


@pytest.fixture
def base(bank):
    return f"/{bank.slug}/manage/team/"


def text_of(answer):
    return " ".join(answer.content.decode().split())


@pytest.mark.parametrize(
    ("path", "method"), [("", "get"), ("{}/", "get"), ("{}/queues/", "post"), ("{}/state/", "post")]
)
def test_who_may(base, path, method, visit, awa, binta, cheikh):
    address = base + path.format(binta.agent.id)

    def ask(person):
        return getattr(visit(person), method)(address, {"status": "paused"})

    assert (ask(None).status_code, ask(None)["Location"].startswith("/sign-in/")) == (302, True)
    assert (ask(cheikh).status_code, ask(binta).status_code) == (404, 403)
    assert ask(awa).status_code in (200, 303)


def test_an_agent_of_nobody_is_not_found(base, visit, awa):
    client = visit(awa)
    assert client.get(f"{base}{uuid4()}/").status_code == 404
    assert client.post(f"{base}{uuid4()}/state/", {"status": "paused"}).status_code == 404
    assert client.post(f"{base}{uuid4()}/queues/").status_code == 404


@pytest.fixture
def worked(bank, binta, tellers, take):
    """Binta since eight: a visit of 20 minutes, called at 8:10; a break from 8:40 to 8:50. It is nine."""
    from smartqueue.queueing.actions import agents, hot, tickets

    def at(minutes):
        return NINE - timedelta(minutes=60 - minutes)

    ticket_id = take(at=at(0))
    with in_tenant(bank.id):
        agents.set_agent_status(agent_id=binta.agent.id, status="available", reason="", actor=binta.actor, at=at(0))
    hot.call_next_ticket(tenant_id=bank.id, agent_id=binta.agent.id, actor=binta.actor, at=at(10))
    with in_tenant(bank.id):
        tickets.start_service(ticket_id=ticket_id, agent_id=None, actor=binta.actor, at=at(12))
    hot.close_ticket(tenant_id=bank.id, ticket_id=ticket_id, actor=binta.actor, at=at(30))
    for minute, status, reason in ((40, "paused", "Prayer"), (50, "available", "")):
        with in_tenant(bank.id):
            agents.set_agent_status(
                agent_id=binta.agent.id, status=status, reason=reason, actor=binta.actor, at=at(minute)
            )
    return ticket_id


def test_a_day_in_figures(worked, binta, fatou, bank):
    from smartqueue.queueing.queries.team import team
    from smartqueue.web.manage.team import members

    with in_tenant(bank.id), override("en"):
        agents = list(team().filter(id__in=[binta.agent.id, fatou.agent.id]).order_by("name"))
        first, second = members(agents, zone="Africa/Dakar", at=NINE)

    assert (first.day.served, first.service, first.busy, first.free, first.paused) == (
        1, "18 min", "20 min", "30 min", "10 min"
    )  # fmt: skip
    assert (second.day.served, second.service, second.busy, second.free) == (0, "", "0 min", "0 min")
    assert first.queues == ["Guichets"]


def test_spells_begin_at_midnight_and_leave_out_who_is_not_there(worked, binta, bank):
    from smartqueue.queueing.actions.agents import set_agent_status
    from smartqueue.queueing.queries.team import spells_of

    gone, noon = NINE + timedelta(hours=1), NINE + timedelta(hours=3)
    with in_tenant(bank.id):
        set_agent_status(agent_id=binta.agent.id, status="offline", reason="", actor=binta.actor, at=gone)
        today = spells_of([binta.agent.id], since=NINE.replace(hour=0), at=noon)[binta.agent.id]
        from_nine = spells_of([binta.agent.id], since=NINE, at=noon)[binta.agent.id]

    assert [(spell.status, spell.length.seconds // 60) for spell in today] == [
        ("available", 40), ("paused", 10), ("available", 70)
    ]  # fmt: skip
    assert [(spell.start, spell.end) for spell in from_nine] == [(NINE, gone)]


def test_a_day_in_order_and_the_week(worked, binta, bank):
    from smartqueue.queueing.queries.team import spells_of, tickets_of_day, week_of
    from smartqueue.web.manage.team import events

    with in_tenant(bank.id), override("en"):
        spells = spells_of([binta.agent.id], since=NINE.replace(hour=0), at=NINE)[binta.agent.id]
        told = events(spells, tickets_of_day(binta.agent.id, day=NINE.date()))
        week = week_of(binta.agent.id, last=NINE.date())

    with override("en"):
        titles = [str(event["title"]) for event in told]
    assert titles == ["Available", "A001", "Paused: Prayer", "Available"]
    assert [day.handled for day in week] == [0, 0, 0, 0, 0, 0, 1]
    assert (week[-1].service_s, week[0].day) == (18 * 60, NINE.date() - timedelta(days=6))


def test_the_list_finds_filters_and_asks_as_much_for_one_as_for_three(base, visit, awa, binta, make_agent, bank, site):
    from smartqueue.queueing.models import Agent

    client = visit(awa)

    def asked():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(base).status_code == 200
        return len(queries)

    one = asked()
    make_agent("Ibou Kane")
    away = make_agent("Modou Faye")
    assert (asked(), one) == (one, 14)
    with in_tenant(bank.id):
        Agent.objects.filter(id=away.agent.id).update(status="offline", counter=None)

    def names(query):
        page = text_of(client.get(f"{base}?{query}"))
        return [name for name in ("Binta Ba", "Ibou Kane", "Modou Faye") if name in page]

    assert names("q=ibou") == ["Ibou Kane"]
    assert names("status=away") == ["Modou Faye"]
    assert names(f"site={site.id}") == ["Binta Ba", "Ibou Kane"]
    assert names("site=nonsense&status=here&sort=-name") == ["Binta Ba", "Ibou Kane"]


def test_queues_are_reassigned_and_others_stay_out(base, visit, awa, binta, tellers, make_queue, bank, cheikh):
    from smartqueue.queueing.queries import eligible_queue_ids

    other = make_queue(name="Conseil")
    client, address = visit(awa), f"{base}{binta.agent.id}/queues/"
    client.post(address, {"queue": [str(other.id), str(uuid4()), "nonsense"]})
    with in_tenant(bank.id):
        assert eligible_queue_ids([binta.agent.id])[binta.agent.id] == [other.id]


def test_a_break_and_the_end_of_the_day(base, visit, awa, binta, bank, take):
    from smartqueue.queueing.actions.hot import call_next_ticket
    from smartqueue.queueing.models import Agent

    client, address = visit(awa), f"{base}{binta.agent.id}/state/"

    def state():
        with in_tenant(bank.id):
            return Agent.objects.filter(id=binta.agent.id).values_list("status", "counter_id").get()

    for status in ("paused", "available"):
        client.post(address, {"status": status})
        assert state()[0] == status
    assert client.post(address, {"status": "busy"}).status_code == 404
    take()
    call_next_ticket(tenant_id=bank.id, agent_id=binta.agent.id, actor=binta.actor, at=NINE)
    refused = client.post(address, {"status": "offline"}, follow=True)
    assert ("already a customer" in text_of(refused), state()[0]) == (True, "available")


def test_a_break_set_while_the_agent_calls_loses_nothing(base, visit, awa, binta, bank, take, ticket):
    from smartqueue.queueing.actions.hot import call_next_ticket

    ticket_id = take()
    done = at_the_same_time(
        lambda: visit(awa).post(f"{base}{binta.agent.id}/state/", {"status": "offline"}).status_code,
        lambda: call_next_ticket(tenant_id=bank.id, agent_id=binta.agent.id, actor=binta.actor, at=NINE),
    )
    from smartqueue.queueing.models import Agent

    with in_tenant(bank.id):
        agent = Agent.objects.get(id=binta.agent.id)

    assert done[0] == 303
    assert (ticket(ticket_id).status == "called") != (agent.status == "offline")
