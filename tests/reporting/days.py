"""Two random days of an organisation with sites in two time zones, played through the real actions: every state, every
move, two midnights."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

from tests.cast import Person

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
"""A Monday. Midnight in Tokyo is three hours later, in Dakar twelve."""


@dataclass
class Organisation:
    """What there is to play with."""

    tenant: Any
    queues: list[Any]
    agents: list[Person]
    counters: list[Any]
    tickets: list[UUID] = field(default_factory=list)
    customers: list[Any] = field(default_factory=list)


def organisation(tenant: Any, make_person: Any) -> Organisation:
    """Dakar and Tokyo are always open; Thiès closes at four in the afternoon, so that people are left over."""
    from smartqueue.customers.models import Customer
    from smartqueue.queueing.models import Agent, Eligibility, Queue
    from smartqueue.sites.models import Counter, Division, OpeningHours, Service, Site
    from smartqueue.tenants.scope import in_tenant

    communes = list(Division.objects.filter(level="commune").order_by("code")[:2])
    made = Organisation(tenant, [], [], [])
    with in_tenant(tenant.id):
        for number, (zone, closes) in enumerate(
            [("Africa/Dakar", "00:00"), ("Asia/Tokyo", "00:00"), ("Africa/Dakar", "16:00")]
        ):
            site = Site.objects.create(
                tenant=tenant, name=f"Site {number}", code=f"S{number}X", time_zone=zone, observes_holidays=False
            )
            for weekday in range(1, 8):
                OpeningHours.objects.create(tenant=tenant, site=site, weekday=weekday, opens="00:00", closes=closes)
            for letter in "AB":
                service = Service.objects.create(
                    tenant=tenant, name=f"{letter}{number}", code=f"{letter}{number}X".lower()
                )
                made.queues.append(
                    Queue.objects.create(
                        tenant=tenant, site=site, service=service, name=f"{letter}{number}", prefix=f"{letter}",
                        no_show_grace_s=0, recall_gap_s=0, closing_grace_s=0,
                        wait_target_s=3600, elevated_target_s=1800, urgent_target_s=600, strategy="priority",
                    )
                )  # fmt: skip
            made.counters.append(Counter.objects.create(tenant=tenant, site=site, name="G1"))
            made.counters.append(Counter.objects.create(tenant=tenant, site=site, name="G2"))
        for commune in [communes[0].code, communes[1].code, "nowhere", None]:
            made.customers.append(
                Customer.objects.create(tenant=tenant, full_name="X", metadata={"commune": commune} if commune else {})
            )
    for number in range(4):
        person = make_person(tenant, "agent", f"Agent {number}")
        with in_tenant(tenant.id):
            person.agent = Agent.objects.create(tenant=tenant, user=person.user, name=person.user.full_name)
            for queue in made.queues:
                Eligibility.objects.create(tenant=tenant, agent=person.agent, queue=queue)
        made.agents.append(person)
    return made


class Play:
    """Random moves; what the rules refuse at that moment is let be."""

    def __init__(self, house: Organisation, seed: int) -> None:
        self.house, self.dice, self.at = house, Random(seed), NOON

    def moves(self, count: int) -> None:
        from smartqueue.kernel.errors import RuleBroken
        from smartqueue.tenants.scope import in_tenant

        doings = [self.take] * 9 + [self.call] * 10 + [self.start] * 8 + [self.close] * 6 + [
            self.no_show, self.no_show, self.no_show,
            self.put_back, self.pause, self.resume, self.resume, self.cancel, self.leave, self.transfer,
            self.check_in, self.check_in,
            self.hand_over, self.undo, self.undo, self.sign_in, self.sign_in, self.rest, self.back, self.expire,
        ]  # fmt: skip
        for person in self.house.agents:
            self.sit(person)
        for _n in range(count):
            self.at += timedelta(seconds=self.dice.randrange(240), microseconds=self.dice.randrange(10**6))
            try:
                with in_tenant(self.house.tenant.id):
                    self.dice.choice(doings)()
            except RuleBroken:
                self.at += timedelta(microseconds=1)

    @property
    def tenant_id(self) -> UUID:
        tenant_id: UUID = self.house.tenant.id
        return tenant_id

    def someone(self, *states: str) -> tuple[Any, Any]:
        """A ticket in one of these states with its agent's person, or any of each."""
        from smartqueue.kernel.errors import NotFound
        from smartqueue.queueing.models import Ticket

        ids = list(
            Ticket.objects.filter(tenant_id=self.tenant_id, status__in=states).order_by("created_at").values_list(
                "id", flat=True
            )
        )  # fmt: skip
        if not ids:
            raise NotFound
        ticket = Ticket.objects.get(id=self.dice.choice(ids))
        people = [person for person in self.house.agents if person.agent.id == ticket.agent_id]
        return ticket, people[0] if people else self.dice.choice(self.house.agents)

    def sit(self, person: Person) -> None:
        from smartqueue.kernel.errors import RuleBroken
        from smartqueue.queueing.actions.agents import sign_in_at_counter
        from smartqueue.tenants.scope import in_tenant

        counter = self.dice.choice(self.house.counters)
        try:
            with in_tenant(self.tenant_id):
                sign_in_at_counter(agent_id=person.agent.id, counter_id=counter.id, actor=person.actor, at=self.at)
        except RuleBroken:
            self.at += timedelta(microseconds=1)

    def take(self) -> None:
        from smartqueue.journal.states import SYSTEM
        from smartqueue.queueing.actions.hot import issue_ticket
        from smartqueue.queueing.states import Channel, Priority

        self.house.tickets.append(
            issue_ticket(
                tenant_id=self.tenant_id, queue_id=self.dice.choice(self.house.queues).id, actor=SYSTEM, at=self.at,
                channel=self.dice.choice(list(Channel)), priority=self.dice.choice([*Priority, Priority.NORMAL]),
                customer_id=self.dice.choice([None, *(customer.id for customer in self.house.customers)]),
            )
        )  # fmt: skip

    def call(self) -> None:
        from smartqueue.queueing.actions.hot import call_next_ticket

        person = self.dice.choice(self.house.agents)
        call_next_ticket(tenant_id=self.tenant_id, agent_id=person.agent.id, actor=person.actor, at=self.at)

    def start(self) -> None:
        from smartqueue.queueing.actions.tickets import start_service

        ticket, person = self.someone("called")
        start_service(ticket_id=ticket.id, agent_id=person.agent.id, actor=person.actor, at=self.at)

    def close(self) -> None:
        from smartqueue.queueing.actions.hot import close_ticket

        ticket, person = self.someone("serving", "serving", "called")
        close_ticket(tenant_id=self.tenant_id, ticket_id=ticket.id, actor=person.actor, at=self.at)

    def no_show(self) -> None:
        from smartqueue.queueing.actions.tickets import mark_no_show

        ticket, person = self.someone("called")
        mark_no_show(ticket_id=ticket.id, agent_id=None, actor=person.actor, at=self.at)

    def put_back(self) -> None:
        from smartqueue.queueing.actions.tickets import put_back
        from smartqueue.queueing.states import Place

        ticket, person = self.someone("called", "no_show", "paused")
        place = self.dice.choice(list(Place))
        put_back(ticket_id=ticket.id, agent_id=None, place=place, actor=person.actor, at=self.at)

    def pause(self) -> None:
        from smartqueue.queueing.actions.tickets import pause_ticket

        ticket, person = self.someone("called", "serving")
        pause_ticket(ticket_id=ticket.id, agent_id=None, reason="", actor=person.actor, at=self.at)

    def resume(self) -> None:
        from smartqueue.queueing.actions.tickets import resume_ticket

        ticket, _person = self.someone("paused")
        person = self.dice.choice(self.house.agents)
        resume_ticket(ticket_id=ticket.id, agent=person.agent, actor=person.actor, at=self.at)

    def cancel(self) -> None:
        from smartqueue.queueing.actions.tickets import cancel_ticket

        ticket, person = self.someone("waiting", "called", "paused")
        cancel_ticket(ticket_id=ticket.id, agent_id=None, reason="", actor=person.actor, at=self.at)

    def leave(self) -> None:
        from smartqueue.journal.states import Actor, ActorKind
        from smartqueue.queueing.actions.tickets import cancel_ticket

        ticket, _person = self.someone("waiting", "called")
        cancel_ticket(
            ticket_id=ticket.id, agent_id=None, reason="", actor=Actor(kind=ActorKind.CUSTOMER), at=self.at
        )  # fmt: skip

    def check_in(self) -> None:
        from smartqueue.journal.states import Actor, ActorKind
        from smartqueue.queueing.actions.tickets import check_in_ticket

        ticket, _person = self.someone("waiting", "called", "paused")
        check_in_ticket(ticket_id=ticket.id, actor=Actor(kind=ActorKind.CUSTOMER), at=self.at)

    def transfer(self) -> None:
        from smartqueue.queueing.actions.tickets import transfer_ticket

        ticket, person = self.someone("waiting", "called", "serving", "paused")
        target = self.dice.choice(self.house.queues)
        transfer_ticket(
            ticket_id=ticket.id, agent_id=None, to_queue_id=target.id, reason="", actor=person.actor, at=self.at
        )  # fmt: skip

    def hand_over(self) -> None:
        from smartqueue.queueing.actions.tickets import hand_over_ticket

        ticket, person = self.someone("called", "serving")
        colleague = self.dice.choice(self.house.agents)
        hand_over_ticket(
            ticket_id=ticket.id, agent_id=None, to_agent_id=colleague.agent.id, reason="",
            actor=person.actor, at=self.at,
        )  # fmt: skip

    def undo(self) -> None:
        from smartqueue.journal.models import Entry
        from smartqueue.queueing.actions.tickets import undo

        person = self.dice.choice(self.house.agents)
        last = Entry.objects.filter(tenant_id=self.tenant_id, actor_id=person.user.id, version__isnull=False).last()
        if last:
            undo(ticket_id=last.object_id, actor=person.actor, at=min(self.at, last.at + timedelta(seconds=5)))

    def sign_in(self) -> None:
        self.sit(self.dice.choice(self.house.agents))

    def rest(self) -> None:
        self._status("paused" if self.dice.random() < 0.7 else "offline")

    def back(self) -> None:
        self._status("available")

    def _status(self, status: str) -> None:
        from smartqueue.queueing.actions.agents import set_agent_status
        from smartqueue.queueing.states import AgentStatus

        person = self.dice.choice(self.house.agents)
        set_agent_status(
            agent_id=person.agent.id, status=AgentStatus(status), reason="", actor=person.actor, at=self.at
        )  # fmt: skip

    def expire(self) -> None:
        from smartqueue.queueing.actions.tickets import expire_leftovers

        expire_leftovers(tenant_id=self.tenant_id, at=self.at)


def house(make_tenant: Any, make_person: Any, *, seed: int, moves: int) -> tuple[Organisation, datetime]:
    """The organisation after so many random moves, and the instant at which they are over."""
    made = organisation(make_tenant(f"Maison {uuid4().hex[:6]}"), make_person)
    play = Play(made, seed)
    play.moves(moves)
    return made, play.at
