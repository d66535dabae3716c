"""Where somebody is served first: the way there, and the wait of whoever joins now.

A ticket may be taken at once and from anywhere, so one waits while one travels: the longer of the two counts.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Case, Exists, OuterRef, Q, Value, When

from smartqueue.queueing.models import Queue
from smartqueue.queueing.queries.outlook import NOTHING, Wait, waits_of
from smartqueue.queueing.queries.public import FOR_EVERYBODY
from smartqueue.queueing.states import QueueStatus
from smartqueue.sites.models import Division, Service
from smartqueue.travel.queries.ways import roads
from smartqueue.travel.states import Point, TravelTime


class Line(NamedTuple):
    """A queue that takes tickets now, and its site.

    Attributes:
        waiting: people in line.
    """

    site_id: UUID
    code: str
    name: str
    address: str
    commune: str | None
    time_zone: str
    latitude: float | None
    longitude: float | None
    queue_id: UUID
    queue: str
    service: str
    waiting: int


@dataclass(frozen=True, slots=True)
class Choice:
    """A line, and when one is served there.

    Attributes:
        quality: of the wait, `EtaQuality`.
        wait: of whoever joins now; None where nothing may be claimed.
        way: None without a start, or where the site has no point.
    """

    line: Line
    quality: str
    wait: Wait | None
    way: TravelTime | None

    @property
    def travel_s(self) -> int | None:
        """In the middle of cases."""
        return None if self.way is None else round(self.way.minutes * 60)

    @property
    def travel_high_s(self) -> int | None:
        """In eight cases of ten it is not more."""
        return None if self.way is None else round(self.way.p80_minutes * 60)

    @property
    def served_s(self) -> int | None:
        """Seconds from now, in the middle of cases; None where the wait is not known."""
        return None if self.wait is None else max(self.wait.middle, self.travel_s or 0)

    @property
    def served_high_s(self) -> int | None:
        """The late end: of the wait in nine cases of ten, of the way in eight."""
        return None if self.wait is None else max(self.wait.high, self.travel_high_s or 0)

    @property
    def distance_m(self) -> int | None:
        """Along the way."""
        return None if self.way is None else round(self.way.distance_km * 1000)

    @property
    def travels_longer(self) -> bool:
        """The call may come before one is there."""
        return self.wait is not None and self.travel_s is not None and self.wait.middle < self.travel_s

    def rank(self, *, with_way: bool) -> tuple[bool, bool, int, int, str, str]:
        """The least is served first; what is not known comes after what is.

        Args:
            with_way: somebody has said where they start.
        """
        soonest = self.served_s if self.wait is not None else self.travel_s
        far = with_way and self.way is None
        return self.wait is None, far, soonest or 0, self.line.waiting, self.line.name, self.line.queue


# A site's hours are asked once; a service's once per queue, and only where it has hours of its own.
LINES = """
WITH open_sites AS MATERIALIZED (
    SELECT s.* FROM sites_site s WHERE s.is_active AND sites_is_open(s.id, NULL, %(at)s)
)
SELECT s.id, s.code, s.name, s.address, d.name, s.time_zone, s.latitude, s.longitude, q.id, q.name, v.name,
    waiting.people
FROM open_sites s
JOIN queueing_queue q ON q.tenant_id = s.tenant_id AND q.site_id = s.id
JOIN sites_service v ON v.tenant_id = q.tenant_id AND v.id = q.service_id
LEFT JOIN sites_division d ON d.code = s.commune_id
CROSS JOIN LATERAL (
    SELECT count(*) AS people FROM queueing_ticket t WHERE t.queue_id = q.id AND t.status = 'waiting'
) waiting
WHERE q.is_active AND q.status = %(open)s AND v.is_active AND q.kind = ANY (%(kinds)s)
    AND (%(service)s::uuid IS NULL OR q.service_id = %(service)s)
    AND (q.capacity IS NULL OR waiting.people < q.capacity)
    AND (NOT EXISTS (SELECT FROM sites_servicehours h WHERE h.tenant_id = q.tenant_id AND h.service_id = q.service_id)
        OR sites_is_open(s.id, q.service_id, %(at)s))
ORDER BY s.id, q.id
"""


def served_first(
    *, at: datetime, origin: Point | None = None, mode: str = "", service_id: UUID | None = None
) -> list[Choice]:
    """The tenant's sites that take tickets now, each with its best queue; the one that serves first comes first.

    Two queries, with a start five, for any number of sites; and one question to a routing engine, where the tenant has
    one. In the tenant's scope, without locked rows.

    Args:
        origin: where somebody starts; None to go by the wait alone.
        mode: how they come, one of `Mode`; only with a start.
        service_id: what they come for; None for anything.
    """
    with connection.cursor() as cursor:
        asked = {"at": at, "service": service_id, "kinds": list(FOR_EVERYBODY), "open": QueueStatus.OPEN}
        cursor.execute(LINES, asked)
        lines = [Line(*row) for row in cursor.fetchall()]
    waits = waits_of([line.queue_id for line in lines])
    ways = _ways(lines, origin, mode, at) if origin and lines else {}
    choices = []
    for line in lines:
        known = waits.get(line.queue_id, NOTHING)
        choices.append(Choice(line, known.quality, known.at(line.waiting + 1), ways.get(line.site_id)))
    return _best(choices, with_way=origin is not None)


def _best(choices: Sequence[Choice], *, with_way: bool) -> list[Choice]:
    """One of each site, in order; `choices` stand together by site."""

    def rank(choice: Choice) -> tuple[bool, bool, int, int, str, str]:
        return choice.rank(with_way=with_way)

    best = [min(of_site, key=rank) for _id, of_site in groupby(choices, key=lambda one: one.line.site_id)]
    return sorted(best, key=rank)


def _ways(lines: Sequence[Line], origin: Point, mode: str, at: datetime) -> dict[UUID, TravelTime]:
    """Site → the way there; the sites of one time zone are one question."""
    points: dict[str, dict[UUID, Point]] = {}
    for line in lines:
        if line.latitude is not None and line.longitude is not None:
            points.setdefault(line.time_zone, {})[line.site_id] = Point(line.latitude, line.longitude)
    known = roads()
    found: dict[UUID, TravelTime] = {}
    for zone, sites in points.items():
        times = known.ways(origin=origin, destinations=list(sites.values()), mode=mode, at=at, time_zone=zone)
        found |= dict(zip(sites, times, strict=True))
    return found


class Start(NamedTuple):
    """A place that somebody may start from."""

    code: str
    name: str
    above: str
    point: Point


MOST_STARTS = 6


def starts_named(words: str) -> list[Start]:
    """Communes and départements of that name, the likeliest first; accents and case do not count. One query.

    A commune whose centre is not known has its département's.
    """
    wanted = " ".join(words.replace("-", " ").split())[:60]
    if not wanted:
        return []
    pattern = r"(^|[ -])" + r"[ -]".join(re.escape(word) for word in wanted.split())
    found = (
        Division.objects.filter(Q(name__unaccent__iregex=pattern), level__in=("commune", "departement"))
        .select_related("parent")
        .annotate(
            fit=Case(
                When(name__unaccent__iexact=wanted, then=Value(0)),
                When(name__unaccent__istartswith=wanted, then=Value(1)),
                default=Value(2),
            )
        )
        .order_by("fit", "level", "name", "code")
    )
    return [start for one in found[: 2 * MOST_STARTS] if (start := _start(one))][:MOST_STARTS]


def start_of(code: str) -> Start | None:
    """The place of this code; None where there is none, or none with a point."""
    one = Division.objects.select_related("parent").filter(code=code[:60]).first() if code else None
    return _start(one) if one else None


def _start(one: Division) -> Start | None:
    for known in (one, one.parent):
        if known is not None and known.latitude is not None and known.longitude is not None:
            above = one.parent.name if one.parent else ""
            return Start(one.code, one.name, above, Point(known.latitude, known.longitude))
    return None


def services_to_come_for() -> list[tuple[UUID, str]]:
    """Services that anybody may take a ticket for somewhere, by name. One query."""
    here = Queue.objects.filter(
        service_id=OuterRef("id"), is_active=True, site__is_active=True, kind__in=FOR_EVERYBODY
    )  # fmt: skip
    return list(Service.objects.filter(Exists(here), is_active=True).order_by("name", "id").values_list("id", "name"))
