"""Refusals of the sites room."""

from django.utils.translation import gettext_lazy as _

from smartqueue.kernel.errors import RuleBroken


class HoursOverlap(RuleBroken):
    """A date is closed, or has intervals apart from each other: never both, never one inside another."""

    code = "hours_overlap"
    sentence = _("These hours overlap others of the same day.")
