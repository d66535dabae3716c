"""The relay: every entry reaches its handlers at least once, and each handler's effect happens once.

Two short transactions on the platform connection, neither of them open while a handler runs: take entries, which
numbers them in their queue's stream and leases what somebody wants to hear; then note what came of them. A relay that
dies in between leaves its leases behind; when they run out, another one hands the entries over again, and what had
already happened is not done a second time.
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
Streams = dict[tuple[UUID, UUID], int]
"""(tenant, queue) → the last number of its stream."""

AT_ONCE = 200
TRIED_AGAIN_AT_ONCE = 100
LEASE_S = 10
LONGEST_PAUSE_S = 3600
ONE_AT_A_TIME = 0x5151_0001  # advisory lock: numbers are given in the order of the entries' ids
KEEP_ANSWERS = timedelta(hours=48)


@dataclass
class Reach:
    """The last entry that this process has taken: a hint that spares the search what was done long ago.

    While somebody holds a snapshot, PostgreSQL keeps what was handed over in the index of what is pending, and a search
    from the beginning reads it all. `LATE_BY` ids below the reach are searched again, for those who commit late.
    """

    id: int = 0


_reach = Reach()
LATE_BY = 2000


def relay_entries(
    *, timetable: Timetable, at: datetime, everything: bool = True, announce: Callable[[Streams], None] | None = None
) -> int:
    """Hand over one batch of entries that nobody has handed over yet, oldest first. Several relays may run at once.

    It reads across tenants on the platform connection; each handler runs in its entry's tenant, on the application
    connection. A handler that fails is tried again later, with growing pauses; the others are not held up by it. What
    has failed once is leased alone: an entry that kills its process takes no other with it.

    Args:
        timetable: fact → handlers. They write rows and call nobody: PostgreSQL ends a transaction that idles for 10 s.
        at: the instant, timezone-aware; the leases and pauses count from it.
        everything: from the journal's beginning, and what has failed before too; otherwise what is new.
        announce: told which streams have moved, before any handler runs. It may be told nothing when a process dies,
            and must not raise.

    Returns:
        How many entries were taken; 0 when nothing is left to do now.
    """
    heard = sorted(fact for fact, handlers in timetable.items() if handlers)
    taken, fresh, streams = _take(heard, at, after=0 if everything else _reach.id - LATE_BY)
    if announce and streams:
        announce(streams)
    _hand_over(fresh, timetable, at)
    if everything:
        _give_up_what_nobody_hears(heard, at)
    for _ in range(TRIED_AGAIN_AT_ONCE if everything else 0):
        again = _lease_one_that_failed(heard, at)
        if not again:
            break
        _hand_over(again, timetable, at)
        taken += 1
    return taken


# Streams are gap-free per queue: entries are numbered in the order of their ids, which for one ticket is the order of
# its versions, and the numbers are taken from the stream's row in the same transaction. What somebody wants to hear is
# leased; the rest is done with here, and so is what belongs to no tenant or to one that has been deleted.
# A try counts as failed from its beginning until it has succeeded, so that a death in the middle counts too.
TAKE = """
WITH batch AS MATERIALIZED (
    SELECT e.id, e.tenant_id, e.queue_id, t.id IS NOT NULL AND e.fact = ANY(%(heard)s::text[]) AS is_heard,
        t.id IS NOT NULL AND e.queue_id IS NOT NULL AS is_numbered
    FROM journal_entry e LEFT JOIN tenants_tenant t ON t.id = e.tenant_id
    WHERE e.dispatched_at IS NULL AND e.tries = 0 AND e.id > %(after)s
    ORDER BY e.id LIMIT %(most)s
), sizes AS (
    SELECT queue_id, tenant_id, count(*) AS n FROM batch WHERE is_numbered GROUP BY queue_id, tenant_id
), moved AS (
    INSERT INTO journal_stream AS s (queue_id, tenant_id, last_seq) SELECT queue_id, tenant_id, n FROM sizes
    ON CONFLICT (queue_id) DO UPDATE SET last_seq = s.last_seq + excluded.last_seq
    RETURNING s.queue_id, s.last_seq
), numbered AS (
    SELECT id, moved.last_seq - sizes.n + row_number() OVER (PARTITION BY queue_id ORDER BY id) AS seq
    FROM batch JOIN moved USING (queue_id) JOIN sizes USING (queue_id) WHERE is_numbered
)
UPDATE journal_entry e
SET stream_seq = numbered.seq, tries = is_heard::int,
    dispatched_at = CASE WHEN NOT is_heard THEN %(at)s END,
    not_before = CASE WHEN is_heard THEN %(at)s + make_interval(secs => %(lease_s)s) END
FROM batch LEFT JOIN numbered USING (id) WHERE e.id = batch.id
RETURNING e.id, is_heard, e.tenant_id, e.queue_id, e.stream_seq
"""

# Few of very many rows, always: with the statistics of a quiet night the planner would read the whole journal for them.
BY_INDEX = (
    "SELECT set_config('idle_in_transaction_session_timeout', '10s', true), set_config('enable_seqscan', 'off', true)"
)


def _take(heard: Sequence[str], at: datetime, *, after: int) -> tuple[int, list[Entry], Streams]:
    """How many entries were taken, those to be handed over, and how far the streams have come. One relay at a time,
    which is short: should its process be frozen, PostgreSQL ends it."""
    limits = {"most": AT_ONCE, "after": after, "lease_s": LEASE_S}
    with transaction.atomic(using="platform"), connections["platform"].cursor() as cursor:
        cursor.execute(BY_INDEX + ", pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
        cursor.execute(TAKE, {"heard": list(heard), "at": at, **limits})
        taken = cursor.fetchall()
        _reach.id = max(_reach.id, *(entry_id for entry_id, *_ in taken), 0)
        wanted = [entry_id for entry_id, is_heard, *_ in taken if is_heard]
        entries = list(Entry.objects.using("platform").filter(id__in=wanted).order_by("id")) if wanted else []
    streams: Streams = {}
    for _id, _is_heard, tenant_id, queue_id, seq in taken:
        if seq is not None:
            streams[tenant_id, queue_id] = max(streams.get((tenant_id, queue_id), 0), seq)
    return len(taken), entries, streams


NOBODY_LISTENS = """
UPDATE journal_entry e SET dispatched_at = %(at)s, not_before = NULL
WHERE e.dispatched_at IS NULL AND e.tries > 0 AND (
    e.fact <> ALL(%(heard)s::text[]) OR NOT EXISTS (SELECT 1 FROM tenants_tenant t WHERE t.id = e.tenant_id))
"""


def _give_up_what_nobody_hears(heard: Sequence[str], at: datetime) -> None:
    """What failed before, and whose handler or tenant is gone."""
    with transaction.atomic(using="platform"), connections["platform"].cursor() as cursor:
        cursor.execute(BY_INDEX)
        cursor.execute(NOBODY_LISTENS, {"heard": list(heard), "at": at})


AGAIN = """
WITH due AS MATERIALIZED (
    SELECT id FROM journal_entry
    WHERE dispatched_at IS NULL AND tries > 0 AND (not_before IS NULL OR not_before <= %(at)s)
      AND fact = ANY(%(heard)s::text[])
    ORDER BY not_before NULLS FIRST, id LIMIT 1 FOR UPDATE SKIP LOCKED
)
UPDATE journal_entry e
SET tries = least(e.tries + 1, 32000),
    not_before = %(at)s + make_interval(
        secs => least(greatest(power(2, least(e.tries + 1, 12)), %(lease_s)s), %(longest_s)s))
FROM due WHERE e.id = due.id RETURNING e.*
"""


def _lease_one_that_failed(heard: Sequence[str], at: datetime) -> list[Entry]:
    limits = {"lease_s": LEASE_S, "longest_s": LONGEST_PAUSE_S}
    with transaction.atomic(using="platform"), connections["platform"].cursor() as cursor:
        cursor.execute(BY_INDEX)
        return list(Entry.objects.using("platform").raw(AGAIN, {"heard": list(heard), "at": at, **limits}))


@dataclass(frozen=True)
class Outcome:
    """What came of an entry: done, or to be tried again after a pause."""

    entry: Entry
    is_done: bool

    @property
    def pause(self) -> timedelta:
        return timedelta(seconds=min(2 ** min(self.entry.tries, 12), LONGEST_PAUSE_S))


def _hand_over(leased: Sequence[Entry], timetable: Timetable, at: datetime) -> None:
    of_tenant: dict[UUID, list[Entry]] = {}
    for entry in leased:
        of_tenant.setdefault(cast(UUID, entry.tenant_id), []).append(entry)
    for tenant_id, entries in of_tenant.items():
        together = len(entries) > 1 and _run_together(tenant_id, entries, timetable)
        _note([Outcome(entry, together or _run_handlers(entry, timetable[entry.fact])) for entry in entries], at)


def _run_together(tenant_id: UUID, entries: Sequence[Entry], timetable: Timetable) -> bool:
    """A tenant's entries in one transaction: one commit for a hundred. False when a handler failed and nothing was
    kept; then each goes alone, and only the one that fails is tried again."""
    try:
        with in_tenant(tenant_id):
            _run_once(entries, timetable)
    except Exception as error:
        logger.info("a batch of %s entries goes one by one (%s)", len(entries), error)
        return False
    return True


def _run_handlers(entry: Entry, handlers: Iterable[Handler]) -> bool:
    """Every handler has its chance; False when one failed."""
    is_done = True
    for handler in handlers:
        try:
            with in_tenant(cast(UUID, entry.tenant_id)):
                _run_once([entry], {entry.fact: [handler]})
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


MARK = """
INSERT INTO journal_handled (tenant_id, entry_id, handler)
SELECT %s, * FROM unnest(%s::bigint[], %s::text[]) ON CONFLICT DO NOTHING RETURNING entry_id, handler
"""


def _run_once(entries: Sequence[Entry], timetable: Timetable) -> None:
    """Run the handlers in the tenant's scope that have not run yet; their marks are written in the same transaction,
    so that a second run does nothing. A handler raises: nothing of it all is kept."""
    wanted = [(entry, handler) for entry in entries for handler in timetable[entry.fact]]
    with connection.cursor() as cursor:
        marks = [(entry.id, _name(handler)) for entry, handler in wanted]
        cursor.execute(MARK, [entries[0].tenant_id, *map(list, zip(*marks, strict=True))])
        first = set(cursor.fetchall())
    for entry, handler in wanted:
        if (entry.id, _name(handler)) in first:
            handler(entry)


def _name(handler: Handler) -> str:
    return f"{handler.__module__}.{handler.__qualname__}"


def forget_answers(*, at: datetime) -> int:
    """Delete remembered answers older than two days: no client retries that late. Returns how many."""
    deleted, _ = RememberedAnswer.objects.using("platform").filter(created_at__lt=at - KEEP_ANSWERS).delete()
    return deleted
