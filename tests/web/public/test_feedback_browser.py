"""Asked and answered on a cheap phone, in Chromium: no script, 360 px, and nothing axe-core minds."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from smartqueue.kernel.clock import now
from tests.web.shared.browser import DRESSES, PHONE

SCREENS = os.environ.get("SMARTQUEUE_SCREENS")


def look(page, name):
    """Nothing is wider than the phone, axe-core finds no grave fault; a picture for the eye if asked for."""
    assert page.evaluate("document.documentElement.scrollWidth") == page.viewport_size["width"], name
    found = Axe().run(page).response["violations"]
    grave = [(one["id"], one["nodes"][0]["html"][:200]) for one in found if one["impact"] in {"serious", "critical"}]
    assert grave == [], name
    if SCREENS:
        page.screenshot(path=Path(SCREENS) / f"feedback-{name}.png", full_page=True)


@pytest.fixture
def over(visit_over):
    """The address of a ticket whose visit ended a moment ago."""
    return lambda how="closed": f"/t/{visit_over(how, at=now() - timedelta(minutes=30)).token}"


def test_from_the_ticket_to_the_thanks_without_a_script(open_page, over):
    page = open_page(over(), language="en", viewport=PHONE, java_script_enabled=False)
    page.get_by_role("link", name="How was your visit?").click()

    page.get_by_role("radio", name="Good", exact=True).first.check(force=True)
    page.get_by_text("9", exact=True).click()
    page.get_by_text("Say more, if you like").click()
    page.get_by_role("group", name="The wait").get_by_title("Bad", exact=True).click()
    page.get_by_text("The welcome").click()
    page.get_by_label("Your comment").fill("Accueil chaleureux")
    page.get_by_role("button", name="Send").click()

    page.get_by_role("heading", name="Thank you").wait_for()
    assert page.get_by_text("Good.").is_visible()
    page.get_by_role("link", name="Back to your ticket").click()
    page.get_by_text("Thank you for your visit").wait_for()
    assert page.complaints == []


@pytest.mark.parametrize(("language", "scheme"), DRESSES)
def test_every_state_is_readable(open_page, over, language, scheme):
    address = over()
    page = open_page(f"{address}/feedback/", language=language, scheme=scheme, viewport=PHONE)
    dress = f"{language}-{scheme}"
    look(page, f"{dress}-asked")
    page.locator("summary").click()
    page.locator("input[name=csat][value='4'] + span").click()
    page.locator("input[name=nps][value='9'] + span").click()
    page.locator("input[name=wait_rating][value='2'] + span").click()
    page.locator("input[value=waiting] + span").click()
    look(page, f"{dress}-filled")
    page.locator("form").first.evaluate("form => form.noValidate = true")
    page.locator("input[name=csat]:checked").evaluate("radio => radio.checked = false")
    page.locator(".tall").click()
    page.locator("#csat-error").wait_for()
    look(page, f"{dress}-refused")
    page.locator("input[name=csat][value='5'] + span").click()
    page.locator(".tall").click()
    page.locator(".thanks svg").wait_for()
    look(page, f"{dress}-thanks")
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(page.url.replace(address, over("cancelled")))
    page.locator("input[name=csat]").first.wait_for(state="attached")
    look(page, f"{dress}-desk")
    assert [said for said in page.complaints if "400" not in said] == []
