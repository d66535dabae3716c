"""How the scope's tenant sends."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from smartqueue.notifications.models import Integration, MessageRules
from smartqueue.notifications.states import CHANNEL_OF
from smartqueue.notifications.states.reach import AT_ANY_HOUR, rings_at
from smartqueue.tenants.models import Tenant


@dataclass(frozen=True)
class Desk:
    """What is the same for every message of a tenant, asked once.

    Attributes:
        accounts: channel → the account that is asked first; channels without one are simulated.
    """

    tenant: Tenant
    rules: MessageRules
    accounts: dict[str, Integration] = field(default_factory=dict)

    def price_xof(self, channel: str) -> int:
        """Of one message, or of one part of an SMS."""
        return self.accounts[channel].price_xof if channel in self.accounts else 0

    def due_at(self, kind: str, at: datetime) -> datetime:
        """When a message made at `at` may ring."""
        if kind in AT_ANY_HOUR:
            return at
        rules = self.rules
        return rings_at(at, zone=self.tenant.time_zone, quiet_from=rules.quiet_from, quiet_to=rules.quiet_to)


def rules_of(tenant_id: UUID) -> MessageRules:
    """Those of the scope's tenant; the defaults, not stored, where it has none."""
    return MessageRules.objects.filter(tenant_id=tenant_id).first() or MessageRules(tenant_id=tenant_id)


def desk_of(tenant_id: UUID) -> Desk:
    """Three queries, inside the tenant's scope."""
    accounts: dict[str, Integration] = {}
    for row in Integration.objects.filter(is_active=True).order_by("rank", "id"):
        if channel := CHANNEL_OF.get(row.provider):
            accounts.setdefault(channel, row)
    return Desk(Tenant.objects.get(id=tenant_id), rules_of(tenant_id), accounts)
