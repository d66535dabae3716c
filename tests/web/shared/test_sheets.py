"""CSV that any spreadsheet opens, and in which none finds a formula."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as some

from smartqueue.web.shared.sheets import csv_lines, plain

SIGNS = "=+-@＝＋－＠"


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("=1+1", "'=1+1"), ("+221771234567", "'+221771234567"), ("＝1", "'＝1"), ("\t=1", "'\t'=1"), ("  @x", "'  @x"),
        ("a;=1", "a;'=1"), ("a, \t=1", "a, \t'=1"), ("a\r\n-1", "a\r\n'-1"), ("a|+1", "a|'+1"), ("|cmd", "'|cmd"),
        ("Ouakam - Ngor", "Ouakam - Ngor"), ("a=b", "a=b"), (None, ""), ("", ""), ("\t ", "\t "),
    ],
)  # fmt: skip
def test_what_would_be_a_formula_is_text(cell, text):
    assert plain(cell) == text


@given(some.text(alphabet="a ;,|\t\r\n\"'" + SIGNS, max_size=20))
def test_no_reader_with_any_separator_finds_one(text):
    line = b"".join(csv_lines([[text, "x", text]])).decode("utf-8-sig")

    for separator in ",;|\t":
        for row in csv.reader(io.StringIO(line, newline=""), delimiter=separator):
            for cell in row:
                assert not cell.strip(' "\t\r\n').startswith(tuple(SIGNS)), (text, separator, row)


def test_numbers_stay_numbers_with_the_readers_point():
    english = b"".join(csv_lines([[1.5, -20, "x"]])).decode("utf-8-sig")
    french = b"".join(csv_lines([[1.5, -20, "x"]], False)).decode("utf-8-sig")

    assert (english, french) == ('"1.5","-20","x"\r\n', '"1,5";"-20";"x"\r\n')
