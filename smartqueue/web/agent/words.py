"""Words for facts and reasons."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from smartqueue.queueing.states import Priority

FACTS: dict[str, str | Promise] = {
    "ticket.created": _("Took the ticket"),
    "ticket.called": _("Called"),
    "ticket.recalled": _("Called again"),
    "ticket.service_started": _("Arrived at the counter"),
    "ticket.paused": _("Parked"),
    "ticket.resumed": _("Back at the counter"),
    "ticket.transferred": _("Transferred"),
    "ticket.put_back": _("Put back in the line"),
    "ticket.deferred": _("Let others pass"),
    "ticket.closed": _("Finished"),
    "ticket.no_show": _("Absent"),
    "ticket.cancelled": _("Left the line"),
    "ticket.expired": _("Ended with the day"),
    "ticket.reopened": _("Undone"),
}

HANDED_OVER, RELEASED = _("Handed over to a colleague"), _("Open to every agent again")

PRIORITIES = {
    Priority.ELEVATED: pgettext_lazy("somebody in the line", "Priority"),
    Priority.URGENT: pgettext_lazy("somebody in the line", "Urgent"),
}
"""The class in a word, never its ground."""

PARK_REASONS = (
    _("Filling in a form"),
    _("Fetching a document"),
    _("Making a copy"),
    _("Waiting for a colleague's answer"),
)  # fmt: skip
BREAK_REASONS = (_("Coffee"), _("Lunch"), _("Prayer"), _("Meeting"))
CALL_REASONS = (_("Agreed with the line"), _("Short matter"), _("Called before, comes back"))
TRANSFER_REASONS = (_("Another service is needed"), _("Took the wrong ticket"), _("A manager has to decide"))


def fact_title(fact: str, data: dict[str, Any]) -> str:
    """A fact for people; an unknown one by its own name."""
    if fact == "ticket.transferred" and "to_agent_id" in data:
        return str(HANDED_OVER if data["to_agent_id"] else RELEASED)
    return str(FACTS.get(fact, fact))
