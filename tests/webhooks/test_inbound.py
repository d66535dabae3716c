"""Messages of another system: believed by their signature only, obeyed once."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import orjson
import pytest
import standardwebhooks

from smartqueue.tenants.scope import in_tenant
from smartqueue.webhooks.actions.inbound import add_source, remove_source, rotate_source
from smartqueue.webhooks.models import InboundMessage
from tests.cast import NINE, Api, at_the_same_time


@pytest.fixture
def source(bank, moussa):
    with in_tenant(bank.id):
        return add_source(tenant_id=bank.id, name="Caisse", rights=["issue", "cancel"], actor=moussa.actor, at=NINE)


def signed(body, secret, message_id=None, moment=None):
    moment = moment or datetime.now(UTC)
    message_id = message_id or f"msg_{uuid4().hex}"
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": standardwebhooks.Webhook(secret).sign(message_id, moment, body.decode()),
    }


def send(source, kind, message_id=None, moment=None, **values):
    row, secret = source
    body = orjson.dumps({"type": kind, "data": values})
    return Api().post(f"inbound/{row.key}/", json=body, headers=signed(body, secret, message_id, moment))


def kept(bank):
    from smartqueue.queueing.models import Ticket

    with in_tenant(bank.id):
        return Ticket.objects.count(), InboundMessage.objects.count()


def test_another_system_takes_a_ticket_and_cancels_it(bank, source, tellers, ticket):
    taken = send(source, "ticket.issue", queue_id=str(tellers.id), phone="77 123 45 67", external_ref="BON-1")

    assert taken.status_code == 200, taken.content
    said = taken.json()
    assert (said["number"], said["status"], said["people_ahead"]) == ("A001", "waiting", 0)
    row = ticket(said["id"])
    assert (row.token, str(row.channel)) == (said["token"], "web")
    gone = send(source, "ticket.cancel", external_ref="BON-1")
    assert (gone.status_code, gone.json()["status"]) == (200, "cancelled")


def test_another_system_says_who_has_arrived(bank, moussa, tellers, take, ticket):
    with in_tenant(bank.id):
        booking, cash = (
            add_source(tenant_id=bank.id, name=name, rights=rights, actor=moussa.actor, at=NINE)
            for name, rights in (("Rendez-vous", ["issue", "check_in"]), ("Caisse", ["issue", "cancel"]))
        )
    taken = send(booking, "ticket.issue", queue_id=str(tellers.id), external_ref="RDV-1").json()
    assert taken["is_here"] is False

    first, again, other = (
        send(booking, "ticket.check_in", *message_id, external_ref="RDV-1")
        for message_id in ((), ("msg_9",), ("msg_9",))
    )

    assert [(answer.status_code, answer.json()["is_here"]) for answer in (first, again, other)] == [(200, True)] * 3
    assert ticket(taken["id"]).version == 2
    somebodys = take(channel="web", at=datetime.now(UTC))
    assert send(booking, "ticket.check_in", ticket_id=str(somebodys)).json()["code"] == "ticket_not_found"
    refused = send(cash, "ticket.check_in", external_ref="RDV-1")
    assert (refused.status_code, refused.json()["code"]) == (403, "source_may_not")


def test_what_comes_twice_happens_once(bank, source, tellers):
    first, again = (send(source, "ticket.issue", "msg_1", queue_id=str(tellers.id)) for _n in range(2))
    assert first.json()["id"] == again.json()["id"]

    by_ref = [send(source, "ticket.issue", queue_id=str(tellers.id), external_ref="BON-2") for _n in range(2)]
    assert by_ref[0].json()["id"] == by_ref[1].json()["id"]

    assert kept(bank)[0] == 2


def test_the_same_message_twice_at_once_takes_one_ticket(bank, source, tellers):
    answers = at_the_same_time(
        *[lambda: send(source, "ticket.issue", "msg_1", queue_id=str(tellers.id))] * 4,
        *[lambda: send(source, "ticket.issue", queue_id=str(tellers.id), external_ref="BON-3")] * 4,
    )

    assert [answer.status_code for answer in answers] == [200] * 8
    assert len({answer.json()["id"] for answer in answers[:4]}) == len({one.json()["id"] for one in answers[4:]}) == 1
    assert kept(bank)[0] == 2


@pytest.mark.parametrize("how", ["key", "no headers", "secret", "body", "old", "new", "id", "second", "empty"])
def test_what_is_not_signed_is_401_and_leaves_nothing(bank, source, tellers, how):
    row, secret = source
    body = orjson.dumps({"type": "ticket.issue", "data": {"queue_id": str(tellers.id)}})
    moment = datetime.now(UTC) + {"old": -timedelta(minutes=6), "new": timedelta(minutes=6)}.get(how, timedelta())
    other = "whsec_" + "QUJD" * 8
    headers = signed(body, other if how == "secret" else secret, moment=moment)
    headers |= {"id": {"webhook-id": "msg_2"}, "second": {"webhook-timestamp": "9" * 400}}.get(how, {})
    headers |= {"webhook-signature": "v1,"} if how == "empty" else {}

    answer = Api().post(
        f"inbound/{'x' * 22 if how == 'key' else row.key}/",
        json=body + b" " if how == "body" else body,
        headers={} if how == "no headers" else headers,
    )

    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
    assert answer.json()["code"] == "bad_signature"
    assert kept(bank) == (0, 0)


def test_what_the_rules_refuse_is_kept_nowhere_and_may_come_again(bank, source, tellers, moussa):
    from smartqueue.queueing.actions.queues import set_queue_status

    def switch(status):
        with in_tenant(bank.id):
            set_queue_status(queue_id=tellers.id, status=status, actor=moussa.actor, at=NINE)

    switch("closed")
    refused = send(source, "ticket.issue", "msg_1", queue_id=str(tellers.id), phone="77 123 45 67")
    assert (refused.status_code, refused.json()["code"]) == (409, "queue_closed")
    assert kept(bank) == (0, 0)
    switch("open")
    assert send(source, "ticket.issue", "msg_1", queue_id=str(tellers.id)).status_code == 200


def test_a_source_does_what_it_may_with_what_is_its_own(bank, moussa, source, tellers, take, cheikh):
    with in_tenant(bank.id):
        reader = add_source(tenant_id=bank.id, name="Site", rights=["cancel"], actor=moussa.actor, at=NINE)
    assert send(reader, "ticket.issue", queue_id=str(tellers.id)).json()["code"] == "source_may_not"

    somebodys = take(at=datetime.now(UTC))
    assert send(source, "ticket.cancel", ticket_id=str(somebodys)).json()["code"] == "ticket_not_found"
    with in_tenant(cheikh.tenant.id):
        foreign = add_source(tenant_id=cheikh.tenant.id, name="Mairie", rights=["issue"], actor=cheikh.actor, at=NINE)
    assert send(foreign, "ticket.issue", queue_id=str(tellers.id)).json()["code"] == "queue_not_found"


@pytest.mark.parametrize(
    ("kind", "values"),
    [("ticket.check_in", {}), ("ticket.issue", {}), ("ticket.issue", {"queue_id": "x"}), ("ticket.cancel", {}),
     ("ticket.cancel", {"external_ref": "a", "ticket_id": str(uuid4())}),
     ("ticket.issue", {"queue_id": str(uuid4()), "priority": 10})],
)  # fmt: skip
def test_a_message_that_says_nothing_clear_is_400(bank, source, kind, values):
    answer = send(source, kind, **values)

    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert kept(bank) == (0, 0)


def test_a_phone_that_is_none_is_400(bank, source, tellers):
    assert send(source, "ticket.issue", queue_id=str(tellers.id), phone="12").status_code == 400
    assert kept(bank) == (0, 0)


def test_both_secrets_are_believed_for_a_day_and_a_removed_source_never(bank, moussa, source, tellers):
    row, _old = source
    moment = datetime.now(UTC)
    with in_tenant(bank.id):
        _row, new = rotate_source(source_id=row.id, actor=moussa.actor, at=moment - timedelta(hours=23))
    for one in (source, (row, new)):
        assert send(one, "ticket.issue", queue_id=str(tellers.id)).status_code == 200
    with in_tenant(bank.id):
        _row, newer = rotate_source(source_id=row.id, actor=moussa.actor, at=moment + timedelta(hours=2))
    assert send(source, "ticket.issue", queue_id=str(tellers.id)).status_code == 401
    assert send((row, newer), "ticket.issue", queue_id=str(tellers.id)).status_code == 200
    with in_tenant(bank.id):
        remove_source(source_id=row.id, actor=moussa.actor, at=moment)
    assert send((row, newer), "ticket.issue", queue_id=str(tellers.id)).status_code == 401
