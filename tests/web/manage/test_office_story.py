"""One administrator's afternoon in a real browser: people, appearance, a key, the audit log; and what axe says."""

from axe_playwright_python.sync_playwright import Axe

from smartqueue.tenants.models import ApiKey, Membership, Tenant
from smartqueue.tenants.scope import in_tenant
from tests.web.shared.browser import PHONE

PAGES = ("people/", "people/invite/", "keys/", "keys/new/", "organisation/", "brand/", "drafts/", "audit/")


def grave(page):
    found = Axe().run(page).response["violations"]
    return [
        (one["id"], [node["html"][:200] for node in one["nodes"]])
        for one in found
        if one["impact"] in {"serious", "critical"}
    ]


def test_an_afternoon_of_an_administrator(browse, bank, site, moussa, awa, binta, fatou):
    page = browse(f"/{bank.slug}/manage/people/", moussa, language="en")
    page.set_default_timeout(30_000)

    # Two people are ticked and deactivated; nothing can be pressed before.
    press = page.locator("[data-bulk]")
    assert press.is_disabled()
    for name in ("Binta Ba", "Fatou Ndiaye"):
        page.get_by_label(name).check()
    press.click()
    page.wait_for_selector("sq-toast")
    with in_tenant(bank.id):
        put_out = Membership.objects.filter(is_active=False).values_list("user_id", flat=True)
        assert set(put_out) == {binta.user.id, fatou.user.id}

    # A colour is judged while it is typed, drafted, looked at, published.
    page.goto(page.url.replace("people/", "brand/"))
    said = page.locator("[data-said]")
    page.locator("#id_colour").fill("#7e7e7e")
    assert "cannot be read" in said.text_content()
    page.locator("#id_colour").fill("#7a1f5c")
    assert "9.6" in said.text_content()
    assert page.locator("#sample .btn").evaluate("one => getComputedStyle(one).backgroundColor") == "rgb(122, 31, 92)"
    page.locator("form.form button[type=submit]").click()
    page.locator("main .note a", has_text="Look at it").click()
    page.wait_for_selector(".preview-note")
    assert page.locator(".mark").evaluate("one => getComputedStyle(one).color") == "rgb(122, 31, 92)"
    assert page.locator("main").evaluate("one => one.inert")
    assert Tenant.objects.get(id=bank.id).brand_colour == ""
    page.locator(".preview-note a").click()
    page.get_by_role("button", name="Publish", exact=True).click()
    page.wait_for_selector("main .empty")
    assert Tenant.objects.get(id=bank.id).brand_colour == "#7a1f5c"

    # A key is shown once, and revoked after a second thought.
    page.goto(page.url.replace("drafts/", "keys/new/"))
    page.locator("#id_name").fill("Site web")
    page.get_by_label("See queues").check()
    page.locator("form.form button[type=submit]").click()
    assert page.locator("#secret").input_value().startswith("sqk_")
    page.get_by_role("link", name="I have copied it").click()
    page.get_by_role("button", name="Revoke").click()
    page.locator("dialog form button", has_text="Revoke").click()
    page.wait_for_selector("sq-toast")
    with in_tenant(bank.id):
        assert ApiKey.objects.get().revoked_at is not None

    # All of it stands in the audit log.
    page.goto(page.url.replace("keys/", "audit/"))
    assert page.locator(".log li", has_text="api_key.revoked").count() == 1
    page.locator(".log summary", has_text="tenant.published").click()
    assert page.locator(".log ins", has_text="#7a1f5c").first.is_visible()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as CSV").click()
    assert saved.value.suggested_filename == f"audit-{bank.slug}.csv"
    assert page.complaints == []


def test_the_pages_have_no_grave_fault_and_fit_a_phone(browse, bank, site, moussa, binta):
    page = browse(f"/{bank.slug}/manage/people/{binta.membership.id}/", moussa, language="fr", viewport=PHONE)
    page.set_default_timeout(30_000)
    home = page.url.partition("/manage/")[0] + "/manage/"
    faults, widths = {page.url: grave(page)}, {page.url: page.evaluate("document.documentElement.scrollWidth")}
    for path in PAGES:
        page.goto(home + path)
        faults[path], widths[path] = grave(page), page.evaluate("document.documentElement.scrollWidth")

    assert {path: found for path, found in faults.items() if found} == {}
    assert set(widths.values()) == {PHONE["width"]}
    assert page.complaints == []
