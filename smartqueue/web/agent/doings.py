"""What an agent does at the counter; each is one action of the house, or two."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from smartqueue.customers.actions import change_customer, customer_by_phone
from smartqueue.journal.actions import claim_key
from smartqueue.queueing.actions import agents, hot, tickets
from smartqueue.queueing.errors import AgentBusy, AgentNotFound, AgentOffline, AgentPaused, IllegalMove
from smartqueue.queueing.queries import me_or_refuse, show_ticket, tickets_in_hand
from smartqueue.queueing.queries.console import counters_to_sit_at, ticket_in_hand
from smartqueue.queueing.states import AgentStatus, Channel, Outcome, Place, Priority
from smartqueue.tenants.states import Scope
from smartqueue.web.agent import forms
from smartqueue.web.agent.forms import NotComplete, accept
from smartqueue.web.agent.pages import Doing, Done

Move = Callable[["TicketMove", UUID, dict[str, Any]], None]


class Sit(Doing):
    """Take a seat at a counter, and be available."""

    def do(self, at: datetime, **where: Any) -> Done:
        counter_id = accept(forms.SeatForm(self.request.POST))["counter"]
        with self.scope():
            if not counters_to_sit_at().filter(id=counter_id).exists():
                raise NotComplete(_("Choose a counter."))
            me = me_or_refuse(self.user_id)
            agents.sign_in_at_counter(agent_id=me.id, counter_id=counter_id, actor=self.actor, at=at)
        return Done()


class Status(Doing):
    """A break, back from it, or gone from the counter."""

    status: ClassVar[AgentStatus]

    def do(self, at: datetime, **where: Any) -> Done:
        reason = accept(forms.BreakForm(self.request.POST))["reason"]
        with self.scope():
            me = me_or_refuse(self.user_id)
            agents.set_agent_status(agent_id=me.id, status=self.status, reason=reason, actor=self.actor, at=at)
        return Done()


class Break(Status):
    status = AgentStatus.PAUSED


class Back(Status):
    status = AgentStatus.AVAILABLE


class Leave(Status):
    status = AgentStatus.OFFLINE


class Call(Doing):
    """The next person, or a chosen one. Whoever is at the counter is finished first.

    A form says whom it believes to be there (`holding`). When that is no longer so, the press was a repeated one, or
    the page an old one: nothing is done but to show how things stand. So a double click never calls two people.
    """

    chosen = False

    def do(self, at: datetime, **where: Any) -> Done:
        wanted = accept((forms.CallForm if self.chosen else forms.NextForm)(self.request.POST))
        with self.scope():
            me = me_or_refuse(self.user_id)
            held = tickets_in_hand([me.id]).get(me.id)
        if held != wanted["holding"]:
            return Done()
        if me.status != AgentStatus.AVAILABLE:  # before the present visit is finished for nothing
            raise AgentPaused if me.counter_id else AgentOffline
        try:
            if held:
                self.finish(held, at)
            return self.call(wanted, at)
        except (AgentBusy, IllegalMove):
            if self.chosen:
                raise
            return Done()  # the same press, a moment before

    def finish(self, ticket_id: UUID, at: datetime) -> None:
        hot.close_ticket(
            tenant_id=self.tenant.id, ticket_id=ticket_id, user_id=self.user_id, actor=self.actor, at=at,
            outcome=Outcome.SERVED,
        )  # fmt: skip

    def call(self, wanted: dict[str, Any], at: datetime) -> Done:
        called = hot.call_next_ticket(tenant_id=self.tenant.id, user_id=self.user_id, actor=self.actor, at=at)
        if called is None:
            return Done(_("Nobody is waiting."))
        return Done(_("{number} called.").format(number=self.number(called, at)), undo=called)

    def number(self, ticket_id: UUID, at: datetime) -> str:
        shown = show_ticket(tenant_id=self.tenant.id, ticket_id=ticket_id, at=at)
        return shown.number if shown else ""


class CallChosen(Call):
    """A chosen one: out of order with a reason."""

    chosen = True

    def call(self, wanted: dict[str, Any], at: datetime) -> Done:
        called = hot.call_ticket(
            tenant_id=self.tenant.id, ticket_id=wanted["ticket"], reason=wanted["reason"], user_id=self.user_id,
            actor=self.actor, at=at,
        )  # fmt: skip
        return Done(_("{number} called.").format(number=self.number(called, at)), undo=called)


class WalkIn(Doing):
    """A ticket for somebody who stands there without one. Sent twice, the form makes one ticket."""

    def do(self, at: datetime, **where: Any) -> Done:
        wanted = accept(forms.WalkInForm(self.request.POST))
        with self.scope():
            _row, known = claim_key(
                tenant_id=self.tenant.id, caller=f"user:{self.user_id}", key=f"walk-in:{wanted['once']}",
                fingerprint=hashlib.sha256(b"walk-in").digest(), at=at,
            )  # fmt: skip
            if known is not None:
                return Done()
            customer_id = self.customer(wanted, at) if wanted["phone"] else None
            ticket_id = hot.issue_ticket(
                tenant_id=self.tenant.id, queue_id=wanted["queue"], channel=Channel.AGENT, actor=self.actor, at=at,
                priority=Priority(wanted["priority"] or 0), customer_id=customer_id, language=wanted["language"],
            )  # fmt: skip
        shown = show_ticket(tenant_id=self.tenant.id, ticket_id=ticket_id, at=at)
        return Done(_("{number} is in the line.").format(number=shown.number if shown else ""))

    def customer(self, wanted: dict[str, Any], at: datetime) -> UUID:
        spoken = {"language": wanted["language"]} if wanted["language"] else {}
        who = customer_by_phone(tenant_id=self.tenant.id, phone=wanted["phone"], actor=self.actor, at=at, **spoken)
        return who.id


class Note(Doing):
    """What is kept about the customer whose ticket is in hand."""

    needs = Scope.WRITE_CUSTOMER

    def do(self, at: datetime, **where: Any) -> Done:
        notes = accept(forms.NoteForm(self.request.POST))["notes"]
        with self.scope():
            held = ticket_in_hand(me_or_refuse(self.user_id).id)
            if held is None or held.customer is None:
                raise NotComplete(_("There is no customer to keep a note about."))
            change_customer(customer=held.customer, values={"notes": notes}, actor=self.actor, at=at)
        return Done(_("Note kept."))


class Undo(Doing):
    def do(self, at: datetime, **where: Any) -> Done:
        with self.scope():
            tickets.undo(ticket_id=where["id"], actor=self.actor, at=at)
        return Done(_("Undone."))


class TicketMove(Doing):
    """One move of one ticket, named in the address; `MOVES` says which form and which action it is."""

    def do(self, at: datetime, **where: Any) -> Done:
        form, move = MOVES[where["move"]]
        wanted = accept(form(self.request.POST)) if form else {}
        self.at = at
        move(self, where["id"], wanted)
        shown = show_ticket(tenant_id=self.tenant.id, ticket_id=where["id"], at=at)
        return Done(f"{shown.number} · {SAYS[where['move']]}" if shown else "", undo=where["id"])

    def mine(self, action: Callable[..., None], ticket_id: UUID, **values: Any) -> None:
        """Run an action on a ticket that must be in this agent's hands."""
        with self.scope():
            agent_id = me_or_refuse(self.user_id).id
            action(ticket_id=ticket_id, agent_id=agent_id, actor=self.actor, at=self.at, **values)

    def resume(self, ticket_id: UUID, wanted: dict[str, Any]) -> None:
        with self.scope():
            me = me_or_refuse(self.user_id)
            tickets.resume_ticket(ticket_id=ticket_id, agent=me, actor=self.actor, at=self.at)

    def finish(self, ticket_id: UUID, wanted: dict[str, Any]) -> None:
        hot.close_ticket(
            tenant_id=self.tenant.id, ticket_id=ticket_id, user_id=self.user_id, actor=self.actor, at=self.at,
            outcome=Outcome(wanted["outcome"]), reason=wanted["reason"],
        )  # fmt: skip

    def transfer(self, ticket_id: UUID, wanted: dict[str, Any]) -> None:
        """To a queue, or parked for a colleague."""
        kind, _colon, to = wanted["to"].partition(":")
        try:
            target = UUID(to)
        except ValueError:
            raise NotComplete(_("Choose where the person goes.")) from None
        if kind == "queue":
            self.mine(tickets.transfer_ticket, ticket_id, to_queue_id=target, reason=wanted["reason"])
            return
        with self.scope():
            me = me_or_refuse(self.user_id)
            try:
                tickets.hand_over_ticket(
                    ticket_id=ticket_id, agent_id=me.id, to_agent_id=target, reason=wanted["reason"],
                    actor=self.actor, at=self.at,
                )  # fmt: skip
            except AgentNotFound:
                raise NotComplete(_("Choose where the person goes.")) from None

    def release(self, ticket_id: UUID, wanted: dict[str, Any]) -> None:
        """What is kept for one agent is open to all again: by the giver, the addressee, or whoever manages tickets."""
        with self.scope():
            me = me_or_refuse(self.user_id)
            tickets.release_ticket(
                ticket_id=ticket_id, agent_id=None if self.manages else me.id, actor=self.actor, at=self.at
            )


def _simple(action: Callable[..., None]) -> Move:
    return lambda page, ticket_id, wanted: page.mine(action, ticket_id, **wanted)


def _put_back(page: TicketMove, ticket_id: UUID, wanted: dict[str, Any]) -> None:
    page.mine(tickets.put_back, ticket_id, place=Place(wanted["place"]))


MOVES: dict[str, tuple[type[Any] | None, Move]] = {
    "start": (None, _simple(tickets.start_service)),
    "recall": (None, _simple(tickets.recall_ticket)),
    "no-show": (None, _simple(tickets.mark_no_show)),
    "put-back": (forms.PutBackForm, _put_back),
    "park": (forms.ParkForm, _simple(tickets.pause_ticket)),
    "resume": (None, TicketMove.resume),
    "finish": (forms.FinishForm, TicketMove.finish),
    "transfer": (forms.TransferForm, TicketMove.transfer),
    "release": (None, TicketMove.release),
}


SAYS = {
    "start": pgettext_lazy("ticket", "arrived"),
    "recall": pgettext_lazy("ticket", "called again"),
    "no-show": pgettext_lazy("ticket", "absent"),
    "put-back": pgettext_lazy("ticket", "back in the line"),
    "park": pgettext_lazy("ticket", "parked"),
    "resume": pgettext_lazy("ticket", "back at the counter"),
    "finish": pgettext_lazy("ticket", "finished"),
    "transfer": pgettext_lazy("ticket", "transferred"),
    "release": pgettext_lazy("ticket", "open to every agent again"),
}
