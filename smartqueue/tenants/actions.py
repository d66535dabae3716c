"""Making tenants, and what they look like."""

import hashlib
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from django.conf import settings
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
CHANGEABLE = frozenset({"name", "type", "locale", "time_zone", "retention_days"})
Changes = dict[str, tuple[str, str]]


def create_tenant(*, name: str, slug: str, type: OrganisationType) -> Tenant:
    """The tenant with this slug, made if there is none; one that is there is left as it is.

    Raises:
        ValidationError: a name or slug that cannot be.
    """
    Tenant(name=name, slug=slug, type=type).clean_fields()
    return Tenant.objects.using(PLATFORM).get_or_create(slug=slug, defaults={"name": name, "type": type})[0]


def set_organisation(*, tenant_id: UUID, values: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Change what an organisation says of itself. The caller's transaction records the fact.

    Args:
        values: any of `CHANGEABLE`.

    Returns:
        What differs now: name → before and after.

    Raises:
        Invalid: a value that cannot be.
    """
    with transaction.atomic(using=PLATFORM):
        tenant = Tenant.objects.using(PLATFORM).select_for_update(no_key=True).get(id=tenant_id)
        before = {name: getattr(tenant, name) for name in CHANGEABLE}
        for name in CHANGEABLE & values.keys():
            setattr(tenant, name, values[name])
        _accept(tenant)
        changed = {name: (before[name], getattr(tenant, name)) for name in sorted(CHANGEABLE)}
        changed = {name: pair for name, pair in changed.items() if pair[0] != pair[1]}
        if changed:
            tenant.save(using=PLATFORM, update_fields=list(changed))
    return changed


def _accept(tenant: Tenant) -> None:
    wrong: dict[str, Any] = {}
    try:
        tenant.clean_fields(exclude=[field.name for field in Tenant._meta.fields if field.name not in CHANGEABLE])
    except ValidationError as refused:
        wrong = {name: list(sentences) for name, sentences in refused.message_dict.items()}
    if tenant.time_zone not in available_timezones():
        wrong["time_zone"] = _("There is no such time zone.")
    if tenant.locale not in dict(settings.LANGUAGES):
        wrong["locale"] = _("There is no such language here.")
    if wrong:
        raise Invalid(**wrong)


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
    wanted = judge_brand(colour=colour, logo=logo)
    media_type = _media_type(logo) if logo else ""
    with transaction.atomic(using=PLATFORM):
        tenant = Tenant.objects.using(PLATFORM).select_for_update(no_key=True).get(id=tenant_id)
        before = {name: str(getattr(tenant, name)) for name in wanted}
        changed = {name: (before[name], value) for name, value in wanted.items() if before[name] != value}
        if changed:
            Tenant.objects.using(PLATFORM).filter(id=tenant_id).update(**{name: wanted[name] for name in changed})
        if "logo_version" in changed:
            _keep_logo(tenant_id, logo or b"", media_type)
    return changed


def judge_brand(*, colour: str | None = None, logo: bytes | None = None) -> dict[str, str]:
    """The columns of a tenant that `set_brand` would write.

    Raises:
        Invalid: as in `set_brand`.
    """
    wanted: dict[str, str] = {}
    if colour is not None:
        wanted["brand_colour"] = _accepted_colour(colour)
    if logo is not None:
        if logo:
            _media_type(logo)
        wanted["logo_version"] = hashlib.sha256(logo).hexdigest()[:16] if logo else ""
    return wanted


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
