"""A week of opening hours as a form: seven days, several intervals each, no script needed."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartqueue.kernel.errors import Invalid
from smartqueue.sites.states import PRESETS, Interval, must_be_apart
from smartqueue.web.manage.forms import Labelled

DAYS = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))
PRESET_WORDS = {
    "bank": _("Bank, with a break on Friday"),
    "administration": _("Administration"),
    "hospital": _("Hospital"),
    "around_the_clock": _("Around the clock"),
}
LEAST, MOST = 2, 10
"""Rows of two times that a day shows: one more than it needs, within these bounds."""


def preset(name: str | None) -> list[Interval] | None:
    """A usual week by its name; None for a name that is none."""
    return list(PRESETS[name]) if name in PRESETS else None


def field_name(weekday: int, row: int, end: str) -> str:
    return f"day{weekday}-{row}-{end}"


class WeekForm(Labelled):
    """`hours` are shown; what is sent back is judged day by day, so that an error stands on its day."""

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, hours: Sequence[Interval] = (), **options: Any
    ) -> None:
        super().__init__(data, **options)
        self.rows: dict[int, int] = {}
        for weekday in range(1, 8):
            known = [one for one in hours if one.weekday == weekday]
            sent = [row for row in range(MOST) if data and field_name(weekday, row, "opens") in data]
            self.rows[weekday] = min(MOST, max(LEAST, len(known) + 1, 1 + max(sent, default=0)))
            for row in range(self.rows[weekday]):
                shown = known[row] if row < len(known) else None
                self._offer(weekday, row, "opens", gettext("opens"), shown and shown.opens)
                self._offer(weekday, row, "closes", gettext("closes"), shown and shown.closes)

    def _offer(self, weekday: int, row: int, end: str, words: str, shown: Any) -> None:
        widget = forms.TimeInput(
            format="%H:%M", attrs={"type": "time", "aria-label": f"{DAYS[weekday - 1]}, {row + 1}: {words}"}
        )
        self.fields[field_name(weekday, row, end)] = forms.TimeField(
            required=False, initial=shown, widget=widget, label=words,
            error_messages={"invalid": _("Write a time as 08:30.")},
        )  # fmt: skip

    @property
    def days(self) -> list[dict[str, Any]]:
        """What the template draws: the day's number, its name, its pairs of fields, its errors."""
        return [
            {
                "number": weekday,
                "name": DAYS[weekday - 1],
                "pairs": [self._pair(weekday, row) for row in range(self.rows[weekday])],
                "errors": [
                    wrong
                    for row in range(self.rows[weekday])
                    for one in self._pair(weekday, row)
                    for wrong in one.errors
                ],
            }
            for weekday in range(1, 8)
        ]

    def _pair(self, weekday: int, row: int) -> tuple[forms.BoundField, forms.BoundField]:
        return self[field_name(weekday, row, "opens")], self[field_name(weekday, row, "closes")]

    def clean(self) -> dict[str, Any]:
        self.hours: list[Interval] = []
        for weekday in range(1, 8):
            self._judge(weekday)
        return self.cleaned_data

    def _judge(self, weekday: int) -> None:
        intervals = []
        for row in range(self.rows[weekday]):
            names = field_name(weekday, row, "opens"), field_name(weekday, row, "closes")
            if any(name in self.errors for name in names):
                continue
            opens, closes = (self.cleaned_data.get(name) for name in names)
            if (opens is None) != (closes is None):
                self.add_error(names[opens is not None], gettext("Give both times, or neither."))
            elif opens is not None and closes is not None:
                intervals.append(Interval(weekday, opens, closes))
        try:
            must_be_apart(intervals)
        except Invalid as refusal:
            self.add_error(field_name(weekday, 0, "opens"), refusal.facts["errors"]["hours"][0]["message"])
        self.hours += intervals


def copied(data: Mapping[str, Any], weekday: int) -> dict[str, Any]:
    """What was typed, with one day's times on all the others."""
    kept = {name: value for name, value in data.items() if not name.startswith("day")}
    for other in range(1, 8):
        for row in range(MOST):
            for end in ("opens", "closes"):
                if (value := data.get(field_name(weekday, row, end))) is not None:
                    kept[field_name(other, row, end)] = value
    return kept


class ProfileForm(WeekForm):
    """Another week, and from when to when it counts."""

    field_order = ("name", "first", "last")

    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("For example: Ramadan 2027."))
    first = forms.DateField(label=_("First day"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    last = forms.DateField(label=_("Last day"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))


class DateForm(Labelled):
    """One date that is unlike its weekday."""

    date = forms.DateField(label=_("Date"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    opens = forms.TimeField(
        label=_("Opens"), required=False, widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        help_text=_("Leave both times empty for a closed day."),
    )  # fmt: skip
    closes = forms.TimeField(
        label=_("Closes"), required=False, widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=120, required=False, help_text=_("For example: Stocktaking. Colleagues see it.")
    )

    def clean(self) -> dict[str, Any]:
        if not {"opens", "closes"} & self.errors.keys():
            opens, closes = self.cleaned_data.get("opens"), self.cleaned_data.get("closes")
            if (opens is None) != (closes is None):
                self.add_error("closes" if opens else "opens", gettext("Give both times, or neither for a closed day."))
        return self.cleaned_data
