"""Connecting an account: secrets that never come out and go nowhere else, a test that arrives, and two at once."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test import override_settings

from smartqueue.cli.processes import wait_until
from smartqueue.journal.models import Entry
from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import Invalid, NotFound
from smartqueue.kernel.ids import uuid7
from smartqueue.kernel.sealed import SealBroken
from smartqueue.notifications.actions.integrations import (
    disconnect,
    keep_integration,
    renew_hook,
    secrets_of,
    send_test,
)
from smartqueue.notifications.errors import IntegrationChanged, TriedJustNow
from smartqueue.notifications.models import Integration
from smartqueue.notifications.states import Outcome, Provider
from smartqueue.notifications.transports import transport_class
from smartqueue.notifications.transports.base import Outgoing
from smartqueue.notifications.transports.fields import fields_of
from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE, at_the_same_time
from tests.notifications.connected import TWILIO, connect, row_of

DEMBA = "+221771234567"


@pytest.fixture(autouse=True)
def beside_us():
    with override_settings(OUTBOUND_LOOPBACK=True):
        yield


@pytest.fixture
def account(sandbox):
    return sandbox.account("twilio")


def message(**other):
    return replace(Outgoing(uuid7(), DEMBA, "ticket_joined", "fr", "", "Essai", sender_name="Banque"), **other)


def trial(person, at=None, **other):
    return send_test(
        tenant_id=person.tenant.id, provider=TWILIO, message=message(**other), actor=person.actor, at=at or now()
    )


def facts(tenant):
    with in_tenant(tenant.id):
        return list(Entry.objects.filter(object_type="integration").order_by("id"))


@pytest.mark.parametrize("provider", Provider.values)
def test_every_provider_says_what_it_asks_for(provider):
    known = transport_class(provider)
    names = [one.name for one in fields_of(provider)]

    assert known.provider == provider
    assert len(set(names)) == len(names)
    assert not {"is_active", "rank", "price_xof", "csrfmiddlewaretoken"} & set(names)
    assert "base_url" in names or not known.base_url


def test_what_is_kept_and_what_is_sealed(bank, moussa, account):
    connect(moussa, account, rank=2, price_xof=20)

    row = row_of(bank)
    assert row.settings == account.settings
    assert (row.rank, row.price_xof, row.is_active) == (2, 20, True)
    assert secrets_of(row) == account.secrets
    with in_tenant(bank.id), connection.cursor() as cursor:
        for table in ("notifications_integration", "journal_entry"):
            cursor.execute(f"SELECT t::text, encode(convert_to(t::text, 'UTF8'), 'hex') FROM {table} t")
            dump = str(cursor.fetchall())
            assert account.settings["account_sid"] in dump
            for secret in account.secrets.values():
                assert secret not in dump
                assert secret.encode().hex() not in dump
    (fact,) = facts(bank)
    assert (fact.fact, fact.after["secret"]) == ("integration.created", "••••")


def test_a_sealed_secret_of_another_organisation_opens_nothing(moussa, cheikh, account):
    theirs, ours = connect(moussa, account), connect(cheikh, account)
    ours.sealed = theirs.sealed

    with pytest.raises(SealBroken):
        secrets_of(ours)


def test_an_empty_secret_keeps_the_old_one(bank, moussa, account):
    connect(moussa, account)
    connect(moussa, account, secrets={"auth_token": ""}, sender="+221338001122")

    row = row_of(bank)
    assert (secrets_of(row), row.settings["sender"]) == (account.secrets, "+221338001122")


def test_the_kept_secret_goes_to_no_other_address(bank, moussa, account):
    connect(moussa, account)

    for elsewhere in ("https://api.twilio.example.com", ""):
        with pytest.raises(Invalid) as refused:
            connect(moussa, account, secrets={"auth_token": ""}, base_url=elsewhere)
        assert list(refused.value.facts["errors"]) == ["auth_token"]
    assert row_of(bank).settings == account.settings
    connect(moussa, account, base_url="https://api.twilio.example.com")
    assert row_of(bank).settings["base_url"] == "https://api.twilio.example.com"


def test_a_secret_that_cannot_be_read_any_more_is_typed_again(bank, moussa, account):
    connect(moussa, account)
    with in_tenant(bank.id):
        Integration.objects.update(sealed=b"broken")

    with pytest.raises(Invalid):
        connect(moussa, account, secrets={"auth_token": ""})
    assert trial(moussa).outcome == Outcome.BAD_SEAL
    connect(moussa, account)
    assert secrets_of(row_of(bank)) == account.secrets


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"account_sid": ""}, "account_sid"), ({"account_sid": "AC12"}, "account_sid"),
        ({"sender": "a" * 30}, "sender"), ({"sender": "+221\n33"}, "sender"),
        ({"base_url": "ftp://x"}, "base_url"), ({"base_url": "http://169.254.169.254"}, "base_url"),
        ({"base_url": "https://me:you@api.twilio.com"}, "base_url"), ({"secrets": {}}, "auth_token"),
        ({"secrets": {"auth_token": "a\nb"}}, "auth_token"),
        ({"rank": 0}, "rank"), ({"price_xof": -1}, "price_xof"), ({"price_xof": 10_001}, "price_xof"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_beside_its_field(bank, moussa, account, wrong, field):
    with pytest.raises(Invalid) as refused:
        connect(moussa, account, **wrong)

    assert list(refused.value.facts["errors"]) == [field]
    assert row_of(bank) is None


def test_there_is_no_provider_of_that_name(bank, moussa):
    with in_tenant(bank.id), pytest.raises(NotFound):
        keep_integration(tenant_id=bank.id, provider="pigeon", values={}, secrets={}, actor=moussa.actor, at=NINE)


def test_a_test_arrives_and_ends_the_pause_after_failures(bank, moussa, account):
    connect(moussa, account)
    with in_tenant(bank.id):
        Integration.objects.update(failures=7, broken_until=now() + timedelta(minutes=5))

    assert trial(moussa).outcome == Outcome.OK

    (kept,) = account.messages()
    assert kept["to"] == DEMBA
    row = row_of(bank)
    assert (row.last_test_result, row.failures, row.broken_until) == (Outcome.OK, 0, None)
    assert [fact.fact for fact in facts(bank)] == ["integration.created", "integration.tested"]


def test_a_test_that_fails_keeps_the_reason_and_hands_on_what_was_said(bank, moussa, account):
    connect(moussa, account, secrets={"auth_token": "0" * 32})

    told = trial(moussa)

    assert told.outcome in (Outcome.NO_ACCOUNT, Outcome.REFUSED_LOGIN)
    assert row_of(bank).last_test_result == told.outcome
    assert account.messages() == []


def test_of_tests_at_once_one_is_sent(bank, moussa, account):
    connect(moussa, account)
    at = now()

    answers = at_the_same_time(*[lambda: trial(moussa, at)] * 6)

    assert sorted(type(one).__name__ for one in answers) == ["Trial", *["TriedJustNow"] * 5]
    assert len(account.messages()) == 1
    with pytest.raises(TriedJustNow):
        trial(moussa, at + timedelta(seconds=9))
    assert trial(moussa, at + timedelta(seconds=12)).outcome == Outcome.OK


def test_what_was_changed_meanwhile_is_not_judged_by_an_older_test(bank, moussa, account):
    connect(moussa, account)
    account.faults("slow")

    def change():
        assert wait_until(lambda: row_of(bank).last_test_at is not None, seconds=30)
        return connect(moussa, account, sender="+221338001122")

    at_the_same_time(lambda: trial(moussa), change)

    row = row_of(bank)
    assert (row.settings["sender"], row.last_test_at, row.last_test_result) == ("+221338001122", None, "")


def test_no_transaction_is_open_while_the_provider_is_waited_for(bank, moussa, account):
    connect(moussa, account)
    with in_tenant(bank.id), pytest.raises(RuntimeError):
        trial(moussa)


def test_a_gateway_that_sends_nothing_has_no_test(bank, moussa):
    with in_tenant(bank.id):
        Integration.objects.create(tenant=bank, provider=Provider.HTTP_USSD)

    with pytest.raises(NotFound):
        send_test(tenant_id=bank.id, provider=Provider.HTTP_USSD, message=message(), actor=moussa.actor, at=NINE)


def test_two_who_connect_at_once_leave_one(bank, moussa, account):
    answers = at_the_same_time(
        lambda: connect(moussa, account, sender="+221338001122"),
        lambda: connect(moussa, account, sender="+221338001133"),
    )

    with in_tenant(bank.id):
        assert Integration.objects.count() == 1
    faults = [one for one in answers if isinstance(one, Exception)]
    assert all(isinstance(one, IntegrationChanged) for one in faults)
    assert len(facts(bank)) == 2 - len(faults)


def test_only_a_change_of_the_account_forgets_how_the_test_went(bank, moussa, account):
    connect(moussa, account)
    trial(moussa)

    connect(moussa, account, price_xof=25, is_active=False, secrets={"auth_token": ""})
    row = row_of(bank)
    assert (row.last_test_result, row.price_xof, row.is_active) == (Outcome.OK, 25, False)
    connect(moussa, account, sender="+221338001122")
    row = row_of(bank)
    assert (row.last_test_result, row.price_xof, row.is_active) == ("", 25, False)


def test_a_new_address_for_the_provider_and_no_address_in_the_journal(bank, moussa, account):
    connect(moussa, account)
    before = row_of(bank).hook_key
    with in_tenant(bank.id):
        renew_hook(provider=TWILIO, actor=moussa.actor, at=NINE)

    after = row_of(bank).hook_key
    assert len({before, after}) == 2
    told = str([(fact.before, fact.after, fact.data) for fact in facts(bank)])
    assert before not in told
    assert after not in told
    assert [fact.fact for fact in facts(bank)] == ["integration.created", "integration.readdressed"]


def test_disconnecting_leaves_nothing(bank, moussa, cheikh, account):
    connect(moussa, account)
    with in_tenant(cheikh.tenant.id), pytest.raises(NotFound):
        disconnect(provider=TWILIO, actor=cheikh.actor, at=NINE)
    with in_tenant(bank.id):
        disconnect(provider=TWILIO, actor=moussa.actor, at=NINE)

    assert row_of(bank) is None
    with in_tenant(bank.id), pytest.raises(NotFound):
        disconnect(provider=TWILIO, actor=moussa.actor, at=NINE)
