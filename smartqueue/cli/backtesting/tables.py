"""What a backtest prints."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date

from rich.console import Console
from rich.table import Table

from smartqueue.cli.backtesting.run import Backtest, Promise
from smartqueue.cli.backtesting.scores import (
    PLACES,
    PROMISED_MIN,
    Scores,
    bucket,
    leaving_of,
    plain_scores,
    reread_coverage,
    scores_of,
)
from smartqueue.cli.backtesting.watching import MARGIN_S, SLOW_TRIP, TRIPS_MIN, Watch


def print_scores(console: Console, scored: Sequence[Promise], cold: Sequence[Promise]) -> None:
    """The estimator beside simpler rules, on the same tickets."""
    ours = scores_of(scored)
    table = Table("Minutes", "MAE", "Bias", "Pinball .5", "Pinball .9", "≤ P90", "< P10", title="Waits")
    table.add_row("SmartQueue", *_figures(ours))
    manned = [one for one in scored if one.counters > 0]
    if manned and len(manned) < len(scored):
        table.add_row(f"  a counter open ({len(manned):,})", *_figures(scores_of(manned)))
        unmanned = [one for one in scored if one.counters <= 0]
        table.add_row(f"  none open ({len(unmanned):,})", *_figures(scores_of(unmanned)))
    for name, scores in plain_scores(scored).items():
        table.add_row(name, *_figures(scores))
    if cold:
        table.add_row(f"cold start, {cold[0].due.asked_at:%Y-%m-%d} alone", *_figures(scores_of(cold)))
    console.print(f"{ours.tickets:,} tickets scored; they waited {ours.mean_wait:.1f} min on average.")
    console.print(table)


def print_buckets(console: Console, scored: Sequence[Promise]) -> None:
    """Where it is good and where not."""
    _print_by(console, "By place", scored, lambda one: bucket(one.place, PLACES), _from_on(PLACES))
    promised = _from_on(PROMISED_MIN, " min")
    _print_by(console, "By promise (P50)", scored, lambda one: bucket(_promised_min(one), PROMISED_MIN), promised)
    _print_by(console, "By day", scored, lambda one: one.due.asked_at.date().toordinal(), _day)


def print_meanwhile(console: Console, watch: Watch) -> None:
    """Looks during the wait, and leaving in time."""
    looks, covered = reread_coverage(watch.rereads)
    console.print(f"Read again every 10 min while waiting: {looks:,} looks, {covered:.3f} called within the P90 read.")
    table = Table("Trip", "Could be in time", "Missed", "Not on site", "At home", "Missed, of all", title="Leave now")
    for trip_min in TRIPS_MIN:
        leaving = leaving_of(watch.remotes, trip_min)
        table.add_row(
            f"{trip_min} min", f"{leaving.tickets:,}", f"{leaving.missed:.1%}", f"{leaving.spared_min:.1f} min",
            f"{leaving.home_min:.1f} min",
            f"{leaving.missed_all:.1%} of {leaving.tickets_all:,}",
        )  # fmt: skip
    console.print(table)
    console.print(
        f"Told when P10 of the wait ≤ {SLOW_TRIP:g} × trip + {MARGIN_S / 60:g} min, looked at every 2.5 min. "
        "“Missed” arrived after their call; “not on site” is the time from taking the ticket to arriving there. "
        "Whoever could not have been in time even by leaving at once is only in the last column."
    )


def print_speed(console: Console, backtest: Backtest, watch: Watch) -> None:
    """What it costs."""
    tickets = max(1, len(backtest.promises))
    console.print(f"{backtest.spent_s / tickets * 1000:.2f} ms per ticket: its facts, one estimate, what it taught.")
    if watch.places:
        console.print(
            f"{watch.spent_s / watch.places * 1000:.3f} ms per waiting ticket and recompute: {watch.curves:,} lines of "
            f"{watch.places / watch.curves:.1f} people, {watch.spent_s / watch.curves * 1000:.2f} ms each."
        )


def _print_by(
    console: Console, title: str, scored: Sequence[Promise], key: Callable[[Promise], int], name: Callable[[int], str]
) -> None:
    groups: dict[int, list[Promise]] = defaultdict(list)
    for promise in scored:
        groups[key(promise)].append(promise)
    table = Table("", "Tickets", "Mean wait", "MAE", "Bias", "≤ P90", "< P10", title=title)
    for value in sorted(groups):
        scores = scores_of(groups[value])
        table.add_row(
            name(value), f"{scores.tickets:,}", f"{scores.mean_wait:.1f}", f"{scores.mae:.2f}", f"{scores.bias:+.2f}",
            f"{scores.under_90:.3f}", f"{scores.under_10:.3f}",
        )  # fmt: skip
    console.print(table)


def _figures(scores: Scores) -> list[str]:
    shown = [f"{scores.mae:.2f}", f"{scores.bias:+.2f}", f"{scores.pinball_50:.2f}"]
    more = (scores.pinball_90, 2), (scores.under_90, 3), (scores.under_10, 3)
    return shown + ["" if value is None else f"{value:.{digits}f}" for value, digits in more]


def _promised_min(promise: Promise) -> float:
    return (promise.asked.p50_s or 0.0) / 60


def _from_on(edges: Sequence[int], unit: str = "") -> Callable[[int], str]:
    def name(edge: int) -> str:
        after = next((other for other in edges if other > edge), None)
        if after is None:
            return f"from {edge}{unit}"
        return f"{edge}{unit}" if after == edge + 1 and not unit else f"{edge} to {after}{unit}"

    return name


def _day(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat()
