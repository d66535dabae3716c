"""Whether a message still says what is so."""

from django.db import connection

from smartqueue.notifications.models import Notification
from smartqueue.notifications.states import MessageKind
from smartqueue.queueing.states import TicketState

IN_STATE: dict[str, TicketState] = {
    MessageKind.TICKET_JOINED: TicketState.WAITING,
    MessageKind.POSITION_REACHED: TicketState.WAITING,
    MessageKind.COME_BACK: TicketState.WAITING,
    MessageKind.YOUR_TURN: TicketState.CALLED,
    MessageKind.CALLED_AGAIN: TicketState.CALLED,
    MessageKind.MISSED: TicketState.NO_SHOW,
}
"""What is told here is true only while the ticket is in this state."""

_STATES = "CASE n.kind " + " ".join(f"WHEN '{kind}' THEN '{state}'" for kind, state in IN_STATE.items()) + " END"
# A call is told by its version: the journal knows when that call was, and a later call, or one that was taken back,
# has moved the ticket's last call away from it.
STILL_TRUE = f"""(
    n.kind NOT IN ({", ".join(f"'{kind}'" for kind in IN_STATE)}) OR EXISTS (
        SELECT 1 FROM queueing_ticket t WHERE t.tenant_id = n.tenant_id AND t.id = n.ticket_id
          AND t.status = {_STATES}
          AND (t.status <> 'called' OR n.ticket_version IS NULL OR t.version = n.ticket_version OR EXISTS (
            SELECT 1 FROM journal_entry e WHERE e.object_id = t.id AND e.version = n.ticket_version
              AND (e.after ->> 'last_call_at')::timestamptz = t.last_call_at)))
)"""  # noqa: S608 - words of this file
"""An SQL condition on a row of `notifications_notification` called `n`."""


def still_true(notification: Notification) -> bool:
    """Whether a message may go out as far as its ticket is concerned; inside the tenant's scope.

    A call is true while the ticket is called and no other call has come since; "taken", "near" and
    "come back" while it waits; "missed" while it counts as absent. Everything else stays true.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {STILL_TRUE} FROM notifications_notification n WHERE n.id = %s",  # noqa: S608 - as above
            [notification.id],
        )
        row = cursor.fetchone()
        return bool(row and row[0])
