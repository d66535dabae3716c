"""Sentences of the customer's pages. Load with `{% load public %}`."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django import template
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext

from smartqueue.sites.queries import Opening

register = template.Library()


def clock(instant: datetime, time_zone: str, at: datetime) -> str:
    """`14:30`, or `Monday 08:00` when that is another local day than `at`'s."""
    here, now = (moment.astimezone(ZoneInfo(time_zone)) for moment in (instant, at))
    return date_format(here, "H:i" if here.date() == now.date() else "l H:i")


@register.simple_tag
def opening_words(opening: Opening, time_zone: str, at: datetime) -> str:
    """`Open until 17:00`, `Closed, opens Monday 08:00`."""
    if opening.is_open:
        if opening.closes_at is None:
            return gettext("Open around the clock")
        return gettext("Open until {time}").format(time=clock(opening.closes_at, time_zone, at))
    if opening.next_opening is None:
        return gettext("Closed")
    return gettext("Closed, opens {time}").format(time=clock(opening.next_opening, time_zone, at))


@register.simple_tag
def opens(instant: datetime | None, time_zone: str, at: datetime) -> str:
    """When a service is offered next."""
    if instant is None:
        return gettext("Closed")
    return gettext("Opens {time}").format(time=clock(instant, time_zone, at))


@register.filter
def distance(metres: int | None) -> str:
    """`350 m`, `2.4 km`; nothing where a site has no point on the map."""
    if metres is None:
        return ""
    if metres < 1000:
        return f"{max(10, round(metres, -1))} m"
    kilometres = number_format(metres / 1000, decimal_pos=1 if metres < 10_000 else 0, use_l10n=True)
    return f"{kilometres} km"


@register.simple_tag
def minutes(low_s: int | None, high_s: int | None) -> str:
    """Two bounds of a wait as what stands before `min`: `12–18`, `< 2`, `0 h 50–1 h 20`; nothing unless both are known.
    ticket.js does the same."""
    if low_s is None or high_s is None:
        return ""
    low, high = max(0, low_s // 60), max(1, -(-high_s // 60))
    first, last = (str(n) if high < 60 else f"{n // 60} h {n % 60}" for n in (low, high))
    if low < 1:
        return f"< {last}"
    return last if low >= high else f"{first}–{last}"


@register.filter
def in_fours(code: str) -> str:
    """`4823 1907`."""
    return f"{code[:4]} {code[4:]}"
