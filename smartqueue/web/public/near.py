"""`/{slug}/near/`: where am I served first."""

from typing import Any, NamedTuple

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control
from django.utils.functional import cached_property
from django.utils.translation import gettext

from smartqueue.forecast.queries.nearest import (
    Choice,
    Start,
    served_first,
    services_to_come_for,
    start_of,
    starts_named,
)
from smartqueue.kernel.clock import now
from smartqueue.sites.queries import Opening, openings
from smartqueue.travel.queries.ways import modes_offered
from smartqueue.travel.states import Mode, Point
from smartqueue.web.public.sites import PER_PAGE, point_of
from smartqueue.web.shared.pages import TenantPage
from smartqueue.web.shared.templatetags.look import HOUR, length


def span(low_s: int | None, high_s: int | None) -> str:
    """Two bounds as people read them at a glance: `20–26 min`, `50 min – 1 h 10`; nothing unless both are known."""
    if low_s is None or high_s is None:
        return ""
    low, high = low_s // 60, max(1, -(-high_s // 60))
    if low < 1:
        return f"< {length(high)}"
    if low >= high:
        return length(high)
    return f"{length(low)} – {length(high)}" if high > HOUR else gettext("{low}–{high} min").format(low=low, high=high)


class Row(NamedTuple):
    """One site as the page shows it."""

    choice: Choice
    opening: Opening
    served: str
    travel: str
    wait: str


def row_of(one: Choice, opening: Opening) -> Row:
    wait = span(one.wait.middle, one.wait.high) if one.wait else ""
    return Row(one, opening, span(one.served_s, one.served_high_s), span(one.travel_s, one.travel_high_s), wait)


class NearestFirst(TenantPage):
    """A form of three questions, all optional, and the sites in the order in which one is served there.

    The start is a commune by name, or the position on touch, to about a kilometre; neither is stored.
    """

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        at = now()
        with self.scope():
            modes, services = modes_offered(None), services_to_come_for()
            mode = next((one for one in modes if one == request.GET.get("mode")), Mode.TRANSIT)
            service = next((one for one in services if str(one[0]) == request.GET.get("service")), None)
            found = served_first(at=at, origin=self.origin, mode=mode, service_id=service[0] if service else None)
            shown = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
            hours = openings([one.line.site_id for one in shown], at)
            context: dict[str, Any] = {
                "rows": [row_of(one, hours[one.line.site_id]) for one in shown],
                "shown": shown,
                "modes": modes,
                "mode": mode,
                "services": services,
                "service": service,
                "origin": self.origin,
                "position": self.position,
                "start": self.start,
                "others": self.starts[1:] if not self.position else [],
                "words": self.words,
                "lost": bool(self.words) and self.origin is None,
                "at": at,
            }
            response = self.show("public/near.html", context)
        patch_cache_control(response, private=True, no_store=True)
        return response

    @cached_property
    def words(self) -> str:
        return self.request.GET.get("from", "").strip()[:60].replace("\0", "")

    @cached_property
    def position(self) -> Point | None:
        written = point_of(self.request.GET.get("near", ""))
        return Point(*written) if written else None

    @cached_property
    def starts(self) -> list[Start]:
        """Places that fit, the likeliest first: of a code, where one of several was chosen, else by name."""
        if self.position:
            return []
        chosen = start_of(self.request.GET.get("place", "").replace("\0", ""))
        if chosen and (not self.words or chosen.name == self.words):
            return [chosen]
        return starts_named(self.words)

    @property
    def start(self) -> Start | None:
        return self.starts[0] if self.starts else None

    @property
    def origin(self) -> Point | None:
        return self.position or (self.start.point if self.start else None)
