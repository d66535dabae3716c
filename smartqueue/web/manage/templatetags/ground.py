"""How the pages of sites, services and queues write durations. Load with `{% load ground %}`."""

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext

from smartqueue.web.manage.service_forms import minutes

register = template.Library()


@register.filter
def in_minutes(seconds: int) -> str:
    """`12 min`, `1.5 min`."""
    return gettext("{minutes} min").format(minutes=number_format(minutes(seconds), use_l10n=True))
