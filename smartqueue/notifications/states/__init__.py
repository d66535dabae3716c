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


class Provider(models.TextChoices):
    """What a tenant can connect; one is added when its test works, not before."""

    SMTP = "smtp", _("E-mail by SMTP")


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
    BAD_SEAL = "bad_seal", _("The kept secret cannot be read any more. Enter it again.")


TEST_SECONDS = 10
"""How long a test send may take in all."""
TEST_PAUSE_S = 10
"""From one test send of an integration to the next."""
SMTP_PORTS = (25, 465, 587, 2525)
