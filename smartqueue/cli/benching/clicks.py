"""`smartqueue bench click`: from an agent's click to the phone's screen, in real browsers, while 16 agents work."""

import http.client
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click
import orjson
from rich.console import Console
from rich.table import Table

from smartqueue.cli.engines import remove_data
from smartqueue.cli.picturing.camera import browser
from smartqueue.cli.picturing.visitors import session_of

if TYPE_CHECKING:
    from smartqueue.cli.bench import House

AGENTS = 16
WITHIN_MS = 15_000
NOTE_TURN = """
() => {
  const main = document.querySelector("#main");
  const look = () => {
    if (main.dataset.status === "called") window.turnAt ??= performance.timeOrigin + performance.now();
  };
  new MutationObserver(look).observe(main, {attributes: true, attributeFilter: ["data-status"]});
  look();
}
"""
NOTE_CLICK = """
() => {
  document.addEventListener("click", (event) => {
    if (event.target.closest("#next")) window.clickedAt = performance.timeOrigin + performance.now();
  }, true);
}
"""


class Colleague(threading.Thread):
    """An agent of another queue who calls and closes, with a pause between, over one connection."""

    def __init__(self, house: "House", token: str, queue_id: str, every_s: float, ended: threading.Event) -> None:
        super().__init__(daemon=True)
        self.connection = http.client.HTTPConnection(*house.address, timeout=30)
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.queue_id, self.every_s, self.ended = queue_id, every_s, ended
        self.turns = 0
        self.ran_dry = False

    def ask(self, path: str, body: bytes) -> dict[str, Any]:
        self.connection.request("POST", f"/api/v1/tenants/bench/{path}", body, self.headers)
        answer = self.connection.getresponse()
        said = answer.read()
        if answer.status not in {200, 204}:
            raise click.ClickException(f"The load was refused: {answer.status} {said[:200]!r}")
        return orjson.loads(said) if said else {}

    def run(self) -> None:
        while not self.ended.is_set():
            if not (called := self.ask("agents/me/call-next/", orjson.dumps({"queue_id": self.queue_id}))):
                self.ran_dry = True
                return
            self.ended.wait(self.every_s)
            self.ask(f"tickets/{called['id']}/close/", b"{}")
            self.ended.wait(self.every_s)
            self.turns += 1


@contextmanager
def colleagues(house: "House", every_s: float) -> Iterator[list[Colleague]]:
    """Fifteen agents at work in three other queues, five to each."""
    from smartqueue.journal.states import SYSTEM
    from smartqueue.kernel.clock import now
    from smartqueue.queueing.actions.agents import set_eligible_queues
    from smartqueue.tenants.scope import in_tenant

    queues = house.stage.fresh_queues(3)
    for queue_id in queues:
        house.stage.fill(queue_id, 1000 if every_s else 12_000)
    ended = threading.Event()
    working = []
    for number, agent in enumerate(house.stage.agents[1:AGENTS]):
        queue_id = queues[number % 3]
        with in_tenant(house.stage.tenant_id):
            set_eligible_queues(agent_id=agent.id, queue_ids=[UUID(queue_id)], actor=SYSTEM, at=now())
        working.append(Colleague(house, agent.token, queue_id, every_s, ended))
    for colleague in working:
        colleague.start()
    try:
        yield working
    finally:
        ended.set()
        for colleague in working:
            colleague.join(timeout=30)


def measure(house: "House", clicks: int, every_s: float) -> tuple[list[float], float]:
    """Milliseconds of each click, and turns a second of the others."""
    from django.db import connections

    from smartqueue.journal.states import SYSTEM
    from smartqueue.kernel.clock import now
    from smartqueue.queueing.actions.agents import set_eligible_queues
    from smartqueue.tenants.scope import in_tenant

    queue_id = house.stage.fresh_queues(1)[0]
    house.stage.fill(queue_id, clicks)
    clicker = house.stage.agents[0]
    with in_tenant(house.stage.tenant_id):
        set_eligible_queues(agent_id=clicker.id, queue_ids=[UUID(queue_id)], actor=SYSTEM, at=now())
    with connections["platform"].cursor() as cursor:
        cursor.execute("SELECT token FROM queueing_ticket WHERE queue_id = %s ORDER BY sequence", [queue_id])
        tokens = [token for (token,) in cursor.fetchall()]
    base = "http://{}:{}".format(*house.address)
    session = session_of(clicker.user)
    took: list[float] = []
    with ExitStack() as stack:
        working = stack.enter_context(colleagues(house, every_s))
        begun = time.monotonic()
        chromium = stack.enter_context(
            browser()
        )  # its loop lives in this thread: no question to the database from here
        desk = chromium.new_context(viewport={"width": 1280, "height": 720})
        desk.add_cookies([{"name": "sessionid", "value": session, "url": base}])
        console = desk.new_page()
        console.goto(f"{base}/bench/counter/")
        console.evaluate(NOTE_CLICK)
        pocket = chromium.new_context(viewport={"width": 360, "height": 800})
        for token in tokens:
            phone = pocket.new_page()
            phone.goto(f"{base}/t/{token}")
            phone.wait_for_selector("#dot:not([hidden])", timeout=WITHIN_MS)
            phone.evaluate(NOTE_TURN)
            console.locator("#next:enabled").click()
            phone.wait_for_selector('#main[data-status="called"]', timeout=WITHIN_MS)
            took.append(phone.evaluate("window.turnAt") - console.evaluate("window.clickedAt"))
            phone.close()
        if any(colleague.ran_dry for colleague in working):
            raise click.ClickException("The others ran out of people to call before the last click: take fewer clicks.")
        turns = sum(colleague.turns for colleague in working) / (time.monotonic() - begun)
    return took, turns


@click.command()
@click.option("--clicks", default=60, show_default=True)
@click.option("--every", "pauses", multiple=True, type=float, default=(1.0, 0.0), show_default=True,
              help="Seconds that each of the other agents waits before the next request.")  # fmt: skip
def command(clicks: int, pauses: tuple[float, ...]) -> None:
    """Measure how long an agent's click takes to the screen of the phone that it calls."""
    from smartqueue.cli.bench import running_house

    home = Path(tempfile.mkdtemp(prefix="sq-bench-"))
    home.chmod(0o755)
    table = Table(
        "Others pause s", "Their turns /s", "p50 ms", "p95 ms", "longest ms",
        title=f"From the agent's click to the phone's screen, {clicks} clicks, {AGENTS} agents",
    )  # fmt: skip
    try:
        with running_house(home) as house:
            for every_s in pauses:
                took, turns = measure(house, clicks, every_s)
                ordered = sorted(took)
                p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
                middle = statistics.median(ordered)
                table.add_row(str(every_s), f"{turns:.0f}", f"{middle:.0f}", f"{p95:.0f}", f"{ordered[-1]:.0f}")
    finally:
        remove_data(home)
    Console(width=120).print(table)
