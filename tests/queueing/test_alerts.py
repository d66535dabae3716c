"""Alerts: when they open, repeat and end; who has seen to them; their letters."""

from datetime import timedelta

import pytest

from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE, at_the_same_time
from tests.queueing.conftest import later

TEN = NINE + timedelta(hours=1)


@pytest.fixture
def rule(bank, moussa):
    """`rule(metric="waiting", threshold=2, …)`: a rule of the bank."""
    from smartqueue.queueing.actions.alerts import add_alert_rule

    def make(**values):
        whole = {"name": "Hall", "metric": "waiting", "threshold": 2, "audience": ["managers"], "repeat_min": 0}
        with in_tenant(bank.id):
            return add_alert_rule(tenant_id=bank.id, values=whole | values, actor=moussa.actor, at=NINE)

    return make


@pytest.fixture
def look(bank):
    from smartqueue.queueing.actions.alerts import evaluate_alerts

    return lambda at=NINE: evaluate_alerts(tenant_id=bank.id, at=at)


@pytest.fixture
def alerts(bank):
    """Every alert of the bank, pending ones too, oldest first."""
    from smartqueue.queueing.models import Alert

    def read():
        with in_tenant(bank.id):
            return list(Alert.objects.order_by("since", "id"))

    return read


@pytest.fixture
def told(bank):
    """Facts of alerts and of broken promises with their data, oldest first."""
    from smartqueue.journal.models import Entry

    def read(*facts):
        wanted = facts or ("alert.opened", "alert.repeated", "alert.closed", "alert.acknowledged")
        with in_tenant(bank.id):
            return list(Entry.objects.filter(fact__in=wanted).order_by("id").values_list("fact", "data"))

    return read


def test_an_alert_opens_at_the_threshold_and_ends_below_it(rule, look, take, alerts, told, tellers, binta):
    from smartqueue.queueing.actions.hot import call_next_ticket

    rule(threshold=2)
    take()
    assert (look(), alerts()) == (0, [])
    take()
    assert look() == 1
    assert look(later(minutes=1)) == 0
    call_next_ticket(tenant_id=binta.tenant.id, agent_id=binta.agent.id, actor=binta.actor, at=later(minutes=1))
    look(later(minutes=2))

    (alert,) = alerts()
    assert (alert.queue_id, alert.worst, alert.opened_at, alert.closed_at) == (tellers.id, 2, NINE, later(minutes=2))
    about = {"queue_id": str(tellers.id), "metric": "waiting", "value": 2, "threshold": 2}
    assert told() == [("alert.opened", about), ("alert.closed", about)]


def test_it_is_told_when_it_has_held_long_enough_and_leaves_no_trace_before(rule, look, take, alerts, told):
    rule(threshold=1, for_min=5)
    ticket_id = take()
    assert [look(later(minutes=minute)) for minute in (0, 4, 5)] == [0, 0, 1]
    assert alerts()[0].since == NINE

    from smartqueue.journal.states import SYSTEM
    from smartqueue.queueing.actions.tickets import cancel_ticket

    with in_tenant(alerts()[0].tenant_id):
        cancel_ticket(ticket_id=ticket_id, agent_id=None, reason="", actor=SYSTEM, at=later(minutes=6))
    look(later(minutes=6))
    again = take(at=later(minutes=7))
    look(later(minutes=7))
    with in_tenant(alerts()[0].tenant_id):
        cancel_ticket(ticket_id=again, agent_id=None, reason="", actor=SYSTEM, at=later(minutes=8))
    look(later(minutes=8))

    assert len(alerts()) == 1
    assert [fact for fact, _ in told()] == ["alert.opened", "alert.closed"]


def test_it_repeats_until_somebody_sees_to_it(rule, look, take, alerts, told, awa):
    from smartqueue.queueing.actions.alerts import acknowledge_alert

    rule(threshold=1, repeat_min=10)
    take()
    assert [look(later(minutes=minute)) for minute in (0, 9, 10, 19, 20)] == [1, 0, 1, 0, 1]
    with in_tenant(awa.tenant.id):
        acknowledge_alert(alert_id=alerts()[0].id, note="Fatou comes", actor=awa.actor, at=later(minutes=21))
    assert look(later(minutes=40)) == 0

    (alert,) = alerts()
    assert (alert.told, alert.acknowledged_by, alert.note) == (3, awa.user.id, "Fatou comes")
    assert [fact for fact, _ in told()] == ["alert.opened", "alert.repeated", "alert.repeated", "alert.acknowledged"]


def test_two_who_look_at_once_open_one_alert(rule, look, take, alerts):
    rule(threshold=1)
    take()

    assert sorted(at_the_same_time(look, look, look, look)) == [0, 0, 0, 1]
    assert len(alerts()) == 1


def test_of_two_who_see_to_it_at_once_one_is_told_that_it_is_done(rule, look, take, alerts, awa, moussa):
    from smartqueue.queueing.actions.alerts import acknowledge_alert
    from smartqueue.queueing.errors import AlertSettled

    rule(threshold=1)
    take()
    look()
    alert_id = alerts()[0].id

    def settle(person):
        with in_tenant(person.tenant.id):
            return acknowledge_alert(alert_id=alert_id, note=person.user.full_name, actor=person.actor, at=NINE)

    done = at_the_same_time(lambda: settle(awa), lambda: settle(moussa))

    assert sorted(type(one).__name__ for one in done) == ["Alert", AlertSettled.__name__]


@pytest.mark.parametrize(
    ("metric", "threshold", "fires"),
    [
        ("longest_wait", 20, True),
        ("longest_wait", 21, False),
        ("waiting", 3, False),
        ("at_risk", 1, True),
        ("at_risk", 3, False),
        ("unattended", 2, True),
    ],
)
def test_figures(rule, look, take, metric, threshold, fires):
    rule(metric=metric, threshold=threshold)
    take()
    take(at=later(minutes=20))

    assert look(later(minutes=20)) == fires


def test_nobody_is_missing_while_somebody_serves(rule, look, take, binta):
    rule(metric="unattended", threshold=1)
    take()

    assert look() == 0


def test_the_average_wait_of_the_day(rule, look, take, binta):
    from smartqueue.queueing.actions.hot import call_next_ticket

    rule(metric="average_wait", threshold=12)
    take()
    assert look(later(minutes=30)) == 0
    call_next_ticket(
        tenant_id=binta.tenant.id, agent_id=binta.agent.id, actor=binta.actor, at=later(minutes=12, seconds=1)
    )

    assert look(later(minutes=30)) == 1


def test_a_rule_of_one_queue_or_site_looks_at_no_other(rule, look, take, make_queue, bank, alerts):
    from smartqueue.sites.models import Site

    other = make_queue(name="Conseil")
    with in_tenant(bank.id):
        elsewhere = Site.objects.create(tenant=bank, name="Thiès", code="TH1", observes_holidays=False)
    rule(name="queue", threshold=1, queue_id=other.id)
    rule(name="site", threshold=1, site_id=elsewhere.id)
    rule(name="off", threshold=1, is_active=False)
    take()
    assert look() == 0
    take(other)
    assert look() == 1

    assert [(alert.name, alert.queue_id) for alert in alerts()] == [("queue", other.id)]


def test_outside_opening_hours_nothing_is_told_and_what_is_open_ends(rule, look, take, alerts, site, bank):
    from smartqueue.sites.models import OpeningHours

    rule(threshold=1)
    take()
    look()
    with in_tenant(bank.id):
        OpeningHours.objects.filter(site=site).update(opens="08:00", closes="10:00")
    assert [look(later(minutes=59)), look(TEN), look(TEN)] == [0, 0, 0]

    assert [alert.closed_at for alert in alerts()] == [TEN]


def test_a_broken_promise_is_a_fact_of_the_queue_without_persons(rule, look, take, told, tellers, alerts):
    rule(metric="longest_wait", threshold=10)
    take()
    look(later(minutes=14))
    assert told("sla.breached") == []
    rule(name="target", metric="longest_wait", threshold=15)
    look(later(minutes=16))

    (fact,) = told("sla.breached")
    about = {"alert_id": str(alerts()[1].id), "waited_s": 960, "target_s": 900, "waiting": 1}
    assert fact == ("sla.breached", about)


def test_a_rule_that_changes_or_goes_ends_its_alerts_and_history_stays(rule, look, take, alerts, bank, moussa):
    from smartqueue.queueing.actions.alerts import change_alert_rule, remove_alert_rule

    made = rule(threshold=1)
    take()
    look()
    with in_tenant(bank.id):
        change_alert_rule(rule=made, values={"threshold": 2}, actor=moussa.actor, at=later(minutes=1))
    look(later(minutes=2))
    take()
    look(later(minutes=3))
    with in_tenant(bank.id):
        remove_alert_rule(rule=made, actor=moussa.actor, at=later(minutes=4))
    look(later(minutes=5))

    assert [(a.threshold, a.closed_at, a.rule_id) for a in alerts()] == [
        (1, later(minutes=1), None),
        (2, later(minutes=4), None),
    ]


def test_two_rules_have_two_names(rule):
    from smartqueue.queueing.errors import AlertRuleExists

    rule()
    with pytest.raises(AlertRuleExists):
        rule()


# Letters


@pytest.fixture
def letters(bank):
    """`letters(at)`: send what is due; recipients and text of each, as Django's mail has them."""
    from django.core import mail
    from django.test.utils import override_settings

    from smartqueue.queueing.actions.alerts import send_alert_letters

    mail.outbox = []

    def send(at):
        mail.outbox.clear()
        with override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"):
            send_alert_letters(tenant_id=bank.id, at=at)
        return [(letter.subject, letter.recipients()) for letter in mail.outbox]

    return send


def test_a_letter_goes_to_those_whom_the_rule_names_once(rule, look, take, letters, awa, moussa, binta, cheikh):
    rule(threshold=1, by_email=True, audience=["managers", "agents"])
    take()
    look()

    assert [to for _, to in letters(NINE)] == [sorted([awa.user.email, binta.user.email])]
    assert [letters(NINE), letters(later(minutes=5))] == [[], []]


def test_a_letter_that_was_taken_and_not_sent_is_sent_by_somebody_else(rule, look, take, letters, bank, awa):
    from smartqueue.queueing.actions.alerts import _leased_letters

    rule(threshold=1, by_email=True)
    take()
    look()
    assert len(_leased_letters(bank.id, NINE)) == 1  # and its process dies
    assert letters(later(minutes=1)) == []

    assert [to for _, to in letters(later(minutes=2))] == [[awa.user.email]]


def test_two_who_send_at_once_send_one_letter(rule, look, take, bank, awa):
    from smartqueue.queueing.actions.alerts import _leased_letters

    rule(threshold=1, by_email=True)
    take()
    look()

    taken = at_the_same_time(*[lambda: len(_leased_letters(bank.id, NINE)) for _ in range(3)])
    assert sorted(taken) == [0, 0, 1]


def test_looking_asks_as_much_for_one_queue_as_for_three(rule, look, take, make_queue, bank):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def asked():
        with CaptureQueriesContext(
            connection,
        ) as queries:
            look(later(minutes=1))
        return len(queries)

    rule(threshold=9)
    take()
    one = asked()
    for name in "XY":
        take(make_queue(name=name))
    assert asked() == one
