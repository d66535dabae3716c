"""The command that takes pictures: what it prepares is there, and a picture is the size it says."""

import re
import struct
from html import unescape
from io import BytesIO
from uuid import uuid4

import pytest
from click.testing import CliRunner
from django.conf import settings
from django.test import Client, override_settings
from PIL import Image

from smartqueue.cli.main import main
from smartqueue.cli.picturing.camera import look_alike, smaller
from smartqueue.cli.picturing.pages import PAGES, SIZES, Page
from smartqueue.cli.screens import LANGUAGES, THEMES, cookies_of, name_of
from smartqueue.kernel.clock import now
from tests.races.world import broken_invariants


def screens(*words):
    return CliRunner().invoke(main, ["screens", *words])


def size_of(picture):
    """Width and height of a PNG, which stand in its first chunk."""
    return struct.unpack(">II", picture.read_bytes()[16:24])


@pytest.fixture(scope="module")
def stage():
    """Such a day of a bank of this module's own, `slug` in its places."""
    from smartqueue.cli.picturing.messages import set_talking_stage
    from smartqueue.cli.tenant import add_demo_data, ensure_tenant
    from smartqueue.tenants.states import OrganisationType

    slug = f"t-{uuid4().hex[:12]}"
    tenant = ensure_tenant(
        name="Banque", slug=slug, type=OrganisationType.BANK, admin_email=f"admin@{slug}.com", admin_password="",
        check_password=False,
    )  # fmt: skip
    add_demo_data(tenant)
    with override_settings(OUTBOUND_LOOPBACK=True):
        made = set_talking_stage(tenant, now(), receiver="http://127.0.0.1:9/cash-desk", settled=lambda: None)
    made.places["slug"] = slug
    assert broken_invariants(tenant.id) == {}
    return made


def test_a_page_is_taken_at_each_of_its_sizes(gallery_url, tmp_path):
    done = screens("--url", gallery_url, "--to", str(tmp_path), "--only", "sign-in", "--lang", "wo")

    assert done.exit_code == 0, done.output
    assert {picture.name: size_of(picture) for picture in tmp_path.iterdir()} == {
        "sign-in-phone-wo.png": (360, 800),
        "sign-in-desk-wo.png": (1280, 720),
    }


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--only", "moon"), "No such page: moon. There are: home, "),
        (("--only", "devices", "--url", "http://127.0.0.1:9"), "These pages need people who are not in a running "),
        (("--only", "sign-in", "--url", "http://127.0.0.1:9"), "http://127.0.0.1:9/sign-in/ could not be opened:"),
    ],
)
def test_what_cannot_be_is_a_sentence(tmp_path, words, sentence):
    done = screens("--to", str(tmp_path), *words)

    assert done.exit_code == 1
    assert done.output.startswith(f"Error: {sentence}")
    assert list(tmp_path.iterdir()) == []


def test_a_broken_page_is_no_picture(gallery_url, tmp_path):
    from smartqueue.cli.picturing.camera import browser, take
    from smartqueue.cli.processes import PlainError

    page = Page("broken", "/styleguide/errors/500/")
    with browser() as chromium, pytest.raises(PlainError, match="is broken"):
        take(chromium, gallery_url, page, tmp_path / "broken.png", size="phone", language="fr", theme="light",
             path=page.path, cookies={})  # fmt: skip
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("page", [page for page in PAGES if page.name != "gallery"], ids=lambda page: page.name)
def test_everybody_whom_a_page_needs_is_on_the_stage(stage, page):
    browser = Client(headers={"Accept": "text/html"})
    for name, value in (cookies_of(page, stage) | {settings.LANGUAGE_COOKIE_NAME: "fr"}).items():
        browser.cookies[name] = value

    answer = browser.get(page.path.format_map(stage.places).replace("demo-bank", stage.places["slug"]))

    assert answer.status_code == (404 if page.name == "not-found" else 200)
    shown = answer.content.decode()
    from smartqueue.cli.picturing.messages import NEWS  # here, because it imports models

    if page.name.startswith("ticket-"):
        assert f'data-status="{page.name.partition("-")[2]}"' in shown
    if page.name == "notice-on-ticket":
        assert NEWS.partition(".")[0] in unescape(shown)
    if page.name == "near-on-ticket":
        assert f"/t/{stage.places['near']}/near/" in shown
        assert 'name="people_ahead"' not in shown
    if page.role in {"binta", "ousmane"}:
        assert re.search(r'data-hand="[0-9a-f-]{36}"', shown)
    if page.device:
        assert "data-pairing" not in shown


def test_pictures_that_nobody_can_tell_apart_are_one():
    def square(grey, dot):
        picture, written = Image.new("RGB", (8, 8), (grey,) * 3), BytesIO()
        picture.putpixel((3, 3), (dot,) * 3)
        picture.save(written, "PNG")
        return written.getvalue()

    assert look_alike(square(200, 200), square(201, 210))
    assert not look_alike(square(200, 200), square(200, 0))
    assert not look_alike(square(200, 200), smaller(square(200, 200), 4))


def test_names_of_pictures_are_their_own():
    names = [
        name_of(page, size, language, theme)
        for page in PAGES
        for size in page.sizes
        for language in LANGUAGES
        for theme in THEMES
    ]

    assert len(set(names)) == len(names)
    assert {size for page in PAGES for size in page.sizes} <= set(SIZES)
