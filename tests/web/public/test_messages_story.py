"""Messages on a phone: what an open page shows by itself, and what a push does when it is closed."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from smartqueue.cli.processes import wait_until
from tests.live.told import message, telling_relay
from tests.web.shared.browser import PHONE

__all__ = ["message", "telling_relay"]

SOON_MS = 30_000


def grave(page):
    found = Axe().run(page).response["violations"]
    return [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found if one["impact"] in HARD]


HARD = {"serious", "critical"}
SHOWN = """async () => (await (await navigator.serviceWorker.ready).getNotifications()).map(
    ({title, body, tag}) => [title, body, tag])"""
# Chromium forgets a notification that is asked for in the instant in which it appears: nobody asks before it is there.
COUNTS = """() => {
  const show = registration.showNotification.bind(registration);
  self.shown = 0;
  registration.showNotification = async (...told) => { await show(...told); self.shown += 1; };
}"""
PRESS = """async () => {
  const [one] = await registration.getNotifications();
  dispatchEvent(new NotificationEvent("notificationclick", {notification: one}));
}"""
SUBSCRIBES = """() => { PushManager.prototype.subscribe = async ({applicationServerKey, userVisibleOnly}) => ({
  toJSON: () => ({
    endpoint: `https://push.example.org/${applicationServerKey.length}/${userVisibleOnly}`,
    keys: {p256dh: "B".repeat(87), auth: "A".repeat(22)},
  }),
}); }"""


@pytest.fixture
def is_open():
    from smartqueue.notifications.queries import page_is_open

    return page_is_open


def test_an_open_page_shows_what_is_told_and_says_that_it_is_looked_at(
    open_page, tellers, take, token_of, message, telling_relay, is_open
):
    for _ in range(3):
        take()
    mine = take()
    page = open_page(f"/t/{token_of(mine)}", language="en", viewport=PHONE)
    page.locator("#dot").wait_for()
    assert wait_until(lambda: is_open(mine), seconds=30)
    assert not page.locator("#notice").is_visible()

    message(mine)
    telling_relay()
    page.get_by_text("The till opens again at ten.").wait_for(timeout=SOON_MS)
    page.locator("#near").select_option("2")
    page.get_by_role("button", name="OK").click()
    page.get_by_text("We tell you when 2 people are ahead of you.").wait_for()
    page.get_by_text("The till opens again at ten.").wait_for()
    assert grave(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]

    page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert wait_until(lambda: not is_open(mine), seconds=30)
    page.evaluate("Object.defineProperty(document, 'hidden', {value: false, configurable: true})")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert wait_until(lambda: is_open(mine), seconds=30)
    page.context.close()
    assert wait_until(lambda: not is_open(mine), seconds=30)
    assert page.complaints == []


def test_a_touch_offers_push_and_a_push_opens_the_ticket(open_page, gallery_url, tellers, take, token_of):
    first, mine = (f"/t/{token_of(take())}" for _ in range(2))
    page = open_page(mine, language="en", viewport=PHONE)
    page.locator("#dot").wait_for()
    asked = []
    page.on("request", lambda request: asked.append(request.url.removeprefix(gallery_url)))
    page.get_by_role("button", name="Notify me on this phone").click()
    page.get_by_text("Keep this page open.").wait_for()
    button = page.get_by_role("button", name="Tell me even when this page is closed")
    button.wait_for()
    assert grave(page) == []
    assert f"{mine}/push/" in asked, "nothing of it is loaded before the touch"
    button.click()  # headless Chromium has no push service, and refuses: that is said plainly
    page.locator("[data-said=refused], [data-said=failed]").locator("visible=true").wait_for(timeout=SOON_MS)
    page.context.grant_permissions(["notifications"])
    button.click()
    page.locator("[data-said=failed]").wait_for(timeout=SOON_MS)

    worker = page.context.new_cdp_session(page)
    versions = []
    worker.on("ServiceWorker.workerRegistrationUpdated", lambda told: versions.extend(told["registrations"]))
    worker.send("ServiceWorker.enable")
    assert wait_until(lambda: page.evaluate("1") and versions, seconds=30)
    registration = versions[-1]["registrationId"]

    handler = page.context.service_workers[0]
    handler.evaluate(COUNTS)

    def shows(notifications, *pushes):
        before = handler.evaluate("self.shown")
        for data in pushes:
            told = {"origin": gallery_url, "registrationId": registration, "data": data}
            worker.send("ServiceWorker.deliverPushMessage", told)
        assert wait_until(lambda: handler.evaluate("self.shown") == before + len(pushes), seconds=30)
        return sorted(page.evaluate(SHOWN)) == sorted(notifications)

    turn = f'{{"title":"It is your turn","body":"Please go to G1","url":"{gallery_url}{mine}","tag":"x"}}'
    again = f'{{"title":"Called again","body":"Please go to G1","url":"{gallery_url}{mine}"}}'
    another = f'{{"title":"Another","body":"b","url":"{gallery_url}{first}"}}'
    away = '{"title":"Away","url":"https://evil.example/t/x"}'
    assert shows([["It is your turn", "Please go to G1", mine]], turn)
    called = ["Called again", "Please go to G1", mine]
    assert shows([called], again)
    assert shows([called, ["Another", "b", first]], another)
    unread = ["SmartQueue", "", "/"]
    assert shows([called, ["Another", "b", first], unread, ["Away", "", "/t/x"]], "no json", away)
    handler.evaluate(PRESS)
    assert wait_until(lambda: len(page.evaluate(SHOWN)) == 3, seconds=30)


def test_a_browser_that_can_is_told_when_the_page_is_closed(open_page, gallery_url, bank, tellers, take, token_of):
    """The push service alone is played: headless Chromium has none."""
    from smartqueue.notifications.models import PushSubscription
    from smartqueue.tenants.scope import in_tenant

    mine = take()
    page = open_page(f"/t/{token_of(mine)}", language="en", viewport=PHONE)
    page.context.grant_permissions(["notifications"])
    page.evaluate(SUBSCRIBES)
    page.get_by_role("button", name="Notify me on this phone").click()
    page.get_by_role("button", name="Tell me even when this page is closed").click()
    page.get_by_text("Done. This phone tells you, even when this page is closed.").wait_for(timeout=SOON_MS)
    with in_tenant(bank.id):
        kept = list(PushSubscription.objects.filter(ticket_id=mine).values_list("endpoint", "provider"))

    assert kept == [("https://push.example.org/65/true", "webpush")]
    assert not page.get_by_role("button", name="Tell me even when this page is closed").is_visible()
    assert page.complaints == []
