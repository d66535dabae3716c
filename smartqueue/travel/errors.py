"""Refusals of this room."""

from django.utils.translation import gettext_lazy as _

from smartqueue.kernel.errors import NotFound


class NoSuchLine(NotFound):
    code = "no_such_line"
    sentence = _("The table of speeds has no such line.")
