"""How good an estimate is, and how it ended."""

from datetime import datetime
from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _

REPUBLISH_S, REPUBLISH_SHARE = 120.0, 0.15
"""What is shown changes when it moves by more than the larger of both."""

LOOK_AGAIN_S = 150
"""So often the moment to leave is computed anew, when nothing has happened."""
TELL_AGAIN_S, TELL_ANEW_S = 600, 300
"""Told again not sooner than the first, and only when the moment to leave has moved by more than the second."""
SET_OUT_M = 300
"""Whoever was told and has moved so far is on the way."""
MOST_AWAY_PASSES = 5
"""So often others go first when somebody's turn comes who is still far; after that the ticket stays where it is."""
SAID_P80 = 1.25
"""Minutes that a person has said, in eight cases of ten: so many times as long at most."""
POSITION_EVERY_S = 10
POSITION_KEPT_S = 24 * 3600


class Stage(StrEnum):
    """Where somebody is who waits elsewhere, as their page says it."""

    UNKNOWN_WAY = "unknown_way"
    UNKNOWN_WAIT = "unknown_wait"
    LATER = "later"
    NOW = "now"
    ON_THE_WAY = "on_the_way"
    ARRIVED = "arrived"


class Subject(models.TextChoices):
    """Whose state a row keeps."""

    TENANT = "tenant", _("Organisation")
    SERVICE = "service", _("Service")
    QUEUE = "queue", _("Queue")


class Ending(models.TextChoices):
    """What became of the wait that was estimated."""

    OPEN = "open", _("Still waiting")
    CALLED = "called", _("Called")
    LEFT = "left", _("Left the line")


def has_moved(shown_s: float, now_s: float) -> bool:
    """Does this count as news: more than two minutes and more than 15 % away from what is shown?

    Args:
        shown_s: what people see, seconds.
        now_s: what it should be, seconds.
    """
    return abs(now_s - shown_s) > max(REPUBLISH_S, REPUBLISH_SHARE * shown_s)


def is_time_to_leave(*, wait_p10_s: float, travel_p80_s: float, margin_s: float) -> bool:
    """Should somebody set out now: might the call come, in one case of ten, before a slow trip and the margin are over?

    Args:
        wait_p10_s: the early end of the wait.
        travel_p80_s: what the trip takes at most in eight cases of ten.
        margin_s: how long before the call one should be there.
    """
    return wait_p10_s <= travel_p80_s + margin_s


def is_told_again(*, told_at: datetime, told_leave_at: datetime, leave_at: datetime, at: datetime) -> bool:
    """Is it worth telling somebody once more that it is time: not soon after, and only where the moment has moved?"""
    since_s = (at - told_at).total_seconds()
    return since_s >= TELL_AGAIN_S and abs((leave_at - told_leave_at).total_seconds()) > TELL_ANEW_S
