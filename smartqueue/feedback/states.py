"""What people may say of a visit, and how far an answer was followed up."""

from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from smartqueue.queueing.states import TicketState

ENDED = (TicketState.CLOSED, TicketState.NO_SHOW, TicketState.CANCELLED, TicketState.EXPIRED)
"""Whose visit is over may answer. Asking only those who were served would hide why others gave up."""

OPEN_FOR = timedelta(days=30)
LONGEST_COMMENT = 1000
LONGEST_NOTE = 1000
PROMOTER_FROM = 9
PASSIVE_FROM = 7


class FollowUp(models.TextChoices):
    NEW = "new", _("New")
    IN_PROGRESS = "in_progress", _("In progress")
    DONE = "done", _("Done")


class Rating(models.IntegerChoices):
    VERY_BAD = 1, _("Very bad")
    BAD = 2, _("Bad")
    FAIR = 3, _("Fair")
    GOOD = 4, _("Good")
    VERY_GOOD = 5, _("Very good")


class Tag(models.TextChoices):
    """What the answer is about."""

    WAITING = "waiting", _("The wait")
    WELCOME = "welcome", _("The welcome")
    CLARITY = "clarity", _("The explanations")
    RESULT = "result", _("The result")
    PLACE = "place", _("The place")
    INFORMATION = "information", _("The information before")
    OTHER = "other", _("Something else")


class NpsCategory(models.TextChoices):
    """Who would recommend: Reichheld's three groups of an answer from 0 to 10."""

    PROMOTER = "promoter", _("Promoter")
    PASSIVE = "passive", _("Passive")
    DETRACTOR = "detractor", _("Detractor")


def nps_category(nps: int | None) -> NpsCategory | None:
    """The group of an answer; None where the question was left out."""
    if nps is None:
        return None
    if nps >= PROMOTER_FROM:
        return NpsCategory.PROMOTER
    return NpsCategory.PASSIVE if nps >= PASSIVE_FROM else NpsCategory.DETRACTOR
