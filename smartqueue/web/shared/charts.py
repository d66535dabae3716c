"""Charts as plain numbers for `<c-chart>`, which writes them as SVG: no script, no style.

Across, places are percentages of whatever width there is; upward, pixels. So words keep their size on a phone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

HEIGHT, FOOT, HEAD = 200, 26, 18
ROW = 46
MOST_LABELS, MOST_DOTS, MOST_ROWS = 6, 62, 15
LONGEST_NAME = 38
STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400)

Words = Callable[[float], str]


@dataclass(frozen=True)
class Series:
    """One thing that is drawn: its name, and a value for each place; None leaves a gap."""

    name: str
    values: Sequence[float | None]


@dataclass(frozen=True)
class Text:
    """`is_spare`: left out where it is narrow."""

    x: str
    y: str
    words: str
    anchor: str = "start"
    is_spare: bool = False


@dataclass(frozen=True)
class Bar:
    """`number` is that of the series, which gives it its pattern."""

    x: str
    y: str
    width: str
    height: str
    number: int
    title: str


@dataclass(frozen=True)
class Stroke:
    x1: str
    y1: str
    x2: str
    y2: str
    number: int


@dataclass(frozen=True)
class Dot:
    x: str
    y: str
    number: int
    title: str


@dataclass(frozen=True)
class Chart:
    """What `<c-chart>` draws. `summary` says in a sentence what is to be seen; `legend` is empty for one series."""

    summary: str
    height: int
    bars: list[Bar] = field(default_factory=list)
    strokes: list[Stroke] = field(default_factory=list)
    dots: list[Dot] = field(default_factory=list)
    grid: list[Text] = field(default_factory=list)
    labels: list[Text] = field(default_factory=list)
    legend: list[str] = field(default_factory=list)


def columns(places: Sequence[str], series: Sequence[Series], words: Words, summary: str) -> Chart:
    """Standing bars, the series on top of each other."""
    sums = [sum(one.values[place] or 0 for one in series) for place in range(len(places))]
    grid, scale = _scale(max(sums, default=0), words, steps=_whole_step)
    step, bars = 100 / max(1, len(places)), []
    for place, name in enumerate(places):
        below = 0.0
        for number, one in enumerate(series):
            value = one.values[place] or 0
            if value:
                top, bottom = scale(below + value), scale(below)
                bars.append(
                    Bar(
                        _percent(step * (place + 0.12)), f"{top:.1f}", _percent(min(9.0, step * 0.76)),
                        f"{bottom - top:.1f}", number, f"{name}, {one.name}: {words(value)}",
                    )
                )  # fmt: skip
            below += value
    labels = _labels(places, lambda place: step * (place + 0.12) + min(9.0, step * 0.76) / 2)
    return Chart(summary, HEIGHT + FOOT, bars=bars, grid=grid, labels=labels, legend=_legend(series))


def lines(
    places: Sequence[str], series: Sequence[Series], words: Words, summary: str, *, in_seconds: bool = False,
    highest: float = 0,
) -> Chart:  # fmt: skip
    """A line for each series, broken where nothing was measured.

    Args:
        in_seconds: the grid stands at whole minutes and hours.
        highest: where the grid ends at least.
    """
    known = [value for one in series for value in one.values if value is not None]
    grid, scale = _scale(max([highest, *known]), words, steps=_time_step if in_seconds else _step)
    step = 100 / max(1, len(places))
    strokes, dots = [], []
    for number, one in enumerate(series):
        for place, value in enumerate(one.values):
            if value is None:
                continue
            x, y = _percent(step * (place + 0.5)), f"{scale(value):.1f}"
            before = one.values[place - 1] if place else None
            if before is not None:
                strokes.append(Stroke(_percent(step * (place - 0.5)), f"{scale(before):.1f}", x, y, number))
            is_alone = before is None and (place + 1 == len(places) or one.values[place + 1] is None)
            if len(places) <= MOST_DOTS or is_alone:
                dots.append(Dot(x, y, number, f"{places[place]}, {one.name}: {words(value)}"))
    labels = _labels(places, lambda place: step * (place + 0.5))
    return Chart(summary, HEIGHT + FOOT, strokes=strokes, dots=dots, grid=grid, labels=labels, legend=_legend(series))


def rows(places: Sequence[str], values: Sequence[float], words: Words, summary: str) -> Chart:
    """Lying bars under their names, as many as an eye takes in."""
    most = max(values, default=0) or 1
    bars, labels = [], []
    for place, (name, value) in enumerate(list(zip(places, values, strict=True))[:MOST_ROWS]):
        top = place * ROW
        short = name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
        labels.append(Text("0", str(top + 16), short))
        labels.append(Text("100%", str(top + 16), words(value), "end"))
        width = _percent(100 * value / most)
        bars.append(Bar("0", str(top + 24), width, "12", 0, f"{name}: {words(value)}"))
    return Chart(summary, min(len(places), MOST_ROWS) * ROW, bars=bars, labels=labels)


def _scale(
    highest: float, words: Words, *, steps: Callable[[float], float]
) -> tuple[list[Text], Callable[[float], float]]:
    """The grid's lines with their words, and the height of a value in pixels from above."""
    step = steps(highest / 4 or 1)
    count = max(1, -int(-highest // step))
    room = HEIGHT - HEAD

    def scale(value: float) -> float:
        return HEIGHT - room * value / (step * count)

    return [Text("0", f"{scale(step * n):.1f}", words(step * n) if n else "") for n in range(count + 1)], scale


def _step(least: float) -> float:
    """The distance of two lines: the first round value from `least` on."""
    power = 1.0
    while power * 10 <= least:
        power *= 10
    while power > least:
        power /= 10
    return next(power * n for n in (1, 2, 2.5, 5, 10) if power * n >= least)


def _whole_step(least: float) -> float:
    """The same for people, who come whole."""
    return -(-_step(max(1, least)) // 1)


def _time_step(least: float) -> float:
    return next((step for step in STEPS_S if step >= least), STEPS_S[-1] * -int(-least // STEPS_S[-1]))


def _labels(places: Sequence[str], middle: Callable[[int], float]) -> list[Text]:
    """A few names below the chart, evenly; the outer ones stay inside."""
    if not places:
        return []
    every = -(-len(places) // MOST_LABELS)
    shown = range(0, len(places), every)
    found = []
    for number, place in enumerate(shown):
        x = middle(place)
        anchor = "start" if x < 8 else "end" if x > 92 else "middle"
        edge = {"start": "0", "end": "100%", "middle": _percent(x)}[anchor]
        found.append(Text(edge, str(HEIGHT + FOOT - 6), places[place], anchor, bool(number % 3)))
    return found


def _legend(series: Sequence[Series]) -> list[str]:
    return [one.name for one in series] if len(series) > 1 else []


def _percent(value: float) -> str:
    return f"{value:.2f}%"
