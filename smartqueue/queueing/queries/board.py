"""What screens and phones are shown of a queue: one statement, one snapshot of the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from smartqueue.queueing.models import Queue
from smartqueue.queueing.queries.outlook import NOTHING, Wait, Waits
from smartqueue.queueing.states import QueueStatus
from smartqueue.tenants.scope import ask

MOST_FACTS = 500
"""The furthest a board looks back in the stream."""


class Fact(NamedTuple):
    """An entry of a queue's stream. `data` holds nothing personal by the journal's rule."""

    seq: int
    name: str
    object_type: str
    object_id: str
    data: dict[str, Any]
    counter: str | None


class Elsewhere(NamedTuple):
    """A ticket that does not stand in the queue that was asked."""

    id: str
    status: str
    queue_id: str
    called_at: str | None
    counter: str | None
    version: int


@dataclass(frozen=True, slots=True)
class Line:
    """Those who wait, in calling order.

    Attributes:
        total: all of them.
        at_risk: those whose wait so far and estimate together exceed the target of their priority.
        since: arrival of whoever has waited longest.
        first: the first 200, as staff sees them.
        rest_ids: the others, when asked for phones; with their versions in the same order. Their estimates are read off
            the board's `waits`. Columns: five thousand little rows, kept until the next read, would keep the garbage
            collector busy.
    """

    total: int
    at_risk: int
    since: str | None
    first: list[dict[str, Any]]
    rest_ids: list[str]
    rest_versions: list[int]


@dataclass(frozen=True, slots=True)
class Board:
    """A queue at one number of its stream: every fact up to `seq` is in it. Ids and times as text.

    Attributes:
        seq: the newest number of the stream.
        since: `facts` are complete after this number.
        pace_s: what serving one person takes, learnt; None where nothing is learnt yet.
        in_hand: called, serving and paused tickets.
        calls: the last six, newest first.
        gone: tickets of `facts` that stand in this line no more; only when asked for phones.
        waits: the wait by place; of quality `none` while nothing may be claimed.
    """

    seq: int
    since: int
    status: str
    open_counters: int
    pace_s: float | None
    agents: list[dict[str, Any]]
    line: Line
    in_hand: list[dict[str, Any]]
    calls: list[dict[str, Any]]
    facts: list[Fact]
    gone: list[Elsewhere]
    waits: Waits = NOTHING

    @property
    def joining(self) -> Wait | None:
        """Until the call of whoever would join now; None while nothing may be claimed or nobody is let in."""
        return self.waits.at(self.line.total + 1) if self.status == QueueStatus.OPEN else None


def board(
    *, tenant_id: UUID | str, queue_id: UUID | str, since: int | None, phones: bool, at: datetime
) -> Board | None:
    """A queue as it is at `at`. One round trip; it enters the scope itself.

    Args:
        since: facts after this number of the stream, at most 500; None for none.
        phones: also the places beyond the first 200, and what became of tickets that the facts are about.

    Returns:
        None when the tenant has no such queue.
    """
    rows = ask("SELECT queueing_picture(%s, %s, %s, %s, %s)::text", [tenant_id, queue_id, since, phones, at])
    if rows[0][0] is None:
        return None
    seen: dict[str, Any] = orjson.loads(rows[0][0])
    seen["line"] = Line(**seen["line"])
    seen["facts"] = [Fact(*fact) for fact in seen["facts"]]
    seen["gone"] = [Elsewhere(*ticket) for ticket in seen["gone"]]
    seen["waits"] = Waits(**seen["waits"]) if seen["waits"] else NOTHING
    return Board(**seen)


def tickets_elsewhere(*, tenant_id: UUID | str, ids: Sequence[str]) -> list[Elsewhere]:
    """Where these tickets stand and how they ended; those that do not exist are left out."""
    rows = ask("SELECT queueing_elsewhere(%s, %s::uuid[])::text", [tenant_id, list(ids)])
    return [Elsewhere(*ticket) for ticket in orjson.loads(rows[0][0])]


def ticket_of_token(token: str) -> tuple[UUID, UUID, UUID] | None:
    """Tenant, ticket and queue of whoever holds this token. One round trip, which needs no scope."""
    rows = ask("SELECT * FROM queueing_ticket_of_token(%s)", [token])
    return (rows[0][0], rows[0][1], rows[0][2]) if rows else None


def queue_ids(*, site_id: UUID | None = None) -> list[UUID]:
    """Active queues of the tenant in scope, or of one site, by name."""
    queues = Queue.objects.filter(is_active=True)
    return list((queues.filter(site_id=site_id) if site_id else queues).values_list("id", flat=True))
