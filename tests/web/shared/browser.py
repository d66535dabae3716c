"""A real Chromium on real web processes. Other audiences' tests may take these fixtures too."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.servers import running_web

Open = Callable[..., Any]
EVERY_DRESS = [(language, scheme) for language in ("fr", "wo", "en") for scheme in ("light", "dark")]
DRESSES = EVERY_DRESS if os.environ.get("SMARTQUEUE_FULL") else [("fr", "light"), ("wo", "dark")]
"""Languages and colours in which pages are judged; all of them in the large version."""
PHONE, DESK = {"width": 360, "height": 800}, {"width": 1280, "height": 720}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """One browser for the tests of a module: Playwright's event loop runs in this thread, and while it does, no other
    test may run one of its own."""
    from playwright.sync_api import sync_playwright

    # Playwright's loop runs in this thread, so Django takes every query of a test for one from a coroutine.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session")
def gallery_url(worker_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base address of a web process that shows the gallery."""
    environment = worker_environment | {"SMARTQUEUE_STYLEGUIDE": "1"}
    with running_web(1, environment, tmp_path_factory.mktemp("gallery")) as url:
        yield url


@pytest.fixture
def open_page(chromium: Any, gallery_url: str) -> Iterator[Open]:
    """`open_page(path, language="fr", scheme="light", …) -> page`, in a context of its own.

    Its `complaints` are whatever the browser's console or a script refused, the content policy's refusals among them.
    """
    with ExitStack() as closing:

        def start(path: str, *, base: str = gallery_url, language: str = "fr", scheme: str = "light", **options: Any):
            context = chromium.new_context(**{"viewport": DESK, "locale": "fr", "color_scheme": scheme} | options)
            closing.callback(context.close)
            context.add_cookies([{"name": "django_language", "value": language, "url": base}])
            page = context.new_page()
            page.complaints = []
            page.on("console", lambda said: page.complaints.append(said.text) if said.type == "error" else None)
            page.on("pageerror", lambda error: page.complaints.append(str(error)))
            page.goto(f"{base}{path}")
            return page

        yield start
