"""Staffing advice: the smallest change of a weekday's counters that would have met the wait target.

The last weeks of a site are played again, line by line, with the people who came, what each of them really took, and
the counters that were really open. First the site's availability factor is learnt (`replayed`), then one more counter
is tried, for an hour, for two, and so on. What is promised is the share that was really in target plus what the change
wins in the replay, so that an error of the replay cancels out.

A line is a set of queues that the same agents call from: who calls a tenth of his tickets elsewhere ties the two. Who
called nobody in all these weeks is no counter, however long he was signed in.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import StrEnum
from statistics import mean
from uuid import UUID

from smartqueue.reporting.queries.replayed import PlayedDay, Seat, Tally, learnt_factor, replay
from smartqueue.reporting.queries.stays import AgentDay, Visit, site_days

WANTED = 0.9
"""The share of people who should be called within their queue's wait target, unless the caller says otherwise."""

LEAST_DAYS, LEAST_CALLED = 2, 30
HALF_HOUR_S = 1800
TIES = 0.1
MOST_MORE = 4
EARLY_S = 1800
"""A counter is taken for open at most this long before the agent's first call of the day and after the last visit."""


class Verdict(StrEnum):
    """What the replay says of a weekday."""

    ENOUGH = "enough"
    CHANGE = "change"
    BEYOND = "beyond"
    TOO_LITTLE = "too_little"


@dataclass(frozen=True, slots=True)
class Change:
    """So many counters more, from `starts` to `ends`, local time (24:00 is 00:00)."""

    counters: int
    starts: time
    ends: time


@dataclass(frozen=True, slots=True)
class HalfHour:
    """What half an hour was like, on the average of the days. `wait_p90_s` is None when nobody was called."""

    starts: time
    arrivals: float
    counters: float
    wait_p90_s: float | None


@dataclass(frozen=True, slots=True)
class WeekdayAdvice:
    """One line on one weekday.

    Attributes:
        weekday: Monday is 1.
        queue_ids: the queues that the same agents serve.
        change: the smallest that meets `wanted`; with BEYOND the largest that was tried; else None.
        days: dates with visits. `arrivals` and `called` are their sums.
        counters: open on the average between the first arrival and the last.
        wait_p90_s, wait_mean_s: really waited; `replayed_mean_s` the replay of the same days with the factor.
        target_s: the wait target that most of the people have.
        in_target: share of the called who were called within their target.
        expected_in_target: the same with the change; None without one.
    """

    weekday: int
    queue_ids: tuple[UUID, ...]
    verdict: Verdict
    change: Change | None
    days: int
    arrivals: int
    called: int
    counters: float
    wait_mean_s: float | None
    wait_p90_s: float | None
    replayed_mean_s: float | None
    target_s: int
    wanted: float
    in_target: float | None
    expected_in_target: float | None
    half_hours: tuple[HalfHour, ...]


@dataclass(frozen=True, slots=True)
class StaffingAdvice:
    """A site's advice, and what it rests on.

    Attributes:
        factor: learnt: the share of a present agent's time that serves; None without enough data.
        weekdays: sorted by weekday, then by the line's number of visits.
    """

    site_id: UUID
    first: date
    last: date
    tickets: int
    factor: float | None
    weekdays: tuple[WeekdayAdvice, ...]


@dataclass
class Line:
    """The queues that the same agents serve, with their days."""

    queue_ids: frozenset[UUID]
    visits: dict[date, list[Visit]]
    agents: dict[date, list[AgentDay]]


def staffing_advice(
    *, tenant_id: UUID, site_id: UUID, until: date, weeks: int = 4, wanted: float = WANTED
) -> StaffingAdvice:
    """What a site's last weeks say about its counters. Call it inside the tenant's scope.

    The same data give the same advice. Four weeks with 330 visits a day take half a second.

    Args:
        until: the last local day that is looked at, best a day that is over.
        weeks: how many weeks up to then.
        wanted: share of people to be called within their target, 0 to 1.
    """
    first = until - timedelta(days=7 * weeks - 1)
    visits, agents = site_days(tenant_id=tenant_id, site_id=site_id, first=first, last=until)
    lines = lines_of(visits, agents)
    played = {id(line): {day: played_day(line, day) for day in line.visits} for line in lines}
    waits = [visit.wait_s for visit in visits if visit.counts]
    factor = None
    if len(waits) >= LEAST_CALLED:
        factor = learnt_factor([list(played[id(line)].values()) for line in lines], mean(waits))
    weekdays = sorted({day.isoweekday() for day in (visit.day for visit in visits)})
    advice = [_weekday(line, played[id(line)], number, factor, wanted) for number in weekdays for line in lines]
    found = tuple(one for one in advice if one is not None)
    return StaffingAdvice(site_id, first, until, len(visits), factor, found)


def lines_of(visits: Sequence[Visit], agents: Sequence[AgentDay]) -> list[Line]:
    """Cut a site into lines, the one with the most visits first."""
    calls: defaultdict[UUID, Counter[UUID]] = defaultdict(Counter)
    for visit in visits:
        if visit.agent_id is not None and visit.called is not None:
            calls[visit.agent_id][visit.queue_id] += 1
    groups = {queue_id: {queue_id} for queue_id in {visit.queue_id for visit in visits}}
    for by_queue in calls.values():
        total = by_queue.total()
        tied = [queue_id for queue_id, n in sorted(by_queue.items()) if n >= TIES * total]
        joined = set().union(*(groups[queue_id] for queue_id in tied))
        for queue_id in joined:
            groups[queue_id] = joined
    lines = {
        frozenset(group): Line(frozenset(group), defaultdict(list), defaultdict(list)) for group in groups.values()
    }
    for visit in visits:
        lines[frozenset(groups[visit.queue_id])].visits[visit.day].append(visit)
    for agent in agents:
        if agent.agent_id in calls:
            mostly = calls[agent.agent_id].most_common(1)[0][0]
            lines[frozenset(groups[mostly])].agents[agent.day].append(agent)
    return sorted(lines.values(), key=lambda line: (-sum(map(len, line.visits.values())), min(line.queue_ids)))


def played_day(line: Line, day: date) -> PlayedDay:
    """A line's day as `replay` takes it.

    Whoever called without being signed in was there from the first call to the last visit; whoever forgot to sign out
    was not there longer than that and half an hour around it.
    """
    visits = line.visits[day]
    served: defaultdict[UUID, list[tuple[float, float]]] = defaultdict(list)
    for visit in visits:
        if visit.agent_id is not None and visit.called is not None:
            served[visit.agent_id].append((visit.called, visit.called + visit.work_s))
    signed_in = {agent.agent_id: agent.stays for agent in line.agents[day]}
    seats: list[Seat] = []
    for agent_id in sorted(served):
        first, last = min(served[agent_id])[0], max(end for _called, end in served[agent_id])
        stays = signed_in.get(agent_id) or ((first, last),)
        cut = ((max(start, first - EARLY_S), min(end, last + EARLY_S)) for start, end in stays)
        seats.append(tuple((start, end) for start, end in cut if start < end) or ((first, last),))
    return PlayedDay(sorted(visit.person for visit in visits), seats)


def _weekday(
    line: Line, played: dict[date, PlayedDay], weekday: int, factor: float | None, wanted: float
) -> WeekdayAdvice | None:
    dates = sorted(day for day in played if day.isoweekday() == weekday)
    if not dates:
        return None
    visits = [visit for day in dates for visit in line.visits[day]]
    days = [played[day] for day in dates]
    waits = sorted(visit.wait_s for visit in visits if visit.counts)
    in_target = sum(visit.wait_s <= visit.target_s for visit in visits if visit.counts) / len(waits) if waits else None
    before, verdict, change, expected = None, Verdict.TOO_LITTLE, None, None
    if factor is not None and in_target is not None and len(dates) >= LEAST_DAYS and len(waits) >= LEAST_CALLED:
        before = replay(days, factor)
        verdict = Verdict.ENOUGH
        if in_target < wanted:
            change, expected = smallest_change(days, factor, before, in_target, wanted)
            verdict = Verdict.CHANGE if expected >= wanted else Verdict.BEYOND
    return WeekdayAdvice(
        weekday=weekday,
        queue_ids=tuple(sorted(line.queue_ids)),
        verdict=verdict,
        change=change,
        days=len(dates),
        arrivals=len(visits),
        called=len(waits),
        counters=_mean_open(days),
        wait_mean_s=mean(waits) if waits else None,
        wait_p90_s=_p90(waits),
        replayed_mean_s=before.mean_s if before else None,
        target_s=Counter(visit.target_s for visit in visits).most_common(1)[0][0],
        wanted=wanted,
        in_target=in_target,
        expected_in_target=expected,
        half_hours=tuple(_half_hours(visits, days)),
    )


def smallest_change(
    days: Sequence[PlayedDay], factor: float, before: Tally, in_target: float, wanted: float
) -> tuple[Change, float]:
    """The first change that lifts the share in target to `wanted`, the smallest before the larger.

    One more counter for an hour, for two …, for the whole day; then two more counters, and so on. Of changes of the
    same length the best start is taken. Counters open and close at full hours.

    Returns:
        The change and the share expected with it; the largest change that was tried when none is enough.
    """
    first = int(min(day.people[0].at for day in days) // 3600)
    last = int(max(day.people[-1].at for day in days) // 3600) + 1
    best: tuple[Change, float] | None = None
    for counters in range(1, MOST_MORE + 1):
        whole = replay(days, factor, more=[_open(first, last)] * counters)
        if _expected(in_target, before, whole) < wanted:
            best = _change(counters, first, last), _expected(in_target, before, whole)
            continue
        for hours in range(1, last - first):
            tried = [
                (
                    _expected(in_target, before, replay(days, factor, more=[_open(start, start + hours)] * counters)),
                    -start,
                )
                for start in range(first, last - hours + 1)
            ]
            share, start = max(tried)
            if share >= wanted:
                return _change(counters, -start, hours - start), share
        return _change(counters, first, last), _expected(in_target, before, whole)
    assert best is not None  # four were tried and none was enough
    return best


def _expected(in_target: float, before: Tally, after: Tally) -> float:
    return max(0.0, min(1.0, in_target + after.share - before.share))


def _open(start: int, end: int) -> Seat:
    return ((start * 3600.0, end * 3600.0),)


def _change(counters: int, start: int, end: int) -> Change:
    return Change(counters, time(start), time(end % 24))


def _half_hours(visits: Sequence[Visit], days: Sequence[PlayedDay]) -> Iterator[HalfHour]:
    came: defaultdict[int, list[Visit]] = defaultdict(list)
    for visit in visits:
        came[int(visit.came // HALF_HOUR_S)].append(visit)
    for slot in range(max(0, min(came)), min(47, max(came)) + 1):
        there = [_open_seconds(day, slot * HALF_HOUR_S, (slot + 1) * HALF_HOUR_S) / HALF_HOUR_S for day in days]
        waits = sorted(visit.wait_s for visit in came[slot] if visit.counts)
        yield HalfHour(time(slot // 2, 30 * (slot % 2)), len(came[slot]) / len(days), mean(there), _p90(waits))


def _mean_open(days: Sequence[PlayedDay]) -> float:
    """Counters open between the first arrival and the last."""
    shares = []
    for day in days:
        start, end = day.people[0].at, max(day.people[-1].at, day.people[0].at + 1)
        shares.append(_open_seconds(day, start, end) / (end - start))
    return mean(shares)


def _open_seconds(day: PlayedDay, start: float, end: float) -> float:
    return sum(max(0.0, min(end, to) - max(start, since)) for stays in day.seats for since, to in stays)


def _p90(ordered: Sequence[float]) -> float | None:
    """The wait that nine of ten did not exceed."""
    return ordered[min(len(ordered) - 1, int(0.9 * len(ordered)))] if ordered else None
