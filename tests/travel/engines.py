"""Stand-ins for routing engines: they speak both protocols as far as their documents tell."""

import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import pytest
from django.test import override_settings

FREE_S, KM = 1200, 17.2
"""Twenty minutes on empty roads."""


def osrm(path, _body):
    found = re.fullmatch(r"/table/v1/driving/([-\d.,;]+)\?(.*)", unquote(path))
    points = [tuple(map(float, one.split(","))) for one in found[1].split(";")]
    assert all(lon < 0 < lat for lon, lat in points), "longitude comes first"
    count = len(points) - 1
    assert found[2] == f"sources=0&destinations={';'.join(map(str, range(1, count + 1)))}&annotations=duration,distance"
    times = [FREE_S if lat < 15 else None for _lon, lat in points[1:]]
    return {"code": "Ok", "durations": [times], "distances": [[KM * 1000 if one else None for one in times]]}


def valhalla(path, body):
    assert path == "/sources_to_targets"
    asked = json.loads(body)
    assert (asked["costing"], asked["units"], list(asked["sources"][0])) == ("auto", "kilometers", ["lat", "lon"])
    row = [
        {"from_index": 0, "to_index": n, "time": FREE_S if one["lat"] < 15 else None, "distance": KM}
        for n, one in enumerate(asked["targets"])
    ]
    return {"sources_to_targets": [row[::-1]], "units": "kilometers"}


class Stand:
    """A server that answers with `say(path, body)`: an object, bytes, or (status, bytes)."""

    def __init__(self, say):
        self.asked, self.say, self.url = [], say, ""


@contextmanager
def standing(say):
    stand = Stand(say)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            stand.asked.append(self.path)
            try:
                said = stand.say(self.path, body)
            except AssertionError as wrong:
                said = (400, str(wrong).encode())
            status, told = said if isinstance(said, tuple) else (200, said)
            told = told if isinstance(told, bytes) else json.dumps(told).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        do_POST = do_GET  # noqa: N815  # the server's name for it

        def log_message(self, *_words):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    stand.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield stand
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=30)


@pytest.fixture
def engines(monkeypatch):
    """A developer's machine, on which nothing was asked yet; connections end with the test."""
    from smartqueue.outbound import http
    from smartqueue.travel.queries.engines import memory

    monkeypatch.setattr(http, "_pools", {})
    memory.forget()
    with override_settings(OUTBOUND_LOOPBACK=True):
        yield
    for pool in http._pools.values():
        pool.close()
    memory.forget()
