"""How good an estimate is, and how it ended."""

from django.db import models
from django.utils.translation import gettext_lazy as _

REPUBLISH_S, REPUBLISH_SHARE = 120.0, 0.15
"""What is shown changes when it moves by more than the larger of both."""


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
