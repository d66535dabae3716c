"""What arrives, in which order, and what happens when it does not."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import standardwebhooks

from smartqueue.journal.states import SYSTEM
from smartqueue.queueing.actions.tickets import cancel_ticket
from smartqueue.tenants.scope import in_tenant
from smartqueue.webhooks.actions import endpoints
from smartqueue.webhooks.errors import EndpointIsOff, RotatedJustNow, StillOnItsWay
from smartqueue.webhooks.states import RETRY_AFTER_S, DeliveryStatus, WhyOff
from tests.cast import NINE, at_the_same_time
from tests.webhooks.conftest import LATER, deliver
from tests.webhooks.receiver import Answer

P, D, F = DeliveryStatus.PENDING, DeliveryStatus.DELIVERED, DeliveryStatus.FAILED


def test_a_fact_arrives_signed_and_says_nothing_personal(bank, add, receive, take, handed_over, log):
    endpoint, secret = add((box := receive()).url + "/smartqueue")
    ticket_id = take()
    handed_over()

    moment = datetime.now(UTC)  # the reference library reads the real clock
    assert deliver(moment, bank.id) == 1

    (got,) = box.got
    said = standardwebhooks.Webhook(secret).verify(got.body, got.headers)
    (row,) = log(endpoint)
    assert (row.status, row.tries, got.id) == (D, 1, f"msg_{row.id.hex}")
    assert (said["type"], said["timestamp"]) == ("ticket.created", NINE.isoformat())
    assert said["data"] == {
        "ticket_id": str(ticket_id), "version": 1, "status": "waiting", "number": "A001", "channel": "kiosk",
        "queue_id": said["data"]["queue_id"],
    }  # fmt: skip
    assert got.headers["content-type"] == "application/json"
    ((line),) = row.history
    assert (line["status"], line["error"], set(line)) == (200, "", {"at", "status", "ms", "error"})


def test_only_what_was_asked_for_is_told(bank, add, receive, take, handed_over, log):
    box = receive()
    cancelled, _secret = add(box.url, "ticket.cancelled")
    ticket_id = take()
    with in_tenant(bank.id):
        cancel_ticket(ticket_id=ticket_id, agent_id=None, reason="Demba Ndiaye", actor=SYSTEM, at=NINE)
    handed_over()
    handed_over()  # at least once: the second time does nothing

    deliver(LATER, bank.id)

    assert [row.fact for row in log(cancelled)] == ["ticket.cancelled"]
    assert [got.said["type"] for got in box.got] == ["ticket.cancelled"]
    assert b"Demba" not in box.got[0].body


def test_facts_of_one_ticket_wait_for_the_first_and_those_of_others_do_not(bank, add, receive, take, handed_over, log):
    refused = set()
    box = receive(lambda got: Answer(500 if got.said["data"]["ticket_id"] in refused else 200))
    endpoint, _secret = add(box.url)
    stuck, free = take(), take()
    refused.add(str(stuck))
    with in_tenant(bank.id):
        for ticket_id in (stuck, free):
            cancel_ticket(ticket_id=ticket_id, agent_id=None, reason="", actor=SYSTEM, at=NINE)
    handed_over()

    deliver(LATER, bank.id)
    assert [(row.subject, row.status) for row in log(endpoint)] == [(stuck, P), (free, D), (stuck, P), (free, D)]
    assert [got.said["type"] for got in box.got if got.said["data"]["ticket_id"] == str(stuck)] == ["ticket.created"]

    refused.clear()
    assert deliver(LATER + timedelta(seconds=4), bank.id) == 0
    assert deliver(LATER + timedelta(seconds=5), bank.id) == 2
    told = [got.said["type"] for got in box.accepted if got.said["data"]["ticket_id"] == str(stuck)]
    assert told == ["ticket.created", "ticket.cancelled"]


def test_a_later_fact_waits_until_the_relay_has_handed_over_the_earlier_one(bank, add, receive, take, handed_over, log):
    from smartqueue.journal.actions.relay import _run_once
    from smartqueue.journal.models import Entry
    from smartqueue.webhooks.handlers import queue_deliveries

    _endpoint, _secret = add((box := receive()).url)
    ticket_id = take()
    with in_tenant(bank.id):
        cancel_ticket(ticket_id=ticket_id, agent_id=None, reason="", actor=SYSTEM, at=NINE)
        second = Entry.objects.filter(object_id=ticket_id, version=2)
        _run_once(list(second), {"ticket.cancelled": [queue_deliveries]})

    assert deliver(NINE + timedelta(minutes=1), bank.id) == 0
    handed_over()
    assert deliver(NINE + timedelta(minutes=1), bank.id) == 2
    assert [got.said["data"]["version"] for got in box.got] == [1, 2]


def test_a_dead_receiver_is_tried_for_a_day_and_turned_off_with_one_letter(
    bank, moussa, awa, add, receive, take, handed_over, log, again
):
    from django.core import mail

    from smartqueue.webhooks.actions.letters import send_letters

    endpoint, _secret = add((box := receive(lambda got: Answer(500))).url)
    take()
    handed_over()

    at, ids = LATER, []
    while (row := log(endpoint)[0]).status == P:
        assert deliver(at, bank.id) == 1
        ids += [got.id for got in box.got[len(ids) :]]
        at = max(at, log(endpoint)[0].due_at)

    assert (row.status, row.tries, len(set(ids)), len(ids)) == (F, 8, 1, 8)
    tried = [datetime.fromisoformat(one["at"]) for one in row.history]
    pauses = [(later - earlier).total_seconds() for earlier, later in pairwise(tried)]
    assert all(0.9 * longest <= pause <= longest for pause, longest in zip(pauses, RETRY_AFTER_S, strict=True))
    assert timedelta(hours=21) < tried[-1] - tried[0] <= timedelta(hours=24)
    off = again(endpoint)
    assert (off.is_active, off.disabled_reason) == (False, WhyOff.FAILING)
    mail.outbox.clear()
    send_letters(at=at + timedelta(minutes=1))
    send_letters(at=at + timedelta(minutes=9))
    mine = [letter for letter in mail.outbox if moussa.user.email in letter.bcc]
    assert [letter.bcc for letter in mine] == [[moussa.user.email]]
    take()
    handed_over()
    assert len(log(endpoint)) == 1  # what happens while it is off is not kept for it


def test_one_fact_that_is_refused_for_a_day_is_given_up_alone(bank, add, receive, take, handed_over, log, again):
    poison = []
    box = receive(lambda got: Answer(500 if got.said["data"]["ticket_id"] in poison else 200))
    endpoint, _secret = add(box.url)
    poison.append(str(take()))
    handed_over()
    at = LATER
    while log(endpoint)[0].status == P:
        deliver(at, bank.id)
        take(at=at)
        handed_over()
        deliver(at + timedelta(seconds=1), bank.id)
        at = max(at, log(endpoint)[0].due_at)

    assert log(endpoint)[0].status == F
    assert {row.status for row in log(endpoint)[1:]} == {D}
    assert again(endpoint).is_active


@pytest.mark.parametrize(
    ("answer", "expected", "is_on"),
    [
        (Answer(204), D, True),
        (Answer(301, {"Location": "http://127.0.0.1:1/"}), P, True),
        (Answer(404), P, True),
        (Answer(410), F, False),
        (Answer(200, body=b"x" * 70_000), P, True),
    ],
)
def test_only_2xx_is_a_yes_and_410_is_the_end(
    bank, add, receive, take, handed_over, log, again, answer, expected, is_on
):
    endpoint, _secret = add((box := receive(lambda got: answer)).url)
    take()
    handed_over()

    deliver(LATER, bank.id)

    (row,) = log(endpoint)
    assert (row.status, again(endpoint).is_active, len(box.got)) == (expected, is_on, 1)


@pytest.mark.parametrize(
    ("status", "wish", "least_s", "most_s"),
    [(429, "120", 120, 121), (503, "Mon, 02 Mar 2026 10:10:00 GMT", 600, 601), (429, "soon", 4, 5), (500, "120", 4, 5),
     (503, "99999999", 21600, 21601)],
)  # fmt: skip
def test_who_asks_for_a_pause_gets_it(bank, add, receive, take, handed_over, log, status, wish, least_s, most_s):
    endpoint, _secret = add(receive(lambda got: Answer(status, {"Retry-After": wish})).url)
    take()
    handed_over()

    deliver(LATER, bank.id)

    assert least_s <= (log(endpoint)[0].due_at - LATER).total_seconds() <= most_s


def test_nobody_there_is_a_fault_with_a_name(bank, add, take, handed_over, log):
    endpoint, _secret = add("http://127.0.0.1:9/")
    take()
    handed_over()

    deliver(LATER, bank.id)

    assert [one["error"] for one in log(endpoint)[0].history] == ["unreachable"]


def test_two_workers_at_once_deliver_each_fact_once(bank, add, receive, take, handed_over, log):
    from smartqueue.webhooks.actions.courier import Courier

    endpoint, _secret = add((box := receive()).url)
    for _n in range(30):
        take()
    handed_over()
    workers = [Courier(lambda: LATER, threads=(8, 2)) for _n in range(2)]

    at_the_same_time(*[worker.wake for worker in workers])
    assert all(worker.wait(30) for worker in workers)

    assert {row.status for row in log(endpoint)} == {D}
    assert len(box.got) == len({got.id for got in box.got}) == 30


def test_a_try_whose_worker_died_is_made_again_under_the_same_id(bank, add, receive, take, handed_over, log):
    from smartqueue.webhooks.actions.delivering import Outcome, claim, knock, note
    from smartqueue.webhooks.states import LEASE

    endpoint, _secret = add((box := receive()).url)
    take()
    handed_over()
    (lost,) = [one for one in claim(at=LATER, most=500) if one.tenant_id == bank.id]
    knock(lost, at=LATER)  # it arrived, and the worker died before it could say so

    assert deliver(LATER + LEASE - timedelta(seconds=1), bank.id) == 0
    assert deliver(LATER + LEASE, bank.id) == 1

    assert len(box.got) == 2
    assert len({got.id for got in box.got}) == 1
    (row,) = log(endpoint)
    assert (row.status, row.tries) == (D, 2)
    note(lost, Outcome(500), at=LATER + LEASE)
    assert log(endpoint)[0].status == D


def test_what_was_given_up_is_sent_again_under_the_same_id(bank, moussa, add, receive, take, handed_over, log):
    answers = iter([410, 200, 200])
    endpoint, _secret = add((box := receive(lambda got: Answer(next(answers)))).url)
    take()
    handed_over()
    deliver(LATER, bank.id)

    def replay():
        with in_tenant(bank.id):
            return endpoints.replay(
                delivery_ids=[log(endpoint)[0].id], endpoint_id=endpoint.id, actor=moussa.actor, at=LATER
            )

    with pytest.raises(EndpointIsOff):
        replay()
    with in_tenant(bank.id):
        endpoints.change_endpoint(endpoint_id=endpoint.id, values={"is_active": True}, actor=moussa.actor, at=LATER)
    results = at_the_same_time(replay, replay)
    assert {type(one) for one in results} == {list, StillOnItsWay}

    deliver(LATER, bank.id)
    assert log(endpoint)[0].status == D
    assert len(box.got) == 2
    assert len({got.id for got in box.got}) == 1


def test_a_test_goes_out_once_and_turns_nothing_off(bank, moussa, add, receive, log, again):
    endpoint, _secret = add((box := receive(lambda got: Answer(500))).url, "ticket.called")

    with in_tenant(bank.id):
        endpoints.try_endpoint(endpoint_id=endpoint.id, actor=moussa.actor, at=LATER)
    deliver(LATER, bank.id)

    assert [got.said["type"] for got in box.got] == ["webhook.test"]
    assert [row.status for row in log(endpoint)] == [F]
    assert again(endpoint).failing_since is None


def test_at_rotation_both_secrets_sign_for_a_day(bank, moussa, add, receive, take, handed_over):
    moment = datetime.now(UTC)
    endpoint, old = add((box := receive()).url)

    def rotate(at):
        with in_tenant(bank.id):
            return endpoints.rotate_secret(endpoint_id=endpoint.id, actor=moussa.actor, at=at)[1]

    new = rotate(moment - timedelta(hours=23))
    with pytest.raises(RotatedJustNow):
        rotate(moment)
    take()
    handed_over()
    deliver(moment, bank.id)
    (got,) = box.got
    for secret in (old, new):
        assert standardwebhooks.Webhook(secret).verify(got.body, got.headers)["type"] == "ticket.created"

    rotate(moment + timedelta(hours=2))
    take()
    handed_over()
    deliver(moment + timedelta(seconds=1), bank.id)
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(old).verify(box.got[1].body, box.got[1].headers)
    assert standardwebhooks.Webhook(new).verify(box.got[1].body, box.got[1].headers)
