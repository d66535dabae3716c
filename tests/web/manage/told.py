"""Messages as rows, for the tests of the pages that show them."""

from datetime import timedelta
from uuid import uuid4

from smartqueue.kernel.clock import now
from smartqueue.notifications.models import Notification
from smartqueue.tenants.scope import in_tenant

DEMBA = "+221771234521"


def tell(bank, **other):
    """One message to Demba by SMS, simulated unless told otherwise."""
    at = other.pop("at", now())
    row = {
        "cause": f"test:{uuid4()}", "kind": "your_turn", "channel": "sms", "language": "fr", "address": DEMBA,
        "body": "A042 : Guichet 3. https://sq.example/t/Zk3vN8qLr2TfWc5yHsXp1A", "status": "sent", "sent_at": at,
        "is_simulated": True, "provider": "simulation", "created_at": at, "due_at": at,
        "expires_at": at + timedelta(minutes=5),
    }  # fmt: skip
    with in_tenant(bank.id):
        return Notification.objects.create(tenant=bank, **row | other)
