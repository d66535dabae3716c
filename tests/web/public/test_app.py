"""What a phone needs to keep the pages as an app."""

import xml.etree.ElementTree as ElementTree


def test_the_manifest_and_its_icons(browser):
    manifest = browser(**{"accept-language": "en"}).get("/manifest.webmanifest")
    told = manifest.json()

    assert manifest["Content-Type"] == "application/manifest+json"
    assert (told["start_url"], told["scope"], told["display"], told["lang"]) == ("/", "/", "standalone", "en")
    assert [icon["purpose"] for icon in told["icons"]] == ["any", "maskable"]
    for icon in told["icons"]:
        drawn = browser().get(icon["src"])
        assert (drawn.status_code, drawn["Content-Type"]) == (200, "image/svg+xml")
        assert ElementTree.fromstring(drawn.getvalue()).get("viewBox") == "0 0 32 32"


def test_the_worker_is_served_at_the_root_and_asked_for_each_time(browser):
    worker = browser().get("/sw.js")

    assert (worker.status_code, worker["Content-Type"]) == (200, "text/javascript; charset=utf-8")
    assert worker["Cache-Control"] == "no-cache"
    assert len(worker.content.splitlines()) <= 120


def test_every_page_names_the_manifest(browser, bank, place, tellers, take, token_of):
    for path in ("/", f"/{bank.slug}/", place, f"/t/{token_of(take())}"):
        assert 'rel="manifest" href="/manifest.webmanifest"' in browser().get(path).content.decode(), path
