"""What the benchmark works on: one tenant, a site that never closes, agents at their counters, fresh queues."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from string import ascii_uppercase
from uuid import UUID, uuid4

from django.db import connection
from django.test import override_settings

from smartqueue.accounts.actions import Session, access_token, make_user
from smartqueue.accounts.models import User
from smartqueue.journal import actions as journal
from smartqueue.journal.states import SYSTEM
from smartqueue.kernel.clock import now
from smartqueue.kernel.ids import uuid7
from smartqueue.queueing.actions.agents import hire_agent, set_eligible_queues, sign_in_at_counter
from smartqueue.sites.actions import set_hours
from smartqueue.sites.models import Counter, Site
from smartqueue.sites.states import PRESETS
from smartqueue.tenants.actions import create_tenant
from smartqueue.tenants.scope import in_tenant
from smartqueue.tenants.states import OrganisationType, Role, scopes_of


@dataclass
class Agent:
    id: UUID
    user: User
    token: str


@dataclass
class Stage:
    tenant_id: UUID
    site_id: UUID
    agents: list[Agent]
    prefixes: Iterator[tuple[str, ...]] = field(default_factory=lambda: itertools.product(ascii_uppercase, repeat=3))

    def fresh_queues(self, n: int) -> list[str]:
        """Ids of so many new queues; every run gets its own, so that no run pays for the last one's line."""
        ids = [uuid7() for _ in range(n)]
        service_ids = [uuid7() for _ in ids]
        prefixes = ["".join(letters) for letters in itertools.islice(self.prefixes, n)]
        with in_tenant(self.tenant_id), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO sites_service (id, tenant_id, name, code, description, duration_s, price_xof,"
                " wait_target_s, pictogram, is_active, created_at)"
                " SELECT id, %s, 'Service', right(id::text, 12), '', 300, 0, 900, '', true, now()"
                " FROM unnest(%s::uuid[]) AS s(id)",
                [self.tenant_id, service_ids],
            )
            cursor.execute(
                "INSERT INTO queueing_queue (id, tenant_id, site_id, service_id, name, prefix, kind, strategy, status,"
                " is_active, wait_target_s, elevated_target_s, urgent_target_s, elevated_rate, urgent_rate,"
                " urgent_first, recall_gap_s, no_show_grace_s, closing_grace_s, max_deferrals, created_at)"
                " SELECT q.id, %s, %s, q.service_id, 'File', q.prefix, 'normal', 'fifo', 'open', true, 900, 600, 300,"
                " 2, 4, false, 10, 30, 3600, 3, now()"
                " FROM unnest(%s::uuid[], %s::uuid[], %s::text[]) AS q(id, service_id, prefix)",
                [self.tenant_id, self.site_id, ids, service_ids, prefixes],
            )
        return [str(queue_id) for queue_id in ids]

    def serve(self, queue_id: str) -> None:
        """Every agent is eligible for this queue, and for no other."""
        with in_tenant(self.tenant_id):
            for agent in self.agents:
                set_eligible_queues(agent_id=agent.id, queue_ids=[UUID(queue_id)], actor=SYSTEM, at=now())

    def fill(self, queue_id: str, n: int) -> None:
        """Let so many people join a queue."""
        with in_tenant(self.tenant_id), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute(
                "SELECT count(queueing_issue(%s, uuidv7(), md5(random()::text || i), %s, NULL, 'web', 0::smallint, '',"
                ' NULL, now(), \'{"kind": "system", "label": "", "user_agent": "", "endpoint": ""}\'))'
                " FROM generate_series(1, %s) i",
                [self.tenant_id, queue_id, n],
            )


def set_stage(agents: int) -> Stage:
    """Make the tenant and its people, in a database of our own."""
    instant = now()
    tenant = create_tenant(name="Bench", slug="bench", type=OrganisationType.BANK)
    with in_tenant(tenant.id):
        site = journal.add(
            Site(tenant=tenant, name="Bench", code="BENCH", observes_holidays=False), actor=SYSTEM, at=instant
        )
        set_hours(site=site, hours=PRESETS["around_the_clock"], actor=SYSTEM, at=instant)
        people = [_agent(tenant.id, site, number) for number in range(agents)]
    return Stage(tenant_id=tenant.id, site_id=site.id, agents=people)


def _agent(tenant_id: UUID, site: Site, number: int) -> Agent:
    instant = now()
    email = f"bench-{number}@example.invalid"
    user = make_user(email=email, password=uuid4().hex, full_name=f"Agent {number}", check_password=False)
    agent = hire_agent(tenant_id=tenant_id, user=user, name=f"Agent {number}", queue_ids=[], actor=SYSTEM, at=instant)
    counter = journal.add(Counter(tenant_id=tenant_id, site=site, name=f"G{number}"), actor=SYSTEM, at=instant)
    sign_in_at_counter(agent_id=agent.id, counter_id=counter.id, actor=SYSTEM, at=instant)
    session = Session(user=user, tenant_id=tenant_id, family=uuid4(), refresh="")
    with override_settings(ACCESS_TOKEN_LIFETIME=timedelta(hours=2)):
        token = access_token(session=session, role=Role.AGENT, scopes=scopes_of(Role.AGENT), at=instant)
    return Agent(id=agent.id, user=user, token=token)
