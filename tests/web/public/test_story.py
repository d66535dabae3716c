"""A customer's day in a real browser: from the search to the counter, with and without JavaScript and network."""

import re
from time import monotonic

import pytest

from smartqueue.cli.processes import wait_until
from smartqueue.kernel.clock import now
from tests.web.shared.browser import PHONE

SOON_MS = 30_000
PATIENT_MS = 15_000


@pytest.fixture
def phone(open_page):
    """`phone(path)`: a page in English, 360 px wide."""
    return lambda path, **options: open_page(path, **{"viewport": PHONE, "language": "en"} | options)


@pytest.fixture
def agents(binta, api, relay, bank):
    """`agents("call-next")`: Binta does that through the API, and the relay runs as it does beside a worker."""
    client, at_hand = api(binta), {}

    def does(verb):
        if verb == "call-next":
            answer = client.post(f"tenants/{bank.slug}/agents/me/call-next/", json={})
            at_hand["id"] = answer.json()["id"]
        else:
            answer = client.post(f"tenants/{bank.slug}/tickets/{at_hand['id']}/{verb}/", json={})
        assert answer.status_code == 200, answer.content
        relay()

    return does


def is_live(page):
    page.locator("#dot").wait_for(timeout=PATIENT_MS)


def test_from_the_list_of_places_to_the_counter(phone, bank, site, tellers, binta, agents, take):
    take(at=now())
    page = phone(f"/{bank.slug}/")
    page.get_by_role("link", name=site.name).click()
    page.get_by_text("1 person waits").wait_for()
    page.get_by_label("Guichets").check()
    page.get_by_role("button", name="Take a ticket").click()
    page.wait_for_url(re.compile(r"/t/[\w-]{22}$"))
    is_live(page)

    assert page.locator("h1").inner_text() == "A002"
    assert page.locator("[data-f=ahead]").inner_text() == "1"
    assert not page.get_by_text("You are next.").is_visible()

    agents("call-next")
    page.get_by_text("You are next.").wait_for(timeout=SOON_MS)
    agents("close")

    page.context.grant_permissions(["notifications"])
    page.get_by_role("button", name="Notify me on this phone").click()
    page.get_by_text("Keep this page open.").wait_for()

    began = monotonic()
    agents("call-next")
    page.get_by_text("It is your turn", exact=True).wait_for(timeout=SOON_MS)
    assert monotonic() - began < SOON_MS / 1000
    assert page.locator(".turn [data-f=counter]").inner_text() == binta.agent.counter.name
    shown = "navigator.serviceWorker.ready.then(w => w.getNotifications()).then(all => all.map(one => one.title))"
    assert wait_until(lambda: page.evaluate(shown) == ["It is your turn"], seconds=30)

    agents("start-service")
    page.get_by_text("You are being served").wait_for(timeout=SOON_MS)
    agents("close")
    page.get_by_text("Thank you for your visit").wait_for(timeout=SOON_MS)

    page.get_by_role("link", name="Take another ticket").click()
    page.get_by_role("button", name="Take a ticket").click()  # the only queue is chosen already
    page.get_by_text("You are next.").wait_for()
    page.goto(page.url.split("/t/")[0] + f"/{bank.slug}/sites/{site.code}/")
    page.get_by_role("link", name="You already have a ticket").click()
    page.get_by_text("Leave the line").click()
    page.get_by_role("button", name="Yes, leave").click()
    page.get_by_text("You have left the line").wait_for()
    assert page.complaints == []


def test_without_javascript_everything_is_a_form(phone, bank, place, tellers, agents):
    page = phone(place, java_script_enabled=False)
    page.get_by_role("button", name="Take a ticket").click()
    page.get_by_text("You are next.").wait_for()

    assert page.locator("noscript meta[http-equiv=refresh]").get_attribute("content") == "20;url=?here=1"
    assert page.locator("noscript p").is_visible()
    assert not page.get_by_role("button", name="Notify me").is_visible()
    assert not page.locator("#dot, #lost").first.is_visible()

    agents("call-next")
    page.reload()
    assert page.get_by_text("It is your turn", exact=True).is_visible()
    page.get_by_role("button", name="Wolof").click()
    assert page.locator("html").get_attribute("lang") == "wo"
    page.get_by_role("button", name="English").click()
    page.locator("summary").click()
    page.get_by_role("button", name="Yes, leave").click()
    assert page.get_by_text("You have left the line").is_visible()


def test_without_network_the_last_state_stays_and_then_heals(phone, tellers, take, token_of, agents):
    take()
    page = phone(f"/t/{token_of(take())}")
    is_live(page)

    page.context.set_offline(True)
    page.get_by_text("No connection.").wait_for()
    agents("call-next")
    agents("close")
    agents("call-next")

    assert page.locator("[data-f=ahead]").inner_text() == "1"
    assert re.fullmatch(r"\d\d:\d\d", page.locator("#lost time").inner_text())
    assert not page.locator("#dot").is_visible()

    page.context.set_offline(False)
    page.get_by_text("It is your turn", exact=True).wait_for(timeout=SOON_MS)
    assert not page.locator("#lost").is_visible()


@pytest.mark.parametrize("streams", [True, False])
def test_where_sockets_break_it_comes_another_way(chromium, gallery_url, tellers, take, token_of, agents, streams):
    context = chromium.new_context(viewport=PHONE, service_workers="block")
    context.add_cookies([{"name": "django_language", "value": "en", "url": gallery_url}])
    page = context.new_page()
    page.add_init_script("Math.random = () => 0")  # no jitter: nobody else comes back with us
    page.route_web_socket(re.compile("/ws/"), lambda line: line.close())
    if not streams:
        page.route("**/events/", lambda route: route.abort())
    page.goto(f"{gallery_url}/t/{token_of(take())}")
    is_live(page)

    agents("call-next")
    page.get_by_text("It is your turn", exact=True).wait_for(timeout=PATIENT_MS)
    context.close()


def test_the_last_ticket_page_opens_without_network_and_nothing_else(phone, bank, place, tellers, take, token_of):
    first, second = (f"/t/{token_of(take())}" for _ in range(2))
    page = phone(first)
    base = page.url.removesuffix(first)
    kept = "caches.open('ticket').then(c => c.keys()).then(all => all.map(one => new URL(one.url).pathname))"
    assert wait_until(lambda: first in page.evaluate(kept), seconds=30)
    page.goto(f"{base}{place}")
    page.goto(f"{base}{second}")
    assert wait_until(lambda: second in page.evaluate(kept), seconds=30)
    paths = page.evaluate(kept)

    page.context.set_offline(True)
    page.reload()
    page.get_by_text("No connection.").wait_for()

    assert (first in paths, place in paths) == (False, False)
    assert {path for path in paths if not path.startswith("/static/public/")} == {second}
    assert page.locator("h1").inner_text() == "A002"
    assert re.fullmatch(r"\d?\d:\d\d", page.locator("#lost time").inner_text())
    assert page.locator("main").evaluate("main => getComputedStyle(main).maxWidth") == "432px", "with its look"
    for gone in (first, place, f"/{bank.slug}/"):
        with pytest.raises(Exception, match=r"ERR_(INTERNET_DISCONNECTED|FAILED)"):
            page.goto(f"{base}{gone}")


def test_the_position_is_asked_for_and_rounded(phone, bank, site):
    page = phone(f"/{bank.slug}/", geolocation={"latitude": 14.714321, "longitude": -17.441234})
    page.context.grant_permissions(["geolocation"])
    page.get_by_role("button", name="Nearest to me").click()
    page.get_by_text("Nearest first.").wait_for()

    assert page.url.endswith(f"/{bank.slug}/?near=14.71%2C-17.44")


def test_a_refused_position_leaves_the_list(phone, bank, site):
    page = phone(f"/{bank.slug}/")
    page.get_by_role("button", name="Nearest to me").click()
    page.get_by_text("did not give its position").wait_for()

    assert page.get_by_role("link", name=site.name).is_visible()


def test_two_phones_at_once_each_with_a_ticket_of_its_own(phone, place, tellers):
    numbers = set()
    for _ in range(2):
        page = phone(place)
        page.get_by_role("button", name="Take a ticket").click()
        page.wait_for_url("**/t/*")
        numbers.add(page.locator("h1").inner_text())

    assert numbers == {"A001", "A002"}
