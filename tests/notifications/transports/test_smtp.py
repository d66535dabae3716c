"""The tenant's own mail server as a way of sending; letters on their way are in `tests/notifications/test_smtp.py`."""

import email
from email import policy

import pytest
from django.test import override_settings

from smartqueue.notifications.states import Outcome
from smartqueue.notifications.transports.email import Smtp
from tests.notifications.smtp_sandbox import PASSWORD, USER, mail_server
from tests.notifications.transports.asking import closed_port, fault, handed, outgoing, seen


@pytest.fixture(autouse=True)
def developers_machine():
    with override_settings(OUTBOUND_LOOPBACK=True):
        yield


@pytest.fixture
def box(tmp_path, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with mail_server(tmp_path) as box:
        yield box


def smtp(box, **other):
    usual = {"host": "127.0.0.1", "port": box.port, "security": "starttls", "user": USER, "sender": "noreply@banque.sn"}
    return Smtp({**usual, **other}, {"password": PASSWORD})


def letter(**other):
    return outgoing(**{"to": "demba@example.sn", "subject": "À vous,\r\nBcc: x@y.sn", "sender_name": "Banque"} | other)


def read(box):
    return [email.message_from_bytes(raw, policy=policy.default) for _sender, _to, raw in box.got]


def test_a_letter_has_the_same_name_at_every_try(box):
    message = letter()

    names = {handed(smtp(box), message).provider_id, handed(smtp(box), message).provider_id}

    assert names == {f"<{message.id}@banque.sn>"} == {one["Message-ID"] for one in read(box)}
    assert read(box)[0]["Subject"] == "À vous, Bcc: x@y.sn"
    assert read(box)[0]["From"] == "Banque <noreply@banque.sn>"
    assert read(box)[0].get_content().strip() == message.body
    assert [to for _sender, to, _raw in box.got] == [["demba@example.sn"]] * 2


def test_only_what_nobody_waits_for_can_be_stopped(box):
    page = f"https://sq.example/stop/{'x' * 200}"  # longer than a line of a letter
    for more in ({}, {"kind": "queue_news"}, {"kind": "thanks", "stop_url": page}):
        handed(smtp(box), letter(**more))
    assert [(one["List-Unsubscribe"], one["List-Unsubscribe-Post"]) for one in read(box)] == [
        (None, None),
        ("<mailto:noreply@banque.sn?subject=STOP>", None),
        (f"<{page}>, <mailto:noreply@banque.sn?subject=STOP>", "List-Unsubscribe=One-Click"),
    ]
    assert f"<{page}>".encode() in box.got[2][2]


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"RCPT": "450 4.2.0 greylisted"}, (Outcome.BUSY, True, False, None)),
        ({"MAIL": "451 4.7.1 slow down"}, (Outcome.BUSY, True, False, None)),
        ({"letter": "452 4.3.1 no room"}, (Outcome.BUSY, True, False, None)),
        ({"AUTH": "454 4.7.0 later"}, (Outcome.BUSY, True, False, None)),
        ({"RCPT": "550 5.1.1 nobody"}, (Outcome.REFUSED_RECIPIENT, False, False, None)),
        ({"MAIL": "close"}, (Outcome.CLOSED, True, False, None)),
        ({"letter": "close"}, (Outcome.CLOSED, True, True, None)),
        ({"DATA": "close"}, (Outcome.CLOSED, True, True, None)),
    ],
)
def test_what_may_be_tried_again_and_what_may_have_arrived(box, answers, expected):
    box.answers = answers
    assert seen(fault(smtp(box), letter())) == expected


def test_the_servers_own_words_are_kept(box):
    box.answers = {"RCPT": "550 5.1.1 nobody of this name"}
    assert fault(smtp(box), letter()).said == "550 5.1.1 nobody of this name"


@pytest.mark.parametrize(("word", "is_unknown"), [("MAIL", False), ("letter", True)])
def test_an_answer_that_does_not_come_in_time(box, word, is_unknown):
    box.answers = {word: "hang"}
    assert seen(fault(smtp(box), letter(), seconds=1)) == (Outcome.TIMEOUT, True, is_unknown, None)


def test_another_password_and_nobody_there(box):
    assert fault(Smtp(smtp(box).settings, {"password": "x"}), letter()).outcome == Outcome.REFUSED_LOGIN
    assert seen(fault(smtp(box, port=closed_port()), letter())) == (Outcome.UNREACHABLE, True, False, None)


@override_settings(OUTBOUND_LOOPBACK=False)
def test_a_server_of_our_own_network_is_not_called(box):
    assert fault(smtp(box), letter()).outcome == Outcome.NOT_ALLOWED
    assert box.said == []


def test_the_mail_server_of_the_sandbox(sandbox):
    account = sandbox.account("smtp")
    server = Smtp(account.settings, account.secrets)
    message = letter()

    assert handed(server, message).provider_id == f"<{message.id}@{account.name}>"
    for what in ("busy", "rejected", "broken", "cut"):
        account.faults(what)
    outcomes = [seen(fault(server, letter()))[:3] for _ in range(4)]

    kept = account.messages()[0]
    assert (kept["to"], kept["body"].strip(), kept["id"]) == (
        message.to,
        message.body,
        f"<{message.id}@{account.name}>",
    )
    assert kept["asked"]["Subject"] == "À vous, Bcc: x@y.sn"
    assert outcomes == [
        (Outcome.BUSY, True, False),
        (Outcome.REFUSED_MESSAGE, False, False),
        (Outcome.BUSY, True, False),
        (Outcome.CLOSED, True, True),
    ]
    assert len(account.messages()) == 2
