"""Which members serve, where and from which queues; and what an auditor looks for."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from smartqueue.queueing.models import Agent, Eligibility, Queue, Ticket


@dataclass(slots=True)
class Serving:
    """What a member serves. `sites` are the names of the queues' sites; `counter` where they sit now."""

    agent_id: UUID
    is_active: bool
    counter: str
    weights: dict[UUID, int] = field(default_factory=dict)
    sites: list[str] = field(default_factory=list)


def serving(user_ids: Iterable[UUID]) -> dict[UUID, Serving]:
    """Member → what they serve; two queries for a page of people. Who has never served is not in it."""
    agents = Agent.objects.filter(user_id__in=list(user_ids)).select_related("counter")
    by_user = {
        agent.user_id: Serving(agent.id, agent.is_active, agent.counter.name if agent.counter else "")
        for agent in agents
    }
    by_agent = {one.agent_id: one for one in by_user.values()}
    rows = Eligibility.objects.filter(agent_id__in=by_agent).order_by("queue__site__name", "id")
    for agent_id, queue_id, weight, site in rows.values_list("agent_id", "queue_id", "weight", "queue__site__name"):
        one = by_agent[agent_id]
        one.weights[queue_id] = weight
        if site not in one.sites:
            one.sites.append(site)
    return by_user


def queues_to_serve() -> list[Queue]:
    """Every active queue of the tenant in scope with its site, by site and name."""
    return list(Queue.objects.filter(is_active=True).select_related("site").order_by("site__name", "name", "id"))


def tickets_numbered(words: str, *, most: int = 200) -> list[UUID]:
    """The newest tickets with this number, of any day: `B042`, `b42`. Empty for what is no number."""
    found = re.fullmatch(r"([A-Z]{1,3})-?(\d{1,6})", words.strip().upper())
    if not found:
        return []
    queues = list(Queue.objects.filter(prefix=found[1]).values_list("id", flat=True))
    rows = Ticket.objects.filter(origin_id__in=queues, sequence=int(found[2])).order_by("-day", "-id")
    return list(rows.values_list("id", flat=True)[:most])
