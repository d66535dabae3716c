"""Refusals of the customers room."""

from django.utils.translation import gettext_lazy as _

from smartqueue.kernel.errors import RuleBroken


class PhoneTaken(RuleBroken):
    """Two customers of a tenant with one number could not be told apart at a keypad."""

    code = "phone_taken"
    sentence = _("Another customer already has this phone number.")
