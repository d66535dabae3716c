"""The reports over HTTP: figures, periods, who may, what a question may ask."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.cast import NINE

NOUNS = (
    "wait-times", "agent-performance", "queue-stats", "satisfaction", "demand", "drop-off", "channels", "origins",
    "heat-map",
)  # fmt: skip
MARCH = "?from=2026-03-01&to=2026-03-31"


@pytest.fixture
def base(bank):
    return f"tenants/{bank.slug}/reports/"


@pytest.fixture
def served(bank, tellers, binta, take):
    """Somebody waits four minutes, walks one, is served for five; by default at the tellers', from nine."""
    from smartqueue.queueing.actions.hot import call_next_ticket, close_ticket
    from smartqueue.queueing.actions.tickets import start_service
    from smartqueue.tenants.scope import in_tenant

    def serve(queue=tellers, agent=binta, at=NINE):
        ticket_id = take(queue, at=at)
        who = {"tenant_id": bank.id, "actor": agent.actor}
        call_next_ticket(**who, agent_id=agent.agent.id, queue_id=queue.id, at=at + timedelta(minutes=4))
        with in_tenant(bank.id):
            start_service(
                ticket_id=ticket_id, agent_id=agent.agent.id, actor=agent.actor, at=at + timedelta(minutes=5)
            )  # fmt: skip
        close_ticket(**who, ticket_id=ticket_id, at=at + timedelta(minutes=10))

    return serve


def rolled_up():
    from smartqueue.reporting.actions import calculate_queue_metrics

    calculate_queue_metrics(at=NINE + timedelta(days=40))


def test_waits_of_a_month_by_week_and_service(api, base, awa, served, tellers):
    served()
    served(at=NINE + timedelta(days=9))
    rolled_up()

    report = api(awa).get(f"{base}wait-times/{MARCH}&granularity=week").json()

    total = report["total"]
    assert (report["from"], report["to"], report["granularity"]) == ("2026-03-01", "2026-03-31", "week")
    assert [(period["first"], period["last"], period["figures"]["issued"]) for period in report["periods"]] == [
        ("2026-03-01", "2026-03-01", 0), ("2026-03-02", "2026-03-08", 1), ("2026-03-09", "2026-03-15", 1),
        ("2026-03-16", "2026-03-22", 0), ("2026-03-23", "2026-03-29", 0), ("2026-03-30", "2026-03-31", 0),
    ]  # fmt: skip
    assert total == {
        "issued": 2, "called": 2, "wait_average_s": 240.0, "wait_min_s": 240.0, "wait_max_s": 240.0,
        "wait_p50_s": 240.0, "wait_p90_s": 240.0, "served": 2, "service_average_s": 300.0, "service_p50_s": 300.0,
        "service_p90_s": 300.0, "walk_average_s": 60.0, "in_target": 1.0,
    }  # fmt: skip
    assert set(report["periods"][0]["figures"].values()) == {0, None}
    assert [(part["name"], part["figures"]) for part in report["parts"]] == [("Service A", total)]


def test_the_other_reports_of_the_same_morning(api, base, awa, served, tellers, take, bank, binta):
    from smartqueue.journal.states import Actor, ActorKind
    from smartqueue.queueing.actions.tickets import cancel_ticket
    from smartqueue.tenants.scope import in_tenant

    served()
    with in_tenant(bank.id):
        cancel_ticket(
            ticket_id=take(at=NINE, channel="web"), agent_id=None, reason="", actor=Actor(kind=ActorKind.CUSTOMER),
            at=NINE + timedelta(minutes=1),
        )  # fmt: skip
    rolled_up()
    got = {noun: api(awa).get(f"{base}{noun}/{MARCH}").json() for noun in NOUNS}

    flow, drop = got["queue-stats"]["total"], got["drop-off"]["total"]
    assert (flow["issued"], flow["served"], flow["cancelled"], flow["served_share"]) == (2, 1, 1, 0.5)
    assert (drop["cancelled_by_customer"], drop["left_line"], drop["dropped_share"]) == (1, 1, 0.5)
    assert got["demand"]["parts"][0]["figures"]["work_s"] == 300.0
    assert got["channels"]["total"]["counts"]["kiosk"] == got["channels"]["total"]["counts"]["web"] == 1
    assert [(part["name"], part["figures"]["handled"]) for part in got["agent-performance"]["parts"]] == [
        ("Binta Ba", 1)
    ]
    assert got["agent-performance"]["total"]["handling_average_s"] == 360.0
    assert got["origins"]["communes"] == [{"code": "", "name": "", "issued": 2, "share": 1.0}]
    assert got["heat-map"]["cells"] == [
        {"weekday": 1, "hour": 9, "issued": 2, "arrivals": 0.4, "wait_average_s": 240.0, "in_target": 1.0}
    ]
    assert got["satisfaction"]["total"]["answers"] == 0


def test_a_report_is_narrowed_to_a_site_a_queue_and_a_service(api, base, awa, served, tellers, site, make_queue, take):
    other = make_queue()
    served()
    take(other)
    rolled_up()

    def issued(narrowed):
        return api(awa).get(f"{base}queue-stats/{MARCH}{narrowed}").json()["total"]["issued"]

    assert [
        issued(narrowed)
        for narrowed in ("", f"&site={site.id}", f"&queue={other.id}", f"&service={tellers.service_id}",
                         f"&queue={other.id}&service={tellers.service_id}", f"&site={other.id}")
    ] == [2, 2, 1, 1, 0, 0]  # fmt: skip


@pytest.mark.parametrize("noun", NOUNS)
def test_a_report_costs_the_same_for_one_queue_and_for_three(api, base, awa, served, make_queue, make_agent, noun):
    served()
    rolled_up()

    def statements():
        with CaptureQueriesContext(connection) as queries:
            assert api(awa).get(f"{base}{noun}/{MARCH}").status_code == 200
        return len(queries)

    one = statements()
    for _n in range(2):
        queue = make_queue()
        served(queue, make_agent("Ndèye", queue))
    rolled_up()

    assert (one, statements()) == (4, 4)


@pytest.mark.parametrize("noun", NOUNS)
def test_reports_are_for_members_who_may_read_them(api, base, bank, awa, binta, cheikh, noun):
    answers = [api(person).get(f"{base}{noun}/").status_code for person in (awa, binta, cheikh, None)]

    assert answers == [200, 403, 404, 401]


@pytest.mark.parametrize("noun", NOUNS)
def test_a_report_of_one_organisation_is_the_same_whatever_happens_in_another(api, base, awa, cheikh, served, noun):
    own = f"tenants/{cheikh.tenant.slug}/reports/{noun}/{MARCH}"
    before = api(cheikh).get(own)

    served()
    rolled_up()

    after, theirs = api(cheikh).get(own), api(awa).get(f"{base}{noun}/{MARCH}")
    assert (before.status_code, after.json()) == (200, before.json())
    assert noun == "satisfaction" or theirs.json() != before.json()


@pytest.mark.parametrize(
    ("asked", "field", "sentence"),
    [
        ("?from=2026-03-02&to=2026-03-01", "from", "The first day is after the last one."),
        ("?from=2020-01-01&to=2026-03-01", "from", "Ask for three years at most."),
        ("?from=0001-01-01&to=0001-01-02", "to", "Give a day between 2000 and 2100."),
        ("?from=yesterday", "from", None),
        ("?granularity=hour", "granularity", None),
        ("?site=", "site", None),
        ("?queue=7", "queue", None),
        ("?sit=1", "sit", "There is no such field here."),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_with_a_sentence(api, base, awa, asked, field, sentence):
    answer = api(awa).get(f"{base}wait-times/{asked}", headers={"Accept-Language": "en"})

    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]
    assert sentence is None or answer.json()["errors"][field][0]["message"] == sentence


def test_agents_are_not_narrowed_to_a_queue(api, base, awa, tellers):
    assert api(awa).get(f"{base}agent-performance/?queue={tellers.id}").status_code == 400


def test_the_last_thirty_days_when_nobody_says_which(api, base, awa):
    report = api(awa).get(f"{base}queue-stats/").json()

    assert len(report["periods"]) == 30
    assert (report["periods"][0]["first"], report["periods"][-1]["first"]) == (report["from"], report["to"])
