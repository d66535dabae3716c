"""Words of tickets' facts and classes that every audience's pages share."""

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
    "ticket.checked_in": _("Arrived"),
    "ticket.priority_changed": _("Priority changed"),
    "ticket.closed": _("Finished"),
    "ticket.no_show": _("Absent"),
    "ticket.cancelled": _("Left the line"),
    "ticket.expired": _("Ended with the day"),
    "ticket.reopened": _("Undone"),
    "ticket.eta_updated": _("The expected wait has changed"),
    "ticket.leave_now": _("Was told to leave now"),
    "ticket.stepped_out": _("Waits elsewhere"),
    "ticket.returned": _("Back at their place in the line"),
}

HANDED_OVER, RELEASED = _("Handed over to a colleague"), _("Open to every agent again")

SAD = frozenset({"ticket.no_show", "ticket.expired", "ticket.cancelled"})
"""Facts that a timeline marks."""

PRIORITIES = {
    Priority.ELEVATED: pgettext_lazy("somebody in the line", "Priority"),
    Priority.URGENT: pgettext_lazy("somebody in the line", "Urgent"),
}
"""The class in a word, never its ground."""


def fact_title(fact: str, data: dict[str, Any]) -> str:
    """A fact for people; an unknown one by its own name."""
    if fact == "ticket.transferred" and "to_agent_id" in data:
        return str(HANDED_OVER if data["to_agent_id"] else RELEASED)
    return str(FACTS.get(fact, fact))


def event_of(entry: Any) -> dict[str, Any]:
    """A journal entry about a ticket as the timeline shows it."""
    words = [entry.data.get("counter", ""), entry.data.get("reason", "")]
    return {
        "at": entry.at,
        "title": fact_title(entry.fact, entry.data),
        "words": " · ".join(word for word in words if word),
        "kind": "late" if entry.fact in SAD else "",
    }


def priority_word(priority: int) -> str:
    """The class in one word, never its ground; '' for the ordinary one."""
    return str(PRIORITIES.get(Priority(priority), ""))
