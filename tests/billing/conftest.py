"""One month of one tenant, as the platform sees it."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from tests.cast import NINE

MARCH = date(2026, 3, 1)


@pytest.fixture
def usage_of() -> Callable[..., Any]:
    """The row of a tenant's month, or None."""
    from smartqueue.billing.models import MonthUsage

    return lambda tenant, month=MARCH: (
        MonthUsage.objects.using("platform").filter(tenant_id=tenant.id, month=month).select_related("plan").first()
    )


@pytest.fixture
def count(bank: Any) -> Callable[..., int]:
    from smartqueue.billing.actions import count_usage

    return lambda at=NINE, tenants=None: count_usage(at=at, tenant_ids=[one.id for one in tenants or [bank]])


@pytest.fixture
def old_bank(bank: Any) -> Any:
    """The bank as if it had been there since the year's beginning."""
    type(bank).objects.using("platform").filter(id=bank.id).update(created_at=NINE.replace(month=1))
    bank.refresh_from_db()
    return bank


@pytest.fixture
def small_plan() -> Any:
    """Terms with a quota of two tickets, as a row keeps them."""
    return {"price_xof": 1000, "tickets": 2, "messages": 0, "sites": 1, "agents": None, "ticket_price_xof": 15,
            "message_price_xof": 35}  # fmt: skip
