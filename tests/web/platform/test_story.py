"""A super-admin's morning in Chromium: a new organisation, its plan, support, closing and opening it; on a phone."""

from uuid import uuid4

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.web.shared.browser import PHONE

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def assert_clean(page):
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}}).response["violations"]
    assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert page.complaints == []


def test_a_new_organisation_from_its_first_day_to_its_last(browse, rokhaya, bank):
    word = uuid4().hex[:6]
    page = browse("/platform/", rokhaya, language="en", viewport=PHONE)
    page.set_default_timeout(30_000)
    expect.set_options(timeout=30_000)
    assert_clean(page)

    page.get_by_role("button", name="Menu").click()
    expect(page.get_by_role("navigation", name="Main menu").get_by_role("link", name="Health")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("link", name="New organisation").click()
    page.get_by_label("Name", exact=True).press_sequentially(f"Hôpital Général {word}")
    expect(page.get_by_label("Address")).to_have_value(f"hopital-general-{word}")
    page.get_by_label("First administrator's name").fill("Astou Ndao")
    page.get_by_label("First administrator's e-mail").fill(f"astou-{word}@example.sn")
    assert_clean(page)
    page.get_by_role("button", name="Open the organisation").click()

    expect(page.get_by_role("heading", level=1)).to_have_text(f"Hôpital Général {word}")
    expect(page.get_by_text("Its administrator has a letter.")).to_be_visible()
    page.get_by_label("Plan", exact=True).select_option("business")
    page.get_by_role("button", name="Change the plan").click()
    expect(page.get_by_role("row", name="Business").filter(has_text="today")).to_be_visible()
    assert_clean(page)

    page.get_by_role("button", name="Enter as support").click()
    dialog = page.get_by_role("dialog", name="Enter as support")
    dialog.get_by_label("Why").fill("Opening hours")
    dialog.get_by_role("button", name="Enter").click()
    banner = page.get_by_text(f"You are in Hôpital Général {word} as support.")
    expect(banner).to_be_visible()
    page.get_by_role("button", name="Leave").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Organisations")

    page.get_by_label("Search", exact=True).fill(word)
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("row").filter(has_text=word)).to_have_count(1)
    suspend = page.get_by_role("button", name="Suspend …")
    expect(suspend).to_be_disabled()
    page.get_by_role("checkbox", name=f"Hôpital Général {word}").check()
    suspend.click()
    page.get_by_label("Why").fill("The trial is over")
    assert_clean(page)
    page.get_by_role("button", name="Suspend").click()
    expect(page.get_by_text("1 organisation is suspended.")).to_be_visible()

    page.goto(page.url.split("/platform/")[0] + f"/platform/audit/?tenant={word}")
    rows = page.get_by_role("row").filter(has_text="Rokhaya Sow")
    expect(rows.first).to_contain_text("The trial is over")
    expect(rows.filter(has_text="Plan changed")).to_contain_text("business")
    assert_clean(page)


def test_every_page_is_clean_and_health_looks_again_by_itself(browse, rokhaya, bank):
    from smartqueue.billing.actions import count_usage
    from smartqueue.kernel.clock import now

    count_usage(at=now())
    page = browse("/platform/health/", rokhaya, language="wo", viewport=PHONE, color_scheme="dark")
    base = page.url.split("/platform/")[0]
    first = page.locator("#health").element_handle()
    page.wait_for_function(
        "(first) => !first.isConnected && document.getElementById('health')", arg=first, timeout=30_000
    )
    for path in ("health", "usage", "plans", "plans/starter", "people", "people/new", f"tenants/{bank.id}"):
        page.goto(f"{base}/platform/{path}/")
        assert_clean(page)
