"""Generated days: plausible, and without contradiction."""

from collections import Counter, defaultdict
from datetime import date, timedelta
from itertools import pairwise
from random import Random

import pytest

from smartqueue.cli.benching.days import Day, Hours, Line, Stay, agents_for, busyness, hours_of, services, site_day

MONDAY = date(2026, 3, 2)
BANK = hours_of("bank", MONDAY) or Hours(0, ())
EXPECTED = (130.0, 90.0, 40.0, 15.0)


@pytest.fixture(scope="module")
def days() -> list[Day]:
    chosen = services()["bank"][: len(EXPECTED)]
    lines = [Line(service, agents_for(n, service, BANK), n) for service, n in zip(chosen, EXPECTED, strict=True)]
    rng = Random(1)
    return [site_day(lines, BANK, 1.2, rng) for _ in range(40)]


@pytest.fixture(scope="module")
def stays(days: list[Day]) -> list[Stay]:
    return [stay for day in days for stay in day.stays]


def test_as_many_people_come_as_are_expected(stays: list[Stay]) -> None:
    came = Counter(stay.origin for stay in stays)

    assert [came[place] / 40 for place in range(4)] == [pytest.approx(1.2 * n, rel=0.08) for n in EXPECTED]


def test_people_come_at_the_hours_of_the_table(stays: list[Stay]) -> None:
    by_hour = Counter(int(stay.came // 3600) for stay in stays)

    assert sorted(by_hour) == list(range(8, 16))
    assert [by_hour[8 + n] / len(stays) for n in range(8)] == [pytest.approx(share, abs=0.02) for share in BANK.shares]


def test_each_number_of_a_queue_and_day_is_given_once_in_the_order_of_arrival(days: list[Day]) -> None:
    for day in days:
        lines = defaultdict(list)
        for stay in day.stays:
            lines[stay.origin].append((stay.sequence, stay.came))
        for given in lines.values():
            assert [number for number, _came in sorted(given)] == list(range(1, len(given) + 1))
            assert all(first[1] <= second[1] for first, second in pairwise(sorted(given)))


def test_nobody_serves_two_at_once(days: list[Day]) -> None:
    for day in days:
        held = defaultdict(list)
        for stay in day.stays:
            if stay.called is not None:
                held[stay.line, stay.agent].append((stay.called, stay.ended))
        for busy in held.values():
            assert all(first[1] <= second[0] for first, second in pairwise(sorted(busy)))


def test_agents_serve_only_while_they_are_there_and_not_during_their_break(days: list[Day]) -> None:
    for day in days:
        there = {(one.line, one.agent): one for one in day.presences}
        for stay in day.stays:
            if stay.called is not None and stay.agent is not None:
                agent = there[stay.line, stay.agent]
                assert agent.came <= stay.called
                assert stay.status == "no_show" or stay.ended <= agent.left
                assert not agent.break_from < stay.called < agent.break_to


def test_instants_are_in_order_and_fit_the_state(stays: list[Stay]) -> None:
    for stay in stays:
        known = [at for at in (stay.came, stay.called, stay.started, stay.ended) if at is not None]
        assert known == sorted(known)
        assert (stay.started is not None) == (stay.status == "closed") == bool(stay.outcome)
        assert (stay.called is None) == (stay.status in {"cancelled", "expired"})


def test_every_end_channel_and_priority_occurs_and_some_are_sent_to_another_queue(stays: list[Stay]) -> None:
    assert {stay.status for stay in stays} >= {"closed", "no_show", "cancelled"}
    assert {stay.priority for stay in stays} == {0, 5, 10}
    assert len({stay.channel for stay in stays}) == 7
    assert 0.005 < sum(stay.line != stay.origin for stay in stays) / len(stays) < 0.05


def test_waits_follow_the_load_of_the_hour(stays: list[Stay]) -> None:
    """Eleven o'clock has had three busy hours before it; the doors have only just opened at eight."""
    waits = defaultdict(list)
    for stay in stays:
        if stay.called is not None and stay.line == stay.origin:
            waits[int(stay.came // 3600)].append(stay.called - stay.came)

    assert sum(waits[11]) / len(waits[11]) > 1.5 * sum(waits[8]) / len(waits[8])


def test_the_house_is_closed_on_sundays_and_busy_on_mondays_and_at_the_months_end() -> None:
    sunday, salaries = MONDAY - timedelta(days=1), date(2026, 3, 31)

    assert hours_of("bank", sunday) is None
    assert hours_of("town_hall", sunday - timedelta(days=1)) is None
    assert (busyness("bank", date(2026, 3, 10)), busyness("bank", date(2026, 3, 9))) == (1.0, 1.25)
    assert (busyness("bank", salaries), busyness("town_hall", salaries)) == (1.5, 1.0)


def test_the_same_seed_makes_the_same_day() -> None:
    lines = [Line(services()["bank"][0], 2, 100.0)]

    assert site_day(lines, BANK, 1, Random(5)) == site_day(lines, BANK, 1, Random(5))
    assert site_day(lines, BANK, 1, Random(5)) != site_day(lines, BANK, 1, Random(6))
