"""Tasks of the accounts room."""

from celery import shared_task

from smartqueue.accounts.actions import forget_expired
from smartqueue.kernel.clock import now


@shared_task(name="accounts.forget_expired")
def forget_old_codes_and_tokens() -> int:
    """Every hour: delete what has expired."""
    return forget_expired(at=now())
