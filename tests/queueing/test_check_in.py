"""A ticket's owner is at the site: said once, kept, and never in the way of anything else."""

from uuid import uuid4

import pytest

from smartqueue.journal.states import SYSTEM
from smartqueue.queueing import errors
from smartqueue.queueing.actions import hot, tickets
from smartqueue.queueing.queries import show_ticket
from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE, at_the_same_time
from tests.queueing.conftest import later


@pytest.fixture
def come(bank):
    """The owner says that they are here."""

    def say(ticket_id, **minutes):
        with in_tenant(bank.id):
            tickets.check_in_ticket(ticket_id=ticket_id, actor=SYSTEM, at=later(**minutes))

    return say


def test_whoever_says_so_is_here_and_stays_in_the_line(bank, take, come, ticket, facts, line):
    one, two = take(channel="web"), take(channel="sms")

    come(one, minutes=3)

    assert (ticket(one).here_at, ticket(one).status, ticket(one).version) == (later(minutes=3), "waiting", 2)
    assert (facts(one), line()) == (["created", "checked_in"], [one, two])
    seen = [show_ticket(tenant_id=bank.id, ticket_id=ticket_id, at=NINE) for ticket_id in (one, two)]
    assert [(view.here_at, view.is_here) for view in seen] == [(later(minutes=3), True), (None, False)]


def test_said_twice_it_is_the_first_instant_and_one_fact(take, come, ticket, facts):
    one = take(channel="web")
    come(one, minutes=3)
    come(one, minutes=9)

    assert (ticket(one).here_at, facts(one)) == (later(minutes=3), ["created", "checked_in"])


def test_said_four_times_at_once_it_is_one_fact(take, come, ticket, facts):
    one = take(channel="web")

    at_the_same_time(*[lambda: come(one, minutes=1)] * 4)

    assert (ticket(one).version, facts(one)) == (2, ["created", "checked_in"])


@pytest.mark.parametrize(("channel", "since"), [("kiosk", NINE), ("agent", NINE), ("web", None), ("ussd", None)])
def test_a_ticket_taken_at_the_site_is_here_from_the_first(take, ticket, come, facts, channel, since):
    one = take(channel=channel)

    assert ticket(one).here_at == since
    come(one, minutes=1)
    assert facts(one) == (["created"] if since else ["created", "checked_in"])


def test_also_when_called_and_when_parked(binta, tellers, take, move, come, ticket):
    who = {"tenant_id": tellers.tenant_id, "agent_id": binta.agent.id, "actor": binta.actor, "at": NINE}
    one, two = take(channel="web"), take(channel="web")
    hot.call_next_ticket(**who, queue_id=tellers.id)
    move(tickets.pause_ticket, one, reason="")
    hot.call_next_ticket(**who, queue_id=tellers.id)

    come(one)
    come(two)

    assert [(ticket(n).status, ticket(n).here_at) for n in (one, two)] == [("paused", NINE), ("called", NINE)]


def test_not_when_served_nor_when_it_is_over(binta, tellers, take, move, come):
    one = take(channel="web")
    hot.call_next_ticket(
        tenant_id=tellers.tenant_id, agent_id=binta.agent.id, queue_id=tellers.id, actor=binta.actor, at=NINE
    )
    move(tickets.start_service, one)
    with pytest.raises(errors.IllegalMove):
        come(one)
    hot.close_ticket(tenant_id=tellers.tenant_id, ticket_id=one, actor=binta.actor, at=NINE)
    with pytest.raises(errors.IllegalMove):
        come(one)


def test_a_stranger_and_nobodys_ticket(cheikh, take, come):
    one = take(channel="web")
    with in_tenant(cheikh.tenant.id), pytest.raises(errors.TicketNotFound):
        tickets.check_in_ticket(ticket_id=one, actor=cheikh.actor, at=NINE)
    with pytest.raises(errors.TicketNotFound):
        come(uuid4())


def test_a_call_is_taken_back_though_its_owner_has_come_meanwhile(binta, tellers, take, move, come, ticket, facts):
    one = take(channel="web")
    hot.call_next_ticket(
        tenant_id=tellers.tenant_id, agent_id=binta.agent.id, queue_id=tellers.id, actor=binta.actor, at=NINE
    )
    come(one, seconds=2)

    move(tickets.undo, one, agent_id="anybody", at=later(seconds=4))

    row = ticket(one)
    assert (row.status, row.called_at, row.here_at) == ("waiting", None, later(seconds=2))
    assert facts(one) == ["created", "called", "checked_in", "reopened"]


def test_an_agent_who_checks_somebody_in_has_nothing_to_take_back(binta, bank, take, move):
    one = take(channel="web")
    with in_tenant(bank.id):
        tickets.check_in_ticket(ticket_id=one, actor=binta.actor, at=NINE)

    with pytest.raises(errors.NothingToUndo):
        move(tickets.undo, one, agent_id="anybody", at=later(seconds=1))


def test_sent_to_another_site_nobody_is_there_yet(bank, take, make_queue, move, ticket, come):
    from smartqueue.sites.models import OpeningHours, Site

    with in_tenant(bank.id):
        thies = Site.objects.create(tenant=bank, name="Thiès", code="THIES9", observes_holidays=False)
        OpeningHours.objects.create(tenant=bank, site=thies, weekday=NINE.isoweekday(), opens="00:00", closes="00:00")
    near, far = make_queue(), make_queue(site=thies)
    one = take(channel="web")
    come(one)

    move(tickets.transfer_ticket, one, agent_id=None, to_queue_id=near.id, reason="x")
    assert ticket(one).here_at == NINE
    move(tickets.transfer_ticket, one, agent_id=None, to_queue_id=far.id, reason="x")
    assert ticket(one).here_at is None
    come(one, minutes=90)
    assert ticket(one).here_at == later(minutes=90)
