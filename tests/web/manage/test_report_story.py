"""A manager reads the reports in a real browser: chooses a period, sees the chart, saves a file, on a phone too."""

import csv
import io
import os
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.cast import NINE
from tests.web.manage.reported import counted, days, served
from tests.web.shared.browser import PHONE

__all__ = ["counted", "days", "served"]

PATIENCE_MS = 30_000


@pytest.fixture
def screens():
    """`screens(page, name)`: a picture for the eye, where SMARTQUEUE_SCREENS says."""
    folder = os.environ.get("SMARTQUEUE_SCREENS")

    def shoot(page, name):
        if folder:
            page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)

    return shoot


def faults(page):
    found = Axe().run(page).response["violations"]
    return [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in {"serious", "critical"}]


def wider(page):
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")


def test_a_manager_reads_and_keeps_a_report(browse, bank, awa, days, served, counted, screens):
    for day in range(2, 9):
        served(at=NINE + timedelta(days=day), waited_min=5 * day)
    counted()
    page = browse(f"/{bank.slug}/manage/reports/", awa)
    page.set_default_timeout(PATIENCE_MS)
    assert page.locator(".empty h3").count() == 1  # nobody in the last seven days

    page.select_option("#filter-period", "own")
    page.fill("#filter-first", "2026-03-01")
    page.fill("#filter-last", "2026-03-10")
    page.click(".report-filters .btn")
    page.wait_for_selector(".chart-plot")
    assert page.locator(".chart-plot circle").count() == 18  # nine days with people, two lines
    assert page.locator(".chart-plot").bounding_box()["height"] > 150
    screens(page, "reports-waits-desk")
    assert faults(page) == []

    page.click('.report-tabs a[href*="queue-stats"]')
    page.wait_for_selector(".chart-plot rect")
    assert "first=2026-03-01" in page.url
    page.set_viewport_size(PHONE)
    assert wider(page) <= 0
    screens(page, "reports-queues-phone")
    assert faults(page) == []

    page.click('[popovertarget="files"]')
    with page.expect_download() as saving:
        page.click('#files button[value="csv"]')
    rows = list(csv.reader(io.StringIO(Path(saving.value.path()).read_text("utf-8-sig")), delimiter=";"))
    assert saving.value.suggested_filename == f"queue-stats-{bank.slug}-2026-03-01-2026-03-10.csv"
    assert rows[1][4] == "11"
    assert page.complaints == []
