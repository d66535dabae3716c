"""Reports: one page for each question, with the same filters; all of it stands in the address."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartqueue.forecast.queries.calibration import alarms
from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import NotFound
from smartqueue.reporting.actions.letters import choose_daily_report, refuse_daily_report
from smartqueue.reporting.queries import Wanted, local_today
from smartqueue.reporting.queries.choices import Choices, choices
from smartqueue.reporting.queries.letters import daily_wish
from smartqueue.reporting.queries.staffing import staffing_advice
from smartqueue.tenants.states import Scope
from smartqueue.web.manage.calibration_words import PROMISES
from smartqueue.web.manage.menu import ManagePage
from smartqueue.web.manage.report_filters import ReportFilters
from smartqueue.web.manage.report_kinds import KINDS, WAITS, Kind, Table, Told
from smartqueue.web.manage.report_measures import MEASURES, NOTHING, Measure
from smartqueue.web.manage.staffing_words import SiteAdvice, told_advice
from smartqueue.web.shared.office import DeedPage

STAFFING, CALIBRATION, GLOSSARY = "staffing", "calibration", "glossary"
MOST_SITES = 3
"""Sites whose advice one page works out, half a second each; for more, one is chosen."""


@dataclass(frozen=True)
class Tab:
    slug: str
    label: str | Promise


TABS = (
    *(Tab(kind.slug, kind.label) for kind in KINDS.values()),
    Tab(STAFFING, _("Staffing advice")),
    Tab(CALIBRATION, _("Promised waits")),
)


@dataclass(frozen=True)
class Cell:
    """A value as a table shows it; `title` where there is none."""

    words: str
    title: str = ""


@dataclass(frozen=True)
class Head:
    """A column: `sort` is what the address names, empty in a short table; `order` is what it is sorted by now."""

    measure: Measure | None
    label: str
    sort: str
    order: str


@dataclass(frozen=True)
class Shown:
    """A table in words."""

    table: Table
    heads: list[Head]
    sums: list[tuple[str, list[Cell]]]
    lines: list[tuple[str, list[Cell]]]


class ReportPage(ManagePage):
    """A page about a period, with the filter bar."""

    needs = Scope.READ_REPORTS
    section = "manage-reports"
    filters: ReportFilters
    offered: Choices

    def narrows(self) -> bool:
        """Whether a queue and a service narrow it."""
        return False

    def ask(self) -> Wanted:
        """Read the filters, and what they can be; inside the scope."""
        self.offered = choices()
        self.filters = ReportFilters(self.request.GET, self.offered, narrows=self.narrows())
        at = now()
        today = local_today(self.tenant.id, at=at, site_id=self.filters.id_of("site"))
        return self.filters.wanted(self.tenant.id, today)

    def frame(self, slug: str, title: Any) -> dict[str, Any]:
        """What every page of reports shows beside its own."""
        return {
            "title": title,
            "tabs": TABS,
            "tab": slug,
            "filters": self.filters,
            "sites": self.offered.sites,
            "wish": daily_wish(self.user_id),
        }


class OneReport(ReportPage):
    """`/{slug}/manage/reports/` (waits) and `…/reports/{report}/`."""

    @cached_property
    def report(self) -> Kind:
        """
        Raises:
            NotFound: there is no such report.
        """
        report = KINDS.get(self.kwargs.get("report", WAITS.slug))
        if report is None:
            raise NotFound
        return report

    def narrows(self) -> bool:
        return self.report.narrows

    def told(self) -> Told:
        """The report as asked for; inside the scope."""
        wanted = self.ask()
        return self.report.tell(wanted, compared=self.filters.is_compared)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with self.scope():
            told = self.told()
            sort = request.GET.get("sort", "")
            more = {
                "kind": self.report,
                "told": told,
                "tables": [shown(table, sort) for table in told.tables],
                "glossary": explained(told),
                "wider": self.filters.wider,
                "alarms": len(alarms(tenant_id=self.tenant.id, at=now())) if self.report is WAITS else 0,
            }
            return self.show("manage/reports.html", self.frame(self.report.slug, self.report.label) | more)


class Staffing(ReportPage):
    """`…/reports/staffing/`: what the last four weeks say about counters, site by site."""

    until: date
    left: int

    def advice(self) -> list[tuple[str, SiteAdvice]]:
        """Sites with their advice; `left` says how many sites were left out. Inside the scope."""
        wanted = self.ask()
        chosen = [one for one in self.offered.sites if wanted.site_id in (None, one.id)]
        today = local_today(self.tenant.id, at=now(), site_id=wanted.site_id)
        self.until, self.left = min(wanted.last, today - timedelta(days=1)), len(chosen) - MOST_SITES
        names = {one.id: one.name for one in self.offered.queues}
        return [
            (
                site.name,
                told_advice(staffing_advice(tenant_id=self.tenant.id, site_id=site.id, until=self.until), names),
            )
            for site in chosen[:MOST_SITES]
        ]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with self.scope():
            more: dict[str, Any] = {"advice": self.advice(), "left": self.left, "until": self.until}
            return self.show("manage/reports_staffing.html", self.frame(STAFFING, gettext("Staffing advice")) | more)


class Glossary(ManagePage):
    """`…/reports/glossary/`: every figure in one sentence."""

    needs = Scope.READ_REPORTS
    section = "manage-reports"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with self.scope():
            told = {"title": gettext("What the figures mean"), "measures": (MEASURES | PROMISES).values()}
            return self.show("manage/reports_glossary.html", told)


class DailyReport(DeedPage, ManagePage):
    """POST `…/reports/daily/`: this member wants the letter of each morning, about all sites or one, or no more."""

    needs = Scope.READ_REPORTS

    def do(self, **kwargs: Any) -> str:
        if "stop" in self.request.POST:
            refuse_daily_report(user_id=self.user_id, actor=self.actor, at=now())
            return gettext("You get no daily report any more.")
        known = {str(one.id): one.id for one in choices().sites}
        choose_daily_report(
            tenant_id=self.tenant.id, user_id=self.user_id, site_id=known.get(self.request.POST.get("site", "")),
            address=self.request.build_absolute_uri(reverse("manage-reports", args=(self.tenant.slug,))),
            actor=self.actor, at=now(),
        )  # fmt: skip
        return gettext("You get the daily report at 7 in the morning.")

    def back(self, **kwargs: Any) -> HttpResponse:
        return self.go("manage-reports")


def shown(table: Table, sort: str) -> Shown:
    """A table in words, ordered as the address says where it is long."""
    key, lines, now_key = sort.lstrip("-"), table.lines, ""
    names = [f"{table.key}.{measure.key}" for measure in table.measures]
    if table.is_long and key in names:
        place, now_key = names.index(key), sort
        known = [line for line in lines if line.values[place] is not None]
        known.sort(key=lambda line: line.values[place], reverse=sort.startswith("-"))
        lines = known + [line for line in lines if line.values[place] is None]
    heads = [
        Head(measure, str(measure.label), name if table.is_long else "", now_key)
        for measure, name in zip(table.measures, names, strict=True)
    ]
    return Shown(replace(table, lines=lines), heads, *(_in_words(table, some) for some in (table.sums, lines)))


def _in_words(table: Table, lines: Sequence[Any]) -> list[tuple[str, list[Cell]]]:
    title = gettext("Nothing was measured")
    found = []
    for line in lines:
        words = [measure.words(value) for measure, value in zip(table.measures, line.values, strict=True)]
        found.append((line.name or gettext("not known"), [Cell(one, title if one == NOTHING else "") for one in words]))
    return found


def explained(told: Told) -> list[Measure]:
    """The figures that a report shows, each once."""
    used = [figure.measure for figure in told.figures]
    used += [measure for table in told.tables for measure in table.measures]
    return [one for one in {measure.key: measure for measure in used}.values() if one.meaning]
