"""Displays and kiosks, which queues they show, and the codes by which they are paired."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from smartqueue.accounts.models import User
from smartqueue.devices.states import DISPLAY_LAYOUTS, DeviceKind, Layout, Printer, Problem, Theme
from smartqueue.kernel.ids import uuid7
from smartqueue.queueing.models import Queue
from smartqueue.sites.models import Counter, Site
from smartqueue.tenants.models import TenantForeignKey, TenantOwned


def french() -> list[str]:
    return ["fr"]


class Device(TenantOwned):
    """A screen or a kiosk of a site, with a token of its own.

    Attributes:
        token_hash: SHA-256 of the token; None until the device has come for it.
        former_hash: of the token before, good until the device has used the new one.
        revision: moves on every change; the device loads itself again when it sees another one.
    """

    kind = models.CharField(_("kind"), max_length=8, choices=DeviceKind.choices)
    name = models.CharField(_("name"), max_length=80)
    site = TenantForeignKey(Site, on_delete=models.PROTECT)
    layout = models.CharField(_("layout"), max_length=8, choices=Layout.choices)
    theme = models.CharField(_("colours"), max_length=5, choices=Theme.choices, default=Theme.DARK)
    counter = TenantForeignKey(Counter, on_delete=models.SET_NULL, null=True, blank=True)
    languages = ArrayField(models.CharField(max_length=5), verbose_name=_("languages"), default=french)
    ticker = models.CharField(_("message at the bottom"), max_length=300, blank=True)
    voice_on = models.BooleanField(_("calls are spoken"), default=True)
    printer = models.CharField(_("printing"), max_length=7, choices=Printer.choices, default=Printer.BROWSER)
    printer_host = models.CharField(_("printer's address"), max_length=253, blank=True)
    printer_port = models.PositiveIntegerField(
        _("printer's port"), default=9100, validators=[MinValueValidator(1), MaxValueValidator(65535)]
    )
    token_hash = models.BinaryField(null=True, unique=True, editable=False)
    former_hash = models.BinaryField(null=True, unique=True, editable=False)
    token_made_at = models.DateTimeField(null=True, editable=False)
    paired_at = models.DateTimeField(_("paired"), null=True, editable=False)
    last_seen_at = models.DateTimeField(_("last seen"), null=True, editable=False)
    is_online = models.BooleanField(_("online"), default=False, editable=False)
    problem = models.CharField(_("problem"), max_length=12, choices=Problem.choices, blank=True, editable=False)
    app_version = models.CharField(_("version"), max_length=40, blank=True, editable=False)
    revision = models.PositiveIntegerField(default=1, editable=False)
    revoked_at = models.DateTimeField(_("cut off"), null=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["last_seen_at"], condition=Q(is_online=True), name="device_online")]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="device_tenant_id"),
            models.CheckConstraint(
                condition=Q(kind=DeviceKind.DISPLAY, layout__in=DISPLAY_LAYOUTS)
                | Q(kind=DeviceKind.KIOSK, layout=Layout.TILES),
                name="device_layout_of_its_kind",
            ),
            models.CheckConstraint(condition=Q(printer_port__range=(1, 65535)), name="device_printer_port"),
            models.CheckConstraint(condition=Q(languages__len__gt=0), name="device_speaks"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_paired(self) -> bool:
        """It has come for its token, and was not cut off since."""
        return self.token_hash is not None and self.revoked_at is None


class DeviceQueue(TenantOwned):
    """This device shows this queue. A device without any shows all active queues of its site."""

    device = TenantForeignKey(Device, on_delete=models.CASCADE)
    queue = TenantForeignKey(Queue, on_delete=models.CASCADE)

    class Meta:
        indexes = [models.Index(fields=["queue"], name="device_queue_by_queue")]
        constraints = [models.UniqueConstraint(fields=["device", "queue", "tenant"], name="device_queue_once")]


class CodeTries(TenantOwned):
    """When an administrator last typed codes that were wrong. Written past the transaction of the refusal."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    recent = ArrayField(models.DateTimeField(), default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "tenant"], name="code_tries_once")]


class Pairing(models.Model):
    """A device that waits to be claimed; it belongs to nobody yet. The application reaches it by functions only.

    Attributes:
        secret_hash: SHA-256 of what the device holds.
        address: from which it was asked for; forgotten with the row.
        owner_id: the tenant that has claimed it, with `device_id`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(max_length=8, unique=True)
    secret_hash = models.BinaryField(unique=True)
    kind = models.CharField(max_length=8, choices=DeviceKind.choices)
    address = models.CharField(max_length=45, blank=True)
    expires_at = models.DateTimeField(db_index=True)
    owner_id = models.UUIDField(null=True)
    device_id = models.UUIDField(null=True)

    class Meta:
        indexes = [models.Index(fields=["address"], name="pairing_by_address")]
