"""The frame in a real browser: by keyboard, with htmx, signed in; and that nothing breaks the content policy."""

from playwright.sync_api import expect

from tests.accounts.people import PASSWORD, demba
from tests.web.shared.browser import PHONE

LAST_TOAST = "#toasts .toast:last-child"


def focused(page):
    """What the focus is on: its id, else its words."""
    return page.evaluate("document.activeElement.id || document.activeElement.innerText.trim()")


def test_everything_in_the_gallery_works_by_keyboard(open_page):
    page = open_page("/styleguide/", language="en")
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to the content"
    page.keyboard.press("Enter")
    assert focused(page) == "main"

    opener = page.locator("[data-dialog=leave]")
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.locator("dialog#leave")).to_be_visible()
    for _step in range(6):  # the focus stays inside
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('#leave')")
    page.keyboard.press("Escape")
    expect(page.locator("dialog#leave")).to_be_hidden()
    assert focused(page) == "Leave the line"

    page.get_by_role("tab", name="Line").focus()
    for key, shown in {"ArrowRight": "Parked", "End": "Done", "ArrowRight ": "Line", "ArrowLeft": "Done",
                       "Home": "Line"}.items():  # fmt: skip
        page.keyboard.press(key.strip())
        assert focused(page) == {"Line": "tab-line-tab", "Parked": "tab-parked-tab", "Done": "tab-done-tab"}[shown]
        assert page.get_by_role("tab", selected=True).inner_text() == shown
        assert page.locator("[role=tabpanel]:visible").count() == 1
    assert page.complaints == []


def test_a_toast_leaves_by_itself_waits_for_the_focus_and_goes_with_escape(open_page):
    page = open_page("/styleguide/", language="en")
    page.clock.install()
    put = "() => toasts.append(document.getElementById('toast-sample').content.cloneNode(true))"

    page.evaluate(put)
    assert page.locator(LAST_TOAST).get_attribute("role") == "status"
    page.clock.run_for(1000)
    assert page.locator(LAST_TOAST + " [data-left]").inner_text() == "1 s"
    page.clock.run_for(1000)
    assert page.locator(LAST_TOAST).count() == 0

    page.evaluate(put)
    page.locator(LAST_TOAST + " button").focus()
    page.clock.run_for(60_000)
    assert page.locator(LAST_TOAST).count() == 1
    page.keyboard.press("Escape")
    assert page.locator(LAST_TOAST).count() == 0


def test_nothing_moves_for_who_wants_no_motion(open_page):
    def animation(**options):
        page = open_page("/styleguide/", **options)
        return page.locator(".skeleton i").first.evaluate("(line) => getComputedStyle(line).animationName")

    assert animation(reduced_motion="no-preference") == "breathe"
    assert animation(reduced_motion="reduce") == "none"


def test_what_goes_wrong_under_htmx_is_said_in_a_toast(open_page):
    page = open_page("/styleguide/", language="en")
    ask = "([verb, path, headers]) => { htmx.ajax(verb, path, {target: '#main', headers}) }"
    heading = page.locator("h1").inner_text()

    page.evaluate(ask, ["GET", "/there/is/nothing/", {}])
    expect(page.locator(LAST_TOAST)).to_have_text("There is nothing at this address")
    page.evaluate(ask, ["POST", "/language/", {"X-CSRFToken": "stale"}])
    expect(page.locator(LAST_TOAST)).to_have_text("This form was open for too long")

    page.route("**/broken-gateway/", lambda route: route.fulfill(status=502, body="<h1>Bad gateway</h1>"))
    page.evaluate(ask, ["GET", "/broken-gateway/", {}])
    expect(page.locator(LAST_TOAST)).to_have_text("Something went wrong on our side. Try again in a moment.")

    page.context.set_offline(True)
    page.evaluate(ask, ["POST", "/language/", {}])
    expect(page.locator(LAST_TOAST)).to_contain_text("No connection.")
    page.locator(LAST_TOAST).focus()

    assert page.locator("h1").inner_text() == heading
    assert page.locator("#toasts [data-trouble]").count() == 1
    assert page.evaluate("Object.keys({...localStorage, ...sessionStorage})") == ["htmx-current-path-for-history"]
    assert page.evaluate("[htmx.config.allowEval, htmx.config.selfRequestsOnly, htmx.config.historyCacheSize]") == [
        False, True, 0,
    ]  # fmt: skip


def test_the_language_can_be_changed_without_scripts(open_page):
    page = open_page("/sign-in/?next=/x/", viewport=PHONE, java_script_enabled=False)
    page.get_by_role("button", name="English").click()

    expect(page.locator("h1")).to_have_text("Sign in")
    assert page.url.endswith("/sign-in/?next=/x/")


def test_signing_in_and_out_without_scripts(open_page):
    user = demba()
    page = open_page("/sign-in/", language="en", viewport=PHONE, java_script_enabled=False)
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password").fill("thiof")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("The e-mail address or the password is wrong.")
    assert page.get_by_label("E-mail").input_value() == user.email

    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("You belong to no organisation yet")
    assert page.evaluate("document.cookie") == "" or "sessionid" not in page.evaluate("document.cookie")

    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("h1")).to_have_text("Sign in")


def test_the_platforms_pages_keep_to_the_policy(open_page):
    user = demba(is_staff=True, is_superuser=True)
    page = open_page("/platform/admin/login/?next=/platform/admin/", language="en")
    page.locator("#id_username").fill(user.email)
    page.locator("#id_password").fill(PASSWORD)
    page.locator("[type=submit]").click()

    for path in ("", "journal/entry/", "tenants/tenant/", "accounts/user/add/"):
        page.goto(page.url.split("/platform/")[0] + f"/platform/admin/{path}")
        expect(page.locator("#user-tools")).to_be_visible()
    assert page.complaints == []


def test_swagger_works_under_its_policy(open_page):
    page = open_page("/api/v1/docs/")
    expect(page.locator(".opblock").first).to_be_visible(timeout=20_000)
    page.locator(".opblock-summary-control").first.click()

    expect(page.locator(".opblock.is-open")).to_be_visible()
    assert page.complaints == []
