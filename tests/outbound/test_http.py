"""One call: no redirects, one deadline for everything, a short answer, and a certificate that fits."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
from django.test import override_settings

from smartqueue.outbound import http
from smartqueue.outbound.deadline import Deadline, NoAnswer
from tests.notifications.smtp_sandbox import certificate
from tests.webhooks.receiver import Answer, receiving

NO_HTTP = {NoAnswer.NOT_UNDERSTOOD, NoAnswer.CLOSED}
"""The second where the line is cut before our last byte was read."""
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n"


@pytest.fixture(autouse=True)
def developers_machine(monkeypatch):
    monkeypatch.setattr(http, "_pools", {})  # no connection and no trust from another test
    with override_settings(OUTBOUND_LOOPBACK=True):
        yield
    for pool in http._pools.values():
        pool.close()


@contextmanager
def talking(talk: Callable[[socket.socket], None], tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """A server that says to each caller what `talk` says; yields its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            try:
                caller, _address = listener.accept()
            except OSError:
                return
            with caller:
                try:
                    with tls.wrap_socket(caller, server_side=True) if tls else caller as heard:
                        heard.recv(65536)
                        talk(heard)
                except OSError:
                    pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        over.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(timeout=30)


def silence(url, seconds=5.0):
    with pytest.raises(NoAnswer) as why:
        http.call("POST", url, deadline=Deadline(seconds), content=b"{}")
    return why.value


def drip(piece: bytes, pause_s: float) -> Callable[[socket.socket], None]:
    def talk(heard: socket.socket) -> None:
        heard.sendall(HEAD + b"content-length: 1000\r\n\r\n")
        for _n in range(100):
            heard.sendall(piece)
            time.sleep(pause_s)  # what the test is about, not how it waits

    return talk


def test_a_redirect_is_an_answer_and_is_not_followed():
    with receiving() as inner, receiving(lambda got: Answer(302, {"Location": inner.url})) as outer:
        answer = http.call("POST", outer.url, deadline=Deadline(5), content=b"{}")

    assert (answer.status, answer.is_ok, answer.headers["location"]) == (302, False, inner.url)
    assert (len(outer.got), inner.got) == (1, [])


def test_who_answers_byte_by_byte_holds_nobody_longer_than_the_deadline():
    with talking(drip(b"x", 0.2)) as port:
        began = time.monotonic()
        why = silence(f"http://127.0.0.1:{port}/", seconds=1)
        took = time.monotonic() - began

    assert (why.code, why.is_unknown) == (NoAnswer.TIMEOUT, True)
    assert 0.9 < took < 5


def test_headers_that_come_byte_by_byte_end_too():
    def talk(heard):
        for byte in HEAD:
            heard.sendall(bytes([byte]))
            time.sleep(0.2)

    with talking(talk) as port:
        assert silence(f"http://127.0.0.1:{port}/", seconds=1).code == NoAnswer.TIMEOUT


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        (HEAD + b"content-length: 70000\r\n\r\n" + b"x" * 70_000, {NoAnswer.TOO_LONG}),
        (HEAD + b"transfer-encoding: chunked\r\n\r\n" + b"4000\r\n" + b"x" * 0x4000 + b"\r\n", NO_HTTP),
        (b"SSH-2.0-OpenSSH_9.6\r\n", NO_HTTP),
        (b"", NO_HTTP),
    ],
    ids=["too long", "cut", "another protocol", "nothing"],
)
def test_what_is_no_short_http_is_no_answer(said, codes):
    with talking(lambda heard: heard.sendall(said)) as port:
        why = silence(f"http://127.0.0.1:{port}/")

    assert why.code in codes
    assert why.is_unknown


def test_an_endless_answer_ends_at_64_kb():
    def talk(heard):
        heard.sendall(HEAD + b"transfer-encoding: chunked\r\n\r\n")
        while True:
            heard.sendall(b"2000\r\n" + b"x" * 0x2000 + b"\r\n")

    with talking(talk) as port:
        assert silence(f"http://127.0.0.1:{port}/").code == NoAnswer.TOO_LONG


def test_nobody_there_is_said_at_once_and_nothing_has_arrived():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    why = silence(f"http://127.0.0.1:{port}/")

    assert (why.code, why.is_unknown) == (NoAnswer.UNREACHABLE, False)


@pytest.mark.parametrize(
    ("host", "is_trusted", "code"),
    [("127.0.0.1", True, None), ("localhost", True, NoAnswer.BAD_CERTIFICATE),
     ("127.0.0.1", False, NoAnswer.BAD_CERTIFICATE)],
)  # fmt: skip
def test_a_certificate_must_be_vouched_for_and_be_of_this_name(tmp_path, monkeypatch, host, is_trusted, code):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate(tmp_path))
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with ExitStack() as running:
        port = running.enter_context(talking(lambda heard: heard.sendall(HEAD + b"content-length: 2\r\n\r\nok"), tls))
        url = f"https://{host}:{port}/"
        if code is None:
            assert http.call("GET", url, deadline=Deadline(5)).body == b"ok"
        else:
            assert silence(url).code == code


def test_plain_http_where_tls_is_wanted():
    with talking(lambda heard: heard.sendall(HEAD + b"\r\n")) as port:
        assert silence(f"https://127.0.0.1:{port}/").code in (NoAnswer.NO_TLS, NoAnswer.CLOSED)
