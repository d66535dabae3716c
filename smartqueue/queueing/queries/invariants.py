"""What must never happen, as questions to the database: each answers the rows that break it, I1 to I7.

Every question is asked inside one tenant's scope, so a tenant can be shown the proof over its own data.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from smartqueue.queueing.states import LEGAL_MOVES

# The life of each ticket, read from its journal entries: the state that each entry found, and the state it left.
LIVES = """
WITH lives AS (
    SELECT e.object_id AS ticket_id, e.version, e.fact, e.before ->> 'status' AS found,
        coalesce(e.after ->> 'status', e.before ->> 'status') AS state_after,
        e.after ->> 'agent_id' AS agent_id,
        count(coalesce(e.after ->> 'status', NULL)) OVER life AS episode
    FROM journal_entry e
    WHERE e.tenant_id = %(tenant)s AND e.object_type = 'ticket' AND e.version IS NOT NULL
    WINDOW life AS (PARTITION BY e.object_id ORDER BY e.version)
), told AS (
    SELECT ticket_id, version, fact, found, agent_id,
        max(state_after) OVER (PARTITION BY ticket_id, episode) AS state
    FROM lives
), chain AS (
    SELECT told.*, lag(state) OVER (PARTITION BY ticket_id ORDER BY version) AS previous FROM told
)
"""

QUESTIONS: dict[str, tuple[str, str]] = {
    "I1": (
        "A ticket is called once per stay in the line, by one agent",
        LIVES + "SELECT ticket_id, version, agent_id FROM chain"
        " WHERE fact = 'ticket.called' AND previous IS DISTINCT FROM 'waiting'",
    ),
    "I2": (
        "Each number of a queue and day up to the counter's is a ticket, leased or voided, and only one of these",
        """
        SELECT coalesce(t.queue_id, c.queue_id), coalesce(t.day, c.day), t.n, t.different, t.lowest, t.highest,
            c.last_sequence
        FROM (SELECT queue_id, day, count(*) AS n, count(DISTINCT number) AS different, min(number) AS lowest,
                max(number) AS highest
            FROM (
                SELECT origin_id AS queue_id, day, sequence AS number FROM queueing_ticket WHERE tenant_id = %(tenant)s
                UNION ALL
                SELECT b.queue_id, b.day, unnest(b.voided) FROM queueing_numberblock b WHERE b.tenant_id = %(tenant)s
                UNION ALL
                SELECT b.queue_id, b.day, leased FROM queueing_numberblock b
                CROSS JOIN LATERAL generate_series(b.first, b.last) AS leased
                WHERE b.tenant_id = %(tenant)s AND b.returned_at IS NULL AND NOT EXISTS (
                    SELECT FROM queueing_ticket x
                    WHERE x.origin_id = b.queue_id AND x.day = b.day AND x.sequence = leased)
            ) numbers GROUP BY queue_id, day) t
        FULL JOIN (SELECT queue_id, day, last_sequence FROM queueing_daycounter
            WHERE tenant_id = %(tenant)s AND last_sequence > 0) c ON c.queue_id = t.queue_id AND c.day = t.day
        WHERE t.n IS DISTINCT FROM c.last_sequence OR t.different <> t.n OR t.lowest <> 1 OR t.highest <> t.n
        """,
    ),
    "I4": (
        "An idempotency key stands for one answered request",
        "SELECT id, caller, key FROM journal_rememberedanswer WHERE tenant_id = %(tenant)s AND status = 0",
    ),
    "I5": (
        "An agent has at most one ticket in hand, and such a ticket has its agent",
        """
        SELECT agent_id, array_agg(id) FROM queueing_ticket
        WHERE tenant_id = %(tenant)s AND status IN ('called', 'serving')
        GROUP BY agent_id HAVING count(*) > 1 OR agent_id IS NULL
        """,
    ),
    "I5b": (
        "A parked ticket that is kept for an agent finds that agent at a counter",
        """
        SELECT t.id, t.status, t.for_agent_id FROM queueing_ticket t
        LEFT JOIN queueing_agent a ON a.tenant_id = t.tenant_id AND a.id = t.for_agent_id
        WHERE t.tenant_id = %(tenant)s AND t.for_agent_id IS NOT NULL
          AND (t.status <> 'paused' OR a.counter_id IS NULL)
        """,
    ),
    "I6": (
        "Tickets move only as the rules allow, and stand where their last entry left them",
        LIVES
        + """
        SELECT c.ticket_id, c.version, c.previous, c.state FROM chain c
        WHERE (c.version = 1 AND c.state <> 'waiting')
           OR (c.version > 1 AND c.previous <> c.state AND NOT (c.previous, c.state) IN (
                SELECT * FROM unnest(%(from)s::text[], %(to)s::text[])))
        UNION ALL
        SELECT t.id, t.version, l.state, t.status FROM queueing_ticket t
        LEFT JOIN chain l ON l.ticket_id = t.id AND l.version = t.version
        WHERE t.tenant_id = %(tenant)s AND t.status IS DISTINCT FROM l.state
        """,
    ),
    "I6b": (
        "Each entry found the ticket as the entry before had left it",
        LIVES + "SELECT ticket_id, version, previous, found FROM chain"
        " WHERE version > 1 AND found IS NOT NULL AND found IS DISTINCT FROM previous",
    ),
    "I7": (
        "Every version of a ticket has exactly one journal entry",
        """
        SELECT coalesce(t.id, e.object_id), t.version, e.n, e.lowest, e.highest
        FROM (SELECT id, version FROM queueing_ticket WHERE tenant_id = %(tenant)s) t
        FULL JOIN (SELECT object_id, count(DISTINCT version) AS n, min(version) AS lowest, max(version) AS highest,
                count(*) AS entries
            FROM journal_entry WHERE tenant_id = %(tenant)s AND object_type = 'ticket' AND version IS NOT NULL
            GROUP BY object_id) e ON e.object_id = t.id
        WHERE t.version IS DISTINCT FROM e.n OR e.entries <> e.n OR e.lowest <> 1 OR e.highest <> e.n
        """,
    ),
    "I7b": (
        "The numbers of a queue's stream have no gap",
        """
        SELECT e.queue_id, count(*), min(e.stream_seq), max(e.stream_seq) FROM journal_entry e
        WHERE e.tenant_id = %(tenant)s AND e.stream_seq IS NOT NULL GROUP BY e.queue_id
        HAVING count(*) <> max(e.stream_seq) OR min(e.stream_seq) <> 1 OR count(DISTINCT e.stream_seq) <> count(*)
        """,
    ),
}


@dataclass(frozen=True)
class Finding:
    """One invariant over one tenant: `broken` holds the rows that break it, at most ten."""

    name: str
    says: str
    broken: list[tuple[Any, ...]]


def check_invariants(tenant_id: UUID) -> list[Finding]:
    """Ask every question over one tenant's data. Call it inside that tenant's scope.

    Returns:
        One finding per invariant; all is well when no finding has broken rows.
    """
    moves = sorted(LEGAL_MOVES)
    values: dict[str, Any] = {"tenant": tenant_id, "from": [old for old, _ in moves], "to": [new for _, new in moves]}
    findings = []
    with connection.cursor() as cursor:
        for name, (says, question) in QUESTIONS.items():
            cursor.execute(question, values)
            findings.append(Finding(name, says, cursor.fetchmany(10)))
    return findings


def check_acknowledged(*, tenant_id: UUID, taken: Iterable[UUID], called: Mapping[UUID, UUID]) -> Finding:
    """I3: what clients were told is what the database says.

    Args:
        taken: tickets whose taking was acknowledged.
        called: ticket → agent, for calls that were acknowledged.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM unnest(%s::uuid[]) AS acked(id) WHERE NOT EXISTS"
            " (SELECT 1 FROM queueing_ticket t WHERE t.tenant_id = %s AND t.id = acked.id)",
            [list(taken), tenant_id],
        )
        broken = cursor.fetchmany(10)
        cursor.execute(
            "SELECT ticket_id, agent_id FROM unnest(%s::uuid[], %s::uuid[]) AS acked(ticket_id, agent_id)"
            " WHERE NOT EXISTS (SELECT 1 FROM journal_entry e WHERE e.tenant_id = %s AND e.object_id = acked.ticket_id"
            " AND e.fact = 'ticket.called' AND e.data ->> 'agent_id' = acked.agent_id::text)",
            [list(called), list(called.values()), tenant_id],
        )
        broken += cursor.fetchmany(10)
    return Finding("I3", "Every acknowledged ticket and call is in the database", broken)


def undispatched(tenant_id: UUID) -> int:
    """Entries that the relay has not handed over yet."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM journal_entry WHERE tenant_id = %s AND dispatched_at IS NULL", [tenant_id])
        return int(cursor.fetchone()[0])
