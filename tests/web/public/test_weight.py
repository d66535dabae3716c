"""14 kB: three seconds on EDGE."""

import gzip
import re
import sys
from pathlib import Path

import pytest

from tests.web.shared.browser import PHONE

PAGE_BYTES, SCRIPT_BYTES = 14_336, 4096
HERE = Path(__file__).parents[3] / "smartqueue" / "web"


@pytest.fixture
def loaded(chromium, gallery_url):
    """`loaded(path)`: address → bytes that came over the wire for it, headers and all, on a first visit."""

    def load(path, *, language):
        context = chromium.new_context(viewport=PHONE, service_workers="block")  # it comes later: see the other test
        context.add_cookies([{"name": "django_language", "value": language, "url": gallery_url}])
        page = context.new_page()
        wire, names, sizes = context.new_cdp_session(page), {}, {}
        wire.send("Network.enable")
        wire.on("Network.requestWillBeSent", lambda told: names.update({told["requestId"]: told["request"]["url"]}))
        wire.on(
            "Network.loadingFinished",
            lambda told: sizes.update({names[told["requestId"]].removeprefix(gallery_url): told["encodedDataLength"]}),
        )
        page.goto(f"{gallery_url}{path}", wait_until="networkidle")
        page.locator("#dot").wait_for()
        context.close()
        return sizes

    return load


@pytest.mark.parametrize("language", ["fr", "wo", "en"])
def test_the_ticket_page_weighs_14_kilobytes_with_everything_it_needs(
    loaded, tellers, take, token_of, language, capsys
):
    mine = f"/t/{token_of(take())}"
    sizes = loaded(mine, language=language)

    with capsys.disabled():
        sys.stdout.write(f"\n{language}: {sum(sizes.values())} bytes, of which the page {sizes[mine]}\n")
    assert {re.sub(r"\.[0-9a-f]{12}\.", ".", path) for path in sizes} >= {
        mine, "/static/public/ticket.css", "/static/public/ticket.js",
    }, sizes  # fmt: skip
    assert sum(sizes.values()) <= PAGE_BYTES, sizes


def test_its_script_is_four_kilobytes_as_it_stands():
    assert len((HERE / "public/static/public/ticket.js").read_bytes()) <= SCRIPT_BYTES


def test_what_comes_later_is_small_too(browser):
    """The worker and the manifest, which a browser asks for when the page is there."""
    worker = browser().get("/sw.js", headers={"accept-encoding": "gzip"})
    manifest = browser().get("/manifest.webmanifest")

    assert len(worker.content) + len(manifest.content) < 2048
    assert len(gzip.decompress(worker.content).splitlines()) <= 120


def test_its_colours_are_those_of_the_house():
    """ticket.css repeats what it needs of tokens.css, so that one file is enough."""

    def values(path):
        light, _, dark = (HERE / path).read_text().partition("prefers-color-scheme")
        blocks = light.split("[data-theme=")[0], dark
        return [dict(re.findall(r"(--[\w-]+):\s*([^;}]+?)\s*[;}]", block)) for block in blocks]

    for ours, theirs in zip(
        values("public/static/public/ticket.css"), values("shared/static/css/tokens.css"), strict=True
    ):
        assert ours
        assert ours == {name: theirs[name] for name in ours}
