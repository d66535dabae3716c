"""When a site is open and a service offered: the week, single dates, holidays, another week for a while."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import NotFound
from smartqueue.sites.actions import add_exception, remove_exception, set_hours, set_service_hours
from smartqueue.sites.actions.profiles import apply_profile, take_back_profile
from smartqueue.sites.actions.rows import decide_holiday
from smartqueue.sites.models import OpeningException, Service
from smartqueue.sites.queries.office import (
    days_ahead,
    exceptions_from,
    holidays,
    intervals,
    profiles_from,
    row_or_refuse,
)
from smartqueue.web.manage.services import ServicesPage
from smartqueue.web.manage.sites import OneSite
from smartqueue.web.manage.week_form import PRESET_WORDS, DateForm, ProfileForm, WeekForm, copied, preset
from smartqueue.web.shared.office import DeedPage, FormPage

A_YEAR = timedelta(days=400)


class WeekPage(FormPage):
    """A form of a week. `?preset=bank` fills it with a usual one; the button at a day copies its times to the others.

    Neither stores anything: a person looks first, then saves.
    """

    def week(self) -> Any:
        """Rows of hours as they are."""
        raise NotImplementedError

    def form(self, data: Any = None, files: Any = None) -> WeekForm:
        hours = preset(self.request.GET.get("preset"))
        return WeekForm(data, hours=intervals(self.week()) if hours is None else hours)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        day = request.POST.get("copy", "")
        if day not in {"1", "2", "3", "4", "5", "6", "7"}:
            return super().post(request, *args, **kwargs)
        with self.scope():
            self.find()
            return self.again(self.form(copied(request.POST, int(day))), 200)

    def about(self, form: Any) -> dict[str, Any]:
        chosen = self.request.GET.get("preset", "")
        return {"presets": PRESET_WORDS, "chosen": chosen if chosen in PRESET_WORDS else ""}


class Hours(OneSite, WeekPage):
    """`…/sites/{id}/hours/`"""

    template = "manage/ground/hours.html"
    tab = "hours"
    said = _("The week is saved.")

    def week(self) -> Any:
        return self.site.hours.all()

    def save(self, form: Any) -> HttpResponse:
        set_hours(site=self.site, hours=form.hours, actor=self.actor, at=now())
        return self.go("manage-hours", self.site.id)

    def about(self, form: Any) -> dict[str, Any]:
        return super().about(form) | {"title": self.site.name, "days": days_ahead(self.site.id, self.today)}


class ServiceHours(ServicesPage, WeekPage):
    """`…/services/{id}/hours/`: an empty week means whenever the site is open."""

    template = "manage/ground/service_hours.html"
    said = _("The week is saved.")
    service: Service

    def find(self) -> None:
        self.service = row_or_refuse(Service, self.kwargs["id"])

    def week(self) -> Any:
        return self.service.hours.all()

    def save(self, form: Any) -> HttpResponse:
        set_service_hours(service=self.service, hours=form.hours, actor=self.actor, at=now())
        return self.go("manage-service-hours", self.service.id)

    def about(self, form: Any) -> dict[str, Any]:
        back = reverse("manage-service", args=(self.tenant.slug, self.service.id))
        return super().about(form) | {"title": self.service.name, "service": self.service, "back": back}


class Dates(OneSite, FormPage):
    """`…/sites/{id}/dates/`: single dates, holidays, profiles. POST adds a date."""

    template = "manage/ground/dates.html"
    tab = "dates"
    said = _("The day is saved.")

    def form(self, data: Any = None, files: Any = None) -> DateForm:
        return DateForm(data, initial={"date": parse_date(self.request.GET.get("date", "")[:10])})

    def save(self, form: Any) -> HttpResponse:
        add_exception(
            tenant_id=self.tenant.id, site=self.site, actor=self.actor, at=now(), **form.cleaned_data
        )  # fmt: skip
        return self.go("manage-dates", self.site.id)

    def about(self, form: Any) -> dict[str, Any]:
        today = self.today
        return {
            "title": self.site.name,
            "dates": list(exceptions_from(self.site.id, today)[:200]),
            "holidays": holidays(self.site.country, today, today + A_YEAR),
            "profiles": list(profiles_from(self.site.id, today)),
            "days": days_ahead(self.site.id, today),
        }


class DatesDeed(OneSite, DeedPage):
    def back(self, **kwargs: Any) -> HttpResponse:
        return self.go("manage-dates", kwargs["id"])


class DateRemove(DatesDeed):
    def do(self, **kwargs: Any) -> str:
        exception = row_or_refuse(OpeningException, kwargs["row_id"], locked=True, site_id=kwargs["id"])
        remove_exception(exception=exception, actor=self.actor, at=now())
        return gettext("The day is as in the week again.")


class HolidayDecide(DatesDeed):
    """POST `date` and `is_holiday`: yes, no, or empty for what the calendar says. It counts for all sites."""

    WORDS = {"yes": True, "no": False, "": None}

    def do(self, **kwargs: Any) -> str:
        self.find()
        day, word = self.day(), self.request.POST.get("is_holiday", "")
        if day is None or word not in self.WORDS:
            raise NotFound
        name = self.request.POST.get("name", "").strip()[:80]
        decide_holiday(
            tenant_id=self.tenant.id, date=day, is_holiday=self.WORDS[word], name=name, actor=self.actor, at=now()
        )
        return gettext("It counts for all your sites that close on holidays.")

    def day(self) -> date | None:
        try:
            return parse_date(self.request.POST.get("date", "")[:10])
        except ValueError:
            return None


class ProfileNew(OneSite, WeekPage):
    """`…/sites/{id}/profiles/new/`: another week from a first day to a last."""

    template = "manage/ground/profile.html"
    tab = "dates"
    said = _("This week counts on those days.")

    def form(self, data: Any = None, files: Any = None) -> ProfileForm:
        hours = preset(self.request.GET.get("preset"))
        return ProfileForm(data, hours=intervals(self.site.hours.all()) if hours is None else hours)

    def save(self, form: Any) -> HttpResponse:
        given = {name: form.cleaned_data[name] for name in ("name", "first", "last")}
        apply_profile(site=self.site, hours=form.hours, actor=self.actor, at=now(), **given)
        return self.go("manage-dates", self.site.id)

    def about(self, form: Any) -> dict[str, Any]:
        return super().about(form) | {"title": gettext("Another week for a while")}


class ProfileTakeBack(DatesDeed):
    def do(self, **kwargs: Any) -> str:
        profile_id: UUID = kwargs["row_id"]
        profile = take_back_profile(profile_id=profile_id, site_id=kwargs["id"], actor=self.actor, at=now())
        return gettext("{name} is taken back. The ordinary week counts again.").format(name=profile.name)
