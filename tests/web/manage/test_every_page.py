"""Every page of the back office that a link leads to: it answers, complains of nothing, has no grave fault, and is
never wider than the screen. Pages are found by walking, so a new one is here as soon as something links to it."""

import re
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.cast import Person
from tests.web.shared.browser import DESK, PHONE

PAGES_OF_A_NAME = 2
"""A list has many pages of a kind; two of each show what there is to see."""
NO_PAGES = re.compile(
    r"/(poster|export|download|logo|sign-out)|\.(svg|pdf|csv|xlsx|json|css)$|/counter/|/platform/admin/"
)


@pytest.fixture
def super_admin():
    from smartqueue.accounts.models import User

    address = f"{uuid4().hex[:12]}@example.sn"
    return Person(User.objects.create_superuser(address, uuid4().hex, full_name="Rokhaya Sow"), None, None)


@pytest.fixture
def lived_in(bank, binta, fatou, tellers, make_queue, waiting_people):
    """A day under way: people who wait, are served, left, and one who was called in vain."""
    make_queue(name="Ouverture de compte courant pour associations et groupements")
    waiting_people(tellers, 12)


@pytest.fixture
def waiting_people(take, bank, binta):
    from datetime import timedelta

    from smartqueue.kernel.clock import now
    from smartqueue.queueing.actions.hot import call_next_ticket, close_ticket

    def make(queue, count):
        for person in range(count):
            take(queue, at=now() - timedelta(minutes=30 - person))
        for _turn in range(3):
            who = {"tenant_id": bank.id, "user_id": binta.user.id, "actor": binta.actor}
            close_ticket(ticket_id=call_next_ticket(at=now(), **who), at=now(), **who)

    return make


def grave(page):
    found = Axe().run(page).response["violations"]
    return [(one["id"], one["nodes"][0]["html"][:160]) for one in found if one["impact"] in {"serious", "critical"}]


def links_of(page, below):
    hrefs = page.eval_on_selector_all("a[href]", "links => links.map((link) => link.href)")
    paths = {urlsplit(href).path for href in hrefs if urlsplit(href).path.startswith(below)}
    return sorted(path for path in paths if not NO_PAGES.search(path))


def walk(page, base, below):
    """Every fault on the way: (address, what is wrong)."""
    from django.urls import resolve

    seen, todo, names, faults = set(), [below], {}, []
    while todo:
        path = todo.pop(0)
        name = resolve(path).view_name
        if path in seen or names.get(name, 0) >= PAGES_OF_A_NAME:
            continue
        seen.add(path)
        names[name] = names.get(name, 0) + 1
        answer = page.goto(f"{base}{path}")
        if answer.status != 200:
            faults.append((path, answer.status))
            continue
        todo += links_of(page, below)
        for size in (PHONE, DESK):
            page.set_viewport_size(size)
            wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            faults += [(path, size["width"], f"{wider} px wider")] if wider > 0 else []
        faults += [(path, *fault) for fault in grave(page)]
        faults += [(path, said) for said in page.complaints]
        page.complaints.clear()
    return names, faults


@pytest.mark.parametrize(("language", "scheme"), [("fr", "light"), ("wo", "dark")])
def test_every_page_an_administrator_can_walk_to(browse, bank, moussa, lived_in, live_server_url, language, scheme):
    page = browse(f"/{bank.slug}/manage/", moussa, language=language, color_scheme=scheme)

    names, faults = walk(page, live_server_url, f"/{bank.slug}/manage/")

    assert faults == []
    assert len(names) > 20, names


def test_every_page_of_the_platform(browse, lived_in, super_admin, live_server_url):
    page = browse("/platform/", super_admin)

    names, faults = walk(page, live_server_url, "/platform/")

    assert faults == []
    assert len(names) > 5, names
