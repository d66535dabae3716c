"""Platform staff, and two tenants with one row of everything."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from tests.cast import NINE

PASSWORD = "Teranga-2026-Dakar"


@pytest.fixture
def make_account() -> Callable[..., Any]:
    from smartqueue.accounts.models import User

    def make(**fields: Any) -> Any:
        defaults = {"email": f"{uuid4().hex[:12]}@smartqueue.example", "password": PASSWORD, "email_verified": True}
        return User.objects.create_user(**{**defaults, **fields})

    return make


@pytest.fixture
def rokhaya(make_account: Callable[..., Any]) -> Any:
    """The platform's super-admin."""
    return make_account(full_name="Rokhaya Sow", is_staff=True, is_superuser=True)


@pytest.fixture
def pages() -> Callable[[Any], Any]:
    """A browser, signed in as this account or as nobody; paths are below /platform/admin/."""
    return Pages


class Pages:
    def __init__(self, account: Any = None) -> None:
        from django.test import Client

        self.client = Client(headers={"accept-language": "en"})
        if account is not None:
            self.client.force_login(account)

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"/platform/admin/{path}", query)

    def post(self, path: str, **form: Any) -> Any:
        return self.client.post(f"/platform/admin/{path}", form)


@pytest.fixture
def platform(rokhaya: Any) -> Pages:
    return Pages(rokhaya)


@dataclass
class World:
    """One tenant with rows of every kind, whose names contain `word`."""

    tenant: Any
    word: str
    rows: dict[str, Any] = field(default_factory=dict)


@pytest.fixture
def make_world(make_tenant: Callable[..., Any]) -> Callable[..., World]:
    """A tenant with as many rows of each table as asked for; all carry the word."""

    def make(word: str, rows: int = 1) -> World:
        world = World(make_tenant(f"{word} Tenant {uuid4().hex[:6]}"), word)
        for number in range(rows):
            fill(world, number)
        return world

    return make


def fill(world: World, number: int) -> None:
    from smartqueue.accounts.models import User
    from smartqueue.customers.models import Customer
    from smartqueue.journal.states import SYSTEM
    from smartqueue.notifications.models import MessageTemplate
    from smartqueue.queueing.actions.hot import issue_ticket
    from smartqueue.queueing.models import Agent, Queue, Ticket
    from smartqueue.sites.models import Counter, HolidayOverride, OpeningHours, Service, ServiceCategory, Site
    from smartqueue.tenants.models import Membership
    from smartqueue.tenants.scope import in_tenant

    tenant, word = world.tenant, world.word
    made = world.rows
    made["user"] = User.objects.create_user(f"{word}-{uuid4().hex[:8]}@example.sn".lower(), full_name=word)
    with in_tenant(tenant.id):
        own = {"tenant": tenant}
        made["membership"] = Membership.objects.create(**own, user=made["user"], role="manager")
        made["site"] = Site.objects.create(
            **own, name=f"{word} site {number}", code=f"S{number}", observes_holidays=False
        )
        OpeningHours.objects.bulk_create(
            OpeningHours(**own, site=made["site"], weekday=day, opens="00:00", closes="00:00") for day in range(1, 8)
        )
        made["counter"] = Counter.objects.create(**own, site=made["site"], name=f"{word} counter {number}")
        made["servicecategory"] = ServiceCategory.objects.create(**own, name=f"{word} category {number}")
        made["service"] = Service.objects.create(
            **own, name=f"{word} service {number}", code=f"s{number}", category=made["servicecategory"]
        )
        made["queue"] = Queue.objects.create(
            **own, site=made["site"], service=made["service"], name=f"{word} queue {number}"
        )
        made["agent"] = Agent.objects.create(
            **own, user=made["user"], name=f"{word} agent {number}", status="paused", counter=made["counter"]
        )
        made["customer"] = Customer.objects.create(
            **own, full_name=f"{word} customer {number}", phone=f"+22177123450{number}"
        )
        made["messagetemplate"] = MessageTemplate.objects.create(
            **own, kind=f"{word.lower()}.kind{number}", channel="sms", body="Bonjour"
        )
        made["holidayoverride"] = HolidayOverride.objects.create(
            **own, date=date(2026, 3, 3 + number), name=f"{word} day {number}", is_holiday=True
        )
    ticket_id = issue_ticket(
        tenant_id=tenant.id, queue_id=made["queue"].id, channel="kiosk", customer_id=made["customer"].id,
        actor=SYSTEM, at=NINE,
    )  # fmt: skip
    with in_tenant(tenant.id):
        made["ticket"] = Ticket.objects.get(id=ticket_id)
