"""Each report as a page and a file show it: its figures, its chart, its tables. No request, no response."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartqueue.queueing.states import Channel
from smartqueue.reporting import queries
from smartqueue.reporting.queries import Wanted
from smartqueue.reporting.queries.hours import HeatMap
from smartqueue.reporting.states import Granularity
from smartqueue.web.manage.report_measures import MEASURES, Measure, Unit, change_of
from smartqueue.web.shared.charts import Chart, Series, columns, lines, rows

Words = str | Promise


@dataclass(frozen=True)
class Line:
    """One line of a table: `name`, its values in the order of the measures, and the period where it is one."""

    name: str
    values: tuple[Any, ...]
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True)
class Table:
    """`sums` are the lines that stand for all others."""

    key: str
    title: str
    head: str
    measures: tuple[Measure, ...]
    lines: list[Line]
    sums: list[Line] = field(default_factory=list)

    @property
    def is_long(self) -> bool:
        return len(self.lines) > 10


@dataclass(frozen=True)
class Figure:
    """A large number: `change` says how it moved, `before` what it was; both empty without a comparison."""

    measure: Measure
    value: Any
    change: str = ""
    before: str = ""

    @property
    def words(self) -> str:
        return self.measure.words(self.value)


@dataclass(frozen=True)
class Heat:
    """Weekday by hour, for `<c-heatmap>`."""

    summary: str
    columns: list[str]
    rows: list[dict[str, Any]]


@dataclass(frozen=True)
class Told:
    """A report, ready to be shown."""

    wanted: Wanted
    figures: list[Figure]
    tables: list[Table]
    chart: Chart | None = None
    heat: Heat | None = None
    is_empty: bool = False


@dataclass(frozen=True)
class Kind:
    """A report.

    Attributes:
        slug: in the address; the API's name of the same report.
        lead: what it answers, one sentence.
        count: the figure that is 0 when there is nothing to report.
        big: the large numbers.
        columns: of the tables.
        part: what the second table is about; without one there is none.
        chart: draws it, over the periods or over the parts.
        narrows: whether a queue and a service narrow it.
    """

    slug: str
    label: Words
    lead: Words
    ask: Callable[[Wanted], Any]
    count: str
    big: tuple[str, ...]
    columns: tuple[str, ...]
    part: Words
    chart: Callable[["Kind", Any], Chart]
    narrows: bool = True

    def tell(self, wanted: Wanted, *, compared: bool = True) -> Told:
        """Ask the report, and the one before it. Inside the scope; one statement, or two."""
        now, before = self.ask(wanted), self.ask(wanted.before) if compared else None
        return Told(
            wanted=wanted,
            figures=figures(self.big, now.total, before.total if before else None),
            tables=[self.periods(now, before), *self.parts(now)],
            chart=self.chart(self, now),
            is_empty=not getattr(now.total, self.count),
        )

    def measures(self) -> tuple[Measure, ...]:
        return tuple(MEASURES[key] for key in self.columns)

    def periods(self, now: Any, before: Any) -> Table:
        found = [
            Line(period_name(one, now.wanted.granularity), self.values(one.figures), one.first, one.last)
            for one in now.periods
        ]
        sums = [Line(gettext("In all"), self.values(now.total), now.wanted.first, now.wanted.last)]
        if before:
            earlier = before.wanted
            sums.append(Line(gettext("Period before"), self.values(before.total), earlier.first, earlier.last))
        title = {
            Granularity.DAY: gettext("By day"), Granularity.WEEK: gettext("By week"),
            Granularity.MONTH: gettext("By month"),
        }[now.wanted.granularity]  # fmt: skip
        return Table("when", title, gettext("Period"), self.measures(), found, sums)

    def parts(self, now: Any) -> list[Table]:
        found = [Line(one.name, self.values(one.figures)) for one in now.parts]
        title = gettext("By {part}").format(part=str(self.part).lower())
        return [Table("part", title, str(self.part), self.measures(), found)]

    def values(self, found: Any) -> tuple[Any, ...]:
        return tuple(getattr(found, key) for key in self.columns)


def figures(keys: Sequence[str], now: Any, before: Any) -> list[Figure]:
    """The large numbers, each with its change where there is something to compare with."""
    found = []
    for key in keys:
        measure, value = MEASURES[key], getattr(now, key)
        if before is None:
            found.append(Figure(measure, value))
            continue
        was = getattr(before, key)
        found.append(Figure(measure, value, change_of(value, was, measure.unit), measure.words(was)))
    return found


def period_name(period: Any, granularity: Granularity) -> str:
    """A day, week or month in words, short enough for a phone."""
    if granularity == Granularity.MONTH:
        return date_format(period.first, "F Y")
    if granularity == Granularity.WEEK and period.first != period.last:
        return f"{date_format(period.first, 'j N')} – {date_format(period.last, 'j N')}"
    return date_format(period.first, "D j N")


def of_lines(*keys: str, highest: float = 0) -> Callable[[Kind, Any], Chart]:
    """A line over the periods for each of these figures."""

    def draw(kind: Kind, report: Any) -> Chart:
        measures = [MEASURES[key] for key in keys]
        places = [period_name(one, report.wanted.granularity) for one in report.periods]
        series = [
            Series(str(one.label), [getattr(period.figures, one.key) for period in report.periods]) for one in measures
        ]
        in_seconds = measures[0].unit == Unit.SECONDS
        summary = summary_of(measures[0], places, series[0].values)
        return lines(places, series, measures[0].words, summary, in_seconds=in_seconds, highest=highest)

    return draw


def of_columns(*keys: str) -> Callable[[Kind, Any], Chart]:
    """Bars over the periods, these counts on top of each other."""

    def draw(kind: Kind, report: Any) -> Chart:
        measures = [MEASURES[key] for key in keys]
        places = [period_name(one, report.wanted.granularity) for one in report.periods]
        series = [
            Series(str(one.label), [getattr(period.figures, one.key) for period in report.periods]) for one in measures
        ]
        summary = summary_of(measures[0], places, series[0].values)
        return columns(places, series, measures[0].words, summary)

    return draw


def of_rows(key: str) -> Callable[[Kind, Any], Chart]:
    """A lying bar for each part."""

    def draw(kind: Kind, report: Any) -> Chart:
        names = [one.name for one in report.parts]
        return row_chart(MEASURES[key], names, [getattr(one.figures, key) or 0 for one in report.parts])

    return draw


def row_chart(measure: Measure, names: Sequence[str], values: Sequence[float]) -> Chart:
    return rows(names, values, measure.words, summary_of(measure, names, values))


def summary_of(measure: Measure, places: Sequence[str], values: Sequence[float | None]) -> str:
    """What a chart shows, for who does not see it."""
    known = [(value, place) for place, value in zip(places, values, strict=True) if value is not None]
    if not known:
        return gettext("{figure}: nothing was measured.").format(figure=measure.label)
    (least, where_least), (most, where_most) = min(known, key=lambda one: one[0]), max(known, key=lambda one: one[0])
    return gettext("{figure}: highest {most} ({where_most}), lowest {least} ({where_least}).").format(
        figure=measure.label, most=measure.words(most), where_most=where_most,
        least=measure.words(least), where_least=where_least,
    )  # fmt: skip


class ChannelKind(Kind):
    """Channels stand where other reports have parts; a second table has the services."""

    def tell(self, wanted: Wanted, *, compared: bool = True) -> Told:
        """The same, with the three channels that most people take among the large numbers."""
        now, before = self.ask(wanted), self.ask(wanted.before) if compared else None
        found = figures(self.big, now.total, before.total if before else None)
        for channel in sorted(Channel, key=lambda one: -now.total.counts[one.value])[:3]:
            measure = Measure(channel.value, channel.label, Unit.SHARE, MEASURES["share"].meaning)
            share, was = now.total.shares[channel.value], before.total.shares[channel.value] if before else None
            change = change_of(share, was, Unit.SHARE)
            found.append(Figure(measure, share, change, measure.words(was) if before else ""))
        return Told(
            wanted=wanted, figures=found, tables=[self.periods(now, before), *self.parts(now)],
            chart=self.chart(self, now), is_empty=not now.total.issued,
        )  # fmt: skip

    def parts(self, now: Any) -> list[Table]:
        total = now.total
        found = [
            Line(str(channel.label), (total.counts[channel.value], total.shares[channel.value])) for channel in Channel
        ]
        found.sort(key=lambda line: -line.values[0])
        by_service = [Line(one.name, self.values(one.figures)) for one in now.parts]
        return [
            Table("part", gettext("By channel"), gettext("Channel"), (MEASURES["issued"], MEASURES["share"]), found),
            Table("service", gettext("By service"), gettext("Service"), self.measures(), by_service),
        ]

    def measures(self) -> tuple[Measure, ...]:
        counted = (
            Measure(one.value, one.label, Unit.COUNT, _("Tickets taken in this way.")) for one in Channel
        )  # fmt: skip
        return (MEASURES["issued"], *counted)

    def values(self, found: Any) -> tuple[Any, ...]:
        return (found.issued, *(found.counts[one.value] for one in Channel))


def channel_chart(kind: Kind, report: Any) -> Chart:
    counts = sorted(((report.total.counts[one.value], str(one.label)) for one in Channel), key=lambda one: -one[0])
    return row_chart(MEASURES["issued"], [name for _n, name in counts], [count for count, _name in counts])


class OriginKind(Kind):
    """No periods: only communes."""

    def tell(self, wanted: Wanted, *, compared: bool = True) -> Told:
        now, before = self.ask(wanted), self.ask(wanted.before) if compared else None
        names = [one.name or one.code or gettext("not known") for one in now.communes]
        found = [Line(name, (one.issued, one.share)) for name, one in zip(names, now.communes, strict=True)]
        sums = [Line(gettext("In all"), (now.issued, 1.0 if now.issued else None), wanted.first, wanted.last)]
        measures = (MEASURES["issued"], MEASURES["share"])
        return Told(
            wanted=wanted,
            figures=figures(self.big, now, before),
            tables=[Table("part", gettext("By commune"), gettext("Commune"), measures, found, sums)],
            chart=row_chart(MEASURES["issued"], names, [one.issued for one in now.communes]),
            is_empty=not now.issued,
        )


class WeekKind(Kind):
    """Weekday by hour."""

    def tell(self, wanted: Wanted, *, compared: bool = True) -> Told:
        now = self.ask(wanted)
        found = [
            Line(
                f"{WEEKDAYS[one.weekday - 1]}, {hour_words(one.hour)}",
                (one.issued, one.arrivals, one.wait_average_s, one.in_target),
            )
            for one in now.cells
        ]
        measures = tuple(MEASURES[key] for key in self.columns)
        return Told(
            wanted=wanted,
            figures=_busiest(now),
            tables=[Table("part", gettext("By hour"), gettext("Hour"), measures, found)],
            heat=_heat(now),
            is_empty=not now.cells,
        )


def _busiest(now: HeatMap) -> list[Figure]:
    """When most people come, and when they wait longest."""
    found = []
    crowd = max(now.cells, key=lambda one: one.arrivals, default=None)
    if crowd:
        measure = MEASURES["arrivals"]
        found.append(Figure(measure, crowd.arrivals, gettext("Busiest hour"), _when(crowd)))
    waited = [one for one in now.cells if one.wait_average_s is not None]
    slow = max(waited, key=lambda one: one.wait_average_s or 0, default=None)
    if slow:
        found.append(Figure(MEASURES["wait_average_s"], slow.wait_average_s, gettext("Longest wait"), _when(slow)))
    return found


def _when(cell: Any) -> str:
    return f"{WEEKDAYS[cell.weekday - 1]}, {hour_words(cell.hour)}"


def _heat(now: HeatMap) -> Heat:
    hours = range(min(one.hour for one in now.cells), max(one.hour for one in now.cells) + 1) if now.cells else []
    cells = {(one.weekday, one.hour): one for one in now.cells}
    most = max((one.arrivals for one in now.cells), default=0) or 1
    table = []
    for weekday in range(1, 8):
        row = []
        for hour in hours:
            cell = cells.get((weekday, hour))
            words = MEASURES["arrivals"].words(round(cell.arrivals)) if cell and cell.arrivals >= 1 else ""
            if cell and not words:
                words = "<1"
            row.append({"share": cell.arrivals / most if cell else 0, "words": words})
        table.append({"label": str(WEEKDAYS_ABBR[weekday - 1]), "cells": row})
    return Heat(gettext("People who come in an hour, on average"), [str(hour) for hour in hours], table)


def hour_words(hour: int) -> str:
    return f"{hour:02d}:00–{(hour + 1) % 24:02d}:00"


WAITS = Kind(
    "wait-times", _("Waits"), _("How long people waited, and how long their service took."), queries.wait_report,
    "issued", ("wait_average_s", "wait_p90_s", "in_target", "called"),
    ("issued", "called", "wait_average_s", "wait_p50_s", "wait_p90_s", "wait_max_s", "in_target", "served",
     "service_average_s", "service_p90_s", "walk_average_s"),
    _("Service"), of_lines("wait_p90_s", "wait_average_s"),
)  # fmt: skip
QUEUES = Kind(
    "queue-stats", _("Queues"), _("How many people came, and what became of them."), queries.queue_report,
    "issued", ("issued", "served", "served_share", "in_target"),
    ("issued", "called", "served", "no_show", "cancelled", "expired", "live", "served_share", "wait_average_s",
     "wait_max_s", "in_target"),
    _("Queue"), of_columns("served", "no_show", "cancelled", "expired"),
)  # fmt: skip
AGENTS = Kind(
    "agent-performance", _("Agents"), _("Who served how many people, and how long it took."), queries.agent_report,
    "handled", ("handled", "completion", "handling_average_s", "occupancy"),
    ("handled", "served", "completion", "no_show", "transferred", "put_back", "parked", "handling_average_s",
     "service_average_s", "signed_in_s", "break_s", "occupancy"),
    _("Agent"), of_rows("handled"), narrows=False,
)  # fmt: skip
SATISFACTION = Kind(
    "satisfaction", _("Satisfaction"), _("What people said about their visit."), queries.satisfaction_report,
    "answers", ("csat_average", "satisfied", "nps", "answers"),
    ("answers", "csat_average", "satisfied", "nps_answers", "nps", "promoters", "passives", "detractors"),
    _("Queue"), of_lines("csat_average", highest=5),
)  # fmt: skip
DEMAND = Kind(
    "demand", _("Demand"), _("What people come for, and how much work it is."), queries.demand_report,
    "issued", ("issued", "served", "service_average_s", "work_s"),
    ("issued", "served", "wait_average_s", "service_average_s", "work_s"), _("Service"), of_rows("issued"),
)  # fmt: skip
DROP_OFF = Kind(
    "drop-off", _("Drop-off"), _("Who took a ticket and was not served."), queries.dropoff_report,
    "issued", ("dropped_share", "no_show_share", "cancelled_share", "expired_share"),
    ("issued", "cancelled", "cancelled_by_customer", "left_line", "no_show", "expired", "cancelled_share",
     "no_show_share", "expired_share", "dropped_share"),
    _("Queue"), of_columns("no_show", "cancelled", "expired"),
)  # fmt: skip
CHANNELS = ChannelKind(
    "channels", _("Channels"), _("How people took their ticket."), queries.channel_report,
    "issued", ("issued",), (), _("Service"), channel_chart,
)  # fmt: skip
ORIGINS = OriginKind(
    "origins", _("Origins"), _("Where people come from, as far as their commune is noted."), queries.origin_report,
    "issued", ("issued", "known"), ("issued", "share"), _("Commune"), channel_chart,
)  # fmt: skip
WEEK = WeekKind(
    "heat-map", _("Week"), _("When people come, and when they wait."), queries.heat_map,
    "cells", (), ("issued", "arrivals", "wait_average_s", "in_target"), _("Hour"), channel_chart,
)  # fmt: skip

KINDS = {
    one.slug: one
    for one in (WAITS, QUEUES, AGENTS, SATISFACTION, DEMAND, DROP_OFF, CHANNELS, ORIGINS, WEEK)
}  # fmt: skip
