"""Who is told what, and by which channel: the handlers, run as the relay runs them."""

from datetime import timedelta

import pytest

from smartqueue.journal.models import Entry
from smartqueue.kernel.clock import now
from smartqueue.notifications.actions.outgoing import create_notifications
from smartqueue.notifications.actions.presence import gone, seen_here
from smartqueue.notifications.actions.sending import send_due
from smartqueue.notifications.actions.watches import unwatch, watch
from smartqueue.notifications.handlers import tell_called, tell_near, tell_taken
from smartqueue.notifications.models import Integration, MessageRules, Notification, PushSubscription, Stop
from smartqueue.notifications.queries import still_true
from smartqueue.queueing.actions import tickets
from smartqueue.queueing.actions.hot import call_next_ticket, close_ticket
from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE, at_the_same_time
from tests.notifications.routing import hear, make_customer, messages, told

SOON = NINE + timedelta(minutes=1)


@pytest.fixture
def demba(bank):
    return make_customer(bank, email="demba@example.sn", full_name="Demba Fall", language="fr")


@pytest.fixture
def call(bank, binta, tellers):
    def make(at=NINE):
        return call_next_ticket(
            tenant_id=bank.id, agent_id=binta.agent.id, queue_id=tellers.id, actor=binta.actor, at=at
        )

    return make


@pytest.fixture
def move(bank, binta):
    """One of the ticket's moves, by the agent."""

    def make(name, ticket_id, at=SOON, **options):
        with in_tenant(bank.id):
            getattr(tickets, name)(
                ticket_id=ticket_id, **{"agent_id": binta.agent.id, "actor": binta.actor, "at": at} | options
            )

    return make


@pytest.fixture
def settings_url():
    from django.conf import settings as house

    return house.PUBLIC_URL


@pytest.fixture
def queries():
    """What the application's connection is asked, while the block lasts."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    return lambda: CaptureQueriesContext(connection)


def put(tenant, model, **fields):
    with in_tenant(tenant.id):
        return model.objects.create(tenant=tenant, **fields)


def connected(tenant, *providers, **fields):
    for provider in providers:
        put(tenant, Integration, provider=provider, **fields)


def test_whoever_left_a_number_is_told_the_ticket_in_one_sms(bank, take, demba, settings_url):
    mine = take(customer_id=demba.id, channel="web", language="fr")

    hear(bank)

    [row] = messages(bank)
    assert (row.kind, row.channel, row.address, row.status) == ("ticket_joined", "sms", "+221771234567", "pending")
    assert row.body == (
        f"{bank.name} : ticket A001, 0 devant vous. Suivez votre tour : {settings_url}/t/{row.ticket.token}"
    )
    assert (row.parts, row.cost_xof, row.ticket_id, row.customer_id) == (1, 0, mine, demba.id)
    assert (row.created_at, row.due_at, row.expires_at) == (NINE, NINE, NINE + timedelta(minutes=30))


@pytest.mark.parametrize("channel", ["ussd", "sms", "whatsapp"])
def test_whoever_took_the_ticket_by_a_keypad_is_not_told_its_number_twice(bank, take, demba, channel):
    take(customer_id=demba.id, channel=channel)

    hear(bank)

    assert told(bank) == []


def test_whoever_left_nothing_is_told_nothing(bank, take, call):
    take()
    call()

    hear(bank)

    assert told(bank) == []


def test_a_call_a_recall_and_an_absence_are_told_each_once(bank, take, demba, call, move):
    mine = take(customer_id=demba.id)
    call()
    hear(bank)
    move("recall_ticket", mine)
    hear(bank)
    hear(bank)
    move("mark_no_show", mine, at=NINE + timedelta(minutes=5))
    hear(bank)

    assert [kind for kind, _channel, _status in told(bank)] == ["your_turn", "called_again", "missed"]
    assert {row.address for row in messages(bank)} == {demba.phone}
    assert [row.urgency for row in messages(bank)] == [0, 0, 2]
    assert all(row.link.endswith(f"/t/{row.ticket.token}") for row in messages(bank))


def test_a_ticket_that_was_put_back_is_told_of_its_next_call_too(bank, take, demba, call, move):
    mine = take(customer_id=demba.id)
    call()
    hear(bank)
    move("put_back", mine, place="first")
    call(at=SOON)
    hear(bank)

    first, second = messages(bank, kind="your_turn")
    assert first.cause != second.cause
    assert second.ticket_version > first.ticket_version


def test_of_two_calls_that_are_heard_late_only_the_last_is_told(bank, take, demba, call, move):
    mine = take(customer_id=demba.id)
    call()
    move("put_back", mine, place="first")
    call(at=SOON)
    move("recall_ticket", mine, at=SOON + timedelta(minutes=1))
    hear(bank)

    [row] = messages(bank, kind__in=["your_turn", "called_again"])
    assert (row.kind, row.created_at) == ("called_again", SOON + timedelta(minutes=1))


def test_a_ticket_of_nobody_costs_one_small_question_each_time(bank, take, call, queries):
    take()
    call()
    with in_tenant(bank.id):
        facts = {one.fact: one for one in Entry.objects.filter(fact__in=["ticket.created", "ticket.called"])}
        for handler, fact in ((tell_taken, "ticket.created"), (tell_called, "ticket.called")):
            with queries() as asked:
                handler(facts[fact])
            assert len(asked) == 1
        with queries() as asked:
            tell_near(facts["ticket.called"])
        assert len(asked) == 3, "has this transaction looked here, it has now, who is near"


def test_what_is_not_so_any_more_when_it_is_heard_is_not_told(bank, take, demba, call, move, binta):
    mine = take(customer_id=demba.id)
    call()
    with in_tenant(bank.id):
        tickets.undo(ticket_id=mine, actor=binta.actor, at=NINE + timedelta(seconds=2))
    hear(bank)

    assert told(bank, kind="your_turn") == []


def test_an_open_page_is_enough_for_a_call_and_not_for_a_recall(bank, take, demba, call, move):
    mine = take(customer_id=demba.id)
    hear(bank)
    seen_here(mine)
    call()
    hear(bank)
    move("recall_ticket", mine)
    hear(bank)
    gone(mine)

    assert told(bank, kind__in=["your_turn", "called_again"]) == [
        ("your_turn", "page", "sent"), ("called_again", "sms", "pending"),
    ]  # fmt: skip
    with in_tenant(bank.id):
        shown = Entry.objects.get(fact="message.shown")
        assert set(shown.data) == {"kind", "channel", "is_simulated", "ticket_id"}


def test_thanks_go_to_who_was_served_and_said_not_no(bank, take, call, binta):
    visits = {
        "+221770000001": ("served", {}), "+221770000002": ("left", {}), "+221770000003": ("served", {"sms": False}),
    }  # fmt: skip
    for phone, (outcome, preferences) in visits.items():
        mine = take(customer_id=make_customer(bank, phone, preferences=preferences).id)
        call()
        close_ticket(
            tenant_id=bank.id, ticket_id=mine, user_id=binta.user.id, outcome=outcome, reason="", actor=binta.actor,
            at=SOON,
        )  # fmt: skip
        hear(bank)

    [row] = messages(bank, kind="thanks")
    assert (row.address, row.due_at) == ("+221770000001", SOON)
    assert row.body.endswith(f"/t/{row.ticket.token}/feedback/")


class TestNear:
    """ "Your turn is near": by the tenant's rule or by one's own wish, once."""

    def line(self, bank, take, people=6):
        """Tickets of people with phones, each far enough at the beginning."""
        return [take(customer_id=make_customer(bank, f"+22177000{n:04}").id) for n in range(people)]

    def test_three_before_the_turn_each_is_told_once(self, bank, take, call, move):
        line = self.line(bank, take)
        hear(bank)
        assert told(bank, kind="position_reached") == []

        call()
        hear(bank)
        hear(bank)

        [row] = messages(bank, kind="position_reached")
        assert (row.ticket_id, row.values["people_ahead"]) == (line[4], 3)
        move("cancel_ticket", line[1], agent_id=None, reason="")
        hear(bank)
        assert [row.ticket_id for row in messages(bank, kind="position_reached")] == [line[4], line[5]]
        assert not messages(bank, kind="position_reached", ticket_id__in=line[:4]), "they were as near when they came"

    def test_two_tickets_of_one_person_that_come_near_together_are_two_messages(self, bank, take, move, demba):
        ahead = [take() for _n in range(5)]
        both = [take(customer_id=demba.id) for _n in range(2)]
        hear(bank)
        for one in ahead[:3]:
            move("cancel_ticket", one, agent_id=None, reason="")
        hear(bank)

        assert [row.ticket_id for row in messages(bank, kind="position_reached")] == both

    def test_a_wish_counts_instead_of_the_rule_and_can_be_taken_back(self, bank, take, call):
        line = self.line(bank, take)
        hear(bank)
        with in_tenant(bank.id):
            watch(ticket_id=line[5], people_ahead=4, at=NINE)
            watch(ticket_id=line[4], people_ahead=3, at=NINE)
            assert unwatch(ticket_id=line[4])
            assert not unwatch(ticket_id=line[4])

        call()
        hear(bank)

        assert [(row.ticket_id, row.values["people_ahead"]) for row in messages(bank, kind="position_reached")] == [
            (line[5], 4)
        ]

    def test_a_tenants_own_number_counts(self, bank, take, call):
        line = self.line(bank, take)
        put(bank, MessageRules, near_at=1)
        hear(bank)
        call()
        hear(bank)

        assert [row.ticket_id for row in messages(bank, kind="position_reached")] == [line[2]]

    def test_a_transfer_moves_both_lines(self, bank, take, make_queue, move, call):
        line = self.line(bank, take)
        other = make_queue()
        hear(bank)
        move("transfer_ticket", line[0], agent_id=None, to_queue_id=other.id, reason="")
        hear(bank)

        assert [row.ticket_id for row in messages(bank, kind="position_reached")] == [line[4]]

    def test_a_batch_looks_at_a_line_once(self, bank, take, call, move, queries):
        line = self.line(bank, take)
        hear(bank)
        for one in line[1:4]:
            move("cancel_ticket", one, agent_id=None, reason="")
        with queries() as seen:
            hear(bank)

        assert sum("row_number()" in one["sql"] for one in seen) == 1
        assert [row.ticket_id for row in messages(bank, kind="position_reached")] == [line[4], line[5]]

    def test_two_who_hear_of_two_moves_at_once_tell_once(self, bank, take, move):
        line = self.line(bank, take)
        hear(bank)
        move("cancel_ticket", line[1], agent_id=None, reason="")
        move("cancel_ticket", line[2], agent_id=None, reason="")
        with in_tenant(bank.id):
            facts = list(Entry.objects.filter(fact="ticket.cancelled"))

        done = at_the_same_time(*[lambda one=one: near(bank, one) for one in facts for _twice in range(3)])

        assert done == [None] * 6
        assert sorted(row.ticket_id for row in messages(bank, kind="position_reached")) == sorted(line[4:6])


def near(tenant, entry):
    with in_tenant(tenant.id):
        tell_near(entry)


class TestChannels:
    """The cheapest way that works comes first."""

    def called(self, bank, take, call, customer, **options):
        mine = take(customer_id=customer.id, **options)
        hear(bank)
        call()
        hear(bank)
        return mine

    def way(self, bank):
        [row] = messages(bank, kind="your_turn")
        return row.channel, row.address

    def test_a_browser_that_asked_comes_before_a_number(self, bank, take, call, demba):
        mine = take(customer_id=demba.id)
        keys = {"auth": "a" * 22, "p256dh": "b" * 87}
        put(bank, PushSubscription, endpoint="https://push.example/1", keys=keys, provider="webpush", ticket_id=mine,
            created_at=NINE)  # fmt: skip
        call()
        hear(bank, "called")

        assert self.way(bank) == (
            "push",
            '{"auth":"' + "a" * 22 + '","endpoint":"https://push.example/1","p256dh":"' + "b" * 87 + '"}',
        )

    def test_whatsapp_comes_before_sms_where_it_is_connected(self, bank, take, call, demba):
        connected(bank, "meta_whatsapp", "twilio_sms")
        self.called(bank, take, call, demba)
        assert self.way(bank) == ("whatsapp", demba.phone)

    def test_without_any_account_whatsapp_is_for_who_prefers_it(self, bank, take, call):
        self.called(bank, take, call, make_customer(bank, "+221770000009", preferences={"whatsapp": True}))
        assert self.way(bank) == ("whatsapp", "+221770000009")

    def test_what_is_connected_comes_before_what_would_only_be_simulated(self, bank, take, call, demba):
        connected(bank, "smtp")
        self.called(bank, take, call, demba)
        assert self.way(bank) == ("email", demba.email)

    def test_a_channel_that_is_switched_off_is_skipped(self, bank, take, call):
        customer = make_customer(bank, email="a@example.sn", preferences={"sms": False})
        self.called(bank, take, call, customer)
        assert self.way(bank) == ("email", "a@example.sn")

    def test_stop_sends_it_another_way_or_nowhere_with_the_reason(self, bank, take, call, demba):
        put(bank, Stop, channel="sms", address=demba.phone, stopped_at=NINE)
        self.called(bank, take, call, demba)
        assert self.way(bank) == ("email", demba.email)
        silent = make_customer(bank, "+221770000010")
        put(bank, Stop, channel="sms", address=silent.phone, stopped_at=NINE)
        take(customer_id=silent.id, channel="web")
        hear(bank)

        [row] = messages(bank, customer_id=silent.id)
        assert (row.status, row.why_not, row.body) == ("failed", "stopped", "")

    def test_numbers_of_other_countries_are_written_to_only_where_the_tenant_says_so(self, bank, take, cheikh):
        french = make_customer(bank, "+33612345678")
        take(customer_id=french.id, channel="web")
        hear(bank)
        put(bank, MessageRules, countries=["33"])
        take(customer_id=french.id, channel="web")
        take(customer_id=make_customer(bank, "+221770000011").id, channel="web")
        hear(bank)

        assert [(row.address, row.why_not) for row in messages(bank, kind="ticket_joined")] == [
            ("+33612345678", "country"), ("+33612345678", ""), ("+221770000011", "country"),
        ]  # fmt: skip

    def test_a_kind_that_is_switched_off_is_told_to_nobody(self, bank, take, call, demba):
        put(bank, MessageRules, kinds_off=["your_turn"])
        self.called(bank, take, call, demba, channel="web")
        assert [kind for kind, *_rest in told(bank)] == ["ticket_joined"]

    def test_letters_of_wolof_become_plain_and_the_parts_are_paid(self, bank, take, demba):
        connected(bank, "twilio_sms", price_xof=25)
        take(customer_id=demba.id, channel="web", language="wo")
        hear(bank)
        put(bank, MessageRules, fold_accents=False)
        take(customer_id=demba.id, channel="web", language="wo")
        hear(bank)

        plain, as_written = messages(bank, kind="ticket_joined")
        assert "0 nit noo la jiitu." in plain.body or "0 nit ñoo la jiitu." in plain.body
        assert (plain.parts, plain.cost_xof) == (1, 25)
        assert as_written.cost_xof == 25 * as_written.parts

    def test_a_row_speaks_the_language_of_the_ticket_then_of_its_owner(self, bank, take):
        wolof = make_customer(bank, "+221770000012", language="wo")
        take(customer_id=wolof.id, channel="web")
        take(customer_id=wolof.id, channel="web", language="en")
        hear(bank)

        assert [row.language for row in messages(bank)] == ["wo", "en"]


@pytest.mark.parametrize(("handler", "fact"), [(tell_taken, "ticket.created"), (tell_called, "ticket.called")])
def test_two_handlers_of_one_fact_at_once_write_one_row(bank, take, demba, call, handler, fact):
    take(customer_id=demba.id, channel="web")
    if handler is tell_called:
        call()
    with in_tenant(bank.id):
        entry = Entry.objects.get(fact=fact)

    def tell():
        with in_tenant(bank.id):
            handler(entry)

    assert at_the_same_time(*[tell] * 8) == [None] * 8
    assert len(messages(bank)) == 1


def test_two_at_once_write_one_row_even_if_a_page_opens_in_between(bank, take, demba, call):
    mine = take(customer_id=demba.id)
    call()
    hear(bank, "called")
    seen_here(mine)
    with in_tenant(bank.id):
        tell_called(Entry.objects.get(fact="ticket.called"))
    gone(mine)

    assert told(bank, kind="your_turn") == [("your_turn", "sms", "pending")]


def test_a_batch_that_breaks_in_the_middle_leaves_nothing(bank, take, demba, monkeypatch):
    first, second = (take(customer_id=demba.id, channel="web") for _n in range(2))
    broken = []

    def breaks(**options):
        if options["ticket"].id == second:
            broken.append(second)
            raise ConnectionError
        return create_notifications(**options)

    monkeypatch.setattr("smartqueue.notifications.handlers.create_notifications", breaks)
    with pytest.raises(ConnectionError):
        hear(bank)

    assert broken == [second]
    assert told(bank) == []
    monkeypatch.undo()
    hear(bank)
    assert [row.ticket_id for row in messages(bank)] == [first, second]


def test_a_message_is_true_as_long_as_its_ticket_is_so(bank, take, demba, call, move, binta):
    mine = take(customer_id=demba.id, channel="web")
    hear(bank)
    assert truths(bank) == {"ticket_joined": True}
    call()
    hear(bank)
    assert truths(bank) == {"ticket_joined": False, "your_turn": True}
    move("recall_ticket", mine)
    hear(bank)
    assert truths(bank) == {"ticket_joined": False, "your_turn": False, "called_again": True}
    with in_tenant(bank.id):
        tickets.undo(ticket_id=mine, actor=binta.actor, at=SOON + timedelta(seconds=1))
    assert truths(bank) == {"ticket_joined": False, "your_turn": True, "called_again": False}
    move("mark_no_show", mine, at=SOON + timedelta(minutes=2))
    hear(bank)
    assert truths(bank) == {"ticket_joined": False, "your_turn": False, "called_again": False, "missed": True}
    move("put_back", mine, at=SOON + timedelta(minutes=3), place="first")
    call(at=SOON + timedelta(minutes=4))
    assert truths(bank)["your_turn"] is False, "that was another call"
    assert truths(bank)["missed"] is False


def truths(tenant):
    with in_tenant(tenant.id):
        return {row.kind: still_true(row) for row in Notification.objects.order_by("id")}


def test_a_call_that_the_journal_does_not_know_is_not_true(bank, take, demba, call):
    take(customer_id=demba.id)
    call()
    hear(bank)

    with in_tenant(bank.id):
        row = Notification.objects.get(kind="your_turn")
        row.ticket_version += 7
        row.save()
        assert still_true(row) is False


def test_from_the_ticket_to_the_outbox(bank, take, demba, call):
    """Nothing is connected: the message is kept to be read, and its ticket's owner is not told of a lapsed call."""
    at = now()
    take(customer_id=demba.id, channel="web", at=at)
    hear(bank)
    send_due()
    call(at=now())
    hear(bank)
    send_due()

    assert [(row.kind, row.status, row.is_simulated, row.provider) for row in messages(bank)] == [
        ("ticket_joined", "sent", True, "simulation"), ("your_turn", "sent", True, "simulation"),
    ]  # fmt: skip
