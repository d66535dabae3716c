"""Chromium as a camera: one picture of one page, the same picture whenever the page is the same."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smartqueue.cli.picturing.pages import SIZES, Page
from smartqueue.cli.processes import PlainError

if TYPE_CHECKING:
    from playwright.sync_api import Browser
else:
    Browser = Any

WITHIN_MS = 15_000
COLOURS = 128
UNSEEN = 40
"""Of 255: by how much a colour may differ before anybody sees it in one point."""

# Times, random codes and running seconds differ each time: the picture shows these instead.
STEADY = """async (code) => {
  for (let timer = setTimeout(() => {}); timer > 0; timer--) clearInterval(timer);
  const words = (element, pattern, instead) => {
    const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replace(pattern, instead);
  };
  for (const [which, pattern, instead] of [
    ["#clock, .facts dd, .timeline time", /\\d\\d:\\d\\d(:\\d\\d)?/g, "10:24"],
    [".facts dd, .list-table td", /\\d+ \\S+ 20\\d\\d/g, "2 mars 2026"],
    ["[data-code]", /[A-Z]{4}-[A-Z]{4}/, "BCDF-GHJK"],
    ["#code, .small b", /\\d{4} \\d{4}/, "4823 1907"],
    ["main", /\\d{1,2} [^\\d\\s]+( 20\\d\\d)?, \\d\\d:\\d\\d(:\\d\\d)?/g, "2 mars, 10:24"],
    ["main", /http:\\/\\/127[.]0[.]0[.]1:\\d+\\/cash-desk/g, "https://caisse.example.com/smartqueue"],
    ["main", /\\/t\\/[A-Za-z0-9_-]{22}/g, "/t/Uno7CUk4Ov6uYz4mT1dVnQ"],
    [".list-table td", /\\d+ ms/, "12 ms"],
    [".hint", /\\d\\d\\/\\d\\d\\/20\\d\\d/, "02/03/2026"],
    [".spend header span", /.+/, "mars 2026"],
    ["[data-status] > .small", /\\d\\d:\\d\\d/, "10:24"],
    ["sq-timer", /:\\d\\d$/, ":05"],
    ["#dot span", /.+/, ""],
  ]) document.querySelectorAll(which).forEach((element) => words(element, pattern, instead));
  const hook = document.querySelector("#hook");
  if (hook) hook.value = hook.value.replace(/[^/]+\\/$/, "Uno7CUk4Ov6uYz4mT1dVnQ/");
  const qr = document.querySelector("#qr[src]");
  if (qr) await Object.assign(qr, {src: code}).decode();
}"""


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
        sound = ["--autoplay-policy=no-user-gesture-required"]  # else a display asks to be touched
        running = playwright.chromium.launch(executable_path=executable, args=[*as_root, *sound])
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
    path: str,
    cookies: dict[str, str],
) -> None:
    """Write one picture; one that is there and looks the same stays as it is.

    Args:
        path: of the page, with nothing in braces any more.
        cookies: that the browser has from before, name → value.

    Raises:
        PlainError: the page cannot be had.
    """
    from playwright.sync_api import Error

    window = SIZES[size]
    context = chromium.new_context(
        viewport={"width": window.width, "height": window.height},
        locale=language,
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
        timezone_id="Africa/Dakar",
    )
    try:
        kept = cookies | {"django_language": language}
        context.add_cookies([{"name": name, "value": value, "url": base} for name, value in kept.items()])
        context.add_init_script("window.print = () => {}")
        sheet = context.new_page()
        sheet.set_default_timeout(WITHIN_MS)
        answer = sheet.goto(f"{base}{path}")
        if answer is None or answer.status >= 500:
            raise PlainError(f"{base}{path} is broken: no picture of that.")
        if page.steps:
            page.steps(sheet, language)
        sheet.mouse.move(0, 0)  # no button looks as if a hand were on it
        if page.whole:
            sheet.evaluate(
                "scrollTo({top: 0, behavior: 'instant'})"
            )  # else what hides above the window comes into the picture
        if sheet.locator("html").count():
            sheet.evaluate(STEADY, some_code())
        png = sheet.screenshot(full_page=page.whole, animations="disabled")
    except Error as refused:
        raise PlainError(f"{base}{path} could not be opened: {refused.message.splitlines()[0]}") from None
    finally:
        context.close()
    written = smaller(png, window.shown)
    if not (target.exists() and look_alike(target.read_bytes(), written)):
        target.write_bytes(written)


def some_code() -> str:
    """A QR code as large as a ticket's, as an image's address."""
    import segno

    return segno.make("http://127.0.0.1:8000/t/Uno7CUk4Ov6uYz4mT1dVnQ", error="m", micro=False).svg_data_uri(border=4)


def smaller(png: bytes, width: int) -> bytes:
    """The picture in `COLOURS` colours, as wide as `width`, or as it is for 0."""
    from PIL import Image

    with Image.open(BytesIO(png)) as taken:
        picture = taken.convert("RGB")
    if width:
        picture = picture.resize((width, round(picture.height * width / picture.width)), Image.Resampling.LANCZOS)
    written = BytesIO()
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(written, "PNG", optimize=True)
    return written.getvalue()


def look_alike(png: bytes, other: bytes) -> bool:
    """Nobody could tell these pictures apart: Chromium does not place every point of a letter the same way twice."""
    from PIL import Image, ImageChops

    with Image.open(BytesIO(png)) as one, Image.open(BytesIO(other)) as two:
        if one.size != two.size:
            return False
        return max(ImageChops.difference(one.convert("RGB"), two.convert("RGB")).tobytes()) < UNSEEN
