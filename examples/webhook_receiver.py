"""Receives SmartQueue's webhooks, believes what is signed, and writes it out. `WEBHOOK_SECRET=whsec_… python <this>`"""

import base64
import hmac
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

KEY = base64.b64decode(os.environ["WEBHOOK_SECRET"].removeprefix("whsec_"))


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        second = self.headers.get("webhook-timestamp", "0")
        signed = f"{self.headers.get('webhook-id')}.{second}.".encode() + body
        expected = b"v1," + base64.b64encode(hmac.digest(KEY, signed, "sha256"))
        given = self.headers.get("webhook-signature", "").encode().split()
        is_ours = any(hmac.compare_digest(expected, one) for one in given)
        is_fresh = second.isdigit() and abs(time.time() - int(second)) < 300
        self.send_response(204 if is_ours and is_fresh else 401)
        self.end_headers()
        if is_ours and is_fresh:  # the same webhook-id may come twice: do a thing once for each
            sys.stdout.write(f"{self.headers['webhook-id']} {body.decode()}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(os.environ.get("PORT", "9000"))), Receiver).serve_forever()
