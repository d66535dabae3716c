"""Accounts that fail again and again are left alone for a while."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from smartqueue.journal.actions import record
from smartqueue.journal.states import SYSTEM, AuditKind
from smartqueue.notifications.actions.claiming import OPENS_AT
from smartqueue.notifications.models import Integration
from smartqueue.notifications.states import RETRY_HELPS, Outcome

FIRST_PAUSE_S, LONGEST_PAUSE_S = 5, 300
ACCOUNT_AT_FAULT = frozenset(
    {Outcome.REFUSED_LOGIN, Outcome.NO_ACCOUNT, Outcome.NO_CREDIT, Outcome.BAD_SEAL, Outcome.NO_LOGIN}
)
"""No message will pass before somebody has seen to the account."""
ABOUT_THE_MESSAGE = frozenset(
    {Outcome.REFUSED_RECIPIENT, Outcome.REFUSED_MESSAGE, Outcome.RECIPIENT_GONE, Outcome.REFUSED_TEMPLATE,
     Outcome.WINDOW_CLOSED, Outcome.TOO_LONG}
)  # fmt: skip
"""The account works; it does not like this one."""

# One statement that judges the row as it stands. What fails while the account is left alone was under way before that:
# it does not count again, so a burst of failures is not a longer pause.
COUNT = """
UPDATE notifications_integration
SET failures = least(failures + 1, 1000),
    broken_until = CASE WHEN failures + 1 >= %(opens_at)s THEN %(at)s + make_interval(
        secs => least(%(first_s)s * power(2, least(failures + 1 - %(opens_at)s, 20)), %(longest_s)s)) END
WHERE id = %(id)s AND (broken_until IS NULL OR broken_until <= %(at)s)
RETURNING failures
"""
SHUT = """
UPDATE notifications_integration AS i
SET failures = greatest(i.failures + 1, %(opens_at)s), broken_until = %(at)s + make_interval(secs => %(longest_s)s)
FROM (SELECT id, failures FROM notifications_integration WHERE id = %(id)s FOR UPDATE) before
WHERE i.id = before.id AND (i.broken_until IS NULL OR i.broken_until <= %(at)s)
RETURNING before.failures < %(opens_at)s
"""


def note_failure(*, integration: Integration, outcome: Outcome, at: datetime) -> None:
    """Count a failure of the account, not of a message: after the fifth in a row it is left alone for 5 s, then tried
    with one message; each further failure doubles the pause, up to 5 minutes. An account that lets nobody in, or has no
    money, is left alone for 5 minutes at once. Inside the tenant's transaction.

    The journal hears it once, `integration.broken`, until the account has worked again.
    """
    if outcome in ACCOUNT_AT_FAULT:
        opened = _ask(SHUT, integration.id, at) is True
    elif outcome in RETRY_HELPS:
        opened = _ask(COUNT, integration.id, at) == OPENS_AT
    else:
        if outcome in ABOUT_THE_MESSAGE:
            note_success(integration=integration)
        return
    if opened:
        record(
            "integration.broken", kind=AuditKind.STATUS_CHANGE, tenant_id=integration.tenant_id,
            object_type="integration", object_id=integration.id, actor=SYSTEM, at=at,
            data={"provider": integration.provider, "outcome": str(outcome)},
        )  # fmt: skip


def note_success(*, integration: Integration) -> None:
    """The provider has answered sensibly: what failed before is forgotten. Inside the tenant's transaction."""
    troubled = Integration.objects.filter(Q(failures__gt=0) | Q(broken_until__isnull=False), id=integration.id)
    troubled.update(failures=0, broken_until=None)


def _ask(statement: str, integration_id: UUID, at: datetime) -> Any:
    limits = {"opens_at": OPENS_AT, "first_s": FIRST_PAUSE_S, "longest_s": LONGEST_PAUSE_S}
    with connection.cursor() as cursor:
        cursor.execute(statement, {"id": integration_id, "at": at, **limits})
        row = cursor.fetchone()
        return row[0] if row else None
