"""The replay alone: calling order, breaks, people who leave, and the factor of agents who are away a known time."""

import heapq
import math
from random import Random

import pytest

from smartqueue.reporting.queries.replayed import Person, PlayedDay, learnt_factor, replay
from smartqueue.reporting.queries.stays import without

NINE_S, TEN_S, NOON_S = 9 * 3600.0, 10 * 3600.0, 12 * 3600.0
ALL_DAY = ((0.0, 86_400.0),)


def person(at: float, work_s: float = 300, **said: object) -> Person:
    values = {"turn": (100.0, at), "leaves": math.inf, "target_s": 900, "counts": True} | said
    return Person(at=at, work_s=work_s, **values)  # type: ignore[arg-type]


def test_each_person_waits_for_those_before() -> None:
    tally = replay([PlayedDay([person(NINE_S), person(NINE_S + 100), person(NINE_S + 900)], [ALL_DAY])], 1.0)

    assert (tally.n, tally.sum_s) == (3, 200.0)


def test_the_calling_order_is_the_persons_not_the_arrival() -> None:
    """At 09:05 the urgent one is taken after 280 seconds, within his 300; the other waits 290 + 300."""
    plain = person(NINE_S + 10)
    urgent = person(NINE_S + 20, turn=(90.0, NINE_S + 20), target_s=300)

    tally = replay([PlayedDay([person(NINE_S), plain, urgent], [ALL_DAY])], 1.0)

    assert (tally.sum_s, tally.in_target) == (290.0 + 300.0 + 280.0, 3)


def test_nobody_is_called_during_a_break() -> None:
    seat = ((NINE_S, TEN_S), (NOON_S, NOON_S + 3600))

    tally = replay([PlayedDay([person(TEN_S + 60)], [seat])], 1.0)

    assert tally.sum_s == NOON_S - TEN_S - 60


def test_who_leaves_before_the_turn_takes_no_time() -> None:
    leaving = person(NINE_S + 1, leaves=NINE_S + 100)

    tally = replay([PlayedDay([person(NINE_S), leaving, person(NINE_S + 2)], [ALL_DAY])], 1.0)

    assert (tally.n, tally.sum_s) == (2, 298.0)


def test_a_turn_that_never_comes_is_a_target_missed() -> None:
    tally = replay([PlayedDay([person(NINE_S), person(NINE_S + 1)], [((NINE_S, NINE_S + 60),)])], 1.0)

    assert (tally.n, tally.in_target) == (2, 1)


def test_who_was_sent_here_takes_time_and_is_not_counted() -> None:
    tally = replay([PlayedDay([person(NINE_S, counts=False), person(NINE_S + 1)], [ALL_DAY])], 1.0)

    assert (tally.n, tally.sum_s) == (1, 299.0)


def test_more_counters_are_open_when_they_are_said_to_be() -> None:
    day = PlayedDay([person(NINE_S), person(NINE_S + 1), person(TEN_S), person(TEN_S + 1)], [ALL_DAY])

    assert replay([day], 1.0).sum_s == 299.0 * 2
    assert replay([day], 1.0, more=[((NINE_S, TEN_S),)]).sum_s == 299.0


def test_breaks_are_cut_out_of_stays() -> None:
    stays = [(0.0, 100.0), (200.0, 300.0)]

    assert list(without(stays, [(50.0, 250.0), (290.0, 400.0)])) == [(0.0, 50.0), (250.0, 290.0)]
    assert list(without(stays, [(120.0, 180.0)])) == stays
    assert list(without(stays, [(0.0, 400.0)])) == []


@pytest.mark.parametrize("away", [0.1, 0.25, 0.4])
def test_the_share_of_time_in_which_agents_are_away_is_found_again(away: float) -> None:
    """Agents go away after some of the people, so that of their busy time this share is lost."""
    rng = Random(7)
    days, waits = [], []
    for _ in range(12):
        people, waited = day_with_absences(rng, agents=3, away=away)
        days.append(PlayedDay(people, [((NINE_S, NINE_S + 10 * 3600),)] * 3))
        waits += waited

    factor = learnt_factor([days], sum(waits) / len(waits))

    assert factor == pytest.approx(1 - away, rel=0.1)
    assert replay(days, factor).mean_s == pytest.approx(sum(waits) / len(waits), rel=0.1)


def day_with_absences(rng: Random, *, agents: int, away: float) -> tuple[list[Person], list[float]]:
    """A simulation of another kind: agents really leave, after every fourth person or so, for as long as `away` says.

    It is written without a look at `replay`: the next person goes to the agent who is back first.
    """
    mean_s, until = 300.0, 8 * 3600
    people, waits, at = [], [], NINE_S
    back = [NINE_S] * agents
    while at < NINE_S + until:
        at += rng.expovariate(0.93 * agents * (1 - away) / mean_s)
        work_s = mean_s * math.exp(rng.gauss(-0.18, 0.6))
        called = max(at, back[0])
        gone_s = rng.expovariate(1 / (4 * mean_s * away / (1 - away))) if rng.random() < 0.25 else 0.0
        heapq.heapreplace(back, called + work_s + gone_s)
        people.append(person(at, work_s))
        waits.append(called - at)
    return people, waits
