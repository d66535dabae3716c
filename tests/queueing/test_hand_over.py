"""Handed over to a colleague: parked for one agent, and what becomes of it."""

import pytest

from smartqueue.journal.models import Entry
from smartqueue.queueing import errors
from smartqueue.queueing.actions import agents, hot, tickets
from smartqueue.queueing.models import Agent, Ticket
from smartqueue.sites.models import Counter, Site
from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE, at_the_same_time
from tests.queueing.conftest import later
from tests.races.world import broken_invariants

KEPT = [field.attname for field in Ticket._meta.concrete_fields if field.attname != "version"]


@pytest.fixture
def hand_over(move, fatou):
    """Binta, who has it, hands a ticket over to Fatou."""

    def run(ticket_id, to=fatou, **options):
        move(tickets.hand_over_ticket, ticket_id, to_agent_id=to.agent.id, reason="Signature", **options)

    return run


@pytest.fixture
def resume(move):
    def run(person, ticket_id, at=NINE):
        with in_tenant(person.tenant.id):
            agent = Agent.objects.get(id=person.agent.id)
        move(tickets.resume_ticket, ticket_id, agent_id="anybody", agent=agent, actor=person.actor, at=at)

    return run


@pytest.fixture
def elsewhere(bank):
    """A counter of another site."""
    with in_tenant(bank.id):
        site = Site.objects.create(tenant=bank, name="Agence Thiès", code="THS1")
        return Counter.objects.create(tenant=bank, site=site, name="Guichet 1")


def leave(person, at=NINE):
    with in_tenant(person.tenant.id):
        agents.set_agent_status(agent_id=person.agent.id, status="offline", reason="", actor=person.actor, at=at)


def last_entry(bank, ticket_id):
    with in_tenant(bank.id):
        return Entry.objects.filter(object_id=ticket_id).latest("version")


def test_it_is_parked_for_the_colleague_and_frees_the_giver(
    serving, hand_over, ticket, binta, fatou, bank, take, tellers
):
    hand_over(serving, at=later(minutes=3))

    row, entry = ticket(serving), last_entry(bank, serving)
    assert (row.status, row.for_agent_id, row.agent_id) == ("paused", fatou.agent.id, binta.agent.id)
    assert (row.number, row.created_at, row.paused_at, row.reason) == ("A001", NINE, later(minutes=3), "Signature")
    assert (entry.fact, entry.kind, entry.version) == ("ticket.transferred", "transfer", row.version)
    assert entry.data["to_agent_id"] == str(fatou.agent.id)
    assert "Fatou" not in str(entry.data)
    waiting = take(at=later(minutes=3))
    assert waiting == hot.call_next_ticket(
        tenant_id=bank.id, agent_id=binta.agent.id, queue_id=tellers.id, actor=binta.actor, at=later(minutes=3)
    )


def test_only_the_colleague_goes_on_with_it(called, hand_over, resume, ticket, binta, fatou, make_agent, tellers):
    hand_over(called)

    for other in (binta, make_agent("Ousmane Sow", tellers)):
        with pytest.raises(errors.KeptForAnother):
            resume(other, called)
    resume(fatou, called, at=later(minutes=2))

    row = ticket(called)
    assert (row.status, row.agent_id, row.for_agent_id) == ("serving", fatou.agent.id, None)
    assert row.counter_id == fatou.agent.counter_id


def test_what_was_parked_before_keeps_its_pause(serving, move, hand_over, resume, ticket, fatou):
    move(tickets.pause_ticket, serving, reason="Formulaire", at=later(minutes=2))

    hand_over(serving, at=later(minutes=4))
    resume(fatou, serving, at=later(minutes=7))

    assert ticket(serving).paused_s == 300


@pytest.mark.parametrize("state", ["waiting", "closed"])
def test_nobody_hands_over_what_he_does_not_have(take, called, hand_over, binta, bank, state):
    ticket_id = take() if state == "waiting" else called
    if state == "closed":
        hot.close_ticket(tenant_id=bank.id, ticket_id=called, actor=binta.actor, at=NINE)

    with pytest.raises(errors.IllegalMove):
        hand_over(ticket_id)


def test_a_colleague_who_is_not_there_is_refused_by_name(called, hand_over, fatou, elsewhere, bank, cheikh):
    def refused(**change):
        with in_tenant(bank.id):
            before = Agent.objects.values(*change).get(id=fatou.agent.id)
            Agent.objects.filter(id=fatou.agent.id).update(**change)
        with pytest.raises(errors.ColleagueAway):
            hand_over(called)
        with in_tenant(bank.id):
            Agent.objects.filter(id=fatou.agent.id).update(**before)

    refused(is_active=False)
    refused(counter=None, status="offline")
    refused(counter=elsewhere.id)
    cheikh.agent = cheikh.tenant  # any id that is no agent here
    with pytest.raises(errors.AgentNotFound):
        hand_over(called, to=cheikh)
    hand_over(called)


def test_nobody_hands_over_to_himself_or_twice_to_the_same(called, hand_over, binta, fatou):
    with pytest.raises(errors.SameAgent):
        hand_over(called, to=binta)
    with pytest.raises(errors.SameAgent):
        hand_over(called, to=binta, agent_id=None)
    hand_over(called)
    with pytest.raises(errors.SameAgent):
        hand_over(called)


def test_a_stranger_to_the_ticket_neither_hands_it_over_nor_opens_it(called, hand_over, move, fatou, make_agent):
    ousmane = make_agent("Ousmane Sow")
    with pytest.raises(errors.NotYourTicket):
        hand_over(called, agent_id=ousmane.agent.id)
    hand_over(called)
    with pytest.raises(errors.NotYourTicket):
        move(tickets.release_ticket, called, agent_id=ousmane.agent.id)
    with pytest.raises(errors.NotYourTicket):
        move(tickets.put_back, called, agent_id=ousmane.agent.id, place="first")


def test_the_addressee_passes_it_on_or_back_to_the_giver(called, hand_over, ticket, binta, fatou, make_agent):
    ousmane = make_agent("Ousmane Sow")
    hand_over(called)
    for to in (ousmane, fatou, binta):
        hand_over(called, to=to, agent_id=ticket(called).for_agent_id)
        assert ticket(called).for_agent_id == to.agent.id


@pytest.mark.parametrize("who", ["giver", "addressee", "manager"])
def test_given_up_it_is_for_anybody(called, hand_over, move, resume, ticket, bank, binta, fatou, make_agent, who):
    hand_over(called)
    agent_id = {"giver": binta.agent.id, "addressee": fatou.agent.id, "manager": None}[who]

    move(tickets.release_ticket, called, agent_id=agent_id)

    assert (ticket(called).status, ticket(called).for_agent_id) == ("paused", None)
    entry = last_entry(bank, called)
    assert (entry.fact, entry.data["to_agent_id"]) == ("ticket.transferred", None)
    with pytest.raises(errors.IllegalMove):
        move(tickets.release_ticket, called, agent_id=None)
    resume(make_agent("Ousmane Sow"), called)


def test_who_leaves_leaves_nothing_locked_up(called, hand_over, ticket, facts, bank, fatou):
    hand_over(called)

    leave(fatou)

    assert (ticket(called).status, ticket(called).for_agent_id) == ("paused", None)
    assert facts(called) == ["created", "called", "transferred", "transferred"]
    assert broken_invariants(bank.id) == {}


def test_at_another_counter_of_the_site_it_stays_his_and_at_another_site_not(
    called, hand_over, ticket, fatou, bank, site, elsewhere
):
    with in_tenant(bank.id):
        beside = Counter.objects.create(tenant=bank, site=site, name="Guichet 8")
    hand_over(called)
    kept = []
    for counter in (beside, elsewhere):
        with in_tenant(bank.id):
            agents.sign_in_at_counter(agent_id=fatou.agent.id, counter_id=counter.id, actor=fatou.actor, at=NINE)
        kept.append(ticket(called).for_agent_id)

    assert kept == [fatou.agent.id, None]


@pytest.mark.parametrize(
    ("action", "options"),
    [
        (tickets.hand_over_ticket, {}),
        (tickets.release_ticket, {}),
        (tickets.put_back, {"place": "last"}),
        (tickets.cancel_ticket, {"reason": "Parti"}),
    ],
)
def test_it_is_taken_back_exactly(called, hand_over, move, ticket, fatou, make_agent, action, options):
    if action is tickets.hand_over_ticket:
        options = {"to_agent_id": make_agent("Ousmane Sow").agent.id, "reason": "Autre"}
    hand_over(called)
    before = {name: getattr(ticket(called), name) for name in KEPT}
    move(action, called, at=later(seconds=40), **options)

    move(tickets.undo, called, agent_id="anybody", at=later(seconds=45))

    assert {name: getattr(ticket(called), name) for name in KEPT} == before
    assert before["for_agent_id"] == fatou.agent.id


def test_the_first_hand_over_is_taken_back_into_the_hand(serving, hand_over, move, ticket):
    before = {name: getattr(ticket(serving), name) for name in KEPT}
    hand_over(serving, at=later(minutes=3))

    move(tickets.undo, serving, agent_id="anybody", at=later(minutes=3, seconds=9))

    assert {name: getattr(ticket(serving), name) for name in KEPT} == before


def test_nothing_comes_back_to_one_who_has_left(called, hand_over, move, ticket, fatou):
    hand_over(called)
    move(tickets.release_ticket, called, at=later(seconds=1))
    leave(fatou, at=later(seconds=2))

    with pytest.raises(errors.AgentOffline):
        move(tickets.undo, called, agent_id="anybody", at=later(seconds=3))
    assert ticket(called).for_agent_id is None


def test_what_the_day_leaves_over_ends_and_is_kept_for_nobody(called, hand_over, ticket, bank):
    from smartqueue.sites.models import OpeningHours

    hand_over(called)
    with in_tenant(bank.id):
        OpeningHours.objects.all().delete()

    assert tickets.expire_leftovers(tenant_id=bank.id, at=later(hours=9)) == 1
    assert (ticket(called).status, ticket(called).for_agent_id) == ("expired", None)
    assert last_entry(bank, called).before["for_agent_id"]


def attempt(action, *arguments, **options):
    try:
        action(*arguments, **options)
    except errors.RuleBroken as refusal:
        return type(refusal).__name__
    return ""


def test_leaving_and_being_handed_a_ticket_at_once(called, hand_over, ticket, bank, fatou):
    """Whoever is first: in the end nothing is kept for one who is gone."""
    results = at_the_same_time(lambda: attempt(hand_over, called), lambda: attempt(leave, fatou))

    assert results in (["", ""], ["ColleagueAway", ""])
    assert ticket(called).for_agent_id is None
    assert broken_invariants(bank.id) == {}


@pytest.mark.parametrize("turn", range(5))
def test_resuming_and_leaving_at_once_do_not_lock_each_other_out(called, hand_over, resume, ticket, bank, fatou, turn):
    hand_over(called)

    results = at_the_same_time(lambda: attempt(resume, fatou, called), lambda: attempt(leave, fatou))

    assert results in (["", "AgentBusy"], ["AgentOffline", ""])
    assert broken_invariants(bank.id) == {}


def test_handed_to_two_at_once_it_is_for_one(called, hand_over, ticket, bank, fatou, make_agent, facts):
    ousmane = make_agent("Ousmane Sow")

    results = at_the_same_time(
        lambda: attempt(hand_over, called),
        lambda: attempt(hand_over, called, to=ousmane),
        lambda: attempt(hand_over, called),
    )

    assert sorted(results) in (["", "", ""], ["", "", "SameAgent"])
    assert ticket(called).for_agent_id in (fatou.agent.id, ousmane.agent.id)
    assert facts(called).count("transferred") == results.count("")
    assert broken_invariants(bank.id) == {}


def test_the_addressee_and_a_bystander_resuming_at_once(called, hand_over, resume, ticket, fatou, make_agent, tellers):
    ousmane = make_agent("Ousmane Sow", tellers)
    hand_over(called)

    results = at_the_same_time(lambda: attempt(resume, ousmane, called), lambda: attempt(resume, fatou, called))

    assert results in (["KeptForAnother", ""], ["IllegalMove", ""])
    assert ticket(called).agent_id == fatou.agent.id
