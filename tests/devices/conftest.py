"""Devices of the bank, and how one comes to be paired."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from tests.cast import NINE, Person


@dataclass
class Paired:
    """A device that holds its token."""

    id: UUID
    token: str


@pytest.fixture
def claim(bank: Any, site: Any, moussa: Person) -> Callable[..., Any]:
    """Moussa types a code, for the bank's site."""
    from smartqueue.devices import actions
    from smartqueue.tenants.scope import in_tenant

    def do(code: str, at: datetime = NINE, *, person: Person = moussa, place: Any = None, **options: Any) -> Any:
        with in_tenant(person.tenant.id):
            return actions.claim(
                **{"code": code, "tenant_id": person.tenant.id, "site_id": (place or site).id, "name": "Hall",
                   "actor": person.actor, "at": at} | options
            )  # fmt: skip

    return do


@pytest.fixture
def pair(claim: Callable[..., Any]) -> Callable[..., Paired]:
    """The whole way: a code, a claim, the token."""
    from smartqueue.devices import actions

    def do(kind: str = "display", at: datetime = NINE, **options: Any) -> Paired:
        code, secret = actions.begin_pairing(kind=kind, address=None, at=at)
        device = claim(code, at, **options)
        token = actions.collect(secret=secret, at=at)
        assert token
        return Paired(device.id, token)

    return do


@pytest.fixture
def device_row(bank: Any) -> Callable[[UUID], Any]:
    """The row as it is now."""
    from smartqueue.devices.models import Device
    from smartqueue.tenants.scope import in_tenant

    def get(device_id: UUID) -> Any:
        with in_tenant(bank.id):
            return Device.objects.get(id=device_id)

    return get


@pytest.fixture
def facts(bank: Any) -> Callable[[UUID], list[str]]:
    """Names of the facts about a device, oldest first."""
    from smartqueue.journal.models import Entry
    from smartqueue.tenants.scope import in_tenant

    def get(device_id: UUID) -> list[str]:
        with in_tenant(bank.id):
            entries = Entry.objects.filter(object_type="device", object_id=device_id)
            return list(entries.order_by("id").values_list("fact", flat=True))

    return get
