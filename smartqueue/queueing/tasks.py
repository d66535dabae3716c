"""Thin: every active tenant in turn, one action each."""

import logging

from celery import shared_task
from django.db import DatabaseError

from smartqueue.kernel.clock import now
from smartqueue.queueing.actions.alerts import evaluate_alerts as evaluate
from smartqueue.queueing.actions.alerts import send_alert_letters as send_letters
from smartqueue.queueing.actions.blocks import void_leftover_blocks as void
from smartqueue.queueing.actions.retention import forget_old_visits as forget
from smartqueue.queueing.actions.tickets import expire_leftovers as expire
from smartqueue.tenants.queries import active_tenant_ids

logger = logging.getLogger(__name__)


@shared_task(name="queueing.expire_leftovers")
def expire_leftovers() -> None:
    """One tenant's trouble does not keep the others waiting."""
    for tenant_id in active_tenant_ids():
        try:
            expire(tenant_id=tenant_id, at=now())
        except DatabaseError:
            logger.exception("expiring the left-over tickets of tenant %s failed", tenant_id)


@shared_task(name="queueing.void_leftover_blocks")
def void_leftover_blocks() -> None:
    """The same for the numbers that kiosks have leased and not used."""
    for tenant_id in active_tenant_ids():
        try:
            void(tenant_id=tenant_id, at=now())
        except DatabaseError:
            logger.exception("voiding the left-over numbers of tenant %s failed", tenant_id)


@shared_task(name="queueing.forget_old_visits")
def forget_old_visits() -> None:
    """The same for names and numbers of people who came long ago."""
    for tenant_id in active_tenant_ids():
        try:
            forget(tenant_id=tenant_id, at=now())
        except DatabaseError:
            logger.exception("the old visits of tenant %s were not forgotten", tenant_id)


@shared_task(name="queueing.evaluate_alerts")
def evaluate_alerts() -> None:
    """The same for the rules of alerts."""
    for tenant_id in active_tenant_ids():
        try:
            evaluate(tenant_id=tenant_id, at=now())
        except DatabaseError:
            logger.exception("the alerts of tenant %s were not looked at", tenant_id)


@shared_task(name="queueing.send_alert_letters")
def send_alert_letters() -> None:
    """Letters of alerts that are due. A mail server that refuses is tried again when their lease is over."""
    for tenant_id in active_tenant_ids():
        try:
            send_letters(tenant_id=tenant_id, at=now())
        except (DatabaseError, OSError) as error:  # only its kind: a mail server's words quote the address
            logger.error("letters of alerts of tenant %s were not sent: %s", tenant_id, type(error).__name__)
