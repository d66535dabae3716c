"""`smartqueue bench ussd`: how long a hop of a USSD session takes, over HTTP, from dialling to the ticket."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from uuid import UUID, uuid4

import click
from rich.console import Console
from rich.table import Table

from smartqueue.cli.benching.load import Measured, run_load
from smartqueue.cli.engines import remove_data

if TYPE_CHECKING:
    from smartqueue.cli.bench import House

WANTED_MS = 300
QUEUES = 3
FIRST_PHONE = 221_770_000_000
HOPS = ("", "BENCH", "BENCH*1", "BENCH*1*1")
_numbers = iter(range(FIRST_PHONE, FIRST_PHONE + 9_999_999))


def connect(tenant_id: UUID) -> str:
    """The address of a gateway of this tenant."""
    from smartqueue.notifications.models import Integration
    from smartqueue.notifications.states import Provider
    from smartqueue.tenants.scope import in_tenant

    with in_tenant(tenant_id):
        row = Integration.objects.create(tenant_id=tenant_id, provider=Provider.AFRICASTALKING_USSD)
    return f"/hooks/{row.provider}/{row.hook_key}/"


class Caller:
    """One session after another, each of another phone: dial, place, service, yes."""

    def __init__(self, hook: str) -> None:
        self.hook, self.hop = hook, 0

    def following(self, _last: bytes) -> bytes:
        if self.hop % len(HOPS) == 0:
            self.phone = f"+{next(_numbers)}"
            self.session = uuid4().hex
        typed = HOPS[self.hop % len(HOPS)]
        self.hop += 1
        form = {"sessionId": self.session, "phoneNumber": self.phone, "serviceCode": "*384*12#", "text": typed}
        body = urlencode(form).encode()
        head = (
            f"POST {self.hook} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


def measure(house: "House", hook: str, clients: int, seconds: float) -> Measured:
    """So many sessions at once, on fresh queues' lines."""
    return run_load(house.address, [Caller(hook).following for _ in range(clients)], seconds=seconds)


@click.command()
@click.option("--seconds", default=5.0, show_default=True, help="Length of a run.")
@click.option("--clients", "sizes", multiple=True, type=int, default=(1, 8, 32), show_default=True)
def command(seconds: float, sizes: tuple[int, ...]) -> None:
    """Measure the hops of USSD sessions that take tickets."""
    from smartqueue.cli.bench import running_house

    home = Path(tempfile.mkdtemp(prefix="sq-bench-"))
    home.chmod(0o755)
    table = Table(
        "Sessions at once", "Hops /s", "p50 ms", "p95 ms", "p99 ms", "Answers",
        title=f"A hop of a USSD session, over HTTP; wanted: p95 within {WANTED_MS} ms",
    )  # fmt: skip
    try:
        with running_house(home) as house:
            house.stage.fresh_queues(QUEUES)
            hook = connect(house.stage.tenant_id)
            for clients in sizes:
                run = measure(house, hook, clients, seconds)
                answers = " ".join(f"{status}×{n}" for status, n in sorted(run.statuses.items()))
                points = [f"{run.percentile(share):.1f}" for share in (0.5, 0.95, 0.99)]
                table.add_row(str(clients), f"{run.rate:,.0f}", *points, answers)
    finally:
        remove_data(home)
    Console(width=120).print(table)
