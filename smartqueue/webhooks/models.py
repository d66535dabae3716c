"""Endpoints and what was delivered to them; sources and what was heard from them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from smartqueue.tenants.models import TenantForeignKey, TenantOwned
from smartqueue.webhooks.states import LONGEST_REF, DeliveryStatus, Right, WhyOff


class Endpoint(TenantOwned):
    """An address of another system that is told of facts.

    `sealed` holds at most two secrets and when each ends. `failing_since` is the first failure after the last success.
    """

    url = models.CharField(_("address"), max_length=500)
    description = models.CharField(_("what it is for"), max_length=80, blank=True)
    facts = ArrayField(models.CharField(max_length=40), verbose_name=_("facts"), default=list, blank=True)
    sealed = models.BinaryField(editable=False)
    rotated_at = models.DateTimeField(_("secret made"))
    is_active = models.BooleanField(_("on"), default=True)
    disabled_reason = models.CharField(_("why off"), max_length=10, blank=True, choices=WhyOff.choices)
    failing_since = models.DateTimeField(_("failing since"), null=True)
    letter_due_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="endpoint_tenant_id"),
            models.CheckConstraint(
                condition=Q(is_active=True, disabled_reason="") | Q(is_active=False, disabled_reason__in=WhyOff.values),
                name="endpoint_off_has_a_reason",
            ),
        ]
        indexes = [models.Index(fields=["letter_due_at"], condition=~Q(letter_due_at=None), name="endpoint_letters")]

    def __str__(self) -> str:
        return self.description or self.url


class Delivery(TenantOwned):
    """One fact for one endpoint. What is told is made of the journal entry at each try, so no copy of it stands here.

    `subject` is what the fact is about: facts of one subject arrive in order. `since` is the first try, from which
    patience counts; `history` has one line for each try, without a word of any answer.
    """

    endpoint = TenantForeignKey(Endpoint, on_delete=models.CASCADE)
    entry_id = models.BigIntegerField()
    fact = models.CharField(_("fact"), max_length=40)
    subject = models.UUIDField(null=True)
    version = models.PositiveIntegerField(null=True)
    status = models.CharField(
        _("status"), max_length=10, choices=DeliveryStatus.choices, default=DeliveryStatus.PENDING
    )
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    since = models.DateTimeField(null=True)
    due_at = models.DateTimeField(_("not before"))
    leased_until = models.DateTimeField(null=True)
    history = models.JSONField(_("history"), default=list)
    created_at = models.DateTimeField(_("created"))
    delivered_at = models.DateTimeField(_("delivered"), null=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            models.UniqueConstraint(fields=["tenant", "endpoint", "entry_id"], name="delivery_once"),
            models.CheckConstraint(condition=Q(status__in=DeliveryStatus.values), name="delivery_status_known"),
        ]
        indexes = [
            models.Index(fields=["endpoint", "due_at"], condition=Q(status="pending"), name="delivery_due"),
            models.Index(
                fields=["endpoint", "subject", "entry_id"], condition=Q(status="pending"), name="delivery_in_order"
            ),
            models.Index(
                fields=["endpoint", "leased_until"],
                condition=Q(status="pending", leased_until__isnull=False),
                name="delivery_leased",
            ),
            models.Index(fields=["tenant", "endpoint", "-created_at", "id"], name="delivery_log"),
            models.Index(fields=["created_at"], name="delivery_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.fact} {self.status}"

    @property
    def message_id(self) -> str:
        """`webhook-id`: the same at every try."""
        return f"msg_{self.id.hex}"


class InboundSource(TenantOwned):
    """Another system that may send messages about tickets: an address of its own, a secret, and what it may do."""

    name = models.CharField(_("name"), max_length=80)
    key = models.CharField(max_length=32, editable=False)
    sealed = models.BinaryField(editable=False)
    rights = ArrayField(models.CharField(max_length=10), verbose_name=_("rights"))
    created_at = models.DateTimeField(_("created"))
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="source_tenant_id"),
            models.UniqueConstraint(fields=["key"], name="source_key"),
            models.CheckConstraint(
                condition=Q(rights__len__gt=0, rights__contained_by=Right.values), name="source_rights_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class InboundMessage(TenantOwned):
    """A message that had its effect, written with it: its id has no second one, nor has its reference."""

    source = TenantForeignKey(InboundSource, on_delete=models.CASCADE)
    message_id = models.CharField(max_length=255)
    external_ref = models.CharField(max_length=LONGEST_REF, blank=True)
    ticket_id = models.UUIDField(null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "source", "message_id"], name="inbound_message_once"),
            models.UniqueConstraint(
                fields=["tenant", "source", "external_ref"], condition=~Q(external_ref=""), name="inbound_ref_once"
            ),
        ]
        indexes = [models.Index(fields=["at"], name="inbound_by_age")]

    def __str__(self) -> str:
        return self.message_id
