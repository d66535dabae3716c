"""Following what happens in the lines: learn from it, promise, publish. Exactly once, whoever dies in between."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import DatabaseError, connection

from smartqueue.forecast.actions.learning import Learning
from smartqueue.forecast.actions.line import FoldedLine, lines_before
from smartqueue.forecast.actions.promises import Promises, take_steps
from smartqueue.forecast.actions.publishing import publish_news
from smartqueue.forecast.queries import stream
from smartqueue.forecast.queries.situation import Waiting, situation_of, standing
from smartqueue.forecast.queries.stream import Fact, Step
from smartqueue.tenants.scope import in_tenant

logger = logging.getLogger(__name__)

FACTS_AT_ONCE = 1000
MOST_ROUNDS = 100

FRESH = timedelta(minutes=15)
"""What is heard later than this is learnt from, but nobody is promised anything any more."""


def follow(*, at: datetime) -> int:
    """Take in what the journal's streams have said since the last time, tenant by tenant.

    Several may do so at once: each goes on to the next tenant where another one is at work. One tenant's trouble does
    not keep the others waiting.

    Args:
        at: the instant, timezone-aware.

    Returns:
        How many facts were taken in.
    """
    return sum(_alone(follow_tenant, tenant_id, at) for tenant_id in stream.tenants_that_moved())


def recompute(*, at: datetime, tenant_ids: Sequence[UUID] | None = None) -> int:
    """The same, and a look at every queue in which somebody waits or serves: counters open and close, time passes.

    Args:
        tenant_ids: these tenants; None for all in which there is such a queue.
    """
    wanted = stream.tenants_in_play() if tenant_ids is None else tenant_ids
    return sum(_alone(recompute_tenant, tenant_id, at) for tenant_id in wanted)


def follow_tenant(*, tenant_id: UUID, at: datetime) -> int:
    """`follow` of one tenant. Facts, states and the place in the streams are one transaction."""
    taken = 0
    for _ in range(MOST_ROUNDS):
        some, there_is_more = _take_in(tenant_id, at, everything=False)
        taken += some
        if not there_is_more:
            break
    return taken


def recompute_tenant(*, tenant_id: UUID, at: datetime) -> int:
    """`recompute` of one tenant."""
    some, there_is_more = _take_in(tenant_id, at, everything=True)
    return some + (follow_tenant(tenant_id=tenant_id, at=at) if there_is_more else 0)


def _alone(take_in: Callable[..., int], tenant_id: UUID, at: datetime) -> int:
    try:
        return take_in(tenant_id=tenant_id, at=at)
    except DatabaseError:
        logger.exception("the lines of tenant %s were not followed", tenant_id)
        return 0


def _take_in(tenant_id: UUID, at: datetime, *, everything: bool) -> tuple[int, bool]:
    """One transaction. How many facts, and whether there are more."""
    with in_tenant(tenant_id):
        if not _is_mine(tenant_id):
            return 0, False
        followed = stream.streams_to_follow(tenant_id)
        facts, there_is_more = stream.facts_after(followed, most=FACTS_AT_ONCE) if followed else ([], False)
        steps = [step for fact in facts for step in stream.steps_of(fact)]
        touched = {*followed, *(step.queue_id for step in steps)}
        if everything and not there_is_more:
            touched.update(stream.queues_in_play(tenant_id))
        situations = situation_of(sorted(touched), at=at)
        if not situations:
            return 0, False
        steps = [step for step in steps if step.queue_id in situations]
        learning = Learning(tenant_id, situations, at)
        learning.note_counters(min(at, facts[0].at) if facts else at)
        if steps:
            _live_through(learning, steps, facts, there_is_more=there_is_more)
        learning.keep({fact.stream_id: fact.seq for fact in facts if fact.seq is not None})
        if not there_is_more:
            publish_news(learning, queue_ids=list(situations), at=at)
    return len(facts), there_is_more


def _is_mine(tenant_id: UUID) -> bool:
    """The tenant's lock, until the transaction ends; whoever does not get it does not wait for it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended('forecast ' || %s, 0))", [str(tenant_id)])
        (is_mine,) = cursor.fetchone()
    return bool(is_mine)


def _live_through(learning: Learning, steps: Sequence[Step], facts: Sequence[Fact], *, there_is_more: bool) -> None:
    """Go through the steps as they happened, with the lines as they were then."""
    fresh_since = learning.at - FRESH
    lines: dict[UUID, FoldedLine] = {}
    stands: Mapping[UUID, Waiting] = {}
    if any(step.kind == "issued" and step.at >= fresh_since for step in steps):
        since = _since(learning, facts) if not there_is_more else []
        stands = standing(sorted({step.ticket_id for step in (*steps, *since)}), at=learning.at)
        until = facts[-1].at if there_is_more else None
        lines = lines_before([*steps, *since], learning.situations, stands, until)
    promises = Promises(learning, steps)
    take_steps(learning, promises, steps, lines, stands, fresh_since=fresh_since)
    promises.keep()


def _since(learning: Learning, facts: Sequence[Fact]) -> list[Step]:
    """What has happened since, and has no number yet: the lines of now have it, those of then had not."""
    later = stream.facts_without_number(learning.tenant_id, after=facts[0].id, most=FACTS_AT_ONCE)
    return [step for fact in later for step in stream.steps_of(fact)]
