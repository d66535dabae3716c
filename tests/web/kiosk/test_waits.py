"""How long it will take, at the kiosk: on the tile, before the last touch, on the paper."""

import re
from datetime import timedelta

import pytest

from smartqueue.kernel.clock import now


@pytest.fixture
def served(services, make_agent, outlook_of):
    """`served(p50, p90)`: a service at whose counter somebody serves, with what is published of it."""

    def make(p50, p90, **values):
        [queue] = services(1)
        make_agent("Binta Ba", queue)
        outlook_of(queue, p50=p50, p90=p90, at=now(), **values)
        return queue

    return make


@pytest.fixture
def tile(program):
    """The first tile as a kiosk is told it."""
    kiosk = program()
    return lambda: kiosk.get("/kiosk/state/").json()["tiles"][0]


def test_a_tile_has_the_range_for_whoever_joins_and_how_sure_it_is(served, tile, take):
    take(served([60, 725], [120, 1081], quality="rough"))

    shown = tile()
    assert (shown["waiting"], shown["wait_range"], shown["quality"], shown["closes"]) == (1, [725, 1081], "rough", "")


def test_without_a_counter_a_tile_has_no_minutes(services, outlook_of, tile):
    [queue] = services(1)
    outlook_of(queue, p50=[60], at=now())

    shown = tile()
    assert (shown["wait_range"], shown["quality"], shown["closes"]) == (None, "none", "")


def test_a_tile_warns_before_closing(bank, site, served, tile):
    from smartqueue.queueing.models import Queue
    from smartqueue.sites.models import OpeningHours
    from smartqueue.tenants.scope import in_tenant

    served([6000], [9000])
    opens, closes = now() - timedelta(hours=1), now() + timedelta(hours=2)
    with in_tenant(bank.id):
        Queue.objects.update(closing_grace_s=0)
        OpeningHours.objects.filter(site=site).delete()
        OpeningHours.objects.create(
            tenant=bank, site=site, weekday=opens.isoweekday(), opens=f"{opens:%H:%M}", closes=f"{closes:%H:%M}"
        )

    shown = tile()
    assert (shown["closes"], shown["why_not"]) == (f"{closes:%H:%M}", "")


@pytest.mark.parametrize(
    ("wait", "quality", "line"),
    [
        ([725, 1081], "good", "3 people before you · about 12–19 min"),
        ([725, 1081], "rough", "3 people before you · about 12–19 min · first estimate"),
        ([2700, 4500], "good", "3 people before you · about 45 min – 1 h 15"),
        (None, "none", "3 people before you"),
    ],
)
def test_the_paper_says_the_same_as_the_screen(wait, quality, line):
    from smartqueue.web.kiosk.slips import slip_of

    ticket = {
        "site": "Agence Plateau", "service": "Retrait", "number": "A004", "date": "02/03/2026", "time": "09:00",
        "code": "12345678", "url": "https://sq.example/t/x", "people_ahead": 3, "wait_range": wait, "quality": quality,
    }  # fmt: skip
    assert slip_of(ticket, organisation="Banque", language="en")["line"].replace("\xa0", " ") == line


def test_a_visit_is_told_its_wait_at_every_step(bank, site, served, take, open_kiosk):
    """Tile, confirmation with the warning, ticket and paper; then the counter closes and no minutes are left."""
    from smartqueue.queueing.models import Agent, Queue
    from smartqueue.sites.models import OpeningHours
    from smartqueue.tenants.scope import in_tenant

    queue = served([60, 2725, 3000], [120, 7500, 9000], quality="rough")
    take(queue)
    opens, closes = now() - timedelta(hours=1), now() + timedelta(hours=2)
    with in_tenant(bank.id):
        Queue.objects.update(closing_grace_s=0)
        OpeningHours.objects.filter(site=site).delete()
        OpeningHours.objects.create(
            tenant=bank, site=site, weekday=opens.isoweekday(), opens=f"{opens:%H:%M}", closes=f"{closes:%H:%M}"
        )
    page = open_kiosk()
    page.locator("[data-language=en]").click()
    tile = page.locator(f"[data-queue='{queue.id}']")
    said = "about 45 min – 2 h 05 · first estimate"

    def text(place):
        return re.sub(r"\s+", " ", page.locator(place).inner_text())

    assert re.sub(r"\s+", " ", tile.locator(".state").inner_text()) == "1 person is waiting"
    assert re.sub(r"\s+", " ", tile.locator(".wait").inner_text()) == said
    tile.click()
    page.locator("[data-do=skip]").click()
    assert text("#chosen-line") == f"1 person is waiting · {said}"
    assert text("#chosen-late") == f"We close at {closes:%H:%M}: your turn may not come."
    page.locator("[data-do=take]").click()
    page.locator("#number").get_by_text("001").wait_for()
    assert text("#ticket-line") == f"1 person before you · {said}"
    page.wait_for_function("window.prints.length === 1")
    assert f"1 person before you · {said}" in re.sub(r"\s+", " ", page.evaluate("window.prints[0]"))

    with in_tenant(bank.id):
        Agent.objects.update(status="offline")
    page.locator("[data-do=done]").click()
    page.reload()
    page.wait_for_selector("body[data-ready]")
    page.locator("[data-language=en]").click()
    assert (tile.locator(".state").inner_text(), tile.locator(".wait").count()) == ("2 people are waiting", 0)
    tile.click()
    page.locator("[data-do=skip]").click()
    assert text("#chosen-line") == "2 people are waiting · no counter is open yet"
    assert page.locator("#chosen-late").is_hidden()
    assert page.complaints == []
