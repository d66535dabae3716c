"""What makes the pages an app on a phone: its manifest, and the worker that keeps the last ticket page."""

from functools import cache
from pathlib import Path

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

WORKER = Path(__file__).parent / "static" / "public" / "sw.js"


@require_safe
@cache_control(public=True, max_age=3600)
def manifest(request: HttpRequest) -> HttpResponse:
    """`/manifest.webmanifest`."""
    icons = [
        {"src": static(f"public/{name}.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": purpose}
        for name, purpose in (("icon", "any"), ("maskable", "maskable"))
    ]
    told = {
        "id": "/",
        "name": "SmartQueue",
        "short_name": "SmartQueue",
        "description": _("Take your place in line from your phone."),
        "lang": get_language(),
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#fbfaf7",
        "theme_color": "#0b6b50",
        "icons": icons,
    }
    response = JsonResponse(told, content_type="application/manifest+json", json_dumps_params={"ensure_ascii": False})
    patch_vary_headers(response, ["Cookie"])
    return response


@gzip_page
@require_safe
@cache_control(no_cache=True)
def worker(request: HttpRequest) -> HttpResponse:
    """`/sw.js`: at the root, because a worker's reach begins at its own address."""
    return HttpResponse(_source(), content_type="text/javascript; charset=utf-8")


@cache
def _source() -> bytes:
    return WORKER.read_bytes()
