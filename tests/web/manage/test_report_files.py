"""Reports as files: opened again and compared with the page, without formulas, each of them a fact of the journal."""

import csv
import io
from datetime import date, timedelta

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE
from tests.web.manage.reported import OWN, address, counted, days, served, tables_of, text_of

__all__ = ["address", "counted", "days", "served"]

REPORTS = (
    "wait-times", "queue-stats", "agent-performance", "satisfaction", "demand", "drop-off", "channels", "origins",
    "heat-map", "staffing",
)  # fmt: skip


@pytest.fixture
def save(address, visit, awa):
    """`save(report, format, query=OWN, language="en") -> answer, bytes`."""

    def make(report, kind, query=OWN, language="en"):
        answer = visit(awa).post(
            f"{address}{report}/export/{query}", {"format": kind}, headers={"Accept-Language": language}
        )
        return answer, b"".join(answer.streaming_content) if answer.streaming else answer.content

    return make


def cells_of(content, delimiter=","):
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=delimiter))


@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize("kind", ["csv", "xlsx", "pdf"])
def test_every_report_is_saved_in_every_form_with_people_and_without(save, days, report, kind):
    for query in (OWN, "?period=own&first=2026-02-01&last=2026-02-02"):
        answer, content = save(report, kind, query)

        assert (answer.status_code, answer["X-Content-Type-Options"]) == (200, "nosniff")
        assert answer["Content-Disposition"].startswith(f'attachment; filename="{report}-')
        assert answer["Content-Disposition"].endswith(f'.{kind}"')
        assert content[:4] == {"csv": b'\xef\xbb\xbf"', "xlsx": b"PK\x03\x04", "pdf": b"%PDF"}[kind]


def test_the_csv_has_the_numbers_of_the_page(save, days, address, visit, awa):
    when, services = tables_of(text_of(visit(awa).get(address + OWN)))

    head, *rows = cells_of(save("wait-times", "csv")[1])

    assert head[:7] == ["Table", "Name", "From", "Until", "Tickets", "People called", "Average wait"]
    named = {row[1]: row[2:] for row in rows}
    assert named["In all"] == [
        "2026-03-01", "2026-03-03", "4", "3", "0:34:00", *named["In all"][5:8], "33.33%", "3", "0:05:00", "0:05:00",
        "0:00:00",
    ]  # fmt: skip
    assert [row[1] for row in rows] == [*list(when)[1:], *list(services)[1:]]
    assert [row[4] for row in rows] == [row[0] for row in [*list(when.values())[1:], *list(services.values())[1:]]]
    assert named["Sun 1 March"] == ["2026-03-01", "2026-03-01", "0", "0", *[""] * 5, "0", "", "", ""]


def test_a_french_spreadsheet_finds_its_columns(save, days):
    rows = cells_of(save("wait-times", "csv", language="fr")[1], delimiter=";")

    assert len({len(row) for row in rows}) == 1
    assert rows[1][10] == "33,33%"


def test_the_workbook_has_typed_cells(save, days):
    book = load_workbook(io.BytesIO(save("wait-times", "xlsx")[1]))

    first, when, services = book.worksheets
    assert [first["A1"].value, when.title, services.title] == ["Waits", "1 By day", "2 By service"]
    head, total, _before, *periods = [[cell.value for cell in row] for row in when.iter_rows()]
    assert head[:6] == ["Period", "From", "Until", "Tickets", "People called", "Average wait"]
    assert (total[0], total[3], total[4], total[5], total[9]) == ("In all", 4, 3, timedelta(minutes=34), 0.3333)
    assert [(row[0], row[1].date(), row[3]) for row in periods] == [
        ("Sun 1 March", date(2026, 3, 1), 0), ("Mon 2 March", date(2026, 3, 2), 3),
        ("Tue 3 March", date(2026, 3, 3), 1),
    ]  # fmt: skip
    assert (periods[0][5], when["F2"].data_type, when["J2"].number_format) == (None, "d", "0.0%")


def test_the_paper_says_whose_it_is_and_repeats_its_head(save, days, bank):
    _answer, content = save("queue-stats", "pdf", "?period=own&first=2026-01-01&last=2026-03-31")

    pages = [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]
    assert len(pages) > 2
    assert all(bank.name in page and f"Page {number}" in page for number, page in enumerate(pages, start=1))
    assert "1 January 2026 – 31 March 2026" in pages[0]
    assert "Tickets: 4" in pages[0]
    assert all("Period" in page for page in pages[:2])
    assert "Mon 2 March" in "".join(pages)


EVIL = '=HYPERLINK("http://x";"y")'


def test_no_cell_of_any_file_is_a_formula(save, bank, take, make_queue, counted, address, visit, awa):
    evil = [EVIL, "+221771234567", "-1+1", "@SUM(A1)", "＝1+1", "Caisse;=1+1", "Caisse,\t@x", " =1"]
    for name in evil:
        take(make_queue(name=name))
    counted()

    for delimiter, language in ((",", "en"), (";", "fr")):
        rows = cells_of(save("queue-stats", "csv", language=language)[1], delimiter)
        names = [row[1] for row in rows]
        assert {f"'{EVIL}", "'+221771234567", "'-1+1", "'@SUM(A1)", "'＝1+1", "Caisse;'=1+1", "' =1"} <= set(names)
    book = load_workbook(io.BytesIO(save("queue-stats", "xlsx")[1]))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells if cell.value in evil} == {"s"}
    assert len([cell for cell in cells if cell.value in evil]) == len(evil)
    assert "f" not in {cell.data_type for cell in cells}
    tickets = visit(awa).post(f"{address}tickets/export/{OWN}")
    rows = cells_of(b"".join(tickets.streaming_content))
    assert f"'{EVIL}" in {row[3] for row in rows}


def test_all_tickets_of_the_period_without_anything_personal(address, bank, visit, awa, days, take, monkeypatch):
    from smartqueue.customers.models import Customer

    monkeypatch.setattr("smartqueue.reporting.queries.raw.PART", 2)
    with in_tenant(bank.id):
        demba = Customer.objects.create(tenant=bank, full_name="Demba Sow", phone="+221771234521")
    take(at=NINE + timedelta(hours=5), customer_id=demba.id)
    take(at=NINE + timedelta(days=5))

    content = b"".join(visit(awa).post(f"{address}tickets/export/{OWN}").streaming_content)

    head, *rows = cells_of(content)
    assert head[:5] == ["Number", "Day", "Site", "Queue", "Service"]
    assert sorted((row[3], row[5], row[8], row[12], row[13]) for row in rows) == [
        ("Guichets", "Kiosk", "2026-03-02 09:00:00", "720", "300"),
        ("Guichets", "Kiosk", "2026-03-02 11:00:00", "1440", "300"),
        ("Guichets", "Kiosk", "2026-03-02 14:00:00", "", ""),
        ("Guichets", "Kiosk", "2026-03-03 09:00:00", "3960", "300"),
        ("Prêts", "Web", "2026-03-02 09:00:00", "", ""),
    ]
    assert b"Demba" not in content
    assert b"77123" not in content


def test_what_was_taken_is_a_fact(save, address, visit, awa, bank, days, tellers):
    from smartqueue.journal.models import Entry

    save("queue-stats", "pdf", f"{OWN}&queue={tellers.id}")
    visit(awa).post(f"{address}tickets/export/{OWN}")

    with in_tenant(bank.id):
        facts = [(one.fact, one.actor_kind, one.after) for one in Entry.objects.filter(kind="export").order_by("id")]
    dates = {"first": "2026-03-01", "last": "2026-03-03"}
    assert facts == [
        ("report.exported", "user", {"report": "queue-stats", "format": "pdf", "queue": str(tellers.id)} | dates),
        ("report.exported", "user", {"report": "tickets", "format": "csv"} | dates),
    ]


def test_other_forms_do_not_exist(save, address, visit, awa):
    assert save("queue-stats", "exe")[0].status_code == 404
    assert save("nonsense", "csv")[0].status_code == 404
    assert save("staffing", "")[0].status_code == 404
    assert visit(awa).get(f"{address}queue-stats/export/").status_code == 405


def test_another_tenants_tickets_are_in_no_file(address, visit, awa, cheikh, days):
    foreign = visit(cheikh).post(f"/{cheikh.tenant.slug}/manage/reports/tickets/export/{OWN}")

    assert len(cells_of(b"".join(foreign.streaming_content))) == 1


def test_the_letter_is_chosen_and_stopped_on_the_page(address, visit, awa, bank):
    client = visit(awa)
    assert "Send me the daily report" in text_of(client.get(address))

    assert client.post(f"{address}daily/")["Location"] == address
    assert "You get yesterday's figures of all sites every morning at 7." in text_of(client.get(address))

    client.post(f"{address}daily/", {"stop": "1"})
    assert "Send me the daily report" in text_of(client.get(address))
