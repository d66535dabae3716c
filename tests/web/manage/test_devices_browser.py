"""A screen and its administrator, in two browsers at once; and what axe says of both."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from smartqueue.tenants.scope import in_tenant
from tests.web.manage.test_devices import make_devices
from tests.web.shared.browser import DESK, PHONE

WIDE = {"width": 1280, "height": 720}


@pytest.fixture
def picture():
    """Keeps a picture where `SMARTQUEUE_SCREENS` says; nowhere otherwise."""
    folder = os.environ.get("SMARTQUEUE_SCREENS")

    def take(page, name):
        if folder:
            page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page="200" not in name)

    return take


def grave(page):
    found = Axe().run(page).response["violations"]
    return [
        (one["id"], [node["html"][:160] for node in one["nodes"]])
        for one in found
        if one["impact"] in {"serious", "critical"}
    ]


def is_calm(page):
    return (grave(page), page.complaints) == ([], []) or (grave(page), page.complaints)


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_screen_is_paired_set_up_and_cut_off_while_it_watches(browse, picture, bank, tellers, moussa, device_row):
    screen = browse("/display/", viewport=WIDE)
    screen.wait_for_selector("[data-code]")
    code = screen.locator("[data-code]").text_content()
    assert is_calm(screen) is True
    picture(screen, "pairing-desk-fr")

    page = browse(f"/{bank.slug}/manage/devices/", moussa, viewport=PHONE)
    assert fits(page)
    assert is_calm(page) is True
    picture(page, "devices-0-phone-fr")
    page.locator("#id_name").fill("Écran du hall")
    page.locator("#id_code").fill(code.lower())
    page.locator("#id_code").press("Enter")
    page.wait_for_url("**/devices/*-*/")
    device_id = page.url.rstrip("/").rpartition("/")[2]
    assert fits(page)
    assert is_calm(page) is True
    picture(page, "device-phone-fr")
    screen.locator("[data-pairing]").wait_for(state="detached", timeout=30_000)
    (kept,) = [one for one in screen.context.cookies() if one["name"] == "sq_device"]
    assert (kept["httpOnly"], kept["sameSite"], kept["path"]) == (True, "Strict", "/")
    assert screen.evaluate("document.cookie").find("sq_device") == -1

    page.locator("[popovertarget=revoke]").first.click()
    assert page.locator("dialog#revoke").is_visible()
    assert grave(page) == []
    picture(page, "device-revoke-phone-fr")
    page.locator("dialog#revoke form button").click()
    page.wait_for_load_state()
    assert device_row(device_id).revoked_at is not None
    screen.goto(screen.url)
    screen.wait_for_selector("[data-code]")
    assert screen.locator("[data-code]").text_content() != code


def test_it_all_works_without_a_script(browse, bank, site, moussa, code_of):
    from smartqueue.devices.models import Device

    kiosk = browse("/kiosk/", java_script_enabled=False)
    kiosk.locator("[data-pairing] button").click()
    code = kiosk.locator("[data-code]").text_content()
    assert 'http-equiv="refresh" content="5"' in kiosk.content()

    page = browse(f"/{bank.slug}/manage/devices/", moussa, java_script_enabled=False)
    page.locator("#id_code").fill(code)
    page.locator("#id_name").fill("Borne")
    page.locator("form:has(#id_code) button[type=submit]").click()
    page.wait_for_url("**/devices/*-*/")
    page.locator("[popovertarget=revoke]").first.click()
    page.locator("dialog#revoke [popovertargetaction=hide]").click()
    assert not page.locator("dialog#revoke").is_visible()
    page.locator("#id_theme_1").check()
    page.locator("form:has(#id_theme_1) button[type=submit]").click()
    page.wait_for_load_state()

    with in_tenant(bank.id):
        device = Device.objects.get()
    assert (device.kind, device.theme) == ("kiosk", "light")
    kiosk.goto(kiosk.url)
    assert kiosk.locator("[data-pairing]").count() == 0
    assert any(one["name"] == "sq_device" for one in kiosk.context.cookies())


@pytest.fixture
def code_of():
    return lambda page: page.locator("[data-code]").text_content()


@pytest.mark.parametrize(
    ("count", "viewport", "language", "scheme"),
    [(1, DESK, "wo", "light"), (200, PHONE, "wo", "dark"), (200, DESK, "fr", "light")],
)
def test_the_list_and_a_devices_page_have_no_grave_fault(
    browse, picture, bank, site, tellers, moussa, count, viewport, language, scheme
):
    make_devices(bank, site, count)
    page = browse(f"/{bank.slug}/manage/devices/", moussa, language=language, viewport=viewport, color_scheme=scheme)
    name = f"devices-{count}-{'phone' if viewport == PHONE else 'desk'}-{language}-{scheme}"
    picture(page, name)
    assert page.locator("html").get_attribute("lang") == language
    assert (fits(page), is_calm(page)) == (True, True)

    page.locator(".device-list a").last.click()
    page.wait_for_selector("#id_theme_0")
    picture(page, f"{name}-one")
    assert (fits(page), is_calm(page)) == (True, True)
