"""Pages of sites, services and queues as people meet them: full lists, the narrow phone, and no scripts at all."""

from datetime import timedelta

import pytest

from smartqueue.kernel.clock import now
from tests.web.manage.ground import make, stored
from tests.web.manage.test_first_ticket import CALM, faults, picture, walk
from tests.web.shared.browser import DESK, PHONE

__all__ = ["picture", "walk"]


@pytest.fixture
def filled(bank, site, tellers, take, binta):
    """Two hundred sites, services and queues, with a name of sixty characters among them."""
    from smartqueue.queueing.models import Queue
    from smartqueue.sites.models import Division, Service, ServiceCategory, Site

    long = "Agence principale du marché central de Ziguinchor et environs"
    commune = Division.objects.filter(level="commune").first()
    make(
        bank, Site,
        *({"name": f"{long} {n}", "code": f"S{n}", "commune": commune, "is_active": n % 9 > 0} for n in range(199)),
    )  # fmt: skip
    (category,) = make(bank, ServiceCategory, {"name": "Opérations courantes"})
    services = make(
        bank, Service,
        *({"name": f"{long} {n}", "code": f"V{n}", "category": category, "price_xof": 500 * n} for n in range(199)),
    )  # fmt: skip
    letters = [chr(65 + n // 26) + chr(65 + n % 26) for n in range(199)]
    kinds, states = ("normal", "vip", "priority"), ("open", "paused", "closed")
    make(
        bank, Queue,
        *(
            {
                "site": site, "service": service, "name": service.name[:80], "prefix": letters[n],
                "kind": kinds[n % 3], "status": states[n % 3],
            }
            for n, service in enumerate(services)
        ),
    )  # fmt: skip
    take(at=now())


@pytest.mark.parametrize(
    ("viewport", "language", "scheme"), [(DESK, "fr", "light"), (PHONE, "wo", "dark")], ids=["desk", "phone"]
)
def test_full_lists_are_calm(walk, picture, bank, site, tellers, moussa, filled, viewport, language, scheme):
    page = walk(f"/{bank.slug}/manage/sites/", moussa, language=language, viewport=viewport, color_scheme=scheme)
    size = "phone" if viewport == PHONE else "desk"
    for path in ("sites/", "services/", "queues/", "services/categories/", f"sites/{site.id}/dates/",
                 f"queues/{tellers.id}/", f"services/{tellers.service_id}/", f"sites/{site.id}/"):  # fmt: skip
        address = page.url.partition("/manage/")[0] + "/manage/" + path
        page.goto(address)
        name = path.replace(str(site.id), "one").replace(str(tellers.id), "one").replace(str(tellers.service_id), "one")
        picture(page, f"200-{name.strip('/').replace('/', '-')}-{size}-{language}", full="one" in name)
        assert (path, faults(page)) == (path, CALM)


def test_all_of_it_works_without_scripts(walk, bank, moussa):
    from smartqueue.sites.models import Division, HoursProfile, OpeningException, Site

    page = walk(f"/{bank.slug}/manage/sites/new/", moussa, java_script_enabled=False, viewport=PHONE)
    commune = Division.objects.filter(level="commune", parent__parent_id="SN-TH").first()

    # Refused with everything kept, the commune in one long select
    page.get_by_label("Name").fill("Agence Thiès")
    page.get_by_label("Short code").fill("th1")
    page.get_by_label("Commune").select_option(commune.code)
    page.get_by_label("Point on the map").fill("somewhere")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Write latitude, comma, longitude").wait_for()
    assert page.get_by_label("Commune").input_value() == commune.code
    assert page.get_by_label("Name").input_value() == "Agence Thiès"
    page.get_by_label("Point on the map").fill("14.79, -16.93")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("What is missing for the first ticket").wait_for()
    (site,) = stored(bank, Site)
    assert (site.commune_id, site.latitude, site.code) == (commune.code, 14.79, "TH1")

    # One day typed, copied to the others, saved
    page.get_by_role("link", name="Set the week").click()
    page.get_by_label("Monday, 1: opens").fill("08:30")
    page.get_by_label("Monday, 1: closes").fill("15:00")
    page.get_by_role("button", name="Copy Monday to all days").click()
    assert page.get_by_label("Sunday, 1: closes").input_value() == "15:00"
    page.get_by_role("button", name="Save the week").click()
    page.locator(".days").get_by_text("08:30–15:00").nth(6).wait_for()

    # A closed day, and another week for a while
    page.get_by_role("link", name="Special days").click()
    page.get_by_label("Date").fill((now().date() + timedelta(days=1)).isoformat())
    page.get_by_label("Reason").fill("Inventaire")
    page.get_by_role("button", name="Add this day", exact=True).click()
    page.locator(".days").get_by_text("closed").wait_for()
    page.get_by_role("link", name="Another week").click()
    page.get_by_role("link", name="Administration").click()
    page.get_by_label("Name").fill("Ramadan")
    page.get_by_label("First day").fill((now().date() + timedelta(days=2)).isoformat())
    page.get_by_label("Last day").fill((now().date() + timedelta(days=30)).isoformat())
    page.get_by_role("button", name="Use this week").click()
    page.get_by_role("button", name="Take it back").first.wait_for()
    assert (len(stored(bank, OpeningException)), len(stored(bank, HoursProfile))) == (1, 1)
    page.get_by_role("button", name="Take it back").first.click()
    page.locator("dialog form button").filter(has_text="Take it back").first.click()
    page.get_by_text("Ramadan is taken back").wait_for()
    assert stored(bank, HoursProfile) == []
