"""Staffing advice in sentences, each with the figures it rests on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.dates import WEEKDAYS
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from smartqueue.reporting.queries.staffing import LEAST_CALLED, LEAST_DAYS, StaffingAdvice, Verdict, WeekdayAdvice
from smartqueue.reporting.states import lasted
from smartqueue.web.manage.report_kinds import Line, Table
from smartqueue.web.manage.report_measures import MEASURES, Measure, Unit, words_of


@dataclass(frozen=True)
class DayAdvice:
    """One line on one weekday: the verdict in a word, the sentence, the figures, the half hours behind it."""

    verdict: str
    kind: str
    word: str
    sentence: str
    weekday: str
    queues: str
    values: tuple[Any, ...]
    figures: list[str]
    half_hours: list[tuple[str, str, str, str]]


@dataclass(frozen=True)
class SiteAdvice:
    """`factor`: what the replay learnt of the agents' time, in words; empty without enough data."""

    tickets: int
    factor: str
    days: list[DayAdvice]


def told_advice(advice: StaffingAdvice, names: Mapping[UUID, str]) -> SiteAdvice:
    """A site's advice, changes before what is well as it is."""
    order = list(KINDS)
    days = sorted(advice.weekdays, key=lambda one: order.index(one.verdict))
    factor = words_of(advice.factor, Unit.SHARE) if advice.factor is not None else ""
    return SiteAdvice(advice.tickets, factor, [_told(one, names) for one in days])


KINDS = {Verdict.CHANGE: "warn", Verdict.BEYOND: "late", Verdict.ENOUGH: "ok", Verdict.TOO_LITTLE: ""}


def _told(one: WeekdayAdvice, names: Mapping[UUID, str]) -> DayAdvice:
    word = {
        Verdict.CHANGE: gettext("advice"),
        Verdict.BEYOND: gettext("not by counters alone"),
        Verdict.ENOUGH: gettext("enough"),
        Verdict.TOO_LITTLE: gettext("too little data"),
    }[one.verdict]
    expected = one.expected_in_target if one.change else None
    values = (*(getattr(one, measure.key) for measure in FIGURES[:-1]), expected)
    return DayAdvice(
        verdict=one.verdict, kind=KINDS[one.verdict], word=word, sentence=_sentence(one),
        weekday=capfirst(str(WEEKDAYS[one.weekday - 1])),
        queues=", ".join(names.get(queue_id, "") for queue_id in one.queue_ids),
        values=values,
        figures=[measure.words(value) for measure, value in zip(FIGURES, values, strict=True)],
        half_hours=[
            (
                f"{half.starts:%H:%M}", words_of(round(half.arrivals, 1), Unit.MEAN),
                words_of(round(half.counters, 1), Unit.MEAN), words_of(half.wait_p90_s, Unit.SECONDS),
            )
            for half in one.half_hours
        ],
    )  # fmt: skip


FIGURES = (
    Measure("days", _("Days"), Unit.COUNT, _("Days with visits on this weekday in the four weeks.")),
    Measure("arrivals", _("People"), Unit.COUNT, _("People who came on these days.")),
    Measure("counters", _("Counters open"), Unit.MEAN, _("Open on average between the first arrival and the last.")),
    Measure("wait_mean_s", _("Average wait"), Unit.SECONDS, MEASURES["wait_average_s"].meaning),
    Measure("wait_p90_s", _("Wait of nine in ten"), Unit.SECONDS, MEASURES["wait_p90_s"].meaning),
    Measure(
        "replayed_mean_s", _("Wait in the replay"), Unit.SECONDS,
        _("The same days in the replay: how well it knows this place."),
    ),
    Measure("in_target", _("In target"), Unit.SHARE, MEASURES["in_target"].meaning),
    Measure("expected_in_target", _("With the change"), Unit.SHARE, _("In target, had the advice been followed.")),
)  # fmt: skip
"""What an advice rests on, in the order of the page's columns."""


def table_of(site: str, told: SiteAdvice) -> Table:
    """A site's advice as a table of a file: the sentence is the name of its line."""
    found = [Line(f"{one.sentence} ({one.queues})", one.values) for one in told.days]
    return Table("staffing", site, gettext("Advice"), FIGURES, found)


def _sentence(one: WeekdayAdvice) -> str:
    weekday, target = capfirst(str(WEEKDAYS[one.weekday - 1])), lasted(one.target_s)
    share, expected = words_of(one.in_target, Unit.SHARE), words_of(one.expected_in_target, Unit.SHARE)
    if one.verdict == Verdict.TOO_LITTLE:
        return gettext("{weekday}: too little data yet ({days} of {least} days, {called} of {people} people).").format(
            weekday=weekday, days=min(one.days, LEAST_DAYS), least=LEAST_DAYS, called=min(one.called, LEAST_CALLED),
            people=LEAST_CALLED,
        )  # fmt: skip
    if one.verdict == Verdict.ENOUGH or one.change is None:
        return gettext("{weekday}: enough counters. {share} were called within {target}.").format(
            weekday=weekday, share=share, target=target
        )
    more = ngettext("One more counter", "{n} more counters", one.change.counters).format(n=one.change.counters)
    ends = f"{one.change.ends:%H:%M}".replace("00:00", "24:00")
    hours = f"{one.change.starts:%H:%M}–{ends}"
    if one.verdict == Verdict.BEYOND:
        return gettext(
            "{weekday}: {more} at {hours} would have brought {expected} instead of {share} within {target}, "
            "less than the {wanted} you want."
        ).format(
            weekday=weekday, more=more, hours=hours, expected=expected, share=share, target=target,
            wanted=words_of(one.wanted, Unit.SHARE),
        )  # fmt: skip
    return gettext(
        "{weekday}: {more} at {hours} would have met the target: {expected} instead of {share} within {target}."
    ).format(weekday=weekday, more=more, hours=hours, expected=expected, share=share, target=target)
