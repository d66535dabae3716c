"""A customer waits elsewhere: says how they come, sees when to leave and why, is told, sets out, arrives."""

from datetime import timedelta

from axe_playwright_python.sync_playwright import Axe

from smartqueue.cli.processes import wait_until
from smartqueue.tenants.scope import in_tenant
from tests.forecast.journeys import AWAY, NEAR, hear, journey, look, mapped
from tests.live.told import telling_relay
from tests.web.shared.browser import PHONE

__all__ = ["hear", "journey", "look", "mapped", "telling_relay"]

SOON_MS = 30_000
HARD = {"serious", "critical"}


def grave(page):
    found = Axe().run(page).response["violations"]
    return [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found if one["impact"] in HARD]


def phone_at(page, place):
    page.context.set_geolocation({"latitude": place[0], "longitude": place[1], "accuracy": 20})


def test_from_the_question_to_the_arrival(
    open_page,
    binta,
    gallery_url,
    take,
    token_of,
    mapped,
    tellers,
    outlook_of,
    look,
    journey,
    ticket,
    hear,
    telling_relay,
    bank,
):
    from smartqueue.forecast.models import Journey
    from smartqueue.kernel.clock import now
    from smartqueue.notifications.queries import page_is_open

    def minutes_ago(ticket_id, minutes):
        with in_tenant(bank.id):
            Journey.objects.filter(ticket_id=ticket_id).update(
                position_at=now() - timedelta(minutes=minutes), due_at=now()
            )

    mine = take(channel="web", at=now(), language="en")
    outlook_of(tellers, p10=[2 * 3600], p50=[2 * 3600 + 600], p90=[2 * 3600 + 1800], at=now())
    page = open_page(
        f"/t/{token_of(mine)}", language="en", viewport=PHONE, permissions=["geolocation"],
        geolocation={"latitude": AWAY[0], "longitude": AWAY[1], "accuracy": 20},
    )  # fmt: skip
    page.get_by_role("link", name="Wait elsewhere").click()
    page.get_by_text("By bus").click()
    assert grave(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    page.get_by_role("button", name="Use my position").click()

    page.get_by_role("heading", name="Leave at about").wait_for(timeout=SOON_MS)
    page.get_by_text("By bus, the way takes about").wait_for()
    page.get_by_text("Your turn comes between").wait_for()
    assert grave(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert journey(mine).consented_at is not None

    # The line moves faster than was thought: it is time, and the open page says so by itself.
    assert wait_until(lambda: page_is_open(mine), seconds=30)
    outlook_of(tellers, p10=[600], p50=[1500], p90=[2400], at=now())
    look(now() + timedelta(minutes=3))
    hear("ticket.leave_now")
    telling_relay()
    page.locator("#notice").get_by_text("Be back at").wait_for(timeout=SOON_MS)
    page.reload()
    page.get_by_role("heading", name="Leave now").wait_for()
    page.get_by_role("button", name="I am leaving").click()
    page.get_by_role("heading", name="You are on the way").wait_for()

    # A phone that moves says so; near the site it has arrived, and the page has nothing more to ask.
    minutes_ago(mine, 5)
    page.reload()
    page.get_by_role("heading", name="You are on the way").wait_for()
    phone_at(page, ((AWAY[0] + NEAR[0]) / 2, AWAY[1]))
    assert wait_until(lambda: journey(mine).has_left, seconds=40)
    minutes_ago(mine, 5)
    page.reload()
    phone_at(page, NEAR)
    page.get_by_text("You are here since").wait_for(timeout=2 * SOON_MS)
    assert ticket(mine).here_at is not None
    assert (journey(mine).latitude, page.locator("#way").count()) == (None, 0)
    assert page.complaints == []


def test_a_phone_that_gives_no_position_is_asked_for_minutes(open_page, take, token_of, mapped, journey):
    from smartqueue.kernel.clock import now

    mine = take(channel="web", at=now(), language="en")
    page = open_page(f"/t/{token_of(mine)}/journey/", language="en", viewport=PHONE)
    page.get_by_role("button", name="Use my position").click()
    page.get_by_text("Your phone does not give a position.").wait_for(timeout=SOON_MS)
    page.get_by_label("My way takes about so many minutes").fill("15")
    page.get_by_role("button", name="Tell me when to leave").click()
    page.get_by_text("You said that you are about 15 minutes away.").wait_for()

    assert journey(mine).consented_at is None
    assert page.complaints == []
