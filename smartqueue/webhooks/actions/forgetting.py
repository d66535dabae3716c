"""What is old goes."""

from datetime import datetime

from smartqueue.webhooks.models import Delivery, InboundMessage
from smartqueue.webhooks.states import KEEP_DELIVERIES, KEEP_INBOUND, DeliveryStatus


def forget_old(*, at: datetime) -> int:
    """Delete deliveries that are settled and messages, both after 30 days, of all tenants. Returns how many."""
    settled = Delivery.objects.using("platform").exclude(status=DeliveryStatus.PENDING)
    gone = settled.filter(created_at__lt=at - KEEP_DELIVERIES)._raw_delete("platform")
    return gone + InboundMessage.objects.using("platform").filter(at__lt=at - KEEP_INBOUND)._raw_delete("platform")
