"""Which sites there are, and when they are open: that rule is SQL (migration 0003), so that the queue engine asks the
same one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import F, IntegerField, Q, QuerySet, Value
from django.db.models.functions import ASin, Cos, Radians, Round, Sin, Sqrt

from smartqueue.sites.models import Site

LOOK_AHEAD = timedelta(days=14)


@dataclass(frozen=True)
class Spell:
    """A stretch of time in which a site is open; `closes_at` is the first instant after it."""

    opens_at: datetime
    closes_at: datetime


@dataclass(frozen=True)
class Opening:
    """A site at one instant.

    Attributes:
        closes_at: end of the present spell; None when closed, or when it stays open for the next 14 days.
        next_opening: when it opens again, within 14 days, else None.
    """

    is_open: bool
    closes_at: datetime | None
    next_opening: datetime | None


def is_open(site_id: UUID, at: datetime, service_id: UUID | None = None) -> bool:
    """Is the site open at that instant, and the service offered then? Inside the tenant's scope."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sites_is_open(%s, %s, %s)", [site_id, service_id, at])
        row = cursor.fetchone()
    return bool(row and row[0])


def open_intervals(site_id: UUID, day: date) -> list[Spell]:
    """The intervals that begin on a local day of the site, in order; the last may end on the next day."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT opens_at, closes_at FROM sites_open_intervals(%s, %s)", [site_id, day])
        return [Spell(*row) for row in cursor.fetchall()]


def next_opening(site_id: UUID, at: datetime) -> datetime | None:
    """When the site opens next after `at`, within 14 days, or None."""
    return opening(site_id, at).next_opening


def closes_at(site_id: UUID, at: datetime) -> datetime | None:
    """When the present spell ends; None when the site is closed, or stays open for the next 14 days."""
    return opening(site_id, at).closes_at


def opening(site_id: UUID, at: datetime) -> Opening:
    """All three answers in one round trip."""
    return _opening(_spells(site_id, at), at, at + LOOK_AHEAD)


def _opening(spells: list[Spell], at: datetime, horizon: datetime) -> Opening:
    present = next((spell for spell in spells if spell.opens_at <= at < spell.closes_at), None)
    return Opening(
        is_open=present is not None,
        closes_at=present.closes_at if present and present.closes_at <= horizon else None,
        next_opening=next((spell.opens_at for spell in spells if at < spell.opens_at <= horizon), None),
    )


def _spells(site_id: UUID, at: datetime) -> list[Spell]:
    """From the local day before `at` until past the horizon, as spells: intervals that touch are one."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT i.opens_at, i.closes_at
            FROM sites_site s
            CROSS JOIN generate_series(-1, %s) AS n
            CROSS JOIN LATERAL sites_open_intervals(s.id, (%s AT TIME ZONE s.time_zone)::date + n) i
            WHERE s.id = %s AND s.is_active
            ORDER BY 1
            """,
            [LOOK_AHEAD.days + 1, at, site_id],
        )
        return joined(Spell(*row) for row in cursor.fetchall())


def joined(spells: Iterable[Spell]) -> list[Spell]:
    """Spells in order of opening, with those that touch or overlap made one."""
    whole: list[Spell] = []
    for spell in spells:
        if whole and spell.opens_at <= whole[-1].closes_at:
            whole[-1] = Spell(whole[-1].opens_at, max(whole[-1].closes_at, spell.closes_at))
        else:
            whole.append(spell)
    return whole


def openings(site_ids: Sequence[UUID], at: datetime) -> dict[UUID, Opening]:
    """`opening` of many sites in one round trip, but looking only a week ahead: 200 sites in a list."""
    days = 7
    horizon = at + timedelta(days=days)
    spells: dict[UUID, list[Spell]] = {site_id: [] for site_id in site_ids}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT s.id, i.opens_at, i.closes_at
            FROM sites_site s
            CROSS JOIN generate_series(-1, %s) AS n
            CROSS JOIN LATERAL sites_open_intervals(s.id, (%s AT TIME ZONE s.time_zone)::date + n) i
            WHERE s.id = ANY (%s) AND s.is_active
            ORDER BY 1, 2
            """,
            [days, at, list(site_ids)],
        )
        for site_id, *times in cursor.fetchall():
            spells[site_id].append(Spell(*times))
    return {site_id: _opening(joined(known), at, horizon) for site_id, known in spells.items()}


def next_offers(site_id: UUID, service_ids: Sequence[UUID], at: datetime) -> dict[UUID, datetime]:
    """When each of these services is offered next at the site, after `at` and within a week; absent: not in a week.

    A service begins when the site opens or when its own hours begin, whichever of these finds both open.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT v.id, min(begin.at)
            FROM sites_site s
            CROSS JOIN unnest(%(services)s::uuid[]) AS v(id)
            CROSS JOIN generate_series(0, 7) AS n
            CROSS JOIN LATERAL (SELECT (%(at)s AT TIME ZONE s.time_zone)::date + n AS day) d
            CROSS JOIN LATERAL (
                SELECT i.opens_at AS at FROM sites_open_intervals(s.id, d.day) i
                UNION
                SELECT (d.day + h.opens) AT TIME ZONE s.time_zone FROM sites_servicehours h
                WHERE h.service_id = v.id AND h.weekday = extract(isodow FROM d.day)
            ) begin
            WHERE s.id = %(site)s AND begin.at > %(at)s AND sites_is_open(s.id, v.id, begin.at)
            GROUP BY v.id
            """,
            {"site": site_id, "services": list(service_ids), "at": at},
        )
        return dict(cursor.fetchall())


def public_sites(*, search: str = "", near: tuple[float, float] | None = None) -> QuerySet[Site]:
    """Active sites of the tenant in scope, by name, or the nearest first; those without a point come last.

    Args:
        search: part of the name, address, commune or code; accents and case do not count.
        near: latitude and longitude in degrees. Each row then has its `distance_m`, None without a point.
    """
    sites = Site.objects.filter(is_active=True).select_related("commune")
    if search:
        places = Q(name__unaccent__icontains=search) | Q(address__unaccent__icontains=search)
        sites = sites.filter(places | Q(commune__name__unaccent__icontains=search) | Q(code__iexact=search))
    if near is None:
        return sites.order_by("name", "id")
    return sites.annotate(distance_m=_distance_m(*near)).order_by(F("distance_m").asc(nulls_last=True), "name", "id")


def site_by_code(code: str) -> Site | None:
    """An active site of the tenant in scope."""
    return Site.objects.filter(code=code, is_active=True).select_related("commune").first()


def _distance_m(latitude: float, longitude: float) -> Round:
    """Great-circle distance in metres (haversine), on a sphere with the Earth's mean radius of 6,371,009 m."""
    up = Sin(Radians(F("latitude") - Value(latitude)) / 2.0)
    across = Sin(Radians(F("longitude") - Value(longitude)) / 2.0)
    chord = up * up + Cos(Radians(F("latitude"))) * Cos(Radians(Value(latitude))) * across * across
    return Round(2 * 6_371_009.0 * ASin(Sqrt(chord)), output_field=IntegerField())
