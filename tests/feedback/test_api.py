"""`feedback/` over the API: who may is in tests/architecture; here is what it says, takes and refuses."""

from datetime import timedelta

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from smartqueue.feedback.models import Feedback
from smartqueue.kernel.clock import now
from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE, at_the_same_time


@pytest.fixture
def inbox(bank):
    return f"tenants/{bank.slug}/feedback/"


@pytest.fixture
def lately(visit_over):
    """A visit that ended a moment ago."""
    return lambda how="closed", **options: visit_over(how, at=now() - timedelta(minutes=30), **options)


def scores(answer):
    assert answer.status_code == 200, answer.content
    return [row["csat"] for row in answer.json()["results"]]


def test_the_list_is_narrowed_by_what_is_asked(api, bank, awa, cheikh, binta, site, tellers, visit_over, answer, inbox):
    answer(visit_over(), 5, nps=10)
    answer(visit_over("cancelled"), 1, nps=0)
    answer(visit_over(), 3, at=NINE + timedelta(days=2))
    client = api(awa)

    assert scores(client.get(inbox)) == [3, 1, 5]
    assert scores(client.get(f"{inbox}?ordering=csat")) == [1, 3, 5]
    assert scores(client.get(f"{inbox}?csat=1&csat=5")) == [1, 5]
    assert scores(client.get(f"{inbox}?nps_category=promoter")) == [5]
    assert scores(client.get(f"{inbox}?nps_category=detractor&state=new")) == [1]
    assert scores(client.get(f"{inbox}?state=done")) == []
    assert scores(client.get(f"{inbox}?agent={binta.agent.id}")) == [3, 5]
    assert scores(client.get(f"{inbox}?site={site.id}&queue={tellers.id}&service={tellers.service_id}")) == [3, 1, 5]
    assert scores(client.get(f"{inbox}?site={tellers.id}")) == []
    assert scores(client.get(f"{inbox}?from=2026-03-03T00:00:00Z")) == [3]
    assert scores(client.get(f"{inbox}?to=2026-03-03T00:00:00Z")) == [1, 5]
    assert scores(api(cheikh).get(f"tenants/{cheikh.tenant.slug}/feedback/")) == []
    page = client.get(f"{inbox}?limit=2").json()
    assert scores(client.get(page["next"].partition("/api/v1/")[2])) == [5]
    for wrong in ("?csat=6", "?csat=x", "?nps_category=fan", "?state=lost", "?from=2026-03-03", "?site=1", "?q=a"):
        assert client.get(inbox + wrong).status_code == 400, wrong


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_the_same_questions_for_one_and_for_three(api, awa, visit_over, answer, inbox, count):
    for _n in range(count):
        answer(visit_over())
    api(awa).get(inbox)

    with CaptureQueriesContext(connection) as asked, CaptureQueriesContext(connections["platform"]) as crossed:
        found = api(awa).get(inbox)

    assert len(scores(found)) == count
    # the door, the answers
    assert (len([query for query in asked if not query["sql"].startswith(("BEGIN", "COMMIT"))]), len(crossed)) == (2, 0)


def test_an_answer_says_all_but_the_tickets_key(api, awa, binta, site, visit_over, answer, inbox):
    ticket = visit_over()
    given = answer(ticket, 2, nps=7, comment="Long", tags=["waiting"])

    reply = api(awa).get(f"{inbox}{given.id}/")

    said = reply.json()
    assert (said["csat"], said["nps"], said["nps_category"], said["tags"]) == (2, 7, "passive", ["waiting"])
    assert said["ticket"] == {"id": str(ticket.id), "number": ticket.number}
    assert (said["site"]["name"], said["agent"]["name"]) == (site.name, "Binta Ba")
    assert (said["visit"], said["state"], said["note"], said["handled_by"]) == ("closed", "new", "", None)
    assert ticket.token.encode() not in reply.content


def test_a_manager_follows_up_and_sees_when_a_colleague_was_faster(api, awa, visit_over, answer, inbox):
    given = answer(visit_over())
    client, path = api(awa), f"{inbox}{given.id}/"
    seen = client.get(path).json()["updated_at"]

    done = client.patch(path, json={"state": "in_progress", "note": "Rappeler", "updated_at": seen})
    late = client.patch(path, json={"note": "Autre", "updated_at": seen})

    assert (done.status_code, done.json()["state"], done.json()["note"]) == (200, "in_progress", "Rappeler")
    assert done.json()["handled_by"] == str(awa.user.id)
    assert (late.status_code, late.json()["code"]) == (409, "changed_meanwhile")
    assert client.get(path).json()["note"] == "Rappeler"
    for wrong in ({"state": "lost"}, {"note": "x" * 1001}, {"csat": 5}, {"note": None}):
        assert client.patch(path, json=wrong).status_code == 400, wrong


def test_the_holder_of_a_ticket_answers_once(api, bank, lately):
    ticket = lately()
    client, path = api(), f"public/tickets/{ticket.token}/feedback/"

    first = client.post(path, json={"csat": 4, "nps": 9, "comment": "Merci", "tags": ["welcome"], "language": "wo"})
    second = client.post(path, json={"csat": 1})

    assert first.status_code == 201, first.content
    assert first["Cache-Control"] == "no-store"
    assert sorted(first.json()) == [
        "comment", "created_at", "csat", "nps", "quality_rating", "tags", "wait_rating",
    ]  # fmt: skip
    assert (second.status_code, second.json()["code"]) == (409, "already_answered")
    with in_tenant(bank.id):
        row = Feedback.objects.get(ticket_id=ticket.id)
    assert (row.csat, row.language, row.channel) == (4, "wo", "mobile")


def test_with_a_key_the_same_answer_may_be_sent_again(api, lately):
    path, headers = f"public/tickets/{lately().token}/feedback/", {"Idempotency-Key": "once"}

    first, again = at_the_same_time(
        *[lambda: api().post(path, json={"csat": 4}, headers=headers)] * 2,
    )

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content


def test_what_cannot_be_answered_is_named(api, take, ticket, visit_over, lately):
    waiting, old, left = ticket(take()), visit_over(), lately("cancelled")

    def post(token, **body):
        reply = api().post(f"public/tickets/{token}/feedback/", json={"csat": 1} | body)
        return reply.status_code, reply.json()["code"]

    assert post(waiting.token) == (409, "visit_not_over")
    assert post(old.token) == (409, "feedback_too_late")  # at nine in March
    assert post("x" * 22) == (404, "ticket_not_found")
    assert post(left.token, quality_rating=1) == (400, "invalid")
    for wrong in (
        {"csat": None}, {"csat": "5"}, {"csat": 0}, {"csat": 6}, {"nps": 11}, {"tags": ["weather"]}, {"tags": "x"},
        {"comment": "x" * 1001}, {"channel": "agent"}, {"state": "done"}, {"agent_id": "x"},
    ):  # fmt: skip
        assert post(left.token, **wrong) == (400, "invalid"), wrong
    assert api().post(f"public/tickets/{left.token}/feedback/", json={}).status_code == 400
