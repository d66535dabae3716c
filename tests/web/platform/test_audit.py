"""The platform's log: what it shows, what it leaves out, and before and after as words."""

from uuid import uuid4

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from smartqueue.journal.states import SUPPORT
from smartqueue.web.platform.audit import differences
from tests.cast import NINE

AUDIT = "/platform/audit/"


@pytest.fixture
def note():
    from smartqueue.journal.models import Entry

    def make(fact, tenant=None, **fields):
        values = {"at": NINE, "kind": "update", "object_type": "thing", "actor_kind": "user"} | fields
        return Entry.objects.using("platform").create(fact=fact, tenant=tenant, **values)

    return make


def facts(answer):
    assert answer.status_code == 200
    return [line.entry.fact for line in answer.context["rows"]]


def test_it_shows_the_platforms_own_and_supports_and_no_tenants_day(as_rokhaya, bank, note):
    word = uuid4().hex[:8]
    note(f"{word}.platform")
    note(f"{word}.tenant", bank, object_type="tenant")
    note(f"{word}.support", bank, object_type="site", actor_label=SUPPORT)
    note(f"{word}.private", bank, object_type="site", actor_label="Moussa Diop")

    assert facts(as_rokhaya.get(AUDIT, {"q": word})) == [f"{word}.support", f"{word}.tenant", f"{word}.platform"]


def test_it_is_narrowed_by_kind_person_organisation_and_days(as_rokhaya, rokhaya, moussa, bank, note):
    word = uuid4().hex[:8]
    note(f"{word}.a", kind="login", actor_id=rokhaya.user.id)
    note(f"{word}.b", bank, object_type="tenant", actor_id=moussa.user.id, at=NINE.replace(day=3))
    note(f"{word}.c", object_type="user", object_id=moussa.user.id, at=NINE.replace(day=4))

    def ask(**query):
        return [fact[-1] for fact in facts(as_rokhaya.get(AUDIT, {"q": word} | query))]

    assert ask() == ["c", "b", "a"]
    assert ask(kind="login") == ["a"]
    assert ask(person=moussa.user.email) == ["c", "b"]
    assert ask(tenant=bank.slug) == ["b"]
    assert ask(since="2026-03-03") == ["c", "b"]
    assert ask(until="2026-03-03") == ["b", "a"]
    assert ask(since="2026-03-03", until="2026-03-03") == ["b"]
    assert ask(since="yesterday") == ["c", "b", "a"]


def test_a_suspension_reads_as_words(as_rokhaya, rokhaya, bank):
    from smartqueue.journal.actions.platform import suspend_tenant

    suspend_tenant(tenant_id=bank.id, actor=rokhaya.actor, at=NINE, reason="Trial <b>over</b>")

    (line,) = as_rokhaya.get(AUDIT, {"tenant": bank.slug}).context["rows"]
    assert (str(line.words), line.who, line.where) == ("Organisation suspended", "Rokhaya Sow", bank.name)
    told = [(str(one.name), one.before and str(one.before), str(one.after)) for one in line.differences]
    assert told == [("Open", "yes", "no"), ("Reason", None, "Trial <b>over</b>")]
    page = as_rokhaya.get(AUDIT, {"q": "organisation SUSPENDED", "tenant": bank.slug})
    assert len(page.context["rows"]) == 1
    assert "Trial &lt;b&gt;over&lt;/b&gt;" in page.text


def test_what_stayed_the_same_is_no_difference():
    told = differences({"a": 1, "b": [1, 2], "gone": None}, {"a": 1, "b": [1], "new": {"x": 1}})

    with override("en"):
        assert [(str(one.name), str(one.before), str(one.after)) for one in told] == [
            ("b", "1, 2", "1"), ("gone", "none", "None"), ("new", "None", "{'x': 1}"),
        ]  # fmt: skip
    assert differences(None, None) == []


def test_the_list_costs_the_same_for_one_row_and_for_three(as_rokhaya, rokhaya, bank, note):
    word = uuid4().hex[:8]

    def cost(rows):
        with CaptureQueriesContext(connections["platform"]) as asked:
            assert len(facts(as_rokhaya.get(AUDIT, {"q": word}))) == rows
        return len(asked)

    def write():
        note(f"{word}.x", bank, object_type="tenant", actor_id=rokhaya.user.id)

    write()
    one = cost(1)
    write()
    write()

    assert cost(3) == one == 6


def test_the_log_is_found_by_its_index(note):
    """Word for word the index's condition: in a journal of millions nothing else finds these."""
    from smartqueue.journal.queries import platform_entries
    from smartqueue.tenants.routers import as_platform

    with as_platform(), connections["platform"].cursor() as cursor:
        cursor.execute("BEGIN; SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        plan = platform_entries().order_by("-id")[:50].explain()
        cursor.execute("COMMIT")

    assert "billing_platform_log" in plan
