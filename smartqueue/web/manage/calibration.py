"""Whether the promised waits were true: a page for each week, and the same as a file."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartqueue.forecast.queries.calibration import Calibration, Score, alarms, calibration
from smartqueue.kernel.clock import now
from smartqueue.reporting.queries import Wanted, local_today
from smartqueue.reporting.queries.choices import Choices, choices
from smartqueue.reporting.states import Granularity
from smartqueue.web.manage.calibration_words import alarm_words, told_calibration, verdict, week_name
from smartqueue.web.manage.exports import Saved
from smartqueue.web.manage.report_filters import ReportFilters
from smartqueue.web.manage.report_kinds import Told
from smartqueue.web.manage.reports import CALIBRATION, ReportPage, explained, shown

MOST_WEEKS = 26
TREND = timedelta(weeks=4)
WEEK = timedelta(days=7)


class WeekFilters(ReportFilters):
    """A week, a site, a queue. What cannot be is said beside its field, and this week is shown."""

    week = forms.ChoiceField(label=_("Week"), required=False)
    field_order = ("week", "site", "queue")

    def __init__(self, data: Any, offered: Choices, today: date) -> None:
        super().__init__({"week": str(today - timedelta(days=today.weekday()))} | data, offered)
        for name in set(self.fields) - set(self.field_order):
            del self.fields[name]
        self.this_week = today - timedelta(days=today.weekday())
        mondays = [self.this_week - number * WEEK for number in range(MOST_WEEKS)]
        field: Any = self.fields["week"]
        field.choices = [(str(monday), week_name(monday)) for monday in mondays]

    @property
    def monday(self) -> date:
        self.is_valid()
        chosen = self.cleaned_data.get("week")
        return date.fromisoformat(chosen) if chosen else self.this_week


class CalibrationPage(ReportPage):
    """`/{slug}/manage/reports/calibration/`: promised waits against what happened, one week."""

    filters: WeekFilters

    def ask(self) -> Wanted:
        self.offered = choices()
        self.filters = WeekFilters(self.request.GET.dict(), self.offered, local_today(self.tenant.id, at=now()))
        monday = self.filters.monday
        return Wanted(
            self.tenant.id, monday, monday + WEEK - timedelta(days=1), self.filters.id_of("site"),
            self.filters.id_of("queue"), granularity=Granularity.WEEK,
        )  # fmt: skip

    def measured(self) -> tuple[Wanted, Calibration, dict[date, Score]]:
        """The week, and the five weeks that end with it; inside the scope."""
        wanted = self.ask()
        asked: dict[str, Any] = {"tenant_id": wanted.tenant_id, "site_id": wanted.site_id, "queue_id": wanted.queue_id}
        week = calibration(first=wanted.first, last=wanted.last, **asked)
        weeks = calibration(first=wanted.first - TREND, last=wanted.last, **asked).periods
        return wanted, week, weeks

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with self.scope():
            wanted, week, weeks = self.measured()
            told, sort = told_calibration(wanted, week, weeks), request.GET.get("sort", "")
            more = {
                "told": told,
                "score": week.total,
                "verdict": verdict(week.total) if week.total.scored else None,
                "alarms": [alarm_words(one) for one in alarms(tenant_id=self.tenant.id, at=now())],
                "week_name": week_name(wanted.first),
                "tables": [shown(table, sort) for table in told.tables],
                "glossary": explained(told),
                "earlier": wanted.first - WEEK
                if wanted.first > self.filters.this_week - WEEK * (MOST_WEEKS - 1)
                else "",
                "later": wanted.first + WEEK if wanted.first < self.filters.this_week else "",
            }
            return self.show("manage/calibration.html", self.frame(CALIBRATION, gettext("Promised waits")) | more)


class CalibrationExport(Saved, CalibrationPage):
    """`…/reports/calibration/export/`."""

    def saved(self) -> tuple[str, str, Told]:
        return CALIBRATION, gettext("Promised waits"), told_calibration(*self.measured())
