"""Which facts other systems may hear, what they are told, and how patient we are."""

from datetime import timedelta
from typing import Final

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PUBLIC_FACTS: dict[str | Promise, dict[str, str | Promise]] = {
    _("Tickets"): {
        "ticket.created": _("A ticket was taken"),
        "ticket.called": _("Somebody was called"),
        "ticket.recalled": _("Somebody was called again"),
        "ticket.service_started": _("Service has begun"),
        "ticket.paused": _("A visit was paused"),
        "ticket.resumed": _("A visit goes on"),
        "ticket.transferred": _("A ticket was sent elsewhere"),
        "ticket.put_back": _("Somebody was put back into the line"),
        "ticket.deferred": _("Somebody let others pass"),
        "ticket.checked_in": _("Somebody has arrived at the site"),
        "ticket.closed": _("A visit has ended"),
        "ticket.no_show": _("Somebody did not come"),
        "ticket.cancelled": _("A ticket was cancelled"),
        "ticket.expired": _("A ticket was left over when the site closed"),
        "ticket.reopened": _("The last step was undone"),
        "ticket.eta_updated": _("The expected wait of a queue has changed"),
    },
    _("Queues and counters"): {
        "queue.opened": _("A queue was opened"),
        "queue.paused": _("A queue takes no new tickets"),
        "queue.closed": _("A queue was closed"),
        "agent.status_updated": _("An agent is available, on a break or gone"),
        "sla.breached": _("Somebody waits longer than promised"),
    },
    _("Messages and answers"): {
        "message.sent": _("A message was sent"),
        "message.delivered": _("A message has arrived"),
        "message.failed": _("A message did not arrive"),
        "feedback.received": _("Somebody rated a visit"),
    },
    _("Displays and kiosks"): {
        "device.online": _("A device is there"),
        "device.offline": _("A device is silent"),
    },
}
"""In groups, with plain words. The only list: handlers, forms, the API and the pages read it."""

FACTS: Final = {fact: words for facts in PUBLIC_FACTS.values() for fact, words in facts.items()}
TEST: Final = "webhook.test"
TOLD: Final = (
    "number", "queue_id", "channel", "counter_id", "counter", "agent_id", "rule", "outcome", "service_s", "place",
    "people", "from_queue_id", "to_queue_id", "to_agent_id", "undone", "status", "kind", "site_id", "metric", "value",
    "threshold", "is_simulated", "ticket_id", "csat", "nps", "quality", "next_s",
)  # fmt: skip
"""What of a fact travels: ids, numbers and states. Free words, such as a reason, could name somebody and stay here."""

RETRY_AFTER_S: Final = (5, 300, 1800, 7200, 18000, 36000, 21600)
"""Pauses between tries: eight tries in 23 h 35 min, each pause up to a tenth shorter so that not all come at once."""
PATIENCE: Final = timedelta(days=1)
LONGEST_WISH_S: Final = 6 * 3600
"""A receiver may ask for a longer pause (`Retry-After`), but not for ever."""
CALL_S: Final = 10.0
LEASE: Final = timedelta(seconds=30)
"""A try of which nothing was heard for so long has died with its process."""
SECRETS_OVERLAP: Final = timedelta(hours=24)
KEEP_DELIVERIES: Final = timedelta(days=30)
KEEP_INBOUND: Final = timedelta(days=30)
TOLERANCE: Final = timedelta(minutes=5)
MOST_ENDPOINTS: Final = 20
MOST_SOURCES: Final = 20
TRIES_KEPT: Final = 20
SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - what every secret begins with
LONGEST_REF: Final = 80


class DeliveryStatus(models.TextChoices):
    PENDING = "pending", _("On its way")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Not delivered")


class WhyOff(models.TextChoices):
    """Why an endpoint gets nothing."""

    BY_HAND = "by_hand", _("Turned off by hand")
    FAILING = "failing", _("It has not answered for a day")
    GONE = "gone", _("It said that it is gone (410)")


class Fault(models.TextChoices):
    """Why a try failed without a status; the words of `outbound.NoAnswer`, and two of ours."""

    NOT_FOUND = "not_found", _("The name leads nowhere")
    NOT_ALLOWED = "not_allowed", _("The address leads into a private network")
    UNREACHABLE = "unreachable", _("Nobody answers there")
    TIMEOUT = "timeout", _("No answer within 10 seconds")
    CLOSED = "closed", _("The connection was cut")
    BAD_CERTIFICATE = "bad_certificate", _("The certificate is not valid")
    NO_TLS = "no_tls", _("No secure connection")
    NOT_UNDERSTOOD = "not_understood", _("The answer is no HTTP")
    TOO_LONG = "too_long", _("The answer is longer than 64 kB")
    BAD_SEAL = "bad_seal", _("The secret cannot be read any more: make a new one")
    OFF = "off", _("The webhook was turned off")


class Right(models.TextChoices):
    """What another system may do here."""

    ISSUE = "issue", _("Take tickets")
    CANCEL = "cancel", _("Cancel tickets that it has taken")
    CHECK_IN = "check_in", _("Say that the owner of a ticket that it has taken is at the site")


RIGHT_OF: Final = {"ticket.issue": Right.ISSUE, "ticket.cancel": Right.CANCEL, "ticket.check_in": Right.CHECK_IN}
