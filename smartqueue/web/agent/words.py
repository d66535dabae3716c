"""Reasons that an agent may choose from."""

from django.utils.translation import gettext_lazy as _

PARK_REASONS = (
    _("Filling in a form"),
    _("Fetching a document"),
    _("Making a copy"),
    _("Waiting for a colleague's answer"),
)  # fmt: skip
BREAK_REASONS = (_("Coffee"), _("Lunch"), _("Prayer"), _("Meeting"))
CALL_REASONS = (_("Agreed with the line"), _("Short matter"), _("Called before, comes back"))
TRANSFER_REASONS = (_("Another service is needed"), _("Took the wrong ticket"), _("A manager has to decide"))
