"""Sites: the list, one site with what it lacks for its first ticket, its form."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartqueue.devices.queries import all_devices
from smartqueue.kernel.clock import now
from smartqueue.queueing.queries.setup import queues_listed, readiness
from smartqueue.sites.actions.rows import add_ground, change_ground, remove_ground
from smartqueue.sites.models import Site
from smartqueue.sites.queries import opening, openings
from smartqueue.sites.queries.office import above, counters_of, days_ahead, places, regions, row_or_refuse, sites_listed
from smartqueue.tenants.states import Scope
from smartqueue.web.manage.drafts import Drafting, waiting
from smartqueue.web.manage.menu import ManagePage
from smartqueue.web.manage.site_forms import SiteFilters, SiteForm, shown_site
from smartqueue.web.shared.office import Column, DeedPage, FormPage, ListPage

USE = {"": None, "on": True, "off": False}
"""What the filter `state` means."""


class SitesPage(ManagePage):
    needs = Scope.MANAGE_SETTINGS
    section = "manage-sites"


class Sites(SitesPage, ListPage):
    """`/{slug}/manage/sites/`: the first page of an administrator."""

    template = "manage/ground/sites.html"
    filters = SiteFilters
    sorts = {"name": ("name", "id"), "code": ("code", "id"), "counters": ("counters", "name", "id")}
    columns = (
        Column("name", _("Site")),
        Column("code", _("Code")),
        Column("", _("Commune")),
        Column("counters", _("Counters"), right=True),
        Column("", _("Now")),
    )

    def rows(self, wanted: dict[str, Any]) -> Any:
        return sites_listed(
            search=wanted.get("q", ""), region=wanted.get("region", ""), is_active=USE[wanted.get("state", "")]
        )

    def about(self, rows: Any) -> dict[str, Any]:
        ids = [site.id for site in rows]
        return {"openings": openings(ids, now()), "ready": readiness(ids), "waiting": waiting("site")}


class OneSite(SitesPage):
    """A page about the site in the address.

    Attributes:
        site: found by `find`.
        tab: which of the site's pages this is.
    """

    site: Site
    tab = "site"

    def find(self) -> None:
        self.site = row_or_refuse(Site, self.kwargs["id"])

    def show(self, template: str, context: dict[str, Any] | None = None, *, status: int = 200) -> HttpResponse:
        return super().show(template, {"site": self.site, "tab": self.tab} | (context or {}), status=status)

    @property
    def today(self) -> date:
        return local_day(self.site, now())


def local_day(site: Site, at: datetime) -> date:
    """The date at the site."""
    return at.astimezone(ZoneInfo(site.time_zone)).date()


class SitePage(OneSite):
    """`…/sites/{id}/`: what there is, and what is missing."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with self.scope():
            self.find()
            id, at = self.site.id, now()
            told = {
                "ready": readiness([id])[id],
                "opening": opening(id, at),
                "days": days_ahead(id, self.today),
                "counters": counters_of(id),
                "queues": list(queues_listed(site=id).order_by("name", "id")),
                "devices": list(all_devices().filter(site_id=id)),
            }
            return self.show("manage/ground/site.html", told)


class SiteNew(SitesPage, FormPage):
    """`…/sites/new/`"""

    template = "manage/ground/site_form.html"
    said = _("The site is there. Now tell us when it is open.")

    def form(self, data: Any = None, files: Any = None) -> SiteForm:
        return SiteForm(data, initial={"time_zone": self.tenant.time_zone})

    def save(self, form: Any) -> HttpResponse:
        site = add_ground(Site(tenant_id=self.tenant.id, **form.values()), actor=self.actor, at=now())
        return self.go("manage-site", site.id)

    def about(self, form: Any) -> dict[str, Any]:
        return {"title": gettext("New site"), "fieldsets": _fieldsets(form)}


class SiteEdit(Drafting, OneSite, FormPage):
    """`…/sites/{id}/edit/`: published at once, or kept as a draft where the public sees it."""

    template = "manage/ground/site_form.html"
    tab = "edit"
    said = ""
    drafted_kind = "site"

    def form(self, data: Any = None, files: Any = None) -> SiteForm:
        return SiteForm(data, initial=shown_site(self.as_drafted(self.site)))

    def save(self, form: Any) -> HttpResponse:
        id = self.site.id
        self.keep_or_publish(
            id, form.values(), lambda values: change_ground(Site, id, values, actor=self.actor, at=now())
        )
        return self.go("manage-site-edit", id) if "draft" in self.request.POST else self.go("manage-site", id)

    def about(self, form: Any) -> dict[str, Any]:
        hint = gettext("A draft keeps name, address, point, phone and e-mail. The rest is saved at once.")
        return {
            "title": self.site.name, "fieldsets": _fieldsets(form), "note": self.noted(self.site.id),
            "draft_hint": hint,
        }  # fmt: skip


def _fieldsets(form: SiteForm) -> list[Any]:
    names = {
        _("What it is"): ("name", "code", "is_active"),
        _("How to reach it"): ("phone", "email"),
        _("Time"): ("time_zone", "observes_holidays"),
    }
    return [(title, [form[name] for name in fields]) for title, fields in names.items()]


class Places(SitesPage):
    """A fragment: region, département and commune, each list cut down by the choice before."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        asked = {
            name: request.GET.get(name, "")[:60].replace("\0", "") for name in ("region", "departement", "commune")
        }
        with self.scope():
            if asked["commune"] and not asked["region"]:
                asked["region"], asked["departement"] = above(asked["commune"])
            departements, communes = places(asked["region"], asked["departement"])
            if asked["departement"] and asked["departement"] not in {one.code for one in departements}:
                asked["departement"] = ""
                departements, communes = places(asked["region"])
            return self.show(
                "manage/ground/places.html",
                asked | {"regions": regions(), "departements": departements, "communes": communes},
            )


class SiteSwitch(SitesPage, DeedPage):
    """POST `…/switch/`: closed down, or opened again."""

    def do(self, **kwargs: Any) -> str:
        is_active = self.request.POST.get("is_active") == "1"
        site = change_ground(Site, kwargs["id"], {"is_active": is_active}, actor=self.actor, at=now())
        said = gettext("{name} is in use again.") if is_active else gettext("{name} is closed down.")
        return said.format(name=site.name)

    def back(self, **kwargs: Any) -> HttpResponse:
        return self.go("manage-site", kwargs["id"])


class SiteDelete(SitesPage, DeedPage):
    """POST `…/delete/`: for good, where nothing refers to it."""

    is_gone = False

    def do(self, **kwargs: Any) -> str:
        site = remove_ground(Site, kwargs["id"], actor=self.actor, at=now())
        self.is_gone = True
        return gettext("{name} is deleted.").format(name=site.name)

    def back(self, **kwargs: Any) -> HttpResponse:
        return self.go("manage-sites") if self.is_gone else self.go("manage-site", kwargs["id"])
