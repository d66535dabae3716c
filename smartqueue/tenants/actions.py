"""Making tenants, and what they look like."""

import hashlib
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from smartqueue.kernel.colours import plain
from smartqueue.kernel.errors import Invalid
from smartqueue.tenants.models import Logo, Tenant, brand_colour
from smartqueue.tenants.states import LOGO_BYTES, OrganisationType

PLATFORM = "platform"
"""The connection that may write tenants; the application's role may not (docs/decisions/0002)."""
SIGNATURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
Changes = dict[str, tuple[str, str]]


def create_tenant(*, name: str, slug: str, type: OrganisationType) -> Tenant:
    """The tenant with this slug, made if there is none; one that is there is left as it is.

    Raises:
        ValidationError: a name or slug that cannot be.
    """
    Tenant(name=name, slug=slug, type=type).clean_fields()
    return Tenant.objects.using(PLATFORM).get_or_create(slug=slug, defaults={"name": name, "type": type})[0]


def set_brand(*, tenant_id: UUID, colour: str | None = None, logo: bytes | None = None) -> Changes:
    """Choose the colour and the logo of a tenant's pages. The caller's transaction records the fact.

    Args:
        colour: `#rgb` or `#rrggbb`; empty for the platform's own; None leaves it.
        logo: a PNG or JPEG picture of at most 64 kB, known by its first bytes; empty for none; None leaves it. Not
            SVG: it may hold a script.

    Returns:
        What differs now: name → before and after.

    Raises:
        Invalid: no colour, one on which no words can be read, no such picture.
    """
    wanted: dict[str, str] = {}
    if colour is not None:
        wanted["brand_colour"] = _accepted_colour(colour)
    media_type = _media_type(logo) if logo else ""
    if logo is not None:
        wanted["logo_version"] = hashlib.sha256(logo).hexdigest()[:16] if logo else ""
    with transaction.atomic(using=PLATFORM):
        tenant = Tenant.objects.using(PLATFORM).select_for_update().get(id=tenant_id)
        before = {name: str(getattr(tenant, name)) for name in wanted}
        changed = {name: (before[name], value) for name, value in wanted.items() if before[name] != value}
        if changed:
            Tenant.objects.using(PLATFORM).filter(id=tenant_id).update(**{name: wanted[name] for name in changed})
        if "logo_version" in changed:
            _keep_logo(tenant_id, logo or b"", media_type)
    return changed


def _accepted_colour(colour: str) -> str:
    if not colour.strip():
        return ""
    try:
        brand_colour(colour)
    except ValidationError as refused:
        raise Invalid(colour={"code": refused.code, "message": refused.messages[0]}) from None
    return plain(colour)


def _media_type(logo: bytes) -> str:
    if len(logo) > LOGO_BYTES:
        raise Invalid(logo={"code": "too_large", "message": _("The picture is larger than 64 kB. Make it smaller.")})
    for signature, media_type in SIGNATURES.items():
        if logo.startswith(signature):
            return media_type
    raise Invalid(logo={"code": "no_picture", "message": _("Choose a picture in PNG or JPEG format.")})


def _keep_logo(tenant_id: UUID, image: bytes, media_type: str) -> None:
    logos: Any = Logo.objects.using(PLATFORM)
    if image:
        values = {"image": image, "media_type": media_type}
        logos.update_or_create(tenant_id=tenant_id, defaults=values)
    else:
        logos.filter(tenant_id=tenant_id).delete()
