"""A report as a workbook: numbers are numbers, durations are durations, and no text is ever a formula."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import IO, Any

from django.utils.translation import gettext
from xlsxwriter import Workbook  # type: ignore[import-untyped]  # has no stubs

from smartqueue.web.manage.report_kinds import Line, Table, Told
from smartqueue.web.manage.report_measures import Unit

DAY_S = 86_400
LONGEST_SHEET_NAME = 31
NO_FORMULAS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
FORMATS: dict[Unit, dict[str, str]] = {
    Unit.COUNT: {"num_format": "#,##0"},
    Unit.MEAN: {"num_format": "#,##0.0"},
    Unit.SECONDS: {"num_format": "[h]:mm:ss"},
    Unit.SHARE: {"num_format": "0.0%"},
    Unit.STARS: {"num_format": "0.00"},
    Unit.SCORE: {"num_format": "0.0"},
}


def write_xlsx(paper: IO[bytes], told: Told, title: str, head: Iterable[tuple[str, str]]) -> None:
    """Write a workbook, row by row, so that its size is on disk and not in memory.

    Args:
        paper: an open file.
        title: of the report.
        head: name and value of what it is about.
    """
    with Workbook(paper, {"constant_memory": True, "in_memory": False, **NO_FORMULAS}) as book:
        formats = {unit: book.add_format(look) for unit, look in FORMATS.items()}
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        first = book.add_worksheet(_name(gettext("Report")))
        first.set_column(0, 0, 24)
        first.set_column(1, 2, 30)
        first.write_string(0, 0, title, bold)
        row = 1
        for name, value in head:
            first.write_string(row, 0, name)
            first.write_string(row, 1, value)
            row += 1
        for figure in told.figures:
            row += 1
            first.write_string(row, 0, str(figure.measure.label), bold)
            _write(first, row, 1, figure.value, figure.measure.unit, formats)
            first.write_string(row, 2, figure.change)
        for number, table in enumerate(told.tables, start=1):
            _sheet(book, table, number, formats, bold, day)


def _sheet(book: Workbook, table: Table, number: int, formats: dict[Unit, Any], bold: Any, day: Any) -> None:
    sheet = book.add_worksheet(_name(f"{number} {table.title}"))
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 2 + len(table.measures), 14)
    sheet.freeze_panes(1, 1)
    titles = [table.head, gettext("From"), gettext("Until"), *(str(one.label) for one in table.measures)]
    for column, words in enumerate(titles):
        sheet.write_string(0, column, words, bold)
    for row, line in enumerate((*table.sums, *table.lines), start=1):
        _line(sheet, row, line, [one.unit for one in table.measures], formats, day)


def _line(sheet: Any, row: int, line: Line, units: Sequence[Unit], formats: dict[Unit, Any], day: Any) -> None:
    sheet.write_string(row, 0, line.name or gettext("not known"))
    for column, when in enumerate((line.first, line.last), start=1):
        if isinstance(when, date):
            sheet.write_datetime(row, column, when, day)
    for column, (value, unit) in enumerate(zip(line.values, units, strict=True), start=3):
        _write(sheet, row, column, value, unit, formats)


def _write(sheet: Any, row: int, column: int, value: Any, unit: Unit, formats: dict[Unit, Any]) -> None:
    """Nothing measured stays an empty cell."""
    if value is not None:
        sheet.write_number(row, column, value / DAY_S if unit == Unit.SECONDS else value, formats[unit])


def _name(title: str) -> str:
    """A sheet's name without what Excel refuses there; two sites may have one name, so each has a number."""
    return "".join(sign for sign in title if sign not in "[]:*?/\\'")[:LONGEST_SHEET_NAME]
