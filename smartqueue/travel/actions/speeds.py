"""Changing the table of speeds."""

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from smartqueue.journal.actions import add, change, remove
from smartqueue.journal.states import Actor
from smartqueue.kernel.errors import Invalid
from smartqueue.travel.errors import NoSuchLine
from smartqueue.travel.models import TravelLesson, TravelSpeed
from smartqueue.travel.states import HourClass, Mode, Zone
from smartqueue.travel.states.table import Key, Line, delivered

LIMITS = {"speed_kmh": (0.5, 200.0), "overhead_min": (0.0, 240.0), "detour": (1.0, 5.0)}


def known_line(zone: str, mode: str, hours: str) -> Key:
    """Raises: NoSuchLine."""
    try:
        key = (Zone(zone), Mode(mode), HourClass(hours))
    except ValueError:
        raise NoSuchLine from None
    if key not in delivered():
        raise NoSuchLine
    return key


def set_speed(
    *, tenant_id: UUID, zone: str, mode: str, hours: str, line: Line, actor: Actor, at: datetime
) -> TravelSpeed:  # fmt: skip
    """Put the tenant's own values in place of the delivered ones. Inside its scope; of two at once the later counts.

    Raises:
        NoSuchLine: the table has none of this name.
        Invalid: with the fields that cannot be.
    """
    where = dict(zip(("zone", "mode", "hours"), known_line(zone, mode, hours), strict=True))
    values = line._asdict()
    wrong = {
        name: _("From {least} to {most}.").format(least=least, most=most)
        for name, (least, most) in LIMITS.items()
        if not least <= values[name] <= most
    }
    if wrong:
        raise Invalid(**wrong)
    with transaction.atomic():
        take_turns(tenant_id)
        row = TravelSpeed.objects.filter(tenant_id=tenant_id, **where).first()
        if row is None:
            return add(TravelSpeed(tenant_id=tenant_id, **where, **values), actor=actor, at=at)
        return change(row, values, actor=actor, at=at)


def reset_speed(*, tenant_id: UUID, zone: str, mode: str, hours: str, actor: Actor, at: datetime) -> None:
    """Back to what was delivered; nothing happens where it is that already. Inside the tenant's scope.

    Raises:
        NoSuchLine: the table has none of this name.
    """
    where = dict(zip(("zone", "mode", "hours"), known_line(zone, mode, hours), strict=True))
    with transaction.atomic():
        take_turns(tenant_id)
        for row in TravelSpeed.objects.filter(tenant_id=tenant_id, **where):
            remove(row, actor=actor, at=at)


def forget_lessons(*, tenant_id: UUID, zone: str, mode: str, hours: str, actor: Actor, at: datetime) -> None:
    """Begin anew with what trips have shown of a line. Inside the tenant's scope.

    Raises:
        NoSuchLine: the table has none of this name.
    """
    where = dict(zip(("zone", "mode", "hours"), known_line(zone, mode, hours), strict=True))
    with transaction.atomic():
        for row in TravelLesson.objects.select_for_update().filter(tenant_id=tenant_id, **where):
            remove(row, actor=actor, at=at)


def take_turns(tenant_id: UUID) -> None:
    """Of two who make the first row at once, the second changes it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 11))", [str(tenant_id)])
