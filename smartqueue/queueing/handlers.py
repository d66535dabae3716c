"""Reactions of the queue room to facts. Each runs once per entry (journal.actions.relay)."""

from django.db import connection

from smartqueue.journal.models import Entry

SHORTEST_S, LONGEST_S = 5.0, 4 * 3600.0
MEMORY = 20.0
"""Weight at which the mean stops slowing down: about the last twenty visits count."""

LEARN = """
INSERT INTO queueing_servicepace AS p (id, tenant_id, queue_id, seconds, weight)
VALUES (gen_random_uuid(), %(tenant)s, %(queue)s, %(seconds)s, 1)
ON CONFLICT (tenant_id, queue_id) DO UPDATE SET
    seconds = p.seconds + (excluded.seconds - p.seconds) / least(p.weight + 1, %(memory)s),
    weight = least(p.weight + 1, %(memory)s)
"""


def learn_service_time(entry: Entry) -> None:
    """Move the queue's service time towards what this visit took: a decayed mean, in seconds.

    Visits that never started, and clicks and forgotten tickets outside 5 s to 4 h, teach nothing.
    """
    service_s = entry.data.get("service_s")
    if service_s is None or not SHORTEST_S <= service_s <= LONGEST_S:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            LEARN,
            {"tenant": entry.tenant_id, "queue": entry.queue_id, "seconds": float(service_s), "memory": MEMORY},
        )
