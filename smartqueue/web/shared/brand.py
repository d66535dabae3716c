"""A tenant's colour as a stylesheet of its own, for a strict content policy allows no `style` in the page; its logo."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition, require_safe

from smartqueue.kernel.colours import INK, WHITE, NoColour, Unreadable, mix, plain, readable, words_on
from smartqueue.tenants.models import Tenant
from smartqueue.tenants.queries import active_tenant, logo_of

PAPER, DARK_CARD = "#fbfaf7", "#15201b"
"""What coloured words stand on: static/css/tokens.css."""


class NoBrandColour(ValueError):
    """Not a colour as `#rrggbb`, or neither white nor dark words can be read on it."""


def brand_css(colour: str) -> str:
    """The rules that put a tenant's colour in place of ours, in both themes.

    Words on the colour become white or dark, whichever can be read. Where the colour itself is the word's, it is
    moved towards ink or white until it can be read on our paper, so a light brand colour does no harm.

    Args:
        colour: `#rgb` or `#rrggbb`.

    Raises:
        NoBrandColour: it is no such colour, or fails AA (4.5) under white and under ink.
    """
    try:
        brand = plain(colour)
        on_it = words_on(brand)
    except (NoColour, Unreadable) as refused:
        raise NoBrandColour(str(refused)) from None
    light = f"--brand-text:{readable(brand, on=PAPER, towards=INK)};--brand-wash:{mix(brand, WHITE, 0.88)}"
    dark = f"--brand-text:{readable(brand, on=DARK_CARD, towards=WHITE)};--brand-wash:{mix(brand, DARK_CARD, 0.75)}"
    everywhere = f":root,[data-theme],:root:not([data-theme]){{--brand:{brand};--brand-ink:{on_it};{light}}}"
    return (
        f"@layer tokens{{{everywhere}[data-theme=dark]{{{dark}}}"
        f"@media (prefers-color-scheme:dark){{:root:not([data-theme]){{{dark}}}}}}}"
    )


def colour_of(slug: str) -> str:
    """The colour a tenant has chosen; empty when it has none.

    Raises:
        Http404: there is no such active tenant.
    """
    return _tenant(slug).brand_colour


def _etag(request: HttpRequest, slug: str) -> str:
    return f'"{colour_of(slug)}"'


@require_safe
@cache_control(public=True, max_age=300)
@condition(etag_func=_etag)
def stylesheet(request: HttpRequest, slug: str) -> HttpResponse:
    """`/{slug}/brand.css`: empty for a tenant without a colour, or with one that cannot be read."""
    colour = colour_of(slug)
    try:
        rules = brand_css(colour) if colour else ""
    except NoBrandColour:
        rules = ""
    return HttpResponse(rules, content_type="text/css; charset=utf-8")


def _logo_etag(request: HttpRequest, slug: str) -> str | None:
    version = _tenant(slug).logo_version
    return f'"{version}"' if version else None


@require_safe
@cache_control(public=True, max_age=300)
@condition(etag_func=_logo_etag)
def logo(request: HttpRequest, slug: str) -> HttpResponse:
    """`/{slug}/logo`: PNG or JPEG. 404 for a tenant without one."""
    found = logo_of(_tenant(slug).id)
    if found is None:
        raise Http404
    return HttpResponse(bytes(found.image), content_type=found.media_type)


def _tenant(slug: str) -> Tenant:
    tenant = active_tenant(slug)
    if tenant is None:
        raise Http404
    return tenant
