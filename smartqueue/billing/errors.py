"""Refusals of this room."""

from django.utils.translation import gettext_lazy as _

from smartqueue.kernel.errors import NotFound


class PlanNotFound(NotFound):
    code = "plan_not_found"
    sentence = _("There is no such plan.")
