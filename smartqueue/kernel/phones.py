"""Phone numbers as they are stored: E.164, whatever way a person wrote them."""

import phonenumbers
from django.utils.translation import gettext as _

from smartqueue.kernel.errors import Invalid

LONGEST_WRITTEN = 40


def normalise(raw: str, region: str = "SN") -> str:
    """The number in E.164, for example `+221771234567` for `77 123 45 67`.

    Takes spaces, dots, hyphens, brackets, `00`, `tel:` and digits of other scripts. Refuses extensions and letters:
    a stored number is dialled by machines.

    Args:
        raw: as typed.
        region: ISO 3166 country of numbers without a country code.

    Raises:
        Invalid: under `phone`, when it is not a number that the country's plan knows.
    """
    refusal = Invalid(phone=_("This is not a valid phone number."))
    if len(raw) > LONGEST_WRITTEN or any(sign.isalpha() for sign in raw.lower().removeprefix("tel:")):
        raise refusal
    try:
        number = phonenumbers.parse(raw, region)
    except phonenumbers.NumberParseException:
        raise refusal from None
    if number.extension or not phonenumbers.is_valid_number(number):
        raise refusal
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
