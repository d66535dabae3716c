"""Ways to the sites: the table of speeds, what check-ins have shown, and who computes."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartqueue.forecast.queries.nearest import Start, starts_named
from smartqueue.kernel.clock import now
from smartqueue.sites.models import Site
from smartqueue.sites.queries import public_sites
from smartqueue.tenants.states import Scope
from smartqueue.travel.actions.rules import save_travel_rules
from smartqueue.travel.actions.speeds import forget_lessons, known_line, reset_speed, set_speed
from smartqueue.travel.queries.speeds import SpeedRow, speed_row, speed_rows, travel_rules
from smartqueue.travel.queries.ways import modes_offered, roads
from smartqueue.travel.states import USUAL_MODES, Engine, HourClass, Mode, Point, TravelTime, Zone
from smartqueue.travel.states.table import Line
from smartqueue.web.manage.menu import ManagePage
from smartqueue.web.manage.travel_forms import RulesForm, SampleForm, SpeedForm
from smartqueue.web.shared.office import Column, DeedPage, FormPage

HOURS = {
    Zone.DAKAR: {
        HourClass.NIGHT: "21–6", HourClass.SHOULDER: "6–7, 20–21", HourClass.AM_PEAK: "7–10",
        HourClass.LATE_MORNING: "10–13", HourClass.AFTERNOON: "13–17", HourClass.PM_PEAK: "17–20",
    },
    Zone.TOWN: {HourClass.OFFPEAK: "20–7, 10–17", HourClass.PEAK: "7–10, 17–20"},
    Zone.INTERURBAN: {HourClass.ALL: "0–24"},
}  # fmt: skip
"""The hours of a working day."""


class ModeRow(NamedTuple):
    """One row of the table: a mode and its speeds, by hours.

    Attributes:
        is_offered: whether customers may choose it here.
    """

    mode: Mode
    cells: list[SpeedRow]
    is_offered: bool


class TravelPage(ManagePage):
    needs = Scope.MANAGE_SETTINGS
    section = "manage-travel"


class Sample(NamedTuple):
    """A way that was tried.

    Attributes:
        fell_back: an engine should have answered and the table did.
    """

    start: Start
    site: Site
    time: TravelTime
    fell_back: bool

    @property
    def low_min(self) -> int:
        return math.floor(self.time.minutes)

    @property
    def high_min(self) -> int:
        return math.ceil(self.time.p80_minutes)


class Travel(TravelPage):
    """`/{slug}/manage/travel/?zone=`: one zone's table, the rules, and a way to try them with."""

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        with self.scope():
            return self.page(None)

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Try a way, as a customer would be told now. Nothing is written."""
        with self.scope():
            return self.page(request.POST)

    def page(self, asked: Any) -> HttpResponse:
        zone = next((one for one in Zone if one == self.request.GET.get("zone")), Zone.DAKAR)
        rules, rows = travel_rules(), [row for row in speed_rows() if row.zone == zone]
        sites = [site for site in public_sites() if site.latitude is not None]
        form = SampleForm(sites, modes_offered(None), asked)
        sample = self.sample(form, sites) if asked is not None and form.is_valid() else None
        shown = {
            "title": gettext("Ways to your sites"),
            "zones": [(one, one == zone) for one in Zone],
            "zone": zone,
            "columns": [Column("", _("How")), *(Column("", one.label) for one in HOURS[zone])],
            "hours": list(HOURS[zone].values()),
            "modes": _by_mode(rows),
            "rules": rules,
            "form": form,
            "sites": sites,
            "sample": sample,
        }
        return self.show("manage/travel.html", shown, status=200 if asked is None or sample else 400)

    def sample(self, form: SampleForm, sites: Sequence[Site]) -> Sample | None:
        """The way that the form asks for; None, with a word at the field, where its start is unknown."""
        start = next(iter(starts_named(form.cleaned_data["start"])), None)
        if start is None:
            form.add_error("start", _("We know no commune of this name."))
            return None
        site = next(site for site in sites if site.id == form.cleaned_data["site"])
        there = Point(site.latitude or 0.0, site.longitude or 0.0)
        known, mode = roads(), form.cleaned_data["mode"]
        (time,) = known.ways(
            origin=start.point, destinations=[there], mode=mode, at=now(), time_zone=site.time_zone, fresh=True
        )
        return Sample(start, site, time, fell_back=known.rules.engine not in (Engine.TABLE, time.source))


def _by_mode(rows: Sequence[SpeedRow]) -> list[ModeRow]:
    cells: dict[Mode, list[SpeedRow]] = {}
    for row in rows:
        cells.setdefault(row.mode, []).append(row)
    return [ModeRow(mode, line, mode in USUAL_MODES or any(one.is_own for one in line)) for mode, line in cells.items()]


class OneSpeed(TravelPage, FormPage):
    """`…/travel/{zone}/{mode}/{hours}/`"""

    template = "manage/travel_speed.html"
    said = _("Saved. It counts from now on.")

    def find(self) -> None:
        self.row = speed_row(*known_line(*(self.kwargs[name] for name in ("zone", "mode", "hours"))))

    def form(self, data: Any = None, files: Any = None) -> SpeedForm:
        return SpeedForm(data, initial=self.row.line._asdict())

    def save(self, form: SpeedForm) -> HttpResponse:
        row = self.row
        set_speed(
            tenant_id=self.tenant.id, zone=row.zone, mode=row.mode, hours=row.hours, line=Line(**form.cleaned_data),
            actor=self.actor, at=now(),
        )  # fmt: skip
        return back_to(self, row.zone)

    def about(self, form: SpeedForm) -> dict[str, Any]:
        row = self.row
        return {
            "title": f"{row.mode.label}: {row.hours.label}",
            "lead": f"{row.zone.label} · {HOURS[row.zone][row.hours]} h",
            "back": f"{reverse('manage-travel', args=(self.tenant.slug,))}?zone={row.zone}",
            "row": row,
        }


def back_to(page: TravelPage, zone: str) -> HttpResponse:
    answer = page.go("manage-travel")
    answer["Location"] += f"?zone={zone}"
    return answer


class _SpeedDeed(TravelPage, DeedPage):
    """Something done with one line."""

    def back(self, **kwargs: Any) -> HttpResponse:
        return back_to(self, kwargs["zone"])

    @property
    def what(self) -> dict[str, Any]:
        which = {name: self.kwargs[name] for name in ("zone", "mode", "hours")}
        return which | {"tenant_id": self.tenant.id, "actor": self.actor, "at": now()}


class ResetSpeed(_SpeedDeed):
    def do(self, **kwargs: Any) -> str:
        reset_speed(**self.what)
        return gettext("The line is as it was delivered.")


class ForgetLessons(_SpeedDeed):
    def do(self, **kwargs: Any) -> str:
        forget_lessons(**self.what)
        return gettext("Forgotten. The next trips teach it anew.")


class TravelRulesPage(TravelPage, FormPage):
    """`…/travel/rules/`"""

    def form(self, data: Any = None, files: Any = None) -> RulesForm:
        rules = travel_rules()
        return RulesForm(data, initial={name: getattr(rules, name) for name in RulesForm.base_fields})

    def save(self, form: RulesForm) -> HttpResponse:
        save_travel_rules(tenant_id=self.tenant.id, values=form.cleaned_data, actor=self.actor, at=now())
        return self.go("manage-travel")

    def about(self, form: RulesForm) -> dict[str, Any]:
        return {
            "title": gettext("Travel rules"),
            "back": reverse("manage-travel", args=(self.tenant.slug,)),
            "fieldsets": [
                (_("Who is on the way"), [form["margin_min"], form["near_m"]]),
                (_("How long it takes"), [form["engine"], form["engine_url"]]),
            ],
        }
