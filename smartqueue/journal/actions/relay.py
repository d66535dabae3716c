"""The relay: every entry reaches its handlers at least once, and each handler's effect happens once."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import connection, connections, transaction
from django.db.models import Q

from smartqueue.journal.models import Entry, RememberedAnswer
from smartqueue.tenants.scope import in_tenant

logger = logging.getLogger(__name__)

Handler = Callable[[Entry], None]
Timetable = Mapping[str, Sequence[Handler]]

BATCH = 500
ONE_RELAY = 0x5151_0001  # advisory lock: one relay at a time, so that a queue's stream keeps its order
KEEP_ANSWERS = timedelta(hours=48)


def relay_entries(*, timetable: Timetable, at: datetime) -> int:
    """Hand over one batch of entries that nobody has handed over yet, oldest first.

    It reads across tenants on the platform connection; each handler runs in its entry's tenant, on the application
    connection. A handler that fails is tried again later, with growing pauses; the others are not held up by it.

    Returns:
        How many entries were taken; 0 when nothing is left or another relay is at work.
    """
    with transaction.atomic(using="platform"):
        if not _alone():
            return 0
        pending = list(
            Entry.objects.using("platform")
            .filter(Q(not_before=None) | Q(not_before__lte=at), dispatched_at=None)
            .order_by("id")[:BATCH]
        )
        done = [entry for entry in pending if _hand_over(entry, timetable, at)]
        _number_streams([entry.id for entry in done], at)
    return len(pending)


def _alone() -> bool:
    with connections["platform"].cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ONE_RELAY])
        return bool(cursor.fetchone()[0])


def _hand_over(entry: Entry, timetable: Timetable, at: datetime) -> bool:
    """Run the entry's handlers; False when one failed, with the time of the next try noted."""
    failed = False
    for handler in timetable.get(entry.fact, ()):
        try:
            handle_once(entry, handler)
        except Exception:
            logger.exception("%s failed on entry %s (%s)", _name(handler), entry.id, entry.fact)
            failed = True
    if failed:
        pause = timedelta(seconds=min(2 ** (entry.tries + 1), 3600))
        Entry.objects.using("platform").filter(id=entry.id).update(tries=entry.tries + 1, not_before=at + pause)
    return not failed


def handle_once(entry: Entry, handler: Handler) -> None:
    """Run a handler in the entry's tenant; its mark is written in the same transaction, so a second run does nothing."""
    if entry.tenant_id is None:
        return
    with in_tenant(entry.tenant_id):
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO journal_handled (tenant_id, entry_id, handler) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                [entry.tenant_id, entry.id, _name(handler)],
            )
            is_first = cursor.rowcount == 1
        if is_first:
            handler(entry)


def _name(handler: Handler) -> str:
    return f"{handler.__module__}.{handler.__qualname__}"


# Gap-free per queue: entries are numbered in the order of their ids, which for one ticket is the order of its
# versions, and the numbers are taken from the stream's row in the same transaction.
NUMBER = """
WITH batch AS (
    SELECT id, tenant_id, queue_id, row_number() OVER (PARTITION BY queue_id ORDER BY id) AS place
    FROM journal_entry WHERE id = ANY(%(ids)s)
), moved AS (
    INSERT INTO journal_stream AS s (queue_id, tenant_id, last_seq)
    SELECT queue_id, tenant_id, count(*) FROM batch WHERE queue_id IS NOT NULL GROUP BY queue_id, tenant_id
    ON CONFLICT (queue_id) DO UPDATE SET last_seq = s.last_seq + excluded.last_seq
    RETURNING s.queue_id, s.last_seq
), sizes AS (
    SELECT queue_id, count(*) AS n FROM batch WHERE queue_id IS NOT NULL GROUP BY queue_id
)
UPDATE journal_entry e
SET dispatched_at = %(at)s, stream_seq = moved.last_seq - sizes.n + batch.place
FROM batch LEFT JOIN moved ON moved.queue_id = batch.queue_id LEFT JOIN sizes ON sizes.queue_id = batch.queue_id
WHERE e.id = batch.id
"""


def _number_streams(ids: list[int], at: datetime) -> None:
    if not ids:
        return
    with connections["platform"].cursor() as cursor:
        cursor.execute(NUMBER, {"ids": ids, "at": at})


def forget_answers(*, at: datetime) -> int:
    """Delete remembered answers older than two days: no client retries that late. Returns how many."""
    deleted, _ = RememberedAnswer.objects.using("platform").filter(created_at__lt=at - KEEP_ANSWERS).delete()
    return deleted
