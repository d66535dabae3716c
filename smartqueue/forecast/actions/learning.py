"""The estimator of one tenant between two moments: its states taken from the database, told what happened, kept."""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from smartqueue.forecast.actions.line import ages
from smartqueue.forecast.estimator import Asked, Curve, Estimator, Event, Line, Plan, Setup
from smartqueue.forecast.models import Learnt
from smartqueue.forecast.queries.estimates import known
from smartqueue.forecast.queries.situation import Situation
from smartqueue.forecast.queries.stream import Step
from smartqueue.forecast.states import Subject
from smartqueue.kernel.ids import uuid7

logger = logging.getLogger(__name__)


class Learning:
    """What the estimator knows of these queues; in the tenant's scope, with the tenant's lock in hand.

    What happened before the last time that somebody looked, and was told late, counts as of that time: the estimator's
    clock never goes back.
    """

    def __init__(self, tenant_id: UUID, situations: Mapping[UUID, Situation], at: datetime) -> None:
        kept = known(list(situations), sorted({now.service_id for now in situations.values()}))
        self.tenant_id, self.situations, self.at = tenant_id, situations, at
        self._rows = kept.queues
        self._zones = {queue_id: ZoneInfo(now.time_zone) for queue_id, now in situations.items()}
        self._estimator = Estimator(kept.tenant or None)
        for queue_id, now in situations.items():
            row = kept.queues.get(queue_id)
            self._estimator.add_queue(
                Setup(str(queue_id), str(now.service_id), now.duration_s),
                queue=row.state if row else None,
                service=kept.services.get(now.service_id),
            )

    def note_counters(self, since: datetime) -> None:
        """So many serve each queue. What changes with agents has no number in a queue's stream: it is looked at."""
        for queue_id, now in self.situations.items():
            event = Event(self._local(queue_id, since), str(queue_id), "counters", value=now.counters)
            self._note(event)

    def note(self, step: Step) -> None:
        self._note(Event(self._local(step.queue_id, step.at), str(step.queue_id), step.kind, str(step.ticket_id)))

    def ask(self, queue_id: UUID, line: Line, *, place: int, at: datetime) -> Asked:
        plan = _plan(self.situations[queue_id])
        return self._estimator.ask(str(queue_id), self._local(queue_id, at), line, plan, place=place)

    def learn(self, queue_id: UUID, asked: Asked, *, wait_s: float, at: datetime) -> None:
        self._estimator.learn(str(queue_id), asked, wait_s=wait_s, at=self._local(queue_id, at))

    def outlook(self, queue_id: UUID, *, places: int) -> Curve:
        """The wait by place, now."""
        now = self.situations[queue_id]
        line = Line(ages((one.joined_s for one in now.line), self.at), now.passes)
        return self._estimator.outlook(
            str(queue_id), self._local(queue_id, self.at), line, _plan(now), places=places
        )  # fmt: skip

    def keep(self, followed: Mapping[UUID, int]) -> None:
        """Store the states, and how far each stream has been followed. One statement.

        Args:
            followed: queue → the last number that was read; the others stay where they are.
        """
        states = self._estimator.states()
        rows = [self._row(Subject.TENANT, self.tenant_id, states["tenant"])]
        rows += [self._row(Subject.SERVICE, UUID(key), state) for key, state in states["services"].items()]
        for key, state in states["queues"].items():
            queue_id = UUID(key)
            before = self._rows[queue_id].seq if queue_id in self._rows else 0
            rows.append(self._row(Subject.QUEUE, queue_id, state, seq=followed.get(queue_id, before)))
        Learnt.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["tenant", "subject", "subject_id"],
            update_fields=["state", "seq", "updated_at"],
        )

    def _row(self, subject: Subject, subject_id: UUID, state: dict[str, Any], seq: int = 0) -> Learnt:
        return Learnt(
            id=uuid7(), tenant_id=self.tenant_id, subject=subject, subject_id=subject_id, state=state, seq=seq,
            updated_at=self.at,
        )  # fmt: skip

    def _note(self, event: Event) -> None:
        problem = self._estimator.note(event)
        if problem is not None:
            logger.info("queue %s: %s cannot be (%s)", event.queue, event.kind, problem.code)

    def _local(self, queue_id: UUID, at: datetime) -> datetime:
        row = self._rows.get(queue_id)
        return max(at, row.updated_at if row else at).astimezone(self._zones[queue_id]).replace(tzinfo=None)


def _plan(now: Situation) -> Plan:
    return Plan(now.counters, now.changes)
