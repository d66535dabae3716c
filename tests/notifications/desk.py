"""What tests of sending stand on: messages that wait, accounts that are connected, and what became of it all."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from smartqueue.kernel.ids import uuid7
from tests.sandbox import SandboxAccount


@dataclass
class Desk:
    """One tenant's messages."""

    tenant: Any

    def write(self, n: int = 1, *, at: datetime, channel: str = "sms", **fields: Any) -> list[UUID]:
        """So many messages that wait, each to a number of its own."""
        from smartqueue.notifications.models import Notification
        from smartqueue.tenants.scope import in_tenant

        usual = {
            "tenant_id": self.tenant.id, "kind": "queue_news", "channel": channel, "language": "fr", "created_at": at,
            "due_at": at, "expires_at": at + timedelta(minutes=30),
        }  # fmt: skip
        made = []
        for number in range(n):
            words = f"Nouvelle {number} de {uuid4().hex[:8]}"
            own = {"id": uuid7(), "cause": f"test:{uuid4().hex}", "address": f"+22177{number:07}", "body": words}
            made.append(Notification(**own | usual | fields))
        with in_tenant(self.tenant.id):
            rows = Notification.objects.bulk_create(made)
        return [row.id for row in rows]

    def connect(self, account: SandboxAccount, provider: str, *, at: datetime, **used: Any) -> Any:
        """Connect an account of the sandbox."""
        from smartqueue.journal.states import SYSTEM
        from smartqueue.notifications.actions.integrations import keep_integration
        from smartqueue.tenants.scope import in_tenant

        with in_tenant(self.tenant.id):
            return keep_integration(
                tenant_id=self.tenant.id, provider=provider, values={**account.settings, **used},
                secrets=account.secrets, actor=SYSTEM, at=at,
            )  # fmt: skip

    def rows(self) -> list[Any]:
        from smartqueue.notifications.models import Notification
        from smartqueue.tenants.scope import in_tenant

        with in_tenant(self.tenant.id):
            return list(Notification.objects.order_by("id"))

    def row(self, notification_id: UUID) -> Any:
        (found,) = [row for row in self.rows() if row.id == notification_id]
        return found

    def integration(self, provider: str) -> Any:
        from smartqueue.notifications.models import Integration
        from smartqueue.tenants.scope import in_tenant

        with in_tenant(self.tenant.id):
            return Integration.objects.get(provider=provider)

    def change(self, provider: str, **values: Any) -> None:
        from smartqueue.notifications.models import Integration
        from smartqueue.tenants.scope import in_tenant

        with in_tenant(self.tenant.id):
            Integration.objects.filter(provider=provider).update(**values)

    def rules(self, **values: Any) -> None:
        from smartqueue.notifications.models import MessageRules
        from smartqueue.tenants.scope import in_tenant

        with in_tenant(self.tenant.id):
            MessageRules.objects.update_or_create(tenant_id=self.tenant.id, defaults=values)

    def spent(self) -> Any:
        """The one month that there is; None before anything was spent."""
        from smartqueue.notifications.models import MonthSpend
        from smartqueue.tenants.scope import in_tenant

        with in_tenant(self.tenant.id):
            return MonthSpend.objects.first()

    def facts(self, fact: str) -> list[Any]:
        from smartqueue.journal.models import Entry
        from smartqueue.tenants.scope import in_tenant

        with in_tenant(self.tenant.id):
            return list(Entry.objects.filter(fact=fact).order_by("id"))


@pytest.fixture
def make_desk(make_tenant: Callable[..., Any]) -> Iterator[Callable[[], Desk]]:
    """`make_desk()`: another tenant's. What is left to send is taken away afterwards: senders ask for all tenants."""
    made: list[Desk] = []

    def make(tenant: Any = None) -> Desk:
        made.append(Desk(tenant or make_tenant()))
        return made[-1]

    yield make
    from smartqueue.notifications.models import Notification
    from smartqueue.tenants.scope import in_tenant

    for desk in made:
        with in_tenant(desk.tenant.id):
            Notification.objects.filter(status="pending").delete()


@pytest.fixture
def desk(bank: Any, make_desk: Callable[..., Desk]) -> Desk:
    return make_desk(bank)


@pytest.fixture
def loopback() -> Iterator[None]:
    """Sandboxes stand at 127.0.0.1."""
    from django.test import override_settings

    from smartqueue.outbound.http import _pool

    _pool()  # two threads that call for the first time at once would make two, and lose one with its connections
    with override_settings(OUTBOUND_LOOPBACK=True):
        yield


@pytest.fixture
def nothing_else_waits() -> None:
    """What other tests have left unsent, of all tenants: whoever looks at the lanes must not find it there."""
    from django.db import connections

    with connections["platform"].cursor() as cursor:
        cursor.execute("DELETE FROM notifications_notification WHERE status = 'pending'")
