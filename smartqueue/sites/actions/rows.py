"""Plain rows of this room: stored, changed and deleted, with PostgreSQL's refusals in words."""

from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db import IntegrityError, transaction

from smartqueue.journal import actions as journal
from smartqueue.journal.states import Actor
from smartqueue.kernel.refusing import constraint_of, refusing
from smartqueue.sites.errors import (
    CategoryNameTaken,
    CounterInUse,
    CounterNameTaken,
    HolidayDecided,
    RowInUse,
    ServiceCodeTaken,
    ServiceInUse,
    SiteCodeTaken,
    SiteInUse,
)
from smartqueue.sites.models import Counter, HolidayOverride, Service, ServiceCategory, Site
from smartqueue.sites.queries.office import row_or_refuse
from smartqueue.tenants.models import TenantOwned

Row = TypeVar("Row", bound=TenantOwned)
TAKEN: dict[str, Any] = {
    "site_code_once": SiteCodeTaken,
    "counter_name_once": CounterNameTaken,
    "service_code_once": ServiceCodeTaken,
    "service_category_once": CategoryNameTaken,
    "holiday_override_once": HolidayDecided,
}
IN_USE: dict[type[TenantOwned], type[RowInUse]] = {Site: SiteInUse, Counter: CounterInUse, Service: ServiceInUse}
FOREIGN_KEY = "23503"
LOSES_HISTORY = {"agent_serves_at_a_counter", "ticket_version_steps"}
"""What else PostgreSQL says when a row disappears that an agent sits at or a ticket was served at."""
MOST_AT_ONCE = 60


def add_ground(row: Row, *, actor: Actor, at: datetime) -> Row:
    """Store a new site, counter, service, category or holiday.

    Raises:
        Invalid: what must be unique is taken; under the field's name.
    """
    with refusing(**TAKEN):
        return journal.add(row, actor=actor, at=at)


def change_ground(model: type[Row], row_id: UUID, values: dict[str, Any], *, actor: Actor, at: datetime) -> Row:
    """Store what differs. Two at once take turns.

    Raises:
        NotFound: there is no such row in scope.
        Invalid: what must be unique is taken; under the field's name.
    """
    with transaction.atomic(), refusing(**TAKEN):
        row = row_or_refuse(model, row_id, locked=True)
        return journal.change(row, values, actor=actor, at=at)


def remove_ground(model: type[Row], row_id: UUID, *, actor: Actor, at: datetime) -> Row:
    """Delete a row that nothing needs any more.

    Raises:
        NotFound: there is no such row in scope.
        RowInUse: PostgreSQL refuses, because queues, people or tickets refer to it.
    """
    try:
        with transaction.atomic():
            row = row_or_refuse(model, row_id, locked=True)
            journal.remove(row, actor=actor, at=at)
    except IntegrityError as error:
        if getattr(error.__cause__, "sqlstate", "") == FOREIGN_KEY or constraint_of(error) in LOSES_HISTORY:
            raise IN_USE.get(model, RowInUse) from error
        raise
    return row


def add_counters(*, site_id: UUID, word: str, first: int, last: int, actor: Actor, at: datetime) -> list[Counter]:
    """Add `Guichet 1` to `Guichet 8` in one go; those that are there already stay as they are.

    Args:
        word: what stands before the number.
        first: and `last`: at most 60 numbers.

    Raises:
        NotFound: there is no such site in scope.
    """
    with transaction.atomic():
        site = row_or_refuse(Site, site_id, locked=True)
        wanted = [f"{word} {number}" for number in range(first, min(last, first + MOST_AT_ONCE - 1) + 1)]
        there = set(Counter.objects.filter(site=site, name__in=wanted).values_list("name", flat=True))
        return [
            add_ground(Counter(tenant_id=site.tenant_id, site=site, name=name), actor=actor, at=at)
            for name in wanted
            if name not in there
        ]


def move_category(*, category_id: UUID, up: bool, actor: Actor, at: datetime) -> None:
    """Let a category change places with its neighbour; at the end of the list nothing happens. Two at once take turns.

    Raises:
        NotFound: there is no such category in scope.
    """
    with transaction.atomic():
        moved = row_or_refuse(ServiceCategory, category_id)
        rows = list(ServiceCategory.objects.select_for_update().filter(tenant_id=moved.tenant_id).order_by("id"))
        rows.sort(key=lambda row: (row.position, row.name, row.id))
        place = next((n for n, row in enumerate(rows) if row.id == category_id), 0)
        other = place - 1 if up else place + 1
        if 0 <= other < len(rows):
            rows[place], rows[other] = rows[other], rows[place]
        for position, row in enumerate(rows):
            journal.change(row, {"position": position}, actor=actor, at=at)


def decide_holiday(
    *, tenant_id: UUID, date: Any, is_holiday: bool | None, name: str = "", actor: Actor, at: datetime
) -> None:
    """Say whether a date is a holiday here, whatever the calendar says; None leaves it to the calendar again.

    Raises:
        Invalid: somebody else has decided the same date at this very moment.
    """
    with transaction.atomic():
        row = HolidayOverride.objects.select_for_update().filter(tenant_id=tenant_id, date=date).first()
        if is_holiday is None:
            if row is not None:
                journal.remove(row, actor=actor, at=at)
        elif row is not None:
            journal.change(row, {"is_holiday": is_holiday, "name": name}, actor=actor, at=at)
        else:
            override = HolidayOverride(tenant_id=tenant_id, date=date, is_holiday=is_holiday, name=name)
            add_ground(override, actor=actor, at=at)
