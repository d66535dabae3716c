"""An administrator writes a message of his own, in a real browser, and sees it before anybody else does."""

import pytest

from smartqueue.notifications.models import MessageTemplate
from tests.web.manage.ground import stored
from tests.web.manage.test_every_page import grave
from tests.web.shared.browser import DESK, PHONE


@pytest.mark.parametrize("size", [DESK, PHONE])
def test_write_insert_look_be_corrected_and_keep(browse, bank, moussa, size):
    page = browse(f"/{bank.slug}/manage/messages/", moussa, language="en", viewport=size)
    page.set_default_timeout(30_000)
    assert grave(page) == []
    page.get_by_role("link", name="Your turn, SMS").click()

    french = page.get_by_label("Text").first
    french.fill("Venez. ")
    preview = page.locator("#preview-fr")
    preview.get_by_text("Venez.").wait_for()
    page.get_by_role("button", name="Counter", exact=True).click()
    preview.get_by_text("Venez. Guichet 3").wait_for()
    preview.get_by_text("1 SMS").wait_for()
    french.press_sequentially(" ŋ")
    preview.get_by_text("UCS-2").wait_for()
    page.get_by_role("tab", name="Wolof").click()
    page.locator("#id_body_wo").fill("Demal ci {{guichet}}")
    page.locator("#preview-wo").get_by_text("{{guichet}} does not exist here.").wait_for()
    page.get_by_role("button", name="Save").click()

    page.locator("#id_body_wo_error").wait_for()  # its tab is open by itself
    assert page.locator("#id_body_fr").input_value() == "Venez. {{counter_name}} ŋ"
    assert grave(page) == []
    page.locator("#id_body_wo").fill("Demal ci {{counter_name}}")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved.").wait_for()

    own = {one.language: one.body for one in stored(bank, MessageTemplate)}
    assert own == {"fr": "Venez. {{counter_name}} ŋ", "wo": "Demal ci {{counter_name}}"}
    page.get_by_role("button", name="Back to the usual words").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Back to the usual words").click()
    page.get_by_text("The usual words are back.").wait_for()
    assert {one.language for one in stored(bank, MessageTemplate)} == {"wo"}
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    # A refused form answers 400, which Chromium writes into its console.
    assert [said for said in page.complaints if "status of 400" not in said] == []
