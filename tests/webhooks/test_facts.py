"""The list of public facts is what the journal writes, and none of them carries a word that names somebody."""

import orjson
import pytest

from smartqueue.customers.actions import customer_by_phone
from smartqueue.journal.models import Entry
from smartqueue.journal.states import SYSTEM
from smartqueue.queueing.actions import agents, hot, queues, tickets
from smartqueue.queueing.states import AgentStatus, Place, QueueStatus
from smartqueue.tenants.scope import in_tenant
from smartqueue.webhooks.queries import payload
from smartqueue.webhooks.states import FACTS, PUBLIC_FACTS
from tests.cast import NINE

NOT_YET = {
    "stats.updated",  # said on sockets only: no fact of the journal
    "appointment.booked", "appointment.confirmed", "appointment.checked_in", "appointment.cancelled",
    "payment.paid", "payment.failed", "payment.refunded",
}  # fmt: skip
IN_THE_DESIGN = {
    "ticket.created", "ticket.called", "ticket.recalled", "ticket.service_started", "ticket.paused", "ticket.resumed",
    "ticket.transferred", "ticket.put_back", "ticket.deferred", "ticket.closed", "ticket.no_show", "ticket.cancelled",
    "ticket.expired", "ticket.reopened", "ticket.checked_in", "ticket.eta_updated",
    "agent.status_updated", "queue.opened", "queue.paused", "queue.closed", "stats.updated",
    "appointment.booked", "appointment.confirmed", "appointment.checked_in", "appointment.cancelled",
    "payment.paid", "payment.failed", "payment.refunded",
    "message.sent", "message.delivered", "message.failed", "feedback.received",
    "device.online", "device.offline", "sla.breached",
}  # fmt: skip


def test_the_list_is_that_of_the_design_without_what_does_not_exist_yet():
    assert set(FACTS) == IN_THE_DESIGN - NOT_YET
    assert len(FACTS) == sum(map(len, PUBLIC_FACTS.values()))


@pytest.fixture
def a_full_day(bank, tellers, make_queue, binta, take, outlook_of):
    """Every move that a ticket, a queue and an agent can make, with a customer and free words that name somebody."""
    other = make_queue(name="Crédits")
    with in_tenant(bank.id):
        customer = customer_by_phone(tenant_id=bank.id, phone="+221771234567", actor=SYSTEM, at=NINE)
    who = {"actor": binta.actor, "at": NINE}
    call = {"tenant_id": bank.id, "agent_id": binta.agent.id, "queue_id": tellers.id}
    first, second, third = (take(customer_id=customer.id, channel="web") for _n in range(3))
    hot.call_next_ticket(**call, **who)
    with in_tenant(bank.id):
        one = {"ticket_id": first, "agent_id": None}
        tickets.recall_ticket(**one, actor=SYSTEM, at=NINE.replace(minute=5))
        tickets.start_service(**one, **who)
        tickets.pause_ticket(**one, reason="Demba cherche son passeport", **who)
        tickets.resume_ticket(ticket_id=first, agent=binta.agent, **who)
        tickets.undo(ticket_id=first, **who)
        tickets.resume_ticket(ticket_id=first, agent=binta.agent, **who)
        tickets.defer_ticket(ticket_id=second, people=1, actor=SYSTEM, at=NINE)
        tickets.check_in_ticket(ticket_id=second, actor=SYSTEM, at=NINE)
        tickets.transfer_ticket(
            ticket_id=third, agent_id=None, to_queue_id=other.id, reason="Demba Ndiaye veut un prêt", **who
        )
        tickets.cancel_ticket(ticket_id=third, agent_id=None, reason="Demba Ndiaye est parti", **who)
    hot.close_ticket(tenant_id=bank.id, ticket_id=first, reason="Demba Ndiaye", **who)
    hot.call_next_ticket(**call, **who)
    with in_tenant(bank.id):
        tickets.mark_no_show(ticket_id=second, agent_id=None, actor=SYSTEM, at=NINE.replace(minute=30))
        tickets.put_back(ticket_id=second, agent_id=None, place=Place.FIRST, actor=SYSTEM, at=NINE.replace(minute=31))
        for status in (QueueStatus.PAUSED, QueueStatus.CLOSED, QueueStatus.OPEN):
            queues.set_queue_status(queue_id=tellers.id, status=status, **who)
        agents.set_agent_status(agent_id=binta.agent.id, status=AgentStatus.PAUSED, reason="Malade", **who)
        agents.set_agent_status(agent_id=binta.agent.id, status=AgentStatus.AVAILABLE, reason="", **who)
    hot.call_next_ticket(**call, **who)
    outlook_of(tellers, p50=[60], is_news=True)
    tickets.expire_leftovers(tenant_id=bank.id, at=NINE.replace(day=4))
    with in_tenant(bank.id):
        return list(Entry.objects.filter(tenant_id=bank.id).order_by("id"))


def test_the_journal_writes_these_facts_and_what_is_told_of_them_names_nobody(a_full_day):
    written = {entry.fact for entry in a_full_day}
    wanted = {fact for fact in FACTS if fact.startswith(("ticket.", "queue.", "agent."))}
    assert wanted <= written

    for entry in a_full_day:
        if entry.fact not in FACTS:
            continue
        told = {
            "at": entry.at.isoformat(), "object_type": entry.object_type, "object_id": entry.object_id,
            "version": entry.version, "queue_id": entry.queue_id, "data": entry.data,
            "status": (entry.after or {}).get("status"),
        }  # fmt: skip
        body = orjson.dumps(payload(entry.fact, told)).decode()
        assert not any(word in body for word in ("Demba", "Ndiaye", "771234567", "Malade", "Binta")), body
        assert len(body) < 1000


def test_news_of_the_wait_tell_the_queue_the_quality_and_the_next_ones_wait(bank, tellers, outlook_of):
    outlook_of(tellers, p50=[60, 150], is_news=True)
    with in_tenant(bank.id):
        entry = Entry.objects.get(fact="ticket.eta_updated", queue_id=tellers.id)

    told = {
        "at": entry.at.isoformat(), "object_type": entry.object_type, "object_id": entry.object_id,
        "version": entry.version, "queue_id": entry.queue_id, "data": entry.data, "status": None,
    }  # fmt: skip
    assert payload(entry.fact, told)["data"] == {"queue_id": str(tellers.id), "quality": "good", "next_s": 60}


def test_every_public_fact_is_heard():
    from smartqueue.config.wiring import LATER
    from smartqueue.webhooks.handlers import queue_deliveries

    assert {fact for fact, handlers in LATER.items() if queue_deliveries in handlers} == set(FACTS)


def test_the_mark_of_the_relay_is_the_one_that_claims_look_for():
    from smartqueue.journal.actions.relay import _name
    from smartqueue.webhooks.actions.delivering import HANDLER
    from smartqueue.webhooks.handlers import queue_deliveries

    assert _name(queue_deliveries) == HANDLER
