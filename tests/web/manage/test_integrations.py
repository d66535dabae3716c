"""Integrations: who may, a mail server from nothing to a test that arrives, and a password that never comes out."""

from datetime import timedelta

import pytest
from django.db import connection, connections
from django.test import override_settings

from smartqueue.journal.models import Entry
from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import Invalid
from smartqueue.kernel.sealed import SealBroken
from smartqueue.notifications.actions.integrations import keep_smtp, send_test, server_of
from smartqueue.notifications.errors import IntegrationChanged, TriedJustNow
from smartqueue.notifications.models import Integration
from smartqueue.notifications.states import Outcome
from smartqueue.notifications.transports.email import Letter
from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE, at_the_same_time
from tests.notifications.smtp_sandbox import PASSWORD, USER, mail_server
from tests.web.manage.ground import questions, stored, text_of

WHOLE = {"host": "127.0.0.1", "port": 587, "security": "starttls", "user": USER, "sender": "noreply@banque.sn"}
LETTER = Letter(to="moussa@example.sn", subject="Essai", body="Essai")


@pytest.fixture(autouse=True)
def developers_machine():
    with override_settings(DEBUG=True):
        yield


@pytest.fixture
def base(bank):
    return f"/{bank.slug}/manage/integrations/"


@pytest.fixture
def sandbox(tmp_path, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with mail_server(tmp_path) as box:
        yield box


def kept(bank):
    return stored(bank, Integration)


def keep(person, password=PASSWORD, **other):
    with in_tenant(person.tenant.id):
        return keep_smtp(
            tenant_id=person.tenant.id, values=WHOLE | other, password=password, actor=person.actor, at=NINE
        )


def facts(bank):
    with in_tenant(bank.id):
        return list(Entry.objects.filter(object_type="integration").order_by("id"))


@pytest.mark.parametrize(
    ("path", "methods"),
    [("", ("get",)), ("smtp/", ("get", "post")), ("smtp/test/", ("post",)), ("smtp/disconnect/", ("post",))],
)
def test_who_may(base, bank, visit, moussa, awa, cheikh, path, methods):
    keep(moussa)
    before = kept(bank)[0].__dict__ | {"_state": None}
    for method in methods:
        assert getattr(visit(None), method)(base + path, WHOLE)["Location"].startswith("/sign-in/")
        assert getattr(visit(cheikh), method)(base + path, WHOLE).status_code == 404
        assert getattr(visit(awa), method)(base + path, WHOLE).status_code == 403
    assert kept(bank)[0].__dict__ | {"_state": None} == before
    theirs = f"/{cheikh.tenant.slug}/manage/integrations/"
    assert "noreply@banque.sn" not in text_of(visit(cheikh).get(theirs))
    assert visit(cheikh).post(f"{theirs}smtp/test/").status_code == 404
    assert visit(cheikh).post(f"{theirs}smtp/disconnect/").status_code == 404
    assert len(kept(bank)) == 1


def test_from_nothing_to_a_test_that_arrives_and_back(base, bank, visit, moussa, sandbox):
    person = visit(moussa)
    nothing = questions(person, base)
    assert "Not connected" in text_of(person.get(base))

    answer = person.post(f"{base}smtp/", WHOLE | {"port": sandbox.port, "password": PASSWORD})

    assert (answer.status_code, answer["Location"]) == (303, base)
    assert "Connected, not tested yet" in text_of(person.get(base))
    person.post(f"{base}smtp/test/")
    page = text_of(person.get(base))
    assert f"A test is on its way to {moussa.user.email}." in page
    assert "••••, changed on" in page
    ((sender, to, letter),) = sandbox.got
    assert (sender, to) == ("noreply@banque.sn", [moussa.user.email])
    assert b"Subject: Test from SmartQueue" in letter
    assert questions(person, base) == nothing
    assert PASSWORD not in page + text_of(person.get(f"{base}smtp/"))
    person.post(f"{base}smtp/disconnect/")
    assert kept(bank) == []
    assert person.post(f"{base}smtp/disconnect/").status_code == 404
    assert [fact.fact for fact in facts(bank)] == [f"integration.{word}" for word in ("created", "tested", "deleted")]


def test_a_test_that_fails_says_why_and_the_list_keeps_it(base, bank, visit, moussa, sandbox):
    keep(moussa, password="another", port=sandbox.port)

    visit(moussa).post(f"{base}smtp/test/")

    page = text_of(visit(moussa).get(base))
    assert "The last test failed" in page
    assert "The server refuses this user or password." in page
    assert kept(bank)[0].last_test_result == Outcome.REFUSED_LOGIN
    assert sandbox.got == []


def test_the_password_is_in_no_table_and_in_no_fact(base, bank, visit, moussa, sandbox):
    person = visit(moussa)
    person.post(f"{base}smtp/", WHOLE | {"port": sandbox.port, "password": PASSWORD})
    person.post(f"{base}smtp/", WHOLE | {"port": sandbox.port, "password": PASSWORD + "2"})
    person.post(f"{base}smtp/test/")
    (row,) = kept(bank)

    assert server_of(row).password == PASSWORD + "2"
    tables = ("notifications_integration", "journal_entry")
    with in_tenant(bank.id), connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT t::text, encode(convert_to(t::text, 'UTF8'), 'hex') FROM {table} t")
            dump = str(cursor.fetchall())
            assert "noreply@banque.sn" in dump
            assert PASSWORD not in dump
            assert PASSWORD.encode().hex() not in dump
    sealed = [str(fact.before or {}) + str(fact.after or {}) for fact in facts(bank)]
    assert all("gAAAA" not in words for words in sealed)
    assert facts(bank)[1].after["secret"] == "••••"


def test_a_sealed_password_of_another_organisation_opens_nothing(bank, moussa, cheikh):
    theirs, ours = keep(moussa), keep(cheikh)
    ours.sealed = theirs.sealed

    with pytest.raises(SealBroken):
        server_of(ours)


@pytest.mark.parametrize("changed", [{"host": "mail.example.sn"}, {"port": 465}, {"user": "autre"}])
def test_the_kept_password_goes_to_no_other_server(bank, moussa, changed):
    keep(moussa)

    with pytest.raises(Invalid) as refused:
        keep(moussa, password="", **changed)

    assert list(refused.value.facts["errors"]) == ["password"]
    assert kept(bank)[0].settings == WHOLE


def test_an_empty_password_keeps_the_old_one_and_no_user_forgets_it(bank, moussa):
    keep(moussa)
    keep(moussa, password="", sender="caisse@banque.sn")
    (row,) = kept(bank)
    assert (server_of(row).password, row.settings["sender"]) == (PASSWORD, "caisse@banque.sn")

    keep(moussa, password="", user="")

    (row,) = kept(bank)
    assert (bytes(row.sealed), row.sealed_at) == (b"", None)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"host": "http://mail.example.sn"}, "host"), ({"host": "a b"}, "host"), ({"host": ""}, "host"),
        ({"port": 22}, "port"), ({"port": 70_000}, "port"), ({"port": ""}, "port"),
        ({"security": "none"}, "security"), ({"security": "x"}, "security"),
        ({"sender": "nobody"}, "sender"), ({"sender": "a@b.sn\r\nBcc: c@d.sn"}, "sender"),
        ({"password": ""}, "password"),
    ],
)  # fmt: skip
def test_a_mistake_is_said_beside_its_field_and_nothing_is_kept(base, bank, visit, moussa, wrong, field):
    with override_settings(DEBUG=False):
        answer = visit(moussa).post(f"{base}smtp/", WHOLE | {"password": PASSWORD} | wrong)

    page = text_of(answer)
    assert answer.status_code == 400
    assert f'id="id_{field}_error"' in page
    assert PASSWORD not in page
    assert kept(bank) == []


def test_in_production_no_test_reaches_this_machine(base, bank, visit, moussa, sandbox):
    keep(moussa, port=sandbox.port)

    with override_settings(DEBUG=False):
        visit(moussa).post(f"{base}smtp/test/")

    assert kept(bank)[0].last_test_result == Outcome.NOT_ALLOWED
    assert sandbox.said == []


def trial(person, at=None):
    return send_test(tenant_id=person.tenant.id, provider="smtp", letter=LETTER, actor=person.actor, at=at or now())


def test_of_tests_at_once_one_is_sent(bank, moussa, sandbox):
    keep(moussa, port=sandbox.port)
    at = now()

    answers = at_the_same_time(*[lambda: trial(moussa, at)] * 6)

    assert sorted(type(one).__name__ for one in answers) == ["Outcome", *["TriedJustNow"] * 5]
    assert len(sandbox.got) == 1
    with pytest.raises(TriedJustNow):
        trial(moussa, at + timedelta(seconds=9))
    assert trial(moussa, at + timedelta(seconds=12)) == Outcome.OK


def test_two_who_connect_at_once_leave_one(bank, moussa):
    answers = at_the_same_time(lambda: keep(moussa, sender="a@b.sn"), lambda: keep(moussa, sender="c@d.sn"))

    assert len(kept(bank)) == 1
    faults = [one for one in answers if isinstance(one, Exception)]
    assert all(isinstance(one, IntegrationChanged) for one in faults)
    assert len(facts(bank)) == 2 - len(faults)


def test_no_transaction_is_open_while_the_server_is_waited_for(bank, moussa):
    keep(moussa)
    with in_tenant(bank.id), pytest.raises(RuntimeError):
        trial(moussa)


def test_what_was_changed_meanwhile_is_not_judged_by_an_older_test(bank, moussa, sandbox):
    keep(moussa, port=sandbox.port)

    def change():
        keep(moussa, port=sandbox.port, sender="caisse@banque.sn")
        connections.close_all()

    sandbox.meanwhile["MAIL"] = change

    assert trial(moussa) == Outcome.OK
    (row,) = kept(bank)
    assert (row.settings["sender"], row.last_test_at, row.last_test_result) == ("caisse@banque.sn", None, "")
