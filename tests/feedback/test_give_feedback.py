"""One answer about one visit, when it is over."""

from datetime import timedelta

import pytest
from django.db import IntegrityError

from smartqueue.feedback.actions import Answer, give_feedback
from smartqueue.feedback.errors import AlreadyAnswered, NotServed, TooLate, VisitNotOver
from smartqueue.feedback.models import Feedback
from smartqueue.feedback.queries import all_feedback
from smartqueue.journal.states import SYSTEM
from smartqueue.queueing.errors import TicketNotFound
from smartqueue.queueing.models import Ticket
from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE, at_the_same_time

DAY = timedelta(days=1)


def test_an_answer_keeps_where_and_by_whom_the_person_was_served(bank, binta, tellers, site, visit_over, answer):
    ticket = visit_over()

    given = answer(
        ticket, 5, nps=9, wait_rating=3, quality_rating=5, comment="  Très aimable. ", tags=["welcome", "waiting"] * 2
    )

    with in_tenant(bank.id):
        row = Feedback.objects.get(id=given.id)
    assert (row.ticket_id, row.queue_id, row.site_id, row.service_id, row.agent_id) == (
        ticket.id, tellers.id, site.id, tellers.service_id, binta.agent.id,
    )  # fmt: skip
    assert (row.csat, row.nps, row.wait_rating, row.quality_rating) == (5, 9, 3, 5)
    assert (row.comment, row.tags, row.visit, row.state) == ("Très aimable.", ["waiting", "welcome"], "closed", "new")
    assert row.nps_category == "promoter"


def test_the_fact_travels_without_the_comment_and_without_a_person(visit_over, answer, told, binta):
    ticket = visit_over()

    given = answer(ticket, 2, nps=3, comment="Demander Madame Ndiaye au 77 123 45 67", tags=["clarity"])

    (entry,) = told(given.id)
    assert (entry.fact, entry.kind, entry.queue_id) == ("feedback.received", "create", None)
    assert entry.data == {
        "ticket_id": str(ticket.id), "queue_id": str(ticket.queue_id), "site_id": str(given.site_id),
        "service_id": str(ticket.service_id), "visit": "closed", "csat": 2, "nps": 3, "wait_rating": None,
        "quality_rating": None, "tags": ["clarity"], "language": "fr", "channel": "web",
    }  # fmt: skip
    assert (entry.before, entry.after) == (None, None)


@pytest.mark.parametrize("how", ["closed", "no_show", "cancelled", "expired"])
def test_whoever_has_left_may_answer_too(visit_over, answer, how):
    given = answer(visit_over(how), 1, wait_rating=1)

    assert (given.visit, given.wait_rating) == (how, 1)


@pytest.mark.parametrize("how", ["no_show", "cancelled", "expired"])
def test_who_was_not_served_rates_no_service(bank, visit_over, answer, how):
    ticket = visit_over(how)

    with pytest.raises(NotServed) as refused:
        answer(ticket, 1, quality_rating=1)

    assert list(refused.value.facts["errors"]) == ["quality_rating"]
    with in_tenant(bank.id):
        assert not Feedback.objects.filter(ticket_id=ticket.id).exists()


def test_a_visit_that_goes_on_is_not_rated(take, ticket, answer):
    waiting = ticket(take())

    with pytest.raises(VisitNotOver):
        answer(waiting, 5, at=NINE)


def test_the_thirtieth_day_is_the_last(visit_over, answer):
    early, late = visit_over(), visit_over()

    answer(early, at=early.ended_at + 30 * DAY)
    with pytest.raises(TooLate):
        answer(late, at=late.ended_at + 30 * DAY + timedelta(seconds=1))


def test_a_second_answer_is_refused_and_the_first_stays(bank, visit_over, answer, told):
    ticket = visit_over()
    first = answer(ticket, 2)

    with pytest.raises(AlreadyAnswered):
        answer(ticket, 5)

    with in_tenant(bank.id):
        assert list(Feedback.objects.filter(ticket_id=ticket.id).values_list("id", "csat")) == [(first.id, 2)]
    assert len(told(first.id)) == 1


def test_of_two_answers_at_once_one_wins(bank, visit_over, answer):
    ticket = visit_over()

    results = at_the_same_time(*(lambda csat=csat: answer(ticket, csat) for csat in range(1, 5)))

    assert sorted(type(result).__name__ for result in results) == ["AlreadyAnswered"] * 3 + ["Feedback"]
    with in_tenant(bank.id):
        assert Feedback.objects.filter(ticket_id=ticket.id).count() == 1


def test_another_organisations_token_opens_nothing(visit_over, cheikh):
    ticket = visit_over()

    with pytest.raises(TicketNotFound), in_tenant(cheikh.tenant.id):
        give_feedback(
            token=ticket.token, answer=Answer(csat=1), language="fr", channel="web", actor=SYSTEM, at=ticket.ended_at
        )


def test_another_organisation_sees_no_answer(visit_over, answer, cheikh):
    given = answer(visit_over())

    with in_tenant(cheikh.tenant.id):
        assert not all_feedback().filter(id=given.id).exists()


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"csat": 0}, "feedback_csat"),
        ({"csat": 6}, "feedback_csat"),
        ({"nps": 11}, "feedback_nps"),
        ({"wait_rating": 0}, "feedback_wait"),
        ({"quality_rating": 6}, "feedback_quality_of_who_was_served"),
        ({"tags": ["waiting", "weather"]}, "feedback_tags_known"),
        ({"state": "forgotten"}, "feedback_state_known"),
        ({"visit": "serving"}, "feedback_visit_over"),
    ],
)
def test_postgresql_refuses_what_cannot_be(bank, visit_over, answer, values, constraint):
    given = answer(visit_over())

    with pytest.raises(IntegrityError, match=constraint), in_tenant(bank.id):
        Feedback.objects.filter(id=given.id).update(**values)


def test_an_answer_cannot_point_at_another_organisations_ticket(bank, visit_over, answer, cheikh):
    given = answer(visit_over())

    with pytest.raises(IntegrityError, match="same_tenant"), in_tenant(cheikh.tenant.id):
        Feedback.objects.create(
            tenant=cheikh.tenant, ticket_id=given.ticket_id, queue_id=given.queue_id, site_id=given.site_id,
            service_id=given.service_id, visit="closed", csat=1, created_at=NINE, updated_at=NINE,
        )  # fmt: skip


def test_a_ticket_that_is_deleted_takes_its_answer_along(bank, visit_over, answer):
    given = answer(visit_over())

    with in_tenant(bank.id):
        tickets = Ticket.objects.filter(id=given.ticket_id)
        tickets._raw_delete(tickets.db)
        assert not Feedback.objects.filter(id=given.id).exists()
