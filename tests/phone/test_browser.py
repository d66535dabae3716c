"""The simulator in a real browser: a session by keys, a chat, both widths, nothing for axe to say."""

import os
from pathlib import Path

import pytest

from tests.web.agent.conftest import session_of
from tests.web.shared.browser import DESK, PHONE, chromium

__all__ = ["chromium"]


@pytest.fixture
def desk(chromium, live_server_url, bank, binta):
    """`desk(language, **options) -> page`: Binta's simulator."""
    opened = []

    def start(language, **options):
        context = chromium.new_context(**{"viewport": DESK, "locale": "fr"} | options)
        opened.append(context)
        cookies = {"django_language": language, "sessionid": session_of(binta)}
        context.add_cookies([{"name": name, "value": value, "url": live_server_url} for name, value in cookies.items()])
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.complaints = []
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("console", lambda said: page.complaints.append(said.text) if said.type == "error" else None)
        page.goto(f"{live_server_url}/phone/{bank.slug}/")
        return page

    yield start
    for context in opened:
        context.close()


def picture(page, name):
    """For the eye, where it is asked for."""
    if folder := os.environ.get("SMARTQUEUE_SCREENS"):
        page.screenshot(path=str(Path(folder) / f"phone-{name}.png"), full_page=True)


def judged(page):
    """What the browser refused, what axe finds, and what does not fit the width."""
    from axe_playwright_python.sync_playwright import Axe

    # To take a picture Playwright writes styles that the policy refuses.
    found = [] if os.environ.get("SMARTQUEUE_SCREENS") else list(page.complaints)
    found += [one["id"] for one in Axe().run(page).response["violations"]]
    page.complaints.clear()  # axe itself tries what the policy refuses
    wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return found + (["wider than the screen"] if wide else [])


@pytest.mark.parametrize(("language", "width"), [("fr", PHONE), ("wo", DESK)])
def test_a_ticket_is_taken_on_the_page(desk, site, tellers, make_queue, tickets, language, width):
    make_queue(), make_queue()
    page = desk(language, viewport=width)
    picture(page, f"{language}-0")
    page.locator('button[value="dial"]').click()
    page.locator(".glass", has_text="DKR1").wait_for()
    picture(page, f"{language}-1")
    for key, word in (("DKR1", "Service A"), ("1", "1 "), ("1", "A001")):
        page.locator("#text").fill(key)
        page.locator("#text").press("Enter")
        page.locator(".glass", has_text=word).wait_for()
        assert judged(page) == []
        picture(page, f"{language}-{word.strip()}")
    page.locator(".glass", has_text="A001").wait_for()
    assert [ticket.channel for ticket in tickets()] == ["ussd"]

    page.locator(".ways a").nth(2).click()
    page.locator(".chat").wait_for()
    page.locator("#text").fill("INFO")
    page.locator("#text").press("Enter")
    page.locator(".theirs", has_text="A001").wait_for()
    page.locator("#text").fill("TICKET")
    page.locator("#text").press("Enter")
    page.locator(".choices button").first.wait_for()
    assert judged(page) == []
    picture(page, f"{language}-chat")
