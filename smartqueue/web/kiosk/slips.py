"""What the paper of a network printer says, in the language of whoever gets it."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from smartqueue.queueing.states import EtaQuality
from smartqueue.web.shared.templatetags.look import wait_range


def slip_of(ticket: dict[str, Any], *, organisation: str, language: str) -> dict[str, str]:
    """Lines for `devices.transports.escpos`.

    Args:
        ticket: as `shown.ticket_json` made it.
        language: of the paper; empty for the one of the house.
    """
    with override(language or "fr"):
        return {
            "org": f"{organisation} · {ticket['site']}",
            "service": ticket["service"],
            "number": ticket["number"],
            "when": f"{_('Taken at')} {ticket['date']} {ticket['time']}",
            "line": " · ".join(_line(ticket)),
            "hint": _("Follow your place with your phone: scan the code."),
            "code": f"{_('Code')} {ticket['code'][:4]} {ticket['code'][4:]}",
            "url": ticket["url"],
        }


def _line(ticket: dict[str, Any]) -> list[str]:
    ahead, wait = ticket["people_ahead"], ticket["wait_range"]
    if ahead is None:
        return [_("The wait is not known at the moment")]
    said = [
        ngettext("{count} person before you", "{count} people before you", ahead).format(count=ahead)
        if ahead
        else _("You are next")
    ]
    if not wait:
        return said
    first = [_("first estimate")] if ticket["quality"] == EtaQuality.ROUGH else []
    return [*said, wait_range(*wait), *first]
