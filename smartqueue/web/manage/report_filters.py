"""What a report is asked for: everything stands in the address, and goes along from report to report."""

from calendar import monthrange
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartqueue.reporting.queries import Wanted
from smartqueue.reporting.queries.choices import Choices
from smartqueue.reporting.states import Granularity

LONGEST = timedelta(days=3 * 366)
OWN, USUAL, NOTHING = "own", "7", "none"
PERIODS = [
    ("today", _("Today")),
    ("yesterday", _("Yesterday")),
    (USUAL, _("7 days")),
    ("30", _("30 days")),
    ("month", _("This month")),
    ("last-month", _("Last month")),
    (OWN, _("Own dates")),
]
WIDER = {"today": USUAL, "yesterday": USUAL, USUAL: "30", "month": "30", "30": "last-month"}
"""What an empty period offers instead."""


def _day(label: Any) -> forms.DateField:
    """A day of this century: a report of the year 1 has nothing to say."""
    widget = forms.DateInput(attrs={"type": "date", "min": "2000-01-01", "max": "2100-12-31"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, required=False)


class ReportFilters(forms.Form):
    """One bar for all reports. What cannot be is said beside its field, and the usual period is shown."""

    period = forms.ChoiceField(label=_("Period"), choices=PERIODS, required=False)
    first = _day(_("From"))
    last = _day(_("Until"))
    site = forms.ChoiceField(label=_("Site"), required=False)
    queue = forms.ChoiceField(label=_("Queue"), required=False)
    service = forms.ChoiceField(label=_("Service"), required=False)
    by = forms.ChoiceField(label=_("Day, week or month"), choices=Granularity.choices, required=False)
    compare = forms.ChoiceField(
        label=_("Compare with"), choices=[("before", _("the period before")), (NOTHING, _("nothing"))], required=False
    )

    def __init__(self, data: Any, offered: Choices, *, narrows: bool = True) -> None:
        data = data.copy()
        data.setdefault("period", OWN if data.get("first") and data.get("last") else USUAL)
        data.setdefault("by", Granularity.DAY.value)
        super().__init__(data, label_suffix="", auto_id="filter-%s")
        everything = [("site", offered.sites, _("All sites")), ("queue", offered.queues, _("All queues")),
                      ("service", offered.services, _("All services"))]  # fmt: skip
        for name, known, nothing in everything:
            field: Any = self.fields[name]
            field.choices = [("", nothing), *((str(one.id), one.name) for one in known)]
        if not narrows:
            del self.fields["queue"], self.fields["service"]
        if len(offered.sites) < 2:
            del self.fields["site"]

    def clean(self) -> dict[str, Any]:
        """
        Raises:
            ValidationError: the dates are no period.
        """
        cleaned: dict[str, Any] = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        if cleaned.get("period") != OWN:
            return cleaned
        for name, day in (("first", first), ("last", last)):
            if day is None and name not in self.errors:
                self.add_error(name, gettext("Give a day."))
            elif day and not 2000 <= day.year <= 2100:
                self.add_error(name, gettext("Give a day between 2000 and 2100."))
        if first and last and first > last:
            self.add_error("first", gettext("The first day is after the last one."))
        elif first and last and last - first > LONGEST:
            self.add_error("first", gettext("Ask for three years at most."))
        return cleaned

    def id_of(self, name: str) -> UUID | None:
        """What it is narrowed to; what is not offered narrows nothing."""
        self.is_valid()
        found = self.cleaned_data.get(name)
        return UUID(found) if found else None

    def wanted(self, tenant_id: UUID, today: date) -> Wanted:
        """
        Args:
            today: the local date of the site, or of the tenant.
        """
        is_valid = self.is_valid()
        known = self.cleaned_data
        period = known.get("period") or USUAL
        first, last = self._dates(period if is_valid or period != OWN else USUAL, today)
        return Wanted(
            tenant_id=tenant_id, first=first, last=last, site_id=self.id_of("site"), queue_id=self.id_of("queue"),
            service_id=self.id_of("service"), granularity=Granularity(known.get("by") or Granularity.DAY),
        )  # fmt: skip

    def _dates(self, period: str, today: date) -> tuple[date, date]:
        if period == OWN:
            return self.cleaned_data["first"], self.cleaned_data["last"]
        if period == "yesterday":
            return (today - timedelta(days=1),) * 2
        if period == "month":
            return today.replace(day=1), today
        if period == "last-month":
            last = today.replace(day=1) - timedelta(days=1)
            return last.replace(day=1), last.replace(day=monthrange(last.year, last.month)[1])
        return today - timedelta(days={"30": 29, USUAL: 6}.get(period, 0)), today

    @property
    def is_compared(self) -> bool:
        self.is_valid()
        return self.cleaned_data.get("compare") != NOTHING

    @property
    def wider(self) -> str:
        """The period to offer when this one is empty; '' when there is no wider one."""
        self.is_valid()
        return WIDER.get(self.cleaned_data.get("period") or USUAL, "")

    def words(self, wanted: Wanted) -> list[tuple[str, str]]:
        """Name and value of all that narrows, for the head of a file."""
        dates = f"{date_format(wanted.first, 'j F Y')} – {date_format(wanted.last, 'j F Y')}"
        said = [(gettext("Period"), dates)]
        for name in ("site", "queue", "service"):
            if name in self.fields:
                field: Any = self.fields[name]
                chosen = str(self.id_of(name) or "")
                said.append((str(field.label), str(dict(field.choices)[chosen])))
        return said
