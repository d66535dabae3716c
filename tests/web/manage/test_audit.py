"""The audit log and its file: what is found, how it reads, and that a spreadsheet computes nothing of it."""

import csv
import io
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from smartqueue.journal.actions import record
from smartqueue.journal.models import Entry
from smartqueue.journal.states import Actor, AuditKind
from smartqueue.kernel.ids import uuid7
from smartqueue.tenants.scope import in_tenant
from smartqueue.web.shared.sheets import plain
from tests.cast import NINE


@pytest.fixture
def address(bank):
    return f"/{bank.slug}/manage/audit/"


@pytest.fixture
def note(bank, moussa):
    """`note(fact, …)`: an entry of the bank's journal."""

    def make(fact="site.updated", person=moussa, **options):
        with in_tenant(person.tenant.id):
            return record(
                fact, tenant_id=person.tenant.id,
                **{"kind": AuditKind.UPDATE, "object_type": fact.partition(".")[0], "object_id": uuid7(),
                   "actor": person.actor, "at": NINE} | options,
            )  # fmt: skip

    return make


def text_of(answer):
    return answer.content.decode()


def facts_on(page):
    return re.findall(r'<span class="small muted">([a-z_]+\.[a-z_]+)</span>', page)


def table_of(answer):
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


def test_who_may(address, visit, awa, cheikh, moussa):
    for path in (address, address + "export/"):
        for method in ("get", "post"):
            assert getattr(visit(None), method)(path)["Location"] == f"/sign-in/?next={path}"
            assert getattr(visit(cheikh), method)(path).status_code == 404
            assert getattr(visit(awa), method)(path).status_code == 403


def test_an_entry_says_who_what_from_where_before_and_after(address, visit, moussa, cheikh, note):
    actor = Actor.at_the_door({"REMOTE_ADDR": "41.82.0.1", "HTTP_USER_AGENT": "Firefox"}, "POST /x/",
                              user_id=moussa.user.id)  # fmt: skip
    note(actor=actor, before={"name": "Plateau"}, after={"name": "Médina <b>", "is_active": False})
    note("site.deleted", person=cheikh)

    page = text_of(visit(moussa).get(address))

    assert facts_on(page) == ["site.updated"]
    assert all(words in page for words in ("Moussa Diop", "41.82.0.1", "Firefox", "POST /x/"))
    assert "<del>Plateau</del>" in page
    assert "<ins>Médina &lt;b&gt;</ins>" in page
    assert "<ins>no</ins>" in page


def test_filters_stand_in_the_address(address, visit, moussa, binta, note):
    row = uuid7()
    note("site.created", kind=AuditKind.CREATE, object_id=row)
    note("counter.updated", person=binta, at=NINE + timedelta(days=1))
    note("ticket.called", kind=AuditKind.CALL, at=NINE + timedelta(days=2))

    def found(query):
        return facts_on(text_of(visit(moussa).get(address + query)))

    assert found("") == ["ticket.called", "counter.updated", "site.created"]
    assert found("?kind=create") == ["site.created"]
    assert found(f"?person={binta.user.id}") == ["counter.updated"]
    assert found("?object=ticket") == ["ticket.called"]
    assert found("?since=2026-03-03&until=2026-03-03") == ["counter.updated"]
    assert found(f"?q={row}") == ["site.created"]
    assert found("?q=Z999") == []
    assert found("?kind=nonsense&person=nonsense&since=0001-01-01&until=9999-12-31&before=nonsense") == found("")


def test_a_ticket_is_found_by_its_number(address, visit, moussa, take, ticket):
    number = ticket(take()).number
    take()

    page = text_of(visit(moussa).get(f"{address}?q={number.lower()}"))

    assert facts_on(page) == ["ticket.created"]
    assert f"<b>Ticket {number}</b>" in page


def test_older_entries_are_a_page_away_and_a_page_costs_the_same(address, visit, moussa, note):
    def asked(query=""):
        person = visit(moussa)
        person.get(address)
        with CaptureQueriesContext(connection) as queries:
            page = text_of(person.get(address + query))
        return len(queries), page

    note()
    one, _page = asked()
    for place in range(55):
        note("counter.updated", after={"name": f"G{place}"})
    many, first = asked()
    older = re.search(r"\?before=(\d+)", first)[0]
    again, second = asked(older)

    assert (many, again) == (one, one)
    assert one <= 12
    assert len(facts_on(first)), len(facts_on(second)) == (50, 6)
    assert facts_on(second)[-1] == "site.updated"


def test_the_file_holds_what_the_list_shows_and_is_a_fact_itself(address, bank, visit, moussa, cheikh, note):
    note(before={"name": "A"}, after={"name": "=2+5"})
    note("counter.updated")
    note(person=cheikh)

    answer = visit(moussa).post(f"{address}export/?object=site")

    head, *rows = table_of(answer)
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("text/csv; charset=utf-8", "nosniff")
    assert answer["Content-Disposition"] == f'attachment; filename="audit-{bank.slug}.csv"'
    assert head[:3] == ["at", "kind", "fact"]
    assert [(row[2], row[5], row[-1]) for row in rows] == [("site.updated", "Moussa Diop", "name: A → =2+5")]
    with in_tenant(bank.id):
        (fact,) = Entry.objects.filter(kind="export")
    assert (fact.fact, fact.actor_id, fact.after) == ("audit_log.exported", moussa.user.id, {"object": "site"})


def test_a_long_file_is_whole(address, visit, moussa, note, bank, monkeypatch):
    monkeypatch.setattr("smartqueue.web.manage.audit.PART", 3)
    made = [note("counter.updated", after={"name": f"G{place}"}).object_id for place in range(7)]

    rows = table_of(visit(moussa).post(f"{address}export/?object=counter"))[1:]

    assert [row[4] for row in rows] == [str(one) for one in reversed(made)]


@pytest.mark.parametrize(
    "cell", ["=1+1", "+221771234567", "-1", "@SUM(A1)", "\t1", "\r1", "＝1+1", "  =1+1", "\u00a0=1", "|cmd"]
)
def test_no_cell_is_a_formula(cell):
    assert plain(cell) == f"'{cell}"


@pytest.mark.parametrize(("cell", "text"), [("Plateau", "Plateau"), (None, ""), (7, "7"), ("a=b", "a=b"), ("", "")])
def test_other_cells_stay_as_they_are(cell, text):
    assert plain(cell) == text


def test_a_name_that_is_a_formula_is_text_in_the_file(address, bank, visit, make_person, note, moussa):
    evil = make_person(bank, "manager", "=HYPERLINK(1)")
    note("counter.updated", person=evil)

    (row,) = table_of(visit(moussa).post(f"{address}export/?object=counter"))[1:]

    assert row[5] == "'=HYPERLINK(1)"


def test_no_column_of_what_is_journalled_is_shown_by_its_name_in_the_database():
    from smartqueue.web.manage.audit_words import OBJECTS, field_word, models_by_name

    untold = {
        "token_hash",
        "former_hash",
        "token_made_at",
        "revision",
        "hook_key",
    }  # of a device, and of an integration
    kinds = {kind: models_by_name().get(kind.replace("_", "")) for kind in OBJECTS}
    columns = [
        (kind, field.attname)
        for kind, model in kinds.items()
        if model and kind not in {"user", "print", "notification"}  # no columns of these are told
        for field in model._meta.concrete_fields
        if field.attname not in {"id", "tenant_id"} | untold
    ]

    assert len(columns) > 150
    wordless = [one for one in columns if field_word(one[1], one[0]) == one[1].replace("_", " ")]
    assert wordless == []


@pytest.mark.parametrize(
    ("name", "kind", "word"),
    [
        ("site_id", "queue", "Site"),
        ("shown_at_kiosk", "queue", "Shown at kiosks"),
        ("queue_ids", "agent", "Queues"),
        ("queue_ids", "device", "Queues"),
        ("hours", "site", "Hours"),
        ("name", "site", "Name"),
        ("no_such_thing", "site", "no such thing"),
        ("name", "no_such_kind", "Name"),
    ],
)
def test_a_field_is_called_by_its_word(name, kind, word):
    from django.utils.translation import override

    from smartqueue.web.manage.audit_words import field_word

    with override("en"):
        assert field_word(name, kind) == word
