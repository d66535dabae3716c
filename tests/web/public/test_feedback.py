"""`/t/{token}/feedback/` as bytes: who is asked, what is kept, what is refused."""

import gzip
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from smartqueue.kernel.clock import now
from tests.cast import at_the_same_time

HEAVIEST = 14_336


@pytest.fixture
def mine(visit_over):
    """`mine("closed") -> (address, ticket)` of a visit that ended a moment ago."""

    def make(how="closed", **options):
        at = now() - (timedelta(days=3) if how == "expired" else timedelta(minutes=30))
        ticket = visit_over(how, at=at, **options)
        return f"/t/{ticket.token}/feedback/", ticket

    return make


@pytest.fixture
def answers(bank):
    """What was kept about a ticket."""
    from smartqueue.feedback.models import Feedback
    from smartqueue.tenants.scope import in_tenant

    def get(ticket):
        with in_tenant(bank.id):
            return list(Feedback.objects.filter(ticket_id=ticket.id))

    return get


@pytest.fixture
def reader(browser):
    return browser(**{"accept-language": "en"})


def words(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.content.decode()))


def test_the_ticket_page_leads_here_when_the_visit_is_over(reader, mine):
    address, ticket = mine()

    assert (
        f'class="s closed no_show cancelled expired btn main" href="{address}"'
        in reader.get(f"/t/{ticket.token}").content.decode()
    )


def test_an_answer_is_kept_and_thanked_for(reader, mine, answers, site):
    address, ticket = mine()
    page = reader.get(address)
    assert (page.status_code, site.name in words(page), "checked" in page.content.decode()) == (200, True, False)

    sent = reader.post(
        address,
        csat="4",
        nps="9",
        wait_rating="2",
        quality_rating="5",
        tags=["place", "waiting"],
        comment="Bon\r\naccueil",
    )

    assert (sent.status_code, sent["Location"]) == (303, address)
    (row,) = answers(ticket)
    assert (row.csat, row.nps, row.wait_rating, row.quality_rating) == (4, 9, 2, 5)
    assert (row.comment, row.tags, row.channel, row.language) == ("Bon\naccueil", ["waiting", "place"], "web", "en")
    thanks = reader.get(address)
    assert "Thank you" in words(thanks)
    assert ": Good." in words(thanks)
    assert "<fieldset" not in thanks.content.decode()


def test_one_face_is_enough(reader, mine, answers):
    address, ticket = mine("no_show")

    assert reader.post(address, csat="1", nps="", comment="").status_code == 303

    (row,) = answers(ticket)
    assert (row.csat, row.nps, row.comment, row.tags, row.visit) == (1, None, "", [], "no_show")


def test_without_a_face_nothing_is_kept_and_nothing_typed_is_lost(reader, mine, answers):
    address, ticket = mine()

    page = reader.post(address, nps="7", wait_rating="3", tags=["result"], comment="<b>Trop long</b>")

    html = page.content.decode()
    assert (page.status_code, answers(ticket)) == (400, [])
    assert "Choose one of the five faces." in html
    assert 'name="nps" value="7" checked' in html
    assert 'name="wait_rating" value="3" checked' in html
    assert 'name="tags" value="result" checked' in html
    assert "&lt;b&gt;Trop long&lt;/b&gt;</textarea>" in html


@pytest.mark.parametrize(
    "wrong", [{"csat": "6"}, {"nps": "11"}, {"wait_rating": "x"}, {"tags": "weather"}, {"comment": "x" * 1001}]
)
def test_what_no_browser_sends_is_refused(reader, mine, answers, wrong):
    address, ticket = mine()

    assert reader.post(address, **{"csat": "4"} | wrong).status_code == 400
    assert answers(ticket) == []


def test_a_thousand_signs_are_a_thousand_whatever_ends_the_lines(reader, mine, answers):
    address, ticket = mine()

    assert reader.post(address, csat="4", comment="a\r\n" * 499 + "ab").status_code == 303
    assert len(answers(ticket)[0].comment) == 1000


def test_a_second_answer_is_told_so_and_the_first_stays(reader, browser, mine, answers):
    address, ticket = mine()
    reader.post(address, csat="2")

    again = browser(**{"accept-language": "en"}).post(address, csat="5")

    assert again.status_code == 409
    assert "A visit is rated once, so your first answer stays." in words(again)
    assert [row.csat for row in answers(ticket)] == [2]


def test_of_two_presses_at_once_one_counts_and_both_are_thanked(browser, mine, answers):
    address, ticket = mine()

    pages = at_the_same_time(*[lambda: browser().post(address, csat="3")] * 2)

    assert sorted(page.status_code for page in pages) == [303, 409]
    assert len(answers(ticket)) == 1


@pytest.mark.parametrize("how", ["no_show", "cancelled", "expired"])
def test_who_was_not_served_is_not_asked_about_the_counter(reader, mine, answers, how):
    address, ticket = mine(how)

    page = reader.get(address).content.decode()
    sent = reader.post(address, csat="1", quality_rating="1")

    assert ('name="wait_rating"' in page, 'name="quality_rating"' in page) == (True, False)
    assert sent.status_code == 303
    assert answers(ticket)[0].quality_rating is None


def test_too_early_and_too_late_are_said(reader, take, ticket, visit_over, answers):
    waiting, old = ticket(take()), visit_over()  # nine o'clock in March

    for one, sentence in ((waiting, "Your visit is not over yet."), (old, "more than 30 days ago")):
        address = f"/t/{one.token}/feedback/"
        assert (reader.get(address).status_code, sentence in words(reader.get(address))) == (200, True)
        assert reader.post(address, csat="5").status_code == 409
        assert answers(one) == []


def test_an_unknown_key_opens_nothing(reader):
    for token in ("x" * 22, "x" * 60):
        page = reader.get(f"/t/{token}/feedback/")
        assert (page.status_code, "This link opens no ticket" in words(page)) == (404, True)
        assert reader.post(f"/t/{token}/feedback/", csat="5").status_code == 404


def test_a_tenant_that_is_switched_off_asks_nobody(reader, bank, mine):
    address, _ticket = mine()
    type(bank).objects.using("platform").filter(id=bank.id).update(is_active=False)

    assert reader.get(address).status_code == 404


def test_nobody_else_keeps_the_page_and_it_sets_no_cookie(reader, mine):
    address, _ticket = mine()
    page = reader.get(address)

    assert (page["Cache-Control"], page["Referrer-Policy"]) == ("private, no-store", "no-referrer")
    assert page.cookies == {}


def test_the_key_is_not_in_the_journal(reader, mine, answers, told):
    address, ticket = mine()
    reader.post(address, csat="5")

    (entry,) = told(answers(ticket)[0].id)
    assert (entry.endpoint, entry.actor_kind) == ("POST /t/…/feedback/", "customer")
    assert ticket.token not in repr(vars(entry))


def test_the_page_asks_the_database_as_often_as_it_must(reader, mine):
    address, _ticket = mine()
    reader.get(address)

    with CaptureQueriesContext(connection) as asked:
        reader.get(address)

    # the door, the scope, the visit
    assert len([query for query in asked if not query["sql"].startswith(("BEGIN", "COMMIT"))]) == 3


@pytest.mark.parametrize(("language", "sentence"), [("fr", "fr"), ("wo", "wo"), ("en", "en")])
def test_the_language_is_changed_on_the_page(browser, mine, language, sentence):
    address, _ticket = mine()
    client = browser()

    changed = client.post(f"{address}language/", language=language)

    assert (changed.status_code, changed["Location"]) == (303, address)
    assert f'<html lang="{sentence}">' in client.get(address).content.decode()


def test_it_is_light(reader, mine):
    """The page and both style sheets, compressed as they travel."""
    from django.contrib.staticfiles import finders

    address, _ticket = mine()
    page = len(reader.get(address, headers={"accept-encoding": "gzip"}).content)
    sheets = [Path(finders.find(f"public/{name}.css")).read_bytes() for name in ("ticket", "feedback")]

    assert page + sum(len(gzip.compress(sheet)) for sheet in sheets) < HEAVIEST
