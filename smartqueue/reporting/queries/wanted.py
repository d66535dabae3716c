"""What a report is about, and the shape of all reports: a total, its periods and its parts."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import connection

from smartqueue.reporting.states import Granularity

Figures = TypeVar("Figures")
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Wanted:
    """The question behind a report.

    Attributes:
        first: the first local day; `last` is the last, included. A day is that of each site, in its own time zone.
        site_id: only this site; likewise `queue_id` and `service_id`. None means all.
        granularity: of the report's periods.
    """

    tenant_id: UUID
    first: date
    last: date
    site_id: UUID | None = None
    queue_id: UUID | None = None
    service_id: UUID | None = None
    granularity: Granularity = Granularity.DAY

    @property
    def before(self) -> "Wanted":
        """The same question about as many days just before."""
        days = self.last - self.first + timedelta(days=1)
        return replace(self, first=self.first - days, last=self.last - days)

    def periods(self) -> Iterator[tuple[date, date, date]]:
        """Each period as its key (when it begins by the calendar), its first and its last wanted day."""
        first = self.first
        while first <= self.last:
            key, following = _around(first, self.granularity)
            yield key, first, min(following - timedelta(days=1), self.last)
            first = following

    def parameters(self) -> dict[str, Any]:
        """For the statements: `tenant`, `first`, `last`, `site`, `queue`, `service`, `granularity`."""
        return {
            "tenant": self.tenant_id,
            "first": self.first,
            "last": self.last,
            "site": self.site_id,
            "queue": self.queue_id,
            "service": self.service_id,
            "granularity": str(self.granularity),
        }


def _around(day: date, granularity: Granularity) -> tuple[date, date]:
    """The first day of the period around a day, and of the one after it."""
    if granularity == Granularity.WEEK:
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=7)
    if granularity == Granularity.MONTH:
        begins = day.replace(day=1)
        return begins, (begins + timedelta(days=31)).replace(day=1)
    return day, day + timedelta(days=1)


@dataclass(frozen=True)
class Period(Generic[Figures]):
    """The figures from `first` to `last`, a day, week or month cut to what was wanted."""

    first: date
    last: date
    figures: Figures


@dataclass(frozen=True)
class Part(Generic[Figures]):
    """The figures of one service, queue or agent."""

    id: UUID
    name: str
    figures: Figures


@dataclass(frozen=True)
class Report(Generic[Figures]):
    """All figures of a question. Every period has its place, also one in which nothing happened."""

    wanted: Wanted
    total: Figures
    periods: list[Period[Figures]]
    parts: list[Part[Figures]]


@dataclass(frozen=True)
class Compared(Generic[Answer]):
    """A report and the same one about the days before."""

    now: Answer
    before: Answer


def compare(report: Callable[[Wanted], Answer], wanted: Wanted) -> Compared[Answer]:
    """Ask the same of the previous period of equal length too: two statements."""
    return Compared(now=report(wanted), before=report(wanted.before))


def grouped(
    statement: str, wanted: Wanted, figures: Callable[[dict[str, Any]], Figures], **parameters: Any
) -> Report[Figures]:
    """Run a statement that adds up by grouping sets, and put its rows into a report.

    Args:
        statement: gives `level` (`total`, `period` or `part`), `period`, `part_id`, `name`, and the sums.
        figures: what the sums of one row mean.
        parameters: beside those of `wanted`.
    """
    by_period: dict[date, Figures] = {}
    parts: list[Part[Figures]] = []
    total = figures({})
    for row in rows_of(statement, wanted.parameters() | parameters):
        if row["level"] == "total":
            total = figures(row)
        elif row["level"] == "period":
            by_period[row["period"]] = figures(row)
        else:
            parts.append(Part(row["part_id"], row["name"], figures(row)))
    nothing = figures({})
    periods = [Period(first, last, by_period.get(key, nothing)) for key, first, last in wanted.periods()]
    return Report(wanted, total, periods, parts)


def rows_of(statement: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The answer's rows, by the names of its columns."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def local_today(tenant_id: UUID, *, at: datetime, site_id: UUID | None = None) -> date:
    """The date at an instant in a site's time zone, or in the tenant's."""
    (row,) = rows_of(TODAY, {"tenant": tenant_id, "site": site_id, "at": at})
    today: date = row["today"]
    return today


TODAY = """
SELECT (%(at)s AT TIME ZONE coalesce(s.time_zone, t.time_zone))::date AS today
FROM tenants_tenant t LEFT JOIN sites_site s ON s.tenant_id = t.id AND s.id = %(site)s::uuid WHERE t.id = %(tenant)s
"""


def share(part: int | None, whole: int | None) -> float | None:
    """A fraction from 0 to 1, rounded to four places; None of nothing."""
    return round((part or 0) / whole, 4) if whole else None


def seconds(microseconds: int | None, n: int | None = 1) -> float | None:
    """The mean of `n` durations in seconds, to a tenth; None of nothing."""
    return round(int(microseconds) / n / 1_000_000, 1) if n and microseconds is not None else None
