"""Pages of administrators: by Django's client, and in a real browser with a real session."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.devices.conftest import claim, device_row, facts, pair
from tests.feedback.conftest import answer, visit_over
from tests.web.shared.browser import DESK, chromium

__all__ = ["answer", "chromium", "claim", "device_row", "facts", "pair", "visit_over"]


@pytest.fixture
def visit() -> Callable[..., Any]:
    """`visit(person)`: a client in which this person has signed in; None for nobody."""
    from django.test import Client

    def make(person: Any = None) -> Client:
        client = Client(headers={"Accept": "text/html", "Accept-Language": "en"})
        if person is not None:
            client.force_login(person.user)
        return client

    return make


@pytest.fixture
def browse(chromium: Any, live_server_url: str) -> Iterator[Callable[..., Any]]:
    """`browse(path, person=None, language="fr", …) -> page`, in a context of its own; `page.complaints` are what the
    console or the content policy refused."""
    from django.test import Client

    with ExitStack() as closing:

        def start(path: str, person: Any = None, *, language: str = "fr", **options: Any) -> Any:
            context = chromium.new_context(**{"viewport": DESK, "locale": "fr"} | options)
            closing.callback(context.close)
            cookies = {"django_language": language}
            if person is not None:
                client = Client()
                client.force_login(person.user)
                cookies["sessionid"] = client.cookies["sessionid"].value
            context.add_cookies(
                [{"name": name, "value": value, "url": live_server_url} for name, value in cookies.items()]
            )
            page = context.new_page()
            page.complaints = []
            page.on("console", lambda said: page.complaints.append(said.text) if said.type == "error" else None)
            page.on("pageerror", lambda error: page.complaints.append(str(error)))
            page.goto(f"{live_server_url}{path}")
            return page

        yield start
