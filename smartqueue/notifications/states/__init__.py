"""Ways to reach a person, what is told, and what can be connected."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class MessageChannel(models.TextChoices):
    EMAIL = "email", _("E-mail")
    SMS = "sms", _("SMS")
    WHATSAPP = "whatsapp", _("WhatsApp")
    PUSH = "push", _("Push")


WITH_SUBJECT = (MessageChannel.EMAIL, MessageChannel.PUSH)
"""Channels whose messages carry a subject or a title."""


class MessageKind(models.TextChoices):
    """What the house tells customers. Programs of a tenant may keep wordings of further kinds through the API."""

    TICKET_JOINED = "ticket_joined", _("Ticket taken")
    POSITION_REACHED = "position_reached", _("Turn is near")
    COME_BACK = "come_back", _("Come back now")
    YOUR_TURN = "your_turn", _("Your turn")
    CALLED_AGAIN = "called_again", _("Called again")
    MISSED = "missed", _("Call missed")
    THANKS = "thanks", _("Thanks and rating")
    APPOINTMENT = "appointment", _("Appointment")
    PAYMENT = "payment", _("Payment")
    QUEUE_NEWS = "queue_news", _("News of the queue")
    URGENT = "urgent", _("Urgent notice")


PAGE = "page"
"""The ticket's page, open in somebody's hand: nothing need be sent."""
CHANNELS = [(PAGE, _("Open page")), *MessageChannel.choices]
"""Where a notification may go; the order in which they are tried is `CHEAPEST_FIRST`."""
CHEAPEST_FIRST = (PAGE, MessageChannel.PUSH, MessageChannel.WHATSAPP, MessageChannel.SMS, MessageChannel.EMAIL)


class NotificationState(models.TextChoices):
    """Never backwards, but for a late proof that what counted as failed has arrived."""

    PENDING = "pending", _("Waiting to be sent")
    SENT = "sent", _("Handed over")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Not delivered")


class WhyNot(models.TextChoices):
    """Why a notification was not sent, where no provider was asked; what a provider says is an `Outcome`."""

    EXPIRED = "expired", _("It came too late to be of use.")
    WITHDRAWN = "withdrawn", _("What it says was no longer true.")
    STOPPED = "stopped", _("This person does not want messages here.")
    OVER_CAP = "over_cap", _("The cap of this month's messages is reached.")
    COUNTRY = "country", _("Messages to numbers of this country are not allowed.")
    NO_WORDS = "no_words", _("Nothing is written for this message.")
    GIVEN_UP = "given_up", _("Every try failed.")


REPLY = "reply"
"""The kind of an answer. It goes to whoever has just written, also after STOP: it says that it was heard."""
LIFE_S: dict[str, int] = {
    MessageKind.TICKET_JOINED: 1_800,
    MessageKind.POSITION_REACHED: 600,
    MessageKind.COME_BACK: 600,
    MessageKind.YOUR_TURN: 300,
    MessageKind.CALLED_AGAIN: 300,
    MessageKind.MISSED: 1_800,
    MessageKind.THANKS: 86_400,
    MessageKind.APPOINTMENT: 86_400,
    MessageKind.PAYMENT: 86_400,
    MessageKind.QUEUE_NEWS: 7_200,
    MessageKind.URGENT: 3_600,
}
"""Seconds after which a message of a kind is of no use any more."""
URGENCY: dict[str, int] = {
    MessageKind.YOUR_TURN: 0,
    MessageKind.CALLED_AGAIN: 0,
    MessageKind.COME_BACK: 1,
    MessageKind.POSITION_REACHED: 1,
    MessageKind.MISSED: 2,
    MessageKind.URGENT: 2,
}
"""Lower goes first; what is not named here is 5."""
ABOUT_THE_TICKET = frozenset(
    {
        MessageKind.TICKET_JOINED, MessageKind.POSITION_REACHED, MessageKind.COME_BACK, MessageKind.YOUR_TURN,
        MessageKind.CALLED_AGAIN, MessageKind.MISSED, MessageKind.PAYMENT, MessageKind.APPOINTMENT,
    }
)  # fmt: skip
"""What a person waits for: no quiet hours, no consent but the number itself. Anything else needs both."""


class Provider(models.TextChoices):
    """What a tenant can connect."""

    SMTP = "smtp", _("E-mail by SMTP")
    SENDGRID = "sendgrid", _("E-mail by SendGrid")
    MAILGUN = "mailgun", _("E-mail by Mailgun")
    BREVO = "brevo", _("E-mail by Brevo")
    TWILIO_SMS = "twilio_sms", _("SMS by Twilio")
    AFRICASTALKING_SMS = "at_sms", _("SMS by Africa's Talking")
    ORANGE_SMS = "orange_sms", _("SMS by Orange")
    HTTP_SMS = "http_sms", _("SMS by any HTTP gateway (Yas, Expresso …)")
    TWILIO_WHATSAPP = "twilio_whatsapp", _("WhatsApp by Twilio")
    META_WHATSAPP = "meta_whatsapp", _("WhatsApp by Meta")
    FCM = "fcm", _("Push to apps by Firebase")
    AFRICASTALKING_USSD = "at_ussd", _("USSD by Africa's Talking")
    HTTP_USSD = "http_ussd", _("USSD by any HTTP gateway")


CHANNEL_OF: dict[str, MessageChannel] = {
    Provider.SMTP: MessageChannel.EMAIL,
    Provider.SENDGRID: MessageChannel.EMAIL,
    Provider.MAILGUN: MessageChannel.EMAIL,
    Provider.BREVO: MessageChannel.EMAIL,
    Provider.TWILIO_SMS: MessageChannel.SMS,
    Provider.AFRICASTALKING_SMS: MessageChannel.SMS,
    Provider.ORANGE_SMS: MessageChannel.SMS,
    Provider.HTTP_SMS: MessageChannel.SMS,
    Provider.TWILIO_WHATSAPP: MessageChannel.WHATSAPP,
    Provider.META_WHATSAPP: MessageChannel.WHATSAPP,
    Provider.FCM: MessageChannel.PUSH,
}
"""USSD gateways bring people in and send nothing. Web Push needs no account: its key is the installation's."""
SIMULATION, WEB_PUSH = "simulation", "webpush"
"""Ways of sending that no tenant connects: kept here to be read, and the browser's own push service."""


class Security(models.TextChoices):
    STARTTLS = "starttls", _("STARTTLS, usually port 587")
    TLS = "tls", _("TLS from the start, usually port 465")
    NONE = "none", _("No encryption")


class Outcome(models.TextChoices):
    """How the last test send of an integration went; a sentence for each."""

    OK = "ok", _("The test message was handed over.")
    REFUSED_LOGIN = "refused_login", _("The server refuses this user or password.")
    REFUSED_SENDER = "refused_sender", _("The server refuses the sender's address.")
    REFUSED_RECIPIENT = "refused_recipient", _("The server refuses the recipient's address.")
    REFUSED_MESSAGE = "refused_message", _("The server refuses the message.")
    NEEDS_TLS = "needs_tls", _("The server wants an encrypted connection. Choose STARTTLS or TLS.")
    NO_TLS = "no_tls", _("The server does not offer this encryption. Choose another one, or another port.")
    BAD_CERTIFICATE = "bad_certificate", _("The certificate of the server is not for this name, or not valid.")
    NO_LOGIN = (
        "no_login",
        _("The server offers no sign-in that we know. Check the encryption, or leave the user empty."),
    )
    NOT_FOUND = "not_found", _("There is no server of this name.")
    NOT_ALLOWED = "not_allowed", _("This address is inside a private network. Give a server that is on the internet.")
    UNREACHABLE = "unreachable", _("Nothing answers at this server and port.")
    TIMEOUT = "timeout", _("The server did not answer within {seconds} seconds.")
    CLOSED = "closed", _("The server closed the connection.")
    NOT_UNDERSTOOD = "not_understood", _("What answers there does not speak the expected protocol.")
    BUSY = "busy", _("The provider is busy and asks to try again later.")
    THEIR_TROUBLE = "their_trouble", _("The provider has a fault of its own.")
    NO_CREDIT = "no_credit", _("The account at the provider has no credit.")
    NO_ACCOUNT = "no_account", _("The provider refuses this account. Check its name and its keys.")
    RECIPIENT_GONE = "recipient_gone", _("This recipient cannot be reached any more.")
    REFUSED_TEMPLATE = "refused_template", _("The provider refuses this template. Check that it is approved.")
    WINDOW_CLOSED = "window_closed", _("The person has not written for 24 hours: only an approved template may go out.")
    TOO_LONG = "too_long", _("The message is too long for the provider.")
    BAD_SEAL = "bad_seal", _("The kept secret cannot be read any more. Enter it again.")


RETRY_HELPS = frozenset(
    {Outcome.TIMEOUT, Outcome.UNREACHABLE, Outcome.CLOSED, Outcome.NOT_FOUND, Outcome.BUSY, Outcome.THEIR_TROUBLE}
)
"""The provider may take the same message a little later."""
TEST_SECONDS = 10
"""How long a test send may take in all."""
TEST_PAUSE_S = 10
"""From one test send of an integration to the next."""
SMTP_PORTS = (25, 465, 587, 2525)
