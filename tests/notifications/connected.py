"""A bank's account at the stand-in of Twilio, for the tests of integrations and of their pages."""

from smartqueue.notifications.actions.integrations import keep_integration
from smartqueue.notifications.models import Integration
from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE

TWILIO = "twilio_sms"


def connect(person, account, **other):
    """Connect what `sandbox.account("twilio")` gave; `secrets` and values may be others."""
    secrets = other.pop("secrets", account.secrets)
    with in_tenant(person.tenant.id):
        return keep_integration(
            tenant_id=person.tenant.id, provider=TWILIO, values=account.settings | other, secrets=secrets,
            actor=person.actor, at=NINE,
        )  # fmt: skip


def row_of(tenant, provider=TWILIO):
    with in_tenant(tenant.id):
        return Integration.objects.filter(provider=provider).first()
