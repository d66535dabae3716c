"""Refusals of the sites room."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartqueue.kernel.errors import Invalid, RuleBroken


class HoursOverlap(RuleBroken):
    """A date is closed, or has intervals apart from each other: never both, never one inside another."""

    code = "hours_overlap"
    sentence = _("These hours overlap others of the same day.")


class ProfilesOverlap(Invalid):
    """Two profiles of a site would count on one day."""

    def __init__(self) -> None:
        super().__init__(first=gettext("Another profile of this site covers some of these days."))


class SiteCodeTaken(Invalid):
    def __init__(self) -> None:
        super().__init__(code=gettext("Another site has this code."))


class CounterNameTaken(Invalid):
    def __init__(self) -> None:
        super().__init__(name=gettext("This site has a counter of that name."))


class ServiceCodeTaken(Invalid):
    def __init__(self) -> None:
        super().__init__(code=gettext("Another service has this code."))


class CategoryNameTaken(Invalid):
    def __init__(self) -> None:
        super().__init__(name=gettext("There is a category of that name."))


class HolidayDecided(Invalid):
    """Two people decided one date at the same moment."""

    def __init__(self) -> None:
        super().__init__(date=gettext("Somebody has just decided this day. Look at it again."))


class RowInUse(RuleBroken):
    """PostgreSQL does not let a row go that others refer to."""

    code = "in_use"
    sentence = _("Other things still refer to this.")


class SiteInUse(RowInUse):
    sentence = _("This site has queues, devices or tickets. Close it down instead: nothing is lost then.")


class CounterInUse(RowInUse):
    sentence = _("An agent sits at this counter, or people were served there. Take it out of use instead.")


class ServiceInUse(RowInUse):
    sentence = _("Queues or tickets belong to this service. Take it out of use instead.")
