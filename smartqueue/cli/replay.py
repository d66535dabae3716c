"""`smartqueue replay`: play a recorded day through the HTTP API of a running instance, then check the books."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from smartqueue.cli.instance import visible_url
from smartqueue.cli.replaying.books import Books, take_books
from smartqueue.cli.replaying.client import Api, Traffic
from smartqueue.cli.replaying.play import Performance, play_day
from smartqueue.cli.replaying.recording import Day, Step, read_day
from smartqueue.cli.replaying.stage import Stage, set_stage, things_to_make

SHOWN = 20


@dataclass
class Outcome:
    """All that a replay has to tell."""

    stage: Stage
    setting_s: float
    traffic: Traffic
    performance: Performance
    books: Books


@click.command()
@click.argument("events", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--date", "day", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The recorded date to play.")
@click.option("--queues", type=click.IntRange(min=1), help="Only so many queues, the busiest.")
@click.option(
    "--speed", default=600.0, show_default=True, type=click.FloatRange(min=0),
    help="Recorded seconds per second; 0 is as fast as possible.",
)  # fmt: skip
@click.option("--url", default=visible_url, help="The running instance.  [default: the one of HOST and PORT]")
@click.option("--tenant", default="demo-bank", show_default=True, help="The tenant that gets a site for this run.")
@click.option("--email", default="admin@demo-bank.com", show_default=True, help="An administrator of that tenant.")
@click.option("--password", default="admin123", envvar="SMARTQUEUE_PASSWORD", help="Their password.")
def command(
    events: Path, day: datetime, queues: int | None, speed: float, url: str, tenant: str, email: str, password: str
) -> None:
    """Play the events of one date, then check that every ticket was issued and called exactly as recorded.

    EVENTS is a file of `at,queue,event,ticket,value`; `…_queues.csv` beside it names the queues. Exit code 1 when the
    books do not balance.
    """
    console = Console()
    recorded = read_day(events, day.date(), busiest=queues)
    _announce(console, recorded)
    with _progress(console) as progress:
        api = Api(url=url, tenant=tenant, email=email, password=password)
        outcome = asyncio.run(_replay(recorded, speed, api, progress))
    _print_speed(console, recorded, outcome, asked=speed)
    _print_books(console, outcome)
    if outcome.books.deviations:
        raise SystemExit(1)


async def _replay(day: Day, speed: float, api: Api, progress: Progress) -> Outcome:
    loop = asyncio.get_running_loop()
    async with api:
        making = progress.add_task("Setting up", total=things_to_make(day))
        began = loop.time()
        stage = await set_stage(api, day, made=lambda: progress.advance(making))
        setting_s, api.traffic = loop.time() - began, Traffic()
        playing = progress.add_task("Playing", total=sum(len(line.steps) for line in day.lines))

        def done(step: Step) -> None:
            progress.update(playing, advance=1, description=f"Playing {step.at:%H:%M}")

        performance = await play_day(api, day, stage, speed=speed, done=done)
        traffic, api.traffic = api.traffic, Traffic()
        return Outcome(stage, setting_s, traffic, performance, await take_books(api, stage))


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description:14}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console)


def _announce(console: Console, day: Day) -> None:
    """Say what will be played, and what the record lacks."""
    issued = sum(len(line.issued) for line in day.lines)
    console.print(
        f"{day.name} {day.date}, {day.began:%H:%M} to {day.ended:%H:%M}: {len(day.lines)} queues, {issued} tickets, "
        f"{sum(len(line.called) for line in day.lines)} calls"
    )
    oddities = (
        ("called but never issued in the record: issued at its first moment", "taken_before"),
        ("called before they were issued: issued just before the call", "issued_late"),
        ("rows that issue or call a number a second time: left out", "repeated"),
    )
    for sentence, name in oddities:
        if count := sum(getattr(line, name) for line in day.lines):
            console.print(f"  {count} {sentence}")


def _print_speed(console: Console, day: Day, outcome: Outcome, *, asked: float) -> None:
    """How fast it went."""
    played, traffic = outcome.performance, outcome.traffic
    speed = (day.ended - day.began).total_seconds() / played.wall_s
    wanted = f"asked for {asked:,.0f}" if asked else "as fast as possible"
    table = Table("Site", outcome.stage.code, title="Speed")
    rows = (
        ("Set up in", f"{outcome.setting_s:.1f} s"),
        ("Played in", f"{played.wall_s:.1f} s"),
        ("Speed reached", f"{speed:,.0f} times real time, {wanted}"),
        ("Furthest behind", f"{played.worst_lag_s:.1f} s" if asked else "-"),
        ("Requests", f"{len(traffic.seconds):,}, {len(traffic.seconds) / played.wall_s:,.0f} per second"),
        ("Latency", f"p50 {traffic.percentile_ms(0.5):.1f} ms, p99 {traffic.percentile_ms(0.99):.1f} ms"),
        ("Tried again", f"{traffic.retried:,}, of which {traffic.replayed:,} had been done already"),
        ("Called next", f"{played.called_next:,}"),
        ("Called out of order", f"{played.called_chosen:,}"),
        ("Called with no counter open", f"{played.without_counter:,}"),
    )
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _print_books(console: Console, outcome: Outcome) -> None:
    """Whether both sides agree, and every line in which they do not."""
    books = outcome.books
    table = Table("", "Recorded", "In SmartQueue", title="Books")
    for what in ("issued", "called", "waiting"):
        table.add_row(what, f"{getattr(books.recorded, what):,}", f"{getattr(books.found, what):,}")
    console.print(table)
    for line, sentence in outcome.performance.surprises[:SHOWN]:
        console.print(f"{line}: {sentence}", markup=False)
    if more := len(outcome.performance.surprises[SHOWN:]):
        console.print(f"… and {more} more")
    if not books.deviations:
        console.print(f"[green]The books balance[/] in all {len(outcome.stage.lines)} queues.")
        return
    wrong = Table("Queue", "What", "Recorded", "In SmartQueue", title="[red]The books do not balance[/]")
    for deviation in books.deviations:
        wrong.add_row(deviation.line, deviation.what, str(deviation.recorded), str(deviation.found))
    console.print(wrong)
