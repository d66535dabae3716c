"""A thermal printer on a table: it says whether it has paper, keeps what it prints, and misbehaves when told to."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

PAPER_STATUS = b"\x10\x04\x04"  # DLE EOT 4
CUT = b"\x1dV"
READY, ROLL_ENDED = b"\x12", b"\x72"


class Printer:
    """`has_paper`, `answers` and `drops` may be changed at any time.

    Attributes:
        answers: whether it answers questions of its state at all.
        drops: it hangs up before it has read everything.
        sheets: the bytes of each ticket that was cut off.
    """

    def __init__(self) -> None:
        self.has_paper, self.answers, self.drops = True, True, False
        self.sheets: list[bytes] = []
        self.port = 0

    def status(self) -> bytes:
        return READY if self.has_paper else ROLL_ENDED


class _Line(socketserver.BaseRequestHandler):
    server: Any

    def handle(self) -> None:
        printer: Printer = self.server.printer
        kept = b""
        self.request.settimeout(10)
        while True:
            try:
                said = self.request.recv(4096)
            except OSError:
                return
            if not said or printer.drops:
                return
            kept += said
            while PAPER_STATUS in kept:
                before, _, after = kept.partition(PAPER_STATUS)
                kept = before + after
                if printer.answers:
                    self.request.sendall(printer.status())
            if CUT in kept and printer.has_paper:
                printer.sheets.append(kept)
                kept = b""


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


@contextmanager
def printing() -> Iterator[Printer]:
    """A printer at 127.0.0.1 for the length of the block."""
    printer = Printer()
    with _Server(("127.0.0.1", 0), _Line) as server:
        server.printer = printer  # type: ignore[attr-defined]
        printer.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, name="printer")
        thread.start()
        try:
            yield printer
        finally:
            server.shutdown()
            thread.join(timeout=10)
