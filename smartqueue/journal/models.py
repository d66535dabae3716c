"""One append-only table of facts: history, audit trail, outbox and catch-up number in one row."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from smartqueue.journal.states import ActorKind, AuditKind
from smartqueue.tenants.models import Tenant, TenantOwned


class Entry(models.Model):
    """What happened, to what, by whom, from where, before and after.

    Written in the same transaction as the change. `version` numbers the facts of one object without a gap;
    `stream_seq` numbers the facts of one queue without a gap, given by the relay when it hands the entry over.
    """

    id = models.BigAutoField(primary_key=True)
    tenant = models.ForeignKey(
        Tenant, on_delete=models.DO_NOTHING, null=True, related_name="+", db_index=False, db_constraint=False
    )
    at = models.DateTimeField(_("at"))
    kind = models.CharField(_("kind"), max_length=20, choices=AuditKind.choices)
    fact = models.CharField(_("fact"), max_length=40)
    object_type = models.CharField(_("object type"), max_length=40)
    object_id = models.UUIDField(_("object"), null=True)
    version = models.PositiveIntegerField(_("version of the object"), null=True)
    queue_id = models.UUIDField(_("queue"), null=True)
    actor_kind = models.CharField(_("kind of actor"), max_length=10, choices=ActorKind.choices)
    actor_id = models.UUIDField(_("actor"), null=True)
    actor_label = models.CharField(_("name of the actor"), max_length=150, blank=True)
    ip = models.GenericIPAddressField(_("IP address"), null=True)
    user_agent = models.CharField(_("user agent"), max_length=300, blank=True)
    endpoint = models.CharField(_("endpoint"), max_length=200, blank=True)
    data = models.JSONField(_("facts"), default=dict)
    before = models.JSONField(_("before"), null=True)
    after = models.JSONField(_("after"), null=True)
    dispatched_at = models.DateTimeField(_("handed over"), null=True)
    tries = models.PositiveSmallIntegerField(_("failed tries"), default=0)
    not_before = models.DateTimeField(_("next try"), null=True)
    stream_seq = models.BigIntegerField(_("number in the queue's stream"), null=True)

    class Meta:
        verbose_name = _("journal entry")
        verbose_name_plural = _("journal")
        indexes = [
            models.Index(fields=["tenant", "id"], name="entry_by_tenant"),
            models.Index(fields=["id"], condition=Q(dispatched_at=None), name="entry_pending"),
            models.Index(fields=["object_id", "id"], condition=Q(version=None), name="entry_by_object"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["object_id", "version"], name="entry_one_per_version"),
            models.UniqueConstraint(
                fields=["queue_id", "stream_seq"], condition=Q(stream_seq__isnull=False), name="entry_stream"
            ),
            models.CheckConstraint(condition=Q(kind__in=AuditKind.values), name="entry_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.fact}"


class Stream(models.Model):
    """The last number given in a queue's stream; only the relay touches it."""

    queue_id = models.UUIDField(primary_key=True)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    last_seq = models.BigIntegerField(default=0)


class Handled(models.Model):
    """This handler has dealt with this entry: written in the handler's own transaction, so its effect comes once."""

    id = models.BigAutoField(primary_key=True)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    entry_id = models.BigIntegerField()
    handler = models.CharField(max_length=120)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entry_id", "handler"], name="handled_once")]


class RememberedAnswer(TenantOwned):
    """What a request with an `Idempotency-Key` was answered, stored in the same transaction as its effect."""

    caller = models.CharField(max_length=80)
    key = models.CharField(max_length=255)
    fingerprint = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.BinaryField(default=b"")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["caller", "key", "tenant"], name="answer_once")]
        indexes = [models.Index(fields=["created_at"], name="answer_by_age")]
