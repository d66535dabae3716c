"""Each state of the console for everybody: no grave fault, nothing wider than the screen, 200 rows, long names."""

import pytest
from axe_playwright_python.sync_playwright import Axe

LONG = "Ouverture de compte courant pour associations et groupements"  # 60 signs
SIZES = {"phone": (360, 800), "tablet": (768, 1024), "tablet_wide": (1024, 768), "desk": (1280, 720)}


def grave(page):
    """Rule, and the elements that break it."""
    found = Axe().run(page).response["violations"]
    return [
        (one["id"], [node["html"][:200] for node in one["nodes"]])
        for one in found
        if one["impact"] in {"serious", "critical"}
    ]


@pytest.fixture
def inspect(screens):
    """No grave fault, and at no size wider than the screen; a picture of each size where somebody wants to look."""

    def look(page, name):
        wide = {}
        for size, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            wide[size] = page.evaluate("() => document.documentElement.scrollWidth") - width
            if screens:
                screens.mkdir(parents=True, exist_ok=True)
                page.screenshot(path=screens / f"agent-{name}-{size}.png")
        assert (grave(page), wide) == ([], dict.fromkeys(SIZES, 0))

    return look


def hand_over_both_ways(binta, fatou, queue, waiting):
    """One ticket for each of the two, given by the other."""
    from smartqueue.kernel.clock import now
    from smartqueue.queueing.actions.agents import set_eligible_queues
    from smartqueue.queueing.actions.hot import call_ticket
    from smartqueue.queueing.actions.tickets import hand_over_ticket
    from smartqueue.tenants.scope import in_tenant

    given = [waiting(5, queue), waiting(4, queue)]
    for ticket_id, giver, to in zip(given, (fatou, binta), (binta, fatou), strict=True):
        with in_tenant(queue.tenant_id):
            common = {"agent_id": giver.agent.id, "actor": giver.actor, "at": now()}
            set_eligible_queues(queue_ids=[queue.id], **common)
            call_ticket(tenant_id=queue.tenant_id, ticket_id=ticket_id, reason="x", **common)
            hand_over_ticket(
                ticket_id=ticket_id, to_agent_id=to.agent.id, reason="La signature d'une responsable manque", **common
            )
    return given


def open_each(page, inspect, language, *dialogs):
    for dialog in dialogs:
        page.locator(f"#console [data-dialog={dialog}]").first.press("Enter")
        page.wait_for_selector(f"dialog#{dialog}[open]")
        inspect(page, f"{language}-{dialog}")
        page.keyboard.press("Escape")
        page.wait_for_function("() => document.activeElement.id === 'now'")


@pytest.mark.parametrize("language", ["fr", "wo"])
def test_every_state_of_the_console(sit, inspect, language, make_agent, make_queue, fatou, waiting, bank):
    from smartqueue.customers.models import Customer
    from smartqueue.tenants.scope import in_tenant

    queue = make_queue(name=LONG)
    binta = make_agent("Binta Sokhna Aïssatou Ba Ndiaye Diallo Thiam Sarr de Saint-Louis", queue)
    page = sit(binta, language=language)
    inspect(page, f"{language}-nobody")
    with in_tenant(bank.id):
        demba = Customer.objects.create(
            tenant=bank, full_name="Demba Abdoulaye Mamadou Ndiaye Diop Faye Gueye de Ziguinchor", phone="+221771234521"
        )
    waiting(30, queue, customer_id=demba.id, language="wo", priority=10)
    waiting(12, queue)
    page.reload()
    page.locator("#next").press(" ")
    page.wait_for_selector("#now.called")
    inspect(page, f"{language}-called")
    open_each(page, inspect, language, "put-back")
    page.locator("[data-key=a]").press("Enter")
    page.wait_for_selector("#now:not(.called)")
    inspect(page, f"{language}-serving")
    open_each(page, inspect, language, "park", "transfer", "finish", "walk-in", "call")
    page.locator("[data-dialog=park]").press("Enter")
    page.keyboard.type("Remplit le formulaire d'ouverture de compte pour association")
    page.keyboard.press("Enter")
    page.wait_for_selector("#parked-title")
    for_her, for_him = hand_over_both_ways(binta, fatou, queue, waiting)
    page.reload()
    page.wait_for_selector(f"#resume-{for_her}")
    page.wait_for_selector(f"#release-{for_him}")
    inspect(page, f"{language}-parked")
    page.locator("[popovertarget=me]").press("Enter")
    page.wait_for_selector("#me button:visible")
    inspect(page, f"{language}-me")
    page.keyboard.press("Escape")
    page.locator("[data-dialog=break]").press("Enter")
    page.wait_for_selector("dialog#break[open]")
    inspect(page, f"{language}-going")
    page.locator("dialog[open] button.main").press("Enter")
    page.wait_for_selector("#console[data-status=paused]")
    inspect(page, f"{language}-break")


def test_two_hundred_people_in_line_and_a_seat_to_choose(sit, inspect, binta, waiting, tellers):
    for _person in range(205):
        waiting(10)

    page = sit(binta)

    assert page.locator("#line li").count() == 200
    assert page.locator("#line .more").inner_text().count("5") == 1
    inspect(page, "200")
    page.set_viewport_size({"width": 1280, "height": 720})
    page.locator(".bar form[action$='/leave/'] button").press("Enter")
    page.wait_for_selector("#counter")
    inspect(page, "seat")


@pytest.mark.parametrize("language", ["fr", "wo"])
def test_a_note_and_a_member_who_serves_nowhere(sit, inspect, language, binta, moussa, waiting, bank):
    from smartqueue.customers.models import Customer
    from smartqueue.tenants.models import Membership
    from smartqueue.tenants.scope import in_tenant
    from smartqueue.tenants.states import Role

    inspect(sit(moussa, language=language), f"{language}-no-agent")
    with in_tenant(bank.id):
        Membership.objects.filter(id=binta.membership.id).update(role=Role.MANAGER)  # who may write of customers
        demba = Customer.objects.create(tenant=bank, full_name="Demba Diop", notes="Entend mal à gauche. " * 9)
    waiting(12, customer_id=demba.id)
    page = sit(binta, language=language)
    page.locator("#next").press(" ")
    page.wait_for_selector("#now.called")
    page.locator("[data-dialog=note]").press("Enter")
    page.wait_for_selector("dialog#note[open]")
    inspect(page, f"{language}-note")
