"""The dashboard, one line, one ticket: who may, what they say, every press."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE, at_the_same_time


@pytest.fixture
def base(bank):
    return f"/{bank.slug}/manage/"


@pytest.fixture
def waiting(take):
    """`waiting(minutes, queue=None)`: somebody who has waited that long, now."""
    from smartqueue.kernel.clock import now

    return lambda minutes=0, queue=None, **options: take(queue, at=now() - timedelta(minutes=minutes), **options)


@pytest.fixture
def call():
    """`call(agent, at=None)`: the next one comes to this agent, now or then."""
    from smartqueue.kernel.clock import now
    from smartqueue.queueing.actions.hot import call_next_ticket

    def make(person, at=None):
        at = at or now()
        return call_next_ticket(tenant_id=person.tenant.id, agent_id=person.agent.id, actor=person.actor, at=at)

    return make


@pytest.fixture
def earlier(take):
    """`earlier(minutes, queue=None)`: somebody who has waited that long, at nine."""
    return lambda minutes=0, queue=None, **options: take(queue, at=NINE - timedelta(minutes=minutes), **options)


@pytest.fixture
def seen(bank):
    """What the dashboard reads at nine, of all sites or of one."""
    from smartqueue.queueing.queries.dashboard import look

    def read(site_id=None):
        with in_tenant(bank.id):
            return look(at=NINE, site_id=site_id)

    return read


def text_of(answer):
    return " ".join(answer.content.decode().split())


PAGES = [
    ("dashboard/", "get"), ("dashboard/queues/{queue}/", "get"), ("dashboard/tickets/{ticket}/", "get"),
    ("alerts/", "get"), ("alerts/new/", "get"), ("alerts/{rule}/", "get"),
]  # fmt: skip
DEEDS = [
    "dashboard/queues/{queue}/state/", "dashboard/tickets/{ticket}/call/", "dashboard/tickets/{ticket}/priority/",
    "dashboard/tickets/{ticket}/cancel/", "alerts/{rule}/delete/", "alerts/{rule}/acknowledge/", "alerts/new/",
]  # fmt: skip


@pytest.fixture
def fill(tellers, waiting, rule):
    """Put ids into an address."""
    ids = {"queue": tellers.id, "ticket": waiting(5), "rule": rule().id}
    return lambda path: path.format(**ids)


@pytest.fixture
def rule(bank, moussa):
    from smartqueue.kernel.clock import now
    from smartqueue.queueing.actions.alerts import add_alert_rule

    def make(**values):
        whole = {"name": "Hall", "metric": "waiting", "threshold": 1, "audience": ["managers"], "repeat_min": 0}
        with in_tenant(bank.id):
            return add_alert_rule(tenant_id=bank.id, values=whole | values, actor=moussa.actor, at=now())

    return make


@pytest.mark.parametrize(("path", "method"), [*PAGES, *((path, "post") for path in DEEDS)])
def test_who_may(base, fill, path, method, visit, awa, binta, cheikh):
    address = base + fill(path)

    def ask(person):
        return getattr(visit(person), method)(address)

    assert (ask(None).status_code, ask(None)["Location"].startswith("/sign-in/")) == (302, True)
    assert (ask(cheikh).status_code, ask(binta).status_code) == (404, 403)
    assert ask(awa).status_code not in (401, 403)


@pytest.mark.parametrize("path", ["dashboard/queues/{}/", "dashboard/tickets/{}/", "alerts/{}/"])
def test_what_is_not_there_is_not_found(base, path, visit, awa):
    assert visit(awa).get(base + path.format(uuid4())).status_code == 404


def test_the_figures(seen, earlier, call, tellers, binta, fatou, make_queue, make_agent, outlook_of):
    from smartqueue.queueing.states import AgentStatus

    other = make_queue(name="Conseil", wait_target_s=600)
    resting = make_agent("Ibou Kane", other, status=AgentStatus.PAUSED)
    for minutes in (40, 31, 13, 2):
        earlier(minutes)
    earlier(20, queue=other)
    call(binta, NINE - timedelta(minutes=30))
    outlook_of(tellers, p50=[150, 300, 450, 600], p90=[240, 480, 720, 960])
    outlook_of(other, p50=[60])
    now = seen()
    queues = {queue.name: queue for queue in now.queues}

    guichets, conseil = queues["Guichets"], queues["Conseil"]
    assert (now.waiting, now.in_service, now.open_counters, now.on_break) == (4, 1, 2, 1)
    assert now.longest is not None
    assert (now.longest.name, now.longest.longest_s // 60) == ("Guichets", 31)
    # 31 min is late, 13 min more than 80 % of 15; the third waits 2 + 7.5 min: no risk
    assert (guichets.at_risk, conseil.at_risk, now.at_risk) == (2, 1, 3)
    assert (guichets.serving, guichets.eta_s, guichets.eta_high_s, guichets.level) == (2, 600, 960, "late")
    assert (conseil.serving, conseil.eta_s, conseil.eta_high_s, conseil.is_unattended) == (0, None, None, True)
    assert (now.day.called, now.day.in_target, now.day.percent_in_target) == (1, 1, 100)
    assert now.day.average_wait_s == 600
    assert {agent.name: agent.number for agent in now.agents} == {
        "Binta Ba": "A001", "Fatou Ndiaye": None, resting.agent.name: None
    }  # fmt: skip


def test_whoever_will_be_late_by_the_estimate_is_at_risk(seen, earlier, binta, tellers, outlook_of):
    outlook_of(tellers, p50=[300, 600, 900, 1200, 1500])
    for _ in range(5):
        earlier(1)  # the third, fourth and fifth pass 15 minutes

    assert seen().at_risk == 3


def test_lost_and_served_today_are_counted_and_yesterday_is_not(seen, earlier, call, binta, bank, awa):
    from smartqueue.queueing.actions import hot, tickets

    yesterday = earlier(60 * 24)
    with in_tenant(bank.id):
        at = NINE - timedelta(hours=23)
        tickets.cancel_ticket(ticket_id=yesterday, agent_id=None, reason="left", actor=awa.actor, at=at)
    first, second, third = earlier(9), earlier(8), earlier(7)
    with in_tenant(bank.id):
        tickets.cancel_ticket(ticket_id=first, agent_id=None, reason="left", actor=awa.actor, at=NINE)
    hot.call_ticket(
        tenant_id=bank.id, ticket_id=second, agent_id=binta.agent.id, actor=binta.actor, reason="x", at=NINE
    )
    with in_tenant(bank.id):
        tickets.start_service(ticket_id=second, agent_id=None, actor=binta.actor, at=NINE)
    hot.close_ticket(tenant_id=bank.id, ticket_id=second, actor=binta.actor, at=NINE)
    day = seen().day

    assert (day.served, day.gone, day.no_show, day.drop_offs, day.called) == (1, 1, 0, 1, 1)
    assert third


def test_one_site_shows_nothing_of_another(seen, base, earlier, visit, awa, bank, site, service, tellers):
    from smartqueue.queueing.models import Queue
    from smartqueue.sites.models import Site

    with in_tenant(bank.id):
        elsewhere = Site.objects.create(tenant=bank, name="Thiès", code="TH1", observes_holidays=False)
        Queue.objects.create(tenant=bank, site=elsewhere, service=service, name="Ailleurs", prefix="Z")
    earlier(3)
    assert (seen(site.id).waiting, seen(elsewhere.id).waiting) == (1, 0)
    client = visit(awa)
    page = text_of(client.get(f"{base}dashboard/?site={elsewhere.id}"))
    again = client.get(f"{base}dashboard/")

    assert ("Ailleurs" in page, "Guichets" in page) == (True, False)
    assert again["Location"].endswith(f"?site={elsewhere.id}")
    assert "Guichets" in text_of(client.get(f"{base}dashboard/?site="))
    assert client.get(f"{base}dashboard/").status_code == 200


def test_htmx_gets_what_changes_and_nothing_else(base, waiting, visit, awa, binta, call):
    waiting(3)
    call(binta)
    page = visit(awa).get(f"{base}dashboard/", headers={"HX-Request": "true"})

    assert ("<html" in text_of(page), 'id="now"' in text_of(page), "A001" in text_of(page)) == (False, True, True)


def test_the_dashboard_asks_as_much_for_one_queue_as_for_three(base, visit, awa, waiting, make_queue, make_agent):
    client = visit(awa)

    def asked(path="dashboard/"):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(base + path).status_code == 200
        return len(queries)

    def grow(queue):
        waiting(3, queue=queue)
        make_agent(f"Agent {queue.prefix}", queue)

    grow(make_queue())
    one = asked()
    grow(make_queue())
    grow(make_queue())
    assert (asked(), one) == (one, 13)


def test_a_line_asks_as_much_for_one_as_for_three(base, visit, awa, waiting, tellers):
    client = visit(awa)

    def asked():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"{base}dashboard/queues/{tellers.id}/").status_code == 200
        return len(queries)

    waiting(3)
    one = asked()
    waiting(2)
    waiting(1)
    assert (asked(), one) == (one, 11)


def test_a_line_shows_numbers_and_a_masked_phone_but_no_name(base, visit, awa, waiting, tellers, bank):
    from smartqueue.customers.models import Customer

    with in_tenant(bank.id):
        demba = Customer.objects.create(tenant=bank, full_name="Demba Sow", phone="+221771234521")
    waiting(3, customer_id=demba.id)
    page = text_of(visit(awa).get(f"{base}dashboard/queues/{tellers.id}/"))

    assert ("A001" in page, "+221 77 *** ** 21" in page) == (True, True)
    assert ("Demba" in page, "771234521" in page) == (False, False)


@pytest.mark.parametrize("status", ["paused", "closed"])
def test_a_queue_is_paused_closed_and_opened_again(base, visit, awa, tellers, status, bank):
    from smartqueue.queueing.models import Queue

    client, address = visit(awa), f"{base}dashboard/queues/{tellers.id}/state/"

    def state():
        with in_tenant(bank.id):
            return Queue.objects.get(id=tellers.id).status

    answer = client.post(address, {"status": status, "from": "queue"})
    assert (answer.status_code, answer["Location"]) == (303, f"{base}dashboard/queues/{tellers.id}/")
    assert state() == status
    assert client.post(address, {"status": "open"})["Location"] == f"{base}dashboard/"
    assert state() == "open"
    assert client.post(address, {"status": "burning"}).status_code == 404


def test_a_manager_calls_for_an_agent_who_is_free(base, visit, awa, waiting, ticket, binta, fatou, call, tellers):
    first, second = waiting(9), waiting(5)
    call(binta)
    client = visit(awa)
    page = text_of(client.get(f"{base}dashboard/tickets/{second}/"))
    assert ("Fatou Ndiaye" in page, "Binta Ba" in page) == (True, False)
    third = waiting(1)
    address = f"{base}dashboard/tickets/{third}/call/"
    refused = client.post(address, {"agent": fatou.agent.id, "queue": tellers.id}, follow=True)
    assert ("Say why" in text_of(refused), ticket(third).status) == (True, "waiting")
    done = client.post(address, {"agent": fatou.agent.id, "reason": "Agreed", "queue": tellers.id})

    assert done["Location"] == f"{base}dashboard/queues/{tellers.id}/"
    assert (ticket(third).status, ticket(third).agent_id) == ("called", fatou.agent.id)
    assert ticket(first).agent_id == binta.agent.id


def test_two_managers_who_call_for_one_agent_at_once_get_one_call(base, visit, awa, moussa, waiting, ticket, binta):
    first, second = waiting(9), waiting(5)

    def press(person, ticket_id):
        return visit(person).post(
            f"{base}dashboard/tickets/{ticket_id}/call/", {"agent": binta.agent.id, "reason": "Agreed"}
        )

    at_the_same_time(lambda: press(awa, first), lambda: press(moussa, second))

    assert sorted([ticket(first).status, ticket(second).status]) == ["called", "waiting"]


def test_priority_moves_a_ticket_forward(base, visit, awa, waiting, ticket, make_queue, bank):
    from smartqueue.kernel.clock import now
    from smartqueue.queueing.queries import waiting_in_calling_order

    queue = make_queue(strategy="priority")
    first, second = waiting(9, queue=queue), waiting(5, queue=queue)
    address = f"{base}dashboard/tickets/{second}/priority/"
    assert visit(awa).post(address, {"priority": "10"}).status_code == 303
    with in_tenant(bank.id):
        assert waiting_in_calling_order(queue.id, at=now()) == [second, first]

    assert (ticket(second).priority, ticket(second).lane, ticket(second).version) == (10, 10, 2)
    visit(awa).post(address, {"priority": "10"})
    assert ticket(second).version == 2
    assert visit(awa).post(address, {"priority": "7"}).status_code == 404


def test_a_ticket_is_cancelled_with_its_reason_once(base, visit, awa, waiting, ticket):
    ticket_id = waiting(5)
    client, address = visit(awa), f"{base}dashboard/tickets/{ticket_id}/cancel/"
    client.post(address, {"reason": "Left the hall"})

    assert (ticket(ticket_id).status, ticket(ticket_id).reason) == ("cancelled", "Left the hall")
    assert "cannot do this" in text_of(client.post(address, {"reason": "again"}, follow=True))


# Alerts


def test_a_rule_is_made_tried_changed_and_deleted(base, visit, awa, waiting, tellers, bank):
    from smartqueue.queueing.models import AlertRule

    def rules():
        with in_tenant(bank.id):
            return list(AlertRule.objects.values_list("name", "threshold", "queue_id", "audience", "is_active"))

    client = visit(awa)
    form = {
        "name": "Hall", "metric": "waiting", "threshold": "2", "for_min": "0", "place": f"queue:{tellers.id}",
        "audience": ["managers", "agents"], "repeat_min": "15", "is_active": "on",
    }  # fmt: skip
    bad = client.post(f"{base}alerts/new/", form | {"threshold": "0", "audience": []})
    assert (bad.status_code, "Choose at least one group." in text_of(bad), 'value="Hall"' in text_of(bad)) == (
        400, True, True
    )  # fmt: skip
    assert client.post(f"{base}alerts/new/", form).status_code == 303
    assert rules() == [("Hall", 2, tellers.id, ["managers", "agents"], True)]
    twice = client.post(f"{base}alerts/new/", form)
    assert (twice.status_code, "already a rule" in text_of(twice)) == (409, True)
    with in_tenant(bank.id):
        rule_id = AlertRule.objects.get().id

    waiting(2)
    assert "would not fire" in text_of(client.get(f"{base}alerts/{rule_id}/?try=1"))
    waiting(1)
    assert "It would fire now." in text_of(client.get(f"{base}alerts/{rule_id}/?try=1"))
    client.post(f"{base}alerts/{rule_id}/", form | {"threshold": "5", "place": "", "is_active": ""})
    assert rules() == [("Hall", 5, None, ["managers", "agents"], False)]
    client.post(f"{base}alerts/{rule_id}/delete/")
    assert rules() == []


def test_an_open_alert_stands_on_the_dashboard_until_somebody_sees_to_it(base, visit, awa, waiting, rule, bank, binta):
    from smartqueue.kernel.clock import now
    from smartqueue.queueing.actions.alerts import evaluate_alerts
    from smartqueue.queueing.models import Alert

    rule(name="Hall too full")
    waiting(2)
    evaluate_alerts(tenant_id=bank.id, at=now())
    with in_tenant(bank.id):
        alert_id = Alert.objects.get().id
    client = visit(awa)
    assert ("Hall too full" in (page := text_of(client.get(f"{base}dashboard/"))), "I see to it" in page) == (
        True,
        True,
    )
    client.post(f"{base}alerts/{alert_id}/acknowledge/", {"note": "Fatou comes"})
    page = text_of(client.get(f"{base}dashboard/"))

    assert ("Fatou comes" in page, "I see to it" in page) == (True, False)
    assert "Fatou comes" in text_of(client.get(f"{base}alerts/?state=open"))
    assert "Fatou comes" not in text_of(client.get(f"{base}alerts/?state=over"))
    assert visit(awa).post(f"{base}alerts/{uuid4()}/acknowledge/").status_code == 404


def test_the_list_of_alerts_asks_as_much_for_one_as_for_three(base, visit, awa, waiting, rule, bank, binta):
    from smartqueue.kernel.clock import now
    from smartqueue.queueing.actions.alerts import evaluate_alerts

    client = visit(awa)

    def asked():
        evaluate_alerts(tenant_id=bank.id, at=now())
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"{base}alerts/").status_code == 200
        return len(queries)

    waiting(2)
    rule(name="a")
    one = asked()
    rule(name="b")
    rule(name="c")
    assert (asked(), one) == (one, 10)


def test_arrivals_stand_beside_those_of_the_same_weekday(bank, take, site):
    from smartqueue.reporting.actions.rollup import rebuild
    from smartqueue.web.manage.arrivals import arrivals_today

    for minutes in (0, 10, 70):
        take(at=NINE - timedelta(minutes=minutes))
    for _ in range(8):
        take(at=NINE - timedelta(days=7))
    take(at=NINE - timedelta(days=1, hours=5))
    rebuild(tenant_id=bank.id, at=NINE)
    with in_tenant(bank.id):
        hours = arrivals_today(bank, site_id=site.id, at=NINE)
        nowhere = arrivals_today(bank, site_id=uuid4(), at=NINE)

    assert [(hour.hour, hour.today, hour.usual) for hour in hours] == [(7, 1, 0.0), (8, 1, 0.0), (9, 1, 2.0)]
    assert [(hour.today_share, hour.usual_share) for hour in hours] == [(50, 0), (50, 0), (50, 100)]
    assert nowhere == []


def test_a_queue_says_how_long_whoever_comes_now_waits(base, visit, awa, waiting, tellers, binta, outlook_of):
    """A range, `first estimate` where little is known, and nothing where nobody serves."""
    waiting(2), waiting(1)
    outlook_of(tellers, p50=[60, 120, 725], p90=[120, 240, 1081], quality="rough")
    told = visit(awa).get(f"{base}dashboard/", headers={"accept-language": "en"}).content.decode()
    one = visit(awa).get(f"{base}dashboard/queues/{tellers.id}/", headers={"accept-language": "en"}).content.decode()

    assert "next: about 12–19 min (first estimate)" in " ".join(told.split())
    assert "12–19 min" in one
    assert "about 12–19 min" not in one
