"""Whatever a log says, the estimator stays sound."""

import json
from datetime import datetime, timedelta
from math import inf, isfinite, nan

from hypothesis import given, settings
from hypothesis import strategies as st

from smartqueue.forecast.estimator import Asked, Curve, Estimator, Event, Line, Plan, Setup
from smartqueue.forecast.estimator.walk import Walk, lasting

EIGHT = datetime(2026, 3, 2, 8)  # noqa: DTZ001  the estimator's instants have no zone
QUEUES = ("a", "b")

instants = st.one_of(
    st.integers(-600, 40_000).map(lambda seconds: EIGHT + timedelta(seconds=seconds)),
    st.integers(-40, 40).map(lambda days: EIGHT + timedelta(days=days)),
    st.datetimes(),
)
numbers = st.one_of(st.integers(-2, 9), st.floats(allow_nan=True, allow_infinity=True), st.none())
lengths = st.one_of(st.floats(0, 1e5), st.sampled_from([0.0, -1.0, -500.0, 1e12, inf, nan]))
events = st.builds(
    Event,
    at=instants,
    queue=st.sampled_from([*QUEUES, "nobody's"]),
    kind=st.sampled_from(["counters", "issued", "issued", "called", "called", "returned", "left", "danced", ""]),
    ticket=st.integers(0, 12).map(str),
    value=numbers,
)
lines = st.builds(
    Line,
    waited_s=st.lists(lengths, max_size=6),
    passes=st.lists(lengths, max_size=6),
    booked_s=st.lists(lengths, max_size=6),
)
plans = st.builds(
    Plan,
    counters=st.one_of(st.floats(0, 50), st.sampled_from([-1.0, 0.0, 1e-9, inf, nan])),
    changes=st.lists(st.tuples(st.floats(0, 1e5), st.floats(0, 9)), max_size=4).map(sorted),
)
waits = st.one_of(st.floats(0, 1e6), st.sampled_from([-5.0, inf, nan, 1e300]))
steps = st.lists(st.tuples(events, lines, plans, st.integers(1, 60), waits), min_size=1, max_size=30)


def sound(asked: Asked) -> bool:
    edges = (asked.p10_s, asked.p50_s, asked.p90_s)
    known = [edge for edge in edges if edge is not None and isfinite(edge)]
    return len(known) == 3 and known == sorted(known) and known[0] >= 0


def sound_curve(curve: Curve, places: int) -> bool:
    if curve.quality == "none":
        return not curve.p10 and not curve.p50 and not curve.p90
    by_place = zip(curve.p10, curve.p50, curve.p90, strict=True)
    rising = all(values == sorted(values) for values in (curve.p10, curve.p50, curve.p90))
    return rising and len(curve.p50) == places and all(0 <= low <= mid <= high for low, mid, high in by_place)


def new() -> Estimator:
    estimator = Estimator()
    for queue, duration_s in zip(QUEUES, (300.0, nan), strict=True):
        estimator.add_queue(Setup(queue, "s", duration_s))
    return estimator


@settings(max_examples=150, deadline=None)
@given(steps=steps)
def test_answers_stay_finite_and_in_order_whatever_happens(
    steps: list[tuple[Event, Line, Plan, int, float]],
) -> None:
    estimator = new()
    for event, line, plan, place, wait_s in steps:
        estimator.note(event)
        for queue in QUEUES:
            asked = estimator.ask(queue, event.at, line, plan, place=place)
            assert sound(asked)
            assert sound_curve(estimator.outlook(queue, event.at, line, plan, places=place), place)
            estimator.learn(queue, asked, wait_s=wait_s, at=event.at)


@settings(max_examples=100, deadline=None)
@given(steps=steps)
def test_states_are_json_and_go_on_where_they_stopped(steps: list[tuple[Event, Line, Plan, int, float]]) -> None:
    estimator = new()
    for event, line, plan, place, wait_s in steps:
        estimator.note(event)
        asked = estimator.ask(QUEUES[0], event.at, line, plan, place=place)
        estimator.learn(QUEUES[0], asked, wait_s=wait_s, at=event.at)
    kept = json.loads(json.dumps(estimator.states(), allow_nan=False))
    again = Estimator(kept["tenant"])
    for queue, duration_s in zip(QUEUES, (300.0, nan), strict=True):
        again.add_queue(Setup(queue, "s", duration_s), queue=kept["queues"][queue], service=kept["services"]["s"])
    for event, line, plan, place, _ in steps[-3:]:
        assert again.note(event) == estimator.note(event) or event.value != event.value  # a Problem holds its NaN
        answers = [one.ask(QUEUES[1], event.at, line, plan, place=place) for one in (again, estimator)]
        assert answers[0] == answers[1]


@settings(max_examples=200, deadline=None)
@given(
    paces=st.lists(st.floats(0.01, 5), min_size=1, max_size=4),
    changes=st.lists(st.tuples(st.floats(0, 300), st.floats(0, 3)), max_size=4).map(sorted),
    calls=st.integers(1, 200),
    passes=st.sampled_from([0.0, 0.05, 2.0]),
)
def test_a_walk_ends_when_so_many_have_been_called(
    paces: list[float], changes: list[tuple[float, float]], calls: int, passes: float
) -> None:
    walk = Walk(lambda minutes: paces[int(minutes // 30) % len(paces)], first=17, changes=lasting(changes))

    alone, against = walk.until(calls), walk.until(calls, passes)

    assert abs(walk.called_by(alone) - calls) < 1e-3 * calls or alone >= 7 * 24 * 60
    assert alone <= against + 1e-6
