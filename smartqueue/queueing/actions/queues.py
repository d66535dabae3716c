"""Queues: opened, paused, closed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from smartqueue.journal import actions as journal
from smartqueue.journal.actions import record
from smartqueue.journal.states import Actor, AuditKind
from smartqueue.kernel.refusing import refusing
from smartqueue.queueing.errors import QueueExists, QueueInUse, QueueNotFound
from smartqueue.queueing.models import Queue
from smartqueue.queueing.states import QueueStatus

FACT_OF_STATUS = {QueueStatus.OPEN: "opened", QueueStatus.PAUSED: "paused", QueueStatus.CLOSED: "closed"}
FOREIGN_KEY = "23503"


def add_queue(*, tenant_id: UUID, values: dict[str, Any], actor: Actor, at: datetime) -> Queue:
    """A new line. Its wait target is the service's unless `values` says otherwise.

    Raises:
        QueueExists: the site has one of this service and kind, or one with these letters.
    """
    values.setdefault("wait_target_s", values["service"].wait_target_s)
    with refusing(queue_once=QueueExists, queue_prefix_once=QueueExists):
        return journal.add(Queue(tenant_id=tenant_id, **values), actor=actor, at=at)


def change_queue(*, queue_id: UUID, values: dict[str, Any], actor: Actor, at: datetime) -> Queue:
    """Store what differs; site and service are for good, because tickets have been given under them.

    Raises:
        QueueNotFound: there is none in scope.
        QueueExists: the site has one of this service and kind, or one with these letters.
    """
    with transaction.atomic(), refusing(queue_once=QueueExists, queue_prefix_once=QueueExists):
        return journal.change(_locked(queue_id), values, actor=actor, at=at)


def remove_queue(*, queue_id: UUID, actor: Actor, at: datetime) -> Queue:
    """Delete a queue in which nobody ever stood.

    Raises:
        QueueNotFound: there is none in scope.
        QueueInUse: it has tickets, or something else that refers to it.
    """
    try:
        with transaction.atomic():
            queue = _locked(queue_id)
            journal.remove(queue, actor=actor, at=at)
    except IntegrityError as error:
        if getattr(error.__cause__, "sqlstate", "") != FOREIGN_KEY:
            raise
        raise QueueInUse from error
    return queue


def _locked(queue_id: UUID) -> Queue:
    queue = Queue.objects.select_for_update().filter(id=queue_id).first()
    if queue is None:
        raise QueueNotFound
    return queue


def set_queue_status(*, queue_id: UUID, status: QueueStatus, actor: Actor, at: datetime) -> Queue:
    """Open, pause or close a queue. Paused and closed take no new ticket; who stands in line is still served.

    Raises:
        QueueNotFound.
    """
    with transaction.atomic():
        queue = _locked(queue_id)
        before = queue.status
        if before == status:
            return queue
        queue.status = status
        queue.save(update_fields=["status"])
        record(
            f"queue.{FACT_OF_STATUS[status]}",
            kind=AuditKind.STATUS_CHANGE,
            tenant_id=queue.tenant_id,
            object_type="queue",
            object_id=queue.id,
            queue_id=queue.id,
            actor=actor,
            at=at,
            data={"status": status},
            before={"status": before},
            after={"status": status},
        )
    return queue
