"""Gateways and phones: requests as they come, and what is answered."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

PHONE, OTHER = "+221771234567", "+221781234567"


@pytest.fixture
def connected(bank: Any) -> Iterator[Callable[..., str]]:
    """`connected(provider, tenant=bank, secrets={}, **settings)`: the address of its hook.

    What is written to these accounts is sent by nobody: at the end it leaves the line in which others' tests send.
    """
    import json

    from smartqueue.kernel.sealed import seal
    from smartqueue.notifications.models import Integration, Notification
    from smartqueue.tenants.scope import in_tenant

    tenants = {bank.id}

    def connect(provider: str, *, tenant: Any = bank, secrets: dict[str, str] | None = None, **settings: Any) -> str:
        purpose = f"notifications.integration:{tenant.id}:{provider}"
        sealed = seal(purpose, json.dumps(secrets).encode()) if secrets else b""
        tenants.add(tenant.id)
        with in_tenant(tenant.id):
            row = Integration.objects.create(tenant=tenant, provider=provider, settings=settings, sealed=sealed)
        return f"/hooks/{provider}/{row.hook_key}/"

    yield connect
    for tenant_id in tenants:
        with in_tenant(tenant_id):
            Notification.objects.filter(status="pending").delete()


class Phone:
    """A phone in somebody's hand, with Africa's Talking's gateway between.

    Args:
        hook: the gateway's address at our house.
    """

    def __init__(self, hook: str, number: str = PHONE) -> None:
        from django.test import Client

        self.client, self.hook, self.number = Client(), hook, number
        self.typed: list[str] = []
        self.session = ""

    def dial(self, *inputs: str) -> str:
        """A new session; `inputs` are dialled with the code."""
        self.session, self.typed = uuid4().hex, list(inputs)
        return self.hop()

    def type(self, text: str) -> str:
        self.typed.append(text)
        return self.hop()

    def hop(self, **other: str) -> str:
        """Send what was typed so far, once more if need be."""
        form = {
            "sessionId": self.session, "phoneNumber": self.number, "networkCode": "60801",
            "serviceCode": "*384*12#", "text": "*".join(self.typed),
        }  # fmt: skip
        answer = self.client.post(self.hook, form | other)
        assert answer.status_code == 200, answer.content
        assert answer["Content-Type"].startswith("text/plain")
        return answer.content.decode()

    def end(self, status: str) -> Any:
        form = {"sessionId": self.session, "phoneNumber": self.number, "status": status, "hopsCount": "3"}
        return self.client.post(self.hook, form)


@pytest.fixture
def phone(connected: Callable[..., str]) -> Callable[..., Phone]:
    """`phone(number)`: all on one gateway of the bank."""
    hook = connected("at_ussd")
    return lambda number=PHONE: Phone(hook, number)


@pytest.fixture
def tickets(bank: Any) -> Callable[[], list[Any]]:
    """Every ticket of the bank, in order."""
    from smartqueue.queueing.models import Ticket
    from smartqueue.tenants.scope import in_tenant

    def read() -> list[Any]:
        with in_tenant(bank.id):
            return list(Ticket.objects.select_related("customer", "service").order_by("id"))

    return read
