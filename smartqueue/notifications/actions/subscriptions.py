"""Browsers and apps that asked to be told."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from smartqueue.kernel.errors import Invalid
from smartqueue.notifications.models import PushSubscription
from smartqueue.notifications.states import WEB_PUSH, Provider
from smartqueue.outbound.addresses import judge_url
from smartqueue.outbound.deadline import NoAnswer
from smartqueue.queueing.errors import TicketNotFound
from smartqueue.queueing.models import Ticket

MOST_PER_TICKET = 5
KEYS = {"p256dh": 87, "auth": 22}
"""What a browser gives, and how long it is in base64url: 65 and 16 bytes (RFC 8291)."""


def subscribe(
    *, tenant_id: UUID, endpoint: str, keys: Mapping[str, str], provider: str = WEB_PUSH,
    ticket_id: UUID | None = None, customer_id: UUID | None = None, at: datetime,
) -> PushSubscription:  # fmt: skip
    """Tell this browser or app from now on. The same one again changes its keys; of more than five per ticket, the
    oldest is forgotten.

    Args:
        endpoint: the browser's address at its push service, or the app's token.
        keys: `p256dh` and `auth` of a browser.
        provider: `webpush` or `fcm`.

    Raises:
        Invalid: under `endpoint` or `keys`: an address into a private network, or no keys.
        TicketNotFound: it is no ticket of this tenant.
    """
    kept_keys = _judged(endpoint, keys, provider)
    with transaction.atomic():
        if ticket_id and not Ticket.objects.select_for_update(no_key=True).filter(id=ticket_id).exists():
            raise TicketNotFound
        mine = PushSubscription.objects.filter(**_of(ticket_id, customer_id))
        mine.filter(endpoint=endpoint).delete()
        row = PushSubscription.objects.create(
            tenant_id=tenant_id, endpoint=endpoint, keys=kept_keys, provider=provider, ticket_id=ticket_id,
            customer_id=customer_id, created_at=at,
        )  # fmt: skip
        too_old = list(mine.order_by("-id").values_list("id", flat=True)[MOST_PER_TICKET:])
        PushSubscription.objects.filter(id__in=too_old).delete()
        return row


def unsubscribe(*, endpoint: str, ticket_id: UUID | None = None, customer_id: UUID | None = None) -> bool:
    """Forget a browser or an app; False where it was unknown."""
    rows = PushSubscription.objects.filter(endpoint=endpoint, **_of(ticket_id, customer_id))
    return bool(rows.delete()[0])


def _of(ticket_id: UUID | None, customer_id: UUID | None) -> dict[str, Any]:
    return {"ticket_id": ticket_id, "customer_id": customer_id}


def _judged(endpoint: str, keys: Mapping[str, str], provider: str) -> dict[str, str]:
    if provider == Provider.FCM:
        if not 1 <= len(endpoint) <= 1_000 or not endpoint.isascii() or not endpoint.isprintable():
            raise Invalid(endpoint=_("This is not the token of an app."))
        return {}
    try:
        judge_url(endpoint)
    except NoAnswer:
        raise Invalid(endpoint=_("This is not the address of a push service.")) from None
    kept = {name: str(keys.get(name, "")).rstrip("=") for name in KEYS}
    if any(len(kept[name]) != length or not _is_base64url(kept[name]) for name, length in KEYS.items()):
        raise Invalid(keys=_("These are not the keys of a push subscription."))
    return kept


def _is_base64url(text: str) -> bool:
    return text.isascii() and text.replace("-", "").replace("_", "").isalnum()
