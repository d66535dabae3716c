"""The kiosk in a real Chromium, touched: a whole visit, without the net, with an answer lost, left alone, cut off."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe

from smartqueue.cli.processes import wait_until
from smartqueue.tenants.scope import in_tenant
from tests.races.world import broken_invariants
from tests.web.kiosk.conftest import LANDSCAPE
from tests.web.kiosk.gate import gate


def grave(page):
    found = Axe().run(page).response["violations"]
    return [
        (one["id"], [node["html"][:200] for node in one["nodes"]])
        for one in found
        if one["impact"] in {"serious", "critical"}
    ]


def until(page, condition):
    """Wait for an expression; Playwright's own waiting needs eval, which the content policy refuses."""
    assert wait_until(lambda: page.evaluate(f"Boolean({condition})"), seconds=30), condition


def is_at(page, screen):
    page.wait_for_selector(f"body[data-now={screen}]")


def small_targets(page):
    """Buttons one can see that are smaller than 64 px either way."""
    return page.evaluate(
        "[...document.querySelectorAll('button')].filter((one) => one.checkVisibility())"
        ".filter((one) => one.offsetWidth < 64 || one.offsetHeight < 64)"  # a pressed one is drawn smaller
        ".map((one) => `${one.textContent.trim()} ${one.offsetWidth}x${one.offsetHeight}`)"
    )


def take(page, tile=0, language="fr", phone=""):
    """From the first screen to the ticket, by touch. Returns the number on the screen."""
    page.locator(f"[data-language={language}]").tap()
    page.locator(".tile").nth(tile).tap()
    for digit in phone:
        page.locator(f"[data-key='{digit}']").tap()
    page.locator("[data-do=phone-next]" if phone else "[data-do=skip]").tap()
    page.locator("[data-do=take]").tap()
    is_at(page, "ticket")
    until(page, "prints.length > 0")
    return page.locator("#number").inner_text()


def done(page):
    page.locator("[data-do=done]").tap()
    is_at(page, "attract")


def tickets_of(bank):
    from smartqueue.queueing.models import Ticket

    with in_tenant(bank.id):
        return list(Ticket.objects.select_related("customer").order_by("queue_id", "sequence"))


def unsynced(page):
    return page.evaluate(
        "new Promise((told) => { indexedDB.open('smartqueue-kiosk').onsuccess = ({target}) =>"
        " target.result.transaction('pending').objectStore('pending').count().onsuccess ="
        " (counted) => told(counted.target.result) })"
    )


def test_a_visit_by_touch_alone(bank, services, open_kiosk):
    services(8)
    page = open_kiosk()
    faults, small = {}, {}

    def look(screen):
        is_at(page, screen)
        faults[screen], small[screen] = grave(page), small_targets(page)

    look("attract")
    page.locator("[data-language=fr]").tap()
    look("services")
    assert page.locator(".tile").count() == 8
    page.locator(".tile", has_text="Carte bancaire").tap()
    look("phone")
    for key in ("7", "7", "1", "2", "9", "delete", "3", "4", "5", "6", "7"):
        page.locator(f"[data-key='{key}']").tap()
    assert page.locator("#typed").inner_text() == "77 123 45 67"
    page.locator("[data-do=phone-next]").tap()
    look("confirm")
    page.locator("[data-do=take]").tap()
    until(page, "prints.length === 1")
    look("ticket")
    number = page.locator("#number").inner_text()
    page.locator("[data-do=reprint]").tap()
    until(page, "prints.length === 2")
    first, again = page.evaluate("prints")
    done(page)

    (ticket,) = tickets_of(bank)
    assert (ticket.number, ticket.channel, ticket.status, ticket.language) == (number, "kiosk", "waiting", "fr")
    assert ticket.customer.phone == "+221771234567"
    assert number in first
    assert first == again
    assert {screen for screen in faults if faults[screen]} == set(), faults
    assert {screen for screen in small if small[screen]} == set(), small
    assert page.complaints == []
    assert broken_invariants(bank.id) == {}


def test_the_language_changes_everywhere_and_goes_back_for_the_next_person(services, open_kiosk):
    services(1)
    page = open_kiosk()
    seen = {}
    for language in ("wo", "en", "fr"):
        page.locator(f"[data-language={language}]").tap()
        page.locator(".tile").tap()
        page.locator("[data-tongue=en]").tap()
        assert page.locator("#phone-title").inner_text() == "Your phone number"
        page.locator(f"[data-tongue={language}]").tap()
        seen[language] = page.locator("html").get_attribute("lang")
        for _ in range(2):
            page.locator("[data-do=back]").tap()
        is_at(page, "attract")
        assert page.locator("html").get_attribute("lang") == "fr"

    assert seen == {"wo": "wo", "en": "en", "fr": "fr"}


def test_without_the_net_tickets_go_on_and_the_books_are_in_order_when_it_is_back(bank, services, open_kiosk, house):
    services(2)
    with gate(house) as wire:
        page = open_kiosk(base=wire.url)
        until(page, "navigator.serviceWorker.controller")
        page.reload()  # so that the worker has the page
        page.wait_for_selector("body[data-ready]")
        numbers = [take(page, 0)]
        done(page)

        wire.is_cut = True
        for tile in (0, 1, 0):
            numbers.append(take(page, tile))
            assert page.locator(".link-lost").is_visible()
            assert "inconnue" in page.locator("#ticket-line").inner_text()
            assert "inconnue" in page.evaluate("prints.at(-1)")
            done(page)
        page.reload()  # a power cut: the page and its numbers are in the kiosk's own store
        page.wait_for_selector("body[data-ready]")
        numbers.append(take(page, 1))
        done(page)
        assert len(tickets_of(bank)) == 1
        assert unsynced(page) == 4
        assert broken_invariants(bank.id) == {}

        wire.is_cut = False
        page.evaluate("dispatchEvent(new Event('online'))")
        page.wait_for_selector(".link-lost", state="hidden")
        assert wait_until(lambda: len(tickets_of(bank)) == 5, seconds=30)
        numbers.append(take(page, 0))
        assert wait_until(lambda: unsynced(page) == 0, seconds=30)

    written = tickets_of(bank)
    assert sorted(ticket.number for ticket in written) == sorted(numbers)
    assert len(set(numbers)) == 6
    assert {ticket.status for ticket in written} == {"waiting"}
    assert broken_invariants(bank.id) == {}


def test_an_answer_that_is_lost_makes_one_ticket_and_its_number_is_the_papers(bank, services, open_kiosk, house):
    services(1)
    with gate(house) as wire:
        page = open_kiosk(base=wire.url)
        wire.loses = ("POST /kiosk/tickets/", "POST /kiosk/sync/")
        number = take(page)
        assert wait_until(lambda: len(tickets_of(bank)) == 1, seconds=30)
        (before,) = tickets_of(bank)
        page.evaluate("dispatchEvent(new Event('online'))")
        assert wait_until(lambda: "POST /kiosk/sync/" in wire.passed, seconds=30)

        wire.loses = ()
        page.evaluate("dispatchEvent(new Event('online'))")
        assert wait_until(lambda: unsynced(page) == 0, seconds=30)

    (after,) = tickets_of(bank)
    assert (after.id, after.number, after.version) == (before.id, number, 1)
    assert page.locator("#qr").get_attribute("alt") == f"{wire.url}/t/{after.token}"
    assert broken_invariants(bank.id) == {}


def test_a_kiosk_that_is_left_alone_warns_and_begins_anew(services, open_kiosk):
    services(1)
    page = open_kiosk(clock=True)
    page.locator("[data-language=en]").tap()
    page.locator(".tile").tap()
    page.locator("[data-key='7']").tap()

    page.clock.run_for(19_000)
    assert not page.locator("#still").is_visible()
    page.clock.run_for(2_000)
    assert page.locator("#still").is_visible()
    page.locator("[data-do=here]").tap()
    assert not page.locator("#still").is_visible()
    page.clock.run_for(19_000)
    is_at(page, "phone")
    page.clock.run_for(12_000)
    is_at(page, "attract")
    assert not page.locator("#still").is_visible()
    page.locator("[data-language=fr]").tap()
    page.locator(".tile").tap()
    assert page.locator("#typed").inner_text() == "…"


def test_a_kiosk_that_is_cut_off_shows_the_pairing_and_keeps_nothing_to_touch(bank, moussa, services, open_kiosk):
    from smartqueue.devices.actions import revoke_device
    from smartqueue.kernel.clock import now

    services(1)
    page = open_kiosk()
    page.locator("[data-language=fr]").tap()
    page.locator(".tile").tap()
    page.locator("[data-do=skip]").tap()
    with in_tenant(bank.id):
        revoke_device(device_id=page.device.id, actor=moussa.actor, at=now())
    page.locator("[data-do=take]").tap()

    page.wait_for_selector("body:not(.kiosk)")
    assert tickets_of(bank) == []
    assert broken_invariants(bank.id) == {}


def test_twenty_services_come_in_pages_and_the_closed_ones_say_when(bank, moussa, services, open_kiosk):
    from smartqueue.kernel.clock import now
    from smartqueue.queueing.actions.queues import set_queue_status
    from smartqueue.sites.models import ServiceHours

    queues, at = services(20), now()
    over = [(at - timedelta(hours=hours)).time().replace(second=0, microsecond=0) for hours in (2, 1)]
    with in_tenant(bank.id):
        set_queue_status(queue_id=queues[1].id, status="closed", actor=moussa.actor, at=at)
        ServiceHours.objects.create(
            tenant=bank, service=queues[2].service, weekday=at.isoweekday(), opens=over[0], closes=over[1]
        )
        ServiceHours.objects.create(
            tenant=bank, service=queues[3].service, weekday=at.isoweekday() % 7 + 1, opens=over[0], closes=over[1]
        )
    page = open_kiosk(viewport=LANDSCAPE)
    page.locator("[data-language=en]").tap()
    seen, shut = [], {}
    for step in range(3):
        if step:
            page.locator("[data-page='1']").tap()
        seen += page.locator(".tile .name").all_inner_texts()
        for tile in page.locator(".tile[aria-disabled]").all():
            shut[tile.locator(".name").inner_text()] = tile.locator(".state").inner_text()
        assert small_targets(page) == []
        assert page.evaluate("document.documentElement.scrollHeight") <= LANDSCAPE["height"]
    assert (len(seen), len(set(seen))) == (20, 20)
    assert page.locator("[data-page='1']").is_disabled()
    hours = "–".join(f"{time:%H:%M}" for time in over)
    assert shut == {
        queues[1].name: "Closed", queues[2].name: f"Closed. Open today {hours}", queues[3].name: "Closed today",
    }  # fmt: skip
    page.locator("[data-page='-1']").tap()
    page.locator("[data-page='-1']").tap()
    page.locator(".tile[aria-disabled]").first.tap(force=True)
    is_at(page, "services")


def test_a_kiosk_without_services_and_one_without_numbers_send_people_to_the_desk(bank, services, open_kiosk):
    from smartqueue.queueing.models import NumberBlock

    page = open_kiosk()
    page.locator("[data-language=en]").tap()
    assert page.locator("#nothing").inner_text() == "No service is open at this kiosk. Ask the desk."
    page.locator("[data-do=back]").tap()
    with in_tenant(bank.id):
        assert not NumberBlock.objects.exists()


@pytest.mark.parametrize("path", ["/kiosk/", "/kiosk/state/"])
def test_a_stranger_is_asked_to_pair_or_told_nothing(bank, house, path):
    import httpx

    answer = httpx.get(f"{house}{path}", headers={"Accept": "text/html"}, trust_env=False)

    assert answer.status_code == (200 if path == "/kiosk/" else 401)
    assert bank.name not in answer.text
