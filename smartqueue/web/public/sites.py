"""`/{slug}/`: the sites of an organisation; `/{slug}/sites/{code}/`: a site and its lines."""

import math
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.cache import patch_cache_control

from smartqueue.forecast.queries.closing import closing_risks
from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import NotFound, RuleBroken
from smartqueue.queueing.queries.public import held_tickets, public_lines
from smartqueue.sites.models import Site
from smartqueue.sites.queries import next_offers, opening, openings, public_sites, site_by_code
from smartqueue.web.public.codes import token_behind
from smartqueue.web.public.home import told_to_wait
from smartqueue.web.public.memory import recall, remember
from smartqueue.web.shared.pages import TenantPage

PER_PAGE = 25


def point_of(written: str) -> tuple[float, float] | None:
    """Latitude and longitude of `14.71,-17.44`; None for anything else."""
    try:
        latitude, longitude = (float(part) for part in written[:40].split(","))
    except ValueError:
        return None
    on_earth = math.isfinite(latitude) and abs(latitude) <= 90 and abs(longitude) <= 180
    return (latitude, longitude) if on_earth else None


class Sites(TenantPage):
    """The list, searched or by distance; and the field for a code. A position is read, never stored."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        return self.list_sites()

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        """A short code."""
        try:
            address = request.META.get("REMOTE_ADDR", "")
            token = token_behind(request.POST.get("code", ""), tenant_id=self.tenant.id, address=address, at=now())
        except RuleBroken as refusal:
            return told_to_wait(self.list_sites(refusal=refusal, status=refusal.status), refusal)
        return redirect("ticket", token=token)

    def list_sites(self, *, refusal: RuleBroken | None = None, status: int = 200) -> HttpResponse:
        sought = self.request.GET.get("q", "").strip()[:80].replace("\0", "")
        near = point_of(self.request.GET.get("near", ""))
        at = now()
        with self.scope():
            found = Paginator(public_sites(search=sought, near=near), PER_PAGE)
            shown = found.get_page(self.request.GET.get("page"))
            hours = openings([site.id for site in shown], at)
            context = {
                "rows": [(site, hours[site.id]) for site in shown],
                "shown": shown,
                "sought": sought,
                "near": near,
                "at": at,
                "refusal": refusal,
            }
            return self.show("public/sites.html", context, status=status)


class SitePage(TenantPage):
    """A site: its hours, its lines, and the form that takes a ticket."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, slug: str, code: str) -> HttpResponse:
        return self.show_site()

    def site_or_refuse(self) -> Site:
        """Inside the scope.

        Raises:
            NotFound: there is none, it is closed down, or it is another tenant's.
        """
        site = site_by_code(self.kwargs["code"].replace("\0", ""))
        if site is None:
            raise NotFound
        return site

    def show_site(self, *, refusal: RuleBroken | None = None) -> HttpResponse:
        """The page; with a refusal and what was typed, where there is one."""
        at, memory, asked = now(), recall(self.request), self.request.POST or self.request.GET
        with self.scope():
            site = self.site_or_refuse()
            lines = public_lines(site.id, at=at)
            shut = [line.service_id for line in lines if not line.offered]
            offers = next_offers(site.id, shut, at) if shut else {}
            late = closing_risks([line.id for line in lines if line.eta_seconds is not None], at=at)
            context: dict[str, Any] = {
                "site": site,
                "opening": opening(site.id, at),
                "at": at,
                "rows": [(line, offers.get(line.service_id), late.get(line.id)) for line in lines],
                "takes": [line for line in lines if line.takes_tickets],
                "chosen": chosen(asked.get("queue", ""), [str(line.id) for line in lines if line.takes_tickets]),
                "held": held_tickets(memory.tokens) if memory.tokens else [],
                "key": memory.key,
                "refusal": refusal,
                "wrong": refusal.facts.get("errors", {}) if refusal else {},
                "phone": asked.get("phone", "")[:30],
            }
            response = self.show("public/site.html", context, status=refusal.status if refusal else 200)
        remember(response, memory)
        patch_cache_control(response, private=True, no_store=True)
        return told_to_wait(response, refusal) if refusal else response


def chosen(wanted: str, possible: list[str]) -> str:
    """The queue whose radio button is set: the one that was asked for, or the only one."""
    if wanted in possible:
        return wanted
    return possible[0] if len(possible) == 1 else ""
