"""`bench waits`: two recorded days go through the house as they were, and the figures are those of its rows."""

import gzip
from datetime import datetime, timedelta
from pathlib import Path
from statistics import fmean
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from smartqueue.cli.benching.day_waits import (
    ZONE,
    Figures,
    Office,
    Replay,
    figures_of,
    made,
    recorded,
    set_stage,
    table_of,
)
from smartqueue.cli.processes import PlainError
from smartqueue.cli.replaying.recording import Kind

ROWS: list[tuple[str, str, int]] = [
    *(("08:00", "counters", 1), ("08:20", "counters", 2), ("09:30", "counters", 1), ("09:50", "counters", 0)),
    *((f"08:{minute:02d}", "issued", number) for number, minute in enumerate(range(0, 48, 2), start=1)),
    *((f"08:{4 * number:02d}", "called", number) for number in range(1, 6)),
    ("08:21", "called", 7),
    *((f"08:{17 + 3 * number:02d}", "called", number) for number in (6, *range(8, 15))),
    *((f"09:{3 * number - 44:02d}", "called", number) for number in range(15, 24)),
    *(("09:52", "issued", 25), ("09:55", "called", 25), ("09:58", "issued", 26), ("09:58", "called", 26)),
    *(("09:59", "issued", 27), ("09:59", "called", 27)),
]
"""Number 7 goes before 6, 24 is never called; the last three find no counter open, and two of them do not wait."""

DAYS = ("2020-01-08", "2020-01-09")


def write(folder: Path, rows: list[tuple[str, str, int]], *, days: tuple[str, ...] = DAYS, queue: str = "q1") -> Path:
    events = folder / "town_events.csv.gz"
    order = {"counters": 0, "issued": 1, "called": 2}
    with gzip.open(events, "wt") as file:
        file.write("at,queue,event,ticket,value\n")
        for day in days:
            for at, kind, value in sorted(rows, key=lambda row: (row[0], order[row[1]])):
                cells = f",{value}" if kind == "counters" else f"{value},"
                file.write(f"{day}T{at}:00,{queue},{kind},{cells}\n")
    return events


def instant(day: str, at: str) -> datetime:
    return datetime.fromisoformat(f"{day}T{at}:00").replace(tzinfo=ZoneInfo(ZONE))


@pytest.fixture
def played(bank: Any, tmp_path: Path) -> tuple[Office, Replay]:
    office = recorded(write(tmp_path, ROWS), None, None)
    days = sorted(office.lines)
    windows = set_stage(bank.id, office, at=office.instants(days[0])[0].at - timedelta(hours=1))
    replay = Replay(bank.id, windows)
    for day in days:
        replay.play_day(office.instants(day))
    return office, replay


def test_the_house_does_what_the_record_says_and_is_scored_by_its_rows(bank, played):
    from smartqueue.forecast.models import Estimate
    from smartqueue.journal.models import Entry
    from smartqueue.queueing.models import AgentSession
    from smartqueue.tenants.scope import in_tenant

    office, replay = played
    with in_tenant(bank.id):
        estimates = list(Estimate.objects.order_by("asked_at", "id"))
        sessions = list(AgentSession.objects.values_list("opened_at", "closed_at"))
        news = Entry.objects.filter(tenant_id=bank.id, fact="ticket.eta_updated").count()

    issued = {(day, value): instant(day, at) for day in DAYS for at, kind, value in ROWS if kind == "issued"}
    called = {(day, value): instant(day, at) for day in DAYS for at, kind, value in ROWS if kind == "called"}
    waits = sorted((issued[key], round((at - issued[key]).total_seconds())) for key, at in called.items())
    assert sorted(one.asked_at for one in estimates) == sorted(issued.values())
    assert len({one.ticket_id for one in estimates}) == len(estimates) == 2 * 27
    assert sorted((one.asked_at, one.wait_s) for one in estimates if one.ending == "called") == waits
    assert [(one.ending, one.wait_s) for one in estimates if one.asked_at not in dict(waits)] == [("left", None)] * 2
    assert {one.ticket_id: one.ended_at for one in estimates if one.ending == "called"} == replay.called

    served = [(came, left) for came, left in sessions if came < left]
    for day in DAYS:
        for at, kind, counters in ROWS:
            if kind == "counters":
                then = instant(day, at)
                assert (at, sum(came <= then < left for came, left in served)) == (at, counters)
    assert len(served) == 4
    assert len(replay.unmanned) == 2 * 3

    figures = figures_of(replay, sorted(office.lines))
    assert figures == by_hand(replay, estimates, news)
    assert figures.scored > 40
    assert figures.looks > 10
    assert 0 < figures.news <= figures.published
    last = figures_of(replay, sorted(office.lines)[1:])
    assert (last.tickets, last.at_once, last.unmanned) == (27, 2, 3)
    assert table_of({"08 Jan": figures, "scored": last}, office, sorted(office.lines)[1], 1.0).row_count == 2


def by_hand(replay: Replay, estimates: list[Any], news: int) -> Figures:
    scored = [one for one in estimates if one.wait_s and one.p50_s is not None]
    looks = [look for look in replay.looks if look.ticket_id in replay.called]
    return Figures(
        tickets=len(estimates),
        silent=len([one for one in estimates if one.p90_s is None]),
        at_once=4,
        scored=len(scored),
        under_90=pytest.approx(len([1 for one in scored if one.wait_s <= one.p90_s]) / len(scored)),
        under_10=pytest.approx(len([1 for one in scored if one.wait_s < one.p10_s]) / len(scored)),
        mean_wait=pytest.approx(fmean(one.wait_s for one in scored) / 60),
        mae=pytest.approx(fmean(abs(one.p50_s - one.wait_s) for one in scored) / 60),
        width=pytest.approx(fmean(one.p90_s - one.p50_s for one in scored) / 60),
        naive_mae=pytest.approx(fmean(abs(one.naive_s - one.wait_s) for one in scored) / 60),
        published=len(replay.published),
        news=news,
        looks=len(looks),
        looks_under_90=pytest.approx(
            len([1 for look in looks if look.at + timedelta(seconds=look.high_s) >= replay.called[look.ticket_id]])
            / len(looks)
        ),
        unmanned=6,
    )


def test_without_a_name_the_busiest_office_is_played(tmp_path: Path):
    events = tmp_path / "town_events.csv"
    issues = "".join(f"2020-01-08T08:0{n}:00,{queue},issued,{n},\n" for queue, n in (("a", 1), ("b", 1), ("b", 2)))
    events.write_text(f"at,queue,event,ticket,value\n{issues}2020-01-08T08:05:00,c,issued,1,\n")
    (tmp_path / "town_queues.csv").write_text("queue,office,service\na,North,x\nb,South,y\nc,South,z\n")

    assert recorded(events, None, None).name == "South"
    assert recorded(events, None, None).seats == {"b": 0, "c": 0}
    assert recorded(events, None, 1).seats == {"b": 0}
    assert recorded(events, "North", None).seats == {"a": 0}
    with pytest.raises(PlainError, match="South"):
        recorded(events, "East", None)


def test_generated_days_have_their_counters_and_calls():
    office = made(1, 1)

    assert len(office.lines) == 5
    assert made(1, 1).lines == office.lines != made(2, 1).lines
    for (line,) in office.lines.values():
        counters = [step.value for step in line.steps if step.kind == Kind.COUNTERS]
        assert max(counters) > 0 == counters[-1] == min(counters)
        assert 0 < len(line.called) <= len(line.issued)
        assert not line.taken_before
        assert not line.issued_late
