"""A timetable of the tests: one handler whose effect can be counted, and a point at which its process dies."""

import os
import signal

from django.db import transaction

from smartqueue.journal.actions import record
from smartqueue.journal.models import Entry
from smartqueue.journal.states import SYSTEM, AuditKind
from smartqueue.kernel.clock import now
from tests.journal.facts import EFFECT, HEARD


def leave_a_trace(entry: Entry) -> None:
    """Write a row of its own; it is there once, or the relay is wrong."""
    assert entry.tenant_id is not None
    record(
        EFFECT,
        kind=AuditKind.UPDATE,
        tenant_id=entry.tenant_id,
        object_type="test",
        object_id=entry.object_id,
        actor=SYSTEM,
        at=now(),
    )
    failpoint("after_effect_before_note", entry)


def failpoint(name: str, entry: Entry) -> None:
    """SQ_FAILPOINT=name:object kills this process as soon as the effect on that object has been committed."""
    if os.environ.get("SQ_FAILPOINT") == f"{name}:{entry.object_id}":
        transaction.on_commit(lambda: os.kill(os.getpid(), signal.SIGKILL))


LATER = {HEARD: [leave_a_trace]}
