"""A manager's morning with the inbox, in Chromium; 0, 1 and 200 answers, on a phone and at a desk."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from smartqueue.kernel.clock import now
from tests.web.shared.browser import DESK, PHONE

SCREENS = os.environ.get("SMARTQUEUE_SCREENS")
COMMENTS = (
    "J'ai attendu plus d'une heure alors que deux guichets étaient fermés. Personne ne nous a rien dit.",
    "Accueil très chaleureux, merci à l'agente du guichet 3.",
    "",
    "Le document n'était pas prêt, je dois revenir demain avec une copie de plus, on aurait pu me le dire avant.",
)


@pytest.fixture
def look():
    """axe-core finds no grave fault, nothing is wider than a phone; pictures for the eye if asked for."""

    def judge(page, name):
        for size, words in ((PHONE, "360"), (DESK, "1280")):
            page.set_viewport_size(size)
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], (name, words)
            found = Axe().run(page).response["violations"]
            grave = [
                (one["id"], one["nodes"][0]["html"][:200]) for one in found if one["impact"] in {"serious", "critical"}
            ]
            assert grave == [], (name, words)
            if SCREENS:
                page.screenshot(path=Path(SCREENS) / f"inbox-{name}-{words}.png", full_page=True)

    return judge


@pytest.fixture
def answered(visit_over, answer):
    def make(n):
        ticket = visit_over(at=now() - timedelta(minutes=20 + 3 * n))
        return answer(
            ticket, 1 + n * 7 % 5, nps=n * 3 % 11, comment=COMMENTS[n % 4], tags=[["waiting"], ["welcome"], []][n % 3]
        )

    return make


def test_from_an_empty_inbox_to_two_hundred_answers_dealt_with(browse, bank, awa, answered, look):
    inbox = f"/{bank.slug}/manage/feedback/"
    page = browse(inbox, awa, language="en")
    page.set_default_timeout(30_000)
    page.get_by_text("Nobody has answered yet").wait_for()
    look(page, "none")

    answered(0)
    page.reload()
    look(page, "one")
    for n in range(1, 200):
        answered(n)
    page.reload()
    page.get_by_text("Page 1 of 4").wait_for()
    look(page, "many")

    page.get_by_label("Satisfaction").select_option("Very bad")
    page.get_by_role("button", name="Show", exact=True).click()
    page.get_by_role("link", name="Show all").wait_for()
    assert page.locator("tbody tr").count() == 40
    page.locator("tbody a").first.click()
    page.get_by_role("heading", name="What was done").wait_for()
    page.get_by_text("Finished").wait_for()
    look(page, "answer")

    page.get_by_label("Follow-up").select_option("In progress")
    page.get_by_label("Note").fill("Rappelé le client.")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved.").wait_for()
    page.locator("tbody").get_by_text("In progress").wait_for()

    for row in page.locator("input[name=row]").all()[:3]:
        row.check()
    page.get_by_role("button", name="Mark as done").click()
    page.get_by_text("3 answers are done.").wait_for()
    assert page.locator("tbody").get_by_text("Done", exact=True).count() == 3
    assert page.complaints == []
