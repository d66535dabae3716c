"""Somebody who waits elsewhere: fixtures for tests of the room and of the surfaces."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from tests.cast import NINE

PLATEAU = (14.6690, -17.4380)
"""The Dakar branch; `AWAY` is 5.6 km from it, `NEAR` 70 m."""
AWAY = (14.7190, -17.4440)
NEAR = (14.6695, -17.4384)


@pytest.fixture
def mapped(bank: Any, site: Any) -> Any:
    """The site with its point on the map."""
    from smartqueue.tenants.scope import in_tenant

    site.latitude, site.longitude = PLATEAU
    with in_tenant(bank.id):
        site.save()
    return site


@pytest.fixture
def plan(bank: Any) -> Callable[..., None]:
    """`plan(ticket_id, minutes=20)`, or with `minutes=None` somebody who lets us see where they are."""
    from smartqueue.forecast.actions.journeys import plan_journey
    from smartqueue.journal.states import SYSTEM
    from smartqueue.tenants.scope import in_tenant

    def make(ticket_id: UUID, *, minutes: int | None = 20, mode: str = "transport", at: datetime = NINE) -> None:
        with in_tenant(bank.id):
            plan_journey(
                ticket_id=ticket_id, mode=mode, minutes=minutes, agrees=minutes is None, actor=SYSTEM, at=at
            )  # fmt: skip

    return make


@pytest.fixture
def be_at(bank: Any) -> Callable[..., bool]:
    """`be_at(ticket_id, AWAY)`: the phone says where it is."""
    from smartqueue.forecast.actions.journeys import move
    from smartqueue.tenants.scope import in_tenant
    from smartqueue.travel.states import Point

    def say(ticket_id: UUID, place: tuple[float, float], *, at: datetime = NINE, **options: Any) -> bool:
        with in_tenant(bank.id):
            return move(ticket_id=ticket_id, point=Point(*place), at=at, **options)

    return say


@pytest.fixture
def look(bank: Any) -> Callable[[datetime], int]:
    """The clock comes by for this bank."""
    from smartqueue.forecast.actions.leaving import watch_tenant

    return lambda at: watch_tenant(tenant_id=bank.id, at=at)


@pytest.fixture
def journey(bank: Any) -> Callable[[UUID], Any]:
    """The row as it is now, or None."""
    from smartqueue.forecast.models import Journey
    from smartqueue.tenants.scope import in_tenant

    def get(ticket_id: UUID) -> Any:
        with in_tenant(bank.id):
            return Journey.objects.filter(ticket_id=ticket_id).first()

    return get


@pytest.fixture
def told(bank: Any) -> Callable[[UUID], list[Any]]:
    """What was found out about leaving, oldest first."""
    from smartqueue.journal.models import Entry
    from smartqueue.tenants.scope import in_tenant

    def read(ticket_id: UUID) -> list[Any]:
        with in_tenant(bank.id):
            return list(Entry.objects.filter(object_id=ticket_id, fact="ticket.leave_now").order_by("id"))

    return read


@pytest.fixture
def hear(bank: Any) -> Callable[[str], int]:
    """`hear("ticket.checked_in")`: hand this bank's facts of that name to who hears them, as the relay does.

    Handlers are asked directly and for this tenant alone: the relay would take other tests' facts along.
    """
    from smartqueue.config.wiring import LATER
    from smartqueue.journal.models import Entry
    from smartqueue.tenants.scope import in_tenant

    def run(fact: str) -> int:
        with in_tenant(bank.id):
            entries = list(Entry.objects.filter(fact=fact).order_by("id"))
        for entry in entries:
            for handler in LATER[fact]:
                with in_tenant(bank.id):
                    handler(entry)
        return len(entries)

    return run
