"""The page for recording the voice: who may, what is kept, and a recording made in a real browser."""

import os
import shutil

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.files.uploadedfile import SimpleUploadedFile

from smartqueue.cli.clips import chime, to_mp3
from smartqueue.devices.states.voice import LANGUAGES, fragments
from tests.servers import running_web
from tests.web.shared.browser import DESK, PHONE, chromium

__all__ = ["chromium"]

MP3 = to_mp3(chime())


@pytest.fixture
def visit():
    """A signed-in browser without a window; `None` for nobody."""
    from django.test import Client

    def make(person=None):
        client = Client()
        if person:
            client.force_login(person.user)
        return client

    return make


@pytest.fixture
def page_of(bank):
    return f"/{bank.slug}/manage/voice/"


@pytest.fixture
def kept(bank):
    from smartqueue.devices.queries.clips import recorded
    from smartqueue.tenants.scope import in_tenant

    def get():
        with in_tenant(bank.id):
            return set(recorded(list(LANGUAGES)))

    return get


def sound(name, content=MP3):
    return SimpleUploadedFile(name, content, content_type="audio/mpeg")


@pytest.mark.parametrize("method", ["get", "post"])
def test_only_administrators_of_the_organisation_come_in(visit, page_of, cheikh, awa, binta, kept, method):
    sent = {"language": "wo", "clips": sound("number.mp3")} if method == "post" else {}
    for person, status in ((None, 302), (cheikh, 404), (awa, 403), (binta, 403)):
        answer = getattr(visit(person), method)(page_of, dict(sent))
        assert answer.status_code == status
    assert "/sign-in/" in visit().get(page_of)["Location"]
    assert kept() == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_lists_exactly_what_is_to_be_recorded(visit, page_of, moussa, language):
    html = visit(moussa).get(f"{page_of}?language={language}").content.decode()

    assert html.count("data-key=") == len(fragments(language))
    for one in fragments(language):
        assert f'data-key="{one.key}"' in html
    assert ('voice-state"><span class="tag warn"' in html) == (language == "wo")


@pytest.mark.parametrize("language", ["ff", "", "fr\x00", "../fr"])
def test_a_language_that_is_not_ours_is_not_there(visit, page_of, moussa, language):
    assert visit(moussa).get(page_of, {"language": language}).status_code in (400, 404)
    assert visit(moussa).post(page_of, {"language": language, "delete": "number"}).status_code in (400, 404)


def test_many_files_at_once_and_a_bad_one_harms_no_other(visit, page_of, moussa, kept):
    files = [
        sound("number.mp3"),
        sound("N-3.MP3"),
        sound("n-77.mp3"),
        sound("n-4.mp3", b"<svg>"),
        sound("n-5.mp3", MP3 + bytes(200_000)),
    ]
    answer = visit(moussa).post(page_of, {"language": "wo", "clips": files}, follow=True)

    assert answer.redirect_chain == [(f"{page_of}?language=wo", 303)]
    assert kept() == {("wo", "number"), ("wo", "n-3")}
    html = answer.content.decode()
    assert html.count('class="own"') == 2
    assert [name for name in ("n-77.mp3:", "n-4.mp3:", "n-5.mp3:", "number.mp3:") if name in html] == [
        "n-77.mp3:", "n-4.mp3:", "n-5.mp3:",
    ]  # fmt: skip


def test_a_recording_is_deleted_and_what_ships_is_heard_again(visit, page_of, moussa, kept):
    client = visit(moussa)
    client.post(page_of, {"language": "fr", "clips": [sound("number.mp3")]})
    assert kept() == {("fr", "number")}

    assert client.post(page_of, {"language": "fr", "delete": "number"}).status_code == 303
    assert kept() == set()
    assert client.post(page_of, {"language": "fr", "delete": "number"}).status_code == 404


def test_a_form_without_a_file_changes_nothing(visit, page_of, moussa, kept):
    assert visit(moussa).post(page_of, {"language": "wo"}, follow=True).status_code == 200
    assert kept() == set()


def test_a_word_is_recorded_in_the_browser(chromium, bank, moussa, page_of, worker_environment, tmp_path, kept, visit):
    """With the microphone that Chromium plays to itself."""
    args = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    args += ["--no-sandbox"] if os.geteuid() == 0 else []
    recorder = chromium.browser_type.launch(executable_path=shutil.which("chromium"), args=args)
    client = visit(moussa)
    with running_web(1, worker_environment, tmp_path) as url:
        try:
            context = recorder.new_context(viewport=DESK, locale="fr", permissions=["microphone"])
            context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": url}])
            page = context.new_page()
            complaints = []
            page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.goto(f"{url}{page_of}?language=wo")
            row = page.locator("[data-key=n-3]")
            row.locator("[data-record]").click()
            row.locator("[data-record].on").wait_for()
            page.wait_for_timeout(700)  # what is recorded takes time to be said
            row.locator("[data-record]").click()
            page.locator("[data-key=n-3].own").wait_for(timeout=30_000)
            assert kept() == {("wo", "n-3")}

            row.locator("[data-play]").click()
            heard = page.evaluate("""async () => (await fetch(document.querySelector("[data-key=n-3] [data-play]").href)
              .then((answer) => answer.arrayBuffer())
              .then((bytes) => new OfflineAudioContext(1, 1, 22050).decodeAudioData(bytes))).duration""")
            assert 0.3 < heard < 5

            names = [f"{one.key}.mp3" for one in fragments("wo")[:4]]
            page.locator("#clips").set_input_files(
                [{"name": name, "mimeType": "audio/mpeg", "buffer": MP3} for name in [*names, "no-fragment.mp3"]]
            )
            page.locator("#upload button").click()
            page.locator("li.own").nth(4).wait_for(timeout=30_000)
            assert len(kept()) == 5
            assert complaints == []
            for viewport in (DESK, PHONE):
                page.set_viewport_size(viewport)
                assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]
                found = Axe().run(page).response["violations"]
                assert [
                    (one["id"], one["nodes"][0]["html"][:200])
                    for one in found
                    if one["impact"] in {"serious", "critical"}
                ] == []
                if folder := os.environ.get("SHOTS"):
                    page.screenshot(path=f"{folder}/voice-{viewport['width']}.png")
        finally:
            recorder.close()
