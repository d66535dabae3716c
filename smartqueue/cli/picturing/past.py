"""The five weeks before the day of the pictures: reports need a past."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from rich.console import Console

from smartqueue.cli.benching.days import Line, services
from smartqueue.cli.benching.ground import Branch, House
from smartqueue.cli.benching.tickets import bar, bulk_connection, generate
from smartqueue.config import environment
from smartqueue.feedback.actions import Answer, give_feedback
from smartqueue.journal.states import SYSTEM
from smartqueue.queueing.queries import all_agents, all_queues, all_tickets
from smartqueue.queueing.states import Channel, TicketState
from smartqueue.reporting.actions import rebuild
from smartqueue.sites.models import Counter, Site
from smartqueue.tenants.models import Tenant
from smartqueue.tenants.scope import in_tenant

DAYS, PER_LINE = 35, 45
SAID = (
    (5, 10, "Accueil très chaleureux, merci."), (4, 8, ""), (2, 3, "Attente trop longue le lundi matin."), (5, 9, ""),
    (4, 9, "Rapide et clair."), (3, 6, "Il manque des chaises."), (1, 0, "Je suis venu deux fois pour un papier."),
    (5, 10, ""), (4, 7, "Bien."),
)  # fmt: skip


def make_past(tenant: Tenant, at: datetime) -> None:
    """Finished days of the demo bank's first three queues, answers about them, and the reports' rows."""
    with in_tenant(tenant.id):
        house = House(tenant.id, tenant.slug, tenant.type, [_branch(Site.objects.get(code="DKR1"))])
    url = environment.load().owner_url
    assert url is not None
    with bar(Console(quiet=True)) as progress, bulk_connection(url) as db:
        generate(db, house, at.date() - timedelta(days=1), DAYS, Random(7), progress)  # noqa: S311 - made-up days
    with in_tenant(tenant.id):
        _answers(at)
    rebuild(tenant_id=tenant.id, at=at)


def _branch(site: Site) -> Branch:
    """The first three queues, an agent each, as the generator wants them."""
    queues = list(all_queues().filter(site=site, prefix__in="ABC").order_by("prefix"))
    agents, counters = all_agents().order_by("name"), Counter.objects.filter(site=site).order_by("name")
    seats = [(agent.id, counter.id) for agent, counter in zip(agents, counters, strict=False)]
    lines = [Line(service, 1, PER_LINE) for service in list(services()["bank"])[: len(queues)]]
    staff = [[seat] for seat in seats[: len(queues)]]
    ids: list[Any] = [queue.id for queue in queues]
    return Branch(site.id, site.time_zone, lines, ids, [queue.service_id for queue in queues], staff)


def _answers(at: datetime) -> None:
    """Every seventh visit of the last weeks has an answer."""
    lately = all_tickets().filter(status=TicketState.CLOSED, day__gte=(at - timedelta(days=25)).date())
    for place, ticket in enumerate(lately.order_by("id")[::7]):
        csat, nps, comment = SAID[place % len(SAID)]
        give_feedback(
            token=ticket.token, answer=Answer(csat=csat, nps=nps, comment=comment), language="fr",
            channel=Channel.WEB, actor=SYSTEM, at=(ticket.ended_at or at) + timedelta(minutes=20),
        )  # fmt: skip
