"""STOP and START, rules of a tenant, wishes of a ticket's owner, and news for a line."""

from datetime import time, timedelta

import pytest

from smartqueue.journal.models import Entry
from smartqueue.journal.states import SYSTEM
from smartqueue.kernel.errors import Invalid
from smartqueue.notifications.actions.consent import start, stop
from smartqueue.notifications.actions.outgoing import announce_news, create_notifications, tell_one
from smartqueue.notifications.actions.presence import gone, seen_here
from smartqueue.notifications.actions.rules import save_rules
from smartqueue.notifications.actions.subscriptions import subscribe, unsubscribe
from smartqueue.notifications.actions.watches import watch
from smartqueue.notifications.models import MessageRules, PushSubscription, Stop, Watch
from smartqueue.notifications.queries import page_is_open
from smartqueue.notifications.queries.presence import LIFE_S, key_of, valkey
from smartqueue.queueing.actions.tickets import cancel_ticket
from smartqueue.queueing.errors import IllegalMove, QueueNotFound, TicketNotFound
from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE, at_the_same_time
from tests.notifications.routing import make_customer, messages

NIGHT = NINE.replace(hour=22)
KEYS = {"p256dh": "B" * 87, "auth": "a" * 22}


def inside(tenant, action, **options):
    with in_tenant(tenant.id):
        return action(**options)


def refused(tenant, action, **options):
    with pytest.raises(Invalid) as refusal:
        inside(tenant, action, **options)
    return set(refusal.value.facts["errors"])


class TestStop:
    def test_stop_is_kept_once_and_start_lifts_it(self, bank):
        who = {"tenant_id": bank.id, "channel": "sms", "actor": SYSTEM, "at": NINE}

        assert [inside(bank, stop, **who, address=one) for one in ("77 123 45 67", "+221771234567")] == [True, False]
        assert [inside(bank, start, **who, address=one) for one in ("+221771234567", "771234567")] == [True, False]

        with in_tenant(bank.id):
            assert not Stop.objects.exists()
            told = Entry.objects.filter(object_type="stop").order_by("id")
            assert [(one.fact, one.data) for one in told] == [
                ("messages.stopped", {"channel": "sms"}), ("messages.started", {"channel": "sms"}),
            ]  # fmt: skip
            assert not any("771234567" in str(vars(one)) for one in told), "the journal cannot forget a number"

    def test_two_who_say_stop_at_once_are_told_once(self, bank):
        who = {"tenant_id": bank.id, "channel": "email", "address": "A@Example.SN ", "actor": SYSTEM, "at": NINE}

        done = at_the_same_time(*[lambda: inside(bank, stop, **who)] * 5)

        assert sorted(done) == [False] * 4 + [True]
        with in_tenant(bank.id):
            assert Stop.objects.get().address == "a@example.sn"

    def test_what_is_no_number_is_refused(self, bank):
        assert refused(
            bank, stop, tenant_id=bank.id, channel="sms", address="STOP", actor=SYSTEM, at=NINE
        ) == {"phone"}  # fmt: skip


class TestRules:
    def save(self, person, **values):
        return inside(person.tenant, save_rules, tenant_id=person.tenant.id, values=values, actor=person.actor, at=NINE)

    def test_rules_are_made_changed_and_told(self, bank, moussa):
        self.save(moussa, quiet_from=time(20), countries=["+221", " 33", "221"], kinds_off=["thanks"])
        row = self.save(moussa, budget_xof=5_000, cap_xof=5_000)

        assert (row.quiet_from, row.countries, row.kinds_off, row.budget_xof) == (
            time(20), ["221", "33"], ["thanks"], 5_000,
        )  # fmt: skip
        with in_tenant(bank.id):
            told = Entry.objects.filter(object_type="messagerules").order_by("id")
            assert [one.fact for one in told] == ["messagerules.created", "messagerules.updated"]

    @pytest.mark.parametrize(
        ("values", "fields"),
        [
            ({"countries": ["999"]}, {"countries"}), ({"countries": ["x"]}, {"countries"}),
            ({"kinds_off": ["spam"]}, {"kinds_off"}), ({"near_at": 0}, {"near_at"}), ({"near_at": 51}, {"near_at"}),
            ({"budget_xof": 100_001}, {"cap_xof"}), ({"cap_xof": -1}, {"cap_xof"}),
            ({"budget_xof": 10**12, "near_at": 99}, {"budget_xof", "near_at"}),
        ],
    )  # fmt: skip
    def test_what_cannot_be_is_refused_with_its_field(self, bank, moussa, values, fields):
        assert refused(
            bank, save_rules, tenant_id=bank.id, values=values, actor=moussa.actor, at=NINE
        ) == fields  # fmt: skip
        with in_tenant(bank.id):
            assert not MessageRules.objects.exists()

    def test_two_who_make_the_first_rules_at_once_make_one_row(self, bank, moussa):
        done = at_the_same_time(*[lambda n=n: self.save(moussa, near_at=n) and None for n in range(1, 7)])

        assert done == [None] * 6
        with in_tenant(bank.id):
            assert MessageRules.objects.count() == 1


class TestQuietHours:
    def tell(self, bank, kind, at, customer, ticket=None):
        return inside(
            bank, create_notifications, tenant_id=bank.id, cause=f"test:{kind}", kind=kind, ticket=ticket,
            customer=customer, language="fr", values={"news": "x"}, at=at,
        )  # fmt: skip

    def test_only_what_is_about_the_ticket_or_urgent_rings_at_night(self, bank):
        demba = make_customer(bank, preferences={"sms": True})

        rows = {kind: self.tell(bank, kind, NIGHT, demba) for kind in ("your_turn", "urgent", "thanks", "queue_news")}

        morning = NINE.replace(hour=8) + timedelta(days=1)
        assert {kind: row.due_at for kind, row in rows.items()} == {
            "your_turn": NIGHT, "urgent": NIGHT, "thanks": morning, "queue_news": morning,
        }  # fmt: skip
        assert {kind: (row.status, row.why_not) for kind, row in rows.items()} == {
            "your_turn": ("pending", ""), "urgent": ("pending", ""), "thanks": ("pending", ""),
            "queue_news": ("failed", "expired"),
        }  # fmt: skip

    def test_without_a_yes_news_go_to_nobody_who_has_no_ticket(self, bank):
        assert self.tell(bank, "queue_news", NINE, make_customer(bank)) is None
        assert self.tell(bank, "urgent", NINE, make_customer(bank, "+221770000001")).status == "pending"


class TestNews:
    def line(self, bank, take):
        phones = [f"+22177000{n:04}" for n in range(3)]
        mine = [take(customer_id=make_customer(bank, phone).id) for phone in phones]
        take()
        return mine

    def announce(self, person, queue_id, news="Pause de 10 minutes", **options):
        return inside(
            person.tenant, announce_news, tenant_id=person.tenant.id, queue_id=queue_id, news=news,
            is_urgent=options.get("is_urgent", False), actor=person.actor, at=NINE,
        )  # fmt: skip

    def test_everybody_in_the_line_who_can_be_told_is_told(self, bank, awa, take, tellers, make_queue):
        line = self.line(bank, take)
        take(queue=make_queue(), customer_id=make_customer(bank, "+221770009999").id)
        with in_tenant(bank.id):
            cancel_ticket(ticket_id=line[2], agent_id=None, reason="", actor=SYSTEM, at=NINE)

        assert self.announce(awa, tellers.id) == 2
        assert self.announce(awa, tellers.id, is_urgent=True) == 2

        rows = messages(bank)
        assert [(row.kind, row.ticket_id) for row in rows] == [
            (kind, one) for kind in ("queue_news", "urgent") for one in line[:2]
        ]
        assert all("Pause de 10 minutes" in row.body for row in rows)
        with in_tenant(bank.id):
            assert [one.actor_id for one in Entry.objects.filter(fact="news.announced")] == [awa.user.id] * 2

    def test_a_person_with_two_tickets_is_told_once(self, bank, awa, take, tellers):
        customer = make_customer(bank)
        first, _second = (take(customer_id=customer.id) for _n in range(2))

        assert self.announce(awa, tellers.id) == 1
        assert [row.ticket_id for row in messages(bank)] == [first]

    def test_a_browser_with_two_tickets_is_told_of_both(self, bank, awa, take, tellers):
        both = [take() for _n in range(2)]
        for mine in both:
            inside(bank, subscribe, tenant_id=bank.id, endpoint="https://push.example.com/1", keys=KEYS, ticket_id=mine,
                   at=NINE)  # fmt: skip

        assert self.announce(awa, tellers.id) == 2
        assert {row.ticket_id for row in messages(bank)} == set(both)

    def test_an_open_page_is_told_too(self, bank, awa, take, tellers):
        mine = take()
        seen_here(mine)

        assert self.announce(awa, tellers.id) == 1
        gone(mine)

        [row] = messages(bank)
        assert (row.channel, row.status, row.ticket_id) == ("page", "sent", mine)

    @pytest.mark.parametrize("news", ["", "  ", "x" * 161, "a\x00b"])
    def test_what_is_no_line_of_text_is_refused(self, bank, awa, take, tellers, news):
        self.line(bank, take)

        options = {"tenant_id": bank.id, "queue_id": tellers.id, "news": news, "is_urgent": False, "at": NINE}
        assert refused(bank, announce_news, **options, actor=awa.actor) == {"text"}
        assert messages(bank) == []

    def test_another_tenants_line_and_ticket_are_not_there(self, bank, awa, take, tellers, cheikh):
        mine = self.line(bank, take)[0]

        with pytest.raises(QueueNotFound):
            self.announce(cheikh, tellers.id)
        with pytest.raises(TicketNotFound):
            inside(
                cheikh.tenant, tell_one, tenant_id=cheikh.tenant.id, ticket_id=mine, news="x", is_urgent=False,
                actor=cheikh.actor, at=NINE,
            )  # fmt: skip
        assert messages(bank) == messages(cheikh.tenant) == []


class TestBrowsers:
    def subscribe(self, bank, ticket_id, endpoint="https://push.example.com/1", **options):
        return inside(
            bank, subscribe, **{"tenant_id": bank.id, "endpoint": endpoint, "keys": KEYS, "ticket_id": ticket_id,
            "at": NINE} | options,
        )  # fmt: skip

    def test_a_browser_is_kept_once_and_of_six_the_first_goes(self, bank, take):
        mine = take()
        for n in (1, 1, 2, 3, 4, 5, 6):
            self.subscribe(bank, mine, f"https://push.example.com/{n}")

        with in_tenant(bank.id):
            kept = PushSubscription.objects.order_by("id").values_list("endpoint", flat=True)
            assert [one[-1] for one in kept] == ["2", "3", "4", "5", "6"]
            assert unsubscribe(endpoint="https://push.example.com/6", ticket_id=mine)
            assert not unsubscribe(endpoint="https://push.example.com/6", ticket_id=mine)

    def test_one_browser_that_asks_at_once_is_kept_once(self, bank, take):
        mine = take()

        done = at_the_same_time(*[lambda: self.subscribe(bank, mine) and None] * 5)

        assert done == [None] * 5
        with in_tenant(bank.id):
            assert PushSubscription.objects.count() == 1

    @pytest.mark.parametrize(
        "endpoint",
        [
            "http://push.example.com/", "https://127.0.0.1/", "https://169.254.169.254/latest", "https://[::1]/",
            "https://10.0.0.1/", "https://localhost/", "https://u:p@push.example.com/", "ftp://push.example.com/", "x",
            "https://push.example.com:22/", "", "https://2130706433/",
        ],
    )  # fmt: skip
    def test_an_address_that_is_no_push_service_is_refused(self, bank, take, settings_off, endpoint):
        options = {"tenant_id": bank.id, "endpoint": endpoint, "keys": KEYS, "ticket_id": take(), "at": NINE}
        assert refused(bank, subscribe, **options) == {"endpoint"}

    @pytest.mark.parametrize("keys", [{}, KEYS | {"auth": "x"}, KEYS | {"p256dh": "é" * 87}, {"auth": "a" * 22}])
    def test_keys_that_are_none_are_refused(self, bank, take, keys):
        options = {"tenant_id": bank.id, "endpoint": "https://push.example.com/", "keys": keys, "ticket_id": take()}
        assert refused(bank, subscribe, **options, at=NINE) == {"keys"}

    @pytest.fixture
    def settings_off(self):
        from django.test import override_settings

        with override_settings(OUTBOUND_LOOPBACK=False):
            yield


class TestWatch:
    def test_a_wish_can_be_changed_and_is_told_anew(self, bank, take):
        mine = take()
        for people in (5, 2):
            inside(bank, watch, ticket_id=mine, people_ahead=people, at=NINE)

        with in_tenant(bank.id):
            assert [(one.people_ahead, one.told_at) for one in Watch.objects.all()] == [(2, None)]

    def test_only_a_ticket_that_waits_is_watched(self, bank, take, cheikh):
        mine = take()
        assert refused(bank, watch, ticket_id=mine, people_ahead=0, at=NINE) == {"people_ahead"}
        with pytest.raises(TicketNotFound):
            inside(cheikh.tenant, watch, ticket_id=mine, people_ahead=2, at=NINE)
        with in_tenant(bank.id):
            cancel_ticket(ticket_id=mine, agent_id=None, reason="", actor=SYSTEM, at=NINE)
        with pytest.raises(IllegalMove):
            inside(bank, watch, ticket_id=mine, people_ahead=2, at=NINE)


def test_a_page_counts_as_open_for_45_seconds_or_until_it_says_otherwise(take):
    mine = take()
    assert not page_is_open(mine)

    seen_here(mine)

    assert page_is_open(mine)
    assert 0 < valkey().ttl(key_of(mine)) <= LIFE_S
    gone(mine)
    assert not page_is_open(mine)


def test_where_valkey_does_not_answer_no_page_counts_as_open(take):
    from django.test import override_settings

    with override_settings(CELERY_BROKER_URL="redis://127.0.0.1:1/0"):
        seen_here(take())
        assert page_is_open(take()) is False
