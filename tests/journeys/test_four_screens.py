"""The four screens together: a ticket taken on a phone and one at a kiosk, called at a counter, seen and heard in the
hall. Real web processes, a real worker and its clock, one Chromium; nobody touches a terminal."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from smartqueue.cli.clips import build_clips
from smartqueue.cli.processes import Roster, wait_until
from smartqueue.cli.supervisor import task_children
from tests.accounts.people import PASSWORD
from tests.races.world import broken_invariants
from tests.servers import running_web
from tests.web.agent.conftest import is_fault
from tests.web.shared.browser import DESK, PHONE, chromium

__all__ = ["chromium"]

AT_ONCE_MS, PATIENT_MS = 20_000, 30_000
KIOSK = {"width": 1080, "height": 1920}
LISTEN = (Path(__file__).parents[1] / "web" / "display" / "listen.js").read_text()
NO_PAPER = "window.prints = 0; window.print = () => { window.prints += 1; }"


@pytest.fixture(scope="module")
def house(worker_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base address of web processes that have the voice's clips, with worker and clock beside them."""
    build_clips(Path(os.environ["SMARTQUEUE_HOME"]) / "static")
    folder, web = tmp_path_factory.mktemp("tasks"), tmp_path_factory.mktemp("web")
    (folder / "run").mkdir()
    roster = Roster(folder)
    tasks = [replace(child, environment=worker_environment) for child in task_children(folder)]
    with ExitStack() as ending:
        ending.callback(roster.end, *tasks)
        for child in tasks:
            roster.start(child)
        url = ending.enter_context(running_web(1, worker_environment, web))
        assert wait_until(lambda: " ready." in roster.last_words("worker", 40), seconds=60), roster.last_words("worker")
        yield url


@pytest.fixture
def bank(make_tenant: Callable[..., Any]) -> Any:
    """A name that nobody else's test has: people find it on the home page."""
    return make_tenant(f"Banque {uuid4().hex[:8]}")


@pytest.fixture
def browse(chromium: Any, house: str) -> Iterator[Callable[..., Any]]:
    """`browse(path) -> page`: a browser of one's own. `complaints`: what its console or the content policy refused."""
    with ExitStack() as closing:

        def start(path: str, **options: Any) -> Any:
            context = chromium.new_context(**{"viewport": DESK, "locale": "en"} | options)
            closing.callback(context.close)
            context.add_cookies([{"name": "django_language", "value": "en", "url": house}])
            page = context.new_page()
            page.set_default_timeout(PATIENT_MS)
            page.complaints = []
            page.on("pageerror", lambda error: page.complaints.append(str(error)))
            page.on("console", lambda said: page.complaints.append(said.text) if is_fault(said) else None)
            page.add_init_script(LISTEN)
            page.add_init_script(NO_PAPER)
            page.goto(f"{house}{path}")
            return page

        yield start


@pytest.fixture
def with_password() -> Callable[[Any], str]:
    """Give a person a password; returns the e-mail address."""

    def give(person: Any) -> str:
        person.user.set_password(PASSWORD)
        person.user.save()
        return str(person.user.email)

    return give


@pytest.fixture
def off_duty(bank: Any, binta: Any) -> Any:
    """Binta has left her counter, which is called Guichet 3."""
    from smartqueue.kernel.clock import now
    from smartqueue.queueing.actions.agents import set_agent_status
    from smartqueue.queueing.states import AgentStatus
    from smartqueue.sites.models import Counter
    from smartqueue.tenants.scope import in_tenant

    with in_tenant(bank.id):
        Counter.objects.filter(id=binta.agent.counter_id).update(name="Guichet 3")
        set_agent_status(agent_id=binta.agent.id, status=AgentStatus.OFFLINE, reason="", actor=binta.actor, at=now())
    return binta


def sign_in(page: Any, email: str) -> None:
    """By keyboard."""
    page.locator("[name=email]").focus()
    page.keyboard.type(email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")


def pair(admin: Any, bank: Any, screen: Any, name: str) -> None:
    """The administrator types the code that the screen shows."""
    code = screen.locator("[data-code]").text_content()
    admin.goto(re.sub(r"(//[^/]+)/.*", rf"\1/{bank.slug}/manage/devices/", admin.url))
    admin.locator("#id_name").fill(name)
    admin.locator("#id_code").fill(code)
    admin.locator("#id_code").press("Enter")
    admin.wait_for_url("**/devices/*-*/")


def take_on_the_phone(browse: Callable[..., Any], bank: Any, site: Any) -> Any:
    """From the home page to the ticket."""
    phone = browse("/", viewport=PHONE, has_touch=True, is_mobile=True)
    if phone.locator("#q").count():  # many organisations in this database
        phone.locator("#q").fill(bank.name)
        phone.locator("#q").press("Enter")
    phone.get_by_role("link", name=bank.name).tap()
    phone.get_by_role("link", name=site.name).tap()
    phone.get_by_role("button", name="Take a ticket").tap()
    phone.wait_for_url(re.compile(r"/t/[\w-]{22}$"))
    phone.locator("#dot").wait_for()
    return phone


def take_at_the_kiosk(kiosk: Any) -> str:
    """By touch, without leaving a phone number. Returns the number on the screen."""
    kiosk.locator("[data-language=fr]").tap()
    kiosk.locator(".tile").first.tap()
    kiosk.locator("[data-do=skip]").tap()
    kiosk.locator("[data-do=take]").tap()
    kiosk.wait_for_selector("body[data-now=ticket]")
    assert kiosk.evaluate("prints") == 1
    return str(kiosk.locator("#number").inner_text())


def call_next(agent: Any) -> None:
    """The space bar, when the big button is ready."""
    agent.wait_for_selector("#next:not(:disabled)")
    agent.keyboard.press(" ")


def shows(tv: Any, number: str) -> None:
    """The screen in the hall shows this number with its counter, and says it."""
    expect(tv.locator(".tv-hero .tv-number")).to_have_text(number, timeout=AT_ONCE_MS)
    expect(tv.locator(".tv-hero .tv-counter")).to_have_text("Guichet 3", timeout=AT_ONCE_MS)


def test_taken_on_a_phone_and_at_a_kiosk_called_at_the_counter_seen_and_heard_in_the_hall(
    browse, bank, site, tellers, moussa, off_duty, with_password
):
    tv, kiosk = browse("/display/"), browse("/kiosk/", viewport=KIOSK, has_touch=True)
    admin = browse("/sign-in/")
    sign_in(admin, with_password(moussa))
    admin.wait_for_url(f"**/{bank.slug}/**")
    pair(admin, bank, tv, "Écran du hall")
    pair(admin, bank, kiosk, "Borne")

    phone = take_on_the_phone(browse, bank, site)
    number = phone.locator("h1").inner_text()
    agent = browse("/sign-in/")
    sign_in(agent, with_password(off_duty))
    agent.wait_for_url(f"**/{bank.slug}/counter/")
    agent.keyboard.press("Tab")
    assert agent.evaluate("document.activeElement.id") == "counter"
    agent.keyboard.press("Tab")
    agent.keyboard.press("Enter")
    tv.wait_for_selector("body[data-ready][data-line=live]")
    tv.mouse.click(5, 5)  # browsers stay silent until they are touched once
    tv.wait_for_selector("body[data-sound=on]")

    call_next(agent)
    expect(phone.get_by_text("It is your turn", exact=True)).to_be_visible(timeout=AT_ONCE_MS)
    expect(phone.locator(".turn [data-f=counter]")).to_have_text("Guichet 3", timeout=AT_ONCE_MS)
    shows(tv, number)
    tv.wait_for_selector(f"body[data-speaking={number}]", timeout=AT_ONCE_MS)
    assert wait_until(lambda: tv.evaluate("played.length") > 1, seconds=5)  # the chime, then recorded clips

    kiosk.wait_for_selector("body[data-ready]")
    second = take_at_the_kiosk(kiosk)
    assert second != number
    expect(agent.locator("#line")).to_contain_text(second, timeout=AT_ONCE_MS)
    call_next(agent)
    shows(tv, second)
    expect(phone.get_by_text("Thank you for your visit")).to_be_visible(timeout=AT_ONCE_MS)
    expect(tv.locator(".tv-past")).to_contain_text(number)

    tv.wait_for_selector(f"body[data-spoken='1'][data-speaking={second}]")  # the first was said to its end
    assert [page.complaints for page in (tv, kiosk, admin, phone, agent)] == [[], [], [], [], []]
    assert broken_invariants(bank.id) == {}
