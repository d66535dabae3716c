"""What templates need to show amounts, waits, icons and text that moves. Load with `{% load look %}`."""

from typing import Any

from django import template
from django.conf import settings
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language_info, gettext, ngettext

from smartqueue.web.shared.icons import ICONS

register = template.Library()

HARD_SPACE = "\xa0"
HOUR = 60


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon beside words that say the same, so it is hidden from screen readers.

    Raises:
        KeyError: there is no such icon.
    """
    return format_html('<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="{}"/></svg>', ICONS[name])


@register.filter
def xof(amount: int | None) -> str:
    """An amount of XOF as its reader writes it: `2 500 F CFA`, `2,500 F CFA`; nothing for None."""
    if amount is None:
        return ""
    return f"{number_format(amount, use_l10n=True, force_grouping=True)}{HARD_SPACE}F{HARD_SPACE}CFA"


@register.simple_tag
def wait_range(low_s: int | None, high_s: int | None) -> str:
    """Two bounds of a wait, in seconds, as a sentence: `about 10–15 min`, `less than 2 min`, `about 50 min – 1 h 20`.

    The lower bound is rounded down to whole minutes, the upper one up: rather promise too long a wait than too short.
    """
    if low_s is None or high_s is None:
        return gettext("wait not known yet")
    low, high = max(0, low_s // 60), max(1, -(-high_s // 60))
    if low < 1:
        return gettext("less than a minute") if high == 1 else gettext("less than {minutes} min").format(minutes=high)
    if low >= high:
        return gettext("about {minutes} min").format(minutes=high)
    if high > HOUR:
        return gettext("about {low} – {high}").format(low=length(low), high=length(high))
    return gettext("about {low}–{high} min").format(low=low, high=high)


def wait_figure(low_s: int, high_s: int) -> str:
    """The same as a figure, where there is little room: `12–19 min`, `45 min–1 h 05`, `< 3 min`."""
    low, high = max(0, low_s // 60), max(1, -(-high_s // 60))
    if low < 1:
        return f"< {length(high)}"
    if high >= HOUR:
        return f"{length(low)}–{length(high)}"
    return gettext("{minutes} min").format(minutes=f"{low}–{high}" if low < high else high)


def length(minutes: int) -> str:
    """A length of time: `45 min`, `2 h`, `1 h 05`."""
    if minutes < HOUR:
        return gettext("{minutes} min").format(minutes=minutes)
    hours, rest = divmod(minutes, HOUR)
    return f"{hours}{HARD_SPACE}h" + (f"{HARD_SPACE}{rest:02}" if rest else "")


@register.filter
def people(count: int) -> str:
    """`4 people`, `1 person`, `nobody`."""
    if count == 0:
        return gettext("nobody")
    return ngettext("{count} person", "{count} people", count).format(
        count=number_format(count, use_l10n=True, force_grouping=True)
    )


@register.simple_tag
def languages() -> list[tuple[str, str]]:
    """Code and own name of each language we speak."""
    return [(code, get_language_info(code)["name_local"].capitalize()) for code, _name in settings.LANGUAGES]


@register.simple_tag
def next_sort(now: str, key: str) -> str:
    """What a column's header asks for: ascending first, then the other way round."""
    return f"-{key}" if now == key else key


@register.filter
def as_level(share: float | None) -> str:
    """A share of the largest value, 0..1, as one of the heat map's levels 0..5; None stays without colour."""
    return "" if share is None else str(min(5, max(0, round(share * 5))))


@register.filter
def times(count: int) -> range:
    return range(int(count))


@register.filter
def at(values: Any, key: Any) -> Any:
    """`values[key]`, where a template has the key in a variable; None where there is none."""
    return values.get(key) if hasattr(values, "get") else None
