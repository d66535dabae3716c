"""The whole house for a journey: web processes, worker, clock and senders, one Chromium. Nobody touches a terminal."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from smartqueue.cli.clips import build_clips
from smartqueue.cli.processes import Roster, wait_until
from smartqueue.cli.supervisor import task_children
from tests.accounts.people import PASSWORD
from tests.servers import running_web
from tests.web.agent.conftest import is_fault
from tests.web.shared.browser import DESK, chromium

__all__ = ["bank", "browse", "chromium", "house", "off_duty", "sign_in", "with_password"]

PATIENT_MS = 30_000
LISTEN = (Path(__file__).parents[1] / "web" / "display" / "listen.js").read_text()
NO_PAPER = "window.prints = 0; window.print = () => { window.prints += 1; }"


@pytest.fixture(scope="module")
def house(worker_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base address of web processes that have the voice's clips, with worker, clock and senders beside them.

    127.0.0.1 may be called: receivers of webhooks stand beside us.
    """
    worker_environment = worker_environment | {"SMARTQUEUE_ALLOW_LOOPBACK": "1", "MESSAGE_SENDERS": "1"}
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
        ready = wait_until(lambda: " ready." in roster.last_words("worker", 4000), seconds=60)
        assert ready, roster.last_words("worker")
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
