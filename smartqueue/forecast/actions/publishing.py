"""Telling the house how long one waits by place: only what is news, never a row per person."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from smartqueue.forecast.actions.learning import Learning
from smartqueue.forecast.estimator import Curve
from smartqueue.forecast.states import has_moved
from smartqueue.journal.states import SYSTEM
from smartqueue.queueing.actions.outlook import publish_outlook
from smartqueue.queueing.queries.outlook import NOTHING, Waits, waits_of

LEAST_PLACES, MOST_PLACES, PLACES_BEHIND = 30, 400, 20
KNOTS = (1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377)
"""Places that are compared; between them the wait does not jump."""

NEWS_EVERY = timedelta(seconds=20)


def publish_news(learning: Learning, *, queue_ids: Sequence[UUID], at: datetime) -> list[UUID]:
    """Publish the outlook of those of these queues in which it has moved, or would not do any more.

    At once where counters have opened or the last one has closed, where the quality is another, and where the line is
    longer than what is published; where the wait has moved, at most every 20 seconds.

    Returns:
        The queues whose outlook was published.
    """
    shown = waits_of(queue_ids)
    published = []
    for queue_id in queue_ids:
        now = learning.situations[queue_id]
        waiting = len(now.line)
        curve = learning.outlook(queue_id, places=min(max(waiting + PLACES_BEHIND, LEAST_PLACES), MOST_PLACES))
        before = shown.get(queue_id, NOTHING)
        is_other = curve.quality != before.quality
        is_news = is_other or (_may_be_said_again(before, at) and _has_moved(before, curve, waiting + 1))
        if is_news or (curve.p50 and len(before.p50) < min(waiting + 1, MOST_PLACES)):
            publish_outlook(
                tenant_id=learning.tenant_id, queue_id=queue_id, p10=curve.p10, p50=curve.p50, p90=curve.p90,
                tail=curve.tail, quality=curve.quality, counters=now.counters, is_news=is_news and waiting > 0,
                actor=SYSTEM, at=at,
            )  # fmt: skip
            published.append(queue_id)
    return published


def _may_be_said_again(before: Waits, at: datetime) -> bool:
    return before.made_at is None or at - before.made_at >= NEWS_EVERY


def _has_moved(before: Waits, curve: Curve, places: int) -> bool:
    """Is what people are shown news at one of the places that somebody has, or would get?"""
    now = Waits(curve.p10, curve.p50, curve.p90, curve.tail, curve.quality)
    for place in (*(knot for knot in KNOTS if knot < places), places):
        was, will_be = before.at(place), now.at(place)
        if was is None or will_be is None:
            return was is not will_be
        if has_moved(was.middle, will_be.middle) or has_moved(was.high, will_be.high):
            return True
    return False
