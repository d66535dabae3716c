"""When a site is open. The rule itself is SQL (migration 0003), so that the queue engine asks the same one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import connection

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
    horizon = at + LOOK_AHEAD
    spells = _spells(site_id, at)
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
