"""The link that ends messages to an address: in a mail's `List-Unsubscribe`, good for as long as the secret key is."""

from typing import NamedTuple
from uuid import UUID

import orjson
from django.conf import settings

from smartqueue.kernel.sealed import SealBroken, seal, unseal
from smartqueue.tenants.models import Tenant

PURPOSE = "notifications.optout"
LONGEST_KEY = 1200


class OptOut(NamedTuple):
    """Whose messages are to end, where."""

    tenant: Tenant
    channel: str
    address: str


def optout_link(*, tenant_id: UUID, channel: str, address: str) -> str:
    """With host and scheme. The address is sealed: a link is kept by mail servers on its way, and shown to nobody.

    A GET shows a page with one button; a POST ends the messages, also the one that a mail program sends by itself
    (RFC 8058, `List-Unsubscribe-Post: List-Unsubscribe=One-Click`).
    """
    key = seal(PURPOSE, orjson.dumps([tenant_id, channel, address])).decode()
    return f"{settings.PUBLIC_URL}/t/stop/{key}"


def optout_of(key: str) -> OptOut | None:
    """What a link's key opens; None for one that is not ours, or of an organisation that is no more."""
    if len(key) > LONGEST_KEY or not key.isascii():
        return None
    try:
        tenant_id, channel, address = orjson.loads(unseal(PURPOSE, key.encode()))
    except SealBroken:
        return None
    tenant = Tenant.objects.filter(id=tenant_id, is_active=True).first()
    return OptOut(tenant, channel, address) if tenant else None
