"""`smartqueue bench messages`: how many messages go out, and how soon a call does while many wait."""

import http.client
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

import click
import httpx
import orjson
from rich.console import Console
from rich.table import Table

from smartqueue.cli.engines import free_port, remove_data
from smartqueue.cli.processes import wait_until

if TYPE_CHECKING:
    from smartqueue.cli.bench import House
    from smartqueue.cli.benching.stage import Agent

PATIENCE_S = 300
PROVIDER = "twilio_sms"
WORDS = "Banque de la Téranga : les guichets ferment aujourd'hui à 15:00. Merci de votre patience."
QUIET = ("ticket_joined", "position_reached", "missed", "thanks")
"""Kinds that are switched off: to each person called goes one message."""


@dataclass
class Account:
    """One organisation and its account at the sandbox."""

    tenant_id: UUID
    name: str
    secret: str


@dataclass
class Provider:
    """The sandbox, in a process of its own."""

    url: str
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30, trust_env=False))

    def set_up(self, account: Account, latency_s: float) -> None:
        told = {"latency_s": latency_s, "reports": {"when": "never"}}
        self._control("POST", "faults", account, json=told)

    def taken(self, account: Account) -> list[dict[str, Any]]:
        return self._control("GET", "messages", account)  # type: ignore[no-any-return]

    def _control(self, method: str, deed: str, account: Account, **more: Any) -> Any:
        url = f"{self.url}/__sandbox__/twilio/{deed}"
        return self.client.request(method, url, params={"account": account.name}, **more).raise_for_status().json()


@contextmanager
def running_provider() -> Iterator[Provider]:
    """`smartqueue sandbox` on a port of its own, ended afterwards."""
    port = free_port()
    command = [sys.executable, "-m", "smartqueue.cli.main", "sandbox", "--port", str(port)]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        provider = Provider(f"http://127.0.0.1:{port}")
        if not wait_until(lambda: _answers(provider), seconds=30):
            raise click.ClickException("The sandbox did not start. Run scripts/bootstrap.sh dev.")
        yield provider
    finally:
        child.kill()
        child.wait()


def _answers(provider: Provider) -> bool:
    try:
        return provider.client.get(provider.url).status_code < 500
    except httpx.HTTPError:
        return False


def open_accounts(house: "House", provider: Provider, tenants: int, latency_s: float) -> list[Account]:
    """The stage's organisation and others beside it, each with an account of its own."""
    from smartqueue.cli.sandbox.app import stand_ins
    from smartqueue.journal.states import SYSTEM
    from smartqueue.kernel.clock import now
    from smartqueue.notifications.actions.integrations import keep_integration
    from smartqueue.notifications.models import MessageRules
    from smartqueue.tenants.actions import create_tenant
    from smartqueue.tenants.scope import in_tenant
    from smartqueue.tenants.states import OrganisationType

    box, accounts = stand_ins()["twilio"], []
    others = [
        create_tenant(name=f"Bench {n}", slug=f"bench-{n}", type=OrganisationType.BANK) for n in range(1, tenants)
    ]
    for tenant_id in (house.stage.tenant_id, *(tenant.id for tenant in others)):
        name = box.new_name()
        settings, secrets = box.credentials(name)
        with in_tenant(tenant_id):
            MessageRules.objects.create(tenant_id=tenant_id, kinds_off=list(QUIET))
            keep_integration(
                tenant_id=tenant_id, provider=PROVIDER, values={**settings, "base_url": f"{provider.url}/twilio"},
                secrets=secrets, actor=SYSTEM, at=now(),
            )  # fmt: skip
        accounts.append(Account(tenant_id, name, secrets["auth_token"]))
        provider.set_up(accounts[-1], latency_s)
    return accounts


def write_news(accounts: list[Account], count: int) -> None:
    """Let so many messages wait that nobody waits for, spread over the accounts."""
    from datetime import timedelta

    from smartqueue.kernel.clock import now
    from smartqueue.kernel.ids import uuid7
    from smartqueue.notifications.actions.sending import wake_senders
    from smartqueue.notifications.models import Notification
    from smartqueue.tenants.scope import in_tenant

    at = now()
    for place, account in enumerate(accounts):
        numbers = range(place, count, len(accounts))
        with in_tenant(account.tenant_id):
            Notification.objects.bulk_create(
                Notification(
                    id=(name := uuid7()), tenant_id=account.tenant_id, cause=f"bench:{name}", kind="queue_news",
                    channel="sms", language="fr", address=f"+22176{number:07}", body=WORDS, created_at=at, due_at=at,
                    expires_at=at + timedelta(hours=2),
                )
                for number in numbers
            )  # fmt: skip
            wake_senders()


def waiting() -> int:
    from smartqueue.notifications.models import Notification

    return Notification.objects.using("platform").filter(status="pending").count()


def send_all(accounts: list[Account], count: int) -> float:
    """Messages a second, from the commit of the last to the note of the last."""
    begun = time.monotonic()
    write_news(accounts, count)
    if not wait_until(lambda: waiting() == 0, seconds=PATIENCE_S):
        raise click.ClickException(f"{waiting()} messages were not sent within {PATIENCE_S} s.")
    return count / (time.monotonic() - begun)


def post_bare(provider: Provider, account: Account, count: int) -> float:
    """The same bodies over one connection that is kept, nothing noted: messages a second."""
    host = provider.url.removeprefix("http://")
    sign_in = b64encode(f"{account.name}:{account.secret}".encode()).decode()
    headers = {"Authorization": f"Basic {sign_in}", "Content-Type": "application/x-www-form-urlencoded"}
    connection = http.client.HTTPConnection(host, timeout=30)
    begun = time.monotonic()
    for number in range(count):
        form = urlencode({"To": f"+22176{number:07}", "From": "+15005550006", "Body": WORDS})
        connection.request("POST", f"/twilio/2010-04-01/Accounts/{account.name}/Messages.json", form, headers)
        connection.getresponse().read()
    took_s = time.monotonic() - begun
    connection.close()
    return count / took_s


def call_people(
    house: "House", provider: Provider, accounts: list[Account], calls: int, line: int
) -> tuple[list[float], int]:
    """Milliseconds from the request that calls to the provider's doorstep, and the shortest line meanwhile."""
    queue_id, phones = _people(house, calls)
    called: list[float] = []
    shortest = line
    # Each by an agent of its own: who is served already is not called any more, so nobody is told.
    for _phone, agent in zip(phones, house.stage.agents, strict=False):
        if (missing := line - waiting()) > 0:
            write_news(accounts, missing)
        called.append(time.time())
        _ask(house, agent, "agents/me/call-next/", {"queue_id": queue_id})
        shortest = min(shortest, waiting())
        time.sleep(0.3)
    arrived: dict[str, float] = {}

    def all_arrived() -> bool:
        arrived.update({one["to"]: one["at"] for one in provider.taken(accounts[0]) if one["to"] in phones})
        return len(arrived) == len(phones)

    if not wait_until(all_arrived, seconds=PATIENCE_S, pause_s=0.5):
        raise click.ClickException(f"{len(phones) - len(arrived)} of {len(phones)} people were never told.")
    return [(arrived[phone] - at) * 1000 for phone, at in zip(phones, called, strict=True)], shortest


def _people(house: "House", count: int) -> tuple[str, list[str]]:
    """A queue in which so many people wait, each with a phone."""
    from smartqueue.customers.models import Customer
    from smartqueue.journal.states import SYSTEM
    from smartqueue.kernel.clock import now
    from smartqueue.queueing.actions.hot import issue_ticket
    from smartqueue.queueing.states import Channel
    from smartqueue.tenants.scope import in_tenant

    (queue_id,) = house.stage.fresh_queues(1)
    house.stage.serve(queue_id)
    phones = [f"+22177{number:07}" for number in range(count)]
    tenant_id = house.stage.tenant_id
    with in_tenant(tenant_id):
        people = [Customer.objects.create(tenant_id=tenant_id, phone=phone) for phone in phones]
    for person in people:
        issue_ticket(
            tenant_id=tenant_id, queue_id=UUID(queue_id), channel=Channel.WEB, customer_id=person.id, actor=SYSTEM,
            at=now(),
        )  # fmt: skip
    return queue_id, phones


def _ask(house: "House", agent: "Agent", path: str, body: Any) -> None:
    connection = http.client.HTTPConnection(*house.address, timeout=30)
    headers = {"Authorization": f"Bearer {agent.token}", "Content-Type": "application/json"}
    connection.request("POST", f"/api/v1/tenants/bench/{path}", orjson.dumps(body), headers)
    answer = connection.getresponse()
    said = answer.read()
    connection.close()
    if answer.status != 200:
        raise click.ClickException(f"{path} answered {answer.status}: {said[:200]!r}")


@click.command()
@click.option("--messages", default=500, show_default=True, help="In the line.")
@click.option("--tenants", default=4, show_default=True, help="Organisations that send; one may use half the senders.")
@click.option("--calls", default=30, show_default=True, type=click.IntRange(0, 32),
              help="People called while the line is full; 0 for none.")  # fmt: skip
@click.option("--latency", "latency_ms", default=50.0, show_default=True, help="Of the provider, in ms.")
def command(messages: int, tenants: int, calls: int, latency_ms: float) -> None:
    """Measure messages a second, and how soon a call is at the provider's door while many wait."""
    from smartqueue.cli.bench import running_house

    logging.getLogger("httpx").setLevel(logging.WARNING)
    senders = int(os.environ.setdefault("MESSAGE_SENDERS", "4"))
    os.environ["SMARTQUEUE_ALLOW_LOOPBACK"] = "1"
    home = Path(tempfile.mkdtemp(prefix="sq-bench-"))
    home.chmod(0o755)
    title = f"{messages} messages, {tenants} organisations, {senders} senders, a provider of {latency_ms:g} ms"
    table = Table("What", "Figure", title=title)
    try:
        with running_provider() as provider, running_house(home) as house:
            accounts = open_accounts(house, provider, tenants, latency_ms / 1000)
            send_all(accounts, 5 * senders)  # once, so that every process has loaded what it needs
            rate = send_all(accounts, messages)
            bare = post_bare(provider, accounts[0], messages)
            click.echo(f"{rate:.1f} sent a second, {bare:.1f} posted a second by the bare loop")
            table.add_row("Sent a second", f"{rate:.1f}")
            table.add_row("… by each sender", f"{rate / senders:.1f}")
            table.add_row("Posted a second by a bare loop over one connection", f"{bare:.1f}")
            table.add_row("A sender beside the bare loop", f"{rate / senders / bare:.2f}")
            if calls:
                took, shortest = call_people(house, provider, accounts, calls, messages)
                ordered = sorted(took)
                p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
                table.add_row("From call-next to the provider's door, p50 ms", f"{statistics.median(ordered):.0f}")
                table.add_row("… p95 ms", f"{p95:.0f}")
                table.add_row("… longest ms", f"{ordered[-1]:.0f}")
                table.add_row("Shortest line when somebody was called", str(shortest))
    finally:
        remove_data(home)
    Console(width=120).print(table)
