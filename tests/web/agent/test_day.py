"""A day at the counter, in a real browser: keys only, two agents, a cut line, no scripts."""

import re

NUMBER = "#now .hero"
IDLE = "#console[data-idle=yes]"


def wait_for_number(page, number):
    page.wait_for_function(
        "([place, number]) => document.querySelector(place)?.textContent.trim() === number", arg=[NUMBER, number]
    )


def press(page, key):
    """When the page is ready for it: the big button rests for a second after each call."""
    page.wait_for_function(
        "(key) => document.querySelector(`[data-key='${key}']`) ? "
        "Boolean(document.querySelector(`[data-key='${key}']:not(:disabled)`)) : true",
        arg=" " if key == "F2" else key.lower() if len(key) == 1 else key,
    )
    page.keyboard.press(key)


def status_of(ticket, ticket_id):
    row = ticket(ticket_id)
    return row.status, row.outcome


def leave(person):
    from smartqueue.kernel.clock import now
    from smartqueue.queueing.actions.agents import set_agent_status
    from smartqueue.queueing.states import AgentStatus
    from smartqueue.tenants.scope import in_tenant

    with in_tenant(person.tenant.id):
        set_agent_status(agent_id=person.agent.id, status=AgentStatus.OFFLINE, reason="", actor=person.actor, at=now())


def test_a_whole_day_by_keyboard_alone(sit, binta, waiting, ticket, make_queue, tellers, bank):
    from smartqueue.queueing.models import Agent, Queue
    from smartqueue.tenants.scope import in_tenant

    credit = make_queue(name="Crédit")
    with in_tenant(bank.id):
        Queue.objects.filter(id=tellers.id).update(recall_gap_s=1, no_show_grace_s=1)
    first, second, third, fourth, fifth = (waiting(minutes) for minutes in (30, 25, 20, 15, 10))
    leave(binta)
    page = sit(binta, language="en")

    # A seat at the counter
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "counter"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#next")

    # Called is not served: recall, arrived; then finish and call in one press
    press(page, " ")
    wait_for_number(page, "A001")
    page.wait_for_function("() => document.activeElement.id === 'now'")  # once the swap has settled
    press(page, "r")
    page.wait_for_selector("#toasts:has-text('A001 · called again')")
    assert ticket(first).recalls == 1
    page.keyboard.press("a")
    page.wait_for_selector("#now:not(.called)")
    assert status_of(ticket, first) == ("serving", "")
    press(page, "F2")
    wait_for_number(page, "A002")
    assert status_of(ticket, first) == ("closed", "served")

    # Absent
    press(page, "n")
    page.wait_for_selector(IDLE)
    assert ticket(second).status == "no_show"

    # Park with a reason, take the next, undo that call, go on with the parked one
    press(page, " ")
    wait_for_number(page, "A003")
    page.keyboard.press("p")
    page.keyboard.type("Fills in a form r n t")  # no shortcut inside a field
    page.keyboard.press("Enter")
    page.wait_for_selector("#parked-title")
    assert (ticket(third).status, ticket(third).reason) == ("paused", "Fills in a form r n t")
    press(page, " ")
    wait_for_number(page, "A004")
    page.keyboard.press("Control+z")
    page.wait_for_selector(IDLE)
    assert ticket(fourth).status == "waiting"
    page.locator(f"#resume-{third}").press("Enter")
    wait_for_number(page, "A003")

    # Enter finishes with an outcome
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector(IDLE)
    assert status_of(ticket, third) == ("closed", "incomplete")

    # Out of order, found by number, with a reason; transferred
    page.keyboard.press("/")
    page.keyboard.type("a005")
    page.wait_for_selector("#line li:only-child")
    page.locator(f"#call-{fifth}").press(" ")
    page.keyboard.press("Enter")  # refused by the browser: the reason is missing
    page.keyboard.type("Short matter")
    page.keyboard.press("Enter")
    wait_for_number(page, "A005")
    assert ticket(fifth).call_reason["reason"] == "Short matter"
    page.keyboard.press("t")
    page.keyboard.press("c")  # the browser's own choice by letter: Crédit
    page.keyboard.press("Tab")
    page.keyboard.type("Another service")
    page.keyboard.press("Enter")
    page.wait_for_selector(IDLE)
    assert (ticket(fifth).queue_id, ticket(fifth).number) == (credit.id, "A005")

    # A walk-in, a break with a reason, back, and away from the counter
    page.keyboard.press("w")
    page.keyboard.press("Tab")
    page.keyboard.press("u")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#toasts:has-text('in the line')")
    page.keyboard.press("b")
    page.keyboard.type("Lunch")
    page.keyboard.press("Enter")
    page.wait_for_selector("#now:has-text('On a break'):has-text('Lunch')")
    press(page, " ")
    page.wait_for_selector(IDLE)
    assert page.url.endswith("/counter/")
    page.get_by_role("button", name="Leave the counter").press("Enter")
    page.wait_for_selector("#counter")
    with in_tenant(bank.id):
        agent = Agent.objects.get(id=binta.agent.id)
    assert (agent.status, agent.counter_id) == ("offline", None)
    assert page.complaints == []


def test_two_agents_see_each_others_calls_at_once(worker, sit, binta, fatou, waiting, ticket):
    first, second = waiting(9), waiting(8)
    hers, other = sit(binta, language="en"), sit(fatou, language="en")
    for page in (hers, other):
        page.wait_for_selector("#line-dot.live")
        page.wait_for_selector(f"#call-{first}")

    hers.keyboard.press(" ")
    wait_for_number(hers, "A001")
    other.wait_for_selector(".others:has-text('A001'):has-text('Binta Ba')", timeout=10_000)
    assert other.locator(f"#call-{first}").count() == 0
    press(other, " ")
    wait_for_number(other, "A002")
    hers.wait_for_selector(".others:has-text('A002'):has-text('Fatou Ndiaye')", timeout=10_000)
    assert (ticket(first).agent_id, ticket(second).agent_id) == (binta.agent.id, fatou.agent.id)

    # What happens to my own ticket elsewhere is seen too; and a new arrival rings only for the one who is idle
    for page in (hers, other):
        page.evaluate("window.rung = 0; addEventListener('counter:rang', () => { window.rung += 1 })")
    finish_elsewhere(binta, first)
    hers.wait_for_selector(IDLE)
    waiting(0)
    hers.wait_for_function("() => window.rung === 1")
    other.wait_for_selector("#line-title:has-text('1')")
    assert other.evaluate("window.rung") == 0
    hers.get_by_role("button", name="Sound for a new arrival").click()
    waiting(0)
    hers.wait_for_selector("#line-title:has-text('2')")
    assert hers.evaluate("window.rung") == 1
    assert hers.complaints == other.complaints == []


def test_handed_over_it_is_the_colleagues_alone(worker, sit, binta, fatou, make_agent, make_queue, waiting, ticket):
    """Three consoles: who gives, who is meant (serving another queue, a customer in hand), who only looks on."""
    tellers, credit = waiting(9), make_queue(name="Crédit")
    ousmane = make_agent("Ousmane Sow", credit)
    waiting(8, credit)
    hers, his, bystander = (sit(person, language="en") for person in (binta, ousmane, fatou))
    for page in (hers, his, bystander):
        page.wait_for_selector("#line-dot.live")
    press(his, " ")
    wait_for_number(his, "B001")
    his.evaluate("window.rung = 0; addEventListener('counter:rang', () => { window.rung += 1 })")

    press(hers, " ")
    wait_for_number(hers, "A001")
    hers.keyboard.press("t")
    hers.keyboard.type("Ous")  # the browser's own choice by letters
    hers.keyboard.press("Tab")
    hers.keyboard.type("Signature")
    hers.keyboard.press("Enter")
    hers.wait_for_selector("#parked li:has-text('A001'):has-text('For Ousmane Sow')")
    assert (ticket(tellers).status, ticket(tellers).for_agent_id) == ("paused", ousmane.agent.id)

    # The bystander sees it without pressing anything, and cannot take it
    bystander.wait_for_selector("#parked li:has-text('A001'):has-text('For Ousmane Sow')")
    assert bystander.locator("#parked button").count() == 0

    # He is told although its queue is none of his; the giver takes it back and gives it once more
    his.evaluate("htmx.trigger('#refresh-line', 'refresh')")  # what the page does by itself every half minute
    his.wait_for_selector("#toasts:has-text('A001 is handed over to you.')")
    his.wait_for_selector("#parked header:has-text('1 for you')")
    assert his.evaluate("window.rung") == 1
    assert his.locator(f"#resume-{tellers}").is_disabled()
    hers.locator(f"#release-{tellers}").press("Enter")
    hers.wait_for_selector(f"#resume-{tellers}")
    hers.keyboard.press("Control+z")
    hers.wait_for_selector("#parked li:has-text('For Ousmane Sow')")

    press(his, "F2")  # finishes his own customer; nobody else waits
    his.wait_for_selector(IDLE)
    his.locator(f"#resume-{tellers}").press("Enter")
    wait_for_number(his, "A001")
    assert (ticket(tellers).status, ticket(tellers).agent_id) == ("serving", ousmane.agent.id)
    hers.wait_for_selector(".others:has-text('A001'):has-text('Ousmane Sow')")
    bystander.wait_for_selector("#parked", state="hidden")
    assert hers.complaints == his.complaints == bystander.complaints == []


def finish_elsewhere(person, ticket_id):
    from smartqueue.kernel.clock import now
    from smartqueue.queueing.actions.hot import close_ticket

    close_ticket(tenant_id=person.tenant.id, ticket_id=ticket_id, user_id=person.user.id, actor=person.actor, at=now())


def test_a_refusal_becomes_a_toast_and_the_console_shows_how_things_stand(sit, binta, fatou, waiting, ticket):
    first, second = waiting(9), waiting(8)
    page = sit(binta, language="en")
    page.locator(f"#call-{second}").click()
    page.keyboard.type("Short matter")
    call_for(fatou, second)
    page.keyboard.press("Enter")

    page.wait_for_selector("#toasts .late:has-text('The ticket cannot do this in its present state.')")
    page.wait_for_selector(".others:has-text('A002'):has-text('Fatou Ndiaye')")
    assert page.locator("dialog[open]").count() == 0
    assert (ticket(first).status, ticket(second).agent_id) == ("waiting", fatou.agent.id)
    assert [said for said in page.complaints if "409" not in said] == []


def call_for(person, ticket_id):
    from smartqueue.kernel.clock import now
    from smartqueue.queueing.actions.hot import call_ticket

    call_ticket(
        tenant_id=person.tenant.id,
        ticket_id=ticket_id,
        reason="x",
        user_id=person.user.id,
        actor=person.actor,
        at=now(),
    )


def test_a_fault_in_a_form_is_said_in_the_form_and_nothing_typed_is_lost(sit, binta, tellers):
    page = sit(binta, language="en")
    page.keyboard.press("w")
    page.fill("#walk-in-phone", "12")
    page.keyboard.press("Enter")

    page.wait_for_selector("dialog#walk-in [data-wrong]:has-text('This is not a valid phone number.')")
    assert page.input_value("#walk-in-phone") == "12"
    page.fill("#walk-in-phone", "77 123 45 67")
    page.keyboard.press("Enter")
    page.wait_for_selector("#toasts:has-text('A001 is in the line.')")
    page.wait_for_selector("#line-title:has-text('1 person')")


def test_news_that_arrive_late_do_not_close_the_form_that_was_opened_meanwhile(sit, binta, waiting):
    """Asked for before the form was opened, answered after: the answer waits until the form is closed."""
    page = sit(binta, language="en")
    held = []

    def hold(route):
        held.append(route)

    page.route("**/counter/", hold, times=1)
    page.evaluate("htmx.trigger('#refresh-console', 'refresh')")
    page.wait_for_function("() => document.querySelector('#refresh-console.htmx-request')")
    waiting(9)
    page.keyboard.press("w")
    page.fill("#walk-in-phone", "77 12")
    held[0].continue_()
    page.wait_for_selector("#refresh-console:not(.htmx-request)", state="attached")
    assert page.input_value("dialog[open] #walk-in-phone") == "77 12"

    page.keyboard.press("Escape")
    page.wait_for_selector("#line-title:has-text('1 person')")
    assert page.complaints == []


def test_without_a_connection_a_press_says_so_and_nothing_is_lost(sit, binta, waiting, ticket):
    first = waiting(9)
    page = sit(binta, language="en")
    page.wait_for_selector("#line-dot.live")
    page.context.set_offline(True)
    page.wait_for_selector("#offline:not([hidden]):has-text('No connection.')")
    page.wait_for_selector("#line-dot.offline")

    page.keyboard.press(" ")
    page.wait_for_selector("#toasts .late:has-text('No connection.')")
    assert ticket(first).status == "waiting"
    assert page.locator(f"#call-{first}").is_visible()

    call_for(binta, first)  # from another tab, meanwhile
    page.context.set_offline(False)
    page.wait_for_selector("#line-dot.live")
    page.wait_for_selector("#offline", state="hidden")
    wait_for_number(page, "A001")


def test_without_scripts_it_is_forms_and_links(sit, binta, waiting, ticket):
    first, second = waiting(9), waiting(8)
    page = sit(binta, language="en", java_script_enabled=False)

    page.get_by_role("button", name="Call next").click()
    assert page.locator(NUMBER).inner_text() == "A001"
    page.get_by_role("button", name="Undo").click()
    assert ticket(first).status == "waiting"
    page.locator(f"#call-{second}").click()  # a link: the dialog comes with the page
    page.locator("dialog[open]").get_by_label("Reason").fill("Short matter")
    page.locator("dialog[open]").get_by_role("button", name=re.compile("^Call")).click()
    assert page.locator(NUMBER).inner_text() == "A002"
    page.get_by_role("button", name=re.compile("^Park")).click()
    page.locator("dialog[open]").get_by_label("Reason").fill("Form")
    page.locator("dialog[open]").get_by_role("button", name=re.compile("^Park")).click()
    assert page.locator("#parked-title").is_visible()
    page.get_by_role("button", name=re.compile("^Resume")).click()
    page.get_by_role("button", name=re.compile("^Finish only")).click()
    page.get_by_label("Not finished").check()
    page.locator("dialog[open]").get_by_role("button", name=re.compile("^Finish")).click()
    assert status_of(ticket, second) == ("closed", "incomplete")
    page.get_by_role("searchbox").fill("A001")
    page.get_by_role("searchbox").press("Enter")
    assert page.locator("#line li").count() == 1


def test_a_key_held_down_calls_one_person(sit, binta, waiting, ticket):
    tickets = [waiting(minutes) for minutes in (9, 8, 7)]
    page = sit(binta)

    for _repeat in range(30):
        page.keyboard.down(" ")
    page.keyboard.up(" ")
    wait_for_number(page, "A001")
    page.wait_for_selector("#next:not(:disabled)")

    assert [ticket(one).status for one in tickets] == ["called", "waiting", "waiting"]
