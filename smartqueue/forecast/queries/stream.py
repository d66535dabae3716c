"""What the journal tells of lines: who entered one, who was called, who left."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, connections

from smartqueue.queueing.states import TicketState


class Fact(NamedTuple):
    """An entry about a ticket or a queue, as far as it matters to lines.

    Attributes:
        seq: the number in the stream of `stream_id`; None while the relay has not given one.
        undone: the fact that this one takes back, or nothing.
    """

    id: int
    stream_id: UUID
    seq: int | None
    at: datetime
    name: str
    ticket_id: UUID | None
    was: str | None
    is_now: str | None
    queue_before: UUID | None
    undone: str


class Step(NamedTuple):
    """What a fact did to one line.

    Attributes:
        kind: `issued`, `called`, `returned` or `left`, as the estimator's.
        undone: as the fact's.
    """

    at: datetime
    queue_id: UUID
    kind: str
    ticket_id: UUID
    undone: str


MOVED = """
SELECT DISTINCT s.tenant_id FROM journal_stream s
JOIN tenants_tenant t ON t.id = s.tenant_id AND t.is_active
JOIN queueing_queue q ON q.tenant_id = s.tenant_id AND q.id = s.queue_id
LEFT JOIN forecast_learnt l ON l.tenant_id = s.tenant_id AND l.subject = 'queue' AND l.subject_id = s.queue_id
WHERE s.last_seq > coalesce(l.seq, 0) ORDER BY 1
"""
IN_PLAY = """
SELECT q.id FROM queueing_queue q
WHERE q.tenant_id = %s AND (
    EXISTS (SELECT FROM queueing_ticket t WHERE t.tenant_id = q.tenant_id AND t.queue_id = q.id
        AND t.status = 'waiting')
    OR EXISTS (SELECT FROM queueing_eligibility e JOIN queueing_agent a ON a.id = e.agent_id
        WHERE e.tenant_id = q.tenant_id AND e.queue_id = q.id AND a.is_active AND a.status IN ('available', 'busy'))
    OR EXISTS (SELECT FROM queueing_outlook o WHERE o.tenant_id = q.tenant_id AND o.queue_id = q.id
        AND o.quality <> 'none'))
ORDER BY 1
"""
TENANTS_IN_PLAY = """
SELECT t.id FROM tenants_tenant t WHERE t.is_active AND EXISTS (
    SELECT FROM queueing_queue q WHERE q.tenant_id = t.id AND (
        EXISTS (SELECT FROM queueing_ticket w WHERE w.tenant_id = q.tenant_id AND w.queue_id = q.id
            AND w.status = 'waiting')
        OR EXISTS (SELECT FROM queueing_outlook o WHERE o.tenant_id = q.tenant_id AND o.queue_id = q.id
            AND o.quality <> 'none'))
) OR t.is_active AND EXISTS (
    SELECT FROM queueing_agent a WHERE a.tenant_id = t.id AND a.is_active AND a.status IN ('available', 'busy'))
ORDER BY 1
"""
STREAMS = """
SELECT s.queue_id, coalesce(l.seq, 0), s.last_seq FROM journal_stream s
JOIN queueing_queue q ON q.tenant_id = s.tenant_id AND q.id = s.queue_id
LEFT JOIN forecast_learnt l ON l.tenant_id = s.tenant_id AND l.subject = 'queue' AND l.subject_id = s.queue_id
WHERE s.tenant_id = %s AND s.last_seq > coalesce(l.seq, 0) ORDER BY 1
"""

COLUMNS = """
SELECT e.id, e.queue_id, e.stream_seq, e.at, e.fact, CASE WHEN e.object_type = 'ticket' THEN e.object_id END,
    e.before ->> 'status', e.after ->> 'status', (e.before ->> 'queue_id')::uuid, coalesce(e.data ->> 'undone', '')
"""
FACTS = (
    """
SELECT e.* FROM unnest(%s::uuid[], %s::bigint[]) AS m (queue_id, seq)
CROSS JOIN LATERAL ("""
    + COLUMNS
    + """
    FROM journal_entry e WHERE e.queue_id = m.queue_id AND e.stream_seq > m.seq ORDER BY e.stream_seq LIMIT %s
) e
"""
)
UNNUMBERED = (
    COLUMNS
    + """
FROM journal_entry e
WHERE e.tenant_id = %s AND e.id > %s AND e.stream_seq IS NULL AND e.queue_id IS NOT NULL AND e.object_type = 'ticket'
ORDER BY e.id LIMIT %s
"""
)


def tenants_that_moved() -> list[UUID]:
    """Active tenants of whose streams something has not been followed yet; on the platform connection."""
    return _across_tenants(MOVED)


def tenants_in_play() -> list[UUID]:
    """Active tenants where somebody waits or serves, or an estimate is published; on the platform connection."""
    return _across_tenants(TENANTS_IN_PLAY)


def queues_in_play(tenant_id: UUID) -> list[UUID]:
    """Queues where somebody waits or serves, or an estimate is published."""
    return [queue_id for (queue_id,) in _ask(IN_PLAY, [tenant_id])]


def streams_to_follow(tenant_id: UUID) -> dict[UUID, int]:
    """Queue → the number up to which its stream has been followed, where it has gone further."""
    return {queue_id: followed for queue_id, followed, _last in _ask(STREAMS, [tenant_id])}


def facts_after(followed: Mapping[UUID, int], *, most: int) -> tuple[list[Fact], bool]:
    """What these streams say after these numbers, in the order in which it was written.

    Within a stream the order is the stream's. A stream that says more than `most` is cut, and the others where it was
    cut: nobody is seen to arrive from a queue that he has not been seen to enter.

    Returns:
        The facts, and whether there are more.
    """
    each = max(50, most // max(1, len(followed)))
    rows = _ask(FACTS, [list(followed), list(followed.values()), each])
    streams: dict[UUID, list[Fact]] = {}
    for fact in sorted((Fact(*row) for row in rows), key=lambda fact: fact.seq or 0):
        streams.setdefault(fact.stream_id, []).append(fact)
    placed = sorted(_placed(streams))
    ends = [max(fact.id for fact in facts) for facts in streams.values() if len(facts) == each]
    if not ends:
        return [fact for _place, _seq, fact in placed], False
    return [fact for place, _seq, fact in placed if place <= min(ends)], True


def _placed(streams: Mapping[UUID, Sequence[Fact]]) -> Iterator[tuple[int, int, Fact]]:
    """Where each fact stands among those of all streams; who commits late has a small id and a high number."""
    for facts in streams.values():
        place = 0
        for fact in facts:
            place = max(place, fact.id)
            yield place, fact.seq or 0, fact


def facts_without_number(tenant_id: UUID, *, after: int, most: int) -> list[Fact]:
    """What has been written since, and is in no stream yet."""
    return [Fact(*row) for row in _ask(UNNUMBERED, [tenant_id, after, most])]


def steps_of(fact: Fact) -> list[Step]:
    """What a fact did to the lines of the queues it is about. A transfer leaves one line and enters another."""
    if fact.ticket_id is None or fact.is_now is None:
        return []
    waited, waits = fact.was == TicketState.WAITING, fact.is_now == TicketState.WAITING
    before = fact.queue_before or fact.stream_id
    moved = before != fact.stream_id
    kinds: list[tuple[UUID, str]] = []
    if waited and (moved or not waits):
        kinds.append((before, "called" if fact.is_now == TicketState.CALLED and not fact.undone else "left"))
    if waits and (moved or not waited):
        is_new = fact.was is None or (moved and not fact.undone)
        kinds.append((fact.stream_id, "issued" if is_new else "returned"))
    return [Step(fact.at, queue_id, kind, fact.ticket_id, fact.undone) for queue_id, kind in kinds]


def _ask(statement: str, values: list[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def _across_tenants(statement: str) -> list[UUID]:
    with connections["platform"].cursor() as cursor:
        cursor.execute(statement)
        return [tenant_id for (tenant_id,) in cursor.fetchall()]
