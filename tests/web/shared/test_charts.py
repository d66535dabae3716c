"""The geometry of charts."""

import pytest

from smartqueue.web.shared.charts import HEIGHT, Series, columns, lines, rows


def shown(chart):
    return [text.words for text in chart.grid]


def test_bars_stand_on_each_other_and_reach_up_to_the_grid():
    chart = columns(["a", "b"], [Series("x", [3, 0]), Series("y", [1, 4])], str, "")

    assert [(bar.number, bar.title) for bar in chart.bars] == [(0, "a, x: 3"), (1, "a, y: 1"), (1, "b, y: 4")]
    (low, high, whole) = chart.bars
    assert float(low.y) + float(low.height) == HEIGHT
    assert float(high.y) + float(high.height) == pytest.approx(float(low.y))
    assert float(whole.y) == pytest.approx(float(chart.grid[-1].y)) == pytest.approx(float(high.y))
    assert chart.legend == ["x", "y"]


@pytest.mark.parametrize(
    ("highest", "grid"),
    [(0, ["", "1"]), (1, ["", "1"]), (3, ["", "1", "2", "3"]), (7, ["", "2", "4", "6", "8"]), (9, ["", "3", "6", "9"])],
)
def test_people_are_counted_whole(highest, grid):
    assert shown(columns(["a"], [Series("x", [highest])], lambda value: f"{value:g}", "")) == grid


def test_a_line_is_broken_where_nothing_was_measured():
    chart = lines(list("abcde"), [Series("x", [1, 2, None, 0, None])], str, "")

    assert [(one.x1, one.x2) for one in chart.strokes] == [("10.00%", "30.00%")]
    assert [dot.title for dot in chart.dots] == ["a, x: 1", "b, x: 2", "d, x: 0"]


def test_a_year_has_no_dots_but_where_a_day_stands_alone():
    values = [None, 5, None, *[1] * 363]

    assert len(lines(["d"] * 366, [Series("x", values)], str, "").dots) == 1


def test_times_have_round_steps():
    def grid(highest):
        return shown(lines(["a"], [Series("x", [highest])], lambda value: f"{value:g}", "", in_seconds=True))

    assert grid(700) == ["", "300", "600", "900"]
    assert grid(6000) == ["", "1800", "3600", "5400", "7200"]
    assert grid(0) == ["", "1"]


def test_lying_bars_are_shares_of_the_longest_and_names_are_cut():
    chart = rows(["N" * 60, "b"], [8, 2], str, "")

    assert [bar.width for bar in chart.bars] == ["100.00%", "25.00%"]
    assert chart.labels[0].words == "N" * 37 + "…"


def test_few_labels_and_some_may_go():
    labels = columns([f"{n}" for n in range(31)], [Series("x", [1] * 31)], str, "").labels

    assert [(one.words, one.is_spare) for one in labels] == [
        ("0", False), ("6", True), ("12", True), ("18", False), ("24", True), ("30", True),
    ]  # fmt: skip
    assert (labels[0].anchor, labels[-1].anchor) == ("start", "end")


def test_nothing_at_all():
    assert rows([], [], str, "").bars == []
    assert lines([], [], str, "").strokes == []
