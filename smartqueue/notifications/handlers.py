"""Reactions to facts of tickets: who is to be told. They write rows and send nothing.

Facts may be handed over late: what is not so any more is not told. Most tickets belong to people who left no address:
for them one small question is all. Appointments and payments are told once those rooms are built.
"""

from datetime import datetime, timedelta
from typing import cast
from uuid import UUID
from zoneinfo import ZoneInfo

from smartqueue.journal.models import Entry
from smartqueue.notifications.actions.outgoing import create_notifications
from smartqueue.notifications.actions.watches import mark_told
from smartqueue.notifications.queries.line import looked_at_before, near_in_line
from smartqueue.notifications.queries.presence import page_is_open
from smartqueue.notifications.queries.rules import desk_of, rules_of
from smartqueue.notifications.queries.tickets import (
    Reach,
    language_of,
    people_ahead,
    reach_of,
    ticket_to_tell,
    tickets_to_tell,
    values_of,
    wait_at,
    wait_values,
)
from smartqueue.notifications.states import PAGE, MessageKind
from smartqueue.notifications.states.variables import Value
from smartqueue.queueing.states import Channel, Outcome, TicketState

TOLD_AT_ONCE = (Channel.USSD, Channel.SMS, Channel.WHATSAPP)
"""Whoever took a ticket by these was told its number in the answer. A screen that was lost on the way is made good by
the room `phone`."""


def tell_taken(entry: Entry) -> None:
    """`ticket.created`: the number, to whoever left an address."""
    reach = _reach(entry, TicketState.WAITING)
    if reach is None or not reach.has_address:
        return
    ahead = people_ahead(reach.ticket_id, entry.at)
    if ahead is None:
        return
    near_at = rules_of(cast(UUID, entry.tenant_id)).near_at
    if ahead <= near_at:  # so near from the beginning: the first message says it
        mark_told(tenant_id=cast(UUID, entry.tenant_id), wanted={reach.ticket_id: near_at}, at=entry.at)
    if reach.channel not in TOLD_AT_ONCE:
        wait = wait_values(*wait_at(cast(UUID, entry.queue_id), ahead + 1))
        _tell(entry, MessageKind.TICKET_JOINED, reach, past=(), people_ahead=ahead, **wait)


def tell_called(entry: Entry) -> None:
    """`ticket.called`: the counter."""
    reach = _reach(entry, TicketState.CALLED)
    if reach and _is_last_call(entry, reach) and (reach.has_address or page_is_open(reach.ticket_id)):
        _tell(entry, MessageKind.YOUR_TURN, reach)


def tell_called_again(entry: Entry) -> None:
    """`ticket.recalled`: the page was open at the first call and nobody came, so now the phone has to ring."""
    reach = _reach(entry, TicketState.CALLED)
    if reach and _is_last_call(entry, reach) and reach.has_address:
        _tell(entry, MessageKind.CALLED_AGAIN, reach, past=(PAGE,))


def tell_missed(entry: Entry) -> None:
    """`ticket.no_show`: how to go on."""
    reach = _reach(entry, TicketState.NO_SHOW)
    if reach and (reach.has_address or page_is_open(reach.ticket_id)):
        _tell(entry, MessageKind.MISSED, reach)


def thank(entry: Entry) -> None:
    """`ticket.closed`: thanks and a question, to who was served. An open page asks by itself."""
    if entry.data.get("outcome") != Outcome.SERVED:
        return
    reach = _reach(entry, TicketState.CLOSED)
    if reach and reach.has_address and reach.version == entry.version:
        _tell(entry, MessageKind.THANKS, reach)


def tell_leave(entry: Entry) -> None:
    """`ticket.leave_now`: whoever waits elsewhere has to set out. What was found out long ago is not told."""
    reach = _reach(entry, TicketState.WAITING)
    ticket = ticket_to_tell(entry.object_id) if reach and entry.object_id else None
    if reach is None or ticket is None or not (reach.has_address or page_is_open(reach.ticket_id)):
        return
    leave_at = max(entry.at, datetime.fromisoformat(entry.data["leave_at"]))
    be_there = leave_at + timedelta(minutes=entry.data["travel_min"])
    local = be_there.astimezone(ZoneInfo(ticket.queue.site.time_zone))
    _tell(
        entry, MessageKind.COME_BACK, reach, people_ahead=people_ahead(reach.ticket_id, entry.at) or 0,
        time=f"{local:%H:%M}",
        wait_low_min=entry.data["low_min"], wait_high_min=entry.data["high_min"],
    )  # fmt: skip


def tell_near(entry: Entry) -> None:
    """Any fact that moves a line: those of it whose turn has come near, each once."""
    left = entry.data.get("from_queue_id")
    for queue_id in sorted({one for one in (entry.queue_id, UUID(left) if left else None) if one}):
        if not looked_at_before(queue_id):
            _tell_near_in(queue_id, entry)


def _tell_near_in(queue_id: UUID, entry: Entry) -> None:
    tenant_id = cast(UUID, entry.tenant_id)
    near = {one.ticket_id: one for one in near_in_line(tenant_id=tenant_id, queue_id=queue_id, at=entry.at)}
    wanted = {ticket_id: one.wanted for ticket_id, one in near.items()}
    ours = mark_told(tenant_id=tenant_id, wanted=wanted, at=entry.at)
    if not ours:
        return
    desk = desk_of(tenant_id)
    for ticket in tickets_to_tell().filter(id__in=ours).order_by("id"):
        one = near[ticket.id]
        create_notifications(
            tenant_id=tenant_id, cause=f"entry:{entry.id}:{ticket.id}",
            kind=MessageKind.POSITION_REACHED, ticket=ticket,
            language=language_of(ticket), at=entry.at, desk=desk,
            values=values_of(ticket, people_ahead=one.people_ahead, **wait_values(one.low_s, one.high_s)),
        )  # fmt: skip


def _reach(entry: Entry, state: TicketState) -> Reach | None:
    """The entry's ticket, if it is in this state now."""
    reach = reach_of(cast(UUID, entry.tenant_id), cast(UUID, entry.object_id))
    return reach if reach and reach.status == state else None


def _is_last_call(entry: Entry, reach: Reach) -> bool:
    """A ticket that was put back and called again has had another call since."""
    called_at = (entry.after or {}).get("last_call_at")
    return reach.version == entry.version or (
        called_at is not None and datetime.fromisoformat(called_at) == reach.last_call_at
    )


def _tell(entry: Entry, kind: str, reach: Reach, *, past: tuple[str, ...] = (), **more: Value) -> None:
    ticket = ticket_to_tell(reach.ticket_id)
    if ticket is None:
        return
    create_notifications(
        tenant_id=ticket.tenant_id, cause=f"entry:{entry.id}", kind=kind, ticket=ticket, language=language_of(ticket),
        values=values_of(ticket, **more), at=entry.at, past=past, version=entry.version,
    )  # fmt: skip
