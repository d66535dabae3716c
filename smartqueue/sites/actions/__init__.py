"""Changing when a site is open and a service offered. Plain rows (sites, counters, services) need no more than
`journal.add`, `change` and `remove`."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from django.db import transaction

from smartqueue.journal import actions as journal
from smartqueue.journal.states import Actor, AuditKind
from smartqueue.kernel.refusing import refusing
from smartqueue.sites.errors import HoursOverlap
from smartqueue.sites.models import OpeningException, OpeningHours, Service, ServiceHours, Site
from smartqueue.sites.states import Interval, must_be_apart


def set_hours(*, site: Site, hours: Sequence[Interval], actor: Actor, at: datetime) -> list[OpeningHours]:
    """Replace a site's week in one go; an empty one means never open.

    Two at once take turns, and the later one's week stands. The same week again writes nothing.

    Args:
        site: of the scope's tenant.
        hours: local time, several intervals a day if need be; see also `states.PRESETS`.

    Raises:
        Invalid: a weekday that does not exist, or two intervals of a day overlap.
    """
    with transaction.atomic():
        Site.objects.select_for_update().get(tenant_id=site.tenant_id, id=site.id)
        return _replace_week(OpeningHours, "site", site, hours, actor=actor, at=at)


def set_service_hours(*, service: Service, hours: Sequence[Interval], actor: Actor, at: datetime) -> list[ServiceHours]:
    """Replace the hours in which a service is offered; none means whenever the site is open.

    Raises:
        Invalid: a weekday that does not exist, or two intervals of a day overlap.
    """
    with transaction.atomic():
        Service.objects.select_for_update().get(tenant_id=service.tenant_id, id=service.id)
        return _replace_week(ServiceHours, "service", service, hours, actor=actor, at=at)


def _replace_week(
    model: type[Any], owner_name: str, owner: Site | Service, hours: Sequence[Interval], *, actor: Actor, at: datetime
) -> list[Any]:
    must_be_apart(hours)
    present = model.objects.filter(tenant_id=owner.tenant_id, **{f"{owner_name}_id": owner.id})
    rows: list[Any] = list(present)
    before = sorted(Interval(row.weekday, row.opens, row.closes) for row in rows)
    after = sorted(hours)
    if before == after:
        return rows
    present.delete()
    rows = model.objects.bulk_create(
        model(
            tenant_id=owner.tenant_id,
            weekday=interval.weekday,
            opens=interval.opens,
            closes=interval.closes,
            **{f"{owner_name}_id": owner.id},
        )
        for interval in after
    )
    journal.record(
        f"{owner_name}.hours_changed",
        kind=AuditKind.UPDATE,
        tenant_id=owner.tenant_id,
        object_type=owner_name,
        object_id=owner.id,
        actor=actor,
        at=at,
        before={"hours": [_plain(interval) for interval in before]},
        after={"hours": [_plain(interval) for interval in after]},
    )
    return rows


def _plain(interval: Interval) -> dict[str, Any]:
    return {
        "weekday": interval.weekday,
        "opens": interval.opens.isoformat(),
        "closes": interval.closes.isoformat(),
    }


def add_exception(
    *,
    tenant_id: UUID,
    site: Site,
    date: date,
    opens: time | None = None,
    closes: time | None = None,
    reason: str = "",
    actor: Actor,
    at: datetime,
) -> OpeningException:
    """Add one interval of one date, which then replaces the weekly hours and any holiday; without times: closed.

    Raises:
        HoursOverlap: the date is already closed, or has hours that overlap.
    """
    exception = OpeningException(tenant_id=tenant_id, site=site, date=date, opens=opens, closes=closes, reason=reason)
    with refusing(opening_exception_apart=HoursOverlap, opening_exception_once=HoursOverlap):
        return journal.add(exception, actor=actor, at=at)


def remove_exception(*, exception: OpeningException, actor: Actor, at: datetime) -> None:
    """Take an interval of a date back; with the last one the weekly hours count again."""
    journal.remove(exception, actor=actor, at=at)
