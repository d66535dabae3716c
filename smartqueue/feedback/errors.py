"""What this room refuses, by name."""

from django.utils.translation import gettext_lazy as _

from smartqueue.kernel.errors import Invalid, NotFound, RuleBroken


class FeedbackNotFound(NotFound):
    code = "feedback_not_found"
    sentence = _("There is no such answer.")


class AlreadyAnswered(RuleBroken):
    code = "already_answered"
    sentence = _("You have already answered for this visit. Thank you.")


class VisitNotOver(RuleBroken):
    code = "visit_not_over"
    sentence = _("Your visit is not over yet. Tell us afterwards how it was.")


class TooLate(RuleBroken):
    code = "feedback_too_late"
    sentence = _("This visit is more than 30 days ago. It can no longer be rated.")


class ChangedMeanwhile(RuleBroken):
    code = "changed_meanwhile"
    sentence = _("A colleague has changed this in the meantime. Look at what is there now, then save again.")


class NotServed(Invalid):
    """The service is rated by those who were served."""

    def __init__(self) -> None:
        super().__init__(quality_rating=str(_("You were not served on this visit: leave this out.")))
