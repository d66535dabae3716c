"""The letter to administrators when a webhook was turned off."""

from datetime import datetime, timedelta

from django.core.mail import EmailMessage, get_connection
from django.utils import translation
from django.utils.translation import gettext as _

from smartqueue.tenants.models import Tenant
from smartqueue.tenants.scope import in_tenant
from smartqueue.webhooks.models import Endpoint
from smartqueue.webhooks.queries import administrators
from smartqueue.webhooks.states import WhyOff

LEASE = timedelta(minutes=2)
"""A letter that was taken to be sent and was not is sent by somebody else after this."""


def send_letters(*, at: datetime) -> int:
    """Send the letters that are due, of all tenants: each leased in a transaction and sent outside of it.

    Returns:
        How many were sent.
    """
    due = Endpoint.objects.using("platform").filter(letter_due_at__lte=at).values_list("tenant_id", flat=True)
    sent = 0
    for tenant_id in sorted(set(due)):
        with in_tenant(tenant_id):
            tenant = Tenant.objects.get(id=tenant_id)
            rows = list(Endpoint.objects.select_for_update(skip_locked=True, no_key=True).filter(letter_due_at__lte=at))
            Endpoint.objects.filter(id__in=[row.id for row in rows]).update(letter_due_at=at + LEASE)
            letters = [(row.id, _letter(row, tenant, administrators())) for row in rows]
        for endpoint_id, letter in letters:
            if letter.bcc:
                get_connection().send_messages([letter])
                sent += 1
            with in_tenant(tenant_id):
                Endpoint.objects.filter(id=endpoint_id, letter_due_at=at + LEASE).update(letter_due_at=None)
    return sent


def _letter(endpoint: Endpoint, tenant: Tenant, to: list[str]) -> EmailMessage:
    """In the tenant's language; no address sees another."""
    with translation.override(tenant.locale):
        words = {"name": str(endpoint), "tenant": tenant.name, "why": WhyOff(endpoint.disabled_reason).label}
        subject = _("Webhook turned off: {name}").format(**words)
        text = _(
            "{tenant} sends nothing more to {name}.\n\n{why}.\n\nWhen the other system works again, turn the webhook"
            " on and send what it has missed again: Webhooks, in the office of {tenant}."
        ).format(**words)
    return EmailMessage(" ".join(subject.split()), text, bcc=to)
