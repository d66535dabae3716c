"""Messages both ways, with no account at any provider: a ticket by USSD and one by SMS, called
at the counter, read in the outbox in French and in Wolof, and told to another system, signed."""

import json
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from smartqueue.cli.processes import wait_until
from tests.journeys.house import bank, browse, chromium, house, off_duty, sign_in, with_password

__all__ = ["bank", "browse", "chromium", "house", "off_duty", "with_password"]

RECEIVER = Path(__file__).parents[2] / "examples" / "webhook_receiver.py"
FRENCH, WOLOF = "+221771230001", "+221771230002"
PATIENT_MS = 30_000


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Callable[[str], tuple[str, Callable[[], list[dict[str, Any]]]]]]:
    """`receiver() -> (url, start)`, then `start(secret) -> heard`: the program of the README, which writes what it
    believes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path / "heard.txt"
    with ExitStack() as ending:

        def start(secret: str) -> Callable[[], list[dict[str, Any]]]:
            file = ending.enter_context(log.open("wb"))
            environment = {"WEBHOOK_SECRET": secret, "PORT": str(port)}
            process = subprocess.Popen([sys.executable, str(RECEIVER)], env=environment, stdout=file)
            ending.callback(process.wait)
            ending.callback(process.kill)

            def answers() -> bool:
                with socket.socket() as knock:
                    return knock.connect_ex(("127.0.0.1", port)) == 0

            assert wait_until(answers, seconds=30)
            return lambda: [json.loads(line.split(" ", 1)[1]) for line in log.read_text().splitlines()]

        yield f"http://127.0.0.1:{port}/", start


def api(house: str, person: Any, bank: Any) -> httpx.Client:
    return httpx.Client(
        base_url=f"{house}/api/v1/tenants/{bank.slug}/", headers={"Authorization": f"Bearer {person.token}"}, timeout=30
    )


def speaks_wolof(bank: Any, phone: str) -> None:
    from smartqueue.customers.actions import customer_by_phone
    from smartqueue.journal.states import SYSTEM
    from smartqueue.kernel.clock import now
    from smartqueue.tenants.scope import in_tenant

    with in_tenant(bank.id):
        customer_by_phone(tenant_id=bank.id, phone=phone, language="wo", actor=SYSTEM, at=now())


def dial(phone: Any, *typed: str) -> str:
    """Dial, then type one answer after the other. Returns the last screen."""
    before = phone.locator("[name=session]").input_value()
    phone.get_by_role("button", name=re.compile("^Dial")).click()
    expect(phone.locator("[name=session]")).not_to_have_value(before, timeout=PATIENT_MS)
    for one in typed:
        hop = phone.locator("[name=hop]").input_value()
        phone.locator("#text").fill(one)
        phone.get_by_role("button", name="Send").click()
        expect(phone.locator("[name=hop]")).not_to_have_value(hop, timeout=PATIENT_MS)
    return str(phone.locator(".glass").inner_text())


def test_a_ticket_by_ussd_and_one_by_sms_are_called_read_in_two_languages_and_told_to_another_system(
    browse, house, bank, site, tellers, moussa, binta, with_password, receiver
):
    speaks_wolof(bank, WOLOF)
    url, start = receiver
    with api(house, moussa, bank) as admin:
        made = admin.post("webhooks/", json={"url": url, "facts": ["ticket.created", "ticket.called"]})
        assert made.status_code == 201, made.text
        heard = start(made.json()["secret"])

    page = browse("/sign-in/")
    sign_in(page, with_password(moussa))
    page.wait_for_url(f"**/{bank.slug}/**")
    page.goto(f"{house}/phone/{bank.slug}/")
    page.fill("[name=number]", FRENCH)
    first = dial(page, site.code, "1")
    assert "A001" in first, first

    page.goto(f"{house}/phone/{bank.slug}/?way=sms")
    page.fill("[name=number]", WOLOF)
    page.fill("#text", f"TICKET {site.code}")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".chat .theirs").last).to_contain_text("A002", timeout=PATIENT_MS)

    with api(house, binta, bank) as agent:
        for number in ("A001", "A002"):
            called = agent.post("agents/me/call-next/", json={})
            assert (called.status_code, called.json()["number"]) == (200, number)
            page.goto(f"{house}/{bank.slug}/manage/outbox/")
            expect(page.locator("#outbox")).to_contain_text(number, timeout=PATIENT_MS)
            agent.post(f"tickets/{called.json()['id']}/close/", json={"outcome": "served"})

    for phone, language, number in ((FRENCH, "fr", "A001"), (WOLOF, "wo", "A002")):
        said = page.locator(".inbox", has_text=phone).locator(f".said[lang={language}]", has_text=number)
        expect(said.first).to_be_visible()
    assert wait_until(lambda: len(heard()) == 4, seconds=60), heard()
    told = [(one["type"], one["data"]["number"]) for one in heard()]
    assert sorted(told) == sorted(
        (fact, number) for number in ("A001", "A002") for fact in ("ticket.created", "ticket.called")
    )
    assert page.complaints == []
