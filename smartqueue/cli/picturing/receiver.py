"""Somebody else's cash desk, as webhooks see it: a server on 127.0.0.1 that takes facts and stumbles over a test."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PATH = "/cash-desk"


class CashDesk(BaseHTTPRequestHandler):
    """204 for what happened, 500 for `webhook.test`: pictures show both."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.send_response(500 if b'"webhook.test"' in body else 204)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        """Nothing on the terminal, which shows the names of pictures."""


@contextmanager
def cash_desk() -> Iterator[str]:
    """Yields its address; gone with the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), CashDesk)
    running = threading.Thread(target=server.serve_forever, daemon=True)
    running.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{PATH}"
    finally:
        server.shutdown()
        server.server_close()
        running.join()
