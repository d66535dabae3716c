"""What a report can be narrowed to."""

from typing import NamedTuple
from uuid import UUID

from smartqueue.queueing.models import Queue
from smartqueue.sites.models import Service, Site


class Choice(NamedTuple):
    id: UUID
    name: str


class Choices(NamedTuple):
    """Everything there is or was, by name: a queue that is closed for good still has a past."""

    sites: list[Choice]
    queues: list[Choice]
    services: list[Choice]


def choices() -> Choices:
    """Of the tenant in scope; three queries. A queue is named with its site where there are several."""
    sites = [Choice(*row) for row in Site.objects.order_by("name", "id").values_list("id", "name")]
    rows = Queue.objects.order_by("name", "site__name", "id").values_list("id", "name", "site__name")
    queues = [Choice(id, f"{name} · {site}" if len(sites) > 1 else name) for id, name, site in rows]
    services = [Choice(*row) for row in Service.objects.order_by("name", "id").values_list("id", "name")]
    return Choices(sites, queues, services)
