"""When a phone may ring, and which numbers are called: pure rules."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import phonenumbers

from smartqueue.notifications.states import ABOUT_THE_TICKET, PAGE, MessageChannel, MessageKind

USUAL_COUNTRIES = ("221",)
"""Calling codes of a tenant that has named none: Senegal."""
BY_PHONE = (MessageChannel.SMS, MessageChannel.WHATSAPP)
OF_A_VISIT = frozenset({MessageKind.THANKS, MessageKind.QUEUE_NEWS})
AT_ANY_HOUR = ABOUT_THE_TICKET | {MessageKind.URGENT}


def may_be_told(kind: str, channel: str, *, preferences: Mapping[str, bool], has_ticket: bool) -> bool:
    """Whether a person has agreed to this message by this channel.

    - A channel that the person has switched off (`preferences[channel]` is False) stays silent, whatever the message.
    - What is about the ticket, and an urgent notice, goes to whoever left an address: it was left for that.
    - Thanks, and news of the line, go to who left the address for this visit: the visit they speak of. To say no is to
      switch the channel off, or STOP.
    - Everything else needs a yes (`preferences[channel]` is True).
    - A browser that was asked, and a page that is open, have said yes by themselves.

    Args:
        has_ticket: the message is about a ticket of the person's.
    """
    if preferences.get(channel) is False:
        return False
    if channel in (PAGE, MessageChannel.PUSH) or kind in AT_ANY_HOUR:
        return True
    return (has_ticket and kind in OF_A_VISIT) or preferences.get(channel) is True


def rings_at(at: datetime, *, zone: str, quiet_from: time, quiet_to: time) -> datetime:
    """The first instant from `at` on that is outside the quiet hours.

    Args:
        zone: where the hours are read, IANA.
        quiet_from: equal to `quiet_to` means that there are none; later than it, that they go over midnight.
    """
    local = at.astimezone(ZoneInfo(zone))
    began, not_over = local.time() >= quiet_from, local.time() < quiet_to
    is_quiet = (began and not_over) if quiet_from <= quiet_to else (began or not_over)
    if not is_quiet:
        return at
    end = local.replace(hour=quiet_to.hour, minute=quiet_to.minute, second=quiet_to.second, microsecond=0)
    return (end if end > local else end + timedelta(days=1)).astimezone(UTC)


def is_served(phone: str, countries: Sequence[str]) -> bool:
    """Whether messages go to numbers of this country. Fraudsters make a house send SMS to dear numbers abroad and share
    in their price; so a country is named before it is written to.

    Args:
        phone: E.164.
        countries: calling codes, `221`; none named: Senegal's.
    """
    try:
        code = phonenumbers.parse(phone).country_code
    except phonenumbers.NumberParseException:
        return False
    return str(code) in (countries or USUAL_COUNTRIES)


def is_calling_code(code: str) -> bool:
    return code.isascii() and code.isdigit() and int(code) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE
