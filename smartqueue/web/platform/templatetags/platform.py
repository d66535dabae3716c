"""Numbers as the platform's pages write them. Load with `{% load platform %}`."""

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext

register = template.Library()


@register.filter
def grouped(number: int | None) -> str:
    """`12 500` as its reader groups it; a word for None, which stands for a quota without limit."""
    if number is None:
        return gettext("without limit")
    return number_format(number, use_l10n=True, force_grouping=True)


@register.filter
def percent(share: float) -> int:
    """A share as whole percents, rounded down: 100 is all of it."""
    return int(share * 100)
