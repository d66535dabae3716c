"""Tickets on a thermal printer in the network: ESC/POS over TCP, 80 mm."""

import socket
import unicodedata
from typing import Any

from escpos.constants import RT_STATUS_PAPER
from escpos.printer import Dummy

PATIENCE_S = 1.2
CODE_PAGE, CODEC = "CP858", "cp858"
PROFILE = "TM-T88V"
FOLDED = str.maketrans({"ŋ": "n", "Ŋ": "N", "’": "'", "…": "...", "–": "-", "\xa0": " ", "\u202f": " "})
"""What the printer's letters lack; ñ, ë and the accents of French are among them."""
NO_PAPER = 0x60
"""Bits 5 and 6 of the answer to DLE EOT 4: the roll has ended (Epson, ESC/POS command reference)."""


class PrinterTrouble(Exception):
    """Nothing certain came out. `problem` is a member of `devices.states.Problem`."""

    problem = "printer_lost"


class PrinterLost(PrinterTrouble):
    """No connection, or it broke."""


class PaperOut(PrinterTrouble):
    problem = "paper_out"


def slip_bytes(slip: dict[str, Any]) -> bytes:
    """A ticket as ESC/POS.

    Args:
        slip: `org, service, number, when, line, hint, code` as lines of text, `url` for the square.
    """
    paper = Dummy(profile=PROFILE)
    paper.hw("INIT")
    paper.charcode(CODE_PAGE)
    paper.set(align="center", bold=True, normal_textsize=True)
    _line(paper, slip["org"])
    paper.set(align="center", bold=True, double_height=True, double_width=False)
    _line(paper, slip["service"])
    paper.set(align="center", bold=True, custom_size=True, width=6, height=6)
    _line(paper, slip["number"])
    paper.set(align="center", bold=False, normal_textsize=True)
    for name in ("when", "line"):
        _line(paper, slip[name])
    paper.qr(slip["url"], native=True, size=7)
    _line(paper, slip["hint"])
    paper.set(align="center", bold=True, double_height=True, double_width=True)
    _line(paper, slip["code"])
    paper.cut()
    return bytes(paper.output)


def print_slip(host: str, port: int, slip: dict[str, Any], *, patience_s: float = PATIENCE_S) -> None:
    """Print one ticket and ask the printer whether it had paper, before and after.

    Args:
        patience_s: for the connection and for each answer. A printer that does not answer questions prints unasked.

    Raises:
        PaperOut: nothing was printed, or the roll ended meanwhile.
        PrinterLost: it is not there, or went away before it had everything.
    """
    try:
        with socket.create_connection((host, port), timeout=patience_s) as wire:
            answers = _must_have_paper(wire)
            wire.sendall(slip_bytes(slip))
            if answers:
                _must_have_paper(wire)
    except OSError as error:
        raise PrinterLost(str(error)) from error


def _must_have_paper(wire: socket.socket) -> bool:
    """Ask with DLE EOT 4. Whether the printer answers questions at all.

    Raises:
        PaperOut, PrinterLost.
    """
    wire.sendall(RT_STATUS_PAPER)
    try:
        status = wire.recv(16)
    except TimeoutError:
        return False
    if not status:
        raise PrinterLost
    if status[-1] & NO_PAPER:
        raise PaperOut
    return True


def _line(paper: Any, text: str) -> None:
    paper._raw(printable(text).encode(CODEC) + b"\n")


def printable(text: str) -> str:
    """The text in the printer's letters: what it lacks loses its accent, or becomes a question mark."""
    signs = []
    for sign in text.translate(FOLDED):
        if _has(sign) and sign.isprintable():
            signs.append(sign)
        else:
            plain = unicodedata.normalize("NFKD", sign)[:1]
            signs.append(plain if plain.isascii() and plain.isprintable() and plain else "?")
    return "".join(signs)


def _has(sign: str) -> bool:
    try:
        sign.encode(CODEC)
    except UnicodeEncodeError:
        return False
    return True
