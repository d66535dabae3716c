"""`smartqueue screens`: pictures of a running instance's pages, as a phone and a desk see them."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from smartqueue.cli.instance import engines_at_hand, prepare_django, visible_url
from smartqueue.cli.processes import PlainError

if TYPE_CHECKING:
    from playwright.sync_api import Browser
else:
    Browser = Any

SIZES = {"phone": (360, 800), "desk": (1280, 720)}
LANGUAGES = ("fr", "wo", "en")
THEMES = ("light", "dark")
WITHIN_MS = 15_000


@dataclass(frozen=True)
class Page:
    """A page worth a picture.

    Attributes:
        name: of the file; small letters and dashes.
        path: its address below the instance's.
        role: who has to be signed in: a key of `DEMO_PEOPLE`; None for anybody.
        whole: the whole length of the page, not only what the window shows.
    """

    name: str
    path: str
    role: str | None = None
    whole: bool = False


DEMO_PEOPLE = {"admin": "admin@demo-bank.com", "agent": "binta@demo-bank.com"}
"""Role → the demo bank's member who plays it (`smartqueue/cli/tenant.py`)."""

PAGES: list[Page] = [
    Page("sign-in", "/sign-in/"),
    Page("home", "/"),
    Page("sites", "/demo-bank/"),
    Page("counter", "/demo-bank/counter/", role="agent"),
    Page("devices", "/demo-bank/manage/devices/", role="admin"),
    Page("voice", "/demo-bank/manage/voice/", role="admin"),
    Page("display", "/display/"),
    Page("kiosk", "/kiosk/"),
    Page("gallery", "/styleguide/", whole=True),
    Page("not-found", "/there/is/nothing/here/"),
]
"""Each audience adds a line for each of its pages."""


@click.command("screens")
@click.option("--only", multiple=True, help="Names of pages; all of them when left out.")
@click.option("--lang", "languages", multiple=True, type=click.Choice(LANGUAGES), default=("fr",), show_default=True)
@click.option("--theme", "themes", multiple=True, type=click.Choice(THEMES), default=THEMES, show_default=True)
@click.option("--url", default="", help="Of the running instance; the one of this environment when left out.")
@click.option("--to", "folder", type=click.Path(file_okay=False, path_type=Path), default=Path("docs/screens"))
def command(only: Sequence[str], languages: Sequence[str], themes: Sequence[str], url: str, folder: Path) -> None:
    """Write PNG pictures of the pages of a running instance, in real Chromium."""
    unknown = set(only) - {page.name for page in PAGES}
    if unknown:
        raise PlainError(f"No such page: {', '.join(sorted(unknown))}. There are: {', '.join(p.name for p in PAGES)}.")
    pages = [page for page in PAGES if not only or page.name in only]
    base = (url or visible_url()).rstrip("/")
    cookies = sessions({page.role for page in pages if page.role})
    folder.mkdir(parents=True, exist_ok=True)
    with browser() as chromium:
        for page, size, language, theme in product(pages, SIZES, languages, themes):
            target = folder / f"{page.name}-{size}-{language}-{theme}.png"
            take(
                chromium, base, page, target, size=size, language=language, theme=theme, session=cookies.get(page.role)
            )
            click.echo(target)


def sessions(roles: set[str]) -> dict[str | None, str]:
    """A session of Django for the demo bank's person in each role; what a sign-in page would leave in the browser."""
    if not roles:
        return {}
    with engines_at_hand():
        prepare_django()
        from smartqueue.accounts.models import User

        made: dict[str | None, str] = {}
        for role in sorted(roles):
            user = User.objects.filter(email=DEMO_PEOPLE[role]).first()
            if user is None:
                raise PlainError(
                    f"The demo bank has no {DEMO_PEOPLE[role]}: run `smartqueue up` once with its demo data."
                )
            made[role] = session_of(user)
        return made


def session_of(user: Any) -> str:
    """The key of a new session of this person's, for the cookie `sessionid`."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)


@contextmanager
def browser() -> Iterator[Browser]:
    """This machine's Chromium, without a window.

    Raises:
        PlainError: there is none, or the development dependencies are not installed.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise PlainError("Playwright is not installed: run scripts/bootstrap.sh dev.") from None
    executable = shutil.which("chromium")
    if executable is None:
        raise PlainError("There is no `chromium` on this machine: install the package of that name.")
    with sync_playwright() as playwright:
        as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
        running = playwright.chromium.launch(executable_path=executable, args=as_root)
        try:
            yield running
        finally:
            running.close()


def take(
    chromium: Browser,
    base: str,
    page: Page,
    target: Path,
    *,
    size: str,
    language: str,
    theme: str,
    session: str | None = None,
) -> None:
    """Write one picture.

    Raises:
        PlainError: the instance does not answer.
    """
    from playwright.sync_api import Error

    width, height = SIZES[size]
    context = chromium.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
    )
    try:
        context.add_cookies([{"name": "django_language", "value": language, "url": base}])
        if session:
            context.add_cookies([{"name": "sessionid", "value": session, "url": base}])
        sheet = context.new_page()
        sheet.goto(f"{base}{page.path}", timeout=WITHIN_MS)
        sheet.screenshot(path=target, full_page=page.whole, timeout=WITHIN_MS)
    except Error as refused:
        raise PlainError(f"{base}{page.path} could not be opened: {refused.message.splitlines()[0]}") from None
    finally:
        context.close()
