"""The production estimator over a log, in time order: it is asked with what is known, and learns when it is known."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from pathlib import Path
from time import perf_counter

from smartqueue.cli.backtesting.book import Book
from smartqueue.cli.backtesting.reading import Due, Report, Row
from smartqueue.forecast.estimator import Asked, Estimator, Event, Line, Plain, Plan, Setup


@dataclass(slots=True)
class Promise:
    """What was said to one ticket."""

    due: Due
    place: int
    counters: float
    asked: Asked
    plain: Plain
    wait_s: float | None


@dataclass
class Backtest:
    """One run.

    Args:
        estimator: the production one, empty.
        report: told of rows that cannot be.
        dues: estimates that are wanted, by time; None for one at each ticket taken, with the log's own waits.
        services: of queues, as far as known.
        watch: told of each promise, and of each instant after its rows.
    """

    estimator: Estimator
    events: Path
    truth: Path | None
    report: Report
    dues: list[Due] | None = None
    services: dict[str, str] = field(default_factory=dict)
    books: dict[str, Book] = field(default_factory=dict)
    promises: list[Promise] = field(default_factory=list)
    spent_s: float = 0.0
    watch: Callable[[datetime], None] | None = None
    _open: dict[tuple[str, str], Promise] = field(default_factory=dict)
    _day: dict[str, datetime] = field(default_factory=dict)

    def run(self, rows: Iterable[Row]) -> None:
        """Over all rows."""
        dues = iter(self.dues or ())
        due = next(dues, None)
        for at, batch in groupby(rows, key=lambda row: row.at):
            while due and due.asked_at < at:
                self._ask(due)
                due = next(dues, None)
            if self.watch:
                self.watch(at)
            taken = list(self._note(batch))
            while due and due.asked_at <= at:
                self._ask(due)
                due = next(dues, None)
            if self.dues is None:
                for row in taken:
                    if row.ticket in self.books[row.queue].waiting:
                        self._ask(Due(row.number, row.at, row.queue, row.ticket, None))
        while due:
            self._ask(due)
            due = next(dues, None)

    def _note(self, batch: Iterable[Row]) -> Iterator[Row]:
        """Take rows of one instant in; those that issue are given back."""
        for row in batch:
            book = self.books.get(row.queue)
            if book is None:
                book = self.books[row.queue] = Book()
                self.estimator.add_queue(Setup(row.queue, self.services.get(row.queue, ""), None))
            if self._day.get(row.queue) != (day := row.at.replace(hour=0, minute=0, second=0, microsecond=0)):
                self._day[row.queue] = day
                self._lose(row, book.stale(row.at))
            began = perf_counter()
            problem = self.estimator.note(Event(row.at, row.queue, row.kind, row.ticket, row.value))
            self.spent_s += perf_counter() - began
            if problem:
                self.report(self.events, row.number, problem.code, f"{row.at.isoformat()},{row.queue},{row.kind}")
                continue
            if row.kind == "counters":
                book.counters = row.value or 0.0
            elif row.kind in {"issued", "returned"}:
                book.take(row.ticket, row.at)
                yield row
            elif row.kind == "called":
                self._learn(row)
                self._lose(row, book.call(row.ticket))
            else:
                book.leave(row.ticket)
                self._open.pop((row.queue, row.ticket), None)

    def _lose(self, row: Row, tickets: list[str]) -> None:
        """Numbers that nobody has any more."""
        for ticket in tickets:
            self.estimator.note(Event(row.at, row.queue, "left", ticket))
            self.books[row.queue].leave(ticket)
            self._open.pop((row.queue, ticket), None)

    def _ask(self, due: Due) -> None:
        book = self.books.get(due.queue)
        if book is None:
            self.report(self.truth or self.events, due.number, "unknown_queue", due.queue)
            return
        place = book.place(due.ticket)
        if place is None:
            self.report(self.truth or self.events, due.number, "not_waiting", f"{due.queue},{due.ticket}")
            place = len(book.waiting) + 1
        line, plan = Line(book.waited_s(due.asked_at)), Plan(book.counters)
        began = perf_counter()
        asked = self.estimator.ask(due.queue, due.asked_at, line, plan, place=place)
        self.spent_s += perf_counter() - began
        plain = self.estimator.plain(due.queue, place=place, counters=book.counters)
        promise = Promise(due, place, book.counters, asked, plain, due.wait_s)
        self.promises.append(promise)
        self._open[due.queue, due.ticket] = promise

    def _learn(self, row: Row) -> None:
        promise = self._open.pop((row.queue, row.ticket), None)
        if promise is None:
            return
        if promise.wait_s is None:
            promise.wait_s = (row.at - promise.due.asked_at).total_seconds()
        began = perf_counter()
        self.estimator.learn(row.queue, promise.asked, wait_s=promise.wait_s, at=row.at)
        self.spent_s += perf_counter() - began
