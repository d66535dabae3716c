"""From a message that waits, through the senders and a provider, to what the provider says became of it at our hook."""

import json
from datetime import timedelta

import pytest
from django.test import Client

from tests.notifications.transports.asking import DEMBA

pytestmark = pytest.mark.usefixtures("loopback")
NOBODY = "http://127.0.0.1:9/"
WAYS = {
    "meta_whatsapp": ("meta", "whatsapp", DEMBA, "delivered", "failed"),
    "sendgrid": ("sendgrid", "email", "demba@example.sn", "delivered", "bounce"),
    "mailgun": ("mailgun", "email", "demba@example.sn", "delivered", "failed"),
    "brevo": ("brevo", "email", "demba@example.sn", "delivered", "hard_bounce"),
}
every = pytest.mark.parametrize("provider", WAYS)


@pytest.fixture
def at():
    from smartqueue.kernel.clock import now

    return now()


@pytest.fixture
def account(desk, sandbox, provider, at):
    account = sandbox.account(WAYS[provider][0])
    desk.connect(account, provider, at=at)
    account.faults(reports={"when": "never"})
    return account


def send(at):
    from smartqueue.notifications.actions.sending import send_due

    return send_due(at=at)


def written(desk, provider, at):
    _stand_in, channel, to, *_words = WAYS[provider]
    (message,) = desk.write(at=at, channel=channel, address=to, subject="Nouvelle")
    return message


def told(desk, account, provider, **report):
    """Let the provider tell; what it would have sent reaches our hook."""
    account.report(url=NOBODY, **report)
    call = account.calls()[-1]
    hook = f"/hooks/{provider}/{desk.integration(provider).hook_key}/"
    headers = {name: value for name, value in call["headers"].items() if name != "content-type"}
    return Client().post(hook, call["content"], content_type="application/json", headers=headers).status_code


@every
def test_a_message_goes_there_and_its_fate_comes_back(desk, account, provider, at):
    message = written(desk, provider, at)
    send(at)
    (taken,), row = account.messages(), desk.row(message)
    assert (row.status, row.provider, row.provider_id) == ("sent", provider, taken["id"].strip("<>"))

    good, bad = WAYS[provider][3:]
    assert told(desk, account, provider, status=bad) == 200
    assert desk.row(message).status == "failed"
    for _ in range(2):
        assert told(desk, account, provider, status=good) == 200
    assert desk.row(message).status == "delivered"
    heard = [line["status"] for line in desk.row(message).history if line["status"] != "reserved"]
    assert heard == ["sent", "failed", "delivered"]


@every
def test_a_message_whose_answer_was_lost_is_not_sent_again_once_it_is_heard_of(desk, account, provider, at):
    message = written(desk, provider, at)
    account.faults("cut")
    send(at)
    assert desk.row(message).status == "pending"

    assert told(desk, account, provider, status=WAYS[provider][3]) == 200
    send(at + timedelta(minutes=2))

    assert desk.row(message).status == "delivered"
    assert len(account.messages()) == 1


@pytest.mark.parametrize("provider", ["meta_whatsapp", "sendgrid", "mailgun"])
def test_what_is_forged_changes_nothing(desk, account, provider, at):
    message = written(desk, provider, at)
    send(at)
    for how in ("absent", "bad"):
        assert told(desk, account, provider, status=WAYS[provider][3], signature=how) == 403
    assert desk.row(message).status == "sent"


def test_a_browser_is_told_and_forgotten_when_it_is_gone(desk, sandbox, at):
    from smartqueue.notifications.actions.subscriptions import subscribe
    from smartqueue.notifications.models import PushSubscription
    from smartqueue.notifications.queries.plan import push_address
    from smartqueue.tenants.scope import in_tenant

    account = sandbox.account("webpush")
    given = account.client.get(f"{account.base_url}/subscription/{account.name}").json()
    with in_tenant(desk.tenant.id):
        row = subscribe(tenant_id=desk.tenant.id, endpoint=given["endpoint"], keys=given["keys"], at=at)
    (first,) = desk.write(at=at, channel="push", address=push_address(row), subject="À vous", body="Guichet 3")
    send(at)
    (kept,) = account.messages()
    assert (desk.row(first).status, desk.row(first).is_simulated) == ("sent", False)
    assert json.loads(kept["body"])["body"] == "Guichet 3"

    account.faults("rejected")
    (second,) = desk.write(at=at, channel="push", address=push_address(row))
    send(at)
    assert (desk.row(second).status, desk.row(second).why_not) == ("failed", "recipient_gone")
    with in_tenant(desk.tenant.id):
        assert not PushSubscription.objects.exists()
