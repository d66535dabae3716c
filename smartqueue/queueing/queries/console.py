"""What an agent's console asks: few questions, whatever the length of the line."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Subquery, When

from smartqueue.journal.models import Entry
from smartqueue.queueing.errors import AgentNotFound
from smartqueue.queueing.models import Agent, Eligibility, Queue, Ticket
from smartqueue.queueing.states import LIVE, WITH_AGENT, TicketState
from smartqueue.sites.models import Counter

MOST_PARKED = 50
MOST_FOUND = 20
MOST_QUEUES = 200
MOST_COLLEAGUES = 200


def agent_at_the_desk(user_id: UUID) -> Agent:
    """The agent whom a person is in the tenant in scope, with counter and site.

    Raises:
        AgentNotFound: the person serves nobody here.
    """
    agent = Agent.objects.filter(user_id=user_id, is_active=True).select_related("counter__site").first()
    if agent is None:
        raise AgentNotFound
    return agent


def queues_and_mine(agent_id: UUID) -> list[Queue]:
    """Active queues of the tenant, at most 200, with service and site; `is_mine` on those which the agent serves, with
    their `weight`."""
    mine = Eligibility.objects.filter(agent_id=agent_id, queue_id=OuterRef("id"))
    queues = Queue.objects.filter(is_active=True).select_related("service", "site")
    queues = queues.annotate(is_mine=Exists(mine), weight=Subquery(mine.values("weight")[:1]))
    return list(queues.order_by("-is_mine", "site__name", "name", "id")[:MOST_QUEUES])


def counters_to_sit_at() -> QuerySet[Counter]:
    """Counters of the tenant by site, with `taken_by`, the name of whoever sits there."""
    sitting = Agent.objects.filter(counter_id=OuterRef("id")).values("name")[:1]
    counters = Counter.objects.filter(is_active=True, site__is_active=True).select_related("site")
    return counters.annotate(taken_by=Subquery(sitting)).order_by("site__name", "site_id", "name", "id")


def arrived_among(ticket_ids: Sequence[str]) -> set[str]:
    """Those of these tickets whose owners are known to be at the site."""
    here = Ticket.objects.filter(id__in=ticket_ids, here_at__isnull=False)
    return {str(ticket_id) for ticket_id in here.values_list("id", flat=True)}


def ticket_in_hand(agent_id: UUID) -> Ticket | None:
    """What the agent has called or is serving, with its queue, service and customer."""
    held = Ticket.objects.filter(agent_id=agent_id, status__in=WITH_AGENT)
    return held.select_related("queue", "service", "customer").first()


def parked_in(queue_ids: Sequence[UUID], *, agent_id: UUID) -> list[Ticket]:
    """Paused tickets that concern this agent, at most 50; with agent, addressee and service.

    Those which are kept for the agent first, of any queue; then those of these queues, longest pause first.
    """
    parked = Ticket.objects.filter(Q(queue_id__in=queue_ids) | Q(for_agent_id=agent_id), status=TicketState.PAUSED)
    mine = Case(When(for_agent_id=agent_id, then=0), default=1)
    related = parked.select_related("agent", "for_agent", "service")
    return list(related.order_by(mine, "paused_at", "id")[:MOST_PARKED])


def colleagues_at(site_id: UUID, *, agent_id: UUID) -> list[Agent]:
    """Whoever else sits at a counter of the site, by counter, at most 200."""
    seated = Agent.objects.filter(counter__site_id=site_id, is_active=True).exclude(id=agent_id)
    return list(seated.select_related("counter").order_by("counter__name", "name", "id")[:MOST_COLLEAGUES])


def life_of(ticket_id: UUID) -> list[Entry]:
    """The facts of one ticket, oldest first."""
    return list(Entry.objects.filter(object_id=ticket_id, version__isnull=False).order_by("version"))


def tickets_by_number(text: str, *, queue_ids: Sequence[UUID], at: datetime) -> list[Ticket]:
    """Tickets of the last day or still alive whose number contains `text`, at most 20, the newest first."""
    lately = Q(status__in=LIVE) | Q(day__gte=(at - timedelta(days=1)).date())
    numbered = Ticket.objects.filter(queue_id__in=queue_ids, number__icontains=text.strip())
    return list(numbered.filter(lately).select_related("agent", "counter", "service").order_by("-id")[:MOST_FOUND])
