"""A new administrator in a real browser: from an empty organisation to the first served ticket, never leaving it."""

import os
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from smartqueue.tenants.scope import in_tenant
from tests.web.shared.browser import DESK, PHONE

PATIENT_MS = 30_000


@pytest.fixture
def picture():
    """Keeps a picture where `SMARTQUEUE_SCREENS` says; nowhere otherwise."""
    folder = os.environ.get("SMARTQUEUE_SCREENS")

    def take(page, name, *, full=True):
        if folder:
            page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=full)

    return take


@pytest.fixture
def walk(browse):
    """`browse`, patiently."""

    def start(*words, **options):
        page = browse(*words, **{"language": "en", "timezone_id": "Africa/Dakar"} | options)
        page.set_default_timeout(PATIENT_MS)
        return page

    return start


def faults(page):
    """What axe finds grave, what the console complained of, and whether the page is wider than the screen."""
    found = Axe().run(page).response["violations"]
    grave = [(one["id"], one["nodes"][0]["html"][:160]) for one in found if one["impact"] in {"serious", "critical"}]
    fits = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    return grave, page.complaints, [] if fits else ["wider than the screen"]


CALM = ([], [], [])


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def follow(page, name):
    page.get_by_role("link", name=name, exact=True).click()


def test_from_an_empty_organisation_to_the_first_served_ticket(walk, picture, bank, moussa):
    from smartqueue.queueing.models import Ticket

    page = walk(f"/{bank.slug}/manage/", moussa)
    page.get_by_text("Begin with your first site").wait_for()
    picture(page, "sites-0-desk")
    assert faults(page) == CALM

    # A site, with the commune chosen in three steps and a point that was pasted
    page.locator("main").get_by_role("link", name="New site").first.click()
    page.get_by_label("Name").fill("Agence Médina")
    page.get_by_label("Short code").fill("med1")
    ready = "#places:not(.htmx-added)"  # htmx listens to what it has put in
    page.locator(f"{ready} #id_region").select_option("SN-DK")
    page.locator(f"{ready} #id_departement:enabled option:has-text('Pikine')").wait_for(state="attached")
    page.locator("#id_departement").select_option(label="Pikine")
    page.locator(f"{ready} #id_departement option[selected]:has-text('Pikine')").wait_for(state="attached")
    page.locator("#id_commune").select_option(index=1)
    page.get_by_label("Point on the map").fill("14.6817, -17.4467")
    picture(page, "site-new-desk")
    assert faults(page) == CALM
    press(page, "Save")
    page.get_by_text("What is missing for the first ticket").wait_for()
    picture(page, "site-steps-desk")
    assert faults(page) == CALM
    here = page.url

    # Open around the clock, so that the story can be told at any hour
    follow(page, "Set the week")
    follow(page, "Around the clock")
    page.get_by_text("This week is not saved yet").wait_for()
    picture(page, "hours-preset-desk")
    press(page, "Save the week")
    page.locator(".days li").nth(6).wait_for()
    page.set_viewport_size(PHONE)
    picture(page, "hours-phone")
    assert faults(page) == CALM
    page.set_viewport_size(DESK)

    # Three counters at once
    page.goto(here)
    follow(page, "Add counters")
    page.get_by_label("Word").fill("Guichet")
    page.get_by_label("To number").fill("3")
    press(page, "Add all")
    page.locator("input[value='Guichet 3']").wait_for()
    picture(page, "counters-desk")
    assert faults(page) == CALM

    # A service
    page.goto(here)
    follow(page, "Add a service")
    page.get_by_label("Name").fill("Retrait d'espèces")
    page.get_by_label("Code").fill("retrait")
    picture(page, "service-new-desk")
    assert faults(page) == CALM
    press(page, "Save")
    page.get_by_text("Nowhere yet").wait_for()

    # A queue: site and service are chosen already, because there is one of each
    follow(page, "New queue")
    picture(page, "queue-new-desk")
    assert faults(page) == CALM
    press(page, "Save")
    page.get_by_text("Nobody serves this queue").wait_for()
    picture(page, "queue-desk")
    assert faults(page) == CALM
    assert page.locator("#id_letters").input_value() == "A"

    # The administrator serves it
    page.goto(here)
    follow(page, "Choose people")
    page.locator("main").get_by_role("link", name=moussa.user.full_name, exact=True).click()
    page.get_by_label("Also serves at a counter").check()
    page.locator("select[name^=queue-]").select_option("1")
    press(page, "Save")
    page.get_by_text("Saved.").wait_for()

    page.goto(here)
    page.get_by_text("Ready for the first ticket").wait_for()
    page.locator("main").get_by_role("link", name="My counter").click()
    page.locator("#counter").select_option(label="Guichet 1")
    page.locator("form:has(#counter) button").click()
    page.locator("#next").wait_for()

    # Somebody takes the first ticket on a phone
    visitor = walk(f"/{bank.slug}/", viewport=PHONE)
    visitor.get_by_role("link", name=re.compile("Agence Médina")).click()
    visitor.get_by_role("button", name="Take a ticket").click()
    visitor.wait_for_url(re.compile(r"/t/[\w-]{22}$"))
    assert visitor.locator("h1").inner_text() == "A001"

    page.reload()
    page.locator("#next").click()
    page.locator("#now .hero:has-text('A001')").wait_for()
    page.get_by_role("button", name=re.compile("Arrived")).click()
    page.locator("#now:not(.called)").wait_for()
    page.locator("#next").click()
    page.locator("#console[data-idle=yes]").wait_for()
    with in_tenant(bank.id):
        ticket = Ticket.objects.select_related("counter").get()
    assert (ticket.number, ticket.status, ticket.outcome, ticket.counter.name) == (
        "A001", "closed", "served", "Guichet 1",
    )  # fmt: skip

    # The steps are behind him; on a phone, too
    page.set_viewport_size(PHONE)
    page.goto(here)
    page.get_by_text("Next seven days").wait_for()
    assert page.locator("#steps-title").count() == 0
    picture(page, "site-phone")
    assert faults(page) == CALM
