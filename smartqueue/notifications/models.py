"""Wordings of messages, and what a tenant has connected to send them."""

from datetime import time

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from smartqueue.customers.models import Customer
from smartqueue.customers.states import Language
from smartqueue.kernel.ids import token
from smartqueue.notifications.states import CHANNELS, MessageChannel, NotificationState, Outcome, Provider
from smartqueue.queueing.models import Ticket
from smartqueue.tenants.models import TenantForeignKey, TenantOwned


def evening() -> time:
    """When it becomes quiet."""
    return time(21)


def morning() -> time:
    """When it is quiet no longer."""
    return time(8)


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
    """Something of the tenant's that is connected: where it is, in the open, and its secrets, sealed.

    `hook_key` is the secret part of the address where the provider calls us.
    """

    provider = models.CharField(_("provider"), max_length=20, choices=Provider.choices)
    settings = models.JSONField(_("settings"), default=dict)
    sealed = models.BinaryField(_("sealed secret"), max_length=4000, default=b"")
    sealed_at = models.DateTimeField(_("secret changed"), null=True)
    is_active = models.BooleanField(_("in use"), default=True)
    rank = models.PositiveSmallIntegerField(_("asked as number"), default=1)
    price_xof = models.PositiveIntegerField(_("price of a message or part, XOF"), default=0)
    hook_key = models.CharField(max_length=32, default=token, editable=False)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0, editable=False)
    broken_until = models.DateTimeField(_("not asked again before"), null=True, editable=False)
    last_test_at = models.DateTimeField(_("last test"), null=True)
    last_test_result = models.CharField(_("result of the last test"), max_length=20, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="integration_tenant_id"),
            models.UniqueConstraint(fields=["tenant", "provider"], name="integration_once"),
            models.UniqueConstraint(fields=["hook_key"], name="integration_hook_once"),
            models.CheckConstraint(condition=models.Q(provider__in=Provider.values), name="integration_provider_known"),
            models.CheckConstraint(
                condition=models.Q(last_test_result__in=["", *Outcome.values]), name="integration_result_known"
            ),
        ]

    def __str__(self) -> str:
        return self.provider


class MessageRules(TenantOwned):
    """How a tenant sends; a tenant without a row has the defaults."""

    quiet_from = models.TimeField(_("quiet from"), default=evening)
    quiet_to = models.TimeField(_("quiet until"), default=morning)
    kinds_off = ArrayField(models.CharField(max_length=40), verbose_name=_("not sent"), default=list, blank=True)
    fold_accents = models.BooleanField(_("plain letters in SMS"), default=True)
    near_at = models.PositiveSmallIntegerField(
        _("told when so many are ahead"), default=3, validators=[MinValueValidator(1), MaxValueValidator(50)]
    )
    budget_xof = models.PositiveIntegerField(_("budget of a month, XOF"), null=True, blank=True)
    cap_xof = models.PositiveIntegerField(_("never more in a month than, XOF"), default=100_000)
    countries = ArrayField(models.CharField(max_length=4), verbose_name=_("numbers of"), default=list, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant"], name="message_rules_once")]


class Notification(TenantOwned):
    """One message to one address by one channel, because of one journal entry or because a member sent it.

    `cause` names what it is about: a second row of the same cause, kind, channel and address cannot be. The address
    and the words are erased with the retention; what is left is that it was sent.

    A sender holds it until `leased_until`. `status` only rises (pending, sent, delivered); `failed` may still become
    delivered, when the proof comes late.
    """

    cause = models.CharField(_("because of"), max_length=80)
    kind = models.CharField(_("message"), max_length=40, validators=[KIND])
    channel = models.CharField(_("channel"), max_length=10, choices=CHANNELS)
    language = models.CharField(_("language"), max_length=5, choices=Language.choices)
    ticket = TenantForeignKey(Ticket, on_delete=models.SET_NULL, null=True)
    ticket_version = models.PositiveIntegerField(null=True)
    customer = TenantForeignKey(Customer, on_delete=models.SET_NULL, null=True)
    address = models.CharField(_("to"), max_length=1200, blank=True)
    subject = models.CharField(_("subject"), max_length=150, blank=True)
    body = models.TextField(_("text"), max_length=4000, blank=True)
    link = models.CharField(max_length=300, blank=True)
    values = models.JSONField(default=dict)
    urgency = models.PositiveSmallIntegerField(default=5)
    status = models.CharField(
        _("status"), max_length=10, choices=NotificationState.choices, default=NotificationState.PENDING
    )
    is_simulated = models.BooleanField(_("simulated"), default=False)
    why_not = models.CharField(_("reason"), max_length=20, blank=True)
    provider = models.CharField(_("provider"), max_length=20, blank=True)
    provider_id = models.CharField(_("name at the provider"), max_length=200, blank=True)
    parts = models.PositiveSmallIntegerField(_("parts"), default=1)
    cost_xof = models.PositiveIntegerField(_("price, XOF"), default=0)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    history = models.JSONField(_("history"), default=list)
    created_at = models.DateTimeField(_("created"))
    due_at = models.DateTimeField(_("not before"))
    expires_at = models.DateTimeField(_("of no use after"))
    leased_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(_("handed over"), null=True)
    delivered_at = models.DateTimeField(_("delivered"), null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["tenant", "channel", "urgency", "due_at", "id"],
                condition=Q(status=NotificationState.PENDING),
                name="notification_lane",
            ),
            models.Index(
                fields=["expires_at"], condition=Q(status=NotificationState.PENDING), name="notification_expiring"
            ),
            models.Index(fields=["leased_until"], condition=Q(leased_until__isnull=False), name="notification_leased"),
            models.Index(fields=["tenant", "id"], name="notification_by_tenant"),
            models.Index(fields=["ticket"], condition=Q(ticket__isnull=False), name="notification_by_ticket"),
            models.Index(fields=["customer"], condition=Q(customer__isnull=False), name="notification_by_customer"),
            models.Index(fields=["provider_id"], condition=~Q(provider_id=""), name="notification_by_provider_id"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="notification_tenant_id"),
            models.UniqueConstraint(
                fields=["cause", "kind", "channel", "address", "tenant"],
                condition=~Q(address=""),
                name="notification_once",
            ),
            models.CheckConstraint(condition=Q(status__in=NotificationState.values), name="notification_status_known"),
            models.CheckConstraint(
                condition=~Q(status__in=[NotificationState.SENT, NotificationState.DELIVERED])
                | Q(sent_at__isnull=False),
                name="notification_sent_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.channel} {self.status}"


class MonthSpend(TenantOwned):
    """What a tenant's messages of a month (in its time zone) have cost; the cap is kept by one conditional update."""

    month = models.DateField(_("month"))
    messages = models.PositiveIntegerField(_("messages"), default=0)
    parts = models.PositiveIntegerField(_("parts"), default=0)
    cost_xof = models.PositiveIntegerField(_("price, XOF"), default=0)
    told_at = models.DateTimeField(_("told that the budget is used"), null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "month"], name="month_spend_once")]


class Stop(TenantOwned):
    """An address whose owner said STOP. Nothing goes there until its owner writes first."""

    channel = models.CharField(_("channel"), max_length=10, choices=MessageChannel.choices)
    address = models.CharField(_("address"), max_length=320)
    stopped_at = models.DateTimeField(_("since"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "address", "tenant"], name="stop_once")]


class PushSubscription(TenantOwned):
    """A browser, or an app, that asked to be told about a ticket or about its owner's tickets."""

    endpoint = models.CharField(max_length=1000)
    keys = models.JSONField(default=dict)
    provider = models.CharField(max_length=20)
    ticket = TenantForeignKey(Ticket, on_delete=models.CASCADE, null=True)
    customer = TenantForeignKey(Customer, on_delete=models.CASCADE, null=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["ticket"], name="push_by_ticket")]
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "ticket", "tenant"], name="push_subscription_once"),
        ]


class Watch(TenantOwned):
    """ "Tell me when so many are ahead of me": asked by a ticket's owner, told once."""

    ticket = TenantForeignKey(Ticket, on_delete=models.CASCADE)
    people_ahead = models.PositiveSmallIntegerField(
        _("people ahead"), validators=[MinValueValidator(1), MaxValueValidator(50)]
    )
    told_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "tenant"], name="watch_once")]


class ProviderEvent(TenantOwned):
    """A provider's request that has been taken in: a second one of the same name has no effect.

    A report that came before the answer to the hand-over finds no message of its name. It is kept in `early` until
    the sender knows the name.
    """

    provider = models.CharField(max_length=20)
    event_id = models.CharField(max_length=250)
    at = models.DateTimeField()
    provider_id = models.CharField(max_length=200, default="", db_default="")
    early = models.JSONField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["provider_id"], condition=Q(early__isnull=False), name="provider_event_early"),
        ]
        constraints = [models.UniqueConstraint(fields=["event_id", "provider", "tenant"], name="provider_event_once")]


class Conversation(TenantOwned):
    """What a person with a keypad is in the middle of: a USSD session, or a talk by SMS or WhatsApp.

    `hops` are the inputs so far with what was answered, so that a gateway that repeats one gets the same answer.
    """

    channel = models.CharField(max_length=10)
    address = models.CharField(max_length=20)
    session = models.CharField(max_length=120)
    language = models.CharField(max_length=5, blank=True)
    state = models.JSONField(default=dict)
    hops = models.JSONField(default=list)
    started_at = models.DateTimeField()
    touched_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["tenant", "channel", "address", "-touched_at"], name="conversation_by_address")]
        constraints = [models.UniqueConstraint(fields=["session", "channel", "tenant"], name="conversation_once")]
