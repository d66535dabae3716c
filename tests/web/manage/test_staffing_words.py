"""The sentences of staffing advice, and the figures beside them."""

from datetime import date, time
from uuid import uuid4

import pytest
from django.utils.translation import override

from smartqueue.reporting.queries.staffing import Change, HalfHour, StaffingAdvice, Verdict, WeekdayAdvice
from smartqueue.web.manage.staffing_words import FIGURES, table_of, told_advice

QUEUE = uuid4()


@pytest.fixture(autouse=True)
def in_english():
    with override("en"):
        yield


def weekday(verdict, **more):
    values = {
        "weekday": 1, "queue_ids": (QUEUE,), "verdict": verdict, "change": None, "days": 4, "arrivals": 160,
        "called": 150, "counters": 2.04, "wait_mean_s": 700.0, "wait_p90_s": 1900.0, "replayed_mean_s": 690.0,
        "target_s": 900, "wanted": 0.9, "in_target": 0.71, "expected_in_target": None,
        "half_hours": (HalfHour(time(8), 5.25, 1.5, None),),
    }  # fmt: skip
    return WeekdayAdvice(**values | more)


def told(*weekdays, factor=0.8):
    advice = StaffingAdvice(uuid4(), date(2026, 2, 2), date(2026, 3, 1), 160, factor, weekdays)
    return told_advice(advice, {QUEUE: "Guichets"})


@pytest.mark.parametrize(
    ("one", "word", "sentence"),
    [
        (
            weekday(Verdict.CHANGE, change=Change(1, time(8), time(10)), expected_in_target=0.92),
            "advice",
            "Monday: One more counter at 08:00–10:00 would have met the target: 92 % instead of 71 % within 15 min.",
        ),
        (
            weekday(Verdict.CHANGE, change=Change(2, time(20), time(0)), expected_in_target=0.92),
            "advice",
            "Monday: 2 more counters at 20:00–24:00 would have met the target: 92 % instead of 71 % within 15 min.",
        ),
        (
            weekday(Verdict.BEYOND, change=Change(4, time(8), time(16)), expected_in_target=0.8),
            "not by counters alone",
            "Monday: 4 more counters at 08:00–16:00 would have brought 80 % instead of 71 % within 15 min, less than "
            "the 90 % you want.",
        ),
        (
            weekday(Verdict.ENOUGH, in_target=0.954),
            "enough",
            "Monday: enough counters. 95.4 % were called within 15 min.",
        ),
        (
            weekday(Verdict.TOO_LITTLE, days=1, called=7, in_target=None),
            "too little data",
            "Monday: too little data yet (1 of 2 days, 7 of 30 people).",
        ),
    ],
)
def test_each_verdict_has_its_sentence(one, word, sentence):
    (day,) = told(one).days

    assert (day.word, day.sentence, day.queues) == (word, sentence, "Guichets")


def test_the_sentence_rests_on_these_figures():
    change = Change(1, time(8), time(10))
    site = told(weekday(Verdict.CHANGE, change=change, expected_in_target=0.92), weekday(Verdict.ENOUGH))

    first, second = site.days
    assert first.figures == ["4", "160", "2", "12 min", "32 min", "12 min", "71 %", "92 %"]
    assert second.figures[-1] == "–"
    assert first.half_hours == [("08:00", "5.2", "1.5", "–")]
    assert [line.values[-1] for line in table_of("Plateau", site).lines] == [0.92, None]
    assert len(FIGURES) == len(first.values)


def test_what_should_change_comes_first_and_nothing_learnt_is_no_number():
    little = weekday(Verdict.TOO_LITTLE, weekday=1)
    site = told(little, weekday(Verdict.ENOUGH, weekday=2), weekday(Verdict.CHANGE, weekday=3), factor=None)

    assert [one.verdict for one in site.days] == ["change", "enough", "too_little"]
    assert site.factor == ""
