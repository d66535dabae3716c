"""Another priority for somebody who waits."""

from datetime import datetime
from uuid import UUID

from smartqueue.journal.states import Actor
from smartqueue.queueing.actions.tickets import _locked, _move  # the one way in which tickets move
from smartqueue.queueing.states import FIRST_LANE, Priority, TicketState


def change_priority(*, ticket_id: UUID, priority: Priority, actor: Actor, at: datetime) -> None:
    """Move a waiting ticket to another class: other target, other lane. One that was put back first stays first.

    The same priority again changes nothing. The ground is nowhere written.

    Raises:
        TicketNotFound, IllegalMove: it does not wait.
    """
    with _locked(ticket_id, None, TicketState.WAITING) as ticket:
        if ticket.priority == priority:
            return
        lane = FIRST_LANE if ticket.lane == FIRST_LANE else priority
        _move(
            ticket, "priority_changed", actor, at, data={"priority": int(priority)}, priority=int(priority),
            lane=int(lane),
        )  # fmt: skip
