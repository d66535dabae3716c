"""Promised waits on a page: a verdict in a sentence, the figures of the query, an alarm where it is due, files."""

import csv
import io
import os
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from random import Random
from urllib.parse import urljoin

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from django.test.utils import CaptureQueriesContext

from smartqueue.tenants.scope import in_tenant
from tests.forecast.promises import promise, promises
from tests.web.manage.reported import tables_of, text_of
from tests.web.shared.browser import DESK, PHONE

__all__ = ["promise", "promises"]

PATIENCE_MS = 30_000


@pytest.fixture
def address(bank):
    return f"/{bank.slug}/manage/reports/calibration/"


@pytest.fixture
def tuesday():
    """Ten o'clock on the Tuesday of last week: always over, always in the list."""
    from smartqueue.kernel.clock import now

    today = now().replace(hour=10, minute=0, second=0, microsecond=0)
    return today - timedelta(days=today.weekday() + 6)


@pytest.fixture
def week(tuesday):
    return f"?week={(tuesday - timedelta(days=1)).date()}"


def kept(promises, queue, at: datetime, *, n: int = 50, late: int = 5, **more) -> None:
    """So many promises of ten to fifteen minutes; a few were not kept."""
    known = {"asked_at": at, "p50_s": 600, "p90_s": 900, "naive_s": 1400, "les_s": 600} | more
    promises(queue, n - late, **known | {"wait_s": 500})
    promises(queue, late, **known | {"wait_s": 1500})


def test_who_may(address, visit, binta, cheikh, awa):
    assert visit(None).get(address)["Location"] == f"/sign-in/?next={address}"
    assert visit(cheikh).get(address).status_code == 404
    assert visit(binta).get(address).status_code == 403
    assert visit(awa).get(address).status_code == 200
    path = address + "export/"
    assert visit(None).post(path)["Location"] == f"/sign-in/?next={path}"
    assert visit(cheikh).post(path).status_code == 404
    assert visit(binta).post(path).status_code == 403
    assert (visit(awa).get(path).status_code, visit(awa).post(path).status_code) == (405, 404)


def test_the_figures_are_those_of_the_query_and_the_api(
    address, bank, visit, awa, api, tellers, promises, tuesday, week
):
    kept(promises, tellers, tuesday, n=100, late=10)
    kept(promises, tellers, tuesday - timedelta(days=7), n=50, late=10)
    promises(tellers, 3, asked_at=tuesday, p10_s=None, p50_s=None, p90_s=None, quality="none")

    page = text_of(visit(awa).get(address + week))

    monday = (tuesday - timedelta(days=1)).date()
    asked = f"tenants/{bank.slug}/reports/calibration/?from={monday}&to={monday + timedelta(days=6)}"
    told = api(awa).get(asked).json()
    assert (told["total"]["coverage"], told["total"]["mae_s"], told["total"]["skill_naive"]) == (0.9, 180.0, 0.7805)
    assert "90 % of the people were called within the time they were promised." in page
    assert "On average a promise was 3 min away from the wait." in page
    assert '<span class="caps">Called in time</span><span class="num">90 %</span>' in page
    assert "<b>+10 points, higher</b><span>before: 80 %</span>" in page
    queues, buckets, weeks = tables_of(page)
    assert queues["Guichets"] == queues["In all"]
    assert queues["Guichets"] == [
        "100", "10 %", "10 min", "3 min", "30 %", "0", "90 %", "78 %", "0 %", "3", "0", "–",
    ]  # fmt: skip
    assert buckets["10–20 min"] == ["100", "10 min", "15 min", "10 min", "90 %", "0 %", "10 %"]
    assert buckets["0–5 min"] == ["0", "–", "–", "–", "–", "–", "–"]
    assert [row[0] for row in weeks.values()] == ["Promised and called", "100", "50"]
    assert [part["figures"]["scored"] for part in told["parts"]] == [100]
    assert [period["figures"]["scored"] for period in told["periods"]] == [100]


@pytest.mark.parametrize(
    ("n", "late", "word"),
    [
        (100, 10, "good"),
        (100, 7, "the promises are a little too cautious"),
        (100, 13, "the promises are a little too short"),
        (100, 21, "the promises are too short"),
        (49, 40, "too few people to judge"),
    ],
)
def test_the_verdict_follows_the_share_of_broken_promises(
    address, visit, awa, tellers, promises, tuesday, week, n, late, word
):
    kept(promises, tellers, tuesday, n=n, late=late)

    assert f"{word}</span>" in text_of(visit(awa).get(address + week))


def test_an_empty_week_says_what_to_do(address, visit, awa, tellers, promises, tuesday, week):
    assert "wait for the first tickets" in text_of(visit(awa).get(address + week))

    promises(tellers, 2, asked_at=tuesday, p10_s=None, p50_s=None, p90_s=None, quality="none")
    assert "Let agents sign in before people come." in text_of(visit(awa).get(address + week))

    promises(tellers, 1, asked_at=tuesday, ending="open", wait_s=None)
    assert "Nobody who was told minutes has been called yet." in text_of(visit(awa).get(address + week))


def test_an_alarm_stands_on_the_page_and_on_the_first_report(address, bank, visit, awa, tellers, promises):
    from smartqueue.kernel.clock import now

    home, said = f"/{bank.slug}/manage/reports/", "The promised waits of 1 queue cannot be trusted now."
    yesterday = now() - timedelta(days=1)
    kept(promises, tellers, yesterday, n=49, late=20)
    assert said not in text_of(visit(awa).get(home))

    kept(promises, tellers, yesterday, n=1, late=0)

    assert said in text_of(visit(awa).get(home))
    assert said not in text_of(visit(awa).get(home + "queue-stats/"))
    assert "Guichets: only 60 % of 50 people were called in time." in text_of(visit(awa).get(address))


def test_weeks_and_queues_are_chosen_in_the_address(address, visit, awa, tellers, make_queue, promises, tuesday, week):
    loans = make_queue(name="Prêts")
    kept(promises, tellers, tuesday)
    kept(promises, loans, tuesday, n=60)

    both, one = (text_of(visit(awa).get(address + query)) for query in (week, f"{week}&queue={loans.id}"))

    assert list(tables_of(both)[0])[1:] == ["In all", "Prêts", "Guichets"]
    assert list(tables_of(one)[0])[1:] == ["In all", "Prêts"]
    before, after = ((tuesday + timedelta(days=days)).date() for days in (-8, 6))
    assert f'href="?week={before}&queue={loans.id}"' in one
    assert f'href="?week={after}&queue={loans.id}"' in one


@pytest.mark.parametrize("query", ["?week=nonsense", "?week=0001-01-01", "?week=2026-03-03", "?queue=nonsense&site=x"])
def test_what_cannot_be_is_said_and_this_week_is_shown(address, visit, awa, tellers, query):
    answer = visit(awa).get(address + query)

    assert answer.status_code == 200
    assert "Select a valid choice." in text_of(answer)


def test_a_page_costs_the_same_with_one_queue_and_with_three(
    address, visit, awa, tellers, make_queue, promises, tuesday, week
):
    def cost() -> int:
        person = visit(awa)
        person.get(address + week)
        with CaptureQueriesContext(connection) as queries:
            assert person.get(address + week).status_code == 200
        return len(queries)

    kept(promises, tellers, tuesday)
    one = cost()
    for queue in (make_queue(), make_queue()):
        kept(promises, queue, tuesday)

    assert cost() == one <= 18


def test_it_is_kept_as_a_file_and_that_is_a_fact(address, bank, visit, awa, tellers, promises, tuesday, week):
    from smartqueue.journal.models import Entry

    kept(promises, tellers, tuesday, n=100, late=10)

    saved = visit(awa).post(f"{address}export/{week}", {"format": "csv"})

    rows = list(csv.reader(io.StringIO(b"".join(saved.streaming_content).decode("utf-8-sig"))))
    assert [row[:2] for row in rows[:3]] == [["Table", "Name"], ["By queue", "In all"], ["By queue", "Guichets"]]
    head = rows[0]
    assert dict(zip(head, rows[2], strict=True)) | {"From": "", "Until": ""} == {
        "Table": "By queue", "Name": "Guichets", "From": "", "Until": "", "Promised and called": "100",
        "Average wait": "0:10:00", "Average error": "0:03:00", "Error, of the wait": "30%",
        "Promise less wait, minutes": "0.0", "Called too late": "10%", "Called early": "90%",
        "Closer than the usual rule": "78.05%", "Closer than the last wait": "0%", "Told no minutes": "0",
        "Told when to leave": "0", "Told to leave too late": "",
    }  # fmt: skip
    with in_tenant(bank.id):
        fact = Entry.objects.get(tenant_id=bank.id, fact="report.exported")
    assert (fact.after["report"], fact.after["format"]) == ("calibration", "csv")
    for kind, begins in (("xlsx", b"PK"), ("pdf", b"%PDF")):
        answer = visit(awa).post(f"{address}export/{week}", {"format": kind})
        assert b"".join(answer).startswith(begins)


def faults(page):
    found = Axe().run(page).response["violations"]
    return [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in {"serious", "critical"}]


def look(page, name):
    """No fault, nothing wider than the screen; a picture for the eye, where SMARTQUEUE_SCREENS says."""
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert faults(page) == []
    folder = os.environ.get("SMARTQUEUE_SCREENS")
    if folder:
        page.screenshot(path=Path(folder) / f"calibration-{name}.png", full_page=True)


def many_queues(bank, like, promises, at: datetime) -> None:
    """Two hundred, with a promise each."""
    from smartqueue.queueing.models import Queue
    from smartqueue.sites.models import Service

    letters = product("BCDEFGHIJKLMNOPQ", repeat=2)
    with in_tenant(bank.id):
        services = [Service(tenant=bank, name=f"Service {n}", code=f"m{n}", duration_s=300) for n in range(200)]
        Service.objects.bulk_create(services)
        queues = [
            Queue(tenant=bank, site=like.site, service=service, name=f"File {n}", prefix="".join(next(letters)))
            for n, service in enumerate(services)
        ]
        Queue.objects.bulk_create(queues)
    for queue in queues:
        promises(queue, 1, asked_at=at)


def test_a_manager_sees_whether_the_promises_were_true(browse, bank, awa, tellers, make_queue, promises, tuesday, week):
    from smartqueue.kernel.clock import now

    page = browse(f"/{bank.slug}/manage/reports/", awa)
    page.set_default_timeout(PATIENCE_MS)
    page.click('.report-tabs a[href*="calibration"]')
    page.wait_for_selector(".weeks")
    assert page.locator(".empty h3").count() == 1
    look(page, "empty-desk-fr")

    rng = Random(4)
    for queue in (tellers, make_queue(name="Ouverture de compte courant pour associations et groupements")):
        for p50_s in (150, 420, 900, 1700, 3000):
            for _n in range(12):
                wait_s = round(p50_s * rng.lognormvariate(0.05, 0.45))
                promises(
                    queue, 1, asked_at=tuesday, p50_s=p50_s, p90_s=round(p50_s * 1.75), wait_s=wait_s,
                    naive_s=round(2.2 * p50_s), les_s=round(wait_s * rng.uniform(0.3, 1.9)),
                )  # fmt: skip
    kept(promises, tellers, now() - timedelta(days=1), n=60, late=20)
    page.select_option("#filter-week", week.removeprefix("?week="))
    page.click(".report-filters .btn")
    page.wait_for_selector(".chart-plot")
    assert page.locator(".chart-plot circle").count() == 15  # five promises, three lines
    assert page.locator(".alarms li").count() == 1
    look(page, "desk-fr")
    page.set_viewport_size(PHONE)
    look(page, "phone-fr")
    page.context.add_cookies([{"name": "django_language", "value": "wo", "url": urljoin(page.url, "/")}])
    page.reload()
    look(page, "phone-wo")
    page.set_viewport_size(DESK)
    look(page, "desk-wo")
    page.click(".weeks a >> nth=0")
    page.wait_for_selector(".empty h3")

    many_queues(bank, tellers, promises, tuesday)
    page.click(".weeks a >> nth=1")
    page.wait_for_selector(".chart-plot")
    assert page.locator('[data-table="queue"] tbody tr').count() == 203
    look(page, "many-desk-wo")
    page.set_viewport_size(PHONE)
    look(page, "many-phone-wo")
    assert page.complaints == []
