"""The way from the event loop to a WSGI application and back, through a real uvicorn."""

import hashlib
import http.client
import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn

from smartqueue.cli.processes import wait_until
from smartqueue.config.bridge import Bridge

CLOSED: list[str] = []


class Answer(list[bytes]):
    """What Django returns: iterable, and closed once."""

    streaming = False

    def __init__(self, path: str, parts: list[bytes]) -> None:
        super().__init__(parts)
        self.path = path

    def close(self) -> None:
        CLOSED.append(self.path)


class Stream(Answer):
    streaming = True


def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/broken":
        raise RuntimeError("broken on purpose")
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Type", "text/plain"), ("X-Path", path), ("X-Query", environ["QUERY_STRING"])])
    if path == "/stream":
        return Stream(path, [b"one,", b"two,", b"three"])
    return Answer(path, [environ["REQUEST_METHOD"].encode(), b" ", hashlib.sha256(body).hexdigest().encode()])


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(Bridge(application, workers=2), lifespan="off", log_level="critical")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    assert wait_until(lambda: server.started, seconds=10)
    yield listener.getsockname()
    server.should_exit = True
    thread.join(timeout=10)


@pytest.fixture
def ask(address):
    client = http.client.HTTPConnection(*address, timeout=10)

    def run(method, path, body=None, **headers):
        client.request(method, path, body=body, headers=headers)
        answer = client.getresponse()
        return answer.status, answer.headers, answer.read()

    yield run
    client.close()


def digest(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest().encode()


def test_a_request_and_its_answer_cross_whole(ask):
    CLOSED.clear()

    status, headers, body = ask("POST", "/a%20path?x=1", b"hello")

    assert (status, headers["X-Path"], headers["X-Query"]) == (200, "/a path", "x=1")
    assert body == b"POST " + digest(b"hello")
    assert CLOSED == ["/a path"]


def test_an_upload_that_comes_in_parts_arrives_whole(ask):
    upload = b"0123456789abcdef" * 100_000

    assert ask("PUT", "/upload", upload)[2] == b"PUT " + digest(upload)
    assert ask("PUT", "/upload", iter([upload[:7], upload[7:9], upload[9:]]))[2] == b"PUT " + digest(upload)


def test_an_answer_that_streams_arrives_in_order_and_is_closed(ask):
    CLOSED.clear()

    assert ask("GET", "/stream")[2] == b"one,two,three"
    assert wait_until(lambda: CLOSED == ["/stream"], seconds=5)


def test_a_fault_is_answered_and_the_next_request_is_served(ask):
    assert ask("GET", "/broken")[0] == 500
    assert ask("GET", "/")[2] == b"GET " + digest(b"")


def test_a_caller_who_hangs_up_early_costs_nobody_else(address, ask):
    for _ in range(5):
        with socket.create_connection(address) as caller:
            caller.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")

    assert ask("GET", "/")[0] == 200
