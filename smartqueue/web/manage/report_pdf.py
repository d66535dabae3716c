"""A report on paper: A4, the figures, the tables over as many pages as they take, page numbers."""

from collections.abc import Iterable
from functools import cache
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from django.utils.translation import gettext
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import getFont, registerFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, LongTable, Paragraph, SimpleDocTemplate, Spacer, TableStyle

from smartqueue.web.manage.report_kinds import Table, Told
from smartqueue.web.manage.report_measures import Measure

FONT, BOLD = "Vera", "VeraBd"  # both come with reportlab
INK, QUIET, LINE, BRAND = (HexColor(value) for value in ("#17201c", "#4a5852", "#e4e2da", "#0b6b50"))
STAND_INS = {"ŋ": "ng", "Ŋ": "Ng", "\u202f": "\xa0", "→": ">"}
"""For letters that the font lacks; what it lacks besides becomes a question mark."""
LOOK = TableStyle(
    [
        ("LINEBELOW", (0, 0), (-1, 0), 1, BRAND),
        ("LINEBELOW", (0, 1), (-1, -1), 0.4, LINE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 2),
        ("RIGHTPADDING", (0, 0), (-1, -1), 2),
    ]
)


@cache
def _style(size: float, *, bold: bool = False, right: bool = False, quiet: bool = False) -> ParagraphStyle:
    for name in (FONT, BOLD):
        registerFont(TTFont(name, f"{name}.ttf"))
    return ParagraphStyle(
        f"{size} {bold} {right} {quiet}", fontName=BOLD if bold else FONT, fontSize=size, leading=size * 1.3,
        alignment=2 if right else 0, textColor=QUIET if quiet else INK, splitLongWords=True,
    )  # fmt: skip


def pdf_of(told: Told, title: str, head: Iterable[tuple[str, str]]) -> bytes:
    """The document.

    Args:
        title: of the report.
        head: name and value of what it is about, the organisation first.
    """
    told_of = list(head)
    paper, owner = BytesIO(), told_of[0][1]
    _style(9)  # registers the fonts
    size = landscape(A4)
    book = SimpleDocTemplate(
        paper, pagesize=size, leftMargin=15 * mm, rightMargin=15 * mm, topMargin=15 * mm, bottomMargin=18 * mm,
        title=f"{title} · {owner}", author=owner,
    )  # fmt: skip
    story: list[Flowable] = [_words(title, 20, bold=True), Spacer(0, 3 * mm)]
    story += [_words(f"{name}: {value}", 9.5, quiet=True) for name, value in told_of]
    story += [Spacer(0, 5 * mm), *(_figure(figure) for figure in told.figures)]
    for table in told.tables:
        story += [Spacer(0, 7 * mm), _words(table.title, 12, bold=True), Spacer(0, 2 * mm), _table(table, book.width)]

    def foot(canvas: Any, _book: Any) -> None:
        canvas.setFont(FONT, 8)
        canvas.setFillColor(QUIET)
        canvas.drawString(15 * mm, 10 * mm, printable(f"{owner} · {title}"))
        canvas.drawRightString(size[0] - 15 * mm, 10 * mm, gettext("Page {n}").format(n=canvas.getPageNumber()))

    book.build(story, onFirstPage=foot, onLaterPages=foot)
    return paper.getvalue()


def _figure(figure: Any) -> Flowable:
    more = f" ({figure.change})" if figure.change else ""
    return _words(f"{figure.measure.label}: {figure.words}{more}", 11, bold=True)


def _table(table: Table, width: float) -> Flowable:
    def cells(name: str, words: Iterable[str], **look: Any) -> list[Any]:
        return [_words(name, 7.5, **look), *(_words(one, 7.5, right=True, **look) for one in words)]

    rows = [cells(table.head, (str(one.label) for one in table.measures), bold=True)]
    rows += [cells(line.name, _in_words(table.measures, line.values), bold=True) for line in table.sums]
    rows += [cells(line.name or gettext("not known"), _in_words(table.measures, line.values)) for line in table.lines]
    first = width * (0.22 if len(table.measures) > 4 else 0.4)
    others = (width - first) / max(1, len(table.measures))
    return LongTable(rows, colWidths=[first, *[others] * len(table.measures)], repeatRows=1, style=LOOK)


def _in_words(measures: Iterable[Measure], values: Iterable[Any]) -> list[str]:
    return [measure.words(value) for measure, value in zip(measures, values, strict=True)]


def _words(text: str, size: float, **look: Any) -> Paragraph:
    style = _style(size, **look)
    return Paragraph(escape(printable(text)), style)


def printable(text: str) -> str:
    """The text in letters that the font has."""
    known = getFont(FONT).face.charToGlyph
    return "".join(sign if ord(sign) in known else STAND_INS.get(sign, "?") for sign in text)
