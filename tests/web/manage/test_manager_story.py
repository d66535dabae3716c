"""A manager's morning in a real browser: the figures move by themselves, a queue is paused, pages fit a phone."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from smartqueue.tenants.scope import in_tenant
from tests.web.agent.conftest import worker
from tests.web.shared.browser import PHONE

__all__ = ["worker"]

PATIENCE_MS = 30_000


@pytest.fixture
def screens():
    """`screens(page, name)`: a picture for the eye, where SMARTQUEUE_SCREENS says."""
    folder = os.environ.get("SMARTQUEUE_SCREENS")

    def shoot(page, name):
        if folder:
            page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)

    return shoot


@pytest.fixture
def morning(bank, tellers, make_queue, make_agent, take, binta, fatou, moussa):
    """A hall: three queues, five agents, people who wait, one alert."""
    from smartqueue.customers.models import Customer
    from smartqueue.kernel.clock import now
    from smartqueue.queueing.actions import hot, tickets
    from smartqueue.queueing.actions.alerts import add_alert_rule, evaluate_alerts

    at = now()
    accounts = make_queue(name="Ouverture de compte", wait_target_s=1200)
    advice = make_queue(name="Conseil")
    make_agent("Ibou Kane", accounts, status="paused")
    modou = make_agent("Modou Faye", accounts)
    with in_tenant(bank.id):
        demba = Customer.objects.create(
            tenant=bank, full_name="Demba Sow", phone="+221771234521", preferences={"sms": True}
        )
    served = []
    for minutes in range(40, 4, -3):
        served.append(take(at=at - timedelta(minutes=minutes)))
    for minutes in range(20, 0, -4):
        take(accounts, at=at - timedelta(minutes=minutes), customer_id=demba.id)
    for person, minutes in ((binta, 30), (fatou, 25)):
        ticket_id = hot.call_next_ticket(
            tenant_id=bank.id, agent_id=person.agent.id, actor=person.actor, at=at - timedelta(minutes=minutes)
        )
        with in_tenant(bank.id):
            tickets.start_service(
                ticket_id=ticket_id, agent_id=None, actor=person.actor, at=at - timedelta(minutes=minutes - 1)
            )
        hot.close_ticket(
            tenant_id=bank.id, ticket_id=ticket_id, actor=person.actor, at=at - timedelta(minutes=minutes - 7)
        )
    for person in (binta, modou):
        hot.call_next_ticket(
            tenant_id=bank.id, agent_id=person.agent.id, actor=person.actor, at=at - timedelta(minutes=4)
        )
    with in_tenant(bank.id):
        add_alert_rule(
            tenant_id=bank.id, actor=moussa.actor, at=at,
            values={"name": "Somebody waits too long", "metric": "longest_wait", "threshold": 20,
                    "audience": ["managers"], "queue_id": tellers.id},
        )  # fmt: skip
    evaluate_alerts(tenant_id=bank.id, at=at)
    return {"accounts": accounts, "advice": advice, "demba": demba}


def too_wide(page):
    """What stands out of the window to the right; nothing where the page does not scroll sideways."""
    return page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("main *")]
            .filter((one) => one.getBoundingClientRect().right > innerWidth)
            .map((one) => one.outerHTML.slice(0, 100))"""
    )


def faults(page):
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
    return [(fault["id"], [node["html"][:120] for node in fault["nodes"]]) for fault in found.response["violations"]]


def test_figures_move_by_themselves_and_a_queue_is_paused(browse, worker, morning, bank, awa, take, tellers, screens):
    from smartqueue.kernel.clock import now

    page = browse(f"/{bank.slug}/manage/dashboard/?site=", awa, language="en")
    page.set_default_timeout(PATIENCE_MS)
    figure = page.locator(".figures .stat").first.locator(".num")
    before = int(figure.inner_text())
    page.locator("#live-dot.live").wait_for()
    assert faults(page) == []
    screens(page, "dashboard-desk-en")
    take(at=now())
    page.wait_for_function("n => document.querySelector('.figures .stat .num').textContent == n", arg=str(before + 1))
    page.get_by_label("Note").fill("Fatou comes")
    page.get_by_role("button", name="I see to it").click()
    page.get_by_text("Fatou comes").wait_for()

    page.get_by_role("button", name="Open, pause or close Guichets").click()
    page.locator(":popover-open").get_by_role("button", name="Pause").click()
    page.get_by_text("Guichets takes no new tickets").wait_for()

    page.get_by_role("link", name="Guichets").click()
    page.locator("#live-dot.live").wait_for()
    assert faults(page) == []
    screens(page, "queue-desk-en")
    page.locator(".line-rows a").nth(1).click()
    page.get_by_label("Reason").first.fill("Agreed with the line")
    assert faults(page) == []
    screens(page, "ticket-desk-en")
    page.get_by_role("button", name="Call now").click()
    page.get_by_text("The ticket is called.").wait_for()
    assert page.complaints == []


def test_pages_fit_a_phone_and_speak_three_languages(browse, morning, bank, awa, binta, screens):
    base = f"/{bank.slug}/manage/"
    paths = {
        "dashboard": "dashboard/?site=", "queue": f"dashboard/queues/{morning['accounts'].id}/", "alerts": "alerts/",
        "team": "team/", "agent": f"team/{binta.agent.id}/", "customers": "customers/",
        "customer": f"customers/{morning['demba'].id}/", "forget": f"customers/{morning['demba'].id}/forget/",
        "rule": "alerts/new/",
    }  # fmt: skip
    for language, size in (("fr", PHONE), ("wo", None)):
        page = browse(base + paths["dashboard"], awa, language=language, **({"viewport": size} if size else {}))
        page.set_default_timeout(PATIENCE_MS)
        for name, path in paths.items():
            if name != "dashboard":
                page.goto(page.url.split("/manage/")[0] + "/manage/" + path)
            assert (name, too_wide(page)) == (name, [])
            if language == "fr":
                assert (name, faults(page)) == (name, [])
            screens(page, f"{name}-{language}")
        assert page.complaints == []
