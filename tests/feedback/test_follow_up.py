"""How far an answer was dealt with: by whom, once, and nobody's note is lost."""

from uuid import uuid4

import pytest

from smartqueue.feedback.actions import follow_up, mark_done
from smartqueue.feedback.errors import ChangedMeanwhile, FeedbackNotFound
from smartqueue.feedback.models import Feedback
from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE, at_the_same_time


@pytest.fixture
def as_awa(bank, awa):
    """Run an action as Awa, at nine, in the bank's scope."""

    def run(action, **options):
        with in_tenant(bank.id):
            return action(**{"actor": awa.actor, "at": NINE} | options)

    return run


def test_a_follow_up_says_who_and_what(bank, awa, visit_over, answer, told, as_awa):
    given = answer(visit_over(), 1)

    as_awa(follow_up, feedback_id=given.id, state="in_progress", note=" J'appelle Demba. ")

    with in_tenant(bank.id):
        row = Feedback.objects.get(id=given.id)
    assert (row.state, row.note, row.handled_by, row.updated_at) == (
        "in_progress", "J'appelle Demba.", awa.user.id, NINE,
    )  # fmt: skip
    entry = told(given.id)[-1]
    assert (entry.fact, entry.kind, entry.actor_id) == ("feedback.updated", "update", awa.user.id)
    assert entry.data == {"state": "in_progress"}
    assert (entry.before, entry.after) == ({"state": "new", "note": ""}, {"state": "in_progress", "note": "…"})


def test_what_is_the_same_is_not_written(visit_over, answer, told, as_awa):
    given = answer(visit_over())

    as_awa(follow_up, feedback_id=given.id, state="new", note="")

    assert [entry.fact for entry in told(given.id)] == ["feedback.received"]


def test_a_note_that_was_not_seen_is_not_overwritten(bank, visit_over, answer, as_awa):
    given = answer(visit_over())

    def write(note):
        return as_awa(follow_up, feedback_id=given.id, note=note, seen_at=given.updated_at)

    results = at_the_same_time(*[lambda n=n: write(f"Note {n}") for n in range(12)])

    assert sorted(type(result).__name__ for result in results) == ["ChangedMeanwhile"] * 11 + ["Feedback"]
    (kept,) = (result.note for result in results if not isinstance(result, ChangedMeanwhile))
    with in_tenant(bank.id):
        assert Feedback.objects.get(id=given.id).note == kept


def test_an_answer_that_is_not_there_is_named(as_awa):
    with pytest.raises(FeedbackNotFound):
        as_awa(follow_up, feedback_id=uuid4(), state="done")


def test_several_are_done_at_once_and_each_has_its_fact(bank, visit_over, answer, told, as_awa):
    first, second, third = (answer(visit_over()) for _n in range(3))
    as_awa(follow_up, feedback_id=second.id, state="done")

    assert as_awa(mark_done, feedback_ids=[first.id, second.id, uuid4()]) == 1

    with in_tenant(bank.id):
        states = dict(Feedback.objects.values_list("id", "state"))
    assert states == {first.id: "done", second.id: "done", third.id: "new"}
    assert [len(told(row.id)) for row in (first, second, third)] == [2, 2, 1]


def test_two_who_tick_the_same_rows_do_each_once(visit_over, answer, told, as_awa):
    rows = [answer(visit_over()) for _n in range(6)]
    ids = [row.id for row in rows]

    counts = at_the_same_time(
        lambda: as_awa(mark_done, feedback_ids=ids), lambda: as_awa(mark_done, feedback_ids=reversed(ids))
    )

    assert sum(counts) == 6
    assert [len(told(row.id)) for row in rows] == [2] * 6
