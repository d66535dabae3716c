"""axe-core, on the gallery with every component in every state, and on each error page."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from smartqueue.tenants.models import Membership
from smartqueue.tenants.scope import in_tenant
from smartqueue.web.shared.styleguide import LONG_NAME
from tests.accounts.people import PASSWORD, demba
from tests.web.shared.browser import DESK, DRESSES, PHONE

LANGUAGES = ("fr", "wo")


def grave(page):
    """Rule, and the elements that break it."""
    found = Axe().run(page).response["violations"]
    return [
        (one["id"], [node["html"][:200] for node in one["nodes"]])
        for one in found
        if one["impact"] in {"serious", "critical"}
    ]


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize(("language", "scheme"), DRESSES)
def test_the_gallery_has_no_grave_fault(open_page, language, scheme, viewport):
    page = open_page("/styleguide/", language=language, scheme=scheme, viewport=viewport)

    assert page.locator("html").get_attribute("lang") == language
    assert grave(page) == []
    assert page.complaints == []


@pytest.mark.parametrize(("language", "scheme"), DRESSES)
def test_error_pages_have_no_grave_fault(open_page, gallery_url, language, scheme):
    page = open_page("/sign-in/", language=language, scheme=scheme, viewport=PHONE)
    for status in (400, 403, 404, 419, 500, 503):
        page.goto(f"{gallery_url}/styleguide/errors/{status}/")
        assert page.locator("h1").count() == 1
        assert (status, grave(page)) == (status, [])


@pytest.mark.parametrize(("language", "scheme"), DRESSES)
def test_signing_in_has_no_grave_fault(open_page, make_tenant, language, scheme):
    user = demba(full_name="Aminata Ndiaye Diallo de la Téranga, agente principale")
    page = open_page("/sign-in/", language=language, scheme=scheme, viewport=PHONE)
    assert grave(page) == []

    page.locator("#id_email").fill(user.email)
    for password, arrived in (("thiof", "[role=alert]"), (PASSWORD, ".empty")):
        page.locator("#id_password").fill(password)
        page.keyboard.press("Enter")
        page.wait_for_selector(arrived)
        assert grave(page) == []

    for name in ("Banque de la Téranga", LONG_NAME):
        tenant = make_tenant(name)
        with in_tenant(tenant.id):
            Membership.objects.create(tenant=tenant, user=user, role="agent")
    page.reload()
    page.wait_for_selector(".lines")
    assert grave(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_the_open_dialog_has_no_grave_fault(open_page):
    page = open_page("/styleguide/")
    page.locator("[data-dialog=leave]").click()

    assert page.locator("dialog#leave").is_visible()
    assert grave(page) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_wider_than_a_phone(open_page, language):
    page = open_page("/styleguide/", language=language, viewport=PHONE)

    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
