"""Posters: the code on them is read back, module by module."""

import re

import pytest
import segno

QUIET = 4


def modules_of_svg(sheet):
    """Dark modules of the drawing, as (x, y) without the quiet zone."""
    (drawn,) = re.findall(r'<path id="code"[^>]* d="([^"]*)"', sheet)
    return {
        (int(x) + step - QUIET, int(y) - QUIET)
        for x, y, run in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", drawn)
        for step in range(int(run))
    }


def modules_of_pdf(sheet):
    """The same of the page's rectangles."""
    boxes = [tuple(map(float, box)) for box in re.findall(rb"n ([\d.]+) ([\d.]+) ([\d.]+) ([\d.]+) re f", sheet)]
    side = boxes[0][3]
    left, top = min(box[0] for box in boxes), max(box[1] for box in boxes)
    return {
        (round((x - left) / side) + step, round((top - y) / side))
        for x, y, width, _ in boxes
        for step in range(round(width / side))
    }


def modules_of(link):
    rows = segno.make(link, error="m", micro=False).matrix
    return {(x, y) for y, row in enumerate(rows) for x, dark in enumerate(row) if dark}


@pytest.fixture
def links(place, tellers):
    """Address of the poster without its ending → what its code has to say."""
    site = f"http://testserver{place}"
    return {f"{place}poster": site, f"{place}queues/{tellers.id}/poster": f"{site}?queue={tellers.id}"}


def test_the_code_says_the_address(browser, links):
    for path, link in links.items():
        drawn, printed = browser().get(f"{path}.svg"), browser().get(f"{path}.pdf")

        assert (drawn["Content-Type"], printed["Content-Type"]) == ("image/svg+xml", "application/pdf")
        assert modules_of_svg(drawn.content.decode()) == modules_of(link)
        assert modules_of_pdf(printed.content) == modules_of(link)
        assert browser().get(link.removeprefix("http://testserver")).status_code == 200


def test_a_poster_names_the_place_and_its_link(browser, bank, place, site, tellers, links):
    for path, link in links.items():
        drawn, printed = browser().get(f"{path}.svg").content.decode(), browser().get(f"{path}.pdf").content
        assert all(words in drawn for words in (bank.name, site.name, link.replace("&", "&amp;")))
        assert printed.startswith(b"%PDF")
        assert link.encode() in printed
        assert (tellers.name in drawn) == ("queues" in path)
        assert 'width="210mm" height="297mm"' in drawn


def test_it_speaks_three_languages(browser, place, monkeypatch):
    from django.utils.translation import get_language

    from smartqueue.web.public import posters

    spoken = []
    monkeypatch.setattr(posters, "_", lambda words: spoken.append(get_language()) or words)
    browser().get(f"{place}poster.svg")

    assert spoken == ["fr", "wo", "en"]


def test_a_name_is_no_markup(browser, bank, site, place):
    from smartqueue.tenants.scope import in_tenant

    site.name = '</text><script>alert("1")</script>'
    with in_tenant(bank.id):
        site.save()

    assert "<script" not in browser().get(f"{place}poster.svg").content.decode()
    assert browser().get(f"{place}poster.pdf").status_code == 200


def test_what_is_not_there_has_no_poster(browser, place, cheikh, site, tellers, make_queue):
    vip = make_queue(kind="vip")
    nothing = "0190f0a0-0000-7000-8000-000000000000"
    paths = [
        f"/{cheikh.tenant.slug}/sites/{site.code}/poster.svg",
        f"/{cheikh.tenant.slug}/sites/{site.code}/queues/{tellers.id}/poster.pdf",
        f"{place}queues/{nothing}/poster.svg",
        f"{place}queues/{vip.id}/poster.svg",
    ]

    assert [browser().get(path).status_code for path in paths] == [404] * 4
