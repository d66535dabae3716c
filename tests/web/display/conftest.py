"""A screen in a real browser, in front of a web process with the voice's clips."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from smartqueue.cli.clips import build_clips
from tests.devices.conftest import claim, device_row, pair
from tests.live.conftest import call, close, relay
from tests.servers import running_web
from tests.web.shared.browser import DESK, chromium

__all__ = ["call", "chromium", "claim", "close", "device_row", "pair", "relay"]

LISTEN = (Path(__file__).parent / "listen.js").read_text()


@pytest.fixture(scope="module")
def tv_web(worker_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base address of a web process that has the clips."""
    build_clips(Path(os.environ["SMARTQUEUE_HOME"]) / "static")
    with running_web(1, worker_environment, tmp_path_factory.mktemp("tv")) as url:
        yield url


@pytest.fixture
def screen(pair: Callable[..., Any], bank: Any) -> Callable[..., Any]:
    """A paired display with these settings; the site is the bank's."""
    from smartqueue.devices.models import Device
    from smartqueue.tenants.scope import in_tenant

    def make(**values: Any) -> Any:
        paired = pair("display", name="Écran du hall")
        with in_tenant(bank.id):
            Device.objects.filter(id=paired.id).update(**values)
        return paired

    return make


@pytest.fixture
def switch_on(chromium: Any, tv_web: str) -> Iterator[Callable[..., Any]]:
    """`switch_on(device) -> page`: the screen's page, once it listens. `complaints`: what the console refused.

    Its `window.played` is filled by listen.js: start and end of every sound, in seconds of the audio clock.
    """
    with ExitStack() as closing:

        def start(
            device: Any,
            *,
            viewport: Any = DESK,
            url: str = tv_web,
            browser: Any = chromium,
            clock: bool = False,
            scripts: Sequence[str] = (),
        ) -> Any:
            context = browser.new_context(viewport=viewport, locale="fr")
            closing.callback(context.close)
            context.add_cookies([{"name": "sq_device", "value": device.token, "url": url}])
            page = context.new_page()
            if clock:
                page.clock.install()
            page.complaints = []
            page.on("console", lambda said: page.complaints.append(said.text) if said.type == "error" else None)
            page.on("pageerror", lambda error: page.complaints.append(str(error)))
            for script in (LISTEN, *scripts):
                page.add_init_script(script)
            page.goto(f"{url}/display/")
            page.wait_for_selector("body[data-ready][data-line=live]")
            return page

        yield start
