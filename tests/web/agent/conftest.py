"""Consoles in a real browser, signed in by a real session; a real worker carries the news."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.servers import running_worker
from tests.web.shared.browser import DESK, chromium

__all__ = ["chromium"]

Console = Callable[..., Any]


@pytest.fixture(scope="module")
def worker(worker_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with running_worker(worker_environment, tmp_path_factory.mktemp("worker")):
        yield


def is_fault(said: Any) -> bool:
    """An error in the browser's console; that a press has cut a refresh short is none, though htmx logs it."""
    return said.type == "error" and not said.text.startswith(("htmx:afterRequest", "htmx:sendAbort"))


def session_of(person: Any) -> str:
    """The key of a session in which this person has signed in."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from smartqueue.web.shared.sessions import SessionStore

    session = SessionStore()
    session[SESSION_KEY] = str(person.user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = person.user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


@pytest.fixture
def sit(chromium: Any, live_server_url: str) -> Iterator[Console]:
    """`sit(person, language="fr", **options) -> page`: the console of a signed-in person, in a context of its own."""
    with ExitStack() as closing:

        def open_console(person: Any, *, language: str = "fr", query: str = "", **options: Any) -> Any:
            context = chromium.new_context(**{"viewport": DESK, "locale": "fr"} | options)
            closing.callback(context.close)
            context.add_cookies(
                [
                    {"name": "django_language", "value": language, "url": live_server_url},
                    {"name": "sessionid", "value": session_of(person), "url": live_server_url},
                ]
            )
            page = context.new_page()
            page.set_default_timeout(30_000)
            page.complaints = []
            page.on("pageerror", lambda error: page.complaints.append(str(error)))
            page.on("console", lambda said: page.complaints.append(said.text) if is_fault(said) else None)
            page.goto(f"{live_server_url}/{person.tenant.slug}/counter/{query}")
            return page

        yield open_console


@pytest.fixture
def signed_in() -> Callable[[Any], Any]:
    """A Django client with this person's session."""
    from django.conf import settings
    from django.test import Client

    def make(person: Any = None) -> Any:
        client = Client()
        if person is not None:
            client.cookies[settings.SESSION_COOKIE_NAME] = session_of(person)
        return client

    return make


@pytest.fixture
def waiting(take: Callable[..., Any]) -> Callable[..., Any]:
    """`waiting(minutes=9, queue=None)`: somebody who has waited that long; since midnight at most (Dakar keeps UTC), in
    the same order, because yesterday's numbers are others."""
    from smartqueue.kernel.clock import now

    def start(minutes: float = 0, queue: Any = None, **options: Any) -> Any:
        at = now()
        midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
        since = max(at - timedelta(minutes=minutes), midnight + timedelta(seconds=1 / (1 + minutes)))
        return take(queue, at=since, **options)

    return start


@pytest.fixture
def screens() -> Path | None:
    """Where pictures for the eye go; nowhere unless asked for."""
    import os

    folder = os.environ.get("SMARTQUEUE_SCREENS")
    return Path(folder) if folder else None
