"""Wordings of messages, and what a tenant has connected to send them."""

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from smartqueue.customers.states import Language
from smartqueue.notifications.states import MessageChannel, Outcome, Provider
from smartqueue.tenants.models import TenantOwned

KIND = RegexValidator(r"^[a-z][a-z0-9_.]*\Z", _("Use small letters, digits, dots and underscores."))


class MessageTemplate(TenantOwned):
    """One wording of one message, per channel and language, with `{{ticket_number}}`-like places."""

    kind = models.CharField(_("kind"), max_length=40, validators=[KIND])
    channel = models.CharField(_("channel"), max_length=10, choices=MessageChannel.choices)
    language = models.CharField(_("language"), max_length=5, choices=Language.choices, default=Language.FRENCH)
    subject = models.CharField(_("subject"), max_length=150, blank=True)
    body = models.TextField(_("text"), max_length=2000)

    class Meta:
        ordering = ["kind", "channel", "language"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="message_template_tenant_id"),
            models.UniqueConstraint(fields=["kind", "channel", "language", "tenant"], name="message_template_once"),
            models.CheckConstraint(
                condition=models.Q(channel__in=MessageChannel.values), name="message_template_channel_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.channel} {self.language}"


class Integration(TenantOwned):
    """Something of the tenant's that is connected: where it is, in the open, and its secret, sealed."""

    provider = models.CharField(_("provider"), max_length=20, choices=Provider.choices)
    settings = models.JSONField(_("settings"), default=dict)
    sealed = models.BinaryField(_("sealed secret"), max_length=4000, default=b"")
    sealed_at = models.DateTimeField(_("secret changed"), null=True)
    is_active = models.BooleanField(_("active"), default=True)
    last_test_at = models.DateTimeField(_("last test"), null=True)
    last_test_result = models.CharField(_("result of the last test"), max_length=20, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="integration_tenant_id"),
            models.UniqueConstraint(fields=["tenant", "provider"], name="integration_once"),
            models.CheckConstraint(condition=models.Q(provider__in=Provider.values), name="integration_provider_known"),
            models.CheckConstraint(
                condition=models.Q(last_test_result__in=["", *Outcome.values]), name="integration_result_known"
            ),
        ]

    def __str__(self) -> str:
        return self.provider
