"""The four screens together: a ticket taken on a phone and one at a kiosk, called at a counter, seen and heard in the
hall. Real web processes, a real worker and its clock, one Chromium; nobody touches a terminal."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from smartqueue.cli.processes import wait_until
from tests.journeys.house import bank, browse, chromium, house, off_duty, sign_in, with_password
from tests.races.world import broken_invariants
from tests.web.shared.browser import PHONE

__all__ = ["bank", "browse", "chromium", "house", "off_duty", "with_password"]

AT_ONCE_MS = 20_000
KIOSK = {"width": 1080, "height": 1920}


def pair(admin: Any, bank: Any, screen: Any, name: str) -> None:
    """The administrator types the code that the screen shows."""
    code = screen.locator("[data-code]").text_content()
    admin.goto(re.sub(r"(//[^/]+)/.*", rf"\1/{bank.slug}/manage/devices/", admin.url))
    admin.locator("#id_name").fill(name)
    admin.locator("#id_code").fill(code)
    admin.locator("#id_code").press("Enter")
    admin.wait_for_url("**/devices/*-*/")


def take_on_the_phone(browse: Callable[..., Any], bank: Any, site: Any) -> Any:
    """From the home page to the ticket."""
    phone = browse("/", viewport=PHONE, has_touch=True, is_mobile=True)
    if phone.locator("#q").count():  # many organisations in this database
        phone.locator("#q").fill(bank.name)
        phone.locator("#q").press("Enter")
    phone.get_by_role("link", name=bank.name).tap()
    phone.get_by_role("link", name=site.name).tap()
    phone.get_by_role("button", name="Take a ticket").tap()
    phone.wait_for_url(re.compile(r"/t/[\w-]{22}$"))
    phone.locator("#dot").wait_for()
    return phone


def take_at_the_kiosk(kiosk: Any) -> str:
    """By touch, without leaving a phone number. Returns the number on the screen."""
    kiosk.locator("[data-language=fr]").tap()
    kiosk.locator(".tile").first.tap()
    kiosk.locator("[data-do=skip]").tap()
    kiosk.locator("[data-do=take]").tap()
    kiosk.wait_for_selector("body[data-now=ticket]")
    assert kiosk.evaluate("prints") == 1
    return str(kiosk.locator("#number").inner_text())


def call_next(agent: Any) -> None:
    """The space bar, when the big button is ready."""
    agent.wait_for_selector("#next:not(:disabled)")
    agent.keyboard.press(" ")


def shows(tv: Any, number: str) -> None:
    """The screen in the hall shows this number with its counter, and says it."""
    expect(tv.locator(".tv-hero .tv-number")).to_have_text(number, timeout=AT_ONCE_MS)
    expect(tv.locator(".tv-hero .tv-counter")).to_have_text("Guichet 3", timeout=AT_ONCE_MS)


def test_taken_on_a_phone_and_at_a_kiosk_called_at_the_counter_seen_and_heard_in_the_hall(
    browse, bank, site, tellers, moussa, off_duty, with_password
):
    tv, kiosk = browse("/display/"), browse("/kiosk/", viewport=KIOSK, has_touch=True)
    admin = browse("/sign-in/")
    sign_in(admin, with_password(moussa))
    admin.wait_for_url(f"**/{bank.slug}/**")
    pair(admin, bank, tv, "Écran du hall")
    pair(admin, bank, kiosk, "Borne")

    phone = take_on_the_phone(browse, bank, site)
    number = phone.locator("h1").inner_text()
    agent = browse("/sign-in/")
    sign_in(agent, with_password(off_duty))
    agent.wait_for_url(f"**/{bank.slug}/counter/")
    agent.keyboard.press("Tab")
    assert agent.evaluate("document.activeElement.id") == "counter"
    agent.keyboard.press("Tab")
    agent.keyboard.press("Enter")
    tv.wait_for_selector("body[data-ready][data-line=live]")
    tv.mouse.click(5, 5)  # browsers stay silent until they are touched once
    tv.wait_for_selector("body[data-sound=on]")

    call_next(agent)
    expect(phone.get_by_text("It is your turn", exact=True)).to_be_visible(timeout=AT_ONCE_MS)
    expect(phone.locator(".turn [data-f=counter]")).to_have_text("Guichet 3", timeout=AT_ONCE_MS)
    shows(tv, number)
    tv.wait_for_selector(f"body[data-speaking={number}]", timeout=AT_ONCE_MS)
    assert wait_until(lambda: tv.evaluate("played.length") > 1, seconds=5)  # the chime, then recorded clips

    kiosk.wait_for_selector("body[data-ready]")
    second = take_at_the_kiosk(kiosk)
    assert second != number
    expect(agent.locator("#line")).to_contain_text(second, timeout=AT_ONCE_MS)
    call_next(agent)
    shows(tv, second)
    expect(phone.get_by_text("Thank you for your visit")).to_be_visible(timeout=AT_ONCE_MS)
    expect(tv.locator(".tv-past")).to_contain_text(number)

    tv.wait_for_selector(f"body[data-spoken='1'][data-speaking={second}]")  # the first was said to its end
    assert [page.complaints for page in (tv, kiosk, admin, phone, agent)] == [[], [], [], [], []]
    assert broken_invariants(bank.id) == {}
