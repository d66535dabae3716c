"""Why a wording is not kept, or a test not sent."""

from django.utils.translation import gettext_lazy as _

from smartqueue.kernel.errors import RuleBroken


class WordingChanged(RuleBroken):
    """Somebody else has written another text since this one was shown."""

    code = "wording_changed"
    sentence = _("Somebody has just changed this text. Copy yours, open the page again, and decide.")


class TriedJustNow(RuleBroken):
    """One test at a time, and a pause between them."""

    code = "tried_just_now"
    sentence = _("A test was sent a moment ago. Wait {seconds} seconds.")


class IntegrationChanged(RuleBroken):
    """Two people connected the same thing at once."""

    code = "integration_changed"
    sentence = _("Somebody has just changed this integration. Look at it again.")


class NobodyToTell(RuleBroken):
    """The person left no address, or this kind of message is switched off."""

    code = "nobody_to_tell"
    sentence = _("There is no way to write to this person.")
