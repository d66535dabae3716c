"""USSD gateways. They bring people in and send nothing: what they say is read in `phone/`."""

from django.utils.translation import gettext_lazy as _

from smartqueue.notifications.states import Provider
from smartqueue.notifications.transports.base import Field, Transport

GATEWAYS = Field(
    "gateway_ips",
    _("Addresses of the gateway"),
    _("IP addresses or networks, with spaces between. Calls from elsewhere are refused. Empty: from anywhere."),
    is_required=False,
    pattern=r"[0-9a-fA-F.:/ ]*",
    longest=400,
    is_advanced=True,
)
SHORT_CODE = Field(
    "short_code",
    _("Short code"),
    _("What people dial, as they read it: *384*12#."),
    is_required=False,
    pattern=r"[*#0-9]{2,20}",
    longest=20,
)
_FIELD_NAME = r"[A-Za-z][A-Za-z0-9_.-]{0,39}"


class AfricasTalkingUssd(Transport):
    """A form for each hop, with all inputs so far; answered with `CON …` or `END …`."""

    provider = Provider.AFRICASTALKING_USSD
    fields = (SHORT_CODE, GATEWAYS)


class HttpUssd(Transport):
    """The same by a gateway of any make: the names of its fields are settings, and an input comes alone."""

    provider = Provider.HTTP_USSD
    fields = (
        SHORT_CODE,
        Field("phone_field", _("Field with the phone number"), pattern=_FIELD_NAME, default="msisdn"),
        Field("text_field", _("Field with what was typed"), pattern=_FIELD_NAME, default="input"),
        Field("session_field", _("Field with the session"), _("Empty: the phone number names the session."),
              is_required=False, pattern=_FIELD_NAME, default="sessionId"),
        Field("hop_field", _("Field that counts the hops"), _("With it, a hop that comes twice has one effect."),
              is_required=False, pattern=_FIELD_NAME, is_advanced=True),
        Field("inputs", _("What the field holds"), default="last",
              choices=(("last", _("The last input")), ("all", _("All inputs, joined by *")))),
        Field("go_on", _("An answer that goes on begins with"), is_required=False, default="CON", longest=20,
              is_advanced=True),
        Field("end", _("An answer that ends begins with"), is_required=False, default="END", longest=20,
              is_advanced=True),
        GATEWAYS,
    )  # fmt: skip
