"""The glossary: what each figure of the reports is called, counted in, and means. Pages, tooltips and files read it."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from smartqueue.reporting.states import lasted

NOTHING = "–"
"""Where nothing was measured: never 0."""


class Unit(Enum):
    """What a figure is counted in: its value, and how many places stand behind the point."""

    COUNT = 0
    MEAN = 1
    SECONDS = 2
    SHARE = 3
    STARS = 4
    SCORE = 5


@dataclass(frozen=True)
class Measure:
    """A figure.

    Attributes:
        key: the name of the attribute that holds it.
        meaning: one sentence, also the tooltip.
    """

    key: str
    label: str | Promise
    unit: Unit
    meaning: str | Promise = ""

    def words(self, value: Any) -> str:
        return words_of(value, self.unit)


def words_of(value: Any, unit: Unit) -> str:
    """A value as its reader writes it."""
    if value is None:
        return NOTHING
    if unit == Unit.SECONDS:
        return lasted(value)
    if unit == Unit.SHARE:
        return gettext("{percent} %").format(percent=_number(100 * value, 1))
    return _number(value, {Unit.COUNT: 0, Unit.STARS: 2}.get(unit, 1))


def _number(value: float, places: int) -> str:
    whole = round(value, places) == round(value)
    return number_format(
        round(value, places), decimal_pos=0 if whole else places, use_l10n=True, force_grouping=True
    ).replace("-", "−")


def change_of(now: Any, before: Any, unit: Unit) -> str:
    """How a figure has moved: sign, amount and a word, such as `+12 %, more`; empty where one of the two is unknown."""
    if now is None or before is None or (unit == Unit.COUNT and not before):
        return ""
    by = now - before
    amount, is_same = _amount(by, before, unit)
    if is_same:
        return gettext("as before")
    more, less = {
        Unit.SECONDS: (pgettext("a duration", "longer"), pgettext("a duration", "shorter")),
        Unit.COUNT: (pgettext("a count", "more"), pgettext("a count", "fewer")),
    }.get(unit, (pgettext("a figure", "higher"), pgettext("a figure", "lower")))
    return f"+{amount}, {more}" if by > 0 else f"−{amount}, {less}"


def _amount(by: float, before: float, unit: Unit) -> tuple[str, bool]:
    if unit == Unit.SECONDS:
        return lasted(abs(by)), abs(by) < 0.5
    if unit == Unit.COUNT:
        percent = _number(100 * abs(by) / before, 1)
        return gettext("{percent} %").format(percent=percent), not by
    if unit == Unit.SHARE:
        points = _number(100 * abs(by), 1)
        return gettext("{points} points").format(points=points), abs(by) < 0.0005
    return words_of(abs(by), unit), abs(by) < 0.005


_C, _S, _P = Unit.COUNT, Unit.SECONDS, Unit.SHARE

MEASURES = {
    one.key: one
    for one in (
        Measure("issued", _("Tickets"), _C, _("People who took a ticket.")),
        Measure("called", _("People called"), _C, _("People who were called, each counted once.")),
        Measure("served", _("People served"), _C, _("People whose visit was finished at a counter.")),
        Measure("wait_average_s", _("Average wait"), _S, _("From arrival to the call, of the people who were called.")),
        Measure("wait_p50_s", _("Median wait"), _S, _("Half of the people who were called waited no longer.")),
        Measure("wait_p90_s", _("Wait of nine in ten"), _S, _("Nine of ten people who were called waited no longer.")),
        Measure("wait_min_s", _("Shortest wait"), _S, _("The shortest wait of a person who was called.")),
        Measure("wait_max_s", _("Longest wait"), _S, _("The longest wait of a person who was called.")),
        Measure(
            "in_target", _("In target"), _P,
            _("Of the people who were called, those who waited no longer than the target of their priority."),
        ),
        Measure(
            "service_average_s", _("Average service"), _S,
            _("From the start of the service to its end, without the time a ticket was parked."),
        ),
        Measure("service_p50_s", _("Median service"), _S, _("Half of the services took no longer.")),
        Measure("service_p90_s", _("Service of nine in ten"), _S, _("Nine of ten services took no longer.")),
        Measure("walk_average_s", _("Walk to the counter"), _S, _("From the call to the start of the service.")),
        Measure("served_share", _("Served, share"), _P, _("People served, of all who took a ticket.")),
        Measure("no_show", _("People absent"), _C, _("People who did not come when they were called.")),
        Measure("cancelled", _("Cancelled"), _C, _("Tickets taken back by the customer or by staff.")),
        Measure("expired", _("Left over"), _C, _("People who were still in line when the day ended.")),
        Measure("live", _("Still here"), _C, _("People who wait or are being served as you read this.")),
        Measure("work_s", _("Service time in all"), _S, _("The time of all services together.")),
        Measure("cancelled_by_customer", _("By the customer"), _C, _("Tickets that the customer cancelled.")),
        Measure("left_line", _("Before the call"), _C, _("Tickets cancelled before anybody called them.")),
        Measure("cancelled_share", _("Cancelled, share"), _P, _("Cancelled tickets, of all that were taken.")),
        Measure("no_show_share", _("Absent, share"), _P, _("People who were absent when called, of all tickets.")),
        Measure("expired_share", _("Left over, share"), _P, _("People left over at the end, of all tickets.")),
        Measure(
            "dropped_share", _("Lost, share"), _P,
            _("Cancelled, absent and left over together, of all who took a ticket."),
        ),
        Measure("handled", _("Visits"), _C, _("Visits that ended with this agent, however they ended.")),
        Measure("completion", _("Completed"), _P, _("Visits that ended with a service, of all that an agent had.")),
        Measure("transferred", _("Sent on"), _C, _("People sent to another queue or to a colleague.")),
        Measure("put_back", _("Sent back into the line"), _C, _("People sent back into the line.")),
        Measure("parked", _("Parked"), _C, _("How often a visit was interrupted.")),
        Measure("handling_average_s", _("Handling time"), _S, _("Walk and service of one person who was served.")),
        Measure("signed_in_s", _("Time signed in"), _S, _("Time signed in at a counter, breaks included.")),
        Measure("break_s", _("Breaks"), _S, _("Time on a break.")),
        Measure(
            "occupancy", _("Occupancy"), _P, _("Walk and service time, of the time signed in without breaks.")
        ),
        Measure("answers", _("Answers"), _C, _("People who rated their visit from 1 to 5.")),
        Measure("csat_average", _("Average rating"), Unit.STARS, _("The mean of the ratings from 1 to 5 (CSAT).")),
        Measure("satisfied", _("Satisfied"), _P, _("Ratings of 4 and 5, of all ratings.")),
        Measure("nps_answers", _("Answers, NPS"), _C, _("People who said whether they would recommend you.")),
        Measure(
            "nps", _("NPS"), Unit.SCORE,
            _("The percentage of promoters less that of detractors, from −100 to 100."),
        ),
        Measure("promoters", _("Promoters"), _C, _("People who would recommend you: 9 or 10 of 10.")),
        Measure("passives", _("Passives"), _C, _("People who gave 7 or 8 of 10.")),
        Measure("detractors", _("Detractors"), _C, _("People who gave 0 to 6 of 10.")),
        Measure("share", _("Share"), _P, _("Of all tickets of the period.")),
        Measure("known", _("Commune known"), _P, _("Tickets of people whose commune is noted, of all tickets.")),
        Measure(
            "arrivals", _("People an hour"), Unit.MEAN,
            _("People who came in such an hour, on average over all such weekdays of the period."),
        ),
    )
}  # fmt: skip
