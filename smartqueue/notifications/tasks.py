"""Thin: one action each."""

import logging
from collections.abc import Callable
from functools import partial
from uuid import UUID

from celery import shared_task
from django.db import DatabaseError

from smartqueue.kernel.clock import now
from smartqueue.notifications.actions.budget import send_budget_letter
from smartqueue.notifications.actions.cleaning import BATCH, delete_messages, delete_traces, erase_words
from smartqueue.notifications.actions.sending import MOST, give_up_overdue, wake_another
from smartqueue.notifications.actions.sending import send_due as send
from smartqueue.tenants.queries import active_tenant_ids, retention_of
from smartqueue.tenants.scope import in_tenant

logger = logging.getLogger(__name__)


@shared_task(name="notifications.send_due")
def send_due() -> None:
    """Poked after commits, and by the clock for what is due later, what was left behind, and lost pokes."""
    if send(more=wake_another) == MOST:
        wake_another()


@shared_task(name="notifications.give_up_overdue")
def give_up_what_is_overdue() -> None:
    """It does not wait for a sender: nothing goes out."""
    give_up_overdue(at=now())


@shared_task(name="notifications.send_budget_letters")
def send_budget_letters() -> None:
    """One tenant's trouble does not keep the others waiting."""
    for tenant_id in active_tenant_ids():
        try:
            send_budget_letter(tenant_id=tenant_id, at=now())
        except (DatabaseError, OSError) as error:  # only its kind: a mail server's words quote the address
            logger.error("the letter on the budget of tenant %s was not sent: %s", tenant_id, type(error).__name__)


@shared_task(name="notifications.cleanup_old_notifications")
def cleanup_old_notifications(days: int | None = None) -> None:
    """Once a night: forget what was said to whom, and what is older than each tenant's retention, or than `days`."""
    for tenant_id in active_tenant_ids():
        try:
            kept_days = retention_of(tenant_id) if days is None else days
            _until_done(tenant_id, partial(erase_words, tenant_id=tenant_id, at=now()))
            _until_done(tenant_id, partial(delete_messages, tenant_id=tenant_id, days=kept_days, at=now()))
            _until_done(tenant_id, partial(delete_traces, tenant_id=tenant_id, at=now()))
        except DatabaseError:
            logger.exception("the old messages of tenant %s were not cleaned up", tenant_id)


def _until_done(tenant_id: UUID, clean: Callable[[], int]) -> None:
    """Batch by batch, each a transaction of its own."""
    more = True
    while more:
        with in_tenant(tenant_id):
            more = clean() >= BATCH
