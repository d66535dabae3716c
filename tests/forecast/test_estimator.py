"""The estimator on stories one can work out by hand."""

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from time import perf_counter

import pytest

from smartqueue.forecast.estimator import Asked, Estimator, Event, Line, Plan, Setup

EIGHT = datetime(2026, 3, 2, 8)  # noqa: DTZ001  the estimator's instants have no zone
ONE, NOBODY = Plan(1), Line()


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def opened(*, duration_s: float | None = 300, counters: float = 1, people: int = 500, queue: str = "q") -> Estimator:
    """A queue at eight, with people in it."""
    estimator = Estimator()
    estimator.add_queue(Setup(queue, "s", duration_s))
    take_in(estimator, queue, counters, people)
    return estimator


def take_in(estimator: Estimator, queue: str, counters: float, people: int) -> None:
    assert estimator.note(Event(EIGHT, queue, "counters", value=counters)) is None
    for ticket in range(people):
        assert estimator.note(Event(EIGHT, queue, "issued", str(ticket))) is None


def call(estimator: Estimator, count: int, *, every: float, first: int = 0, start: datetime = EIGHT) -> datetime:
    """So many calls, every so many minutes. Returns the instant of the last."""
    at = start
    for ticket in range(first, first + count):
        at += minutes(every)
        assert estimator.note(Event(at, "q", "called", str(ticket))) is None
    return at


def middle(estimator: Estimator, at: datetime, place: int, *, line: Line = NOBODY, plan: Plan = ONE) -> float:
    """P50 in minutes."""
    asked = estimator.ask("q", at, line, plan, place=place)
    assert asked.p50_s is not None
    return asked.p50_s / 60


def teach(estimator: Estimator, at: datetime, truth: float, *, times: int, place: int = 6) -> Asked:
    """The same question again and again, each time answered by the same wait in minutes. Returns the last answer."""
    asked = estimator.ask("q", at, Line(), ONE, place=place)
    for _ in range(times):
        asked = estimator.ask("q", at, Line(), ONE, place=place)
        estimator.learn("q", asked, wait_s=truth * 60, at=at)
    return asked


def test_the_first_answer_is_place_times_configured_duration_and_wide() -> None:
    estimator = opened(duration_s=300)

    asked = estimator.ask("q", EIGHT, Line(), ONE, place=4)

    assert asked.p50_s == pytest.approx(4 * 300)
    assert asked.p10_s is not None
    assert asked.p90_s is not None
    assert asked.p10_s < 4 * 300 / 2
    assert asked.p90_s > 4 * 300 * 2
    assert asked.quality == "rough"


def test_without_a_configured_duration_it_is_eight_minutes() -> None:
    assert middle(opened(duration_s=None), EIGHT, 3) == pytest.approx(24)


def test_a_steady_pace_is_learnt_whatever_was_configured() -> None:
    estimator = opened(duration_s=900)

    now = call(estimator, 80, every=4)

    assert middle(estimator, now, 5) == pytest.approx(20, rel=0.15)
    assert estimator.ask("q", now, Line(), ONE, place=5).quality == "good"


def test_time_in_which_nobody_waits_does_not_slow_the_pace() -> None:
    busy, with_pauses = opened(people=120), opened(people=0)
    busy_until = call(busy, 100, every=4)
    at = EIGHT
    for ticket in map(str, range(100)):
        at += minutes(50 if ticket.endswith("9") else 0.01)
        with_pauses.note(Event(at, "q", "issued", ticket))
        at += minutes(4)
        with_pauses.note(Event(at, "q", "called", ticket))

    assert middle(with_pauses, at, 5) == pytest.approx(middle(busy, busy_until, 5), rel=0.1)


def test_a_second_counter_halves_the_wait_at_once() -> None:
    estimator = opened()
    now = call(estimator, 100, every=4)

    alone, with_help = middle(estimator, now, 5), middle(estimator, now, 5, plan=Plan(2))

    assert with_help == pytest.approx(alone / 2, rel=0.2)


def test_a_counter_that_closes_slows_the_line_at_once() -> None:
    estimator = opened(counters=2)
    now = call(estimator, 100, every=4)

    assert middle(estimator, now, 5) > 1.6 * middle(estimator, now, 5, plan=Plan(2))


def test_no_counter_open_means_nothing_is_claimed() -> None:
    estimator = opened(counters=0)

    curve = estimator.outlook("q", EIGHT, Line([0.0] * 5), Plan(0), places=6)
    asked = estimator.ask("q", EIGHT, Line([0.0] * 5), Plan(0), place=6)

    assert (curve.p10, curve.p50, curve.p90, curve.tail, curve.quality) == ([], [], [], (0, 0, 0), "none")
    assert asked.quality == "none"
    assert asked.p50_s, "the backtest still wants a number"


def test_a_break_delays_those_who_are_called_after_it_began() -> None:
    estimator = opened()
    now = call(estimator, 100, every=5)
    pause = Plan(1, [(1800, 0), (3600, 1)])

    assert middle(estimator, now, 3, plan=pause) == pytest.approx(middle(estimator, now, 3))
    assert middle(estimator, now, 12, plan=pause) == pytest.approx(middle(estimator, now, 12) + 30, abs=1)


def test_fewer_counters_later_slow_only_what_comes_later() -> None:
    estimator = opened(counters=2)
    now = call(estimator, 100, every=5)
    lunch = Plan(2, [(1800, 1)])

    usual, later = middle(estimator, now, 12, plan=Plan(2)), middle(estimator, now, 12, plan=lunch)

    assert later == pytest.approx(30 + 2 * (usual - 30), rel=0.1)


def test_who_does_not_fit_in_before_closing_is_told_of_a_time_after_it() -> None:
    estimator = opened()
    now = call(estimator, 100, every=5)

    curve = estimator.outlook("q", now, Line(), Plan(1, [(3600, 0)]), places=40)

    assert curve.p90[2] < 3600 < curve.p90[30]
    assert curve == estimator.outlook("q", now, Line(), ONE, places=40), "closing hurries nobody"


def test_people_who_go_first_lengthen_the_wait() -> None:
    estimator = opened()
    now = call(estimator, 100, every=5)
    passes = Line([0.0] * 10, passes=[0.0] * 5 + [0.1] * 5)

    assert middle(estimator, now, 5, line=passes) == pytest.approx(middle(estimator, now, 5))
    assert middle(estimator, now, 10, line=passes) == pytest.approx(2 * middle(estimator, now, 10), rel=0.1)


def test_more_people_who_go_first_than_are_called_leave_one_call_in_ten() -> None:
    estimator = opened()
    now = call(estimator, 100, every=5)

    assert middle(estimator, now, 1, line=Line([0.0], passes=[9.0])) == pytest.approx(50, rel=0.1)


def test_booked_people_are_called_before_those_whose_turn_is_later() -> None:
    estimator = opened()
    now = call(estimator, 100, every=5)
    booked = Line(booked_s=[600, 660, 9000])

    assert middle(estimator, now, 1, line=booked) == pytest.approx(middle(estimator, now, 1))
    assert middle(estimator, now, 6, line=booked) == pytest.approx(middle(estimator, now, 8), rel=0.05)


def test_the_half_hours_of_yesterday_are_expected_today() -> None:
    """Six days, slow until noon and fast afterwards: who comes at eleven is told so."""
    estimator = opened(people=0)
    ticket = 0
    for day in range(6):
        at = EIGHT + timedelta(days=day)
        for _ in range(150):
            estimator.note(Event(at, "q", "issued", str(ticket + 1000)))
            at += minutes(10 if at.hour < 12 else 2)
            estimator.note(Event(at, "q", "issued", str(ticket + 1001)))
            estimator.note(Event(at, "q", "called", str(ticket + 1000)))
            estimator.note(Event(at, "q", "left", str(ticket + 1001)))
            ticket += 2
    eleven = EIGHT + timedelta(days=6, hours=3)

    near, far = middle(estimator, eleven, 3), middle(estimator, eleven, 40)

    assert far / near < 40 / 3 * 0.6


def test_a_new_queue_of_a_known_service_starts_with_its_pace() -> None:
    estimator = opened(duration_s=300)
    now = call(estimator, 180, every=10)
    estimator.add_queue(Setup("new", "s", 300))
    estimator.add_queue(Setup("short", "s", 30))

    new, short = (estimator.ask(queue, now, Line(), ONE, place=4).p50_s for queue in ("new", "short"))

    assert new == pytest.approx(4 * 600, rel=0.1)
    assert short == pytest.approx(4 * 60, rel=0.1), "as much slower than configured as the others"


def test_waits_that_are_always_longer_than_said_are_learnt() -> None:
    estimator = opened()
    now = call(estimator, 60, every=5)
    before = middle(estimator, now, 6)

    teach(estimator, now, before * 1.6, times=150)

    assert middle(estimator, now, 6) == pytest.approx(before * 1.6, rel=0.1)


def test_one_absurd_wait_is_believed_no_more_than_twice_what_was_said() -> None:
    estimator = opened()
    now = call(estimator, 60, every=5)
    said = middle(estimator, now, 6)

    teach(estimator, now, 7 * 24 * 60, times=1)

    assert said < middle(estimator, now, 6) < said * 1.4


def test_one_absurd_wait_among_many_hardly_moves_anything() -> None:
    estimator = opened()
    now = call(estimator, 60, every=5)
    said = middle(estimator, now, 6)
    teach(estimator, now, said, times=60)

    teach(estimator, now, 7 * 24 * 60, times=1)

    assert middle(estimator, now, 6) == pytest.approx(said, rel=0.15)


def test_the_edges_come_closer_when_waits_turn_out_as_said() -> None:
    estimator = opened()
    now = call(estimator, 60, every=5)
    first = estimator.ask("q", now, Line(), ONE, place=6)

    last = teach(estimator, now, middle(estimator, now, 6), times=400)

    def width(asked: Asked) -> float:
        assert asked.p10_s is not None
        assert asked.p90_s is not None
        return asked.p90_s - asked.p10_s

    assert width(last) < width(first) / 3


def test_nine_waits_in_ten_end_within_the_p90() -> None:
    """Exponential service at one counter, places 1 to 15, three thousand tickets; the first thousand teach."""
    within = [wait_s <= p90_s for wait_s, p90_s in list(simulated(random.Random(6), people=3000))[1000:]]

    assert 0.87 <= sum(within) / len(within) <= 0.94


def simulated(chance: random.Random, *, people: int) -> Iterator[tuple[float, float]]:
    """Each wait, with the P90 that was said of it."""
    estimator = opened(people=0, duration_s=None)
    arrives, free, line = EIGHT, EIGHT, list[tuple[datetime, int, Asked]]()
    for ticket in range(people):
        arrives += minutes(chance.expovariate(1 / 5))
        while line and free <= arrives:
            taken, number, asked = line.pop(0)
            called = max(free, taken)
            estimator.note(Event(called, "q", "called", str(number)))
            estimator.learn("q", asked, wait_s=(called - taken).total_seconds(), at=called)
            assert asked.p90_s is not None
            yield (called - taken).total_seconds(), asked.p90_s
            free = called + minutes(chance.expovariate(1 / 4.6))
        estimator.note(Event(arrives, "q", "issued", str(ticket)))
        place = len(line) + 1
        line.append((arrives, ticket, estimator.ask("q", arrives, Line([0.0] * place), ONE, place=place)))


def test_what_was_learnt_survives_as_json() -> None:
    estimator = opened()
    now = call(estimator, 60, every=5)
    teach(estimator, now, 50, times=20)
    kept = json.loads(json.dumps(estimator.states()))

    again = Estimator(kept["tenant"])
    again.add_queue(Setup("q", "s", 300), queue=kept["queues"]["q"], service=kept["services"]["s"])

    assert again.states() == estimator.states()
    line = Line([300.0, 200.0, 100.0], passes=[0.0, 0.0, 0.1], booked_s=[400])
    assert again.outlook("q", now, line, ONE, places=9) == estimator.outlook("q", now, line, ONE, places=9)
    call(again, 5, every=5, first=60, start=now)
    assert kept == json.loads(json.dumps(estimator.states())), "a state that was handed in is not written to"


@pytest.mark.parametrize("kept", [{}, {"version": 0}, {"version": 1}])
def test_a_state_of_another_version_starts_anew(kept: dict[str, int]) -> None:
    estimator = Estimator(kept)
    estimator.add_queue(Setup("q", "s", 300), queue={"calls": 3}, service={})
    take_in(estimator, "q", 1, 3)

    assert estimator.states() == opened(people=3).states()


def test_an_estimate_of_an_older_version_teaches_nothing() -> None:
    estimator = opened()
    before = json.dumps(estimator.states())
    asked = estimator.ask("q", EIGHT, Line(), ONE, place=2)

    for features in (None, {}, {"x": [1.0]}):
        estimator.learn("q", replace(asked, features=features), wait_s=60, at=EIGHT)
    estimator.learn("q", asked, wait_s=float("nan"), at=EIGHT)
    estimator.learn("nobody's", asked, wait_s=60, at=EIGHT)

    assert json.dumps(estimator.states()) == before


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (Event(EIGHT, "else", "issued", "9"), "unknown_queue"),
        (Event(EIGHT, "q", "called", "9"), "unknown_ticket"),
        (Event(EIGHT, "q", "left", "9"), "unknown_ticket"),
        (Event(EIGHT, "q", "issued", "1"), "issued_twice"),
        (Event(EIGHT, "q", "returned", "1"), "issued_twice"),
        (Event(EIGHT, "q", "danced", "1"), "unknown_kind"),
        (Event(EIGHT, "q", "counters", value=-1), "bad_counters"),
        (Event(EIGHT, "q", "counters", value=float("nan")), "bad_counters"),
        (Event(EIGHT, "q", "counters", value=float("inf")), "bad_counters"),
        (Event(EIGHT, "q", "counters"), "bad_counters"),
        (Event(EIGHT - minutes(3), "q", "called", "1"), "clock_back"),
    ],
)
def test_a_fact_that_cannot_be_is_named_and_teaches_nothing(event: Event, code: str) -> None:
    estimator = opened(people=3)
    before = estimator.outlook("q", EIGHT, Line(), ONE, places=4)

    problem = estimator.note(event)

    assert problem is not None
    assert (problem.code, problem.event) == (code, event)
    assert estimator.outlook("q", EIGHT, Line(), ONE, places=4) == before
    assert estimator.note(Event(EIGHT + minutes(1), "q", "called", "1")) is None


def test_the_second_call_of_a_ticket_is_a_problem() -> None:
    estimator = opened(people=3)
    call(estimator, 1, every=5)

    problem = estimator.note(Event(EIGHT + minutes(6), "q", "called", "0"))

    assert problem is not None
    assert problem.code == "unknown_ticket"


def test_facts_that_swapped_places_by_seconds_are_taken() -> None:
    estimator = opened(people=3)

    assert estimator.note(Event(EIGHT - timedelta(seconds=20), "q", "called", "1")) is None


def test_a_clock_that_was_far_ahead_once_is_not_believed_for_ever() -> None:
    estimator = opened(people=3)
    estimator.note(Event(EIGHT.replace(year=2999), "q", "counters", value=1))

    codes = [
        getattr(estimator.note(Event(EIGHT + minutes(n), "q", "counters", value=1)), "code", "") for n in range(12)
    ]

    assert codes == ["clock_back"] * 9 + [""] * 3


@pytest.mark.parametrize("gap", [timedelta(hours=7), timedelta(days=3)])
def test_a_gap_without_facts_counts_as_no_time_at_all(gap: timedelta) -> None:
    estimator = opened()
    now = call(estimator, 50, every=5)
    before = middle(estimator, now, 5)

    estimator.note(Event(now + gap, "q", "counters", value=1))

    assert middle(estimator, now + gap, 5) == pytest.approx(before, rel=0.1)


def test_the_curve_rises_by_place_and_goes_on_beyond_its_end() -> None:
    estimator = opened()
    now = call(estimator, 80, every=5)

    short, long = (estimator.outlook("q", now, Line(), ONE, places=places) for places in (20, 40))

    for name in ("p10", "p50", "p90"):
        values = getattr(long, name)
        assert len(values) == 40
        assert values == sorted(values)
        assert values[:20] == getattr(short, name)
    assert short.p50[-1] + 20 * short.tail[1] == pytest.approx(long.p50[-1], rel=0.1)
    assert short.p50[6] == round(estimator.ask("q", now, Line(), ONE, place=7).p50_s or 0)


def test_ten_thousand_people_cost_a_fraction_of_a_second() -> None:
    estimator = opened(people=10_000)
    now = call(estimator, 50, every=1)
    line = Line([1000.0] * 10_000, [0.001 * (place % 7) for place in range(10_000)], [60.0 * n for n in range(50)])
    plan = Plan(1, [(1800, 0.5), (3600, 2), (30_000, 0)])

    def spent() -> float:
        began = perf_counter()
        assert len(estimator.outlook("q", now, line, plan, places=10_001).p50) == 10_001
        return perf_counter() - began

    assert min(spent() for _ in range(5)) < 0.2


def test_simpler_rules_say_what_their_names_say() -> None:
    estimator = opened(duration_s=300)

    first = estimator.plain("q", place=4, counters=2)
    call(estimator, 1, every=7)
    later = estimator.plain("q", place=4, counters=0)

    assert first == pytest.approx((900, 600, 600))
    assert later.les_s == 420
    assert later.served_s == pytest.approx(later.naive_s * 4 / 3)
