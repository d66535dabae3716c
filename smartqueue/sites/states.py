"""Weekly hours as plain values, the usual weeks of Senegal, and time zones."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time
from functools import cache
from itertools import pairwise
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from smartqueue.kernel.errors import Invalid


@dataclass(frozen=True, order=True)
class Interval:
    """One interval of a weekday (Monday = 1), local time; `closes` at or before `opens` means the next day."""

    weekday: int
    opens: time
    closes: time

    @property
    def span(self) -> tuple[float, float]:
        """Seconds since the weekday's midnight."""
        opens, closes = seconds(self.opens), seconds(self.closes)
        return opens, closes if closes > opens else closes + 86_400


def seconds(moment: time) -> float:
    return moment.hour * 3600 + moment.minute * 60 + moment.second + moment.microsecond / 1e6


def must_be_apart(hours: Sequence[Interval]) -> None:
    """Refuse weekdays that do not exist, and intervals of one weekday that overlap.

    Raises:
        Invalid: under `hours`.
    """
    days: defaultdict[int, list[tuple[float, float]]] = defaultdict(list)
    for interval in hours:
        if not 1 <= interval.weekday <= 7:
            raise Invalid(hours=_("A weekday is a number from 1, Monday, to 7."))
        days[interval.weekday].append(interval.span)
    for spans in days.values():
        if any(later[0] < earlier[1] for earlier, later in pairwise(sorted(spans))):
            raise Invalid(hours=_("Two intervals of a day overlap."))


def week(pattern: dict[str, str]) -> tuple[Interval, ...]:
    """Hours written short: `{"1-4": "08:00-16:00", "5": "08:00-12:30 14:30-16:30"}`."""
    hours = []
    for days, intervals in pattern.items():
        first, _dash, last = days.partition("-")
        for weekday in range(int(first), int(last or first) + 1):
            for interval in intervals.split():
                opens, _dash, closes = interval.partition("-")
                hours.append(Interval(weekday, time.fromisoformat(opens), time.fromisoformat(closes)))
    return tuple(sorted(hours))


# Usual weeks, with the Friday prayer's break; a tenant adapts them.
PRESETS: dict[str, tuple[Interval, ...]] = {
    "bank": week({"1-4": "08:00-16:00", "5": "08:00-12:30 14:30-16:30"}),
    "administration": week({"1-4": "08:00-13:00 14:00-17:00", "5": "08:00-13:00 15:00-17:00"}),
    "hospital": week({"1-5": "07:00-17:00", "6": "07:00-13:00"}),
    "around_the_clock": week({"1-7": "00:00-00:00"}),
}


@cache
def time_zones() -> frozenset[str]:
    """Names of places in the IANA list, read from the disk once; not what only this machine understands."""
    return frozenset(available_timezones() - {"localtime", "posixrules", "Factory"})


def known_time_zone(name: str) -> None:
    """A model validator. PostgreSQL checks too (`site_time_zone_known`), for its own copy of the list."""
    if name not in time_zones():
        raise ValidationError(_("There is no such time zone."), code="unknown_time_zone")


PICTOGRAMS: dict[str, Promise | str] = {
    "": gettext_lazy("Ticket"),
    "account": gettext_lazy("Account"),
    "cash": gettext_lazy("Cash"),
    "advice": gettext_lazy("Advice"),
    "card": gettext_lazy("Card"),
    "document": gettext_lazy("Document"),
    "payment": gettext_lazy("Payment"),
    "health": gettext_lazy("Health"),
    "parcel": gettext_lazy("Parcel"),
}
"""What `Service.pictogram` may name; empty shows a ticket."""
