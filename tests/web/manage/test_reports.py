"""Pages of reports: the same numbers as the API, the filters in the address, who may, what a page costs."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE
from tests.web.manage.reported import OWN, address, counted, days, served, tables_of, text_of

__all__ = ["address", "counted", "days", "served"]

REPORTS = (
    "wait-times", "queue-stats", "agent-performance", "satisfaction", "demand", "drop-off", "channels", "origins",
    "heat-map", "staffing",
)  # fmt: skip


def big_numbers(page):
    return re.findall(r'<span class="caps">([^<]+)</span><span class="num">([^<]+)</span>', page)


def test_who_may(address, visit, binta, cheikh, awa):
    for path in ("", "queue-stats/", "staffing/", "glossary/"):
        assert visit(None).get(address + path)["Location"] == f"/sign-in/?next={address}{path}"
        assert visit(cheikh).get(address + path).status_code == 404
        assert visit(binta).get(address + path).status_code == 403
        assert visit(awa).get(address + path).status_code == 200
    for path in ("daily/", "tickets/export/", "queue-stats/export/"):
        assert visit(None).post(address + path)["Location"] == f"/sign-in/?next={address}{path}"
        assert visit(cheikh).post(address + path).status_code == 404
        assert visit(binta).post(address + path).status_code == 403
        assert visit(awa).get(address + path).status_code == 405
    assert visit(awa).get(address + "nonsense/").status_code == 404


@pytest.mark.parametrize("report", REPORTS)
def test_every_report_opens_with_people_and_without(address, visit, awa, days, report):
    for query in (OWN, "?period=own&first=2026-02-01&last=2026-02-02", ""):
        assert visit(awa).get(f"{address}{report}/{query}").status_code == 200


def test_the_numbers_are_those_of_the_api(address, bank, visit, awa, api, days):
    told = api(awa).get(f"tenants/{bank.slug}/reports/wait-times/?from=2026-03-01&to=2026-03-03").json()
    assert (told["total"]["wait_average_s"], told["total"]["wait_p90_s"]) == (34 * 60, 66 * 60)

    page = text_of(visit(awa).get(address + OWN))

    assert big_numbers(page) == [
        ("Average wait", "34 min"), ("Wait of nine in ten", "1 h 06"), ("In target", "33.3 %"), ("People called", "3"),
    ]  # fmt: skip
    when, services = tables_of(page)
    assert when["In all"] == ["4", "3", "34 min", "24 min", "1 h 06", "1 h 06", "33.3 %", "3", "5 min", "5 min", "0 s"]
    assert when["Mon 2 March"][:3] == ["3", "2", "18 min"]
    assert when["Sun 1 March"] == ["0", "0", "–", "–", "–", "–", "–", "0", "–", "–", "–"]
    assert {name: row[0] for name, row in services.items()} == {"Service": "Tickets"} | {
        part["name"]: str(part["figures"]["issued"]) for part in told["parts"]
    }


def test_queues_and_drop_off_agree_with_the_api_too(address, bank, visit, awa, api, days):
    for slug, key in (("queue-stats", "issued"), ("drop-off", "issued"), ("agent-performance", "handled")):
        told = api(awa).get(f"tenants/{bank.slug}/reports/{slug}/?from=2026-03-01&to=2026-03-03").json()
        when, parts = tables_of(text_of(visit(awa).get(f"{address}{slug}/{OWN}")))
        assert when["In all"][0] == str(told["total"][key])
        assert [row[0] for row in parts.values()][1:] == [str(part["figures"][key]) for part in told["parts"]]


def test_nothing_measured_is_no_zero(address, visit, awa, take, counted):
    take()
    counted()

    page = visit(awa).get(address + OWN).content.decode()

    assert dict(big_numbers(page))["Average wait"] == "–"
    assert 'title="Nothing was measured">–</td>' in page


def test_a_change_is_a_word_and_a_sign(address, visit, awa, served, counted):
    served(at=NINE, waited_min=10)
    served(at=NINE + timedelta(days=1), waited_min=12)
    counted()
    tuesday = "?period=own&first=2026-03-03&last=2026-03-03"

    page = text_of(visit(awa).get(address + tuesday))
    alone = text_of(visit(awa).get(f"{address}{tuesday}&compare=none"))

    assert "<b>+2 min, longer</b><span>before: 10 min</span>" in page
    assert "<b>as before</b><span>before: 1</span>" in page
    assert "before: " not in alone


def test_an_empty_period_offers_a_wider_one(address, visit, awa, take):
    page = text_of(visit(awa).get(address + "?period=today"))

    assert "Nothing in this period" in page
    assert 'href="?period=7"' in page


def test_filters_narrow_and_go_along_to_the_next_report(address, bank, visit, awa, days, tellers):
    page = text_of(visit(awa).get(f"{address}queue-stats/{OWN}&queue={tellers.id}&sort=part.issued"))

    assert dict(big_numbers(page))["Tickets"] == "3"
    assert f'href="/{bank.slug}/manage/reports/demand/{OWN}&queue={tellers.id}"' in page
    assert f'<option value="{tellers.id}" selected>' in page


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?period=own&first=2026-03-03&last=2026-03-01", "The first day is after the last one."),
        ("?period=own&first=2026-03-03", "Give a day."),
        ("?period=own&first=0001-01-01&last=2026-03-01", "Give a day between 2000 and 2100."),
        ("?period=own&first=2010-01-01&last=2026-03-01", "Ask for three years at most."),
        ("?period=own&first=nonsense&last=9999-99-99", "Enter a valid date."),
        ("?period=nonsense", "Select a valid choice."),
        ("?site=nonsense&queue=nonsense&service=nonsense&by=nonsense&compare=nonsense", "Select a valid choice."),
    ],
)
def test_what_cannot_be_is_said_and_the_usual_period_is_shown(address, visit, awa, tellers, query, said):
    answer = visit(awa).get(address + query)

    assert answer.status_code == 200
    assert said in text_of(answer)


def test_another_tenants_site_narrows_nothing(address, visit, awa, days, cheikh, make_person):
    from smartqueue.sites.models import Site

    with in_tenant(cheikh.tenant.id):
        foreign = Site.objects.create(tenant=cheikh.tenant, name="Ailleurs", code="AIL1")

    page = text_of(visit(awa).get(f"{address}queue-stats/{OWN}&site={foreign.id}"))

    assert dict(big_numbers(page))["Tickets"] == "4"
    assert "Ailleurs" not in page


def test_long_tables_can_be_ordered(address, visit, awa, take, make_queue, counted):
    for number in range(12):
        queue = make_queue(name=f"File {number:02d}")
        for _n in range(number + 1):
            take(queue)
    counted()

    def first(sort):
        (_when, parts) = tables_of(text_of(visit(awa).get(f"{address}queue-stats/{OWN}&sort={sort}")))
        return list(parts)[1]

    assert (first("part.issued"), first("-part.issued"), first("nonsense")) == ("File 00", "File 11", "File 11")


@pytest.mark.parametrize("report", REPORTS)
def test_a_page_costs_the_same_with_one_queue_and_with_three(address, visit, awa, take, make_queue, counted, report):
    def asked():
        person = visit(awa)
        person.get(f"{address}{report}/{OWN}")
        with CaptureQueriesContext(connection) as queries:
            assert person.get(f"{address}{report}/{OWN}").status_code == 200
        return len(queries)

    take()
    counted()
    one = asked()
    for queue in (make_queue(), make_queue()):
        take(queue)
    counted()

    assert asked() == one <= 17


def test_the_chart_says_in_a_sentence_what_it_shows(address, visit, awa, days):
    page = text_of(visit(awa).get(f"{address}queue-stats/{OWN}"))

    (summary,) = re.findall(r'<svg class="chart-plot"[^>]* role="img" aria-label="([^"]+)"', page)
    assert summary == "People served: highest 2 (Mon 2 March), lowest 0 (Sun 1 March)."
    assert re.findall(r"<title>([^<]+)</title></rect>", page) == [
        "Mon 2 March, People served: 2",
        "Tue 3 March, People served: 1",
    ]
    assert "style=" not in page


def test_coordinates_have_a_point_also_in_french(address, visit, awa, days):
    answer = visit(awa).get(f"{address}queue-stats/{OWN}", headers={"Accept-Language": "fr"})

    plot = re.search(r'<svg class="chart-plot".*?</svg>', answer.content.decode(), re.S)[0]
    numbers = re.findall(r' (?:x|y|width|height|x1|x2|y1|y2)="([^"]+)"', plot)
    assert numbers
    assert all(re.fullmatch(r"\d+(\.\d+)?%?", number) for number in numbers), numbers


def test_the_glossary_has_every_figure(address, visit, awa):
    from smartqueue.web.manage.report_measures import MEASURES

    page = text_of(visit(awa).get(address + "glossary/"))

    assert [str(one.meaning) in page for one in MEASURES.values()] == [True] * len(MEASURES)
