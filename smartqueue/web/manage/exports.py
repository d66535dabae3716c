"""Reports as files: CSV, XLSX, PDF, and every ticket one by one. Each that is taken is a fact of the journal."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from itertools import chain
from tempfile import TemporaryFile
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext

from smartqueue.journal.actions import record
from smartqueue.journal.states import AuditKind
from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import NotFound
from smartqueue.queueing.states import Channel, Outcome, Priority, TicketState
from smartqueue.reporting.queries import Wanted
from smartqueue.reporting.queries.raw import tickets_of
from smartqueue.web.manage.report_kinds import Table, Told
from smartqueue.web.manage.report_measures import Unit
from smartqueue.web.manage.report_pdf import pdf_of
from smartqueue.web.manage.report_xlsx import write_xlsx
from smartqueue.web.manage.reports import STAFFING, OneReport, ReportPage, Staffing
from smartqueue.web.manage.staffing_words import table_of
from smartqueue.web.shared.sheets import as_download, csv_response

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def note_export(page: ReportPage, what: str, wanted: Wanted, **more: str) -> None:
    """Who took which figures of which days; inside the scope."""
    record(
        "report.exported", kind=AuditKind.EXPORT, tenant_id=page.tenant.id, object_type="report", object_id=None,
        actor=page.actor, at=now(),
        after={"report": what, "first": str(wanted.first), "last": str(wanted.last),
               **{name: str(value) for name, value in wanted.parameters().items()
                  if value and name in ("site", "queue", "service")}} | more,
    )  # fmt: skip


class Saved(ReportPage):
    """POST: the page's report as a file; `format` says which. The filters stand in the address, as on the page."""

    http_method_names = ["post"]

    def saved(self) -> tuple[str, str, Told]:
        """The report's name in addresses and in words, and what it says; inside the scope."""
        raise NotImplementedError

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        write = WRITERS.get(request.POST.get("format", ""))
        if write is None:
            raise NotFound
        with self.scope():
            slug, label, told = self.saved()
            note_export(self, slug, told.wanted, format=request.POST["format"])
        head = [(gettext("Organisation"), self.tenant.name), *self.filters.words(told.wanted)]
        name = f"{slug}-{self.tenant.slug}-{told.wanted.first}-{told.wanted.last}"
        return write(told, label, head, name)


class ReportExport(Saved, OneReport):
    """`…/reports/{report}/export/`."""

    def narrows(self) -> bool:
        return self.report.narrows

    def saved(self) -> tuple[str, str, Told]:
        return self.report.slug, str(self.report.label), self.told()


class StaffingExport(Saved, Staffing):
    """`…/reports/staffing/export/`."""

    def saved(self) -> tuple[str, str, Told]:
        tables = [table_of(site, told) for site, told in self.advice()]
        wanted = Wanted(
            self.tenant.id, self.until - timedelta(days=27), self.until, site_id=self.filters.id_of("site")
        )  # fmt: skip
        return STAFFING, gettext("Staffing advice"), Told(wanted, [], tables)


Head = list[tuple[str, str]]


def as_csv(told: Told, label: str, head: Head, name: str) -> HttpResponseBase:
    return csv_response(name, list(csv_rows(told)))


def as_xlsx(told: Told, label: str, head: Head, name: str) -> HttpResponseBase:
    paper = TemporaryFile()  # noqa: SIM115  # FileResponse closes it
    write_xlsx(paper, told, label, head)
    paper.seek(0)
    return as_download(FileResponse(paper, content_type=XLSX), f"{name}.xlsx")


def as_pdf(told: Told, label: str, head: Head, name: str) -> HttpResponseBase:
    paper = pdf_of(told, label, head)
    return as_download(HttpResponse(paper, content_type="application/pdf"), f"{name}.pdf")


WRITERS: dict[str, Callable[[Told, str, Head, str], HttpResponseBase]] = {
    "csv": as_csv,
    "xlsx": as_xlsx,
    "pdf": as_pdf,
}


def csv_rows(told: Told) -> Iterator[Sequence[Any]]:
    """One table for all, so that a spreadsheet can filter it: what a line is about stands in the first column.

    Durations are `h:mm:ss` and shares percentages, as spreadsheets read them.
    """
    for measures in dict.fromkeys(table.measures for table in told.tables):
        titles = [str(measure.label) for measure in measures]
        yield (gettext("Table"), gettext("Name"), gettext("From"), gettext("Until"), *titles)
        for table in told.tables:
            if table.measures == measures:
                yield from _csv_lines(table)


def _csv_lines(table: Table) -> Iterator[Sequence[Any]]:
    for line in (*table.sums, *table.lines):
        values = [csv_cell(value, one.unit) for one, value in zip(table.measures, line.values, strict=True)]
        yield (table.title, line.name or gettext("not known"), line.first or "", line.last or "", *values)


def csv_cell(value: Any, unit: Unit) -> Any:
    """A number stays one; nothing measured is an empty cell, never 0."""
    if value is None:
        return ""
    if unit == Unit.SECONDS:
        seconds = round(value)
        return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    if unit == Unit.SHARE:
        return Percent(100 * value)
    return value


class Percent(float):
    """A share for a spreadsheet, `92.4%`."""

    def __str__(self) -> str:
        return f"{round(self, 2):g}%"


class TicketsExport(ReportPage):
    """POST `…/reports/tickets/export/`: every ticket of the period, read while it is sent."""

    http_method_names = ["post"]

    def narrows(self) -> bool:
        return True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with self.scope():
            wanted = self.ask()
            note_export(self, "tickets", wanted, format="csv")
        name = f"tickets-{self.tenant.slug}-{wanted.first}-{wanted.last}"
        return csv_response(name, ticket_rows(wanted))


def ticket_heads() -> list[str]:
    return [
        gettext("Number"), gettext("Day"), gettext("Site"), gettext("Queue"), gettext("Service"), gettext("Channel"),
        gettext("Priority"), gettext("State"), gettext("Arrived at"), gettext("Called at"),
        gettext("Service started at"), gettext("Ended at"), gettext("Wait, seconds"), gettext("Service, seconds"),
        gettext("Counter"), gettext("Agent"), gettext("Outcome"),
    ]  # fmt: skip


def ticket_rows(wanted: Wanted) -> Iterator[Sequence[Any]]:
    """The head, and a row for each ticket; instants are those of the site's clocks. The words are chosen now: when the
    rows are read, the request and its language are over."""
    words = [
        {one.value: str(one.label) for one in kind} for kind in (Channel, Priority, TicketState, Outcome)
    ]  # fmt: skip
    return chain([ticket_heads()], _ticket_rows(wanted, *words))


def _ticket_rows(wanted: Wanted, *words: dict[Any, str]) -> Iterator[Sequence[Any]]:
    channels, priorities, states, outcomes = words
    for row in tickets_of(wanted):
        day: date = row["day"]
        yield (
            row["number"], day, row["site"], row["queue"], row["service"], channels.get(row["channel"], ""),
            priorities.get(row["priority"], ""), states.get(row["status"], ""), row["arrived"], row["called"],
            row["started"], row["ended"], _or_empty(row["wait_s"]), _or_empty(row["service_s"]), row["counter"],
            row["agent"], outcomes.get(row["outcome"], ""),
        )  # fmt: skip


def _or_empty(value: int | None) -> int | str:
    return "" if value is None else value
