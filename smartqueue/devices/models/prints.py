"""Paper that a kiosk owes somebody."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from smartqueue.devices.models.devices import Device
from smartqueue.devices.states import Problem
from smartqueue.queueing.models import Ticket
from smartqueue.tenants.models import TenantForeignKey, TenantOwned


class PrintStatus(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    PRINTING = "printing", _("Printing")
    PRINTED = "printed", _("Printed")
    FAILED = "failed", _("Failed")


class Print(TenantOwned):
    """One ticket on paper by a network printer. Nothing personal is in `slip`: it is what the paper says.

    Attributes:
        started_at: when somebody last began to send it; only one does at a time.
        problem: why it failed.
    """

    device = TenantForeignKey(Device, on_delete=models.CASCADE)
    ticket = TenantForeignKey(Ticket, on_delete=models.CASCADE)
    slip = models.JSONField()
    status = models.CharField(_("status"), max_length=8, choices=PrintStatus.choices, default=PrintStatus.WAITING)
    problem = models.CharField(_("problem"), max_length=12, choices=Problem.choices, blank=True)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    started_at = models.DateTimeField(null=True)
    printed_at = models.DateTimeField(_("printed"), null=True)
    created_at = models.DateTimeField(_("asked for"))

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["device", "status"], name="print_by_device")]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=PrintStatus.values), name="print_status_known"),
        ]

    def __str__(self) -> str:
        return f"{self.slip.get('number', '')} {self.status}"
