"""A whole SmartQueue of its own, to be killed piece by piece: two web processes, two workers, a clock, two engines.

python -m tests.chaos.house run HOME PORT     until a signal; the product's supervisor starts again what dies
python -m tests.chaos.house furnish AGENTS    a bank with a queue and its agents; prints them as JSON
python -m tests.chaos.house examine FILE      asks the invariants; FILE has what clients were told
"""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from smartqueue.cli.engines import Engines, running_engines
from smartqueue.cli.instance import Needs
from smartqueue.cli.processes import Child
from smartqueue.cli.supervisor import ending_on_signals, listen, supervised, task_children, web_children
from smartqueue.cli.up import prepare_database, watch_engines


def run(home: Path, port: int) -> None:
    """As `smartqueue up`, with a second worker."""
    with ending_on_signals(), listen("127.0.0.1", port) as listener, running_engines(home) as engines:
        prepare_database()
        note_engines(engines)
        with supervised(engines.roster) as supervisor:
            watch_engines(supervisor, engines, Needs(postgres=True, valkey=True))
            supervisor.start(*web_children(listener, 2), *tasks(home))
            supervisor.run()


def tasks(home: Path) -> Iterator[Child]:
    for child in task_children(home):
        yield child
        if child.name == "worker":
            yield replace(child, name="worker-2", command=(*child.command, "--hostname", "worker-2@%h"))


def note_engines(engines: Engines) -> None:
    """For the killer of PostgreSQL's backends."""
    (engines.home / "run" / "superuser").write_text(engines.superuser_url.replace("/postgres?", "/smartqueue?"))


def furnish(agents: int) -> dict[str, Any]:
    """A bank, a branch that never closes, one queue, and agents who are signed in; all through the house's actions."""
    from smartqueue.cli.tenant import ensure_tenant
    from smartqueue.journal import actions as journal
    from smartqueue.journal.states import SYSTEM
    from smartqueue.queueing.actions.queues import add_queue
    from smartqueue.sites.actions import set_hours
    from smartqueue.sites.models import Service, Site
    from smartqueue.sites.states import PRESETS
    from smartqueue.tenants.scope import in_tenant

    slug, instant = f"chaos-{uuid4().hex[:8]}", datetime.now(UTC)
    email = f"admin@{slug}.example"
    tenant = ensure_tenant(
        name="Banque du chaos",
        slug=slug,
        type="bank",
        admin_email=email,
        admin_password=uuid4().hex,
        check_password=False,
    )
    with in_tenant(tenant.id):
        site = journal.add(
            Site(tenant=tenant, name="Agence", code="CH1", observes_holidays=False), actor=SYSTEM, at=instant
        )
        set_hours(site=site, hours=PRESETS["around_the_clock"], actor=SYSTEM, at=instant)
        service = journal.add(Service(tenant=tenant, name="Retrait", code="r", duration_s=60), actor=SYSTEM, at=instant)
        values = {"site": site, "service": service, "name": "Guichets", "prefix": "A"}
        queue = add_queue(tenant_id=tenant.id, values=values, actor=SYSTEM, at=instant)
        tokens = [hired(tenant, site, queue, number, instant) for number in range(agents)]
    return {"tenant_id": str(tenant.id), "slug": slug, "queue_id": str(queue.id), "tokens": tokens}


def hired(tenant: Any, site: Any, queue: Any, number: int, instant: datetime) -> str:
    """An agent at a counter; returns an access token."""
    from smartqueue.accounts.actions import Session, access_token, make_user
    from smartqueue.journal import actions as journal
    from smartqueue.journal.states import SYSTEM
    from smartqueue.queueing.actions.agents import hire_agent, sign_in_at_counter
    from smartqueue.sites.models import Counter
    from smartqueue.tenants.states import Role, scopes_of

    name = f"Agent {number}"
    user = make_user(email=f"{uuid4().hex}@example.sn", password=uuid4().hex, full_name=name, check_password=False)
    agent = hire_agent(tenant_id=tenant.id, user=user, name=name, queue_ids=[queue.id], actor=SYSTEM, at=instant)
    counter = journal.add(Counter(tenant=tenant, site=site, name=f"Guichet {number}"), actor=SYSTEM, at=instant)
    sign_in_at_counter(agent_id=agent.id, counter_id=counter.id, actor=SYSTEM, at=instant)
    session = Session(user=user, tenant_id=tenant.id, family=uuid4(), refresh="")
    return access_token(session=session, role=Role.AGENT, scopes=scopes_of(Role.AGENT), at=instant)


def examine(told: dict[str, Any]) -> dict[str, Any]:
    """The invariants over the database and over what clients were told, and what the relay has still to do."""
    from django.db import connection

    from smartqueue.queueing.queries.invariants import check_acknowledged, check_invariants, undispatched
    from smartqueue.tenants.scope import in_tenant

    tenant_id = UUID(told["tenant_id"])
    called = {UUID(ticket): UUID(agent) for ticket, agent in told["called"].items()}
    with in_tenant(tenant_id), connection.cursor() as cursor:
        findings = check_invariants(tenant_id)
        findings.append(check_acknowledged(tenant_id=tenant_id, taken=map(UUID, told["taken"]), called=called))
        cursor.execute(COUNTS, {"closed": told["closed"]})
        tickets, lost_closes, heard, handled = cursor.fetchone()
        return {
            "broken": [f"{finding.name}: {finding.broken}" for finding in findings if finding.broken],
            "undispatched": undispatched(tenant_id),
            "tickets": tickets,
            "lost_closes": lost_closes,
            "heard": heard,
            "handled": handled,
        }


COUNTS = """
SELECT (SELECT count(*) FROM queueing_ticket),
    (SELECT count(*) FROM unnest(%(closed)s::uuid[]) AS told(id)
        WHERE NOT EXISTS (SELECT 1 FROM queueing_ticket t WHERE t.id = told.id AND t.status = 'closed')),
    (SELECT count(*) FROM journal_entry WHERE fact = 'ticket.closed'),
    (SELECT count(*) FROM journal_handled WHERE handler LIKE '%%learn_service_time')
"""


def main(command: str, *words: str) -> None:
    if command == "run":
        run(Path(words[0]), int(words[1]))
        return
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smartqueue.config.settings")
    django.setup()
    answer = furnish(int(words[0])) if command == "furnish" else examine(json.loads(Path(words[0]).read_text()))
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
