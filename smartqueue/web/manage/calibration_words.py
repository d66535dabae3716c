"""Whether the promised waits were true, in sentences, one chart and tables. No request, no response."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from smartqueue.forecast.queries.calibration import (
    LATE_WANTED,
    LEAST_COVERAGE,
    LEAST_WATCHED,
    Alarm,
    Bucket,
    Calibration,
    Score,
)
from smartqueue.reporting.queries import Wanted
from smartqueue.reporting.states import lasted
from smartqueue.web.manage.report_kinds import Figure, Line, Table, Told
from smartqueue.web.manage.report_measures import MEASURES, Measure, Unit, change_of, words_of
from smartqueue.web.shared.charts import Chart, Series, lines

_C, _S, _P = Unit.COUNT, Unit.SECONDS, Unit.SHARE

PROMISES = {
    one.key: one
    for one in (
        Measure(
            "scored", _("Promised and called"), _C,
            _("People who were told minutes when they took their ticket, and who were called."),
        ),
        Measure(
            "without_minutes", _("Told no minutes"), _C,
            _("People who took a ticket while no counter was open: they saw their place in line, no minutes."),
        ),
        MEASURES["wait_average_s"],
        Measure(
            "mae_s", _("Average error"), _S,
            _("How far the beginning of the promised range was from the wait, on average, whichever way."),
        ),
        Measure("mae_share", _("Error, of the wait"), _P, _("The average error as a share of the average wait.")),
        Measure(
            "bias_min", _("Promise less wait, minutes"), Unit.MEAN,
            _("Above 0 people were called earlier than the range began, on average; below 0 later."),
        ),
        Measure(
            "coverage", _("Called in time"), _P,
            _("People who were called by the end of the range they were promised. Nine of ten is the aim."),
        ),
        Measure("late", _("Called too late"), _P, _("People called after the end of the range: 8 to 12 % is right.")),
        Measure("early", _("Called early"), _P, _("People called before the range began: about half is right.")),
        Measure("inside", _("Within the range"), _P, _("People called within the range: about 40 % is right.")),
        Measure(
            "skill_naive", _("Closer than the usual rule"), _P,
            _("How much smaller the error is than that of people ahead × service time. Below 0 the rule was better."),
        ),
        Measure(
            "skill_les", _("Closer than the last wait"), _P,
            _("The same, against promising everybody the wait of the person who was called last."),
        ),
        Measure("told", _("Told when to leave"), _C, _("People on their way whom we told when to leave.")),
        Measure(
            "missed_share", _("Told to leave too late"), _P,
            _("Of the people who were told when to leave, those who came after their turn."),
        ),
        Measure("promised_average_s", _("Range began at"), _S, _("Where the promised range began, on average.")),
        Measure("promised_until_average_s", _("Range ended at"), _S, _("Where the promised range ended, on average.")),
    )
}  # fmt: skip
BIG = ("coverage", "mae_s", "mae_share", "skill_naive")
COLUMNS = (
    "scored", "late", "wait_average_s", "mae_s", "mae_share", "bias_min", "early", "skill_naive", "skill_les",
    "without_minutes", "told", "missed_share",
)  # fmt: skip
OF_BUCKETS = (
    "scored", "promised_average_s", "promised_until_average_s", "wait_average_s", "early", "inside", "late",
)  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """What a manager has to know first: `word` and its `kind` of tag, the sentence, and a second one."""

    kind: str
    word: str
    sentence: str
    more: str


def verdict(score: Score) -> Verdict:
    """Of a week with at least one scored promise."""
    share = words_of(score.coverage, Unit.SHARE)
    sentence = gettext(
        "{share} of the people were called within the time they were promised. Nine of ten is the aim."
    ).format(share=share)
    kind, word = _judged(score)
    return Verdict(kind, word, sentence, _error_words(score))


def _judged(score: Score) -> tuple[str, str]:
    late, coverage = score.late or 0, score.coverage or 0
    if score.scored < LEAST_WATCHED:
        return "", gettext("too few people to judge")
    if coverage < LEAST_COVERAGE:
        return "late", gettext("the promises are too short")
    if late > LATE_WANTED[1]:
        return "warn", gettext("the promises are a little too short")
    if late < LATE_WANTED[0]:
        return "warn", gettext("the promises are a little too cautious")
    return "ok", gettext("good")


def _error_words(score: Score) -> str:
    error = lasted(score.mae_s or 0)
    if abs(score.bias_s or 0) < 30:
        return gettext("On average a promise was {error} away from the wait.").format(error=error)
    words = {"error": error, "by": lasted(abs(score.bias_s or 0))}
    if (score.bias_s or 0) > 0:
        return gettext(
            "On average a promise was {error} away from the wait, and people were called {by} before the range began."
        ).format(**words)
    return gettext(
        "On average a promise was {error} away from the wait, and people were called {by} after the range began."
    ).format(**words)


def alarm_words(alarm: Alarm) -> str:
    """Why a queue's promises cannot be trusted now."""
    said = []
    if alarm.is_low:
        said.append(
            ngettext(
                "{name}: only {share} of {n} person were called in time.",
                "{name}: only {share} of {n} people were called in time.",
                alarm.scored,
            ).format(name=alarm.name, share=words_of(alarm.coverage, Unit.SHARE), n=alarm.scored)
        )
    if alarm.is_adrift and alarm.before_mae_s is not None:
        said.append(
            gettext("{name}: the average error has grown from {before} to {now}.").format(
                name=alarm.name, before=lasted(alarm.before_mae_s), now=lasted(alarm.mae_s)
            )
        )
    return " ".join(said)


def told_calibration(wanted: Wanted, week: Calibration, weeks: dict[date, Score]) -> Told:
    """A week as a page and a file show it.

    Args:
        weeks: by their Monday; the one before `wanted` is what the figures are compared with.
    """
    before = weeks.get(wanted.first - timedelta(days=7))
    return Told(
        wanted=wanted,
        figures=[_figure(key, week.total, before) for key in BIG],
        tables=[_by_queue(wanted, week), _by_promise(week.buckets), _by_week(weeks)],
        chart=reliability(week.buckets),
        is_empty=not week.total.scored,
    )


def _figure(key: str, now: Score, before: Score | None) -> Figure:
    measure, value = PROMISES[key], _value(now, key)
    if before is None or not before.scored:
        return Figure(measure, value)
    was = _value(before, key)
    return Figure(measure, value, change_of(value, was, measure.unit), measure.words(was))


def _value(score: Score, key: str) -> float | None:
    """Signed minutes instead of seconds: no spreadsheet shows a negative duration."""
    if key == "bias_min":
        return None if score.bias_s is None else round(score.bias_s / 60, 1)
    value: float | None = getattr(score, key)
    return value


def _by_queue(wanted: Wanted, week: Calibration) -> Table:
    found = [Line(one.name, _values(one.score)) for one in week.queues]
    sums = [Line(gettext("In all"), _values(week.total), wanted.first, wanted.last)]
    return Table("queue", gettext("By queue"), gettext("Queue"), _measures(COLUMNS), found, sums)


def _by_week(weeks: dict[date, Score]) -> Table:
    found = [
        Line(week_name(monday), _values(score), monday, monday + timedelta(days=6))
        for monday, score in sorted(weeks.items(), reverse=True)
    ]
    return Table("when", gettext("By week"), gettext("Week"), _measures(COLUMNS), found)


def _by_promise(buckets: Sequence[Bucket]) -> Table:
    found = [
        Line(bucket_name(one), tuple(getattr(one, key) for key in OF_BUCKETS)) for one in buckets
    ]  # fmt: skip
    return Table("promise", gettext("By what was promised"), gettext("Promise"), _measures(OF_BUCKETS), found)


def _values(score: Score) -> tuple[float | None, ...]:
    return tuple(_value(score, key) for key in COLUMNS)


def _measures(keys: Sequence[str]) -> tuple[Measure, ...]:
    return tuple(PROMISES[key] for key in keys)


def reliability(buckets: Sequence[Bucket]) -> Chart:
    """What was waited, beside the two ends of the range that was promised."""
    names = [bucket_name(one) for one in buckets]
    series = [
        Series(gettext("Waited on average"), [one.wait_average_s for one in buckets]),
        Series(gettext("Promised from"), [one.promised_average_s for one in buckets]),
        Series(gettext("Promised until"), [one.promised_until_average_s for one in buckets]),
    ]
    return lines(names, series, lasted, _summary(buckets, names), in_seconds=True)


def _summary(buckets: Sequence[Bucket], names: Sequence[str]) -> str:
    said = [
        gettext("Promised {name}: range from {low} to {high}, waited {wait}.").format(
            name=name, low=lasted(one.promised_average_s or 0), high=lasted(one.promised_until_average_s or 0),
            wait=lasted(one.wait_average_s or 0),
        )
        for name, one in zip(names, buckets, strict=True) if one.scored
    ]  # fmt: skip
    return " ".join(said) or gettext("Nothing was measured")


def bucket_name(bucket: Bucket) -> str:
    if bucket.high_min is None:
        return gettext("{low} min and more").format(low=bucket.low_min)
    return gettext("{low}–{high} min").format(low=bucket.low_min, high=bucket.high_min)


def week_name(monday: date) -> str:
    """Short enough for a phone, with the year only where it changes."""
    sunday = monday + timedelta(days=6)
    first = date_format(monday, "j" if monday.month == sunday.month else "j N")
    return f"{first} – {date_format(sunday, 'j N Y')}"
