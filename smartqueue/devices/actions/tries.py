"""Counting the codes that an administrator types. The limit slides: five within any minute.

Counted before the code is looked at and past the transaction of the request, on the platform's connection: a refusal
rolls its request back, and of many tries at once no more pass than the limit allows.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from smartqueue.devices.errors import TooManyCodes
from smartqueue.devices.models import CodeTries
from smartqueue.devices.states import WRONG_CODES, WRONG_CODES_WITHIN


def count_try(*, tenant_id: UUID, user_id: UUID | None, at: datetime) -> datetime | None:
    """One more try.

    Returns:
        What `forget_try` has to be told.

    Raises:
        TooManyCodes: it was one too many, and is not counted.
    """
    if user_id is None:  # the command line
        return None
    with transaction.atomic(using="platform"):
        tries = CodeTries.objects.using("platform")
        tries.get_or_create(tenant_id=tenant_id, user_id=user_id)
        row = tries.select_for_update().get(tenant_id=tenant_id, user_id=user_id)
        recent = [tried for tried in row.recent if tried > at - WRONG_CODES_WITHIN]
        if len(recent) >= WRONG_CODES:
            free_at = recent[-WRONG_CODES] + WRONG_CODES_WITHIN
            raise TooManyCodes(retry_after_s=max(1, round((free_at - at).total_seconds())))
        row.recent = [*recent, at]
        row.save(update_fields=["recent"], using="platform")
    return at


def forget_try(*, tenant_id: UUID, user_id: UUID | None, tried: datetime | None) -> None:
    """The code was right. Only this try is taken back: a right code must not buy more wrong ones."""
    if tried is None or user_id is None:
        return
    with transaction.atomic(using="platform"):
        row = CodeTries.objects.using("platform").select_for_update().get(tenant_id=tenant_id, user_id=user_id)
        if tried in row.recent:
            row.recent.remove(tried)
            row.save(update_fields=["recent"], using="platform")
