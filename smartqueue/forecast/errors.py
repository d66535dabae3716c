"""What the forecast refuses, by name."""

from django.utils.translation import gettext_lazy as _

from smartqueue.kernel.errors import NotFound, RuleBroken


class JourneyNotFound(NotFound):
    code = "journey_not_found"
    sentence = _("You have not said how you come.")


class ConsentMissing(RuleBroken):
    code = "consent_missing"
    sentence = _("Your position is used only when you have agreed.")


class SiteNotOnMap(RuleBroken):
    code = "site_not_on_map"
    sentence = _("We do not know where this place is on the map. Say how many minutes you are away.")
