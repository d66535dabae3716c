"""What generated days stand on: organisations of very different sizes, with sites, services, queues and agents."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time, timedelta
from random import Random
from string import ascii_uppercase
from uuid import UUID

from smartqueue.accounts.models import User
from smartqueue.cli.benching.days import Hours, Line, Service, agents_for, busyness, hours_of, services
from smartqueue.journal import actions as journal
from smartqueue.journal.states import SYSTEM
from smartqueue.kernel.clock import now
from smartqueue.queueing.actions.agents import hire_agent
from smartqueue.queueing.actions.queues import add_queue
from smartqueue.sites.actions import set_hours
from smartqueue.sites.models import Counter, Site
from smartqueue.sites.models import Service as SiteService
from smartqueue.sites.states import Interval
from smartqueue.tenants.actions import create_tenant
from smartqueue.tenants.models import Tenant
from smartqueue.tenants.scope import in_tenant
from smartqueue.tenants.states import OrganisationType

TYPES = ("bank", "town_hall", "hospital", "telecom", "post")
ZONES = ("Africa/Dakar",) * 7 + ("Africa/Douala",)
SLOPE = 0.9
"""The k-th largest organisation has k to the power of -SLOPE of the largest one's tickets: of 40, that has a fifth."""
PER_SITE = 250
FEWEST, MOST = 3, 8


@dataclass(frozen=True)
class Branch:
    """A site and what stands on it, line by line; `staff` holds each line's (agent, counter) pairs."""

    site_id: UUID
    zone: str
    lines: list[Line]
    queues: list[UUID]
    services: list[UUID]
    staff: list[list[tuple[UUID, UUID]]]


@dataclass(frozen=True)
class House:
    """One organisation with the days that it is open."""

    tenant_id: UUID
    slug: str
    type: str
    branches: list[Branch]


def open_days(type: str, until: date, days: int) -> list[tuple[date, Hours, float]]:
    """The last `days` dates up to `until` on which such a house is open: its hours, and how busy the day is."""
    dates = (until - timedelta(days=back) for back in range(days - 1, -1, -1))
    return [(day, hours, busyness(type, day)) for day in dates if (hours := hours_of(type, day))]


def shares(tenants: int) -> list[float]:
    """Each organisation's share of all tickets, the largest first."""
    weights = [(place + 1) ** -SLOPE for place in range(tenants)]
    return [weight / sum(weights) for weight in weights]


def make_house(
    slug: str, place: int, tickets: float, until: date, days: int, rng: Random, *, made: Callable[[], None]
) -> House:
    """Make the `place`-th organisation, big enough for so many tickets, through the actions that people use.

    Args:
        made: called once for each site.
    """
    type = TYPES[place % len(TYPES)]
    busy = sum(factor for _day, _hours, factor in open_days(type, until, days))
    per_day = tickets / max(busy, 1)
    tenant = create_tenant(name=f"Maison {place + 1}", slug=slug, type=OrganisationType(type))
    weights = [math.exp(rng.gauss(0, 0.4)) for _ in range(max(1, round(per_day / PER_SITE)))]
    house = House(tenant.id, slug, type, [])
    with in_tenant(tenant.id):
        kept = [_service(tenant, service) for service in services()[type]]
        for number, weight in enumerate(weights, start=1):
            zone = ZONES[place % len(ZONES)]
            house.branches.append(_branch(tenant, type, number, zone, kept, per_day * weight / sum(weights), rng))
            made()
    return house


def _service(tenant: Tenant, service: Service) -> tuple[Service, SiteService]:
    row = SiteService(tenant=tenant, name=service.name, code=service.code[:20], duration_s=service.typical_s)
    return service, journal.add(row, actor=SYSTEM, at=now())


def _branch(
    tenant: Tenant, type: str, number: int, zone: str, kept: list[tuple[Service, SiteService]], per_day: float,
    rng: Random,
) -> Branch:  # fmt: skip
    site = Site(tenant=tenant, name=f"Agence {number}", code=f"A{number}", time_zone=zone, observes_holidays=False)
    journal.add(site, actor=SYSTEM, at=now())
    set_hours(site=site, hours=_week(type), actor=SYSTEM, at=now())
    most = min(MOST, len(kept))
    chosen = rng.sample(kept, rng.randint(FEWEST, most))
    wanted = [rng.uniform(0.7, 1.3) / service.typical_s for service, _row in chosen]
    branch = Branch(site.id, zone, [], [], [], [])
    hours = hours_of(type, date(2026, 1, 5))
    assert hours is not None  # a Monday
    for place, ((service, row), weight) in enumerate(zip(chosen, wanted, strict=True)):
        expected = per_day * weight / sum(wanted)
        branch.lines.append(Line(service, agents_for(expected, service, hours), expected))
        values = {"site": site, "service": row, "name": service.name[:80], "prefix": ascii_uppercase[place]}
        queue = add_queue(tenant_id=tenant.id, values=values, actor=SYSTEM, at=now())
        branch.queues.append(queue.id)
        branch.services.append(row.id)
        names = [f"{number}{queue.prefix}{seat + 1}" for seat in range(branch.lines[-1].agents)]
        branch.staff.append([_agent(tenant, site, name, queue.id) for name in names])
    return branch


def _agent(tenant: Tenant, site: Site, name: str, queue_id: UUID) -> tuple[UUID, UUID]:
    """An agent with a counter, who is not signed in."""
    user = User(email=f"{tenant.slug}-{name}@example.invalid".lower(), full_name=f"Agent {name}")
    user.set_unusable_password()
    user.save()
    counter = journal.add(Counter(tenant=tenant, site=site, name=f"Guichet {name}"), actor=SYSTEM, at=now())
    agent = hire_agent(
        tenant_id=tenant.id, user=user, name=f"Agent {name}", queue_ids=[queue_id], actor=SYSTEM, at=now()
    )
    return agent.id, counter.id


def _week(type: str) -> list[Interval]:
    """The opening hours in which arrivals come."""
    monday = date(2026, 1, 5)
    found = ((weekday, hours_of(type, monday + timedelta(days=weekday - 1))) for weekday in range(1, 8))
    return [Interval(weekday, time(hours.first), time(hours.closes_s // 3600)) for weekday, hours in found if hours]
