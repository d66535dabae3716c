"""Languages and ways of contact that a customer may choose, and what of them the journal may keep."""

import re
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from smartqueue.kernel.errors import Invalid

SENEGAL = re.compile(r"(\+221)(\d\d)\d{5}(\d\d)")
CHANNELS = ("sms", "email", "whatsapp", "push")


class Language(models.TextChoices):
    FRENCH = "fr", gettext_lazy("French")
    WOLOF = "wo", gettext_lazy("Wolof")
    ENGLISH = "en", gettext_lazy("English")


def must_be_preferences(preferences: dict[str, Any]) -> None:
    """Check that each member is a channel with yes or no.

    Raises:
        Invalid: under `preferences`.
    """
    if not all(name in CHANNELS and isinstance(wish, bool) for name, wish in preferences.items()):
        raise Invalid(preferences=_("Only {channels}, each true or false.").format(channels=", ".join(CHANNELS)))


def masked(values: dict[str, Any]) -> dict[str, Any]:
    """A customer's values for the journal, which nobody can erase: that they changed stays, what they were does not.

    A phone keeps its first six and last two signs and a name its initials, enough for an auditor to recognise a row
    that he may see.
    """
    hidden = dict(values)
    for field in hidden.keys() & {"notes", "metadata"}:
        hidden[field] = "…" if hidden[field] else hidden[field]
    if name := hidden.get("full_name"):
        hidden["full_name"] = " ".join(f"{word[0]}." for word in name.split())
    if phone := hidden.get("phone"):
        hidden["phone"] = f"{phone[:6]}…{phone[-2:]}"
    if email := hidden.get("email"):
        hidden["email"] = f"{email[0]}…@{email.rpartition('@')[2]}"
    return hidden


def masked_phone(phone: str) -> str:
    """`+221 77 *** ** 21`; of other countries the first four signs and the last two."""
    if senegal := SENEGAL.fullmatch(phone):
        return "{} {} *** ** {}".format(*senegal.groups())
    return f"{phone[:4]} *** {phone[-2:]}" if phone else ""
