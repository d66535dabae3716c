"""axe-core on every page of the customer's, and nothing is wider than a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.web.shared.browser import DRESSES, PHONE

STATES = ("waiting", "called", "serving", "paused", "closed", "no_show", "cancelled", "expired")


def grave(page):
    """Rule, and the elements that break it."""
    found = Axe().run(page).response["violations"]
    return [
        (one["id"], [node["html"][:200] for node in one["nodes"]])
        for one in found
        if one["impact"] in {"serious", "critical"}
    ]


@pytest.fixture
def crowded(bank, site, make_queue, take):
    """A site with an address, two hundred others, queues in every mood, a name of sixty signs."""
    from smartqueue.sites.models import Site
    from smartqueue.tenants.scope import in_tenant

    make_queue(name="Ouverture de compte et changement de signataire autorisé", status="paused")
    full = make_queue(capacity=1)
    take(full)
    with in_tenant(bank.id):
        site.address = "12 avenue Léopold Sédar Senghor"
        site.save()
        Site.objects.bulk_create(
            Site(tenant=bank, name=f"Agence de la Gare routière de Thiès Grand Standing numéro {n:03}", code=f"N{n}")
            for n in range(200)
        )


@pytest.mark.parametrize(("language", "scheme"), DRESSES)
def test_no_page_has_a_grave_fault(open_page, crowded, bank, place, tellers, take, token_of, language, scheme):
    mine = f"/t/{token_of(take())}"
    page = open_page("/", language=language, scheme=scheme, viewport=PHONE)
    base = page.url.rstrip("/")

    for path in ("/", f"/{bank.slug}/?near=14.7,-17.4", f"/{bank.slug}/?q=nulle+part", place, mine):
        page.goto(f"{base}{path}")
        assert page.locator("html").get_attribute("lang") == language
        assert page.locator("h1").count() == 1, path
        assert grave(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"], path
    for state in STATES:
        page.locator("main").evaluate("(main, state) => main.dataset.status = state", state)
        assert grave(page) == [], state
    page.locator("main").evaluate("main => main.dataset.status = 'waiting'")
    page.locator("summary").click()
    page.locator("#lost").evaluate("lost => lost.hidden = false")
    assert grave(page) == []
    assert page.complaints == []


def test_what_was_refused_has_no_grave_fault(open_page, bank, place, tellers):
    page = open_page(place, viewport=PHONE)
    page.locator("summary").click()
    page.locator("#phone").fill("12")
    page.locator("button.main").click()
    page.locator("#phone-error").wait_for()
    assert grave(page) == []

    page.goto(page.url.split(f"/{bank.slug}/")[0] + f"/{bank.slug}/")
    page.locator("#code").fill("1234 5678")
    page.locator("form:has(#code) button").click()
    page.locator("#code-error").wait_for()
    assert grave(page) == []

    page.goto(page.url.split(f"/{bank.slug}/")[0] + "/t/unknown")
    assert page.locator("h1").count() == 1
    assert grave(page) == []
