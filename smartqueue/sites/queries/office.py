"""What the back office asks of places, hours, counters and services."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from smartqueue.kernel.errors import NotFound
from smartqueue.sites.models import (
    Counter,
    Division,
    HolidayOverride,
    HoursProfile,
    OpeningException,
    PublicHoliday,
    Service,
    ServiceCategory,
    Site,
)
from smartqueue.sites.states import Interval
from smartqueue.tenants.models import TenantOwned

Row = TypeVar("Row", bound=TenantOwned)


def row_or_refuse(model: type[Row], row_id: UUID, *, locked: bool = False, **where: Any) -> Row:
    """A row of the tenant in scope.

    Raises:
        NotFound: there is none, or it is another tenant's.
    """
    rows: QuerySet[Row] = model._default_manager.filter(id=row_id, **where)
    row = (rows.select_for_update(of=("self",)) if locked else rows).first()
    if row is None:
        raise NotFound
    return row


def sites_listed(*, search: str = "", region: str = "", is_active: bool | None = None) -> QuerySet[Site]:
    """Sites with their commune and, as `counters`, how many counters are in use.

    Args:
        search: part of name, address, code or commune; accents and case do not count.
        region: code of a region.
    """
    counters = Counter.objects.filter(site_id=OuterRef("id"), is_active=True).order_by().values("site_id")
    sites = Site.objects.select_related("commune__parent__parent").annotate(
        counters=Coalesce(Subquery(counters.annotate(n=Count("id")).values("n")), 0)
    )
    if search:
        sites = sites.filter(
            Q(name__unaccent__icontains=search)
            | Q(address__unaccent__icontains=search)
            | Q(code__icontains=search)
            | Q(commune__name__unaccent__icontains=search)
        )
    if region:
        sites = sites.filter(commune__parent__parent_id=region)
    return sites if is_active is None else sites.filter(is_active=is_active)


def regions() -> list[Division]:
    return list(Division.objects.filter(level=Division.Level.REGION))


def places(region: str = "", departement: str = "") -> tuple[list[Division], list[Division]]:
    """The départements of a region and the communes of a département, or of the whole region; names in order."""
    departements = Division.objects.filter(level=Division.Level.DEPARTEMENT, parent_id=region)
    communes = Division.objects.filter(level=Division.Level.COMMUNE, parent__parent_id=region)
    if departement:
        communes = communes.filter(parent_id=departement)
    return (list(departements), list(communes)) if region else ([], [])


def above(commune: str) -> tuple[str, str]:
    """Codes of a commune's region and département; empty where there is no such commune."""
    found = Division.objects.filter(code=commune, level=Division.Level.COMMUNE).select_related("parent").first()
    if found is None or found.parent is None:
        return "", ""
    return found.parent.parent_id or "", found.parent.code


def communes() -> QuerySet[Division]:
    """All of them, by region, département and name."""
    every = Division.objects.filter(level=Division.Level.COMMUNE).select_related("parent__parent")
    return every.order_by("parent__parent__name", "parent__name", "name", "code")


@dataclass
class Day:
    """One local day of a site.

    Attributes:
        hours: what begins on that day, `(opens, closes)` as local times `08:00`.
        why: `date`, `holiday`, `profile` or `week`: what decided.
        reason: in words, where there are some: of the date, the holiday or the profile.
    """

    date: date
    why: str
    reason: str
    hours: list[tuple[str, str]] = field(default_factory=list)


# The same order of precedence as sites_open_intervals (migration 0006), which gives the hours.
DAYS = """
SELECT d.day, to_char(i.opens_at AT TIME ZONE s.time_zone, 'HH24:MI'),
    to_char(i.closes_at AT TIME ZONE s.time_zone, 'HH24:MI'), e.reason,
    CASE WHEN s.observes_holidays AND coalesce(o.is_holiday, h.name_fr IS NOT NULL)
        THEN coalesce(nullif(o.name, ''), h.name_fr, '') END,
    p.name
FROM sites_site s
CROSS JOIN generate_series(0, %(days)s - 1) AS n
CROSS JOIN LATERAL (SELECT %(first)s::date + n AS day) d
LEFT JOIN LATERAL (
    SELECT string_agg(DISTINCT x.reason, ', ') AS reason FROM sites_openingexception x
    WHERE x.tenant_id = s.tenant_id AND x.site_id = s.id AND x.date = d.day HAVING count(*) > 0
) e ON true
LEFT JOIN sites_holidayoverride o ON o.tenant_id = s.tenant_id AND o.date = d.day
LEFT JOIN LATERAL (
    SELECT x.name_fr FROM sites_publicholiday x WHERE x.country = s.country AND x.date = d.day LIMIT 1
) h ON true
LEFT JOIN sites_hoursprofile p
    ON p.tenant_id = s.tenant_id AND p.site_id = s.id AND d.day BETWEEN p.first AND p.last
LEFT JOIN LATERAL sites_open_intervals(s.id, d.day) i ON true
WHERE s.id = %(site)s
ORDER BY d.day, i.opens_at
"""


def days_ahead(site_id: UUID, first: date, days: int = 7) -> list[Day]:
    """The next local days of a site with their hours and what decided them. One query."""
    with connection.cursor() as cursor:
        cursor.execute(DAYS, {"site": site_id, "first": first, "days": days})
        shown: dict[date, Day] = {}
        for day, opens, closes, exception, holiday, profile in cursor.fetchall():
            told = [("date", exception), ("holiday", holiday), ("profile", profile), ("week", "")]
            why, reason = next(pair for pair in told if pair[1] is not None)
            one = shown.setdefault(day, Day(day, why, reason))
            if opens:
                one.hours.append((opens, closes))
        return list(shown.values())


@dataclass(frozen=True)
class Holiday:
    """A date that is, or was, a day off: by the calendar, by the tenant, or by both."""

    date: date
    name_fr: str
    name_en: str
    is_provisional: bool
    is_holiday: bool
    is_decided: bool


def holidays(country: str, first: date, last: date) -> list[Holiday]:
    """The calendar's holidays and the tenant's word on them, in order of date. Two queries."""
    period = {"date__range": (first, last)}
    words = {one.date: one for one in HolidayOverride.objects.filter(**period)}
    known = {one.date: one for one in PublicHoliday.objects.filter(country=country, **period).order_by("-name_fr")}
    listed = []
    for day in sorted(words.keys() | known.keys()):
        word, calendar = words.get(day), known.get(day)
        own = word.name if word else ""
        listed.append(
            Holiday(
                date=day,
                name_fr=own or (calendar.name_fr if calendar else ""),
                name_en=own or (calendar.name_en if calendar else ""),
                is_provisional=bool(calendar and calendar.provisional and word is None),
                is_holiday=word.is_holiday if word else True,
                is_decided=word is not None,
            )
        )
    return listed


def intervals(rows: Iterable[Any]) -> list[Interval]:
    """Rows of hours as plain values."""
    return sorted(Interval(row.weekday, row.opens, row.closes) for row in rows)


def exceptions_from(site_id: UUID, first: date) -> QuerySet[OpeningException]:
    return OpeningException.objects.filter(site_id=site_id, date__gte=first).order_by("date", "opens", "id")


def profiles_from(site_id: UUID, first: date) -> QuerySet[HoursProfile]:
    """Profiles that are not over on that day, with their hours."""
    return HoursProfile.objects.filter(site_id=site_id, last__gte=first).prefetch_related("hours").order_by("first")


def counters_of(site_id: UUID) -> list[Counter]:
    """By name, numbers in their order: 2 before 10."""
    return sorted(Counter.objects.filter(site_id=site_id), key=lambda counter: _natural(counter.name))


def _natural(name: str) -> list[tuple[int, int, str]]:
    words: list[str] = []
    for sign in name.casefold():
        if words and words[-1][-1].isdecimal() == sign.isdecimal():
            words[-1] += sign
        else:
            words.append(sign)
    return [(0, int(word), "") if word.isdecimal() else (1, 0, word) for word in words]


def services_listed(
    *, search: str = "", category: UUID | None = None, is_active: bool | None = None
) -> QuerySet[Service]:
    """Services with their category.

    Args:
        search: part of name, code or description; accents and case do not count.
    """
    services = Service.objects.select_related("category")
    if search:
        services = services.filter(
            Q(name__unaccent__icontains=search) | Q(code__icontains=search) | Q(description__unaccent__icontains=search)
        )
    if category:
        services = services.filter(category_id=category)
    return services if is_active is None else services.filter(is_active=is_active)


def categories() -> QuerySet[ServiceCategory]:
    """In the order of the screens, with how many services each has, as `services`."""
    services = Service.objects.filter(category_id=OuterRef("id")).order_by().values("category_id")
    counted = Coalesce(Subquery(services.annotate(n=Count("id")).values("n")), 0)
    return ServiceCategory.objects.annotate(services=counted).order_by("position", "name", "id")
