"""Tickets of people who wait elsewhere: gone from the site, passed over while they are far, back when they come."""

from datetime import datetime, timedelta
from uuid import UUID

from smartqueue.journal.models import Entry
from smartqueue.journal.states import Actor
from smartqueue.queueing.actions.tickets import CHECKED_IN, _locked, _move  # the one way in which tickets move
from smartqueue.queueing.errors import NobodyBehind
from smartqueue.queueing.models import Ticket
from smartqueue.queueing.states import TicketState

AWAY = "away"
DEFERRED = "ticket.deferred"
KEEPS_PLACE = frozenset({CHECKED_IN, "ticket.stepped_out", "ticket.priority_changed"})
"""Facts that change nothing about where in its lane a waiting ticket stands."""


def step_out(*, ticket_id: UUID, actor: Actor, at: datetime) -> None:
    """The ticket's owner goes away and keeps the place. Of somebody who is not at the site nothing changes.

    Raises:
        TicketNotFound, IllegalMove: it does not wait.
    """
    with _locked(ticket_id, None, TicketState.WAITING) as ticket:
        if ticket.here_at is not None:
            _move(ticket, "stepped_out", actor, at, here_at=None)


def pass_over_away(*, ticket_id: UUID, people: int, actor: Actor, at: datetime) -> None:
    """Let up to `people` of those behind go first, because the owner is far; within the own priority.

    It does not count as the customer's own deferral.

    Raises:
        NobodyBehind, IllegalMove, TicketNotFound.
    """
    with _locked(ticket_id, None, TicketState.WAITING) as ticket:
        passed = list(
            Ticket.objects.filter(queue_id=ticket.queue_id, status=TicketState.WAITING, lane=ticket.lane)
            .filter(line_at__gte=ticket.line_at)
            .exclude(id=ticket.id)
            .exclude(line_at=ticket.line_at, id__lt=ticket.id)
            .order_by("line_at", "id")
            .values_list("line_at", flat=True)[:people]
        )
        if not passed:
            raise NobodyBehind(ticket_id=ticket_id)
        _move(
            ticket, "deferred", actor, at, data={"people": len(passed), "rule": AWAY},
            line_at=passed[-1] + timedelta(microseconds=1),
        )  # fmt: skip


def return_from_away(*, ticket_id: UUID, actor: Actor, at: datetime) -> bool:
    """Whoever was passed over and has come stands again where they stood before.

    Unless the ticket has been moved since by anybody else, its owner included: that was meant as it was. The low-water
    mark of the lane follows by its trigger (docs/decisions/0005).

    Returns:
        Whether the ticket has moved.

    Raises:
        IllegalMove: it does not wait any more.
        TicketNotFound.
    """
    with _locked(ticket_id, None, TicketState.WAITING) as ticket:
        line_at = _stood_at(ticket)
        if line_at is None:
            return False
        _move(ticket, "returned", actor, at, data={"rule": AWAY}, line_at=line_at)
        return True


def _stood_at(ticket: Ticket) -> datetime | None:
    """Where the ticket stood before it was passed over the first time, if nothing else has moved it since."""
    stood = None
    for entry in Entry.objects.filter(object_id=ticket.id, version__isnull=False).order_by("-version"):
        if entry.fact == DEFERRED and entry.data.get("rule") == AWAY:
            stood = (entry.before or {}).get("line_at")
        elif entry.fact not in KEEPS_PLACE:
            break
    return None if stood is None else datetime.fromisoformat(stood)
