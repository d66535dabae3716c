"""The fixed cast: Awa (manager), Binta and Fatou (agents), Demba (customer), Moussa (admin) of one bank; Cheikh,
administrator of another, is in every access test."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from smartqueue.tenants.states import scopes_of

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday
"""An ordinary instant: Dakar is at UTC all year."""


@dataclass
class Person:
    """A member with a signed-in client. `agent` is set for those who serve."""

    user: Any
    membership: Any
    tenant: Any
    agent: Any = None

    @property
    def token(self) -> str:
        from smartqueue.accounts.actions import Session, access_token

        session = Session(user=self.user, tenant_id=self.tenant.id, family=uuid4(), refresh="")
        role = self.membership.role
        return access_token(session=session, role=role, scopes=scopes_of(role), at=datetime.now(UTC))

    @property
    def actor(self) -> Any:
        from smartqueue.journal.states import Actor, ActorKind

        return Actor(kind=ActorKind.USER, user_id=self.user.id, label=self.user.full_name)


class Api:
    """A thin HTTP client: paths below /api/v1/, JSON in and out, optionally signed in."""

    def __init__(self, person: Person | None = None) -> None:
        from django.test import Client

        self.client = Client(raise_request_exception=False)
        self.person = person

    def request(self, method: str, path: str, json: Any = None, headers: dict[str, str] | None = None) -> Any:
        sent = dict(headers or {})
        if self.person is not None:
            sent.setdefault("Authorization", f"Bearer {self.person.token}")
        body = orjson.dumps(json) if json is not None and not isinstance(json, bytes) else json or b""
        return self.client.generic(method, f"/api/v1/{path}", data=body, content_type="application/json", headers=sent)

    def get(self, path: str, **options: Any) -> Any:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> Any:
        return self.request("POST", path, **options)

    def put(self, path: str, **options: Any) -> Any:
        return self.request("PUT", path, **options)

    def patch(self, path: str, **options: Any) -> Any:
        return self.request("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> Any:
        return self.request("DELETE", path, **options)


@pytest.fixture
def api() -> Callable[[Person | None], Api]:
    return lambda person=None: Api(person)


@pytest.fixture
def make_tenant() -> Callable[..., Any]:
    """A tenant of its own for this test; the slug is random, so no test sees another's rows."""
    from smartqueue.tenants.models import Tenant

    def make(name: str = "Banque de la Téranga", **fields: Any) -> Any:
        return Tenant.objects.using("platform").create(name=name, slug=f"t-{uuid4().hex[:12]}", **fields)

    return make


@pytest.fixture
def make_person() -> Callable[..., Person]:
    from smartqueue.accounts.models import User
    from smartqueue.tenants.models import Membership
    from smartqueue.tenants.scope import in_tenant

    def make(tenant: Any, role: str, name: str) -> Person:
        user = User(email=f"{uuid4().hex[:12]}@example.sn", full_name=name, email_verified=True)
        user.set_unusable_password()
        user.save()
        with in_tenant(tenant.id):
            membership = Membership.objects.create(tenant=tenant, user=user, role=role)
        return Person(user=user, membership=membership, tenant=tenant)

    return make


@pytest.fixture
def bank(make_tenant: Callable[..., Any]) -> Any:
    return make_tenant()


@pytest.fixture
def moussa(bank: Any, make_person: Callable[..., Person]) -> Person:
    return make_person(bank, "admin", "Moussa Diop")


@pytest.fixture
def awa(bank: Any, make_person: Callable[..., Person]) -> Person:
    return make_person(bank, "manager", "Awa Sarr")


@pytest.fixture
def cheikh(make_tenant: Callable[..., Any], make_person: Callable[..., Person]) -> Person:
    return make_person(make_tenant("Mairie d'ailleurs"), "admin", "Cheikh Fall")


@pytest.fixture
def scope(bank: Any) -> Iterator[Any]:
    """The rest of the test runs inside the bank's scope: only for reads and for actions that join a transaction."""
    from smartqueue.tenants.scope import in_tenant

    with in_tenant(bank.id):
        yield bank


@pytest.fixture
def site(bank: Any) -> Any:
    """The Dakar branch, open around the clock."""
    from smartqueue.sites.models import OpeningHours, Site
    from smartqueue.tenants.scope import in_tenant

    with in_tenant(bank.id):
        site = Site.objects.create(tenant=bank, name="Agence Plateau", code="DKR1", observes_holidays=False)
        OpeningHours.objects.bulk_create(
            OpeningHours(tenant=bank, site=site, weekday=day, opens="00:00", closes="00:00") for day in range(1, 8)
        )
    return site


@pytest.fixture
def service(bank: Any) -> Any:
    from smartqueue.sites.models import Service
    from smartqueue.tenants.scope import in_tenant

    with in_tenant(bank.id):
        return Service.objects.create(tenant=bank, name="Retrait d'espèces", code="retrait", duration_s=240)


@pytest.fixture
def make_queue(bank: Any, site: Any) -> Callable[..., Any]:
    """A queue with a service of its own, open unless told otherwise."""
    from smartqueue.queueing.models import Queue
    from smartqueue.sites.models import Service
    from smartqueue.tenants.scope import in_tenant

    letters = iter("ABCDEFGHIJKLMNOPQRSTUVWXYZ")

    def make(**fields: Any) -> Any:
        letter = next(letters)
        with in_tenant(bank.id):
            service = fields.pop("service", None) or Service.objects.create(
                tenant=bank, name=f"Service {letter}", code=f"s{letter}", duration_s=300
            )
            return Queue.objects.create(
                **{"tenant": bank, "site": site, "service": service, "name": f"File {letter}", "prefix": letter}
                | fields
            )

    return make


@pytest.fixture
def tellers(make_queue: Callable[..., Any]) -> Any:
    return make_queue(name="Guichets")


@pytest.fixture
def make_agent(bank: Any, site: Any, make_person: Callable[..., Person]) -> Callable[..., Person]:
    """An agent, available at a counter of his own, serving these queues."""
    from smartqueue.queueing.models import Agent, Eligibility
    from smartqueue.sites.models import Counter
    from smartqueue.tenants.scope import in_tenant

    def make(name: str, *queues: Any, status: str = "available") -> Person:
        person = make_person(bank, "agent", name)
        with in_tenant(bank.id):
            counter = Counter.objects.create(tenant=bank, site=site, name=f"G-{uuid4().hex[:6]}")
            person.agent = Agent.objects.create(
                tenant=bank, user=person.user, name=name, status=status, counter=counter, status_since=NINE
            )
            Eligibility.objects.bulk_create(
                Eligibility(tenant=bank, agent=person.agent, queue=queue) for queue in queues
            )
        return person

    return make


@pytest.fixture
def binta(make_agent: Callable[..., Person], tellers: Any) -> Person:
    return make_agent("Binta Ba", tellers)


@pytest.fixture
def fatou(make_agent: Callable[..., Person], tellers: Any) -> Person:
    return make_agent("Fatou Ndiaye", tellers)


@pytest.fixture
def take(bank: Any, tellers: Any) -> Callable[..., UUID]:
    """Take a ticket; by default at the tellers', at nine."""
    from smartqueue.journal.states import SYSTEM
    from smartqueue.queueing.actions.hot import issue_ticket

    def make(queue: Any = None, at: datetime = NINE, **options: Any) -> UUID:
        return issue_ticket(
            tenant_id=bank.id,
            queue_id=(queue or tellers).id,
            **{"channel": "kiosk", "actor": SYSTEM, "at": at} | options,
        )

    return make


@pytest.fixture
def ticket(bank: Any) -> Callable[[UUID], Any]:
    """The row as it is now."""
    from smartqueue.queueing.models import Ticket
    from smartqueue.tenants.scope import in_tenant

    def get(ticket_id: UUID) -> Any:
        with in_tenant(bank.id):
            return Ticket.objects.get(id=ticket_id)

    return get


@pytest.fixture
def outlook_of(bank: Any) -> Callable[..., None]:
    """Publish a queue's wait by place, as the forecast does: seconds, the next person's first.

    `publish(tellers, p50=[60, 120], p90=[120, 240])`; where nothing is said the P10 is half the P50, the P90 twice as
    much, and each place beyond the last one adds as much as the first.
    """
    from smartqueue.journal.states import SYSTEM
    from smartqueue.queueing.actions.outlook import publish_outlook
    from smartqueue.tenants.scope import in_tenant

    def publish(queue: Any, *, p50: list[int], at: datetime = NINE, **values: Any) -> None:
        p10 = values.pop("p10", [seconds // 2 for seconds in p50])
        p90 = values.pop("p90", [2 * seconds for seconds in p50])
        tail = [by_place[0] if by_place else 0 for by_place in (p10, p50, p90)]
        usual = {"tail": tail, "quality": "good" if p50 else "none", "counters": 1.0, "is_news": False}
        with in_tenant(bank.id):
            publish_outlook(
                tenant_id=bank.id, queue_id=queue.id, p10=p10, p50=p50, p90=p90, actor=SYSTEM, at=at, **usual | values
            )

    return publish


def at_the_same_time(*doings: Callable[[], Any]) -> list[Any]:
    """Run in threads that start together; an exception is a result too."""
    from django.db import connections

    start = threading.Barrier(len(doings))
    results: list[Any] = [None] * len(doings)

    def run(place: int, doing: Callable[[], Any]) -> None:
        try:
            start.wait(timeout=10)
            results[place] = doing()
        except Exception as error:
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(doings)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results
