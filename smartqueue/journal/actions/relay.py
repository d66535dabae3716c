"""The relay: every entry reaches its handlers at least once, and each handler's effect happens once.

Three short transactions on the platform connection, none of them open while a handler runs: number the streams, lease
the entries that somebody wants to hear, note what came of them. A relay that dies in between leaves its leases behind;
when they run out, another one hands the entries over again, and what had already happened is not done a second time.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from django.db import connection, connections, transaction

from smartqueue.journal.models import Entry, RememberedAnswer
from smartqueue.tenants.scope import in_tenant

logger = logging.getLogger(__name__)

Handler = Callable[[Entry], None]
Timetable = Mapping[str, Sequence[Handler]]

NUMBERED_AT_ONCE = 500
LEASED_AT_ONCE = 100
TRIED_AGAIN_AT_ONCE = 20
LEASE_S = 10
LONGEST_PAUSE_S = 3600
ONE_NUMBERING = 0x5151_0001  # advisory lock: numbers are given in the order of the entries' ids
KEEP_ANSWERS = timedelta(hours=48)


def relay_entries(*, timetable: Timetable, at: datetime) -> int:
    """Hand over one batch of entries that nobody has handed over yet, oldest first. Several relays may run at once.

    It reads across tenants on the platform connection; each handler runs in its entry's tenant, on the application
    connection. A handler that fails is tried again later, with growing pauses; the others are not held up by it. What
    has failed once is leased alone: an entry that kills its process takes no other with it.

    Args:
        timetable: fact → handlers. They write rows and call nobody: PostgreSQL ends a transaction that idles for 10 s.
        at: the instant, timezone-aware; the leases and pauses count from it.

    Returns:
        How many entries were numbered or leased; 0 when nothing is left to do now.
    """
    heard = sorted(fact for fact, handlers in timetable.items() if handlers)
    taken = _number_streams(heard, at)
    taken += _hand_over(_lease(FRESH, LEASED_AT_ONCE, heard, at), timetable, at)
    for _ in range(TRIED_AGAIN_AT_ONCE):
        again = _hand_over(_lease(FAILED_BEFORE, 1, heard, at), timetable, at)
        if not again:
            break
        taken += again
    return taken


# Gap-free per queue: entries are numbered in the order of their ids, which for one ticket is the order of its
# versions, and the numbers are taken from the stream's row in the same transaction. What nobody wants to hear is done
# with here, and so is what belongs to no tenant or to one that has been deleted.
NUMBER = """
WITH batch AS MATERIALIZED (
    SELECT e.id, e.tenant_id, e.queue_id, t.id IS NOT NULL AND e.fact = ANY(%(heard)s::text[]) AS is_heard,
        t.id IS NOT NULL AND e.queue_id IS NOT NULL AND e.stream_seq IS NULL AS is_new
    FROM journal_entry e LEFT JOIN tenants_tenant t ON t.id = e.tenant_id
    WHERE e.dispatched_at IS NULL AND (
        t.id IS NULL OR e.fact <> ALL(%(heard)s::text[]) OR (e.queue_id IS NOT NULL AND e.stream_seq IS NULL))
    ORDER BY e.id LIMIT %(most)s
), sizes AS (
    SELECT queue_id, tenant_id, count(*) AS n FROM batch WHERE is_new GROUP BY queue_id, tenant_id
), moved AS (
    INSERT INTO journal_stream AS s (queue_id, tenant_id, last_seq) SELECT queue_id, tenant_id, n FROM sizes
    ON CONFLICT (queue_id) DO UPDATE SET last_seq = s.last_seq + excluded.last_seq
    RETURNING s.queue_id, s.last_seq
), numbered AS (
    SELECT id, moved.last_seq - sizes.n + row_number() OVER (PARTITION BY queue_id ORDER BY id) AS seq
    FROM batch JOIN moved USING (queue_id) JOIN sizes USING (queue_id) WHERE is_new
)
UPDATE journal_entry e
SET dispatched_at = CASE WHEN batch.is_heard THEN NULL ELSE %(at)s END,
    stream_seq = coalesce(numbered.seq, e.stream_seq)
FROM batch LEFT JOIN numbered USING (id) WHERE e.id = batch.id
"""


def _number_streams(heard: Sequence[str], at: datetime) -> int:
    """Waits for another numbering, which is short. Should its process be frozen, PostgreSQL ends it."""
    with transaction.atomic(using="platform"), connections["platform"].cursor() as cursor:
        cursor.execute(
            "SELECT set_config('idle_in_transaction_session_timeout', '10s', true), pg_advisory_xact_lock(%s)",
            [ONE_NUMBERING],
        )
        cursor.execute(NUMBER, {"heard": list(heard), "most": NUMBERED_AT_ONCE, "at": at})
        return int(cursor.rowcount)


FRESH, FAILED_BEFORE = "tries = 0", "tries > 0"

# A try counts as failed from its beginning until it has succeeded, so that a death in the middle counts too.
LEASE = """
WITH due AS MATERIALIZED (
    SELECT id FROM journal_entry
    WHERE dispatched_at IS NULL AND {which} AND (not_before IS NULL OR not_before <= %(at)s)
      AND fact = ANY(%(heard)s::text[]) AND tenant_id IS NOT NULL AND (queue_id IS NULL OR stream_seq IS NOT NULL)
    ORDER BY not_before NULLS FIRST, id LIMIT %(most)s FOR UPDATE SKIP LOCKED
)
UPDATE journal_entry e
SET tries = least(e.tries + 1, 32000),
    not_before = %(at)s + make_interval(
        secs => least(greatest(power(2, least(e.tries + 1, 12)), %(lease_s)s), %(longest_s)s))
FROM due WHERE e.id = due.id RETURNING e.*
"""


def _lease(which: str, most: int, heard: Sequence[str], at: datetime) -> list[Entry]:
    limits = {"most": most, "lease_s": LEASE_S, "longest_s": LONGEST_PAUSE_S}
    leased = Entry.objects.using("platform").raw(LEASE.format(which=which), {"heard": list(heard), "at": at, **limits})
    return sorted(leased, key=lambda entry: entry.id)


@dataclass(frozen=True)
class Outcome:
    """What came of an entry: done, or to be tried again after a pause."""

    entry: Entry
    is_done: bool

    @property
    def pause(self) -> timedelta:
        return timedelta(seconds=min(2 ** min(self.entry.tries, 12), LONGEST_PAUSE_S))


def _hand_over(leased: Sequence[Entry], timetable: Timetable, at: datetime) -> int:
    of_tenant: dict[UUID, list[Entry]] = {}
    for entry in leased:
        of_tenant.setdefault(cast(UUID, entry.tenant_id), []).append(entry)
    for tenant_id, entries in of_tenant.items():
        together = len(entries) > 1 and _run_together(tenant_id, entries, timetable)
        _note([Outcome(entry, together or _run_handlers(entry, timetable[entry.fact])) for entry in entries], at)
    return len(leased)


def _run_together(tenant_id: UUID, entries: Sequence[Entry], timetable: Timetable) -> bool:
    """A tenant's entries in one transaction: one commit for a hundred. False when a handler failed and nothing was
    kept; then each goes alone, and only the one that fails is tried again."""
    try:
        with in_tenant(tenant_id):
            for entry in entries:
                for handler in timetable[entry.fact]:
                    _unless_handled(entry, handler)
    except Exception as error:
        logger.info("a batch of %s entries goes one by one (%s)", len(entries), error)
        return False
    return True


def _run_handlers(entry: Entry, handlers: Iterable[Handler]) -> bool:
    """Every handler has its chance; False when one failed."""
    is_done = True
    for handler in handlers:
        try:
            handle_once(entry, handler)
        except Exception:
            logger.exception("%s failed on entry %s (%s)", _name(handler), entry.id, entry.fact)
            is_done = False
    return is_done


def _note(outcomes: Sequence[Outcome], at: datetime) -> None:
    if not outcomes:
        return
    pending = Entry.objects.using("platform").filter(dispatched_at=None)
    with transaction.atomic(using="platform"):
        for outcome in outcomes:
            if not outcome.is_done:
                pending.filter(id=outcome.entry.id).update(not_before=at + outcome.pause)
        with connections["platform"].cursor() as cursor:
            cursor.execute(
                "UPDATE journal_entry SET dispatched_at = %s, tries = greatest(tries - 1, 0), not_before = NULL"
                " WHERE id = ANY(%s) AND dispatched_at IS NULL",
                [at, [outcome.entry.id for outcome in outcomes if outcome.is_done]],
            )


def handle_once(entry: Entry, handler: Handler) -> None:
    """Run a handler in the entry's tenant; its mark is written in the same transaction: a second run does nothing."""
    if entry.tenant_id is None:
        return
    with in_tenant(entry.tenant_id):
        _unless_handled(entry, handler)


def _unless_handled(entry: Entry, handler: Handler) -> None:
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


def forget_answers(*, at: datetime) -> int:
    """Delete remembered answers older than two days: no client retries that late. Returns how many."""
    deleted, _ = RememberedAnswer.objects.using("platform").filter(created_at__lt=at - KEEP_ANSWERS).delete()
    return deleted
