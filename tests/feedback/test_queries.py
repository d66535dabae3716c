"""The sums above the inbox, and what may still be rated."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from smartqueue.feedback.queries import all_feedback, of_category, refusal_to_ask, summary, visit_of_token
from smartqueue.feedback.states import nps_category
from smartqueue.journal.states import SYSTEM
from smartqueue.queueing.actions.blocks import lease_block
from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE

DAY = timedelta(days=1)


def test_the_last_thirty_days_in_one_query(bank, visit_over, answer):
    for csat, nps in ((5, 10), (5, 9), (4, 8), (2, 6), (1, 0), (3, None)):
        answer(visit_over(), csat, nps=nps)
    visit_over("cancelled")
    visit_over("no_show")
    answer(visit_over(at=NINE - 40 * DAY), 1, nps=0)  # long ago

    with (
        in_tenant(bank.id),
        CaptureQueriesContext(
            connection,
        ) as asked,
    ):
        lately = summary(at=NINE + DAY)

    assert len(asked) == 1
    assert (lately.answers, lately.csat) == (6, pytest.approx(20 / 6))
    assert (lately.promoters, lately.passives, lately.detractors, lately.nps) == (2, 1, 2, 0)
    assert (lately.tickets, lately.answer_percent) == (8, 75)
    assert lately.to_do == 7


def test_without_any_answer_nothing_is_claimed(bank):
    with in_tenant(bank.id):
        nothing = summary(at=NINE)

    assert (nothing.csat, nothing.nps, nothing.answer_percent, nothing.to_do) == (None, None, None, 0)


def test_numbers_that_a_kiosk_has_not_given_are_no_tickets(bank, site, tellers, take, visit_over, answer):
    answer(visit_over())
    block = {"tenant_id": bank.id, "queue_id": tellers.id, "device_id": uuid4(), "actor": SYSTEM, "at": NINE}
    lease_block(**block, size=20)

    with in_tenant(bank.id):
        lately = summary(at=NINE + DAY)

    assert (lately.tickets, lately.answer_percent) == (1, 100)


@pytest.mark.parametrize(("nps", "category"), [
    (None, None), (0, "detractor"), (6, "detractor"), (7, "passive"), (8, "passive"), (9, "promoter"), (10, "promoter"),
])  # fmt: skip
def test_the_three_groups_are_the_same_in_python_and_in_sql(bank, visit_over, answer, nps, category):
    given = answer(visit_over(), nps=nps)

    with in_tenant(bank.id):
        found = [word for word in ("promoter", "passive", "detractor") if all_feedback().filter(of_category(word))]
    assert given.nps_category == nps_category(nps) == category
    assert found == ([category] if category else [])


def test_a_visit_knows_whether_it_may_be_rated(bank, site, tellers, take, ticket, visit_over, answer):
    waiting, over, rated = ticket(take()), visit_over(), visit_over()
    answer(rated, 2)

    with in_tenant(bank.id), CaptureQueriesContext(connection) as asked:
        visits = [visit_of_token(one.token) for one in (waiting, over, rated)]

    assert len(asked) == 3
    assert [(visit.site, visit.service, visit.answered) for visit in visits] == [
        (site.name, tellers.service.name, said) for said in (None, None, 2)
    ]
    at = over.ended_at + DAY
    assert [getattr(refusal_to_ask(visit, at=at), "code", None) for visit in visits] == [
        "visit_not_over", None, "already_answered",
    ]  # fmt: skip
    assert getattr(refusal_to_ask(visits[1], at=at + 40 * DAY), "code", "") == "feedback_too_late"
