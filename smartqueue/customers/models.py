"""People who come: known to one tenant only, and forgotten when its retention ends."""

from django.db import models
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from smartqueue.customers.states import Language
from smartqueue.tenants.models import TenantOwned


class Customer(TenantOwned):
    """A person whom a tenant serves. Everything but the name of the tenant may be empty."""

    full_name = models.CharField(_("name"), max_length=150, blank=True)
    phone = models.CharField(_("phone"), max_length=20, blank=True, help_text=_("E.164, for example +221771234567."))
    email = models.EmailField(_("e-mail"), blank=True)
    language = models.CharField(_("language"), max_length=5, choices=Language.choices, default=Language.FRENCH)
    preferences = models.JSONField(_("how to reach them"), default=dict, blank=True)
    metadata = models.JSONField(_("the tenant's own fields"), default=dict, blank=True)
    notes = models.CharField(_("notes"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(Upper("email"), name="customer_by_email", condition=~models.Q(email=""))]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="customer_tenant_id"),
            models.UniqueConstraint(
                fields=["phone", "tenant"], condition=~models.Q(phone=""), name="customer_phone_once"
            ),
            models.CheckConstraint(
                condition=models.Q(phone="") | models.Q(phone__regex=r"^\+[1-9][0-9]{6,14}$"),
                name="customer_phone_e164",
            ),
            models.CheckConstraint(condition=models.Q(language__in=Language.values), name="customer_language_known"),
        ]

    def __str__(self) -> str:
        return self.full_name or self.phone or str(self.id)
