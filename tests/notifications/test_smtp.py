"""Letters through a tenant's own server: what arrives, and a name for everything that goes wrong."""

import email
import socket
import time
from email import policy

import pytest
from django.test import override_settings

from smartqueue.notifications.states import Outcome
from smartqueue.notifications.transports.base import TransportFault
from smartqueue.notifications.transports.email import Letter, Server, send_email
from tests.notifications.smtp_sandbox import PASSWORD, USER, mail_server

LETTER = Letter(
    to="moussa@example.sn", subject="Essai réussi", body="Bonjour é\n.\nfin", sender_name="Banque du Fleuve"
)


@pytest.fixture(autouse=True)
def developers_machine():
    with override_settings(DEBUG=True, OUTBOUND_LOOPBACK=True):
        yield


@pytest.fixture
def trusted(tmp_path, monkeypatch):
    """Whoever makes a context from here on trusts the sandbox's certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))


def server(box, **other):
    usual = {"host": "127.0.0.1", "port": box.port, "security": "starttls", "sender": "noreply@banque.sn",
             "user": USER, "password": PASSWORD}  # fmt: skip
    return Server(**usual | other)


def outcome(box, seconds=8, **other):
    try:
        send_email(server(box, **other), LETTER, seconds=seconds)
    except TransportFault as fault:
        return fault.outcome
    return Outcome.OK


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_letter_arrives_as_it_was_written(tmp_path, trusted, security):
    with mail_server(tmp_path, at_once=security == "tls") as box:
        assert outcome(box, security=security) == Outcome.OK

    ((sender, to, letter),) = box.got
    message = email.message_from_bytes(letter, policy=policy.default)
    assert (sender, to) == ("noreply@banque.sn", ["moussa@example.sn"])
    assert (message["From"], message["Subject"]) == ("Banque du Fleuve <noreply@banque.sn>", "Essai réussi")
    assert message.get_content().splitlines() == ["Bonjour é", ".", "fin"]
    assert "AUTH" in box.said


def test_without_a_user_nobody_signs_in(tmp_path):
    with mail_server(tmp_path, needs_tls=False) as box:
        assert outcome(box, security="none", user="") == Outcome.OK
    assert "AUTH" not in box.said
    assert len(box.got) == 1


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"AUTH": "535 5.7.8 no"}, Outcome.REFUSED_LOGIN),
        ({"AUTH": "538 5.7.11 encryption required"}, Outcome.NEEDS_TLS),
        ({"noauth": ""}, Outcome.NO_LOGIN),
        ({"MAIL": "550 5.7.1 not you"}, Outcome.REFUSED_SENDER),
        ({"MAIL": "530 5.7.0 Authentication required"}, Outcome.REFUSED_LOGIN),
        ({"RCPT": "550 5.1.1 nobody"}, Outcome.REFUSED_RECIPIENT),
        ({"DATA": "554 no"}, Outcome.REFUSED_MESSAGE),
        ({"letter": "552 too big"}, Outcome.REFUSED_MESSAGE),
        ({"banner": "554 not today"}, Outcome.CLOSED),
        ({"banner": "close"}, Outcome.CLOSED),
        ({"banner": "SSH-2.0-OpenSSH_9.6"}, Outcome.NOT_UNDERSTOOD),
        ({"MAIL": "close"}, Outcome.CLOSED),
        ({"letter": "close"}, Outcome.CLOSED),
        ({"STARTTLS": "454 not now"}, Outcome.NO_TLS),
        ({"QUIT": "close"}, Outcome.OK),
    ],
)
def test_every_answer_has_its_name(tmp_path, trusted, answers, expected):
    with mail_server(tmp_path, answers=answers) as box:
        assert outcome(box) == expected
    assert len(box.got) == (expected == Outcome.OK)


@pytest.mark.parametrize("word", ["banner", "EHLO", "MAIL", "letter"])
@pytest.mark.parametrize("how", ["hang", "drip"])
def test_a_server_that_lets_us_wait_is_left_in_time(tmp_path, trusted, word, how):
    with mail_server(tmp_path, answers={word: how}) as box:
        began = time.monotonic()
        assert outcome(box, seconds=1) == Outcome.TIMEOUT
        assert time.monotonic() - began < 4


def test_a_server_that_wants_tls_says_so(tmp_path):
    with mail_server(tmp_path) as box:
        assert outcome(box, security="none", user="") == Outcome.NEEDS_TLS


def test_a_server_without_starttls_gets_no_password(tmp_path):
    with mail_server(tmp_path, starttls=False) as box:
        assert outcome(box) == Outcome.NO_TLS
    assert "AUTH" not in box.said


def test_tls_to_a_port_that_speaks_plainly(tmp_path):
    with mail_server(tmp_path) as box:
        assert outcome(box, security="tls") in (Outcome.NO_TLS, Outcome.CLOSED)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for_gets_no_password(tmp_path, security):
    with mail_server(tmp_path, at_once=security == "tls") as box:
        assert outcome(box, security=security) == Outcome.BAD_CERTIFICATE
    assert "AUTH" not in box.said


def test_a_certificate_of_another_name_gets_no_password(tmp_path, trusted):
    with mail_server(tmp_path) as box:
        assert outcome(box, host="localhost") == Outcome.BAD_CERTIFICATE
    assert "AUTH" not in box.said


def test_nobody_there(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(TransportFault) as fault:
            send_email(Server(host="127.0.0.1", port=taken.getsockname()[1], security="none", sender="a@b.sn"), LETTER)
    assert fault.value.outcome == Outcome.UNREACHABLE


def test_a_name_is_looked_up_once_and_connected_to_as_it_was_judged(tmp_path, monkeypatch):
    """The stand-in is for the name server, which may answer otherwise the second time."""
    really, asked = socket.getaddrinfo, []

    def answer(host, *words, **options):
        if host != "mail.example.sn":
            return really(host, *words, **options)
        asked.append(host)
        return really("127.0.0.1" if len(asked) == 1 else "127.0.0.2", *words, **options)

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    with mail_server(tmp_path, needs_tls=False) as box:
        assert outcome(box, host="mail.example.sn", security="none", user="") == Outcome.OK
    assert len(asked) == 1
