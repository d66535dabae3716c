"""Names of things, fields and values in the journal, for people."""

import json
from functools import cache

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

LONGEST_VALUE = 300
OBJECTS: dict[str, str | Promise] = {
    "agent": _("Agent"),
    "alert": _("Raised alert"),
    "alertrule": _("Alert"),
    "api_key": _("API key"),
    "audit_log": _("Audit log"),
    "block": _("Numbers of a kiosk"),
    "clip": _("Recording"),
    "counter": _("Counter"),
    "customer": _("Customer"),
    "dailywish": _("Daily report"),
    "device": _("Device"),
    "feedback": _("Feedback"),
    "holidayoverride": _("Public holiday"),
    "hoursprofile": _("Hours of a season"),
    "integration": _("Connection to a provider"),
    "membership": _("Member"),
    "messagerules": _("Rules of messages"),
    "messagetemplate": _("Message"),
    "notification": _("Message to a customer"),
    "openingexception": _("Exception to the hours"),
    "print": _("Printed ticket"),
    "queue": _("Queue"),
    "report": _("Report"),
    "service": _("Service"),
    "servicecategory": _("Category of services"),
    "site": _("Site"),
    "stop": _("Wish for no messages"),
    "tenant": _("Organisation"),
    "ticket": _("Ticket"),
    "travellesson": _("Learnt from trips"),
    "travelrules": _("Travel rules"),
    "travelspeed": _("Travel speed"),
    "user": _("Person"),
}
"""What a fact may be about."""
FIELDS: dict[str, str | Promise] = {
    "acknowledged_by": _("Seen by"),
    "address": _("Address"),
    "agent": _("Agent"),
    "audio": _("Sound"),
    "brand_colour": _("Colour"),
    "category": _("Category"),
    "colour": _("Colour"),
    "commune": _("Commune"),
    "counter": _("Counter"),
    "customer": _("Customer"),
    "description": _("Description"),
    "digest": _("Fingerprint of the file"),
    "email": _("E-mail"),
    "first": _("First day"),
    "for_agent": _("Kept for"),
    "format": _("Format"),
    "hand": _("At the counter"),
    "handled_by": _("Handled by"),
    "hook": _("Address for the provider"),
    "host": _("Server"),
    "hours": _("Hours"),
    "is_active": _("Active"),
    "key": _("What it says"),
    "kind": _("What was done"),
    "lane": _("Place by priority"),
    "last": _("Last day"),
    "latitude": _("Latitude"),
    "line_at": _("Place in the line"),
    "locale": _("Language"),
    "log_ratio_sum": _("Real ÷ estimated time, summed"),
    "logo": _("Logo"),
    "longitude": _("Longitude"),
    "mail_due_at": _("E-mail due at"),
    "member": _("Member"),
    "mode": _("How"),
    "name": _("Name"),
    "note": _("Note"),
    "object": _("To what"),
    "origin": _("Queue of the number"),
    "parent": _("Belongs to"),
    "person": _("By whom"),
    "phone": _("Phone"),
    "pictogram": _("Pictogram"),
    "plan": _("Plan"),
    "port": _("Port"),
    "price_xof": _("Price, XOF"),
    "provider": _("Provider"),
    "q": _("Search"),
    "queue": _("Queue"),
    "queue_ids": _("Queues"),
    "reason": _("Reason"),
    "report": _("Report"),
    "result": _("Result"),
    "retention_days": _("Days until personal data is erased"),
    "role": _("Role"),
    "rule": _("Alert"),
    "scopes": _("What it may do"),
    "secret": _("Secret"),
    "secret_changed_at": _("Secret changed"),
    "security": _("Encryption"),
    "sender": _("Sender"),
    "service": _("Service"),
    "since": _("From"),
    "site": _("Site"),
    "status": _("Status"),
    "ticket": _("Ticket"),
    "time_zone": _("Time zone"),
    "token": _("Link"),
    "trips": _("Trips"),
    "type": _("Type"),
    "uploaded_by": _("Recorded by"),
    "until": _("Until"),
    "user": _("Person"),
    "version": _("Version"),
    "weights": _("Weights of queues"),
    "zone": _("Where"),
}
"""Fields that people meet often, that are no column, or that a column's model gives no name; the word of a relation
stands for its id as well."""


def field_word(name: str, object_type: str = "") -> str:
    """What a field of a kind of object is called. The kind's own word comes before the common one, except for what
    people meet often and everywhere; a name of neither is shown without its underlines."""
    short = name.removesuffix("_id")
    known = FIELDS.get(short) or FIELDS.get(name)
    own = "" if short in EVERYWHERE else _own_word(name, object_type) or _own_word(short, object_type)
    return str(own or known or name.replace("_", " "))


EVERYWHERE = frozenset({"name", "is_active", "status", "locale", "reason", "role", "time_zone"})


def _own_word(name: str, object_type: str) -> str:
    model = models_by_name().get(object_type.replace("_", ""))
    if model is None:
        return ""
    try:
        word = getattr(model._meta.get_field(name), "verbose_name", "")
    except FieldDoesNotExist:
        return ""
    return str(capfirst(str(word))) if isinstance(word, Promise) else ""


@cache
def models_by_name() -> dict[str, type[Model]]:
    """The house's tables by the name that the journal gives their rows."""
    found = [one for one in apps.get_models() if one.__module__.startswith("smartqueue.")]
    return {one._meta.model_name or "": one for one in found}


def words_of(value: object) -> str:
    """A value of the journal for people."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        value = ", ".join(value) or "–"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else text[:LONGEST_VALUE] + "…"
