"""How long it will take, on a screen of 160 plain signs and by SMS."""

from datetime import timedelta

import pytest

from smartqueue.kernel.clock import now
from tests.phone.conftest import PHONE

LANGUAGES = {"fr": "8", "wo": "9"}


@pytest.fixture
def open_counter(binta):
    """Somebody serves: without that no estimate is claimed."""
    return binta


@pytest.fixture
def published(tellers, outlook_of, open_counter):
    def publish(p50, p90, **values):
        outlook_of(tellers, p50=p50, p90=p90, at=now(), **values)

    return publish


@pytest.fixture
def english(bank, phone):
    """The phone of somebody whose customer record speaks English; the screens offer French and Wolof only."""
    from smartqueue.customers.actions import customer_by_phone
    from smartqueue.journal.states import SYSTEM
    from smartqueue.tenants.scope import in_tenant

    with in_tenant(bank.id):
        customer_by_phone(tenant_id=bank.id, phone=PHONE, language="en", actor=SYSTEM, at=now())
    return phone()


@pytest.mark.parametrize(
    ("p50", "p90", "quality", "said"),
    [
        ([725], [1075], "good", "12 to 18 min"),
        ([725], [1075], "rough", "perhaps 12 to 18 min"),
        ([20], [50], "good", "less than 1 min"),
        ([300], [300], "good", "about 5 min"),
        ([2700], [4500], "good", "45 min to 1h15"),
        ([], [], "none", "no counter is open now"),
    ],
)
def test_before_and_after_taking_the_range_stands_beside_the_place(english, published, p50, p90, quality, said):
    published(p50, p90, quality=quality)

    before = english.dial("DKR1")
    taken = english.type("1")
    again = english.dial()

    for screen in (before, taken, again):
        assert f"Nobody ahead of you, {said}\n" in f"{screen}\n", screen
    assert "1 Take a ticket" in before
    assert "3 Another ticket" in again


def test_a_closed_counter_makes_no_promise_whatever_was_published(english, published, bank, binta):
    from smartqueue.queueing.models import Agent
    from smartqueue.tenants.scope import in_tenant

    published([600], [900])
    with in_tenant(bank.id):
        Agent.objects.filter(id=binta.agent.id).update(status="offline")

    assert "Nobody ahead of you, no counter is open now" in english.dial("DKR1")


def test_who_may_come_too_late_is_warned_and_may_take_a_ticket_all_the_same(english, bank, site, published, tickets):
    from smartqueue.queueing.models import Queue
    from smartqueue.sites.models import OpeningHours
    from smartqueue.tenants.scope import in_tenant

    at = now()
    closes = (at + timedelta(hours=2)).replace(second=0, microsecond=0)
    with in_tenant(bank.id):
        Queue.objects.update(closing_grace_s=0)
        OpeningHours.objects.filter(site=site).delete()
        opens = at - timedelta(hours=1)
        OpeningHours.objects.create(
            tenant=bank, site=site, weekday=opens.isoweekday(), opens=f"{opens:%H:%M}", closes=f"{closes:%H:%M}"
        )

    published([3600], [3 * 3600])
    screen = english.dial("DKR1")
    assert f"We close at {closes:%H:%M}: your turn may not come." in screen
    english.type("1")
    assert len(tickets()) == 1

    published([60], [120])
    assert "may not" not in english.dial("DKR1")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_screen_grows_too_long_and_its_last_line_stays(phone, bank, make_queue, outlook_of, make_agent, language):
    """With the longest of everything: a long name, a rough range in hours."""
    from smartqueue.sites.models import Service, Site
    from smartqueue.tenants.scope import in_tenant

    queue = make_queue(name="File de l'ouverture de compte des particuliers et des professionnels")
    make_agent("Awa", queue)
    with in_tenant(bank.id):
        Service.objects.filter(id=queue.service_id).update(name="Ouverture de compte des particuliers et autres")
        Site.objects.filter(id=queue.site_id).update(name="Agence principale du Plateau, avenue Pompidou")
    outlook_of(queue, p50=[35_500], p90=[42_000], quality="rough", at=now())
    hand = phone()
    hand.dial()
    hand.type(LANGUAGES[language])

    screens = [hand.dial("DKR1"), hand.type("1"), hand.dial()]

    for screen in screens:
        text = screen[4:]
        assert text.isascii(), text
        assert (len(text) <= 160, len(text.split("\n")) <= 7) == (True, True), (len(text), text)
        assert "9h51" in text, text
        assert "11h40" in text, text
    assert screens[2].split("\n")[-1] == ("9 Wolof" if language == "fr" else "8 Francais")
