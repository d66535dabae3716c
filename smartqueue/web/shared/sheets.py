"""Rows as CSV, sent while they are read, in which no spreadsheet finds a formula. Every export of the house is one."""

import csv
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, TypeVar

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import get_language

Answer = TypeVar("Answer", bound=HttpResponseBase)

SIGNS = "=+\\-@＝＋－＠"
BLANKS = " \u00a0\u200b\ufeff"
BEGINS = re.compile(rf"[{BLANKS}]*[{SIGNS}|\t\r\n]")
"""How a cell begins that some spreadsheet would compute; the full-width forms too (OWASP, CSV injection)."""

AGAIN = re.compile(rf"([;,|\t\r\n\"][{BLANKS}]*)(?=[{SIGNS}])")
"""The same after whatever another reader takes for the end of a cell."""


class _Echo:
    def write(self, line: str) -> str:
        return line


def as_download(response: Answer, name: str) -> Answer:
    """Mark an answer as a file to keep, which no browser shows and no cache keeps.

    Args:
        name: with its ending; plain letters.
    """
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def csv_response(name: str, rows: Iterable[Iterable[Any]]) -> HttpResponseBase:
    """A file to keep, row by row.

    Args:
        name: of the file, without its ending; plain letters.
        rows: the first one is the head. Read while it is sent: each part in a scope of its own.
    """
    is_english = get_language() == "en"  # asked now: the rows are read when the request is over
    response = StreamingHttpResponse(csv_lines(rows, is_english), content_type="text/csv; charset=utf-8")
    return as_download(response, f"{name}.csv")


def csv_lines(rows: Iterable[Iterable[Any]], is_english: bool = True) -> Iterator[bytes]:
    """A spreadsheet in French takes `;` for the end of a cell and `,` for the decimal point: with `,` between cells a
    whole row would stand in its first one. English ones want it the other way round."""
    writer = csv.writer(_Echo(), delimiter="," if is_english else ";", quoting=csv.QUOTE_ALL)
    yield "\ufeff".encode()  # by which a spreadsheet knows that it is UTF-8
    for row in rows:
        yield str(writer.writerow([_written(cell, is_english) for cell in row])).encode()


def _written(value: Any, is_english: bool) -> str:
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return str(value) if is_english else str(value).replace(".", ",")
    return plain(value)


def plain(value: Any) -> str:
    """A cell that is read as text: what would be a formula gets an apostrophe before it, `+221…` too. Text of nothing
    but blanks is let be."""
    text = "" if value is None else str(value)
    if not text.strip():
        return text
    return ("'" if BEGINS.match(text) else "") + AGAIN.sub(r"\1'", text)
