"""`smartqueue forecast backtest` on logs made here: small ones with faults, and an office day from a seed."""

import csv
import gzip
import random
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from smartqueue.cli.backtesting.book import OVERTAKEN_BY, Book
from smartqueue.cli.backtesting.reading import Row
from smartqueue.cli.backtesting.run import Backtest
from smartqueue.cli.backtesting.scores import leaving_of, plain_scores, reread_coverage, scores_of
from smartqueue.cli.backtesting.watching import Watch
from smartqueue.cli.forecast import command
from smartqueue.forecast.estimator import Estimator

EVENTS = "at,queue,event,ticket,value"
TRUTH = "queue,ticket,asked_at,wait_min"
EIGHT = datetime(2026, 3, 2, 8)  # noqa: DTZ001  a log has local times without a zone
Run = Callable[..., Result]


@pytest.fixture
def backtest(tmp_path: Path) -> Run:
    """The command on files of these lines."""

    def run(events: Iterable[str], truth: Iterable[str] | None = None, *words: str, head: str = EVENTS) -> Result:
        path = tmp_path / "log_events.csv.gz"
        with gzip.open(path, "wt", encoding="utf-8") as file:
            file.write("\n".join([head, *events]) + "\n")
        arguments = ["backtest", str(path), *words]
        if truth is not None:
            (tmp_path / "truth.csv").write_text("\n".join([TRUTH, *truth]) + "\n", encoding="utf-8")
            arguments += ["--truth", str(tmp_path / "truth.csv")]
        return CliRunner().invoke(command, arguments, catch_exceptions=False)

    return run


def at(minutes: float) -> str:
    return (EIGHT + timedelta(minutes=minutes)).isoformat()


def predictions(folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((folder / "out.csv").read_text(encoding="utf-8").splitlines()))


STEADY = [
    f"{at(0)},q,counters,,1",
    *(f"{at(0)},q,issued,{number}," for number in range(40)),
    *(f"{at(5 * number + 5)},q,called,{number}," for number in range(40)),
]


def test_each_ticket_is_asked_for_when_it_is_taken_and_scored_by_the_log(backtest: Run, tmp_path: Path) -> None:
    result = backtest(STEADY, None, "--predictions", str(tmp_path / "out.csv"))

    assert result.exit_code == 0
    assert "40 tickets scored; they waited 102.5 min on average." in result.stdout
    assert result.stderr == ""
    rows = predictions(tmp_path)
    assert list(rows[0]) == ["queue", "ticket", "asked_at", "p10_min", "p50_min", "p90_min"]
    assert [row["ticket"] for row in rows] == [str(number) for number in range(40)]
    assert rows[2]["asked_at"] == at(0)
    assert float(rows[2]["p50_min"]) == pytest.approx(24)


def test_a_truth_says_when_to_ask_and_what_came_of_it(backtest: Run, tmp_path: Path) -> None:
    result = backtest(STEADY, [f"q,39,{at(150)},49", f"q,20,{at(40)},64.5"], "--predictions", str(tmp_path / "out.csv"))

    assert "2 tickets scored; they waited 56.8 min on average." in result.stdout
    rows = predictions(tmp_path)
    assert [(row["ticket"], row["asked_at"]) for row in rows] == [("20", at(40)), ("39", at(150))]
    assert float(rows[1]["p50_min"]) == pytest.approx(50, rel=0.2), "place 10 at five minutes each"


def test_nothing_is_known_before_its_row(backtest: Run, tmp_path: Path) -> None:
    """What comes after the question does not change the answer to it."""
    answers = []
    for later in ([], [f"{at(30)},q,counters,,9", f"{at(31)},q,called,39,"]):
        backtest([*STEADY[:46], *later], [f"q,39,{at(26)},7"], "--predictions", str(tmp_path / "out.csv"))
        answers.append((tmp_path / "out.csv").read_text(encoding="utf-8"))

    assert answers[0] == answers[1]
    assert answers[0].count("\n") == 2


def test_scoring_from_a_day_learns_from_those_before_and_says_what_a_cold_start_costs(backtest: Run) -> None:
    next_day = [row.replace("2026-03-02", "2026-03-03") for row in STEADY]

    result = backtest([*STEADY, *next_day], None, "--score-from", "2026-03-03")

    assert "40 tickets scored" in result.stdout
    assert "cold start, 2026-03-03 alone" in result.stdout
    assert "2026-03-02" not in result.stdout


FAULTS = [
    (f"{at(1)},q,called,99,", "unknown_ticket"),
    (f"{at(1)},q,counters,,-1", "bad_counters"),
    (f"{at(1)},q,counters,,nan", "bad_counters"),
    (f"{at(1)},q,counters,,", "bad_counters"),
    (f"{at(1)},q,danced,3,", "unknown_kind"),
    (f"{at(1)},q,issued,,", "no_ticket"),
    (f"{at(1)},,issued,3,", "no_queue"),
    ("yesterday,q,issued,77,", "bad_time"),
    (f"{at(-30)},q,issued,77,", "clock_back"),
    (f"{at(0)},q,issued,3,", "issued_twice"),
    (f"{at(1)},q,issued,3,,,,", "wrong_columns"),
    (f"{at(1)},q", "wrong_columns"),
]


@pytest.mark.parametrize(("row", "code"), FAULTS)
def test_a_row_that_cannot_be_is_reported_by_its_number_and_left_out(backtest: Run, row: str, code: str) -> None:
    sound = backtest(STEADY)

    result = backtest([*STEADY[:41], row, *STEADY[41:]])

    assert f"log_events.csv.gz, row 43: {code}: " in result.stderr
    assert f"Rows left out: {code} 1" in result.stderr
    assert figures(result) == figures(sound)


def test_a_second_call_is_reported_and_counts_once(backtest: Run) -> None:
    result = backtest([*STEADY, f"{at(300)},q,called,39,"])

    assert "row 83: unknown_ticket" in result.stderr
    assert "40 tickets scored" in result.stdout


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (f"q,3,{at(1)},soon", "bad_wait"),
        (f"q,3,{at(1)},-4", "bad_wait"),
        (f"q,3,{at(1)},inf", "bad_wait"),
        ("q,3,today,4", "bad_time"),
        (f"nobody's,3,{at(1)},4", "unknown_queue"),
    ],
)
def test_a_truth_that_cannot_be_is_reported_by_its_number(backtest: Run, row: str, code: str) -> None:
    result = backtest(STEADY, [f"q,5,{at(0)},30", row])

    assert f"truth.csv, row 3: {code}: " in result.stderr
    assert "1 tickets scored" in result.stdout


def test_a_ticket_that_is_not_in_the_line_is_told_of_its_end_and_reported(backtest: Run) -> None:
    result = backtest(STEADY, [f"q,5,{at(0)},30", f"q,500,{at(0)},200"])

    assert "truth.csv, row 3: not_waiting: q,500" in result.stderr


@pytest.mark.parametrize("rows", [[], [f"{at(0)},q,counters,,1"], ["rubbish"]])
def test_a_log_without_tickets_has_nothing_to_score(backtest: Run, rows: list[str]) -> None:
    result = backtest(rows)

    assert result.exit_code == 0
    assert "There is no ticket with a known wait to score." in result.stdout


def test_a_file_without_the_columns_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("when,who\n", encoding="utf-8")

    from smartqueue.cli.main import main

    result = CliRunner().invoke(main, ["forecast", "backtest", str(path)])

    assert result.exit_code == 1
    assert "has no column at, queue, event" in result.stderr


def test_a_broken_archive_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    whole = tmp_path / "whole.csv.gz"
    with gzip.open(whole, "wt", encoding="utf-8") as file:
        file.write("\n".join([EVENTS, *(f"{at(n)},q,issued,{random.Random(n).random()}," for n in range(4000))]))
    half = tmp_path / "half.csv.gz"
    half.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])

    result = CliRunner().invoke(command, ["backtest", str(half)], catch_exceptions=False)

    assert result.exit_code == 0
    assert "unreadable_from_here" in result.stderr


def test_tickets_of_no_counter_get_a_number_and_are_scored_apart(backtest: Run) -> None:
    result = backtest([f"{at(-1)},q,issued,a,", *STEADY[:50], f"{at(49)},q,called,a,", *STEADY[50:]])

    assert "none open (1)" in result.stdout
    assert "a counter open (40)" in result.stdout


def test_whoever_was_overtaken_again_and_again_has_left() -> None:
    book = Book()
    for number in range(OVERTAKEN_BY + 2):
        book.take(str(number), EIGHT)

    gone = [book.call(str(number)) for number in range(1, OVERTAKEN_BY + 1)]

    assert gone[:-1] == [[]] * (OVERTAKEN_BY - 1)
    assert gone[-1] == ["0"]


def figures(result: Result) -> list[str]:
    """Everything but what depends on the machine's speed."""
    return [line for line in result.stdout.splitlines() if " ms " not in line and " ms each" not in line]


def office(days: int, seed: int) -> list[Row]:
    """Four queues, three counters each that open and close, waves of arrivals, one in fifteen not there when called."""
    chance, rows = random.Random(seed), list[Row]()
    for day in range(days):
        for queue, duration in enumerate((3.0, 5.0, 8.0, 12.0)):
            rows += list(office_queue(chance, EIGHT + timedelta(days=day), f"q{queue}", duration))
    rows.sort(key=lambda row: row.at)
    return [row._replace(number=number) for number, row in enumerate(rows, start=2)]


def office_queue(chance: random.Random, start: datetime, queue: str, duration: float) -> Iterable[Row]:
    def row(minute: float, kind: str, ticket: str = "", value: float | None = None) -> Row:
        return Row(0, start + timedelta(minutes=minute), queue, kind, ticket, value)

    rush = {hour: chance.uniform(0.6, 1.5) for hour in range(8)}
    arrivals, minute = list[float](), 0.0
    while (minute := minute + chance.expovariate(2.6 / duration * rush[int(minute // 60)])) < 420:
        arrivals.append(minute)
    counters = [3 if chance.random() < 0.7 else 2 for _ in range(9)]
    yield from (row(60 * hour, "counters", value=count) for hour, count in enumerate(counters[:8]))
    free, called = [0.0] * 3, 0.0
    for number, came in enumerate(arrivals):
        counter = min(range(counters[min(8, int(came // 60))]), key=free.__getitem__)
        called = max(called, came, free[counter])
        free[counter] = called + (0.5 if chance.random() < 1 / 15 else chance.gammavariate(2, duration / 2))
        yield row(came, "issued", str(number))
        yield row(called + 0.001, "called", str(number))


def played(rows: Sequence[Row], score_from: date) -> tuple[Backtest, Watch]:
    run = Backtest(Estimator(), Path("office"), None, lambda *what: pytest.fail(str(what)))
    run.watch = watch = Watch(run, score_from)
    run.run(rows)
    return run, watch


def test_an_office_week_is_estimated_better_than_by_simpler_rules() -> None:
    """The guard: six days teach, two are scored; the limits stand a little above what is found."""
    first_day = (EIGHT + timedelta(days=6)).date()

    run, watch = played(office(8, seed=6), first_day)

    scored = [one for one in run.promises if one.wait_s is not None and one.due.asked_at.date() >= first_day]
    ours, others = scores_of(scored), plain_scores(scored)
    assert ours.tickets > 500
    assert ours.mae < min(scores.mae for scores in others.values())
    assert ours.mae < 5.3
    assert ours.under_90 is not None
    assert 0.84 <= ours.under_90 <= 0.96
    looks, covered = reread_coverage(watch.rereads)
    assert looks > 300
    assert covered > 0.85
    for trip_min in (10, 20):
        assert leaving_of(watch.remotes, trip_min).missed < 0.12
