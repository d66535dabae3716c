"""The page of one account in a real browser, where a super-admin turns a lost second factor off."""

import pytest

from smartqueue.kernel.clock import now
from tests.accounts.phone import Phone
from tests.web.manage.test_first_ticket import CALM, PATIENT_MS, faults, picture
from tests.web.shared.browser import DESK, PHONE

__all__ = ["picture"]


@pytest.mark.parametrize(
    ("viewport", "language", "scheme"), [(DESK, "fr", "light"), (PHONE, "wo", "dark")], ids=["desk", "phone"]
)
def test_a_lost_phone_is_helped(browse, picture, rokhaya, moussa, viewport, language, scheme):
    Phone(moussa.user, at=now())
    size = "phone" if viewport == PHONE else "desk"
    page = browse("/platform/accounts/", rokhaya, language=language, viewport=viewport, color_scheme=scheme)
    page.set_default_timeout(PATIENT_MS)
    picture(page, f"accounts-{size}-{language}")
    assert faults(page) == CALM
    page.locator("#id_email").fill(moussa.user.email)
    page.locator("form.form button[type=submit]").click()

    page.locator("[popovertarget=second-factor]").first.click()
    page.locator("#second-factor-reason").fill("Téléphone perdu")
    picture(page, f"account-{size}-{language}", full=False)
    assert faults(page) == CALM
    page.locator("dialog#second-factor form button:not([type=button])").click()
    page.locator("[popovertarget=second-factor]").wait_for(state="detached")
    picture(page, f"account-done-{size}-{language}")
    assert faults(page) == CALM
