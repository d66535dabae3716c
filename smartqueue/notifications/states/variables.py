"""The places that messages may have, and what stands in them in a preview."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from smartqueue.notifications.states import MessageKind

Value = str | int


@dataclass(frozen=True)
class Variable:
    """One place.

    Attributes:
        label: what it stands for, for whoever writes.
        sample: what a preview shows there; its type is the type of the real value.
    """

    name: str
    label: str | Promise
    sample: Value

    @property
    def place(self) -> str:
        return f"{{{{{self.name}}}}}"


VARIABLES = {
    variable.name: variable
    for variable in (
        Variable("ticket_number", _("Number of the ticket"), "A042"),
        Variable("queue_name", _("Queue"), "Guichets"),
        Variable("service_name", _("Service"), "Retrait"),
        Variable("site_name", _("Site"), "Dakar Plateau"),
        Variable("counter_name", _("Counter"), "Guichet 3"),
        Variable("people_ahead", _("People ahead"), 4),
        Variable("wait_low_min", _("Wait from, minutes"), 8),
        Variable("wait_high_min", _("Wait to, minutes"), 14),
        Variable("ticket_url", _("Link to the ticket"), "https://sq.example/t/Zk3vN8qLr2TfWc5yHsXp1A/"),
        Variable("feedback_url", _("Link to the rating"), "https://sq.example/t/Zk3vN8qLr2TfWc5yHsXp1A/feedback/"),
        Variable("customer_name", _("Name of the customer"), "Demba Fall"),
        Variable("organisation_name", _("Your organisation"), "Banque du Fleuve"),
        Variable("date", _("Date"), "12/03/2027"),
        Variable("time", _("Time of day"), "14:30"),
        Variable("amount", _("Amount"), "5 000 FCFA"),
        Variable("payment_method", _("Means of payment"), "Wave"),
        Variable("payment_reference", _("Reference of the payment"), "SQ-7F3K"),
        Variable("news", _("What you announce"), "Retour au guichet à 15:00."),
    )
}

_EVERYWHERE = ("organisation_name", "site_name", "customer_name")
_TICKET = ("ticket_number", "queue_name", "service_name", "ticket_url")
_WAIT = ("people_ahead", "wait_low_min", "wait_high_min")
_OWN: dict[str, tuple[str, ...]] = {
    MessageKind.TICKET_JOINED: (*_TICKET, *_WAIT),
    MessageKind.POSITION_REACHED: (*_TICKET, *_WAIT),
    MessageKind.COME_BACK: (*_TICKET, *_WAIT, "time"),
    MessageKind.YOUR_TURN: (*_TICKET, "counter_name"),
    MessageKind.CALLED_AGAIN: (*_TICKET, "counter_name"),
    MessageKind.MISSED: (*_TICKET, "counter_name"),
    MessageKind.THANKS: (*_TICKET, "feedback_url"),
    MessageKind.APPOINTMENT: ("service_name", "date", "time"),
    MessageKind.PAYMENT: ("service_name", "amount", "payment_method", "payment_reference", "date", "time"),
    MessageKind.QUEUE_NEWS: (*_TICKET, "news"),
    MessageKind.URGENT: ("queue_name", "news"),
}


def variables_of(kind: str) -> tuple[Variable, ...]:
    """What a message of this kind may say; of a kind that only a tenant's program knows, everything."""
    names = (*_OWN[kind], *_EVERYWHERE) if kind in _OWN else tuple(VARIABLES)
    return tuple(VARIABLES[name] for name in names)


def samples_of(kind: str, **known: Value) -> dict[str, Value]:
    """A value for every place of this kind; `known` ones take the samples' places."""
    return {one.name: known.get(one.name, one.sample) for one in variables_of(kind)}
