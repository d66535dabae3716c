"""What was promised to each ticket when it joined a line, and what came of it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from smartqueue.forecast.actions.learning import Learning
from smartqueue.forecast.actions.line import FoldedLine
from smartqueue.forecast.estimator import Asked
from smartqueue.forecast.models import Estimate
from smartqueue.forecast.queries.estimates import estimates_of, last_waits
from smartqueue.forecast.queries.situation import Situation, Waiting
from smartqueue.forecast.queries.stream import Step
from smartqueue.forecast.states import Ending
from smartqueue.queueing.states import EtaQuality

CALL = "ticket.called"
CHANGING = [
    "asked_at", "place", "p10_s", "p50_s", "p90_s", "quality", "naive_s", "les_s", "served_s", "features", "ending",
    "ended_at", "wait_s",
]  # fmt: skip

SHORTEST_WAIT_S = 5
"""Whoever is called sooner has walked up to a free counter: that teaches nothing about waiting, and where it happens
often it would draw everybody else's range towards zero (`smartqueue bench waits` shows it)."""


class Promises:
    """The estimates of the tickets that some steps are about; made, settled and learnt from in memory, kept at once."""

    def __init__(self, learning: Learning, steps: Iterable[Step]) -> None:
        self._learning = learning
        rows = estimates_of(sorted({step.ticket_id for step in steps}))
        self._rows = {(row.ticket_id, row.queue_id): row for row in rows}
        self._changed: dict[UUID, Estimate] = {}
        self._last_waits = last_waits(learning.tenant_id, list(learning.situations))

    def make(self, step: Step, line: FoldedLine, stands: Waiting) -> None:
        """Somebody joins this line: what is he told? Nothing is promised anew to whoever was called from it before."""
        queue_id = step.queue_id
        row = self._rows.get((step.ticket_id, queue_id))
        if row is not None and row.ending != Ending.LEFT:
            return
        place = line.place_of(stands.key)
        asked = self._learning.ask(queue_id, line.as_line(step.at), place=place, at=step.at)
        row = row or Estimate(tenant_id=self._learning.tenant_id, ticket_id=step.ticket_id, queue_id=queue_id)
        row.asked_at, row.place, row.quality, row.features = step.at, place, asked.quality, asked.features
        row.p10_s, row.p50_s, row.p90_s = _whole(asked)
        now = self._learning.situations[queue_id]
        row.naive_s, row.served_s = _naive_s(now, place), _served_s(now, place)
        row.les_s = self._last_waits.get(queue_id)
        row.ending, row.ended_at, row.wait_s = Ending.OPEN, None, None
        self._keep(row)

    def settle(self, step: Step) -> None:
        """Called: what was the wait? Learnt from once, whatever happens to the ticket later."""
        row = self._rows.get((step.ticket_id, step.queue_id))
        if row is None or row.ending != Ending.OPEN:
            return
        row.ending, row.ended_at = Ending.CALLED, step.at
        row.wait_s = round(max(0.0, (step.at - row.asked_at).total_seconds()))
        self._last_waits[step.queue_id] = row.wait_s
        if row.features is not None and row.wait_s >= SHORTEST_WAIT_S:
            asked = Asked(row.p10_s, row.p50_s, row.p90_s, row.quality, row.features)
            self._learning.learn(step.queue_id, asked, wait_s=row.wait_s, at=step.at)
        row.features = None
        self._keep(row)

    def leave(self, step: Step) -> None:
        """Gone without a call."""
        row = self._rows.get((step.ticket_id, step.queue_id))
        if row is not None and row.ending == Ending.OPEN:
            row.ending, row.ended_at = Ending.LEFT, step.at
            self._keep(row)

    def reopen(self, step: Step) -> None:
        """Waiting again. A call or a leave that was taken back has not been; after any other return, the wait until the
        first call is what was promised."""
        row = self._rows.get((step.ticket_id, step.queue_id))
        if row is None or not (row.ending == Ending.LEFT or (row.ending == Ending.CALLED and step.undone == CALL)):
            return
        row.ending, row.ended_at, row.wait_s = Ending.OPEN, None, None
        self._keep(row)

    def keep(self) -> None:
        """Store what is new and what has changed. One statement."""
        if self._changed:
            Estimate.objects.bulk_create(
                self._changed.values(),
                update_conflicts=True,
                unique_fields=["tenant", "ticket", "queue"],
                update_fields=CHANGING,
            )

    def _keep(self, row: Estimate) -> None:
        self._rows[row.ticket_id, row.queue_id] = self._changed[row.id] = row


def _whole(asked: Asked) -> tuple[int | None, int | None, int | None]:
    """Whole seconds. Nothing is promised while no counter is open, whatever is learnt later from what was asked."""
    if asked.quality == EtaQuality.NONE or asked.p10_s is None or asked.p50_s is None or asked.p90_s is None:
        return None, None, None
    low, middle, high = sorted(max(0, round(value)) for value in (asked.p10_s, asked.p50_s, asked.p90_s))
    return low, middle, high


def _naive_s(now: Situation, place: int) -> int:
    """People ahead × what serving one is known to take."""
    return round((place - 1) * (now.pace_s or now.duration_s))


def _served_s(now: Situation, place: int) -> int | None:
    """Place × the same ÷ counters."""
    return round(place * (now.pace_s or now.duration_s) / now.counters) if now.counters > 0 else None


def take_steps(
    learning: Learning,
    promises: Promises,
    steps: Iterable[Step],
    lines: Mapping[UUID, FoldedLine],
    stands: Mapping[UUID, Waiting],
    *,
    fresh_since: datetime,
) -> None:
    """Tell the estimator what happened, step by step, and ask it for each who joined at or after `fresh_since`.

    Args:
        lines: as they stood before the first step.
        stands: where the tickets of the steps stand.
    """
    for step in steps:
        line, one = lines.get(step.queue_id), stands.get(step.ticket_id)
        if step.kind == "issued" and line is not None and one is not None and step.at >= fresh_since:
            promises.make(step, line, one)
        learning.note(step)
        if step.kind == "called":
            promises.settle(step)
        elif step.kind == "left":
            promises.leave(step)
        elif step.kind == "returned":
            promises.reopen(step)
        if line is not None and one is not None:
            if step.kind in {"called", "left"}:
                line.leave(one)
            else:
                line.enter(one, one.joined_s if step.kind == "returned" else step.at.timestamp())
