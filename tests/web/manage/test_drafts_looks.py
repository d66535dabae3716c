"""Drafts, tiles of pictures and the plan's usage as people meet them: in a real browser, on a desk and on a phone."""

import pytest

from tests.web.manage.test_first_ticket import CALM, faults, picture, walk
from tests.web.manage.test_organisation import used
from tests.web.shared.browser import DESK, PHONE

__all__ = ["picture", "used", "walk"]


@pytest.mark.parametrize(
    ("viewport", "language", "scheme"), [(DESK, "fr", "light"), (PHONE, "wo", "dark")], ids=["desk", "phone"]
)
def test_a_site_is_drafted_looked_at_and_published(
    walk, picture, bank, site, tellers, moussa, used, viewport, language, scheme
):
    used({"tickets": 1000, "messages": 10, "agents": 1}, tickets=1200, messages=9, agents=3, sites=7)
    size = "phone" if viewport == PHONE else "desk"
    base = f"/{bank.slug}/manage/"
    page = walk(f"{base}sites/{site.id}/edit/", moussa, language=language, viewport=viewport, color_scheme=scheme)
    origin = page.url.partition(base)[0]
    page.locator("#id_name").fill("Agence Médina")
    page.locator("#id_address").fill("Rue 6, Médina")
    page.locator("button[name=draft]").click()
    page.locator(".draft-note").wait_for()
    picture(page, f"draft-site-{size}-{language}")
    assert faults(page) == CALM

    page.locator(".draft-note a").first.click()
    page.locator(".preview-note").wait_for()
    picture(page, f"draft-preview-{size}-{language}")
    assert page.get_by_role("heading", name="Agence Médina").count() == 1

    for path in ("sites/", "drafts/", f"services/{tellers.service_id}/", "services/new/", "organisation/"):
        page.goto(f"{origin}{base}{path}")
        name = path.replace(str(tellers.service_id), "one").strip("/").replace("/", "-")
        picture(page, f"joint-{name}-{size}-{language}")
        assert (path, faults(page)) == (path, CALM)

    page.goto(f"{origin}{base}sites/{site.id}/edit/")
    page.locator(".draft-note form button").first.click()
    page.locator(".draft-note").wait_for(state="detached")
    page.goto(f"{origin}/{bank.slug}/sites/{site.code}/")
    assert page.get_by_role("heading", name="Agence Médina").count() == 1
