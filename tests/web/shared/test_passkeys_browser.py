"""In a real browser: a passkey is added and signs in, and another device does not; and the rest without scripts."""

import os
import re
from pathlib import Path

import pyotp
import pytest

from smartqueue.accounts.models import Passkey
from smartqueue.cli.processes import wait_until
from smartqueue.kernel.clock import now
from tests.accounts.people import PASSWORD, demba
from tests.web.shared.browser import DESK, PHONE
from tests.web.shared.test_accessibility import grave

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def here(live_server_url):
    """Browsers know passkeys on `localhost`, and on no bare number."""
    return live_server_url.replace("127.0.0.1", "localhost")


@pytest.fixture
def look():
    """`look(page, name)`: a picture at both sizes, where SMARTQUEUE_SCREENS names a folder; and no grave fault."""
    folder = os.environ.get("SMARTQUEUE_SCREENS")

    def take(page, name, scripts=True):
        assert (name, grave(page) if scripts else []) == (name, [])  # axe is a script
        for size, viewport in (("desk", DESK), ("phone", PHONE)):
            page.set_viewport_size(viewport)
            assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"], name
            if folder:
                page.screenshot(path=Path(folder) / f"{name}-{size}.png", full_page=True)

    return take


def plug(page):
    """Another device, empty: (its session, its id)."""
    wire = page.context.new_cdp_session(page)
    wire.send("WebAuthn.enable")
    return wire, wire.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})["authenticatorId"]


def sign_in(page, here, user, password=PASSWORD):
    page.goto(f"{here}/sign-in/?next=/me/security/")
    page.locator("#id_email").fill(user.email)
    page.locator("#id_password").fill(password)
    page.keyboard.press("Enter")


def sign_out(page):
    page.locator("form[action='/sign-out/'] button").click()
    page.wait_for_url("**/sign-in/")


def test_a_passkey_is_added_and_signs_in_and_another_device_does_not(open_page, here, look):
    user = demba(full_name="Binta Ba")
    page = open_page("/sign-in/", base=here, language="fr")
    page.set_default_timeout(30_000)
    wire, device = plug(page)
    sign_in(page, here, user)
    page.wait_for_url("**/me/security/")
    page.locator("#passkey-name").fill("Téléphone de Binta")
    page.locator("#passkey-add button").click()
    page.locator(".lines .grow b", has_text="Téléphone de Binta").wait_for()
    assert len(wire.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]) == 1
    look(page, "security-passkey")

    # Where the browser offers passkeys by itself, nothing may have been pressed yet: keep the device locked till then.
    wire.send("WebAuthn.setAutomaticPresenceSimulation", {"authenticatorId": device, "enabled": False})
    sign_out(page)
    page.locator("#passkey-sign-in button").click()
    wire.send("WebAuthn.setAutomaticPresenceSimulation", {"authenticatorId": device, "enabled": True})
    page.locator(".person").wait_for()
    kept = Passkey.objects.get(user=user)
    assert kept.sign_count > 1
    assert kept.last_used_at is not None

    # A device that holds a passkey of this site which we do not know: removed meanwhile.
    page.goto(f"{here}/me/security/")
    page.locator(".lines .btn.danger[popovertarget]").first.click()
    page.locator("dialog:popover-open .btn.danger").click()
    page.locator(".toast").wait_for()
    assert not Passkey.objects.filter(user=user).exists()
    wire.send("WebAuthn.setAutomaticPresenceSimulation", {"authenticatorId": device, "enabled": False})
    sign_out(page)
    page.locator("#passkey-sign-in button").click()
    wire.send("WebAuthn.setAutomaticPresenceSimulation", {"authenticatorId": device, "enabled": True})
    page.locator("#passkey-sign-in [role=alert]:not(:empty)").wait_for()
    assert "/sign-in/" in page.url
    look(page, "sign-in-refused")

    # An empty device has nothing to answer with.
    wire.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": device})
    wire.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    page.goto(f"{here}/sign-in/")
    page.locator("#passkey-sign-in button").click()
    page.locator("#passkey-sign-in [role=alert]:not(:empty)").wait_for()
    assert page.request.get(f"{here}/me/security/", max_redirects=0).status == 302
    assert [one for one in page.complaints if "401" not in one] == []


def mailed_code(email):
    """The six digits of the newest letter that the web process has written to its folder."""
    letters = []

    def has_arrived():
        found = [one.read_text() for one in Path(os.environ["SMARTQUEUE_HOME"], "mail").glob("*") if one.is_file()]
        letters[:] = [one for one in found if f"To: {email}" in one and re.search(r"Subject: .*\d{6}", one)]
        return bool(letters)

    assert wait_until(has_arrived, seconds=30)
    return re.search(r"\b\d{6}\b", letters[-1]).group()


@pytest.mark.parametrize(("language", "scripts"), [("fr", False), ("wo", True)])
def test_everything_but_passkeys_works_without_scripts_too(open_page, here, look, language, scripts):
    user = demba(full_name="Binta Ba")
    page = open_page("/sign-in/?next=/me/security/", base=here, language=language, java_script_enabled=scripts)
    page.set_default_timeout(30_000)
    look(page, f"sign-in-{language}", scripts)

    page.locator("#id_email").fill(user.email)
    page.locator("[formaction='/sign-in/code/send/']").click()
    look(page, f"code-{language}", scripts)
    page.locator("#id_code").fill(mailed_code(user.email))
    page.locator(".btn.main").click()
    look(page, f"security-{language}", scripts)

    page.locator("form[action='/me/security/second-factor/'] button").click()
    look(page, f"second-factor-{language}", scripts)
    secret = page.locator(".secret").text_content().replace(" ", "").strip()
    page.locator("#on-code").fill(pyotp.TOTP(secret).at(now()))
    page.locator(".btn.main").click()
    assert page.locator(".codes li").count() == 10
    recovery = page.locator(".codes li").nth(4).text_content()
    look(page, f"recovery-codes-{language}", scripts)
    page.locator(".btn.main").click()
    page.locator("summary").first.click()
    page.locator("#password-current").fill("wrong")
    page.locator("#password-new").fill("12345678")
    page.locator("form[action='/me/security/password/'] .btn.main").click()
    assert page.locator("#password-current_error").is_visible()
    look(page, f"security-wrong-{language}", scripts)

    sign_out(page)
    sign_in(page, here, user)
    page.wait_for_url("**/sign-in/second-factor/")
    look(page, f"second-step-{language}", scripts)
    page.locator("a[href$='?with=recovery']").click()
    page.locator("#id_code").fill(recovery)
    page.locator(".btn.main").click()
    page.wait_for_url("**/me/security/")

    sign_out(page)
    page.locator("a[href='/sign-in/forgotten/']").click()
    look(page, f"forgotten-{language}", scripts)
    page.locator("#id_email").fill(user.email)
    page.locator(".btn.main").click()
    page.locator("#id_code").fill("000000")
    page.locator("#id_new_password").fill("12345678")
    page.locator(".btn.main").click()
    assert page.locator("#id_new_password_error").count() >= 1
    look(page, f"new-password-{language}", scripts)
    assert [one for one in page.complaints if "400" not in one] == []
