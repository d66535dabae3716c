"""Endpoints of the bank, facts for them, and a clock that can be moved."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import override_settings

from tests.cast import NINE
from tests.webhooks.receiver import Receiver, receiving

LATER = NINE + timedelta(hours=1)


@pytest.fixture(autouse=True)
def developers_machine() -> Iterator[None]:
    with override_settings(OUTBOUND_LOOPBACK=True):
        yield


@pytest.fixture
def receive() -> Iterator[Callable[..., Receiver]]:
    """`receive(answer=…)`: a receiver that ends with the test."""
    with ExitStack() as running:
        yield lambda *words: running.enter_context(receiving(*words))


@pytest.fixture
def add(bank: Any, moussa: Any) -> Callable[..., Any]:
    """`add(url, *facts) -> endpoint, secret`."""
    from smartqueue.tenants.scope import in_tenant
    from smartqueue.webhooks.actions.endpoints import add_endpoint

    def make(url: str, *facts: str, tenant: Any = None) -> Any:
        tenant = tenant or bank
        with in_tenant(tenant.id):
            return add_endpoint(
                tenant_id=tenant.id, url=url, facts=facts, description="Caisse", actor=moussa.actor, at=NINE
            )

    return make


def hand_over(tenant_id: UUID) -> None:
    """What the relay does with this tenant's facts, and with nobody else's: the rows of deliveries."""
    from smartqueue.journal.actions.relay import _run_once
    from smartqueue.journal.models import Entry
    from smartqueue.tenants.scope import in_tenant
    from smartqueue.webhooks.handlers import queue_deliveries
    from smartqueue.webhooks.states import FACTS

    with in_tenant(tenant_id):
        entries = list(Entry.objects.filter(tenant_id=tenant_id, fact__in=list(FACTS)).order_by("id"))
        if entries:
            _run_once(entries, {fact: [queue_deliveries] for fact in FACTS})


@pytest.fixture
def handed_over(bank: Any) -> Callable[[], None]:
    return lambda: hand_over(bank.id)


def deliver(at: datetime, tenant_id: UUID, *, failing: bool | None = None) -> int:
    """Everything of one tenant that is due at this instant, one after another, in this thread; returns the tries.

    Other tests' deliveries are due too: those are given back untouched.
    """
    from smartqueue.webhooks.actions.delivering import claim, knock, note
    from smartqueue.webhooks.models import Delivery

    tries = 0
    while True:
        mine = []
        for lane in (False, True) if failing is None else (failing,):
            for attempt in claim(at=at, most=500, failing=lane):
                if attempt.tenant_id == tenant_id:
                    mine.append(attempt)
                else:
                    rows = Delivery.objects.using("platform").filter(id=attempt.delivery_id)
                    row = rows.get()
                    rows.update(leased_until=None, tries=row.tries - 1)
        if not mine:
            return tries
        for attempt in mine:
            note(attempt, knock(attempt, at=at), at=at)
            tries += 1


@pytest.fixture
def log(bank: Any) -> Callable[..., list[Any]]:
    """`log(endpoint)`: its deliveries, oldest fact first."""
    from smartqueue.tenants.scope import in_tenant
    from smartqueue.webhooks.models import Delivery

    def rows(endpoint: Any) -> list[Any]:
        with in_tenant(endpoint.tenant_id):
            return list(Delivery.objects.filter(endpoint=endpoint).order_by("entry_id"))

    return rows


@pytest.fixture
def again() -> Callable[[Any], Any]:
    """`again(row)`: as it is now."""
    from smartqueue.tenants.scope import in_tenant

    def get(row: Any) -> Any:
        with in_tenant(row.tenant_id):
            return type(row).objects.get(id=row.id)

    return get
