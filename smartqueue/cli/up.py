"""`smartqueue up`: engines, migrations, demo bank, all processes; ends with all of them."""

import json
import subprocess
import sys
import time
from collections.abc import Sequence

import click
import httpx
from rich.console import Console
from rich.table import Table

from smartqueue.cli.engines import Engines, running_engines
from smartqueue.cli.instance import Needs, prepare_home, visible_url, web_address
from smartqueue.cli.processes import PlainError
from smartqueue.cli.supervisor import (
    Supervisor,
    end_with_parent,
    ending_on_signals,
    listen,
    supervised,
    task_children,
    web_children,
)
from smartqueue.config import environment

READY_WITHIN_S = 90.0
Login = tuple[str, str, str]  # role, e-mail, password


@click.command("up")
def command() -> None:
    """Start everything: database, tasks, web. Ctrl-C ends everything."""
    end_with_parent()
    with ending_on_signals(), listen(*web_address()) as listener:
        home, needs = prepare_home(), Needs.of_environment()
        click.echo(f"Starting the engines (data in {home})")
        with running_engines(home, postgres=needs.postgres, valkey=needs.valkey) as engines:
            click.echo("Bringing the database up to date")
            logins = prepare_database()
            with supervised(engines.roster) as supervisor:
                watch_engines(supervisor, engines, needs)
                supervisor.start(*web_children(listener, environment.number("WEB_PROCESSES", 2)), *task_children(home))
                wait_until_ready(supervisor)
                announce(logins)
                supervisor.run()


def watch_engines(supervisor: Supervisor, engines: Engines, needs: Needs) -> None:
    """Start our engines again when they die."""
    if needs.postgres:
        supervisor.adopt(engines.postgres())
    if needs.valkey:
        supervisor.adopt(engines.valkey())


def prepare_database() -> list[Login]:
    """Migrate and seed in a process of its own, so that the supervisor never loads Django.

    Raises:
        PlainError: it failed; its own words are on the terminal.
    """
    done = subprocess.run(
        [sys.executable, "-m", "smartqueue.cli.main", "prepare"], stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode != 0:
        raise PlainError("The database could not be brought up to date; the lines above say why.")
    return [(role, email, password) for role, email, password in json.loads(done.stdout.splitlines()[-1])]


def wait_until_ready(supervisor: Supervisor) -> None:
    """Tend the children until the health page says 200.

    Raises:
        PlainError: it does not within 90 seconds.
    """
    deadline, url = time.monotonic() + READY_WITHIN_S, f"{visible_url()}/healthz"
    with httpx.Client(timeout=2, trust_env=False) as client:  # no proxy on the way to ourselves
        while not answers(client, url):
            if time.monotonic() > deadline:
                log, words = supervisor.roster.log("web-1"), supervisor.roster.last_words("web-1")
                raise PlainError(f"SmartQueue does not answer at {url}. The end of {log}:\n{words}")
            supervisor.tend()
            time.sleep(0.1)


def answers(client: httpx.Client, url: str) -> bool:
    """Does the health page say that everything it needs is there?"""
    try:
        return client.get(url).status_code == 200
    except httpx.HTTPError:
        return False


DEMO_SCREENS = {
    "A customer's phone": "/demo-bank/",
    "An agent's counter": "/demo-bank/counter/",
    "Display in the hall": "/display/",
    "Kiosk": "/kiosk/",
    "Pair display and kiosk": "/demo-bank/manage/devices/",
    "Back office": "/demo-bank/manage/",
    "A phone with keys": "/phone/demo-bank/",
    "Simulated messages": "/demo-bank/manage/outbox/",
}
"""The demo bank's pages, by who looks at them."""


def announce(logins: Sequence[Login]) -> None:
    """Print the addresses and the demo logins."""
    click.echo(f"SmartQueue is ready at {visible_url()}")
    click.echo(f"API and Swagger: {visible_url()}/api/v1/docs/")
    if not logins:
        return
    width = max(map(len, DEMO_SCREENS))
    for screen, path in DEMO_SCREENS.items():
        click.echo(f"{screen.ljust(width)}  {visible_url()}{path}")
    console = Console()
    if console.is_terminal:
        table = Table("Role", "E-mail", "Password", title="Demo logins")
        for login in logins:
            table.add_row(*login)
        console.print(table)
    else:
        click.echo("Demo logins:")
        widths = [max(len(login[column]) for login in logins) for column in range(3)]
        for login in logins:
            click.echo("  " + "  ".join(text.ljust(width) for text, width in zip(login, widths, strict=True)).rstrip())
