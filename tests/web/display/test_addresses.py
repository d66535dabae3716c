"""A screen's addresses without a browser: who may ask, what is told, what may be kept."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from smartqueue.cli.clips import chime, to_mp3
from tests.cast import NINE

MP3 = to_mp3(chime())


@pytest.fixture
def ask():
    """`ask(path, token)`: a request of a device, or of anybody."""
    from django.test import Client

    def do(path, token="", **options):
        client = Client()
        if token:
            client.cookies["sq_device"] = token
        answer = client.get(path, **options)
        if answer.streaming:  # a file of whitenoise's, which a server would close
            answer.close()
        return answer

    return do


@pytest.fixture
def clip(bank, moussa):
    from smartqueue.devices.actions.clips import keep_clip
    from smartqueue.tenants.scope import in_tenant

    def keep(language="wo", key="number"):
        with in_tenant(bank.id):
            return keep_clip(
                tenant_id=bank.id, language=language, key=key, audio=MP3, seconds=1, actor=moussa.actor, at=NINE
            )

    return keep


PATHS = ("/display/", "/display/now/", "/display/words/?number=A001")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("token", ["", "sqd_" + "x" * 43, "sqd_\x00", "x" * 5000], ids=["none", "false", "nul", "long"])
def test_nobody_sees_a_screen_without_its_token(ask, path, token):
    answer = ask(path, token, headers={"accept": "application/json"})
    assert answer.status_code == 401
    assert answer.json()["code"] == "device_revoked"


def test_a_browser_without_a_token_is_shown_how_to_pair(ask):
    answer = ask("/display/")
    assert answer.status_code == 200
    assert b'id="now"' not in answer.content


def test_a_kiosk_is_sent_to_its_own_page(ask, pair):
    kiosk = pair("kiosk", name="Borne")
    for path in PATHS:
        assert ask(path, kiosk.token)["Location"] == "/kiosk/"


def test_a_screen_that_was_cut_off_is_told_nothing(ask, screen, bank, moussa):
    from smartqueue.devices.actions import revoke_device
    from smartqueue.tenants.scope import in_tenant

    device = screen()
    with in_tenant(bank.id):
        revoke_device(device_id=device.id, actor=moussa.actor, at=NINE)
    for path in PATHS:
        assert ask(path, device.token, headers={"accept": "*/*"}).status_code == 401


def test_a_screen_shows_its_own_organisation_only(ask, screen, take, call, relay, binta, cheikh, pair):
    """Cheikh's screen stands in another town hall; its first state holds nothing of the bank."""
    from smartqueue.sites.models import Site
    from smartqueue.tenants.scope import in_tenant

    take()
    call(binta)
    relay()
    with in_tenant(cheikh.tenant.id):
        place = Site.objects.create(tenant=cheikh.tenant, name="Mairie", code="MAI1")
    elsewhere = pair("display", person=cheikh, place=place, name="Écran")

    assert b"A001" in ask("/display/", screen().token).content
    assert b"A001" not in ask("/display/", elsewhere.token).content


def test_the_page_is_never_kept_and_holds_no_name_of_a_person(ask, screen, take, call, relay, binta):
    take()
    call(binta)
    relay()
    for path in PATHS[:2]:
        answer = ask(path, screen().token)
        assert "no-store" in answer["Cache-Control"]
        assert b"A001" in answer.content
        assert b"Binta" not in answer.content


@pytest.mark.parametrize("rows", [1, 3])
def test_a_screen_asks_the_same_number_of_questions_for_one_call_and_for_three(
    ask, screen, take, relay, tellers, make_agent, call, rows
):
    for place in range(rows):
        take()
        call(make_agent(f"Agent {place}", tellers))
    relay()
    token = screen().token
    ask("/display/now/", token)
    with CaptureQueriesContext(connection) as asked:
        answer = ask("/display/now/", token)

    assert answer.content.count(b"data-key") == rows
    assert [query["sql"].split()[0] for query in asked if "set_config" not in query["sql"]].count("SELECT") == QUESTIONS


QUESTIONS = 6
"""Device, tenant, site, chosen queues, queues, and the board of one queue."""


@pytest.mark.parametrize(("layout", "counter"), [("hall", False), ("counter", True), ("waiting", False)])
def test_every_layout_shows_the_call_and_the_counter_layout_only_its_own(
    ask, screen, take, relay, binta, fatou, call, layout, counter
):
    for _n in range(3):
        take()
    call(binta)
    call(fatou)
    relay()
    values = {"counter_id": binta.agent.counter_id} if counter else {}
    html = ask("/display/now/", screen(layout=layout, **values).token).content.decode()

    assert ('tv-number">A001' if counter else 'tv-number">A002') in html
    assert ("tv-next" in html) == (layout == "waiting")
    assert ('<li class="num">A003' in html) == (layout == "waiting")


@pytest.mark.parametrize(("language", "words"), [("fr", "Bienvenue"), ("en", "Welcome")])
def test_a_screen_speaks_its_first_language(ask, screen, language, words):
    answer = ask("/display/", screen(languages=[language]).token, headers={"accept-language": "de"})
    assert f'<html lang="{language}"' in answer.content.decode()


def test_words_of_a_call_are_clips_that_exist(ask, screen, clip):
    clip()
    told = ask("/display/words/?number=A042&counter=Guichet+3", screen(languages=["fr", "wo"]).token).json()

    french, wolof = told["languages"]
    assert [piece["key"] for piece in french["pieces"]] == ["number", "letter-a", "n-40", "n-2", "counter", "n-3"]
    for piece in french["pieces"]:
        assert not piece["url"] or ask(piece["url"]).status_code == 200
    assert [bool(piece["url"]) for piece in wolof["pieces"]] == [True, *[False] * 6]
    assert wolof["pieces"][0]["words"] == "Nimero"
    assert ask(wolof["pieces"][0]["url"]).content == MP3


def test_a_language_without_any_recording_is_left_out(ask, screen):
    told = ask("/display/words/?number=A042&counter=Guichet+3", screen(languages=["fr", "wo", "en"]).token).json()
    assert [said["language"] for said in told["languages"]] == ["fr", "en"]


@pytest.mark.parametrize(
    "query", ["", "?number=", "?number=%00&counter=%00", "?number=" + "9" * 500, "?counter=%F0%9F"]
)
def test_odd_questions_for_words_are_answered_or_refused(ask, screen, query):
    assert ask(f"/display/words/{query}", screen().token).status_code in (200, 400)


def test_a_recording_is_served_to_all_and_kept_by_its_version(ask, clip, bank):
    kept = clip()
    path = f"/{bank.slug}/voice/wo/number"
    plain, versioned = ask(path), ask(f"{path}?v={kept.digest}")

    assert plain.content == versioned.content == MP3
    assert plain["Content-Type"] == "audio/mpeg"
    assert plain["X-Content-Type-Options"] == "nosniff"
    assert "no-cache" in plain["Cache-Control"]
    assert "immutable" in versioned["Cache-Control"]
    assert ask(path, headers={"if-none-match": plain["ETag"]}).status_code == 304
    assert "immutable" not in ask(f"{path}?v=another")["Cache-Control"]


def test_another_organisations_address_has_no_such_recording(ask, clip, cheikh):
    clip()
    assert ask(f"/{cheikh.tenant.slug}/voice/wo/number").status_code == 404
    assert ask(f"/{cheikh.tenant.slug}/voice/wo/nothing").status_code == 404
    assert ask("/nobody-is-here/voice/wo/number").status_code == 404


def test_the_worker_may_watch_over_the_screens_pages(ask):
    answer = ask("/display/worker.js")
    assert answer["Content-Type"].startswith("text/javascript")
    assert "no-cache" in answer["Cache-Control"]
    assert b"addEventListener" in answer.content


def test_the_clock_is_the_sites(ask, screen, site, bank):
    from smartqueue.sites.models import Site
    from smartqueue.tenants.scope import in_tenant

    with in_tenant(bank.id):
        Site.objects.filter(id=site.id).update(time_zone="Asia/Tokyo")
    before = datetime.now(UTC)
    html = ask("/display/", screen().token).content.decode()

    assert f">{(before.hour + 9) % 24:02}:" in html.split('id="clock"')[1]
