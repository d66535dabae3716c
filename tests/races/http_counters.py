"""Agents at their counters, over HTTP: call the next, start, close, until nobody waits; and what they were told."""

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

import httpx

from tests.cast import Person
from tests.races.world import World, together


@dataclass
class Told:
    """What the server has acknowledged, agent by agent."""

    called: list[tuple[UUID, UUID]] = field(default_factory=list)
    closed: list[UUID] = field(default_factory=list)
    refused: Counter[tuple[str, int]] = field(default_factory=Counter)

    @property
    def called_twice(self) -> list[UUID]:
        times = Counter(ticket_id for ticket_id, _agent_id in self.called)
        return [ticket_id for ticket_id, n in times.items() if n > 1]


def serve_everybody(url: str, world: World, *, at_most: int) -> Told:
    """All agents of the world at once, from one barrier on, each until the line is empty.

    Args:
        at_most: calls per agent, so that broken code cannot keep them busy for ever.
    """
    stories = together(*[partial(_serve, url, world, person, at_most) for person in world.agents])
    told = Told()
    for story in stories:
        told.called += story.called
        told.closed += story.closed
        told.refused += story.refused
    return told


def _serve(url: str, world: World, person: Person, at_most: int) -> Told:
    told = Told()
    base = f"{url}/api/v1/tenants/{world.tenant.slug}"
    headers = {"Authorization": f"Bearer {person.token}"}
    queue = {"queue_id": str(world.queues[0].id)}
    with httpx.Client(base_url=base, headers=headers, timeout=30, trust_env=False) as client:
        for _ in range(at_most):
            called = client.post("/agents/me/call-next/", json=queue)
            if called.status_code == 204:
                break
            if called.status_code != 200:
                told.refused["call-next", called.status_code] += 1
                continue
            ticket_id = called.json()["id"]
            told.called.append((UUID(ticket_id), person.agent.id))
            started = client.post(f"/tickets/{ticket_id}/start-service/", json={})
            closed = client.post(f"/tickets/{ticket_id}/close/", json={})
            if closed.status_code == 200:
                told.closed.append(UUID(ticket_id))
            for step, answer in (("start-service", started), ("close", closed)):
                if answer.status_code != 200:
                    told.refused[step, answer.status_code] += 1
    return told
