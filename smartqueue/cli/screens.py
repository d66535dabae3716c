"""`smartqueue screens`: pictures of every page, as a phone, a desk, a wall and a kiosk show them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from smartqueue.cli.picturing.camera import browser, take
from smartqueue.cli.picturing.house import scratch_house
from smartqueue.cli.picturing.pages import PAGES, Page
from smartqueue.cli.processes import PlainError

if TYPE_CHECKING:
    from smartqueue.cli.picturing.stage import Stage
else:
    Stage = Any

LANGUAGES = ("fr", "wo", "en")
THEMES = ("light", "dark")


@click.command("screens")
@click.option("--only", multiple=True, help="Names of pages; all of them when left out.")
@click.option("--lang", "languages", multiple=True, type=click.Choice(LANGUAGES), default=("fr",), show_default=True)
@click.option("--theme", "themes", multiple=True, type=click.Choice(THEMES), default=("light",), show_default=True)
@click.option("--url", default="", help="Of a running instance, for pages that are there for anybody.")
@click.option("--to", "folder", type=click.Path(file_okay=False, path_type=Path), default=Path("docs/screens"))
def command(only: Sequence[str], languages: Sequence[str], themes: Sequence[str], url: str, folder: Path) -> None:
    """Take pictures of every page, on an instance that is made for them and removed again."""
    unknown = set(only) - {page.name for page in PAGES}
    if unknown:
        raise PlainError(f"No such page: {', '.join(sorted(unknown))}. There are: {', '.join(p.name for p in PAGES)}.")
    pages = [page for page in PAGES if not only or page.name in only]
    if url and not all(page.is_for_anybody for page in pages):
        prepared = ", ".join(page.name for page in pages if not page.is_for_anybody)
        raise PlainError(f"These pages need people who are not in a running instance: {prepared}. Leave out --url.")
    folder.mkdir(parents=True, exist_ok=True)
    with instance(url) as (base, stage), browser() as chromium:
        for page, language, theme in product(pages, languages, themes):
            for size in page.sizes:
                target = folder / name_of(page, size, language, theme)
                path, cookies = page.path.format_map(stage.places), cookies_of(page, stage)
                take(
                    chromium, base, page, target, size=size, language=language, theme=theme, path=path, cookies=cookies
                )
                click.echo(target)


@contextmanager
def instance(url: str) -> Iterator[tuple[str, Stage]]:
    """Address of the instance to look at, and who is in it."""
    if url:
        from smartqueue.cli.picturing.stage import Stage

        yield url.rstrip("/"), Stage()
        return
    with scratch_house() as base:
        from smartqueue.cli.picturing.messages import set_talking_stage, wait_until_told
        from smartqueue.cli.picturing.past import make_past
        from smartqueue.cli.picturing.receiver import cash_desk
        from smartqueue.kernel.clock import now
        from smartqueue.tenants.queries import tenants_by_slug

        (bank,) = tenants_by_slug(["demo-bank"])
        at = now()
        make_past(bank, at)
        with cash_desk() as receiver:
            yield base, set_talking_stage(bank, at, receiver=receiver, settled=lambda: wait_until_told(bank.id))


def name_of(page: Page, size: str, language: str, theme: str) -> str:
    """`home-phone-fr.png`; the dark ones say so."""
    words = [page.name, *([size] if len(page.sizes) > 1 else []), language, *([theme] if theme != "light" else [])]
    return f"{'-'.join(words)}.png"


def cookies_of(page: Page, stage: Stage) -> dict[str, str]:
    """Who is at the page: a person, a device, or nobody."""
    session = {"sessionid": stage.sessions[page.role]} if page.role else {}
    return session | ({"sq_device": stage.devices[page.device]} if page.device else {})
