"""`smartqueue forecast`: how good would the estimate have been? A log is played to the production estimator."""

import csv
from collections import Counter
from datetime import date, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from smartqueue.cli.backtesting.reading import COLUMNS, Due, Row, dues_of, open_log, rows_of, services_of
from smartqueue.cli.backtesting.run import Backtest, Promise
from smartqueue.cli.backtesting.tables import print_buckets, print_meanwhile, print_scores, print_speed
from smartqueue.cli.backtesting.watching import Watch
from smartqueue.cli.instance import engines_at_hand, prepare_django
from smartqueue.forecast.estimator import Estimator

SHOWN_PER_CODE = 50
WIDTH = 110
EVENTS, QUEUES = "_events.csv", "_queues.csv"


class Complaints:
    """Rows that cannot be, on stderr by number; the first of each kind, and how many there were."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._console = Console(stderr=True, highlight=False, soft_wrap=True)

    def __call__(self, path: Path, row: int, code: str, what: str) -> None:
        self.counts[code] += 1
        if self.counts[code] <= SHOWN_PER_CODE:
            self._console.print(f"{path.name}, row {row}: {code}: {what}", markup=False)

    def sum_up(self) -> None:
        """How many there were."""
        if self.counts:
            found = ", ".join(f"{code} {count:,}" for code, count in sorted(self.counts.items()))
            self._console.print(f"Rows left out: {found}", markup=False)


@click.group()
def command() -> None:
    """The wait estimate, against what happened."""


@command.command()
@click.argument("events", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--truth", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="queue,ticket,asked_at,wait_min: when an estimate is due, and what the wait was.  "
    "[default: at each ticket taken; waits of the log itself]")  # fmt: skip
@click.option("--score-from", type=click.DateTime(["%Y-%m-%d"]), help="Learn from all days, score from this one on.")
@click.option("--predictions", type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write every estimate to this file.")  # fmt: skip
@click.option("--queues", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="queue,office,service.  [default: …_queues.csv beside the events]")  # fmt: skip
def backtest(
    events: Path, truth: Path | None, score_from: datetime | None, predictions: Path | None, queues: Path | None
) -> None:
    """Play a log of at,queue,event,ticket,value in time order, and score what would have been said.

    The production estimator runs as it does in the house: it is asked with what is known at that instant, and learns
    from a wait once the ticket has been called.
    """
    console, complaints = Console(), Complaints()
    if not console.is_terminal:
        console.width = WIDTH
    rows = list(rows_of(events, complaints))
    dues = dues_of(truth, complaints) if truth else None
    services = services_of(queues or _beside(events))
    first_day = score_from.date() if score_from else min((row.at.date() for row in rows), default=date.min)
    run = Backtest(Estimator(), events, truth, complaints, dues, services)
    watch = Watch(run, first_day)
    run.watch = watch
    _play(run, rows)
    if predictions:
        write_predictions(predictions, run.promises)
    complaints.sum_up()
    scored = _scored(run, first_day)
    if not scored:
        console.print("There is no ticket with a known wait to score.")
        return
    cold = _cold_start(run, rows, scored[0].due.asked_at.date())
    print_scores(console, scored, cold)
    print_buckets(console, scored)
    print_meanwhile(console, watch)
    print_speed(console, run, watch)


@command.command()
@click.argument("tenant")
@click.argument("out", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@click.pass_context
def export(ctx: click.Context, tenant: str, out: Path) -> None:
    """Write what happened in TENANT's lines to OUT (.csv or .csv.gz), as `backtest` reads it. No personal data."""
    ctx.with_resource(engines_at_hand())
    prepare_django()
    from smartqueue.forecast.queries.history import history
    from smartqueue.tenants.queries import tenants_by_slug
    from smartqueue.tenants.scope import in_tenant

    found = tenants_by_slug([tenant])
    if not found:
        raise click.ClickException(f"No such tenant: {tenant}.")
    rows = 0
    with in_tenant(found[0].id), open_log(out, "wt") as file:
        log = csv.writer(file)
        log.writerow(COLUMNS)
        for row in history(found[0].id):
            value = "" if row.value is None else f"{row.value:g}"
            log.writerow([row.at.isoformat(), row.queue_id, row.event, row.ticket_id or "", value])
            rows += 1
    Console(soft_wrap=True).print(f"{rows:,} rows in {out}.")


def write_predictions(path: Path, promises: list[Promise]) -> None:
    """All estimates as queue,ticket,asked_at,p10_min,p50_min,p90_min."""
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["queue", "ticket", "asked_at", "p10_min", "p50_min", "p90_min"])
        for one in promises:
            edges = (one.asked.p10_s, one.asked.p50_s, one.asked.p90_s)
            minutes = ["" if edge is None else f"{edge / 60:.2f}" for edge in edges]
            out.writerow([one.due.queue, one.due.ticket, one.due.asked_at.isoformat(), *minutes])


def _play(run: Backtest, rows: list[Row]) -> None:
    """With a bar on a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        run.run(progress.track(rows, description="Playing"))


def _scored(run: Backtest, first_day: date) -> list[Promise]:
    return [one for one in run.promises if one.wait_s is not None and one.due.asked_at.date() >= first_day]


def _cold_start(run: Backtest, rows: list[Row], day: date) -> list[Promise]:
    """The first scored day again, by an estimator that has seen nothing before it; nothing where that is the same."""
    if not rows or min(row.at.date() for row in rows) == day:
        return []
    dues: list[Due] | None = None
    if run.dues is not None:
        dues = [due for due in run.dues if due.asked_at.date() == day]
    cold = Backtest(Estimator(), run.events, run.truth, lambda *_: None, dues, run.services)
    cold.run(row for row in rows if row.at.date() == day)
    return _scored(cold, day)


def _beside(events: Path) -> Path | None:
    stem, found, _ = events.name.partition(EVENTS)
    path = events.with_name(stem + QUEUES)
    return path if found and path.exists() else None
