"""What this room refuses, by name."""

from django.utils.translation import gettext_lazy as _

from smartqueue.kernel.errors import Forbidden, NotFound, RuleBroken


class EndpointNotFound(NotFound):
    code = "webhook_not_found"
    sentence = _("There is no such webhook.")


class DeliveryNotFound(NotFound):
    code = "delivery_not_found"
    sentence = _("There is no such delivery.")


class SourceNotFound(NotFound):
    code = "source_not_found"
    sentence = _("There is no such source.")


class StillOnItsWay(RuleBroken):
    """Sending twice what is being sent would tell nobody more."""

    code = "still_on_its_way"
    sentence = _("This delivery is still on its way.")


class EndpointIsOff(RuleBroken):
    code = "webhook_is_off"
    sentence = _("This webhook is turned off. Turn it on first.")


class TooMany(RuleBroken):
    code = "too_many_webhooks"
    sentence = _("There are {most} already. Remove one that is not needed.")


class RotatedJustNow(RuleBroken):
    """Two secrets are live at once, not three: the first would end before its day is over."""

    code = "rotated_just_now"
    sentence = _(
        "The last secret was made less than a day ago, and the one before still works. Wait until it has ended."
    )


class BadSignature(RuleBroken):
    """No such source, a missing header, an old message, a wrong signature: from outside they look the same."""

    code = "bad_signature"
    status = 401
    sentence = _("The signature does not fit, or the message is older than five minutes.")


class NotThisRight(Forbidden):
    code = "source_may_not"
    sentence = _("This source may not do that.")


class ReferenceUsed(RuleBroken):
    """The reference stands for a ticket that this message does not ask for again."""

    code = "reference_used"
    sentence = _("This reference stands for another ticket.")
