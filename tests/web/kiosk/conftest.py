"""A kiosk in the hall: paired, in a real Chromium, on a web process of this module's own."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.servers import running_web
from tests.web.shared.browser import chromium

__all__ = ["chromium"]

PORTRAIT, LANDSCAPE = {"width": 1080, "height": 1920}, {"width": 1280, "height": 800}
PICTOGRAMS = ("cash", "account", "card", "advice", "document", "payment", "health", "parcel")
NAMES = ("Retrait d'espèces", "Ouverture de compte", "Carte bancaire", "Conseil et crédit", "Relevés et attestations",
         "Paiement de factures", "Assurance santé", "Envoi de colis")  # fmt: skip


@pytest.fixture(scope="module")
def house(worker_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_web(1, worker_environment, tmp_path_factory.mktemp("kiosk")) as url:
        yield url


@pytest.fixture
def services(bank: Any, make_queue: Callable[..., Any]) -> Callable[..., list[Any]]:
    """`services(n)`: so many queues, each of a service with a name and a pictogram."""
    from smartqueue.sites.models import Service
    from smartqueue.tenants.scope import in_tenant

    def make(count: int, start: int = 0) -> list[Any]:
        queues = []
        for n in range(start, start + count):
            with in_tenant(bank.id):
                service = Service.objects.create(
                    tenant=bank, code=f"k{n}", duration_s=300, pictogram=PICTOGRAMS[n % 8],
                    name=NAMES[n] if n < 8 else f"{NAMES[n % 8]} ({n // 8 + 1})",
                )  # fmt: skip
            queues.append(make_queue(service=service, name=service.name))
        return queues

    return make


@pytest.fixture
def pair(bank: Any, site: Any, moussa: Any) -> Callable[..., Any]:
    """`pair() -> (device, token)`: a kiosk of the bank, paired as an administrator pairs it."""
    from smartqueue.devices.actions import begin_pairing, claim, collect
    from smartqueue.devices.models import Device
    from smartqueue.kernel.clock import now
    from smartqueue.tenants.scope import in_tenant

    def make(kind: str = "kiosk", **fields: Any) -> Any:
        at = now()
        code, secret = begin_pairing(kind=kind, address=f"test:{bank.slug}", at=at)
        with in_tenant(bank.id):
            device = claim(
                code=code, tenant_id=bank.id, site_id=site.id, name="Borne entrée", actor=moussa.actor, at=at
            )
            Device.objects.filter(id=device.id).update(**{"languages": ["fr", "wo", "en"], "theme": "light"} | fields)
        return device, collect(secret=secret, at=at)

    return make


@pytest.fixture
def open_kiosk(chromium: Any, house: str, pair: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """`open_kiosk(viewport=…) -> page`: what it prints is noted in `prints`, its complaints in `complaints`."""
    with ExitStack() as closing:

        def start(
            base: str = house, token: str | None = None, fields: Any = None, clock: bool = False, **options: Any
        ) -> Any:
            device = None
            if token is None:
                device, token = pair(**(fields or {}))
            context = chromium.new_context(
                **{"viewport": PORTRAIT, "locale": "fr", "has_touch": True, "timezone_id": "Africa/Dakar"} | options
            )
            closing.callback(context.close)
            context.add_cookies([{"name": "sq_device", "value": token, "url": base}])
            context.add_init_script(
                "window.prints = []; window.print = () => window.prints.push(document.getElementById('paper').innerText"
                " || document.getElementById('paper').textContent)"
            )
            page = context.new_page()
            if clock:
                page.clock.install()
            page.device, page.token, page.complaints = device, token, []
            page.on("console", lambda said: page.complaints.append(said.text) if said.type == "error" else None)
            page.on("pageerror", lambda error: page.complaints.append(str(error)))
            page.goto(f"{base}/kiosk/")
            page.wait_for_selector("body[data-ready]")
            return page

        yield start


class Client:
    """A kiosk as a program: JSON in and out, inside this process."""

    def __init__(self, token: str) -> None:
        from django.test import Client as Django

        self.client = Django(raise_request_exception=False)
        self.client.cookies["sq_device"] = token

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(path, headers=headers)

    def post(self, path: str, body: Any, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(path, json.dumps(body), content_type="application/json", headers=named)


@pytest.fixture
def program(pair: Callable[..., Any]) -> Callable[..., Client]:
    def make(**fields: Any) -> Client:
        device, token = pair(**fields)
        client = Client(token)
        client.device = device
        return client

    return make
