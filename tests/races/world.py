"""Whole tenants for the races: made directly, without fixtures, so that Hypothesis and threads can have their own."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, connections

from smartqueue.accounts.models import User
from smartqueue.cli.processes import wait_until
from smartqueue.journal.states import Actor, ActorKind
from smartqueue.queueing.models import Agent, Eligibility, Queue
from smartqueue.sites.models import Counter, OpeningHours, Service, Site
from smartqueue.tenants.models import Membership, Tenant
from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE, Person

MIDNIGHT = time(0)


@dataclass
class World:
    """A tenant with one site, its queues, and its people. `agents[i]` sits at `counters[i]` unless told otherwise."""

    tenant: Tenant
    site: Site
    queues: list[Queue] = field(default_factory=list)
    counters: list[Counter] = field(default_factory=list)
    agents: list[Person] = field(default_factory=list)
    manager: Person | None = None

    @property
    def id(self) -> UUID:
        return self.tenant.id


def build_world(
    *,
    queues: Sequence[dict[str, Any]] = ({},),
    agents: int = 2,
    serving: Sequence[Sequence[int]] | None = None,
    signed_in: bool = True,
    hours: tuple[time, time] = (MIDNIGHT, MIDNIGHT),
    time_zone: str = "Africa/Dakar",
) -> World:
    """A tenant that nobody else has.

    Args:
        queues: the fields of each queue that differ from the defaults.
        agents: how many; each gets a counter.
        serving: per agent, the numbers of the queues that he serves; None: all of them.
        hours: the site opens and closes every day; both midnight: around the clock.
    """
    tenant = Tenant.objects.using("platform").create(name="Banque", slug=f"t-{uuid4().hex[:12]}")
    users = [User(email=f"{uuid4().hex[:16]}@example.sn", full_name=f"Agent {n}") for n in range(agents + 1)]
    User.objects.bulk_create(users)
    with in_tenant(tenant.id):
        site = Site.objects.create(
            tenant=tenant, name="Agence", code="S1", observes_holidays=False, time_zone=time_zone
        )
        world = World(tenant, site)
        opens, closes = hours
        OpeningHours.objects.bulk_create(
            OpeningHours(tenant=tenant, site=site, weekday=day, opens=opens, closes=closes) for day in range(1, 8)
        )
        world.queues = [_queue(world, number, fields) for number, fields in enumerate(queues)]
        world.counters = Counter.objects.bulk_create(
            Counter(tenant=tenant, site=site, name=f"G{n}") for n in range(agents)
        )
        roles = ["manager"] + ["agent"] * agents
        memberships = Membership.objects.bulk_create(
            Membership(tenant=tenant, user=user, role=role) for user, role in zip(users, roles, strict=True)
        )
        world.manager = Person(users[0], memberships[0], tenant)
        world.agents = [Person(users[n + 1], memberships[n + 1], tenant) for n in range(agents)]
        _seat(world, serving, signed_in)
    return world


def _queue(world: World, number: int, fields: dict[str, Any]) -> Queue:
    letter = chr(ord("A") + number)
    service = Service.objects.create(tenant=world.tenant, name=f"Service {letter}", code=f"s{letter}", duration_s=300)
    return Queue.objects.create(
        tenant=world.tenant, site=world.site, service=service, **{"name": f"File {letter}", "prefix": letter} | fields
    )


def _seat(world: World, serving: Sequence[Sequence[int]] | None, signed_in: bool) -> None:
    rows = Agent.objects.bulk_create(
        Agent(
            tenant=world.tenant,
            user=person.user,
            name=person.user.full_name,
            status="available" if signed_in else "offline",
            counter=counter if signed_in else None,
            status_since=NINE,
        )
        for person, counter in zip(world.agents, world.counters, strict=True)
    )
    for person, row in zip(world.agents, rows, strict=True):
        person.agent = row
    everywhere = [range(len(world.queues))] * len(rows)
    Eligibility.objects.bulk_create(
        Eligibility(tenant=world.tenant, agent=row, queue=world.queues[number])
        for row, numbers in zip(rows, serving or everywhere, strict=True)
        for number in numbers
    )


def actor_of(person: Person) -> Actor:
    return Actor(kind=ActorKind.USER, user_id=person.user.id, label=person.user.full_name)


def broken_invariants(tenant_id: UUID) -> dict[str, list[tuple[Any, ...]]]:
    """What `check_invariants` has found: name → the rows that break it; empty when all is well."""
    from smartqueue.queueing.queries.invariants import check_invariants

    with in_tenant(tenant_id):
        return {finding.name: finding.broken for finding in check_invariants(tenant_id) if finding.broken}


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


class Held:
    """An action that has been done but not committed, in a thread of its own, until the block ends.

    What others do inside the block happens while its locks are held and its rows are unseen.
    """

    def __init__(self, tenant_id: UUID, action: Callable[[], Any]) -> None:
        self.tenant_id, self.action = tenant_id, action
        self.done, self.commit = threading.Event(), threading.Event()
        self.error: Exception | None = None
        self.result: Any = None
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            with in_tenant(self.tenant_id):
                self.result = self.action()
                self.done.set()
                assert self.commit.wait(timeout=9)
        except Exception as error:
            self.error = error
        finally:
            self.done.set()
            connections.close_all()

    def __enter__(self) -> "Held":
        self.thread.start()
        assert self.done.wait(timeout=9)
        return self

    def until_someone_waits(self) -> None:
        """Return when another session stands at one of our locks."""
        assert wait_until(is_waiting_for_a_lock, seconds=9)

    def __exit__(self, *_: object) -> None:
        self.commit.set()
        self.thread.join(timeout=9)
        if self.error:
            raise self.error


def is_waiting_for_a_lock() -> bool:
    """Does some session of this database wait for another one? (pg_stat_activity hides that from other roles.)"""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity"
            " WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0)"
        )
        return bool(cursor.fetchone()[0])


def together(*doings: Callable[[], Any], seconds: float = 300) -> list[Any]:
    """Run in threads that start at one barrier; the first exception is raised here."""
    start = threading.Barrier(len(doings))

    def run(doing: Callable[[], Any]) -> Any:
        try:
            start.wait(timeout=20)
            return doing()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(doings)) as threads:
        return [future.result(timeout=seconds) for future in [threads.submit(run, doing) for doing in doings]]
