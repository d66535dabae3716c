"""Ways out of the house: one module for each, without tables."""

from functools import cache
from importlib import import_module

from smartqueue.notifications.states import WEB_PUSH, Provider
from smartqueue.notifications.transports.base import Transport

_HERE = "smartqueue.notifications.transports"
_WHERE: dict[str, str] = {
    Provider.SMTP: "email:Smtp",
    Provider.SENDGRID: "anymails:SendGrid",
    Provider.MAILGUN: "anymails:Mailgun",
    Provider.BREVO: "anymails:Brevo",
    Provider.TWILIO_SMS: "twilio:TwilioSms",
    Provider.AFRICASTALKING_SMS: "africastalking:AfricasTalkingSms",
    Provider.ORANGE_SMS: "orange:OrangeSms",
    Provider.HTTP_SMS: "http_sms:HttpSms",
    Provider.TWILIO_WHATSAPP: "twilio_whatsapp:TwilioWhatsApp",
    Provider.META_WHATSAPP: "meta:MetaWhatsApp",
    Provider.FCM: "fcm:Fcm",
    Provider.AFRICASTALKING_USSD: "ussd:AfricasTalkingUssd",
    Provider.HTTP_USSD: "ussd:HttpUssd",
    WEB_PUSH: "webpush:WebPush",
}
"""Each is loaded when it is first needed: a process that sends SMS does not carry the libraries of the others."""


@cache
def transport_class(provider: str) -> type[Transport]:
    """The class that speaks a provider's language.

    Args:
        provider: one of `Provider`, or `WEB_PUSH`.

    Raises:
        KeyError: there is no such provider.
    """
    module, _, name = _WHERE[provider].partition(":")
    found: type[Transport] = getattr(import_module(f"{_HERE}.{module}"), name)
    return found
