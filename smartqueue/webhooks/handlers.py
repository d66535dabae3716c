"""A fact becomes one delivery for each endpoint that wants it. Runs once per entry (journal.actions.relay)."""

from django.db import connection, transaction

from smartqueue.journal.models import Entry
from smartqueue.kernel.ids import uuid7
from smartqueue.webhooks.actions.endpoints import wake

# What follows a fact that is being tried again is due with it, not before: a dead endpoint's line is not searched in
# vain. The ids are made here, one for as many endpoints as there may be.
QUEUE = """
INSERT INTO webhooks_delivery (
    id, tenant_id, endpoint_id, entry_id, fact, subject, version, status, tries, due_at, history, created_at
)
SELECT id, e.tenant_id, e.endpoint_id, %(entry)s, %(fact)s, %(subject)s, %(version)s, 'pending', 0,
    greatest(%(at)s, (
        SELECT max(d.due_at) FROM webhooks_delivery d
        WHERE d.endpoint_id = e.endpoint_id AND d.subject = %(subject)s AND d.status = 'pending'
    )), '[]', %(at)s
FROM (
    SELECT tenant_id, id AS endpoint_id, row_number() OVER (ORDER BY id) AS n FROM webhooks_endpoint
    WHERE tenant_id = %(tenant)s AND is_active AND (facts = '{}' OR %(fact)s = ANY(facts))
) e JOIN unnest(%(ids)s::uuid[]) WITH ORDINALITY AS made(id, n) USING (n)
ON CONFLICT DO NOTHING
"""
MOST = 64


def queue_deliveries(entry: Entry) -> None:
    """The rows only; a worker sends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM webhooks_endpoint WHERE tenant_id = %s AND is_active LIMIT 1", [entry.tenant_id])
        if cursor.fetchone() is None:
            return
        cursor.execute(
            QUEUE,
            {
                "entry": entry.id, "fact": entry.fact, "subject": entry.object_id, "version": entry.version,
                "at": entry.at, "tenant": entry.tenant_id, "ids": [uuid7() for _n in range(MOST)],
            },
        )  # fmt: skip
        if cursor.rowcount:
            transaction.on_commit(wake)
