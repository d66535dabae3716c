"""What is asked when an account is connected."""

from django.utils.translation import gettext_lazy as _

from smartqueue.notifications.states import CHANNEL_OF
from smartqueue.notifications.transports import transport_class
from smartqueue.notifications.transports.base import Field

BASE_URL = Field(
    "base_url",
    _("Address of the provider's API"),
    _("Leave it empty for the usual one. It may be another region, or the sandbox."),
    is_required=False,
    is_advanced=True,
    longest=300,
)


def fields_of(provider: str) -> tuple[Field, ...]:
    """The provider's own fields, and the address of its API where it has one that can be another."""
    known = transport_class(provider)
    if not known.base_url or any(one.name == BASE_URL.name for one in known.fields):
        return known.fields
    return (*known.fields, BASE_URL)


def may_be_tried(provider: str) -> bool:
    """A gateway that only brings people in sends nothing, not even a test."""
    return provider in CHANNEL_OF
