"""Pages of integrations: who may, an account from nothing to a test that arrives, and secrets that never come out."""

import json
from datetime import timedelta

import pytest
from django.test import override_settings

from smartqueue.kernel.clock import now
from smartqueue.notifications.actions.integrations import secrets_of
from smartqueue.notifications.models import Integration
from smartqueue.notifications.states import Outcome, Provider
from smartqueue.tenants.scope import in_tenant
from tests.notifications.connected import TWILIO, connect, row_of
from tests.notifications.smtp_sandbox import PASSWORD, USER, mail_server
from tests.web.manage.ground import form_of, questions, stored, text_of

SMTP = {"host": "127.0.0.1", "port": 587, "security": "starttls", "user": USER, "sender": "noreply@banque.sn"}
USE = {"is_active": "on", "rank": "1", "price_xof": "20"}
DEMBA = "+221771234567"


@pytest.fixture(autouse=True)
def developers_machine():
    with override_settings(DEBUG=True, OUTBOUND_LOOPBACK=True):
        yield


@pytest.fixture
def base(bank):
    return f"/{bank.slug}/manage/integrations/"


@pytest.fixture
def account(sandbox):
    return sandbox.account("twilio")


@pytest.fixture
def post_office(tmp_path, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with mail_server(tmp_path) as box:
        yield box


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("", ("get",)), (f"{TWILIO}/", ("get", "post")), (f"{TWILIO}/test/", ("post",)),
        (f"{TWILIO}/address/", ("post",)), (f"{TWILIO}/disconnect/", ("post",)),
    ],
)  # fmt: skip
def test_who_may(base, bank, visit, moussa, awa, cheikh, account, path, methods):
    connect(moussa, account)
    before = row_of(bank).__dict__ | {"_state": None}
    for method in methods:
        assert getattr(visit(None), method)(base + path, account.settings)["Location"].startswith("/sign-in/")
        assert getattr(visit(cheikh), method)(base + path, account.settings).status_code == 404
        assert getattr(visit(awa), method)(base + path, account.settings).status_code == 403
    assert row_of(bank).__dict__ | {"_state": None} == before
    theirs = f"/{cheikh.tenant.slug}/manage/integrations/"
    assert account.settings["account_sid"] not in text_of(visit(cheikh).get(f"{theirs}{TWILIO}/"))
    for deed in ("test", "address", "disconnect"):
        assert visit(cheikh).post(f"{theirs}{TWILIO}/{deed}/", {"to": DEMBA}).status_code == 404
    assert row_of(bank).__dict__ | {"_state": None} == before


def test_from_nothing_to_a_test_that_arrives_and_back(base, bank, visit, moussa, account):
    person, one = visit(moussa), f"{base}{TWILIO}/"
    assert "Simulated" in text_of(person.get(base))
    assert {"is_active", "account_sid", "rank"} <= form_of(person.get(one)).keys()

    answer = person.post(one, account.settings | account.secrets | USE)

    assert (answer.status_code, answer["Location"]) == (303, one)
    page = text_of(person.get(one))
    assert "Connected, not tested yet" in page
    assert "••••, changed on" in page
    assert f"/hooks/{TWILIO}/{row_of(bank).hook_key}/" in page
    person.post(f"{one}test/", {"to": "77 123 45 67"})
    page = text_of(person.get(one))
    assert f"A test is on its way to {DEMBA}." in page
    (kept,) = account.messages()
    assert (kept["to"], bank.name in kept["body"]) == (DEMBA, True)
    listed = text_of(person.get(base))
    assert "Goes out through SMS by Twilio." in listed
    assert all(secret not in page + listed for secret in account.secrets.values())
    person.post(f"{one}disconnect/")
    assert row_of(bank) is None
    assert person.post(f"{one}disconnect/").status_code == 404


@pytest.mark.parametrize(
    ("provider", "box", "to"),
    [
        ("at_sms", "at", DEMBA), ("orange_sms", "orange", DEMBA), ("http_sms", "http", DEMBA),
        ("twilio_whatsapp", "twilio", DEMBA), ("meta_whatsapp", "meta", DEMBA), ("fcm", "fcm", "f" * 140),
        ("sendgrid", "sendgrid", "demba@exemple.sn"), ("mailgun", "mailgun", "demba@exemple.sn"),
        ("brevo", "brevo", "demba@exemple.sn"),
    ],
)  # fmt: skip
def test_each_provider_is_connected_by_its_form_and_carries_a_test(
    base, bank, visit, moussa, sandbox, provider, box, to
):
    there, one, person = sandbox.account(box), f"{base}{provider}/", visit(moussa)
    shown = form_of(person.get(one))

    if provider == "twilio_whatsapp":  # outside the window it fills templates that somebody has to name
        shown["templates"] = json.dumps({"ticket_joined": f"HX{'a' * 32}"})
    answer = person.post(one, shown | there.settings | there.secrets | USE)

    assert answer.status_code == 303, text_of(answer)
    assert secrets_of(row_of(bank, provider)) == {name: value.strip() for name, value in there.secrets.items()}
    person.post(f"{one}test/", {"to": to})
    page = text_of(person.get(one))
    assert "A test is on its way" in page
    assert row_of(bank, provider).last_test_result == Outcome.OK
    assert len(there.messages()) == 1
    assert not [secret for secret in there.secrets.values() if secret in page]


def test_a_test_that_fails_says_why_and_the_list_keeps_it(base, bank, visit, moussa, account):
    connect(moussa, account, secrets={"auth_token": "0" * 32})

    visit(moussa).post(f"{base}{TWILIO}/test/", {"to": DEMBA})

    page = text_of(visit(moussa).get(base))
    assert "The last test failed" in page
    assert str(Outcome(row_of(bank).last_test_result).label) in page


@pytest.mark.parametrize("to", ["", "12", "moussa@example.sn"])
def test_a_test_to_no_phone_is_not_sent(base, bank, visit, moussa, account, to):
    connect(moussa, account)

    visit(moussa).post(f"{base}{TWILIO}/test/", {"to": to})

    assert (account.messages(), row_of(bank).last_test_at) == ([], None)


@pytest.mark.parametrize("provider", Provider.values)
def test_every_provider_has_its_page_and_an_empty_form_is_refused(base, bank, visit, moussa, provider):
    one = f"{base}{provider}/"
    sent = form_of(visit(moussa).get(one))
    answer = visit(moussa).post(one, sent)

    if answer.status_code == 400:
        assert 'class="error"' in text_of(answer)
    else:  # a gateway that asks for nothing but our address
        assert answer.status_code == 303
        assert f"/hooks/{provider}/" in text_of(visit(moussa).get(one))
    assert answer.status_code == 400 or stored(bank, Integration)[0].provider == provider


def test_there_is_no_such_provider(base, visit, moussa):
    for path in ("pigeon/", "pigeon/test/"):
        assert visit(moussa).post(base + path).status_code == 404
    assert visit(moussa).get(f"{base}pigeon/").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"account_sid": "AC1"}, "account_sid"), ({"auth_token": ""}, "auth_token"), ({"sender": ""}, "sender"),
        ({"base_url": "http://10.0.0.1"}, "base_url"), ({"rank": "0"}, "rank"), ({"price_xof": "-1"}, "price_xof"),
    ],
)  # fmt: skip
def test_a_mistake_is_said_beside_its_field_and_nothing_is_kept(base, bank, visit, moussa, account, wrong, field):
    typed = account.settings | account.secrets | USE | wrong
    answer = visit(moussa).post(f"{base}{TWILIO}/", typed)

    page = text_of(answer)
    assert answer.status_code == 400
    assert f'id="id_{field}_error"' in page
    assert all(secret not in page for secret in account.secrets.values())
    assert row_of(bank) is None


@pytest.mark.parametrize("templates", ["[1", "[]", '"x"', "{'your_turn': 1}"])
def test_templates_are_json(base, bank, visit, moussa, sandbox, templates):
    there = sandbox.account("meta")
    answer = visit(moussa).post(
        f"{base}meta_whatsapp/", there.settings | there.secrets | USE | {"templates": templates}
    )

    assert 'id="id_templates_error"' in text_of(answer)
    assert "<details open>" in text_of(answer)
    assert stored(bank, Integration) == []


def test_a_failing_account_and_one_not_in_use_say_so(base, bank, visit, moussa, account):
    connect(moussa, account)
    with in_tenant(bank.id):
        Integration.objects.update(failures=9, broken_until=now() + timedelta(minutes=4))
    page = text_of(visit(moussa).get(base))
    assert "Failing" in page
    assert "9 failures in a row." in page

    connect(moussa, account, is_active=False)
    page = text_of(visit(moussa).get(base))
    assert "Not in use" in page
    assert "Goes out through" not in page


def test_the_new_address_stands_on_the_page_and_the_old_one_is_gone(base, bank, visit, moussa, account):
    connect(moussa, account)
    before = row_of(bank).hook_key

    visit(moussa).post(f"{base}{TWILIO}/address/")

    page = text_of(visit(moussa).get(f"{base}{TWILIO}/"))
    assert before not in page
    assert row_of(bank).hook_key in page


def test_the_list_asks_the_same_whatever_is_connected(base, bank, visit, moussa, account):
    person = visit(moussa)
    nothing = questions(person, base)
    connect(moussa, account)
    one = questions(person, base)
    with in_tenant(bank.id):
        Integration.objects.bulk_create(Integration(tenant=bank, provider=name) for name in (Provider.FCM, "at_ussd"))

    assert nothing == one == questions(person, base) == 8


def test_a_mail_server_keeps_its_own_rules(base, bank, visit, moussa, post_office):
    person, one = visit(moussa), f"{base}smtp/"
    answer = person.post(one, SMTP | {"port": post_office.port, "password": PASSWORD, "is_active": "on", "rank": 1})
    assert answer.status_code == 303

    person.post(f"{one}test/", {"to": moussa.user.email})

    ((sender, to, letter),) = post_office.got
    assert (sender, to) == ("noreply@banque.sn", [moussa.user.email])
    assert b"Subject: Test from SmartQueue" in letter
    page = text_of(person.get(one))
    assert "Address for the provider" not in page
    assert PASSWORD not in page
    moved = person.post(one, SMTP | {"port": post_office.port, "user": "autre", "password": "", "rank": 1})
    assert 'id="id_password_error"' in text_of(moved)
    assert row_of(bank, "smtp").settings["user"] == USER


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"host": "http://mail.example.sn"}, "host"), ({"host": "a b"}, "host"), ({"port": 22}, "port"),
        ({"port": 70_000}, "port"), ({"port": ""}, "port"), ({"security": "none"}, "security"),
        ({"security": "x"}, "security"), ({"sender": "nobody"}, "sender"),
        ({"sender": "a@b.sn\r\nBcc: c@d.sn"}, "sender"), ({"password": ""}, "password"),
    ],
)  # fmt: skip
def test_a_mail_server_that_cannot_be_is_refused(base, bank, visit, moussa, wrong, field):
    with override_settings(DEBUG=False):
        answer = visit(moussa).post(f"{base}smtp/", SMTP | {"password": PASSWORD, "rank": 1} | wrong)

    page = text_of(answer)
    assert answer.status_code == 400
    assert f'id="id_{field}_error"' in page
    assert PASSWORD not in page
    assert stored(bank, Integration) == []


def test_in_production_no_test_reaches_this_machine(base, bank, visit, moussa, account):
    connect(moussa, account)

    with override_settings(OUTBOUND_LOOPBACK=False):
        visit(moussa).post(f"{base}{TWILIO}/test/", {"to": DEMBA})

    assert row_of(bank).last_test_result in (Outcome.NOT_ALLOWED, Outcome.NO_TLS)
    assert account.messages() == []
